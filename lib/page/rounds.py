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
    table = f'<table class="rounds"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    last = f'<a href="{escaped(rows[-1]["page"])}">{escaped(rows[-1]["name"])}</a>: {escaped(rows[-1]["badge"])}'
    title = f"<h2>{escaped(rows[-1]['environment'] or name)}</h2><p>Latest: {last}</p>"
    return f'<section>{title}<div class="scrolls" tabindex="0">{table}</div>{_trends(rows)}</section>'


def _row(row: Row) -> str:
    verdict = escaped(str(row["verdict"]).replace(" ", "-"))
    withdrawn = "".join(
        f"<br><del>{escaped(one['claim'])}</del> withdrawn: {escaped(one['because'])}" for one in row["retracted"]
    )
    cells = (
        f'<span class="verdict {verdict}">{escaped(row["badge"])}</span>{withdrawn}',
        escaped(row["symptom"] or ("accepted" if row["verdict"] == "healthy" else "–")),
        f"{row['passed']} of {row['cases']} passed, {_worth(row['positive'])}" if row["cases"] else "no suite",
        escaped(str(row["began_at"] or "–")[:19]),
        f"{row['seconds']:.0f} s" + ("" if row["finished"] else ", not finished"),
        escaped(", ".join(map(str, row["revisions"])) or "not known"),
        " ".join(map(escaped, row["changed"])) or "–",
    )
    link = f'<th scope="row"><a href="{escaped(row["page"])}">{escaped(row["name"])}</a></th>'
    shown = "".join(f'<td data-column="{column}">{cell}</td>' for column, cell in zip(COLUMNS[1:], cells, strict=True))
    return f"<tr>{link}{shown}</tr>"


def _worth(positive: int | None) -> str:
    return "worth not judged" if positive is None else f"{positive} with evidence"


def _trends(rows: Sequence[Row]) -> str:
    names = dict.fromkeys(name for row in rows for name in row["figures"])
    drawn = [_trend(name, [(row["name"], row["figures"].get(name)) for row in rows]) for name in names] if len(rows) > 1 else []
    shown = "".join(one for one in drawn if one)
    return f'<h3>Medians over the rounds</h3><div class="trends">{shown}</div>' if shown else ""


def _trend(name: str, points: Sequence[tuple[str, float | None]]) -> str:
    """One figure's medians as a line, each point with its round; a round without the figure has no point, and is counted."""
    known = [(place, ms) for place, (_, ms) in enumerate(points) if ms is not None]
    if len(known) < 2:
        return ""
    low, high = min(ms for _, ms in known), max(ms for _, ms in known)
    step, span = (WIDTH - 12) / max(len(points) - 1, 1), (high - low) or 1.0
    placed = [(6 + place * step, HEIGHT - 6 - (ms - low) / span * (HEIGHT - 12)) for place, ms in known]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    named = [(escaped(f"{points[place][0]} {ms:.3g} ms"), *at) for (place, ms), at in zip(known, placed, strict=True)]
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="currentColor"><title>{title}</title></circle>' for title, x, y in named
    )
    said = _in_words([(points[place][0], ms) for place, ms in known], len(points))
    label = escaped(f"{name}: {said}")
    drawing = (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{label}">'
        f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-width="1.5"/>{dots}</svg>'
    )
    return f"<figure>{drawing}<figcaption>{escaped(name)}: {escaped(said)}</figcaption></figure>"


def _in_words(known: Sequence[tuple[str, float]], rounds: int) -> str:
    first, last = known[0], known[-1]
    least, most = min(known, key=lambda one: one[1]), max(known, key=lambda one: one[1])
    said = f"{first[0]} {first[1]:.3g} ms, {last[0]} {last[1]:.3g} ms"
    said += f"; least {least[1]:.3g} ms ({least[0]}), most {most[1]:.3g} ms ({most[0]})" if len(known) > 2 else ""
    return f"{said}; measured in {len(known)} of {rounds} rounds"
