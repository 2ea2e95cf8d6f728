#!/usr/bin/env python3
"""Writes the golden pairs: NAME.clicks.jsonl, NAME.sessions.jsonl and index.json.

The expected sessions are found here by brute force over sets of events, in another language than the engine and
with no code in common. A pair's clicks are written by hand below; times are seconds from a base time.
"""
import json
import pathlib
from random import Random
from datetime import datetime, timedelta, timezone

HERE = pathlib.Path(__file__).parent
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ASCII_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
index = []


def ms(text):
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (at - EPOCH) // timedelta(milliseconds=1)


def iso(at):
    return (EPOCH + timedelta(milliseconds=at)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}Z"


def distinct(clicks):
    """First of each id, in order of arrival."""
    first = {}
    for click in clicks:
        first.setdefault(click["event_id"], click)
    return list(first.values())


def session(events, timeagg):
    order = sorted(events, key=lambda e: (e["client_timestamp"], e["event_id"]))
    begin, end = order[0], order[-1]
    label = f"{begin['user_id']}_{begin['device_id'][:3]}{timeagg // 1000}".translate(ASCII_UPPER)
    return {
        "session_id": label,
        "user_id": begin["user_id"],
        "device_id": begin["device_id"],
        "timeagg": iso(timeagg),
        "events": len(events),
        "beginnavigation": begin["client_event"],
        "endnavigation": end["client_event"],
        "beginsession": iso(begin["client_timestamp"]),
        "endsession": iso(end["client_timestamp"]),
        "duration_sec": (end["client_timestamp"] - begin["client_timestamp"]) // 1000,
        "begin_event_id": begin["event_id"],
        "end_event_id": end["event_id"],
        "window_open": iso(min(e["arrived_at"] for e in events)),
    }


def bucketed(clicks, step):
    groups = {}
    for e in distinct(clicks):
        timeagg = e["client_timestamp"] // step * step
        groups.setdefault((e["user_id"], e["device_id"], timeagg), []).append(e)
    return [session(group, key[2]) for key, group in sorted(groups.items())]


