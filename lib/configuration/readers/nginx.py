"""nginx: which location takes a handshake, and what it does to it on the way."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from lib.configuration.documents import Document
from lib.configuration.readers.nginx_directives import Directive, Files, directives
from lib.configuration.readers.nginx_flow import Flow, flow_of, refuses_upgrades
from lib.configuration.readers.nginx_policies import limits_of, policies_of
from lib.configuration.readers.nginx_values import Variables, by_name, is_other, may_be_included, nearest
from lib.configuration.shape import Configuration, Count, Header, Listener, Place, Policy, Rewrite, Route, Source, Upstream
from lib.configuration.values import authority, path_of

Levels = tuple[Mapping[str, list[Directive]], ...]
"""What stands in a location, its server and http, innermost first, by directive."""

_UNDERSTOOD = frozenset(
    """
    http server location upstream map events stream user pid error_log access_log listen server_name server_tokens
    proxy_pass proxy_set_header proxy_http_version proxy_read_timeout proxy_send_timeout proxy_connect_timeout
    proxy_hide_header proxy_pass_header proxy_pass_request_headers proxy_redirect proxy_no_cache
    client_header_buffer_size large_client_header_buffers client_max_body_size client_header_timeout
    keepalive_timeout keepalive allow deny satisfy auth_basic auth_basic_user_file auth_request auth_request_set
    limit_req limit_req_zone limit_req_status limit_conn limit_conn_zone limit_conn_status ssl_verify_client ssl
    http2 return rewrite if set root alias index try_files add_header types default_type charset include resolver
    daemon master_process ip_hash least_conn hash zone grpc_pass uwsgi_pass fastcgi_pass underscores_in_headers
    internal load_module error_page multi_accept use expires etag geo break limit_except
    """.split()  # noqa: SIM905  a hundred names read better as words
)
"""Directives that are read, or that change nothing about a handshake."""
_PASSING = re.compile(
    r"(?:gzip|brotli|ssl_(?!verify)|proxy_(?:cache|temp|buffer|busy|ssl|next_upstream|ignore|force|max|intercept|pass_request_body)"
    r"|(?:fastcgi|uwsgi|scgi)_(?!pass)|client_body|open_file_cache|(?:types|server_names|map|variables)_hash|lingering|real_ip"
    r"|set_real_ip|worker_|tcp_no|limit_rate|resolver|send|aio|directio|autoindex|reset_timedout|log_)"
)
"""How directives begin that change nothing about a handshake."""

_PART = "part"
_VERSIONS: dict[str, Literal["1.0", "1.1", "2"]] = {"1.0": "1.0", "1.1": "1.1", "2": "2"}


def read(document: Document, files: Files, count: Count) -> Configuration:
    """What one nginx file says, whatever it includes in it."""
    top = directives(document, files, count)
    _count_unknown(top, count)
    http = [*files.beside(document), *([one for part in by_name(top, "http") for one in part.block] or top)]
    variables = Variables(http)
    upstreams = [_upstream(one) for one in by_name(http, "upstream")]
    # Locations without a server are a part that some server includes: whose, and on which port, is not told.
    part = [Directive(_PART, (), Place(document.name, 1), top)] if by_name(top, "location") else []
    servers = (*by_name(http, "server"), *part)
    whole = _level(http)
    found = [one for server in servers for one in _locations(server, whole, variables)]
    routes = [one.route() for one in found]
    for what, place in dict.fromkeys(said for one in found for said in one.not_told()):
        count(what, place)
    return Configuration(
        routes=tuple(routes), upstreams=tuple(upstreams), sources=(Source(document.name, "nginx", document.changed),)
    )


def _count_unknown(found: Iterable[Directive], count: Count, parent: str = "") -> None:
    for one in found:
        if parent in ("map", "types", "geo", "upstream"):
            continue
        if one.name not in _UNDERSTOOD and not _PASSING.match(one.name):
            count(
                f"nginx: {one.name[:60]}" if re.fullmatch(r"[a-z_0-9]+", one.name) else "nginx: what is no directive", one.place
            )
        else:
            _count_unknown(one.block, count, one.name)


def _upstream(block: Directive) -> Upstream:
    addresses = tuple(address for one in by_name(block.block, "server") if (address := authority(one.first())))
    return Upstream(name=block.first(), addresses=addresses, place=block.place)


def _level(found: Iterable[Directive]) -> Mapping[str, list[Directive]]:
    level = defaultdict(list)
    for one in found:
        level[one.name].append(one)
    return level


def _locations(server: Directive, http: Mapping[str, list[Directive]], variables: Variables) -> Iterator[_Location]:
    levels: Levels = (_level(server.block), http)
    for listener in _listeners(server):
        known = variables.of_request(_known_by(listener))
        yield from _inside(server.block, levels, _Location(server, server, levels, listener, known))
        yield _Location(server, server, levels, listener, known)


def _known_by(listener: Listener) -> dict[str, str]:
    """What a request has that comes by this listener."""
    known = {"$scheme": "https" if listener.is_tls else "http", "$https": "on" if listener.is_tls else ""}
    host = listener.hosts[0] if len(listener.hosts) == 1 else "*"
    # A server that takes every name is asked by others too.
    is_plain = re.fullmatch(r"[\w.-]+", host) and not host.startswith(".") and not listener.is_default
    return known | ({"$host": host, "$server_name": host} if is_plain else {})


def _listeners(server: Directive) -> Iterator[Listener]:
    names = tuple(name.lower() for one in by_name(server.block, "server_name") for name in one.args if name not in ("_", ""))
    for listen in by_name(server.block, "listen") or [Directive("listen", ("80",), server.place)]:
        port = re.search(r"(?:^|:)(\d{1,5})$", listen.first("80"))
        yield Listener(
            place=listen.place,
            hosts=names,
            is_default="default_server" in listen.args or "default" in listen.args,
            port=None if server.name == _PART else int(port[1]) if port else 80,
            is_tls="ssl" in listen.args or bool(by_name(server.block, "ssl")),
            selection="nginx",
        )


def _inside(block: Iterable[Directive], levels: Levels, outer: _Location) -> Iterator[_Location]:
    for location in by_name(block, "location"):
        sign, path = location.args if len(location.args) == 2 else ("", location.first("/"))
        if path.startswith("@") or by_name(location.block, "internal"):
            continue
        inner = (_level(location.block), *levels)
        yield replace(outer, block=location, levels=inner, path=path, sign=sign)
        yield from _inside(location.block, inner, outer)


@dataclass(frozen=True)
class _Location:
    # A location, or a server whose locations do not match.
    block: Directive
    server: Directive
    levels: Levels
    listener: Listener
    request: Variables
    path: str = "/"
    sign: str = ""

    @cached_property
    def flow(self) -> Flow:
        return flow_of(self.server, self.block, self.request)

    @cached_property
    def variables(self) -> Variables:
        return self.flow.variables.of_any_address()

    def route(self) -> Route:
        handed_on = self._handed_on()
        if handed_on:
            return replace(handed_on._passed_on(), path=self.path, match=self._match(), is_preferred=self.sign == "^~")
        return self._passed_on()

    def _match(self) -> Literal["exact", "prefix", "regex"]:
        return "exact" if self.sign == "=" else "regex" if self.sign.startswith("~") else "prefix"

    def _passed_on(self) -> Route:
        passes = self.flow.passes or self._one("proxy_pass", own=True)
        other = next((one for name in ("grpc_pass", "uwsgi_pass", "fastcgi_pass") if (one := self._one(name, own=True))), None)
        version = self._one("proxy_http_version")
        upgrade, upgrade_at, words = self._upgrade(passes, other)
        replaces = self._replaces(passes)
        answers, location, is_open = self._answered()
        return Route(
            listener=self.listener,
            path=self.path,
            match=self._match(),
            place=self.block.place,
            upstream=None if self.flow.passes_elsewhere else self._target(passes or other),
            replaces=replaces,
            replaced_at=passes.place if passes and replaces else None,
            rewrites=(*self.flow.rewrites, *self._replaced_whole(passes)),
            http=self._http(version, passes),
            http_at=version.place if version else None,
            upgrade=upgrade,
            upgrade_at=upgrade_at,
            upgrade_words=words,
            headers=tuple(self._headers()) if passes else (),
            limits=tuple(limits_of(self.levels)),
            policies=(*policies_of(self.levels, self.variables), *self._rules()),
            answers=answers,
            location=location,
            is_preferred=self.sign == "^~",
            folds_case=self.sign == "~*",
            is_open=is_open,
        )

    def not_told(self) -> Iterator[tuple[str, Place]]:
        """What cannot be evaluated for a handshake, each with its place."""
        for place in self.flow.not_told:
            yield "nginx: an if on what is not told", place
        for one in nearest(self.levels, "proxy_set_header"):
            value = self.variables.in_handshake(one.args[-1], sent=_as_sent(one.first().lower()))
            if not is_other(value, ""):
                yield "nginx: a header from a variable that is not told", one.place

    def _one(self, name: str, *, own: bool = False) -> Directive | None:
        found = nearest(self.levels[:1] if own else self.levels, name)
        return found[-1] if found else None

    def _http(self, version: Directive | None, passes: Directive | None) -> Literal["1.0", "1.1", "2"] | None:
        said = version.first() if version and passes else ""
        return _VERSIONS.get(said)

    def _set(self) -> dict[str, tuple[str, Place]]:
        return {
            one.args[0].lower(): (self.variables.in_handshake(one.args[1], sent=_as_sent(one.args[0].lower())), one.place)
            for one in nearest(self.levels, "proxy_set_header")
            if len(one.args) == 2
        }

    def _upgrade(self, passes: Directive | None, other: Directive | None) -> tuple[bool | None, Place | None, str]:
        if passes is None:
            return (False, other.place, f"{other.name} carries no upgrade") if other else (None, None, "")
        headers = self._set()
        if may_be_included(self.levels, "proxy_set_header") and not {"upgrade", "connection"} <= headers.keys():
            return True, None, "what is included may pass it on"
        upgrade, upgrade_at = headers.get("upgrade", ("", passes.place))
        connection, connection_at = headers.get("connection", ("close", passes.place))
        if "$" in upgrade or "$" in connection:
            return True, upgrade_at, "proxy_set_header with a variable that is filled elsewhere"
        if upgrade.lower() != "websocket":
            said = "sets Upgrade to something else" if "upgrade" in headers else "without proxy_set_header Upgrade $http_upgrade"
            return False, upgrade_at, f"proxy_pass {said}"
        if "upgrade" not in connection.lower():
            said = (
                "sets Connection to something else" if "connection" in headers else "without proxy_set_header Connection upgrade"
            )
            return False, connection_at, f"proxy_pass {said}"
        return True, upgrade_at, "proxy_set_header passes Upgrade and Connection"

    def _headers(self) -> Iterator[Header]:
        for name, (value, place) in self._set().items():
            if name in ("upgrade", "connection"):
                continue
            yield _header(name, value, place)
        if "host" not in self._set() and not may_be_included(self.levels, "proxy_set_header"):
            found = self._one("proxy_pass", own=True)
            yield Header(name="host", action="set", value="$proxy_host", place=found.place if found else self.block.place)
        passing = self._one("proxy_pass_request_headers")
        if passing and passing.first() == "off":
            yield Header(name="authorization", action="removed", place=passing.place)
        for one in nearest(self.levels, "proxy_hide_header"):
            yield Header(name=one.first().lower(), action="removed", of="response", place=one.place)

    def _target(self, passes: Directive | None) -> str | None:
        if passes is None:
            return None
        text = self.variables.in_handshake(passes.first())
        return text.partition("//")[2].partition("/")[0] if text.partition("//")[2].startswith("$") else authority(text)

    def _replaces(self, passes: Directive | None) -> str | None:
        if passes is None or self.flow.passes_elsewhere or "$" in passes.first():
            return None
        return path_of(passes.first())

    def _replaced_whole(self, passes: Directive | None) -> Iterator[Rewrite]:
        """What a proxy_pass with variables makes of every path: its own, whatever the location matched."""
        if passes is None:
            return
        found = re.fullmatch(r"[^/]+//[^/]+(/.*)?", self.variables.in_handshake(passes.first()))
        if self.flow.passes_elsewhere or ("$" in passes.first() and not found):
            yield Rewrite("^", None, "here", passes.place)
        elif "$" in passes.first() and found and found[1]:
            yield Rewrite("^", found[1], "here", passes.place)

    def _is_of_upgrades(self) -> bool:
        return refuses_upgrades(self.flow, self.server, self.block, self.request)

    def _handed_on(self) -> _Location | None:
        """The named location to which an error_page hands what is answered here."""
        found = self.flow.answered
        pages = [one for one in nearest(self.levels, "error_page") if found and found.first() in one.args[:-1]]
        name = pages[-1].args[-1] if pages else ""
        beside = self.levels[-2].get("location", []) if name.startswith("@") else []
        named = [one for one in beside if one.args[-1:] == (name,)]
        # What the server itself answers would be answered again nowhere: a named location runs its own directives alone.
        inner = named[0] if named else None
        alone = Directive("server", (), self.server.place)
        return replace(self, block=inner, server=alone, levels=(_level(inner.block), *self.levels[-2:])) if inner else None

    def _answered(self) -> tuple[int | None, str | None, bool]:
        """The status that is answered, where a redirect leads, and whether that is not told."""
        found = self.flow.answered
        if found is None:
            return None, None, False
        handed = [one for one in nearest(self.levels, "error_page") if found.first() in one.args[:-1]]
        if self.flow.is_open or any(arg.startswith(("=", "@")) for one in handed for arg in one.args):
            return None, None, True
        if self._is_of_upgrades():
            return None, None, False
        status = int(found.first()) if re.fullmatch(r"\d{3}", found.first()) else 302
        return status, found.args[-1] if 300 <= status < 400 else None, False

    def _rules(self) -> Iterator[Policy]:
        yield from self.flow.policies
        found = self.flow.answered
        if found and not self.flow.is_open and self._is_of_upgrades() and re.fullmatch("[1-5][0-9]{2}", found.first()):
            status = int(found.first())
            yield Policy(kind="upgrade", words=f"if on Upgrade, answered with {status}", place=found.place, answers=status)


def headers_set(found: Iterable[Directive]) -> Iterator[Header]:
    """What directives in one place, such as a snippet, do to headers."""
    variables = Variables(found)
    for one in found:
        if one.name == "proxy_set_header" and len(one.args) == 2:
            name = one.args[0].lower()
            yield _header(name, variables.in_handshake(one.args[1], sent=_as_sent(name)), one.place)
        elif one.name == "proxy_hide_header":
            yield Header(name=one.first().lower(), action="removed", of="response", place=one.place)


def _as_sent(name: str) -> tuple[str, ...]:
    """The variables that hold what a request sends under this name."""
    return (f"$http_{name.replace('-', '_')}", *(("$host",) if name == "host" else ()))


def _header(name: str, value: str, place: Place) -> Header:
    """What a value makes of a header: its own variable passes it on."""
    own = {f"$http_{name.replace('-', '_')}"} | (
        {"$host", "$http_host", "$host:$server_port", "$host:$proxy_port"} if name == "host" else set()
    )
    if (
        value.lower() in own
        or not is_other(value, name)
        or (name == "x-forwarded-proto" and value == "$scheme")
        or (name in ("x-forwarded-host",) and value.startswith("$"))
    ):
        return Header(name=name, action="passed", place=place)
    return Header.given(name, value, place)
