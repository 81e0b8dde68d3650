"""Two things side by side, row by row, the rows that differ marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lib.figures.display.table import as_html, as_markdown, text_of

DIFFERENT, SAME = "≠", "="
_MARKED = "background-color:#fde3cf;font-weight:600"


@dataclass(frozen=True, repr=False)
class Sides:
    """`rows` are (what, left, right, marked); a marked row is what the reader should see first, the others agree or follow from
    it."""

    left: str
    right: str
    rows: Sequence[tuple[str, Any, Any, bool]]
    caption: str = ""

    def _repr_html_(self) -> str:
        caption = f"<p><strong>{as_html(self.caption)}</strong></p>" if self.caption else ""
        left, right = (f'<th scope="col" style="text-align:left">{as_html(text)}</th>' for text in (self.left, self.right))
        head = f"<td></td>{left}<td></td>{right}"
        body = "".join(_row(*row) for row in self.rows)
        table = f'<table class="tex2jax_ignore mathjax_ignore"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        return f'{caption}<div style="overflow-x:auto">{table}</div>'

    def _repr_markdown_(self) -> str:
        lines = [f"**{as_markdown(self.caption)}**\n"] if self.caption else []
        lines += [f"| | {as_markdown(self.left)} | | {as_markdown(self.right)} |", "|:---|:---|:---:|:---|"]
        for what, left, right, marked in self.rows:
            strong = "**" if marked else ""
            cells = [f"{strong}{as_markdown(value)}{strong}" for value in (left, right)]
            lines.append(f"| {as_markdown(what)} | {cells[0]} | {_sign(left, right)} | {cells[1]} |")
        return "\n".join(lines) + "\n"

    def __repr__(self) -> str:
        shown = [
            (what, text_of(left), _sign(left, right) + ("!" if marked else ""), text_of(right))
            for what, left, right, marked in self.rows
        ]
        shown.insert(0, ("", self.left, "", self.right))
        widths = [min(60, max(len(row[column]) for row in shown)) for column in range(4)]
        lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in shown]
        return "\n".join([self.caption, *lines] if self.caption else lines)


def _sign(left: Any, right: Any) -> str:
    return SAME if left == right else DIFFERENT


def _row(what: str, left: Any, right: Any, marked: bool) -> str:
    style = f' style="{_MARKED}"' if marked else ""
    cells = f"<td{style}>{as_html(left)}</td><td{style}>{_sign(left, right)}</td><td{style}>{as_html(right)}</td>"
    return f'<tr><th scope="row" style="text-align:left">{as_html(what)}</th>{cells}</tr>'
