"""Configurations of any known format, recognised by what they say, as one; what is no such thing is counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lib.configuration import located
from lib.configuration.documents import Document, documents_at
from lib.configuration.located import Map, maps
from lib.configuration.readers import cloud_run, nginx
from lib.configuration.readers.nginx_directives import is_included
from lib.configuration.shape import Configuration, Count, Place, Source, merged

_NGINX = re.compile(
    r"^\s*(?:server|http|upstream\s+\S+|events|location\s[^{};]+|map\s+\$\w+\s+\$\w+)\s*\{|^\s*proxy_(?:pass|set_header)\s[^;]*;",
    re.MULTILINE,
)
_INCLUDE = re.compile(r"(?:^|[{;])\s*include\s+([^;\s]+)\s*;", re.MULTILINE)


def read_path(path: Path, *, where: str) -> Configuration:
    """What the files at a path say; raises `BadInput` where nothing is there."""
    found = documents_at(path, where=where)
    return merged([read_documents(found.found), Configuration(unread=found.unread)])


def read_documents(documents: Iterable[Document]) -> Configuration:
    """What some texts say together."""
    given = list(documents)
    by_name = {one.name: one for one in given if _NGINX.search(one.text)}
    included = {
        name
        for one in by_name.values()
        for name in by_name
        for pattern in _INCLUDE.findall(one.text)
        if name != one.name and is_included(pattern, name)
    }
    count = Count()
    parts: list[Configuration] = []
    policies: list[tuple[Map, str]] = []
    for one in given:
        if one.name in included:
            parts.append(Configuration(sources=(Source(one.name, "nginx", one.changed),)))
        elif one.name in by_name and not _is_yaml(one):
            parts.append(nginx.read(one, by_name, count))
        else:
            parts += _structured(one, count, policies)
    whole = merged(parts)
    parts += [_with_policy(document, name, whole, count) for document, name in policies]
    return merged([*parts, Configuration(unread=count.all())])


def _is_yaml(document: Document) -> bool:
    return re.search(r"^(?:apiVersion|kind|services|static_resources):", document.text, re.MULTILINE) is not None


def _structured(document: Document, count: Count, policies: list[tuple[Map, str]]) -> Iterator[Configuration]:
    place = Place(document.name)
    try:
        values = located.documents(document.text)
    except located.Unusable:
        count("a file of no known format", place)
        return
    flat = [item for value in values for item in _items(value)]
    known = is_export = False
    for value in flat:
        if cloud_run.is_policy(value):
            policies.append((value, document.name))
            known = True
        elif cloud_run.is_knative(value) or cloud_run.is_v2(value):
            yield Configuration(services=tuple(cloud_run.read(value, document.name, count)))
            known, is_export = True, is_export or "status" in value or "uri" in value
        else:
            count(_called(value), place)
    if known:
        yield Configuration(sources=(Source(document.name, cloud_run.KIND, document.changed, is_export),))
    if not flat:
        count("a file of no known format", place)


def _items(value: Any) -> list[Map]:
    """The resources of a document: itself, or what its list holds."""
    if isinstance(value, list):
        return [item for one in value for item in _items(one)]
    if not isinstance(value, Map):
        return []
    for key in ("items", "services", "revisions"):
        listed = maps(value, key)
        if listed and (key == "items" or all("/services/" in str(item.get("name", "")) for item in listed)):
            return [item for one in listed for item in _items(one)]
    return [value]


def _called(value: Map) -> str:
    kind = str(value.get("kind", ""))
    return f"a resource of kind {kind}" if re.fullmatch(r"[A-Z][A-Za-z]{1,60}", kind) else "a document of no known format"


def _with_policy(document: Map, file: str, whole: Configuration, count: Count) -> Configuration:
    """The policy with the service that it is of: the only one there is, or the one that the file is named after."""
    names = [service.name for service in whole.services if service.kind == cloud_run.KIND]
    meant = names if len(names) == 1 else [name for name in names if name and name in file]
    if not meant:
        count("an IAM policy of a service that is not told", Place(file))
        return Configuration()
    return Configuration(services=(cloud_run.policy(document, max(meant, key=len), file),))
