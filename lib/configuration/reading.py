"""Configurations of any known format, recognised by what they say, as one; what is no such thing is counted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lib.configuration import located
from lib.configuration.documents import Document, documents_at
from lib.configuration.located import Map, at, mapping, maps
from lib.configuration.readers import cloud_run, compose, contour, envoy, istio, kubernetes, nginx, traefik
from lib.configuration.readers.nginx_directives import Files
from lib.configuration.readers.resources import Resource
from lib.configuration.shape import Configuration, Count, Place, Source, Unread, merged
from lib.redaction.redact import redact_text

_NGINX = re.compile(
    r"^[ \t]*(?:server|http|upstream\s+\S+|events|location\s[^{};]{1,500}|map\s+\$\w+\s+\$\w+)\s*\{"
    r"|^[ \t]*proxy_(?:pass|set_header)\s[^;]{0,2000};",
    re.MULTILINE,
)
_STATEMENT = re.compile(r";[ \t]*(?:#[^\n]*)?\r?$", re.MULTILINE)
MIN_INNER = 20
"""A shorter text in a ConfigMap is a value, no configuration."""
_UNREAD = {
    "HAProxy": re.compile(r"^(?:frontend|backend|listen)[ \t]+[\w.-]+[ \t]*$", re.MULTILINE),
    "Terraform": re.compile(r"^(?:resource|module|provider|data)[ \t]+\"[\w-]+\"[^\n{]*\{", re.MULTILINE),
    "Apache": re.compile(r"^[ \t]*(?:<VirtualHost\s|ProxyPass\s|RewriteEngine\s)", re.MULTILINE),
    "Caddy": re.compile(r"^[ \t]+reverse_proxy[ \t]", re.MULTILINE),
    "Kong": re.compile(r"^_format_version:", re.MULTILINE),
    "Traefik's static configuration": re.compile(r"^entry[pP]oints:|^\[entryPoints", re.MULTILINE),
    "Traefik in TOML": re.compile(r"^[ \t]*\[http\.(?:routers|middlewares|services)", re.MULTILINE),
    "templates, to be rendered first (helm template)": re.compile(r"\{\{-? *(?:\.|include|if|range|with|toYaml)"),
}


def read_path(path: Path, *, where: str) -> Configuration:
    """What the files at a path say; raises `BadInput` where nothing is there."""
    found = documents_at(path, where=where)
    read = merged([read_documents(found.found), Configuration(unread=found.unread)])
    return read if read.sources else replace(read, refused=(_nothing(path, read.unread),))


def read_documents(documents: Iterable[Document]) -> Configuration:
    """What some texts say together."""
    given = list(documents)
    reading = _Reading()
    parts = _parts_of_nginx(given)
    for one in given:
        if one.name not in parts:
            reading.structured(one)
    of_nginx = parts | _parts_of_nginx(reading.inner)
    files = Files(of_nginx.values())
    included = {name for one in of_nginx.values() for name in files.included(one)}
    # What nothing includes comes first; files that include each other alone are read from one of them on.
    for one in sorted(of_nginx.values(), key=lambda one: (one.name in included, not files.is_root(one))):
        plain = Configuration(sources=(Source(one.name, "nginx", one.changed),))
        reading.parts.append(plain if one.name in files.read else nginx.read(one, files, reading.count))
    return reading.whole()


def _parts_of_nginx(documents: Iterable[Document]) -> dict[str, Document]:
    """The texts that are nginx's, and those that they include, such as the lines of a map, by name."""
    given = [one for one in documents if not _is_yaml(one)]
    found = {one.name: one for one in given if _NGINX.search(one.text)}
    every = found | {one.name: one for one in given if found and one.name not in found and _may_be_a_part(one.text)}
    files = Files(every.values()) if found else Files()
    waiting = list(found.values())
    while waiting:
        new = [every[name] for name in sorted(files.included(waiting.pop())) if name not in found]
        found |= {one.name: one for one in new}
        waiting += new
    return found


def _may_be_a_part(text: str) -> bool:
    """Whether a text may be what an nginx file includes, such as the lines of a map: it has statements, and no other format."""
    return bool(_STATEMENT.search(text)) and not compose.is_env(text) and not any(sign.search(text) for sign in _UNREAD.values())


def _nothing(path: Path, unread: tuple[Unread, ...]) -> str:
    """Why nothing of what stands there was read."""
    said = ", ".join(f"{one.what}{f' ({one.count} of them)' if one.count > 1 else ''}" for one in unread[:3])
    return f"{redact_text(path.name)} holds no configuration that is understood: {said or 'no file'}"


