"""Notebook 03's incidents: what happened, with the lines as they were written, who was hit, and where to look further."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lib.figures import logs_words as words
from lib.figures.display.table import Prose, as_html, as_markdown, text_of

MOST_SHOWN = 10
_LINES_OPEN = 4


@dataclass(frozen=True, kw_only=True, repr=False)
class Told:
    """One incident: its title, what is known of it in short, its messages as they were written, and a query for more."""

    title: str
    known: Sequence[str]
    lines: Sequence[str]
    query: str

    def _repr_html_(self) -> str:
        shown = [line for text in self.lines for line in text.splitlines()]
        head, rest = shown[:_LINES_OPEN], shown[_LINES_OPEN:]
        known = "; ".join(map(as_html, self.known))
        parts = [f"<h4>{as_html(self.title)}</h4><p>{known}</p><pre>{_escaped(head)}</pre>"]
        if rest:
            parts.append(f"<details><summary>{len(rest)} more lines</summary><pre>{_escaped(rest)}</pre></details>")
        if self.query:
            parts.append(f"<p>Look where they came from:</p><pre>{html.escape(self.query)}</pre>")
        return f'<div class="tex2jax_ignore mathjax_ignore">{"".join(parts)}</div>'

    def _repr_markdown_(self) -> str:
        block = "\n".join(f"    {line}" for text in (*self.lines, self.query) for line in text.splitlines()[:20])
        return f"#### {as_markdown(self.title)}\n\n{'; '.join(map(as_markdown, self.known))}\n\n{block}\n"

    def __repr__(self) -> str:
        shown = [line for text in self.lines for line in text.splitlines()][:20]
        return "\n".join(
            [text_of(self.title), "  " + "; ".join(self.known), *(f"  | {line}" for line in shown), f"  {self.query}"]
        )


@dataclass(frozen=True, repr=False)
class Incidents:
    """The incidents in their order under one heading, what is left out said."""

    heading: str
    told: Sequence[Told]
    notes: Sequence[str]

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{as_html(note)}</p>" for note in self.notes)
        return f"<h3>{as_html(self.heading)}</h3>{''.join(one._repr_html_() for one in self.told)}{notes}"

    def _repr_markdown_(self) -> str:
        return "\n\n".join(
            [f"### {as_markdown(self.heading)}", *(one._repr_markdown_() for one in self.told), *map(as_markdown, self.notes)]
        )

    def __repr__(self) -> str:
        return "\n\n".join([self.heading, *map(repr, self.told), *self.notes])


def happened(report: Any) -> Incidents | Prose:
    """The incidents that are no noise, the most important first: what failed, when, how often, who was hit, and the
    lines themselves."""
    document = report.as_json()
    real = [one for one in report.incidents if not one.noise]
    notes = [f"Not read: {sentence}." for sentence in words.unread(document)]
    if sentence := words.without_severity(document["seen"]):
        notes.append(f"{sentence}.")
    if empty := document["seen"]["payload_missing"]:
        notes.append(f"{empty} of {document['seen']['entries']} entries have no content at all: whoever exported them lost it.")
    if not real:
        return Prose([f"Incidents: {words.count_of(document['incidents'])}; {words.NOBODY}.", *notes], heading="What happened")
    looks = queries(report)
    told = [_told(number, one, looks[number]) for number, one in enumerate(real[:MOST_SHOWN])]
    if len(real) > MOST_SHOWN:
        notes.insert(0, f"And {len(real) - MOST_SHOWN} more incidents, in the table below.")
    return Incidents(f"What happened: {words.count_of(document['incidents'])}", told, notes)


def queries(report: Any) -> list[str]:
    """For each incident that is no noise a query that shows its entries where they came from."""
    reading = report.reading
    return [words.query(one, source=reading.source, formats=reading.formats or ()) for one in report.incidents if not one.noise]


def _told(number: int, incident: Any, query: str) -> Told:
    document = incident.as_json()
    known = [words.frequency(document), words.span(document["first_at"], document["last_at"])]
    if who := words.hit(document, incident.statuses):
        known.append(who)
    for name, values in (("revision", incident.revisions), ("instance", incident.instances), ("service", incident.services)):
        if values:
            more = f" and {len(values) - 3} more" if len(values) > 3 else ""
            known.append(f"{name} {', '.join(value[-24:] if name == 'instance' else value for value in values[:3])}{more}")
    if incident.where:
        known.append(f"broke at {incident.where}")
    return Told(title=f"{number + 1}. {incident.severity}: {incident.title}", known=known, lines=incident.lines, query=query)


def _escaped(lines: Sequence[str]) -> str:
    return html.escape("\n".join(lines))