def within(clicks, gap, step):
    """Components of 'at most gap apart', found by joining every pair of events."""
    events = distinct(clicks)
    component = list(range(len(events)))

    def root(i):
        while component[i] != i:
            i = component[i]
        return i

    for i, a in enumerate(events):
        for j in range(i):
            b = events[j]
            same = (a["user_id"], a["device_id"]) == (b["user_id"], b["device_id"])
            if same and abs(a["client_timestamp"] - b["client_timestamp"]) <= gap:
                component[root(i)] = root(j)
    groups = {}
    for i, e in enumerate(events):
        groups.setdefault(root(i), []).append(e)
    rows = [session(g, min(e["client_timestamp"] // step * step for e in g)) for g in groups.values()]
    return sorted(rows, key=lambda r: (r["user_id"], r["device_id"], r["beginsession"]))


def write(name, rows):
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (HERE / name).write_text(text, encoding="utf-8")


def pair(name, source, about, clicks, step=30, range_=None, gaps=(), base="2026-11-23T18:00:00Z"):
    """clicks: (event time, arrival time, id, event, user, device) with times in seconds from base or ISO text."""
    origin = ms(base)

    def at(value):
        return ms(value) if isinstance(value, str) else origin + round(value * 1000)

    full = []
    for time, arrival, event_id, *rest in clicks:
        event, user, device = (list(rest) + ["beer_vitrine_nav", "50", "mobile"][len(rest):])
        full.append({"arrived_at": at(arrival), "event_id": event_id, "user_id": user, "device_id": device,
                     "client_event": event, "client_timestamp": at(time)})
    step_ms = round(step * 1000)
    range_ms = round((range_ or step) * 1000)
    write(f"{name}.clicks.jsonl",
          [{**c, "arrived_at": iso(c["arrived_at"]), "client_timestamp": iso(c["client_timestamp"])} for c in full])
    write(f"{name}.sessions.jsonl", bucketed(full, step_ms))
    for gap in gaps:
        write(f"{name}.within-{gap}s.jsonl", within(full, gap * 1000, step_ms))
    index.append({"name": name, "source": source, "about": about, "stepMs": step_ms, "rangeMs": range_ms,
                  **({"gapsMs": [gap * 1000 for gap in gaps]} if gaps else {})})


KDA = "AWS, Kinesis Data Analytics for SQL developer guide, 'Stagger windows'"
ARTICLE = "AWS Big Data Blog, 'Create real-time clickstream sessions', 2019"
OWN = "Taphouse"

pair("kda-worked-example", KDA, "the guide's own example: one row of 3 events, one of 1",
     [("2026-11-23T11:00:10Z", "2026-11-23T11:00:20Z", "a-1", "one"),
      ("2026-11-23T11:00:20Z", "2026-11-23T11:00:30Z", "a-2", "two"),
      ("2026-11-23T11:00:55Z", "2026-11-23T11:01:05Z", "a-3", "three"),
      ("2026-11-23T11:01:05Z", "2026-11-23T11:01:15Z", "a-4", "four")], step=60)
pair("kda-stagger-example", "AWS, Kinesis Data Analytics for SQL developer guide, 'Example: Stagger Window'",
     "six records of one minute each, arriving over two: one row of 6 a ticker, however the minute falls",
     [(f"2018-08-01T20:{minute}:{second}.{milli}Z", f"2018-08-01T20:{17 + (t // 60)}:{t % 60:02d}Z", f"{ticker}-{n}", "trade", ticker, "kda")
      for ticker, minute, second, milli, first in [("AMZN", 17, 20, "797", 30), ("INTC", 18, 21, "043", 91)]
      for n, t in enumerate(range(first, first + 60, 10))], step=60)
pair("article-user-20", ARTICLE, "user 20: 34 seconds from B_10 to A_02 are one lag session over two buckets",
     [("2018-11-29T23:35:10Z", "2018-11-29T23:35:11Z", "b-1", "B_10", "20", "computer"),
      ("2018-11-29T23:35:21Z", "2018-11-29T23:35:22Z", "b-2", "A_01", "20", "computer"),
      ("2018-11-29T23:35:44Z", "2018-11-29T23:35:45Z", "b-3", "A_02", "20", "computer")], gaps=[30, 60])
pair("bucket-boundary", OWN, "the last millisecond of a bucket and the first of the next",
     [(29.999, 30, "a-1", "last"), (30, 30.1, "a-2", "first")], gaps=[30])
pair("gap-exactly", "Flink, Spark and Kafka Streams session windows (Beam differs)",
     "an event exactly the gap after the last belongs; a millisecond more does not",
     [(0, 1, "a-1", "x"), (30, 31, "a-2", "y"), (60.001, 61, "a-3", "z")], gaps=[30])
pair("late-event", OWN, "an event after its window closed makes a second row that merges",
     [(1, 2, "a-1", "first"), (20, 100, "a-2", "last")], gaps=[30, 60])
pair("late-before-first", OWN, "a late event is the first of its session by event time",
     [(20, 21, "a-2", "second"), (1, 500, "a-1", "first")])
pair("bridge", "Apache Flink, merging session windows", "a late event joins two sessions that were apart",
     [(0, 1, "a-1", "x"), (50, 51, "a-3", "z"), (25, 300, "a-2", "y")], gaps=[30])
pair("ties", OWN, "events of one millisecond are ordered by event_id, not by arrival",
     [(5, 6, "a-3", "three"), (5, 7, "a-1", "one"), (5, 8, "a-2", "two")])
pair("copies", OWN, "copies near and far count once",
     [(1, 2, "a-1", "x"), (1, 3, "a-1", "x"), (2, 4, "a-2", "y"), (1, 90000, "a-1", "x"), (2, 604000, "a-2", "y")])
pair("many-keys", OWN, "users and devices are apart; one bucket each",
     [(1, 2, "a-1", "x", "1", "mobile"), (1, 3, "a-2", "x", "1", "tablet"), (1, 4, "a-3", "x", "2", "mobile"),
      (2, 5, "a-4", "y", "1", "mobile"), (3, 6, "a-5", "y", "2", "mobile"), (4, 7, "a-6", "z", "1", "tablet")])

# Windows: opening, closing, any step and range.
pair("opened-by-arrival", OWN, "the first to arrive opens the window, not the first to happen",
     [(20, 21, "a-2", "second"), (2, 25, "a-1", "first")])
pair("closed-at-range", KDA, "an arrival exactly at the end of the range is in the next row",
     [(1, 2, "a-1", "x"), (2, 31.999, "a-2", "y"), (3, 32, "a-3", "z")])
pair("silence", OWN, "two visits with silence between", [(0, 1, "a-1"), (5, 6, "a-2"), (300, 301, "a-3"), (301, 302, "a-4")],
     gaps=[30, 60, 1800])
pair("step-1s", OWN, "a step of one second", [(0, 1, "a-1"), (0.999, 1.5, "a-2"), (1, 2, "a-3"), (2.5, 3, "a-4")], step=1, gaps=[1, 2])
pair("step-7s", OWN, "a step that does not divide a minute counts from 1970, not from the minute",
     [(t, t + 1, f"a-{t:02d}") for t in range(0, 60, 5)], step=7, gaps=[7])
pair("step-quarter-second", OWN, "a step below a second", [(t / 10, t / 10 + 0.05, f"a-{t}") for t in range(10)], step=0.25)
pair("step-hour", OWN, "a step of an hour", [(t * 1000, t * 1000 + 1, f"a-{t}") for t in range(12)], step=3600, gaps=[3600])
pair("step-day", OWN, "a step of a day", [(t * 30000, t * 30000 + 1, f"a-{t}") for t in range(8)], step=86400)
pair("range-longer-than-step", KDA, "windows of neighbouring buckets are open together",
     [(1, 2, "a-1"), (31, 32, "a-2"), (2, 90, "a-3"), (61, 91, "a-4"), (32, 120, "a-5")], step=30, range_=120)
pair("range-shorter-than-step", KDA, "one bucket makes many rows", [(t, t + 1, f"a-{t:02d}", f"e{t}") for t in range(0, 30, 4)],
     step=30, range_=3)

# Time: days, months, years, 1970, daylight saving.
pair("midnight", OWN, "a visit over midnight", [(0, 1, "a-1"), (4, 5, "a-2"), (6, 7, "a-3")], base="2026-11-23T23:59:55Z", gaps=[30])
pair("end-of-month", OWN, "a visit over the end of a month", [(0, 1, "a-1"), (70, 71, "a-2")], base="2026-04-30T23:59:10Z", gaps=[60, 120])
pair("new-year", OWN, "a visit over new year", [(0, 1, "a-1"), (20, 21, "a-2")], base="2026-12-31T23:59:50Z", gaps=[30])
pair("leap-day", OWN, "29 February and the day after", [(0, 1, "a-1"), (20, 21, "a-2"), (40, 41, "a-3")],
     base="2028-02-29T23:59:45Z", gaps=[30])
pair("no-leap-day", OWN, "28 February is followed by 1 March", [(0, 1, "a-1"), (20, 21, "a-2")], base="2027-02-28T23:59:45Z", gaps=[30])
pair("summer-time", OWN, "the hour that Europe skips does not exist in UTC",
     [(0, 1, "a-1"), (60, 61, "a-2")], base="2026-03-29T00:59:30Z", step=60, gaps=[60])
pair("winter-time", OWN, "the hour that New York has twice is two hours in UTC",
     [(0, 1, "a-1"), (3600, 3601, "a-2")], base="2026-11-01T05:30:00Z", step=60, gaps=[60])
pair("first-second-of-1970", OWN, "bucket 0", [(0, 1, "a-1"), (0.001, 1, "a-2")], base="1970-01-01T00:00:00Z")
pair("before-1970", OWN, "the collector refuses such a clock; imported, it is rounded down, not towards zero",
     [(-0.001, 1, "a-1"), (0, 2, "a-2"), (-30, 3, "a-3"), (-30.001, 4, "a-4")], base="1970-01-01T00:00:00Z", gaps=[30])
pair("before-1970-below-a-second", OWN, "whole seconds of a time before 1970 are rounded down too",
     [(-0.1, 1, "a-1"), (-0.3, 2, "a-2"), (-1.2, 3, "a-3")], base="1970-01-01T00:00:00Z", step=0.25)
pair("year-2100", OWN, "2100 is no leap year", [(0, 1, "a-1"), (40, 41, "a-2")], base="2100-02-28T23:59:40Z", gaps=[60])
pair("milliseconds", OWN, "milliseconds are kept, whole seconds are rounded down",
     [(0.123, 1, "a-1"), (1.122, 2, "a-2"), (9.999, 11, "a-3", "x", "2"), (10.999, 12, "a-4", "x", "2")])

# Order of arrival.
pair("reversed", OWN, "everything arrives backwards", [(20 - t, 21 + t, f"a-{20 - t:02d}", f"e{20 - t}") for t in range(0, 21, 4)], gaps=[30])
pair("nested-late-row", OWN, "a short late row inside a long one: the furthest end so far counts, not the last row's",
     [(0, 1, "a-1", "begin"), (29, 30, "a-4", "far end"), (10, 200, "a-2", "inside"), (12, 201, "a-3", "inside"),
      (58, 202, "a-5", "end")], gaps=[30])
pair("rows-begin-together", OWN, "rows that begin in one millisecond are one session, first by event_id",
     [(5, 6, "b-2", "two"), (5, 100, "b-1", "one"), (5, 200, "b-3", "three"), (36, 201, "b-4", "four")], gaps=[31, 30])
pair("bridge-chain", "Apache Flink, merging session windows", "late events join five sessions, one after the other",
     [(t * 50, t * 50 + 1, f"a-{t}{0}") for t in range(5)] + [(t * 50 + 25, 1000 + t * 40, f"a-{t}{5}") for t in range(4)], gaps=[30])
pair("hours-late", OWN, "a click that was kept on the device for six days",
     [(0, 1, "a-1", "first"), (10, 6 * 86400, "a-2", "kept"), (20, 21, "a-3", "last")])
pair("ahead-of-the-clock", OWN, "a visitor's clock that is nine minutes fast", [(540, 1, "a-1"), (550, 11, "a-2"), (10, 12, "b-1")], gaps=[30])
pair("ties-over-rows", OWN, "a tie between a row and a late one", [(5, 6, "a-2", "two"), (5, 300, "a-1", "one"), (5, 600, "a-3", "three")])

# Copies and ids.
pair("copy-after-close", OWN, "a copy after its window closed opens none", [(1, 2, "a-1"), (1, 100, "a-1"), (1, 200, "a-1")])
pair("copy-opens-nothing", OWN, "copies alone are no visit; the new click among them is",
     [(1, 2, "a-1"), (2, 3, "a-2"), (1, 100, "a-1"), (3, 101, "a-3", "new"), (2, 102, "a-2")])
pair("copy-with-another-time", OWN, "a client's fault: the first to arrive counts",
     [(1, 2, "a-1", "right"), (40, 41, "a-1", "wrong"), (3, 42, "a-2", "y")])
pair("ids-that-look-alike", OWN, "only equal ids are copies",
     [(t, t + 1, i) for t, i in enumerate(["a-1", "a-01", "a-001", "a1", "a", "a-", "-1", "1", "a-1-1", "A-1", "b-1", "a-65", "a-065"])])
pair("ids-of-other-clients", OWN, "ids of any shape: UUID, ULID, 64 characters",
     [(1, 2, "550e8400-e29b-41d4-a716-446655440000"), (2, 3, "01ARZ3NDEKTSV4RRFFQ69G5FAV"), (3, 4, "x" * 64), (4, 5, "x" * 63 + "y"),
      (3, 6, "x" * 64), (1, 7, "550e8400-e29b-41d4-a716-446655440000")])
pair("numbers-out-of-order", OWN, "one page load's numbers with holes, out of order, copied",
     [(n % 25, 30 + k, f"mcx0k3b1q7zk2m9p-{n:08d}") for k, n in enumerate([7, 3, 200, 3, 64, 63, 7, 1000, 65, 64, 0, 200])])

# Keys.
pair("unicode-ids", OWN, "ids in any script; composed and decomposed letters are different users",
     [(t, t + 1, f"a-{t}", "☕", user, device) for t, (user, device) in enumerate(
         [("用户", "手机"), ("é", "mobile"), ("e\u0301", "mobile"), ("👩‍👩‍👧", "📱📱📱📱"), ("ß", "äöü"), ("用户", "手机"), ("İ", "ıI")])])
pair("two-devices-in-turn", OWN, "clicks on one device do not bridge the gap on another",
     [(0, 1, "a-1", "x", "50", "mobile"), (25, 26, "b-1", "y", "50", "tablet"), (50, 51, "a-2", "z", "50", "mobile"),
      (75, 76, "b-2", "y", "50", "tablet")], gaps=[30, 60])
pair("case-matters", OWN, "ids that differ by case are different", [(1, 2, "a-1", "x", "Ann", "Phone"), (2, 3, "a-2", "x", "ann", "phone"),
     (3, 4, "A-1", "x", "Ann", "Phone")])
pair("keys-do-not-run-together", OWN, "user 1 on 23 is not user 12 on 3",
     [(1, 2, "a-1", "x", "1", "23"), (2, 3, "a-2", "x", "12", "3"), (3, 4, "a-3", "x", "123", "_"), (4, 5, "a-4", "x", "1", "23")])
pair("awkward-characters", OWN, "quotes, line ends, tabs and SQL are text",
     [(1, 2, "a'1", "it's", "o'hara", '"x"'), (2, 3, 'a"2', "a\nb", "o'hara", '"x"'), (3, 4, "a;3", "\t; DROP", "--", "/*")])
pair("labels-may-collide", OWN, "session_id is a label: two devices share one, their sessions are two",
     [(1, 2, "a-1", "x", "7", "mobile-a"), (2, 3, "a-2", "x", "7", "mobile-b"), (3, 4, "a-3", "x", "7", "m")])
pair("numbers-are-text", OWN, "007 is not 7", [(1, 2, "a-1", "x", "007"), (2, 3, "a-2", "x", "7"), (3, 4, "a-3", "x", "7.0")])
pair("one-click", ARTICLE, "a single click is a session of 0 seconds", [(1, 2, "a-1", "only")], gaps=[30])
pair("two-hours-of-clicks", OWN, "one lag session of two hours, a click every 29 seconds",
     [(t * 29, t * 29 + 1, f"a-{t:04d}", f"e{t % 6}") for t in range(250)], gaps=[30, 60, 1800])
pair("gap-just-over", "Apache Spark, session_window", "each click a millisecond more than the gap after the last",
     [(t * 30.001, t * 30.001 + 1, f"a-{t}") for t in range(6)], gaps=[30, 31])
pair("users-interleaved", OWN, "three users' clicks, mixed, out of order",
     [((t * 37) % 240, 240 + t, f"u{t % 3}-{t:03d}", f"e{t}", str(t % 3)) for t in range(60)], gaps=[30, 60])


def article_clicks(count):
    """The article's generator: users 1 to 5 x 50 .. +30, devices with its weights, six beer events."""
    random = Random(2019)
    events = ["beer_vitrine_nav", "beer_checkout", "beer_product_detail", "beer_products", "beer_selection", "beer_cart"]
    clicks, now = [], 0.0
    for n in range(count):
        base = random.randint(1, 5) * 50
        now += random.expovariate(1.5)
        late = random.choice([0, 0, 0, 0, 0.5, 3, 45, 200])
        user, device = str(random.randint(base, base + 30)), random.choice(["mobile", "computer", "tablet", "mobile", "computer"])
        click = (round(now - late, 3), round(now + 0.2, 3), f"{device[:1]}{user}-{n:04d}", random.choice(events), user, device)
        clicks.append(click)
        if random.random() < 0.1:
            clicks.append((click[0], round(now + 0.2, 3), *click[2:]))
    return clicks


pair("article-generator", ARTICLE, "250 clicks of the article's generator, some late, one in ten twice", article_clicks(250), gaps=[30, 300])

(HERE / "index.json").write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
