"""Every finding of a configuration about one handshake, the plain ones first, each once."""

from __future__ import annotations

from dataclasses import replace

from lib.configuration.findings.edge import of_routes
from lib.configuration.findings.services import of_services
from lib.configuration.prediction import Asked, Finding
from lib.configuration.shape import Configuration


def findings(configuration: Configuration, asked: Asked) -> list[Finding]:
    """What this configuration predicts of this handshake; nothing of it is known before a probe agrees."""
    changed = {source.name: source.changed for source in configuration.sources}
    found = dict.fromkeys((*of_routes(configuration, asked), *of_services(configuration, asked)))
    dated = [replace(one, changed=changed.get(_file(one.place))) for one in found]
    return sorted(dated, key=lambda one: not one.is_plain)


def _file(place: str) -> str:
    first = place.partition(" ")[0]
    name, _, line = first.rpartition(":")
    return name if line.isdigit() and name else first
