"""Who wrote an entry, as far as the name of its log and its resource tell."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

Layer = Literal["edge", "platform", "application", "audit", "other"]
_EDGE_RESOURCES = frozenset({"http_load_balancer", "internal_http_lb_rule", "l7_lb_rule", "network_security_policy"})


class Origin(NamedTuple):
    """What all entries of one log and resource share; `layer_of_requests` is that of entries which are about a request."""

    log_name: str
    layer: Layer
    layer_of_requests: Layer
    service: str | None
    revision: str | None
    instance: str | None


def origin_of(log_name: str, resource_type: str, labels: Mapping[str, Any]) -> Origin:
    """The origin that a log's name, as it is in the entry, and a resource with its labels tell of."""
    service = first(labels, "service_name", "module_id", "container_name", "service")
    revision, instance = first(labels, "revision_name", "version_id", "revision"), first(labels, "instance_id", "pod_name")
    return _origin(log_name, resource_type, *(str(name) if name else None for name in (service, revision, instance)))


@lru_cache(maxsize=1_000)
def _origin(log_name: str, resource_type: str, service: str | None, revision: str | None, instance: str | None) -> Origin:
    # Few write to a log, and each of them writes many entries.
    name = unquote(log_name)
    return Origin(
        name, layer_of(name, resource_type), layer_of(name, resource_type, own_request=True), service, revision, instance
    )


def layer_of(log_name: str, resource_type: str, *, own_request: bool = False) -> Layer:
    """Who wrote an entry, as far as its log's name and resource tell; without either a request entry is the platform's."""
    log = log_name.rpartition("/logs/")[2]
    if "cloudaudit.googleapis.com" in log:
        return "audit"
    if resource_type in _EDGE_RESOURCES or log in {"requests", "loadbalancing.googleapis.com/external_regional_requests"}:
        return "edge"
    if log.endswith(("run.googleapis.com/requests", "varlog/system", "request_log", "cloud_run_requests")):
        return "platform"
    if not log and not resource_type:
        return "platform" if own_request else "application"
    if own_request and not log:
        return "platform"
    return "application"


def first(raw: Mapping[str, Any], *names: str) -> str | None:
    """The first of these members that says something, as text whatever it is."""
    for name in names:
        value = raw.get(name)
        if value is not None and value != "":
            return str(value)
    return None
