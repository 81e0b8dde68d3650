"""One executed notebook as HTML: prose, folded code, and each output in the richest form that needs nothing from outside."""

from __future__ import annotations

import html
import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from lib.page.sanitize import harmless
from lib.redaction.visible import in_html

Document = Mapping[str, Any]
MAX_TEXT = 100_000
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_HEADING_LINK = re.compile(r'<a class="anchor-link"[^>]*>[^<]*</a>')
_FIGURE = "application/vnd.plotly.v1+json"


class Rendering:
    """Cells and outputs as HTML; remembers whether a figure needs plotly, and the pictures that stand apart."""

    def __init__(self) -> None:
        self.has_figures = False
        self.pictures: dict[str, str] = {}
        self._unguessable = secrets.token_hex(12)

    def marker(self, name: str) -> str:
        """What stands in the text for a thing that is put in later; nothing that a server said can be mistaken for it."""
        return f"@@{self._unguessable}-{name}@@"

    def notebook(self, name: str, document: Document | None, step: Document) -> str:
        """What a section of the page holds of one notebook."""
        state = step.get("state") or ("missing" if document is None else None)
        troubled = state in {"crashed", "missing"}
        note = f'<p class="trouble">{in_html(trouble({"notebook": name, "state": state, **step}))}</p>' if troubled else ""
        if document is None:
            return f"<h1>{in_html(name)}</h1>{note or '<p>It was not run in this round.</p>'}"
        cells = "".join(self.cell(cell) for cell in cells_of(document))
        file = f'<p class="file"><a href="{in_html(quote(name))}">{in_html(name)}</a></p>'
        return f"{note}{cells}{file}"

    def cell(self, cell: Document) -> str:
        source = joined(cell.get("source"))
        if cell.get("cell_type") != "code":
            return f'<div class="prose">{_markdown(source)}</div>' if cell.get("cell_type") == "markdown" else ""
        code = f'<details class="code"><summary>code</summary>{_highlighted(source)}</details>' if source.strip() else ""
        outputs = "".join(self.output(output) for output in _listed(cell, "outputs"))
        return f'{code}<div class="output">{outputs}</div>' if outputs else code

    def output(self, output: Document) -> str:
        match output.get("output_type"):
            case "stream":
                return _preformatted(joined(output.get("text")), str(output.get("name")))
            case "error":
                trace = (
                    "\n".join(str(line) for line in output.get("traceback") or ())
                    or f"{output.get('ename')}: {output.get('evalue')}"
                )
                return _preformatted(trace, "error")
            case "display_data" | "execute_result" if isinstance(output.get("data"), Mapping):
                return self.data(output["data"])
        return ""

    def data(self, data: Document) -> str:
        """The richest form that needs nothing from outside."""
        if isinstance(data.get(_FIGURE), Mapping):
            return self.figure(data)
        if "image/svg+xml" in data:
            return self.still(data)
        for kind in ("image/png", "image/jpeg"):
            if kind in data:
                return f'<img alt="{in_html(joined(data.get("text/plain")))}" src="{self.picture(kind, joined(data[kind]))}">'
        if "text/html" in data:
            return f'<div class="html">{harmless(joined(data["text/html"]))}</div>'
        if "text/markdown" in data:
            return f'<div class="prose">{_markdown(joined(data["text/markdown"]))}</div>'
        return _preformatted(joined(data.get("text/plain")), "plain")

    def figure(self, data: Document) -> str:
        self.has_figures = True
        figure = {key: data[_FIGURE].get(key) for key in ("data", "layout")}
        # The closing of a script element is the only thing that JSON in one must not spell out.
        document = json.dumps(figure, ensure_ascii=True).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        still = self.still(data) if "image/svg+xml" in data else _preformatted(joined(data.get("text/plain")), "plain")
        return (
            f'<figure class="plot"><div class="still">{still}</div><script type="application/json">{document}</script></figure>'
        )

    def still(self, data: Document) -> str:
        # As an image a drawing can neither run scripts nor load anything, and as percent-encoded text it can still be redacted.
        drawing = quote(joined(data["image/svg+xml"]), safe="=:/;,()")
        return f'<img class="chart" alt="{in_html(joined(data.get("text/plain")))}" src="data:image/svg+xml,{drawing}">'

    def picture(self, kind: str, encoded: str) -> str:
        marker = self.marker(f"picture-{len(self.pictures)}")
        self.pictures[marker] = re.sub(r"[^A-Za-z0-9+/=]", "", encoded)
        return f"data:{kind};base64,{marker}"


def cells_of(document: Document | None) -> list[Document]:
    """The cells of a notebook, none where it is not one."""
    return _listed(document or {}, "cells")


def _listed(document: Document, key: str) -> list[Document]:
    found = document.get(key)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def trouble(step: Document) -> str:
    """What is missing in a round because of one notebook, in a sentence."""
    if step.get("state") == "crashed":
        return (
            f"{step['notebook']} crashed in cell {step.get('cell')}: {step.get('error')}. That is a failure of "
            "ours, not a finding."
        )
    return f"{step['notebook']} was not run: its questions are not answered here."


def anchor_of(name: str) -> str:
    """The id of a notebook's section."""
    return re.sub(r"[^\w-]", "-", name.removesuffix(".ipynb"))


def joined(text: Any) -> str:
    """A notebook's text, which may be a list of its lines."""
    return "".join(map(str, text)) if isinstance(text, list) else str(text or "")


def _markdown(source: str) -> str:
    from nbconvert.filters import markdown2html

    # A heading's own link would lead nowhere: ids of a notebook's headings do not stay, as five of them have the same.
    return harmless(_HEADING_LINK.sub("", markdown2html(source)))


def _highlighted(source: str) -> str:
    from nbconvert.filters import Highlight2HTML

    highlight: Callable[..., str] = Highlight2HTML()  # type: ignore[no-untyped-call]  # nbconvert has no annotations
    return harmless(highlight(source, language="python"))


def _preformatted(text: str, kind: str) -> str:
    text = _ANSI.sub("", text)
    cut = "" if len(text) <= MAX_TEXT else f"\n… {len(text) - MAX_TEXT} further characters are in the notebook"
    return f'<pre class="{html.escape(kind)}">{in_html(text[:MAX_TEXT] + cut)}</pre>' if text else ""
