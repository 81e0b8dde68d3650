"""Annotations of an Ingress, as AWS's load balancer and Kong understand them; those of other controllers are counted."""

from __future__ import annotations

import re
from collections.abc import Callable

from lib.configuration.located import Map
from lib.configuration.readers.ingress_annotations import COMMUNITY, INC, Annotated, is_open
from lib.configuration.shape import Count, Limit, Place, Policy

AWS, KONG = "alb.ingress.kubernetes.io/", "konghq.com/"
_OTHERS = ("projectcontour.io/", "traefik.ingress.kubernetes.io/", "haproxy.org/", "haproxy-ingress.github.io/")
_PASSING = re.compile(
    r"(?:healthcheck-|success-codes|healthy-|unhealthy-|target-|subnets|tags|group\.|certificate-arn|listen-ports|ssl-|ip-address|"
    r"load-balancer-name|backend-protocol$|security-groups|manage-backend|preserve-host|protocols|https-redirect|strip-path)"
)
"""Names, as they begin, of what changes nothing about a handshake."""


_CONTROLLERS = {
    "nginx": (COMMUNITY, INC),
    "alb": (AWS,),
    "kong": (KONG,),
    "contour": ("projectcontour.io/",),
    "traefik": ("traefik.ingress.kubernetes.io/",),
    "haproxy": ("haproxy.org/", "haproxy-ingress.github.io/"),
    "gce": (),
    "istio": (),
    "cilium": (),
    "azure": (),
}
"""What the class of an Ingress is called, and the annotations that its controller reads."""


def of_controller(annotations: Map, kind: str, place: Callable[[str], Place], count: Count) -> Map:
    """The annotations that the controller of a class of Ingress reads, all where it is not known; those of others are counted."""
    named = [own for word, own in _CONTROLLERS.items() if word in kind.lower()]
    if not named:
        return annotations
    read = tuple(prefix for own in named for prefix in own)
    others = tuple(prefix for own in _CONTROLLERS.values() for prefix in own if prefix not in read)
    for key in annotations:
        if key.startswith(others):
            count("kubernetes: an annotation of a controller that is not the Ingress' own", place(key))
    kept = {key: value for key, value in annotations.items() if not key.startswith(others)}
    return Map(kept, annotations.lines, annotations.line)


def gateway_annotations(said: Annotated, annotations: Map, place: Callable[[str], Place], count: Count) -> None:
    """Adds what these annotations say; one that is not known is counted by its name."""
    if annotations.get(f"{AWS}auth-on-unauthenticated-request") == "allow":
        annotations = Map({key: value for key, value in annotations.items() if key != f"{AWS}auth-type"}, annotations.lines)
    for key, value in annotations.items():
        prefix, _, name = key.rpartition("/")
        take = {AWS: _aws, KONG: _kong}.get(f"{prefix}/")
        text = "" if value is None else str(value)
        understood = take is not None and (take(said, name, text, place(key)) or _PASSING.match(name))
        if not understood and (take or key.startswith(_OTHERS)):
            named = f"the annotation {key[:90]}" if re.fullmatch(r"[a-z0-9./-]+", key) else "an annotation"
            count(f"kubernetes: {named}", place(key))


def _aws(said: Annotated, name: str, value: str, place: Place) -> bool:
    policies = {
        "wafv2-acl-arn": Policy(kind="firewall", words="a firewall (AWS WAF) is attached", place=place),
        "inbound-cidrs": Policy(kind="address", words="inbound-cidrs: only listed addresses are let in", place=place),
        "auth-type": Policy(kind="identity-proxy", words="auth-type: a login of the load balancer stands in front", place=place),
        "scheme": Policy(kind="address", words="scheme internal: reached from inside alone", place=place),
    }
    if name in policies:
        strict = {
            "auth-type": value.strip() in ("oidc", "cognito"),
            "inbound-cidrs": not is_open(value),
            "scheme": value.strip() == "internal",
        }
        said.policies += [policies[name]] if strict.get(name, bool(value.strip())) else []
    elif name == "load-balancer-attributes":
        found = re.search(r"idle_timeout\.timeout_seconds=(\d{1,6})", value)
        said.limits += [Limit(name="idle_timeout", kind="idle_s", value=float(found[1]), place=place)] if found else []
    elif name.startswith("conditions."):
        said.is_conditional = True
        return False
    elif name == "auth-on-unauthenticated-request":
        return True
    elif name == "backend-protocol-version":
        said.http, said.http_at = ("2", place) if value in ("HTTP2", "GRPC") else (said.http, said.http_at)
    else:
        return False
    return True


def _kong(said: Annotated, name: str, value: str, place: Place) -> bool:
    if name == "strip-path" and value == "true":
        said.replaces, said.replaced_at = "/", place
    elif name == "methods":
        said.is_never = said.is_never or "GET" not in [word.strip() for word in value.split(",")]
    else:
        # Of timeouts it reads those of a Service.
        said.is_conditional = said.is_conditional or name.startswith("headers.")
        return False
    return True
