"""Cloud Run: services and revisions as gcloud and Knative write them (v1) and as the API does (v2), and who may invoke them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from lib.configuration.located import Map, at, mapping, maps, texts
from lib.configuration.shape import Count, Place, Revision, Secret, Service
from lib.configuration.values import authority, plain, seconds

KIND = "cloud-run"
_INGRESS: dict[str, Literal["all", "internal", "internal-and-load-balancer"]] = {
    "all": "all",
    "internal": "internal",
    "internal-and-cloud-load-balancing": "internal-and-load-balancer",
    "INGRESS_TRAFFIC_ALL": "all",
    "INGRESS_TRAFFIC_INTERNAL_ONLY": "internal",
    "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER": "internal-and-load-balancer",
}
_ANYBODY = frozenset({"allUsers"})
INVOKER = "roles/run.invoker"


def is_knative(document: Map) -> bool:
    """Whether this is a service or revision in Knative's form."""
    return str(document.get("apiVersion", "")).startswith("serving.knative.dev/") and document.get("kind") in (
        "Service",
        "Revision",
        "Configuration",
    )


def is_v2(document: Map) -> bool:
    """Whether this is a service or revision of the API's second version."""
    return "/services/" in str(document.get("name", "")) and ("template" in document or "containers" in document)


def is_policy(document: Map) -> bool:
    """Whether this is an IAM policy."""
    return isinstance(document.get("bindings"), list) and ("etag" in document or "version" in document) and "kind" not in document


def read(document: Map, file: str, count: Count) -> Iterator[Service]:
    """What one document says of a service; it may be one revision of it alone."""
    if is_knative(document):
        yield _knative(document, file) if document["kind"] != "Revision" else _knative_revision(document, file)
    else:
        yield _v2(document, file) if "template" in document else _v2_revision(document, file)


def policy(document: Map, name: str, file: str) -> Service:
    """Who may invoke a service, as a service of which nothing else is known."""
    public = any(
        binding.get("role") == INVOKER and not binding.get("condition") and _ANYBODY & set(texts(binding, "members"))
        for binding in maps(document, "bindings")
    )
    place = document.place(file, "bindings", path=f"services/{name} IAM policy")
    return Service(name=name, kind=KIND, place=place, invoker="all" if public else "some", invoker_at=place)


def _shares(items: list[Map], named: str, latest: str, told: _At, path: str) -> dict[str, tuple[float, Place]]:
    """The percentage of each revision, and where it stands; a tag has an item of its own, without a share."""
    shares: dict[str, tuple[float, Place]] = {}
    for item in items:
        name = str(item.get(named) or latest).rpartition("/")[2]
        percent, place = shares.get(name, (0.0, told(item, "percent", path)))
        shares[name] = (percent + (_number(item.get("percent")) or 0), place)
    return shares


class _At:
    # Where things of one document stand: a line in YAML, else the path.
    def __init__(self, file: str, name: str):
        self._file, self._name = file, name

    def __call__(self, parent: Map, key: str, path: str) -> Place:
        return parent.place(self._file, key, path=f"services/{self._name} {path}")


def _knative(document: Map, file: str) -> Service:
    metadata, spec, status = mapping(document, "metadata"), mapping(document, "spec"), mapping(document, "status")
    name = str(metadata.get("name", ""))
    told, annotations = _At(file, name), mapping(metadata, "annotations")
    template = mapping(spec, "template")
    inner = mapping(template, "spec")
    containers = _Containers(maps(inner, "containers"), maps(inner, "volumes"), told, "spec.template.spec")
    ingress = annotations.get("run.googleapis.com/ingress-status") or annotations.get("run.googleapis.com/ingress")
    disabled = str(annotations.get("run.googleapis.com/invoker-iam-disabled", "")).lower() == "true"
    iap = str(annotations.get("run.googleapis.com/iap-enabled", "")).lower() == "true"
    latest = str(
        at(template, "metadata", "name")
        or status.get("latestReadyRevisionName")
        or status.get("latestCreatedRevisionName")
        or "latest"
    )
    traffic = maps(status, "traffic") or maps(spec, "traffic")
    shares = _shares(traffic, "revisionName", latest, told, "spec.traffic")
    urls = [str(status.get("url", "")), *_listed(annotations.get("run.googleapis.com/urls"))]
    return Service(
        name=name,
        kind=KIND,
        place=document.place(file, "metadata", path=f"services/{name}"),
        hosts=_hosts(urls),
        ingress=_INGRESS.get(str(ingress)),
        ingress_at=told(annotations, "run.googleapis.com/ingress", "ingress"),
        invoker="all" if disabled else None,
        invoker_at=told(annotations, "run.googleapis.com/invoker-iam-disabled", "invoker-iam-disabled") if disabled else None,
        identity_proxy_at=told(annotations, "run.googleapis.com/iap-enabled", "iap-enabled") if iap else None,
        timeout_s=seconds(inner.get("timeoutSeconds")),
        timeout_at=told(inner, "timeoutSeconds", "spec.template.spec.timeoutSeconds"),
        concurrency=_number(inner.get("containerConcurrency")),
        instances=_number(at(template, "metadata", "annotations", "autoscaling.knative.dev/maxScale")),
        revisions=_revisions(shares, latest, containers),
        **containers.fields(),
    )


def _knative_revision(document: Map, file: str) -> Service:
    metadata, spec = mapping(document, "metadata"), mapping(document, "spec")
    service = str(at(metadata, "labels", "serving.knative.dev/service") or "")
    name = str(metadata.get("name", ""))
    return _revision_alone(
        service,
        name,
        _Containers(maps(spec, "containers"), maps(spec, "volumes"), _At(file, service), f"revisions/{name}"),
        document.place(file, "metadata", path=f"revisions/{name}"),
    )


