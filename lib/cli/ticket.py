"""A diagnosis as ten lines of Markdown for a ticket: what was asked, what came back, what it is, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lib.cli.text import headline
from lib.redaction.visible import visible
from lib.whys import sentences
from lib.whys.catalogue.index import meaning

LINES = 10


def ticket(document: Mapping[str, Any], url: str) -> str:
    """The answer in at most ten lines of Markdown, each a sentence or a list item; what a server said cannot break out of it."""
    return "\n".join([*_lines(document, url)][: LINES - 1] + [_spent(document)]) + "\n"


def _lines(document: Mapping[str, Any], url: str) -> Iterator[str]:
    yield f"**{_plain(headline(document))}**"
    symptom = document["symptom"]
    back = symptom["description"] if symptom else "accepted"
    yield f"- {_plain(document['environment'])}, `{url.replace('`', '')}`: {_plain(back)}"
    if watched := sentences.watched(document):
        yield f"- {_plain(watched)}"
    if works := sentences.works_with(document):
        yield f"- {_plain(works)}"
    for cause in document["causes"][:2]:
        yield f"- {_plain(sentences.cause_name(document, cause['id']))}, {cause['strength']}: {_plain(meaning(cause['id']))}"
        yield f"  - do: {_plain(cause['remedy'])}"
    yield from (f"- {_plain(said)}" for said in sentences.unread(document))
    if document["candidates"]:
        yield f"- left open: {_plain(', '.join(document['candidates'][:6]))}{' …' if len(document['candidates']) > 6 else ''}"
    for lead in document["leads"][:2]:
        yield f"- speaks for {_plain(lead['id'] or 'something unexplained')}: {_plain(lead['because'])}"
    if healthy := sentences.healthy(document):
        yield from (f"- {_plain(said)}" for said in healthy)
    if further := sentences.next_step(document):
        yield f"- next: {_plain(further)}"


def _spent(document: Mapping[str, Any]) -> str:
    spent, seen = document["spent"], [one["at"] for one in document["observations"] if one["at"]]
    when = f", {min(seen)[:19]}Z" if seen else ""
    return f"- {spent['handshakes']} handshakes, {spent['rest_requests']} REST requests, {spent['seconds']:.1f} s{when}"


def _plain(text: Any) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", visible(" ".join(str(text).split())))[:400]
