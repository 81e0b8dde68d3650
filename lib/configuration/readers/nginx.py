"""nginx: which location takes a handshake, and what it does to it on the way."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lib.configuration.documents import Document
from lib.configuration.readers.nginx_directives import Directive, Files, directives
from lib.configuration.readers.nginx_policies import conditions, limits_of, policies_of
from lib.configuration.readers.nginx_values import Variables, by_name, may_be_included, nearest
from lib.configuration.shape import Configuration, Count, Header, Listener, Place, Route, Source, Upstream
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
    internal load_module error_page multi_accept use expires etag geo
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
    routes = [route for server in (*by_name(http, "server"), *part) for route in _routes(server, http, variables)]
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


def _routes(server: Directive, http: list[Directive], variables: Variables) -> Iterator[Route]:
    levels: Levels = (_level(server.block), _level(http))
    for listener in _listeners(server):
        yield from _of_locations(server.block, levels, listener, variables)
        yield _Location(server, levels, listener, variables).route("/", "prefix")


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


def _of_locations(block: Iterable[Directive], levels: Levels, listener: Listener, variables: Variables) -> Iterator[Route]:
    for location in by_name(block, "location"):
        sign, path = location.args if len(location.args) == 2 else ("", location.first("/"))
        if path.startswith("@") or by_name(location.block, "internal"):
            continue
        inner = (_level(location.block), *levels)
        match: Literal["exact", "prefix", "regex"] = "exact" if sign == "=" else "regex" if sign.startswith("~") else "prefix"
        yield _Location(location, inner, listener, variables).route(path, match, sign)
        yield from _of_locations(location.block, inner, listener, variables)


@dataclass(frozen=True)
class _Location:
    # A location, or a server whose locations do not match.
    block: Directive
    levels: Levels
    listener: Listener
    variables: Variables

    def route(self, path: str, match: Literal["exact", "prefix", "regex"], sign: str = "") -> Route:
        passes = self._one("proxy_pass", own=True)
        other = next((one for name in ("grpc_pass", "uwsgi_pass", "fastcgi_pass") if (one := self._one(name, own=True))), None)
        replaces, replaced_at = self._replaced(passes)
        version = self._one("proxy_http_version")
        answers, location = self._answered()
        upgrade, upgrade_at, words = self._upgrade(passes, other)
        return Route(
            listener=self.listener,
            path=path,
            match=match,
            place=self.block.place,
            upstream=_target(passes or other),
            replaces=replaces,
            replaced_at=replaced_at,
            http=self._http(version, passes),
            http_at=version.place if version else None,
            upgrade=upgrade,
            upgrade_at=upgrade_at,
            upgrade_words=words,
            headers=tuple(self._headers()) if passes else (),
            limits=tuple(limits_of(self.levels)),
            policies=tuple(policies_of(self.levels, self.variables)),
            answers=answers,
            location=location,
            is_preferred=sign == "^~",
            folds_case=sign == "~*",
        )

    def _one(self, name: str, *, own: bool = False) -> Directive | None:
        found = nearest(self.levels[:1] if own else self.levels, name)
        return found[-1] if found else None

    def _http(self, version: Directive | None, passes: Directive | None) -> Literal["1.0", "1.1", "2"] | None:
        said = version.first() if version and passes else ""
        return _VERSIONS.get(said)

    def _set(self) -> dict[str, tuple[str, Place]]:
        return {
            one.args[0].lower(): (self.variables.in_handshake(one.args[1]), one.place)
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

    def _replaced(self, passes: Directive | None) -> tuple[str | None, Place | None]:
        for one in self.levels[0].get("rewrite", []):
            if len(one.args) >= 2 and re.fullmatch(r"/\$1", one.args[1]):
                return "/", one.place
            return one.args[1] if len(one.args) >= 2 else None, one.place
        if passes and (path := path_of(re.sub(r"\$\w+", "v", passes.first()))):
            return path, passes.place
        return None, None

    def _answered(self) -> tuple[int | None, str | None]:
        held = [one for one in conditions(self.levels) if self._holds(one)]
        inside = [by_name(one.block, "return") for one in held]
        found = next((one for one in (*inside, self.levels[-2].get("return", []), self.levels[0].get("return", [])) if one), [])
        if not found:
            return None, None
        if any(found[0].first() in one.args and one.args[-1].startswith("@") for one in nearest(self.levels, "error_page")):
            return None, None
        status = int(found[0].first()) if re.fullmatch(r"\d{3}", found[0].first()) else 302
        location = found[0].args[-1] if 300 <= status < 400 else None
        return status, location

    def _holds(self, condition: Directive) -> bool:
        """Whether an `if` on the host or the scheme, as it is written for a redirect, holds of every request here."""
        variable, operator, value, *_ = (*condition.args, "", "", "")
        if variable == "$scheme":
            return operator in ("=", "!=") and (value == ("https" if self.listener.is_tls else "http")) is (operator == "=")
        return variable == "$host" and operator == "=" and value.lower() in self.listener.hosts and len(self.listener.hosts) == 1


def headers_set(found: Iterable[Directive]) -> Iterator[Header]:
    """What directives in one place, such as a snippet, do to headers."""
    variables = Variables(found)
    for one in found:
        if one.name == "proxy_set_header" and len(one.args) == 2:
            yield _header(one.args[0].lower(), variables.in_handshake(one.args[1]), one.place)
        elif one.name == "proxy_hide_header":
            yield Header(name=one.first().lower(), action="removed", of="response", place=one.place)


def _target(passes: Directive | None) -> str | None:
    if passes is None:
        return None
    text = passes.first()
    return text.partition("//")[2].partition("/")[0] if text.partition("//")[2].startswith("$") else authority(text)


def _header(name: str, value: str, place: Place) -> Header:
    """What a value makes of a header: its own variable passes it on."""
    own = {f"$http_{name.replace('-', '_')}"} | (
        {"$host", "$http_host", "$host:$server_port", "$host:$proxy_port"} if name == "host" else set()
    )
    if (
        value.lower() in own
        or (name == "x-forwarded-proto" and value == "$scheme")
        or (name in ("x-forwarded-host",) and value.startswith("$"))
    ):
        return Header(name=name, action="passed", place=place)
    return Header.given(name, value, place)