def _is_yaml(document: Document) -> bool:
    return re.search(r"^(?:apiVersion|kind|services|static_resources|http):", document.text, re.MULTILINE) is not None


@dataclass
class _Reading:
    # What has been read so far, and what can be told only when everything is there.
    count: Count = field(default_factory=Count)
    parts: list[Configuration] = field(default_factory=list)
    policies: list[tuple[Map, str]] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)
    dynamic: list[tuple[Map, str]] = field(default_factory=list)
    """Traefik's."""
    inner: list[Document] = field(default_factory=list)
    """Texts inside a ConfigMap, of which nginx's own and what they include are read."""

    def structured(self, document: Document) -> None:
        """Takes a text that is YAML, JSON or assignments."""
        if compose.is_env(document.text):
            self.parts += [compose.read_env(document.text, document.name), _source(document, compose.ENV)]
            return
        try:
            found = [item for value in located.documents(document.text) for item in _items(value)]
        except located.Unusable:
            found = []
        if not found:
            self.count(_unread_format(document.text), Place(document.name))
        formats = [(self._one(value, document), value) for value in found]
        known = [(format, value) for format, value in formats if format]
        if known:
            is_export = any("status" in value or "uri" in value for _, value in known)
            self.parts.append(_source(document, known[0][0], is_export=is_export))

    def _one(self, value: Map, document: Document) -> str:
        """Takes one resource; the format that it has, empty where it is none that is known."""
        file, count = document.name, self.count
        if cloud_run.is_policy(value):
            self.policies.append((value, file))
            return cloud_run.KIND
        if cloud_run.is_knative(value) or cloud_run.is_v2(value):
            self.parts.append(Configuration(services=tuple(cloud_run.read(value, file, count))))
            return cloud_run.KIND
        if kubernetes.is_known(value) or istio.is_known(value) or contour.is_known(value):
            self.resources.append(Resource(value, file))
            return "kubernetes"
        if value.get("kind") == "ConfigMap":
            self._config_map(value, document)
            return "kubernetes"
        if traefik.is_known(value) or traefik.is_resource(value):
            self.dynamic.append((value if traefik.is_known(value) else traefik.of_resource(value), file))
            return "traefik"
        if envoy.is_known(value):
            self.parts.append(envoy.read(value, file, count))
            return "envoy"
        if compose.is_known(value):
            self.parts.append(compose.read(value, file))
            self.dynamic += [(one, file) for one in compose.labelled(value, file)]
            return compose.KIND
        count(_called(value, document.text), Place(file))
        return ""

    def _config_map(self, value: Map, document: Document) -> None:
        name = at(value, "metadata", "name")
        for key, text in mapping(value, "data").items():
            shown = redact_text(f"{document.name}#{name}/{key}")
            if not isinstance(text, str):
                continue
            one = Document(shown, text, document.changed)
            if len(text) > MIN_INNER and "static_resources" in text and not _NGINX.search(text):
                self.structured(one)
            else:
                self.inner.append(one)

    def whole(self) -> Configuration:
        """Everything as one."""
        parts = [*self.parts, traefik.read(self.dynamic, self.count)]
        for reader in (kubernetes, istio, contour):
            own = [one for one in self.resources if reader.is_known(one.document)]
            parts.append(reader.read(own, self.count))
        told = merged(parts)
        parts += [_with_policy(document, name, told, self.count) for document, name in self.policies]
        return merged([*parts, Configuration(unread=self.count.all())])


def _source(document: Document, format: str, *, is_export: bool = False) -> Configuration:
    return Configuration(sources=(Source(document.name, format, document.changed, is_export),))


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


def _unread_format(text: str) -> str:
    """What a file that is not read is called, where it is one that people keep such configuration in."""
    named = next((name for name, sign in _UNREAD.items() if sign.search(text)), "")
    return f"a file of {named}, which is not read" if named else "a file of no known format"


def _called(value: Map, text: str) -> str:
    kind = str(value.get("kind", ""))
    return f"a resource of kind {kind}" if re.fullmatch(r"[A-Z][A-Za-z]{1,60}", kind) else _unread_format(text)


def _with_policy(document: Map, file: str, whole: Configuration, count: Count) -> Configuration:
    """The policy with the service that it is of: the only one there is, or the one that the file is named after."""
    names = [service.name for service in whole.services if service.kind == cloud_run.KIND]
    meant = names if len(names) == 1 else [name for name in names if name and name in file]
    if not meant:
        count("an IAM policy of a service that is not told", Place(file))
        return Configuration()
    return Configuration(services=(cloud_run.policy(document, max(meant, key=len), file),))
