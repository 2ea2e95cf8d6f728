#!/usr/bin/env python3
"""Draws pairs as timelines into docs/images: when clicks happened, when they arrived, which windows took them."""
import json
import pathlib
from datetime import datetime

HERE = pathlib.Path(__file__).parent
IMAGES = HERE.parent.parent.parent / "docs" / "images"
WIDTH, LEFT, RIGHT = 760, 90, 30
COLOURS = ["#d97706", "#2563eb", "#059669", "#be185d", "#7c3aed"]
INK = "#808080"


def at(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def clock(seconds):
    return datetime.utcfromtimestamp(seconds).strftime("%H:%M:%S")


def windows_of(clicks, step, reach):
    """Windows in the order of their opening: (opened, closes, bucket, clicks)."""
    found, seen = [], set()
    for click in clicks:
        if click["event_id"] in seen:
            continue
        seen.add(click["event_id"])
        arrived, bucket = at(click["arrived_at"]), at(click["client_timestamp"]) // step * step
        open_now = [w for w in found if w[2] == bucket and w[0] <= arrived < w[1]]
        if open_now:
            open_now[0][3].append(click)
        else:
            found.append((arrived, arrived + reach, bucket, [click]))
    return found


def draw(name, title):
    entry = next(e for e in json.loads((HERE / "index.json").read_text()) if e["name"] == name)
    clicks = [json.loads(line) for line in (HERE / f"{name}.clicks.jsonl").read_text().splitlines()]
    step, reach = entry["stepMs"] / 1000, entry["rangeMs"] / 1000
    windows = windows_of(clicks, step, reach)
    buckets = sorted({w[2] for w in windows})
    times = [at(c[of]) for c in clicks for of in ("client_timestamp", "arrived_at")] + [t for w in windows for t in w[:2]]
    first, last = min(times + buckets), max(times)
    x = lambda t: LEFT + (t - first) / (last - first) * (WIDTH - LEFT - RIGHT)
    colour = lambda bucket: COLOURS[buckets.index(bucket) % len(COLOURS)]
    gap = entry.get("gapsMs", [None])[0]
    within = [json.loads(line) for line in (HERE / f"{name}.within-{gap // 1000}s.jsonl").read_text().splitlines()] if gap else []
    height = 150 + 34 * len(windows) + (40 if within else 0)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" '
           f'font-size="12" fill="{INK}" role="img"><title>{title}</title>']
    out += [f'<text x="8" y="44">happened</text><text x="8" y="114">arrived</text>']
    for bucket in buckets:
        right = min(x(bucket + step), WIDTH - RIGHT)
        out.append(f'<rect x="{x(bucket):.1f}" y="24" width="{right - x(bucket):.1f}" height="30" rx="4" fill="{colour(bucket)}" opacity="0.15"/>')
        out.append(f'<text x="{x(bucket):.1f}" y="16">{clock(bucket)}</text>')
    for y in (40, 110):
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="{INK}"/>')
    known = set()
    for click in clicks:
        copy = click["event_id"] in known
        known.add(click["event_id"])
        happened, arrived = x(at(click["client_timestamp"])), x(at(click["arrived_at"]))
        fill = colour(at(click["client_timestamp"]) // step * step)
        inside = "none" if copy else fill
        out.append(f'<line x1="{happened:.1f}" y1="40" x2="{arrived:.1f}" y2="110" stroke="{fill}" opacity="0.6"/>')
        out += [f'<circle cx="{cx:.1f}" cy="{cy}" r="5" fill="{inside}" stroke="{fill}"/>' for cx, cy in ((happened, 40), (arrived, 110))]
    for row, (opened, closes, bucket, took) in enumerate(windows):
        y = 134 + 34 * row
        ids = ", ".join(click["client_event"] for click in took)
        out.append(f'<rect x="{x(opened):.1f}" y="{y}" width="{x(closes) - x(opened):.1f}" height="20" rx="4" fill="{colour(bucket)}" opacity="0.3"/>')
        anchor, tx = ("end", x(closes) - 4) if x(opened) > WIDTH / 2 else ("start", x(opened) + 6)
        plural = "click" if len(took) == 1 else "clicks"
        out.append(f'<text x="{tx:.1f}" y="{y + 14}" text-anchor="{anchor}">row of {clock(bucket)}: {len(took)} {plural} ({ids}), written {clock(closes)}</text>')
    for number, session in enumerate(within):
        y, begin, end = height - 34, x(at(session["beginsession"])), x(at(session["endsession"]))
        if number == 0:
            out.append(f'<text x="8" y="{y + 14}">within {gap // 1000} s</text>')
        out.append(f'<rect x="{begin - 4:.1f}" y="{y}" width="{end - begin + 8:.1f}" height="20" rx="4" fill="none" stroke="{INK}"/>')
        out.append(f'<text x="{(begin + end) / 2:.1f}" y="{y + 14}" text-anchor="middle">{session["events"]}</text>')
    out.append("</svg>\n")
    (IMAGES / f"window-{name}.svg").write_text("\n".join(out), encoding="utf-8")


draw("kda-worked-example", "The KDA guide's example: three clicks in one window, one in the next")
draw("gap-exactly", "Clicks exactly 30 s apart are one session of that gap, 30.001 s apart they are two")
draw("nested-late-row", "A late row lies inside an earlier one, whose end still reaches the next")
draw("copy-after-close", "Copies, drawn hollow, open no window")
draw("late-event", "A late click opens another window of the same bucket, and the two rows merge")
draw("bridge", "A late click joins two sessions that were apart")