def _v2(document: Map, file: str) -> Service:
    name = str(document["name"]).rpartition("/")[2]
    told, template = _At(file, name), mapping(document, "template")
    containers = _Containers(maps(template, "containers"), maps(template, "volumes"), told, "template")
    latest = str(
        template.get("revision") or document.get("latestReadyRevision") or document.get("latestCreatedRevision") or "latest"
    ).rpartition("/")[2]
    traffic = maps(document, "trafficStatuses") or maps(document, "traffic")
    shares = _shares(traffic, "revision", latest, told, "traffic")
    disabled, iap = document.get("invokerIamDisabled") is True, document.get("iapEnabled") is True
    return Service(
        name=name,
        kind=KIND,
        place=document.place(file, "name", path=f"services/{name}"),
        hosts=_hosts([str(document.get("uri", "")), *texts(document, "urls")]),
        ingress=_INGRESS.get(str(document.get("ingress"))),
        ingress_at=told(document, "ingress", "ingress"),
        invoker="all" if disabled else None,
        invoker_at=told(document, "invokerIamDisabled", "invokerIamDisabled") if disabled else None,
        identity_proxy_at=told(document, "iapEnabled", "iapEnabled") if iap else None,
        timeout_s=seconds(template.get("timeout")),
        timeout_at=told(template, "timeout", "template.timeout"),
        concurrency=_number(template.get("maxInstanceRequestConcurrency")),
        instances=_number(at(template, "scaling", "maxInstanceCount")),
        revisions=_revisions(shares, latest, containers),
        **containers.fields(),
    )


def _v2_revision(document: Map, file: str) -> Service:
    parts = str(document["name"]).split("/")
    service, name = (str(document.get("service") or "").rpartition("/")[2] or parts[parts.index("services") + 1]), parts[-1]
    containers = _Containers(maps(document, "containers"), maps(document, "volumes"), _At(file, service), f"revisions/{name}")
    return _revision_alone(service, name, containers, document.place(file, "name", path=f"revisions/{name}"))


def _revision_alone(service: str, name: str, containers: _Containers, place: Place) -> Service:
    revision = Revision(name=name, place=place, secrets=containers.secrets, variables=containers.variables)
    return Service(name=service, kind=KIND, place=place, revisions=(revision,))


def _revisions(shares: dict[str, tuple[float, Place]], latest: str, containers: _Containers) -> tuple[Revision, ...]:
    return tuple(
        Revision(
            name=name,
            place=place,
            percent=percent,
            secrets=containers.secrets if name == latest else (),
            variables=containers.variables if name == latest else (),
        )
        for name, (percent, place) in shares.items()
    )


class _Containers:
    # What the containers of a template read, and how they are spoken to.
    def __init__(self, containers: list[Map], volumes: list[Map], told: _At, path: str):
        serving = [one for one in containers if one.get("ports")] or containers[:1]
        ports = [port for one in serving for port in maps(one, "ports")]
        env = [(variable, f"{path}.containers.env") for one in containers for variable in maps(one, "env")]
        self.variables = tuple(dict.fromkeys(str(variable.get("name", "")) for variable, _ in env))
        mounted = [found for volume in volumes if (found := _mounted(volume, told, path))]
        self.secrets = (*(found for variable, where in env if (found := _secret(variable, told, where))), *mounted)
        self._allowed, self._settings = plain(
            (str(variable.get("name", "")), variable.get("value"), told(variable, "name", where)) for variable, where in env
        )
        self._h2 = next(
            (told(port, "name", f"{path}.containers.ports.name") for port in ports if port.get("name") == "h2c"), None
        )
        self._h1 = any(port.get("name") == "http1" for port in ports)

    def fields(self) -> dict[str, Any]:
        return {
            "variables": self.variables,
            "secrets": self.secrets,
            "allowed": self._allowed,
            "settings": self._settings,
            "http": "2" if self._h2 else "1.1" if self._h1 else None,
            "http_at": self._h2,
        }


def _secret(variable: Map, told: _At, path: str) -> Secret | None:
    of_v1, of_v2 = mapping(variable, "valueFrom", "secretKeyRef"), mapping(variable, "valueSource", "secretKeyRef")
    found, name, version = (
        (of_v1, of_v1.get("name"), of_v1.get("key")) if of_v1 else (of_v2, of_v2.get("secret"), of_v2.get("version"))
    )
    if not found:
        return None
    return Secret(
        variable=str(variable.get("name", "")),
        name=str(name).rpartition("/")[2],
        version=str(version or "latest").rpartition("/")[2],
        place=told(found, "key" if of_v1 else "version", path),
    )


def _mounted(volume: Map, told: _At, path: str) -> Secret | None:
    secret = mapping(volume, "secret")
    item = next(iter(maps(secret, "items")), Map())
    name = secret.get("secretName") or secret.get("secret")
    if not name:
        return None
    version = item.get("key" if "secretName" in secret else "version") or "latest"
    return Secret(
        variable=str(item.get("path") or volume.get("name", "")),
        name=str(name).rpartition("/")[2],
        version=str(version),
        place=told(secret, "items", f"{path}.volumes"),
    )


def _hosts(urls: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(host for url in urls if url and (host := authority(url))))


def _listed(text: Any) -> list[str]:
    try:
        found = json.loads(text) if isinstance(text, str) else []
    except (ValueError, RecursionError):
        return []
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | str) and re.fullmatch(r"[0-9]{1,9}", str(value)[:10]) else None
