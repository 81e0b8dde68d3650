"""One thing of a handshake changed by its name: address part, query parameter, cookie, subprotocol; the rest stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote_plus, urlsplit, urlunsplit

from lib.handshake import Handshake, with_query


def with_header(handshake: Handshake, name: str, value: str | None, *, is_secret: bool = False) -> Handshake:
    """One header, None for none."""
    kept = tuple(pair for pair in handshake.headers if pair[0].lower() != name.lower())
    if value is None:
        return replace(handshake, headers=kept)
    secrets = (*handshake.secret_values, *((value,) if is_secret else ()))
    return replace(handshake, headers=(*kept, (name, value)), secret_values=secrets)


def with_cookie(handshake: Handshake, name: str, value: str | None) -> Handshake:
    """One cookie, None for none; its value is a secret."""
    given = next((text for header, text in handshake.headers if header.lower() == "cookie"), "")
    pairs = [pair.strip() for pair in given.split(";") if pair.strip() and pair.strip().partition("=")[0] != name]
    if value is not None:
        pairs.append(f"{name}={value}")
        handshake = replace(handshake, secret_values=(*handshake.secret_values, value))
    return with_header(handshake, "Cookie", "; ".join(pairs) or None)


def with_parameter(handshake: Handshake, name: str, value: str | Sequence[str] | None, *, is_secret: bool = False) -> Handshake:
    """One parameter of the query, None for none, several values for one that is repeated."""
    parts = urlsplit(handshake.url)
    kept = [item for item in parts.query.split("&") if item and unquote_plus(item.partition("=")[0]) != name]
    url = urlunsplit(parts._replace(query="&".join(kept)))
    values = [] if value is None else [value] if isinstance(value, str) else list(value)
    secrets = (*handshake.secret_values, *(values if is_secret else ()))
    return replace(handshake, url=with_query(url, {name: values}), secret_values=secrets)


def with_subprotocols(handshake: Handshake, places: Mapping[str, int | None]) -> Handshake:
    """Some subprotocols at these places of the offer (from 1), None for not offered; the others keep their order."""
    offered = [name for name in handshake.subprotocols if name not in places]
    placed = sorted((place, name) for name, place in places.items() if place is not None)
    for place, name in placed:
        offered.insert(max(place - 1, 0), name)
    return replace(handshake, subprotocols=tuple(offered))


def at(url: str, authority: str) -> str:
    """The address at another authority: host, host:port or ws[s]://host[:port]; what it does not say stays."""
    parts, given = urlsplit(url), urlsplit(authority if "://" in authority else f"//{authority}")
    return _joined(url, given.scheme or parts.scheme, given.hostname, given.port or parts.port)


def at_port(url: str, port: int | None) -> str:
    """The address at another port, None for its scheme's own."""
    parts = urlsplit(url)
    return _joined(url, parts.scheme, parts.hostname, port)


def under_scheme(url: str, scheme: str) -> str:
    """The address under ws or wss."""
    return urlunsplit(urlsplit(url)._replace(scheme=scheme))


def _joined(url: str, scheme: str, hostname: str | None, port: int | None) -> str:
    host = f"[{hostname}]" if ":" in (hostname or "") else hostname
    return urlunsplit(urlsplit(url)._replace(scheme=scheme, netloc=f"{host}:{port}" if port else str(host)))
