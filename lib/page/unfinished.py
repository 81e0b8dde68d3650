"""The page of a round that goes on or was broken off: that it is unfinished, how to go on, what there is; made in no time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lib.redaction.visible import in_html

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def unfinished_page(name: str, *, environment: str, verdict: str | None, notebooks: Mapping[str, bool]) -> str:
    """The page of a round's folder of this name; `notebooks` are those that lie in it, and whether each came to its end."""
    states = {True: "came to its end, and is kept", False: "did not, and is run anew"}
    listed = "".join(
        f'<li><a href="{in_html(file)}">{in_html(file)}</a> {states[is_whole]}</li>' for file, is_whole in notebooks.items()
    )
    found = f"The diagnosis had come to its end: {verdict}." if verdict else "There is no verdict yet."
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><meta name="color-scheme" content="light dark">'
        f"<title>{in_html(name)} is unfinished</title><style>{STYLE}</style></head><body><main>"
        f'<p class="eyebrow">{in_html(name)} · {in_html(environment)}</p><h1>This round is unfinished</h1>'
        '<p class="trouble">It is still at work, or it was broken off: then the same command with <code>--resume</code> goes on '
        f"with it.</p><p>{in_html(found)}</p>"
        f"<ul>{listed or '<li>No notebook had begun.</li>'}</ul></main></body></html>\n"
    )
