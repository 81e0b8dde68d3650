"""What every figure room shows things with: tables and prose that JupyterLab, GitHub and a terminal can all display.

Everything is escaped: cells hold what servers answered, and a server's body is not to be trusted with markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lib.facts import rfc3339
from lib.redaction.visible import visible

MAX_ROWS = 500
MAX_CHARACTERS = 600
_BREAKABLE = re.compile(r"(?<=\w[_/])(?=\w)|(?<=\b[0-9a-f]{8})(?=[0-9a-f]{8}\b)")
"""Where a long name or id may go on in the next line, so that no column runs out of the page; copied, it is whole."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~$<>&])")


def text_of(value: Any) -> str:
    """A value as one line for people: None is a dash, yes and no for bools, four significant digits, lists joined by commas."""
    match value:
        case None:
            text = "–"
        case bool():
            text = "yes" if value else "no"
        case float():
            text = f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
        case datetime():
            text = rfc3339(value)
        case Mapping():
            text = ", ".join(f"{key}: {text_of(item)}" for key, item in value.items()) or "–"
        case list() | tuple() | set() | frozenset():
            text = ", ".join(text_of(item) for item in value) or "–"
        case _:
            text = str(value)
    text = visible(" ".join(text.split()))
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"


def as_html(value: Any) -> str:
    """The value as escaped HTML text."""
    return html.escape(text_of(value))


def as_markdown(value: Any) -> str:
    """The value as Markdown that shows the same characters and means none of them."""
    return _MARKDOWN.sub(r"\\\1", text_of(value)).replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;")


@dataclass(frozen=True, repr=False)
class Table:
    """Rows under columns. `rows` are mappings by column, or sequences in the columns' order; `columns` maps keys to headings,
    or lists keys that are their own headings; absent: the first row's keys. Numbers stand to the right.
    """

    rows: Sequence[Mapping[str, Any] | Sequence[Any]]
    columns: Mapping[str, str] | Sequence[str] | None = None
    caption: str | None = None
    empty: str = "Nothing to show."

    def headings(self) -> list[str]:
        """The columns' headings, in order."""
        columns = self._columns()
        return [text_of(heading) for heading in columns.values()]

    def cells(self) -> list[list[Any]]:
        """At most `MAX_ROWS` rows of values, in the columns' order."""
        keys = list(self._columns())
        return [[row.get(key) for key in keys] if isinstance(row, Mapping) else list(row) for row in self.rows[:MAX_ROWS]]

    def _columns(self) -> Mapping[str, str]:
        if isinstance(self.columns, Mapping):
            return self.columns
        names = (
            self.columns
            if self.columns is not None
            else (self.rows[0] if self.rows and isinstance(self.rows[0], Mapping) else ())
        )
        return {name: name for name in names}

    def _left_out(self) -> str:
        left = len(self.rows) - MAX_ROWS
        return f"{left} further rows are in the record." if left > 0 else ""

    def _repr_html_(self) -> str:
        caption = f"<p><strong>{as_html(self.caption)}</strong></p>" if self.caption else ""
        if not self.rows:
            return f"{caption}<p>{as_html(self.empty)}</p>"
        head = "".join(map(_heading, self.headings()))
        body = "".join(f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in self.cells())
        # The class names keep MathJax from reading dollar signs in a server's answer as formulas.
        table = f'<table class="tex2jax_ignore mathjax_ignore"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        return f'{caption}<div style="overflow-x:auto">{table}</div>' + (f"<p>{self._left_out()}</p>" if self._left_out() else "")

    def _repr_markdown_(self) -> str:
        caption = f"**{as_markdown(self.caption)}**\n\n" if self.caption else ""
        if not self.rows:
            return f"{caption}{as_markdown(self.empty)}\n"
        cells = self.cells()
        numeric = [all(_is_number(row[column]) for row in cells) for column in range(len(self.headings()))]
        lines = ["| " + " | ".join(as_markdown(heading) for heading in self.headings()) + " |"]
        lines.append("|" + "|".join("---:" if right else ":---" for right in numeric) + "|")
        lines += ["| " + " | ".join(as_markdown(value) for value in row) + " |" for row in cells]
        return caption + "\n".join(lines) + f"\n\n{self._left_out()}".rstrip() + "\n"

    def __repr__(self) -> str:
        caption = f"{text_of(self.caption)}\n" if self.caption else ""
        if not self.rows:
            return caption + self.empty
        lines = [self.headings(), *([text_of(value) for value in row] for row in self.cells())]
        widths = [min(60, max(len(line[column]) for line in lines)) for column in range(len(lines[0]))]
        shown = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines]
        shown.insert(1, "  ".join("-" * width for width in widths))
        return caption + "\n".join(shown) + (f"\n{self._left_out()}" if self._left_out() else "")


@dataclass(frozen=True, repr=False)
class Prose:
    """Computed sentences, one paragraph (or list item) each, under a heading if there is one."""

    sentences: Sequence[str]
    heading: str | None = None
    bullets: bool = False

    def _repr_html_(self) -> str:
        heading = f"<h3>{as_html(self.heading)}</h3>" if self.heading else ""
        tag = "li" if self.bullets else "p"
        body = "".join(f"<{tag}>{as_html(sentence)}</{tag}>" for sentence in self.sentences)
        return (
            f'<div class="tex2jax_ignore mathjax_ignore">{heading}{f"<ul>{body}</ul>" if self.bullets and body else body}</div>'
        )

    def _repr_markdown_(self) -> str:
        heading = f"### {as_markdown(self.heading)}\n\n" if self.heading else ""
        if self.bullets:
            return heading + "".join(f"- {as_markdown(sentence)}\n" for sentence in self.sentences)
        return heading + "\n\n".join(as_markdown(sentence) for sentence in self.sentences) + "\n"

    def __repr__(self) -> str:
        mark = "- " if self.bullets else ""
        return "\n".join(
            [*([text_of(self.heading)] if self.heading else []), *(mark + text_of(sentence) for sentence in self.sentences)]
        )


@dataclass(frozen=True, repr=False)
class Stack:
    """Several displayable things as one, in order."""

    parts: Sequence[Table | Prose | Stack]

    def _repr_html_(self) -> str:
        return "".join(part._repr_html_() for part in self.parts)

    def _repr_markdown_(self) -> str:
        return "\n\n".join(part._repr_markdown_() for part in self.parts)

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self.parts))


def _html_cell(value: Any) -> str:
    align = ' style="text-align:right"' if _is_number(value) else ' style="text-align:left"'
    return f"<td{align}>{_BREAKABLE.sub('<wbr>', as_html(value))}</td>"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _heading(text: str) -> str:
    # A column without a name has no heading: an empty one would be read out as one.
    return f'<th scope="col" style="text-align:left">{as_html(text)}</th>' if text else "<td></td>"
