"""Every finding of a configuration about one handshake, the plain ones first, each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lib.configuration.findings.edge import of_routes
from lib.configuration.findings.services import of_services
from lib.configuration.prediction import Asked, Finding
from lib.configuration.shape import Configuration, Source
from lib.facts import Prediction
from lib.redaction.redact import redact_text

MOST_SOURCES = 30
"""So many are told one by one."""


def findings(configuration: Configuration, asked: Asked) -> list[Finding]:
    """What this configuration predicts of this handshake; nothing of it is known before a probe agrees."""
    found = dict.fromkeys((*of_routes(configuration, asked), *of_services(configuration, asked)))
    return sorted(found, key=lambda one: not one.is_plain)


def predictions(configuration: Configuration, asked: Asked) -> list[Prediction]:
    """The same as facts that a diagnosis takes, behind one for each source that was read, and each that was not."""
    sources = {source.name: source for source in configuration.sources}
    told = [_fact(source, configuration) for source in configuration.sources[:MOST_SOURCES]]
    told += [_prediction("evidence.configuration", f"not read: {said}") for said in configuration.refused]
    for one in findings(configuration, asked):
        source = sources.get(_file(one.place))
        shown = _prediction(one.place, one.words, source)
        told.append(replace(shown, speaks_for=(one.cause,), is_plain=one.is_plain, tries=one.tries, revision=one.revision))
    return told


def _fact(source: Source, configuration: Configuration) -> Prediction:
    """What a source was read as, and how much of it was understood."""
    routes = sum(_file(str(route.place)) == source.name for route in configuration.routes)
    services = sum(_file(str(service.place)) == source.name for service in configuration.services)
    counted = [f"{n} {what}{'' if n == 1 else 's'}" for n, what in ((routes, "route"), (services, "service")) if n]
    return _prediction(source.name, f"{source.format}: {' and '.join(counted) or 'nothing that takes requests'}", source)


def _prediction(place: str, words: str, source: Source | None = None) -> Prediction:
    changed = source.changed if source and source.is_export else None
    as_of = datetime.fromisoformat(changed) if changed else None
    return Prediction(kind="config", source=source.name if source else place, place=place, words=redact_text(words), as_of=as_of)


def _file(place: str) -> str:
    first = place.partition(" ")[0]
    name, _, line = first.rpartition(":")
    return name if line.isdigit() and name else first
