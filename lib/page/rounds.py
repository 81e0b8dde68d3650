"""All rounds as one page: what each found, what changed, the figures over the rounds, and a link to each record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.page.notebook import escaped
from lib.page.page import STYLE

Row = Mapping[str, Any]
WIDTH, HEIGHT = 220, 44
COLUMNS = ("round", "verdict", "came back", "cases", "began", "took", "revision", "changed since the round before")


def rounds_page(environments: Mapping[str, Sequence[Row]]) -> str:
    """The page of a folder of rounds; `environments` maps each folder below it to its rounds, the oldest first."""
    sections = "".join(_environment(name, rows) for name, rows in environments.items())
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    latest = [f"{rows[-1]['environment']}: {rows[-1]['badge']}" for rows in environments.values()]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="color-scheme" content="light dark">'
        f"<title>{escaped(' · '.join(latest) or 'no round')} · all rounds</title><style>{STYLE}</style>"
    )
    body = f"<header><h1>All rounds</h1></header><main>{sections or '<p>There is no round here yet.</p>'}</main>"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _environment(name: str, rows: Sequence[Row]) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    body = "".join(map(_row, rows))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    title = f"<h2>{escaped(rows[-1]['environment'] or name)}</h2>"
    return f'<section>{title}<div class="scrolls" tabindex="0">{table}</div>{_trends(rows)}</section>'


def _row(row: Row) -> str:
    verdict = escaped(str(row["verdict"]).replace(" ", "-"))
    withdrawn = "".join(
        f"<br><del>{escaped(one['claim'])}</del> withdrawn: {escaped(one['because'])}" for one in row["retracted"]
    )
    cells = (
        f'<span class="verdict {verdict}">{escaped(row["badge"])}</span>{withdrawn}',
        escaped(row["symptom"] or "–"),
        f"{row['passed']} of {row['cases']} passed, {_worth(row['positive'])}" if row["cases"] else "no suite",
        escaped(str(row["began_at"] or "–")[:19]),
        f"{row['seconds']:.0f} s" + ("" if row["finished"] else ", not finished"),
        escaped(", ".join(map(str, row["revisions"])) or "not known"),
        " ".join(map(escaped, row["changed"])) or "–",
    )
    link = f'<th scope="row"><a href="{escaped(row["page"])}">{escaped(row["name"])}</a></th>'
    return f"<tr>{link}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _worth(positive: int | None) -> str:
    return "worth not judged" if positive is None else f"{positive} with evidence"


def _trends(rows: Sequence[Row]) -> str:
    names = dict.fromkeys(name for row in rows for name in row["figures"])
    drawn = [_trend(name, [(row["name"], row["figures"].get(name)) for row in rows]) for name in names]
    shown = "".join(one for one in drawn if one)
    return f'<h3>Medians over the rounds</h3><div class="trends">{shown}</div>' if shown else ""


def _trend(name: str, points: Sequence[tuple[str, float | None]]) -> str:
    """One figure's medians as a line; a round without the figure leaves a gap in the numbers below, and no point."""
    known = [(place, ms) for place, (_, ms) in enumerate(points) if ms is not None]
    if len(known) < 2:
        return ""
    low, high = min(ms for _, ms in known), max(ms for _, ms in known)
    step, span = (WIDTH - 12) / max(len(points) - 1, 1), (high - low) or 1.0
    placed = [(6 + place * step, HEIGHT - 6 - (ms - low) / span * (HEIGHT - 12)) for place, ms in known]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="currentColor"/>' for x, y in placed)
    said = ", ".join(f"{round_name} {'not measured' if ms is None else f'{ms:.3g} ms'}" for round_name, ms in points)
    label = escaped(f"{name}: {said}")
    drawing = (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{label}">'
        f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-width="1.5"/>{dots}</svg>'
    )
    return f"<figure>{drawing}<figcaption>{escaped(name)}: {escaped(said)}</figcaption></figure>"
