#!/usr/bin/env python3
"""Writes the golden pairs: NAME.clicks.jsonl, NAME.sessions.jsonl and index.json.

The expected sessions are found here by brute force over sets of events, in another language than the engine and
with no code in common. A pair's clicks are written by hand below; times are seconds from a base time.
"""
import json
import pathlib
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

(HERE / "index.json").write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
