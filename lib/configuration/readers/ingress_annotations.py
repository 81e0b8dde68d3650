"""Annotations of an Ingress, as the controllers built on nginx understand them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from lib.configuration.documents import Document
from lib.configuration.located import Map
from lib.configuration.readers.nginx import headers_set
from lib.configuration.readers.nginx_directives import Files, directives
from lib.configuration.shape import Count, Header, Limit, Place, Policy
from lib.configuration.values import seconds, size_bytes

COMMUNITY, INC = "nginx.ingress.kubernetes.io/", "nginx.org/"
_UNDERSTOOD = frozenset(
    """
    ssl-redirect force-ssl-redirect enable-cors cors-allow-origin cors-allow-methods cors-allow-headers cors-allow-credentials
    cors-max-age cors-expose-headers proxy-body-size proxy-buffering proxy-buffers-number proxy-connect-timeout affinity
    session-cookie-name session-cookie-path session-cookie-expires session-cookie-max-age affinity-mode service-upstream app-root
    proxy-next-upstream proxy-next-upstream-tries upstream-hash-by load-balance backend-protocol websocket auth-signin
    auth-response-headers
    auth-url auth-type canary canary-by-header canary-by-header-value canary-by-header-pattern canary-by-cookie canary-weight
    canary-weight-total auth-secret auth-realm auth-tls-secret auth-tls-verify-depth use-regex rewrite-target server-alias
    """.split()  # noqa: SIM905  names read better as words
)


@dataclass
class Annotated:
    """What the annotations make of every path of an Ingress. `sockets`: the Services that alone get upgrades, None for all.

    `is_conditional`: whether they let it take requests on a condition that cannot be told; `is_never`: whether no handshake.
    """

    upgrade: bool | None = None
    upgrade_at: Place | None = None
    upgrade_words: str = ""
    sockets: frozenset[str] | None = None
    http: Literal["1.0", "1.1", "2"] | None = None
    http_at: Place | None = None
    replaces: str | None = None
    becomes: str | None = None
    replaced_at: Place | None = None
    is_path_told: bool = True
    is_pattern: bool = False
    is_conditional: bool = False
    is_never: bool = False
    headers: list[Header] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    answers: int | None = None
    location: str | None = None


def annotated(annotations: Map, place: Callable[[str], Place], count: Count) -> Annotated:
    """What these annotations say; those of a controller that are not known are counted."""
    said = Annotated()
    if str(annotations.get(f"{COMMUNITY}canary", "")).lower() == "true":
        # A canary takes a share of the requests, or those that ask for it.
        said.is_conditional = True
        said.is_never = not any(key.startswith(f"{COMMUNITY}canary-by") for key in annotations) and (
            str(annotations.get(f"{COMMUNITY}canary-weight", "0")) == "0"
        )
    for key, value in annotations.items():
        if key.startswith(COMMUNITY):
            _one(said, key.removeprefix(COMMUNITY), str(value), place(key), count)
        elif key == f"{INC}websocket-services":
            said.sockets = frozenset(name.strip() for name in str(value).split(","))
        elif key.startswith(INC):
            _one(said, key.removeprefix(INC), str(value), place(key), count)
    if any(key.startswith(INC) for key in annotations):
        # This controller passes an upgrade on to the Services that are named for it, and to no other.
        said.sockets = said.sockets or frozenset()
        said.upgrade, said.upgrade_at = False, place(next(key for key in annotations if key.startswith(INC)))
        said.upgrade_words = "nginx.org/websocket-services does not name this Service"
    return said


def _one(said: Annotated, name: str, value: str, place: Place, count: Count) -> None:
    if name in ("proxy-read-timeout", "proxy-send-timeout") and (limit_s := seconds(value)) is not None:
        said.limits.append(Limit(name=name, kind="idle_s", value=limit_s, place=place))
    elif name == "connection-proxy-header" and "upgrade" not in value.lower():
        said.upgrade, said.upgrade_at, said.upgrade_words = (
            False,
            place,
            "connection-proxy-header sets Connection to something else",
        )
    elif name == "proxy-http-version":
        versions: dict[str, Literal["1.0", "1.1"]] = {"1.0": "1.0", "1.1": "1.1"}
        said.http, said.http_at = versions.get(value), place
    elif name == "backend-protocol" and value.upper() in ("GRPC", "GRPCS"):
        said.http, said.http_at = "2", place
    elif name == "upstream-vhost":
        said.headers.append(Header.given("host", value, place))
    elif name in ("limit-rps", "limit-rpm", "limit-connections"):
        kind: Literal["rate", "connections"] = "connections" if name.endswith("connections") else "rate"
        number = float(value) if re.fullmatch(r"\d{1,9}", value) else 0.0
        said.limits.append(Limit(name=name, kind=kind, value=number / 60 if name.endswith("rpm") else number, place=place))
    elif name in ("large-client-header-buffers", "client-header-buffer-size") and (
        size := size_bytes(value.split()[-1:] and value.split()[-1])
    ):
        said.limits.append(Limit(name=name, kind="header_bytes", value=size, place=place))
    elif name in ("configuration-snippet", "server-snippet", "location-snippets", "server-snippets"):
        _snippet(said, value, place, count)
    elif name in ("permanent-redirect", "temporal-redirect"):
        said.answers, said.location = (301 if name.startswith("permanent") else 302), "elsewhere"
    else:
        _rule(said, name, value, place, count)
    if name == "use-regex" and value == "true":
        said.is_pattern = True
    if name == "rewrite-target" and value:
        # The whole path becomes this, and paths are then taken for patterns.
        said.becomes, said.replaced_at, said.is_pattern = value.partition("?")[0], place, True


def _rule(said: Annotated, name: str, value: str, place: Place, count: Count) -> None:
    words = {
        "whitelist-source-range": "only listed addresses are let in",
        "allowlist-source-range": "only listed addresses are let in",
        "denylist-source-range": "listed addresses are refused",
    }
    if name in words and (name.startswith("deny") or not is_open(value)):
        said.policies.append(Policy(kind="address", words=f"{name}: {words[name]}", place=place))
    elif name == "auth-url" and value:
        kind: Literal["identity-proxy", "permission"] = (
            "identity-proxy" if re.search(r"oauth2|authelia|vouch|keycloak|iap", value) else "permission"
        )
        said.policies.append(Policy(kind=kind, words="auth-url asks for permission first", place=place))
    elif name == "auth-type" and value in ("basic", "digest"):
        said.policies.append(Policy(kind="basic", words="auth-type wants a user and a password of its own", place=place))
    elif name == "auth-tls-verify-client" and value in ("on", "true"):
        said.policies.append(Policy(kind="client-certificate", words="auth-tls-verify-client is on", place=place))
    elif name not in (*words, *_UNDERSTOOD):
        count(
            f"kubernetes: the annotation {name[:60]}" if re.fullmatch(r"[a-z0-9.-]+", name) else "kubernetes: an annotation",
            place,
        )


def is_open(value: str) -> bool:
    """Whether a list of addresses has every one in it, or none at all."""
    listed = [item.strip() for item in value.split(",")]
    return not value.strip() or "0.0.0.0/0" in listed


def _snippet(said: Annotated, text: str, place: Place, count: Count) -> None:
    """nginx's own directives, written into an annotation."""
    found = directives(Document(place.file, text), Files(), count)
    for one in found:
        if one.name == "deny" and one.first() == "all":
            said.policies.append(Policy(kind="deny", words="deny all in a snippet", place=place))
        elif one.name == "return" and re.fullmatch(r"[45]\d\d", one.first()):
            said.answers = int(one.first())
        elif one.name in ("more_clear_input_headers", "more_clear_headers"):
            of: Literal["request", "response"] = "request" if "input" in one.name else "response"
            said.headers += [Header(name=name.strip(": ").lower(), action="removed", of=of, place=place) for name in one.args]
        elif one.name not in ("proxy_set_header", "add_header", "proxy_hide_header", "set", "if"):
            count(f"nginx: {one.name[:60]}" if re.fullmatch(r"[a-z_0-9]+", one.name) else "nginx: what is no directive", place)
    for header in headers_set(found):
        moved = Header(name=header.name, action=header.action, of=header.of, value=header.value, place=place)
        if header.name == "connection" and header.action != "passed" and "upgrade" not in (header.value or "").lower():
            said.upgrade, said.upgrade_at, said.upgrade_words = False, place, "a snippet sets Connection to something else"
        elif header.name not in ("connection", "upgrade"):
            said.headers.append(moved)
