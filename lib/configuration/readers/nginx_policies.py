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
    rules = [one for level in levels for one in (*level.get("allow", []), *level.get("deny", []))]
    own = next((level for level in levels if level.get("allow") or level.get("deny")), None)
    denies = list((own or {}).get("deny", ()))
    if denies and rules:
        if any(one.first() == "all" for one in denies):
            some = bool((own or {}).get("allow"))
            words = "allow and deny all: only listed addresses are let in" if some else "deny all"
            yield Policy(kind="address" if some else "deny", words=words, place=denies[-1].place)
        else:
            yield Policy(kind="address", words="deny of single addresses", place=denies[-1].place)
    for one in nearest(levels, "auth_request")[-1:]:
        if one.first() != "off":
            yield _asked_first(one, levels)
    for one in nearest(levels, "auth_basic")[-1:]:
        if one.first() != "off":
            yield Policy(kind="basic", words="auth_basic wants a user and a password of its own", place=one.place)
    for one in nearest(levels, "ssl_verify_client")[-1:]:
        if one.first() == "on":
            yield Policy(kind="client-certificate", words="ssl_verify_client on", place=one.place)
    # A status that an error_page hands to a location of its own is a way on, and no refusal.
    handed_on = {code for one in nearest(levels, "error_page") if one.args and one.args[-1].startswith("@") for code in one.args}
    for one in conditions(levels):
        if not handed_on & {said.first() for said in by_name(one.block, "return")}:
            yield from _condition(one, variables)


def conditions(levels: Levels) -> list[Directive]:
    """The `if`s that are tried: those of the server, then those of the innermost block."""
    server = levels[-2].get("if", [])
    return [*server, *(levels[0].get("if", []) if levels[0] is not levels[-2] else ())]


def _asked_first(request: Directive, levels: Levels) -> Policy:
    """A request for permission; one that carries the upgrade along becomes a WebSocket itself, and fails."""
    locations = [one for level in levels for one in level.get("location", []) if one.args[-1:] == request.args[:1]]
    carried = [
        header for one in locations for header in by_name(one.block, "proxy_set_header") if header.first().lower() == "upgrade"
    ]
    if carried:
        return Policy(kind="upgrade", words="auth_request carries the upgrade along", place=carried[0].place)
    return Policy(kind="permission", words="auth_request asks for permission first", place=request.place)


def _condition(block: Directive, variables: Variables) -> Iterator[Policy]:
    answer = next((one.first() for one in block.block if one.name == "return"), "")
    variable, *rest = (*block.args, "")
    table = variables.of_origin(variable)
    if (table or variable == "$http_origin") and answer.startswith(("4", "5")):
        pattern, what = " ".join(block.args[1:3]), "a map of the Origin" if table else "the Origin"
        words = f"if on {what}, answered with {answer}"
        yield Policy(kind="origin", words=words, place=block.place, pattern=pattern, table=table)
    elif answer.isdigit() and variable == "$http_upgrade" and rest[0] != "!=":
        yield Policy(kind="upgrade", words=f"if on Upgrade, answered with {answer}", place=block.place)
