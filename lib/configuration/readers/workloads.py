"""Deployments and their like: the names of what they read; and which of them stands behind a Service."""

from __future__ import annotations

from lib.configuration.located import Map, at, mapping, maps
from lib.configuration.shape import Place, Secret, Service, Upstream
from lib.configuration.values import plain

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Pod", "ReplicaSet", "Rollout"})


def service_of(document: Map, file: str) -> Service:
    """A workload as a service: variables and secrets by name."""
    kind, name = str(document.get("kind")), str(at(document, "metadata", "name") or "")
    pod = mapping(document, "spec") if kind == "Pod" else mapping(document, "spec", "template", "spec")
    containers = [*maps(pod, "containers"), *maps(pod, "initContainers")]
    env = [variable for one in containers for variable in maps(one, "env")]

    def place(parent: Map, key: str, path: str) -> Place:
        return parent.place(file, key, path=f"{kind}/{name} {path}")

    secrets = []
    for variable in env:
        found = mapping(variable, "valueFrom", "secretKeyRef")
        if found:
            at_ = place(found, "name", "spec.template.spec.containers.env")
            told = f"{found.get('name')}/{found.get('key')}"
            secrets.append(Secret(variable=str(variable.get("name")), name=told, version=None, place=at_))
    whole = [found for one in containers for source in maps(one, "envFrom") if (found := mapping(source, "secretRef"))]
    secrets += [
        Secret(variable="envFrom", name=str(one.get("name")), version=None, place=place(one, "name", "envFrom")) for one in whole
    ]
    allowed, settings = plain((str(one.get("name")), one.get("value"), place(one, "name", "env")) for one in env)
    replicas = at(document, "spec", "replicas")
    return Service(
        name=name,
        kind=kind,
        place=document.place(file, "metadata", path=f"{kind}/{name}"),
        variables=tuple(dict.fromkeys(str(one.get("name")) for one in env)),
        secrets=tuple(secrets),
        allowed=allowed,
        settings=settings,
        instances=replicas if isinstance(replicas, int) else None,
        ports=tuple(
            port for one in containers for item in maps(one, "ports") if isinstance(port := item.get("containerPort"), int)
        ),
    )


def by_label(workloads: list[Map]) -> dict[tuple[str, str], list[Map]]:
    """The workloads that carry each label."""
    found: dict[tuple[str, str], list[Map]] = {}
    for one in workloads:
        for name, value in _labels(one).items():
            found.setdefault((name, str(value)), []).append(one)
    return found


def upstream_of(document: Map, file: str, labelled: dict[tuple[str, str], list[Map]]) -> Upstream:
    """A Service as an upstream: the workloads that its selector chooses are its addresses, by name."""
    name = str(at(document, "metadata", "name") or "")
    selector = mapping(document, "spec", "selector")
    first = next(((name, str(value)) for name, value in selector.items()), ("", ""))
    chosen = [str(at(one, "metadata", "name")) for one in labelled.get(first, ()) if selector.items() <= _labels(one).items()]
    return Upstream(name=name, addresses=tuple(chosen), place=document.place(file, "metadata", path=f"Service/{name}"))


def _labels(workload: Map) -> Map:
    return (
        mapping(workload, "metadata", "labels")
        if workload.get("kind") == "Pod"
        else mapping(workload, "spec", "template", "metadata", "labels")
    )
