"""Compose files and .env files: services with the names of what they read, and the labels by which Traefik routes to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from lib.configuration.located import Map, at, mapping, maps, texts
from lib.configuration.readers import traefik
from lib.configuration.shape import Configuration, Place, Secret, Service
from lib.configuration.values import plain, written

KIND, ENV = "compose", ".env"
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]{0,120})\s*=(.*)")
MAX_VARIABLES = 5_000


def is_known(document: Map) -> bool:
    """Whether this is a Compose file: services that are images or builds."""
    services = mapping(document, "services")
    return bool(services) and all(
        isinstance(one, Map) and (one.keys() & {"image", "build", "extends", "command", "environment"})
        for one in services.values()
    )


def read(document: Map, file: str) -> Configuration:
    """What the services of one file read."""
    return Configuration(services=tuple(_service(name, one, file) for name, one in _services(document)))


def labelled(document: Map, file: str) -> Iterator[Map]:
    """What the labels of the services route, as dynamic configurations of Traefik."""
    for name, one in _services(document):
        labels = [*_pairs(one, "labels", file, f"services.{name}")]
        labels += _pairs(mapping(one, "deploy"), "labels", file, f"services.{name}.deploy")
        dynamic = traefik.of_labels(labels, name)
        if traefik.is_known(dynamic):
            yield dynamic


def _services(document: Map) -> list[tuple[str, Map]]:
    return [(name, one) for name, one in mapping(document, "services").items() if isinstance(one, Map)]


def _pairs(holder: Map, key: str, file: str, path: str) -> Iterator[tuple[str, Any, Place]]:
    """Names and values of a map, or of a list of NAME=VALUE."""
    given = holder.get(key)
    if isinstance(given, Map):
        for name, value in given.items():
            yield name, value, given.place(file, name, path=f"{path}.{key}")
    for text in given if isinstance(given, list) else ():
        name, _, value = str(text).partition("=")
        yield name, value, holder.place(file, key, path=f"{path}.{key}")


def _service(name: str, one: Map, file: str) -> Service:
    env = list(_pairs(one, "environment", file, f"services.{name}"))
    place = one.place(file, path=f"services.{name}")
    secrets = [found for variable, value, where in env if (found := written(variable, value, where))]
    for text in texts(one, "secrets"):
        secrets.append(Secret(variable=text, name=text, version=None, place=one.place(file, "secrets", path=f"services.{name}")))
    for item in maps(one, "secrets"):
        told = str(item.get("source"))
        secrets.append(
            Secret(variable=str(item.get("target") or told), name=told, version=None, place=item.place(file, "source"))
        )
    allowed, settings = plain(env)
    replicas = at(one, "deploy", "replicas")
    return Service(
        name=name,
        kind=KIND,
        place=place,
        variables=tuple(variable for variable, _, _ in env),
        secrets=tuple(secrets),
        allowed=allowed,
        settings=settings,
        instances=replicas if isinstance(replicas, int) else None,
    )


def is_env(text: str) -> bool:
    """Whether a text is nothing but assignments and comments."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return bool(lines) and len(lines) <= MAX_VARIABLES and all(map(_ASSIGNMENT.fullmatch, lines))


def read_env(text: str, file: str) -> Configuration:
    """What a .env file sets, as the service that its file or folder is named after."""
    pairs = []
    for number, line in enumerate(text.splitlines(), 1):
        match = None if line.lstrip().startswith("#") else _ASSIGNMENT.fullmatch(line)
        if match:
            pairs.append((match[1], match[2].strip().strip("\"'"), Place(file, number)))
    allowed, settings = plain(pairs)
    secrets = [found for variable, value, place in pairs if (found := written(variable, value, place))]
    service = Service(
        name=_named_after(file),
        kind=ENV,
        place=Place(file, 1),
        variables=tuple(name for name, _, _ in pairs),
        secrets=tuple(secrets),
        allowed=allowed,
        settings=settings,
    )
    return Configuration(services=(service,))


def _named_after(file: str) -> str:
    """ws for ws.env, .env.ws and ws/.env; the whole name where it says nothing."""
    path = PurePosixPath(file)
    parts = [part for part in path.name.split(".") if part not in ("", "env", "local", "example", "staging")]
    return parts[0] if parts else path.parent.name or path.name
