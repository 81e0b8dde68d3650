"""Every finding of a configuration about one handshake, the plain ones first, each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lib.configuration.findings.edge import of_routes
from lib.configuration.findings.services import of_services
from lib.configuration.prediction import SHOWN_BY, Asked, Finding
from lib.configuration.shape import Configuration, Source
from lib.facts import Prediction
from lib.redaction.redact import redact_text

MOST_SOURCES = 20
"""So many are told one by one."""
WHERE = "evidence.configuration"
_TAKEN_OVER = ("is_plain", "tries", "revision", "answered_with", "probe", "forwards", "refused_with", "product")


def findings(configuration: Configuration, asked: Asked) -> list[Finding]:
    """What this configuration predicts of this handshake; nothing of it is known before a probe agrees."""
    found = dict.fromkeys((*of_routes(configuration, asked), *of_services(configuration, asked)))
    return sorted(found, key=lambda one: not one.is_plain)


def predictions(configuration: Configuration, asked: Asked) -> list[Prediction]:
    """The same as facts that a diagnosis takes, behind one that says what was read."""
    sources = {source.name: source for source in configuration.sources}
    told = [_prediction(WHERE, f"read: {_read(configuration)}")] if sources else []
    for one in findings(configuration, asked):
        source = sources.get(_file(one.place))
        shown = _prediction(one.place, one.words, source)
        more = {name: getattr(one, name) for name in _TAKEN_OVER}
        # What a system says of itself now is what the parameters name, under whatever address it is asked.
        more["elsewhere"] = "" if source and source.is_live else one.elsewhere
        look = SHOWN_BY.get(one.kind, ())
        told.append(replace(shown, speaks_for=(one.cause,), expects=one.predicts, shown_by=look, **more))
    return told


def _read(configuration: Configuration) -> str:
    """The sources with their formats, and how much was understood."""
    shown = ", ".join(f"{source.name} ({source.format})" for source in configuration.sources[:MOST_SOURCES])
    more = len(configuration.sources) - MOST_SOURCES
    counts = ((len(configuration.routes), "route"), (len(configuration.services), "service"))
    counted = " and ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in counts if n) or "nothing that takes requests"
    return f"{shown}{f' and {more} more' if more > 0 else ''}: {counted}"


def _prediction(place: str, words: str, source: Source | None = None) -> Prediction:
    changed = source.changed if source and source.is_export else None
    as_of = datetime.fromisoformat(changed) if changed else None
    return Prediction(kind="config", source=source.name if source else place, place=place, words=redact_text(words), as_of=as_of)


def _file(place: str) -> str:
    first = place.partition(" ")[0]
    name, _, line = first.rpartition(":")
    return name if line.isdigit() and name else first
