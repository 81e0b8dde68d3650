"""All rounds as one page: what each found, what changed, the figures over the rounds, and a link to each record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.page.page import STYLE
from lib.page.trends import trends
from lib.redaction.visible import in_html

Row = Mapping[str, Any]
COLUMNS = ("round", "verdict", "came back", "cases", "began", "took", "revision", "changed since the round before")


def rounds_page(environments: Mapping[str, Sequence[Row]]) -> str:
    """The page of a folder of rounds; `environments` maps each folder below it to its rounds, the oldest first."""
    sections = "".join(_environment(name, rows) for name, rows in environments.items())
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    latest = [f"{rows[-1]['environment']}: {rows[-1]['badge']}" for rows in environments.values()]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="color-scheme" content="light dark">'
        f"<title>{in_html(' · '.join(latest) or 'no round')} · all rounds</title><style>{STYLE}</style>"
    )
    body = f"<header><h1>All rounds</h1></header><main>{sections or '<p>There is no round here yet.</p>'}</main>"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _environment(name: str, rows: Sequence[Row]) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    body = "".join(map(_row, rows))
    table = f'<table class="rounds"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    last = f'<a href="{in_html(rows[-1]["page"])}">{in_html(rows[-1]["name"])}</a>: {in_html(rows[-1]["badge"])}'
    title = f"<h2>{in_html(rows[-1]['environment'] or name)}</h2><p>Latest: {last}</p>"
    return f'<section>{title}<div class="scrolls" tabindex="0">{table}</div>{trends(rows)}</section>'


def _row(row: Row) -> str:
    verdict = in_html(str(row["verdict"]).replace(" ", "-"))
    withdrawn = "".join(
        f"<br><del>{in_html(one['claim'])}</del> withdrawn: {in_html(one['because'])}" for one in row["retracted"]
    )
    cells = (
        f'<span class="verdict {verdict}">{in_html(row["badge"])}</span>{withdrawn}',
        in_html(row["symptom"] or ("accepted" if row["verdict"] == "healthy" else "–")),
        f"{row['passed']} of {row['cases']} passed, {_worth(row['positive'])}" if row["cases"] else "no suite",
        in_html(str(row["began_at"] or "–")[:19]),
        f"{row['seconds']:.0f} s" + ("" if row["finished"] else ", not finished"),
        in_html(", ".join(map(str, row["revisions"])) or "not known"),
        " ".join(map(in_html, row["changed"])) or "–",
    )
    link = f'<th scope="row"><a href="{in_html(row["page"])}">{in_html(row["name"])}</a></th>'
    shown = "".join(f'<td data-column="{column}">{cell}</td>' for column, cell in zip(COLUMNS[1:], cells, strict=True))
    return f"<tr>{link}{shown}</tr>"


def _worth(positive: int | None) -> str:
    return "worth not judged" if positive is None else f"{positive} with evidence"
