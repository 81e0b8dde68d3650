"""nginx's own rules: what it refuses by address, by permission, by certificate, and the bounds that it keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lib.configuration.readers.nginx_directives import Directive
from lib.configuration.readers.nginx_values import Variables, by_name, may_be_included, nearest
from lib.configuration.shape import Limit, Policy
from lib.configuration.values import seconds, size_bytes

Levels = tuple[Mapping[str, list[Directive]], ...]
_IDLE_DEFAULT_S = 60.0
"""What proxy_read_timeout is where nobody sets it."""


def limits_of(levels: Levels) -> Iterator[Limit]:
    """How long a session may be quiet, how large its headers, how often and how many at once."""
    for name in ("proxy_read_timeout", "proxy_send_timeout"):
        for one in nearest(levels, name)[-1:]:
            if (found_s := seconds(one.first())) is not None:
                yield Limit(name=name, kind="idle_s", value=found_s, place=one.place)
    passes = levels[0].get("proxy_pass", [])
    if passes and not nearest(levels, "proxy_read_timeout") and not may_be_included(levels, "proxy_read_timeout"):
        yield Limit(name="proxy_read_timeout (by default)", kind="idle_s", value=_IDLE_DEFAULT_S, place=passes[-1].place)
    for one in nearest(levels, "large_client_header_buffers")[-1:]:
        if len(one.args) == 2 and (size := size_bytes(one.args[1])):
            yield Limit(name="large_client_header_buffers", kind="header_bytes", value=size, place=one.place)
    for name, kind in (("limit_req", "rate"), ("limit_conn", "connections")):
        for one in nearest(levels, name)[-1:]:
            yield Limit(name=name, kind="rate" if kind == "rate" else "connections", value=_bound(one, levels), place=one.place)


def _bound(one: Directive, levels: Levels) -> float:
    """The number that a limit keeps: of limit_conn its own, of limit_req its zone's requests a second."""
    if one.name == "limit_conn":
        return float(one.args[1]) if len(one.args) > 1 and one.args[1].isdigit() else 0.0
    zone = one.first().removeprefix("zone=")
    for defined in levels[-1].get("limit_req_zone", []):
        if any(arg.startswith(f"zone={zone}:") for arg in defined.args):
            rate = next((arg[5:] for arg in defined.args if arg.startswith("rate=")), "")
            number, unit = rate.partition("r/")[::2]
            return float(number) / (60 if unit == "m" else 1) if number.isdigit() else 0.0
    return 0.0


def policies_of(levels: Levels, variables: Variables) -> Iterator[Policy]:
    """What refuses here before anything is passed on."""
    yield from _by_address(levels)
    for one in nearest(levels, "auth_request")[-1:]:
        if one.first() != "off":
            yield _asked_first(one, levels, variables)
    for one in nearest(levels, "auth_basic")[-1:]:
        if one.first() != "off":
            yield Policy(kind="basic", words="auth_basic wants a user and a password of its own", place=one.place)
    for one in nearest(levels, "ssl_verify_client")[-1:]:
        if one.first() == "on":
            yield Policy(kind="client-certificate", words="ssl_verify_client on", place=one.place)


def _by_address(levels: Levels) -> Iterator[Policy]:
    """The rules by address; `satisfy any` lets in whoever has a password or a permission instead."""
    own = next((level for level in levels if level.get("allow") or level.get("deny")), {})
    allows, denies = own.get("allow", []), own.get("deny", [])
    for one in levels[0].get("limit_except", []):
        denies_all = any(said.first() == "all" for said in by_name(one.block, "deny"))
        if denies_all and "GET" not in one.args:
            some = bool(by_name(one.block, "allow") or by_name(one.block, "include"))
            yield Policy(kind="address" if some else "deny", words="limit_except denies GET", place=one.place)
    if any(one.first() == "all" for one in denies):
        others = any(one.first() == "any" for one in nearest(levels, "satisfy"))
        words = "allow and deny all: only listed addresses are let in" if allows else "deny all"
        is_whole = not (allows or others or own.get("include"))
        yield Policy(kind="deny" if is_whole else "address", words=words, place=denies[-1].place, answers=403)
    elif denies:
        yield Policy(kind="address", words="deny of single addresses", place=denies[-1].place)


def _asked_first(request: Directive, levels: Levels, variables: Variables) -> Policy:
    """A request for permission; one that carries the upgrade along becomes a WebSocket itself, and fails."""
    locations = [one for level in levels for one in level.get("location", []) if one.args[-1:] == request.args[:1]]
    for one in locations:
        inner = by_name(one.block, "proxy_set_header") or nearest(levels[-2:], "proxy_set_header")
        headers = {said.first().lower(): said for said in inner if len(said.args) == 2}
        held = {name: variables.in_handshake(said.args[1]).lower() for name, said in headers.items()}
        if held.get("upgrade") == "websocket" and "upgrade" in held.get("connection", ""):
            # What becomes a WebSocket is no permission: nginx knows 2xx, 401 and 403 alone.
            place = headers["upgrade"].place
            return Policy(kind="upgrade", words="auth_request carries the upgrade along", place=place, answers=500)
    return Policy(kind="permission", words="auth_request asks for permission first", place=request.place)
