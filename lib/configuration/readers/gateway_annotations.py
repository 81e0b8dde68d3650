"""Annotations of an Ingress, as AWS's load balancer and Kong understand them; those of other controllers are counted."""

from __future__ import annotations

import re
from collections.abc import Callable

from lib.configuration.located import Map
from lib.configuration.readers.ingress_annotations import Annotated
from lib.configuration.shape import Count, Limit, Place, Policy
from lib.configuration.values import seconds

AWS, KONG = "alb.ingress.kubernetes.io/", "konghq.com/"
_OTHERS = ("projectcontour.io/", "traefik.ingress.kubernetes.io/", "haproxy.org/", "haproxy-ingress.github.io/")
_PASSING = re.compile(
    r"(?:healthcheck-|success-codes|healthy-|unhealthy-|target-|subnets|tags|group\.|certificate-arn|listen-ports|ssl-|ip-address|"
    r"load-balancer-name|backend-protocol$|security-groups|manage-backend|preserve-host|protocols|https-redirect|strip-path)"
)
"""Names, as they begin, of what changes nothing about a handshake."""


def gateway_annotations(said: Annotated, annotations: Map, place: Callable[[str], Place], count: Count) -> None:
    """Adds what these annotations say; one that is not known is counted by its name."""
    for key, value in annotations.items():
        prefix, _, name = key.rpartition("/")
        take = {AWS: _aws, KONG: _kong}.get(f"{prefix}/")
        understood = take is not None and (take(said, name, str(value), place(key)) or _PASSING.match(name))
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
        harmless = {"auth-type": "none", "inbound-cidrs": "0.0.0.0/0", "scheme": "internet-facing"}.get(name)
        said.policies += [policies[name]] if value.strip() != harmless else []
    elif name == "load-balancer-attributes":
        found = re.search(r"idle_timeout\.timeout_seconds=(\d{1,6})", value)
        said.limits += [Limit(name="idle_timeout", kind="idle_s", value=float(found[1]), place=place)] if found else []
    elif name == "backend-protocol-version":
        said.http, said.http_at = ("2", place) if value in ("HTTP2", "GRPC") else (said.http, said.http_at)
    else:
        return False
    return True


def _kong(said: Annotated, name: str, value: str, place: Place) -> bool:
    if name == "strip-path" and value == "true":
        said.replaces, said.replaced_at = "/", place
    elif name == "read-timeout" and (limit_s := seconds(f"{value}ms")):
        said.limits.append(Limit(name=name, kind="idle_s", value=limit_s, place=place))
    else:
        return False
    return True
