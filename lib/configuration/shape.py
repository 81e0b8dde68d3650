"""What a configuration says, in one shape for all formats: listeners, routes, upstreams, services. Names, never secret values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Selection = Literal["nginx", "longest", "first", "priority"]
"""How a listener chooses among its routes: as nginx does, the longest path, the first that matches, or the highest priority."""
Match = Literal["exact", "prefix", "segment", "regex"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something is configured: a file and a line, or a file and the path of a resource in it."""

    file: str
    line: int | None = None
    path: str = ""

    def __str__(self) -> str:
        if self.line:
            return f"{self.file}:{self.line}"
        return " ".join(part for part in (self.file, self.path) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a hop does to one header (name in lower case) of a handshake. `value` is there for names of `SHOWN` alone."""

    name: str
    action: Literal["set", "removed", "passed"]
    place: Place
    of: Literal["request", "response"] = "request"
    value: str | None = None

    @classmethod
    def given(cls, name: str, value: str, place: Place, of: Literal["request", "response"] = "request") -> Header:
        """A header that gets a value: an empty one removes it; one with a format's own variables in it is not kept."""
        name = name.strip().lower()
        shown = value[:200] if name in SHOWN and not {"{", "%"} & set(value) else None
        return cls(name=name, action="set" if value else "removed", of=of, value=shown or None, place=place)


SHOWN = frozenset({"host", "origin", "connection", "upgrade", "x-forwarded-proto", "x-forwarded-host", "sec-websocket-version"})
"""Headers whose value is no secret and decides; of all others the name alone is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A bound that a hop keeps: seconds for timeouts, bytes for sizes, a number for counts."""

    name: str
    kind: Literal["idle_s", "header_bytes", "rate", "connections"]
    value: float
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A rule by which a hop may refuse on its own; `pattern` is its condition, compared and never shown; `answers` its status."""

    kind: Literal[
        "identity-proxy", "address", "deny", "permission", "client-certificate", "origin", "basic", "firewall", "upgrade"
    ]
    words: str
    place: Place
    pattern: str | None = field(default=None, repr=False)
    table: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """What is compared in place of the Origin itself: what a map makes of it."""
    answers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Where requests are taken: by which names (empty: any), on which port, with TLS or without."""

    place: Place
    hosts: tuple[str, ...] = ()
    is_default: bool = False
    port: int | None = None
    is_tls: bool = False
    selection: Selection = "longest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """Where a route leads, by name, and the addresses (host, or host:port) behind the name."""

    name: str
    addresses: tuple[str, ...]
    place: Place
    http: Literal["1.0", "1.1", "2"] | None = None


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What the path becomes where a pattern is found in it: `to` with $1 for its groups, None where that is not told.

    `ends`: passed on by this route, looked up among the routes anew, or answered by a redirect with `status`.
    """

    pattern: str
    to: str | None
    ends: Literal["here", "anew", "redirect"]
    place: Place
    status: int = 302


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What becomes of a handshake on a path: `upgrade` None means that this hop passes upgrades on by itself.

    `replaces`: what the matched part of the path becomes towards the upstream, None where the path stays as it is.
    `takes_off`: prefixes of the request's path of which the first that fits is taken off. `becomes`: what the whole path becomes,
    with the groups of a pattern in it. `is_path_told`: whether these say all that happens to the path.
    `answers`: the status that the hop answers itself, with `location` where it sends the client elsewhere.
    `is_conditional`: whether it takes a handshake only on a condition that cannot be told; `but_not`: the paths that it leaves.
    """

    listener: Listener
    path: str
    match: Match
    place: Place
    upstream: str | None = None
    replaces: str | None = None
    replaced_at: Place | None = None
    takes_off: tuple[str, ...] = ()
    becomes: str | None = None
    is_path_told: bool = True
    rewrites: tuple[Rewrite, ...] = ()
    http: Literal["1.0", "1.1", "2"] | None = None
    http_at: Place | None = None
    upgrade: bool | None = None
    upgrade_at: Place | None = None
    upgrade_words: str = ""
    headers: tuple[Header, ...] = ()
    limits: tuple[Limit, ...] = ()
    policies: tuple[Policy, ...] = ()
    answers: int | None = None
    location: str | None = None
    is_preferred: bool = False
    """Whether a longer match of another kind does not win over it (nginx's ^~)."""
    folds_case: bool = False
    priority: int = 0
    """Which of two wins: among all for the selection by priority, else between two of the same path."""
    is_conditional: bool = False
    but_not: tuple[tuple[Match, str], ...] = ()
    is_open: bool = False
    """Whether it depends on what is not told how a handshake is answered here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret that a service reads: under which variable or path, and which version (None: not told).

    `digest` tells apart values that stand in the configuration itself; it is keyed anew in each process, and never shown.
    """

    variable: str
    name: str
    version: str | None
    place: Place
    digest: str | None = field(default=None, repr=False)

    @property
    def identity(self) -> tuple[str, str | None, str | None]:
        """What two places that read the same secret have in common."""
        return self.name, self.version, self.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision: its share of the traffic in percent (None: not told), and what it reads."""

    name: str
    place: Place
    percent: float | None = None
    secrets: tuple[Secret, ...] = ()
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """A list of origins or hosts that a service accepts, under the variable that holds it; compared, and never shown."""

    of: Literal["origins", "hosts"]
    variable: str
    values: tuple[str, ...] = field(repr=False)
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A plain word about tokens that a service is configured with, such as the audience; compared, and never shown."""

    of: Literal["algorithm", "issuer", "audience"]
    variable: str
    value: str = field(repr=False)
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A deployed service. `invoker`: all, some, or None where no policy was seen."""

    name: str
    kind: str
    place: Place
    hosts: tuple[str, ...] = ()
    ingress: Literal["all", "internal", "internal-and-load-balancer"] | None = None
    ingress_at: Place | None = None
    invoker: Literal["all", "some"] | None = None
    invoker_at: Place | None = None
    identity_proxy_at: Place | None = None
    http: Literal["1.1", "2"] | None = None
    http_at: Place | None = None
    timeout_s: float | None = None
    timeout_at: Place | None = None
    instances: int | None = None
    concurrency: int | None = None
    variables: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()
    revisions: tuple[Revision, ...] = ()
    allowed: tuple[Allowed, ...] = ()
    settings: tuple[Setting, ...] = ()
    ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """What was not understood: a format, a directive, a file that is too large; how often, and the first place."""

    what: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Source:
    """One file or resource that was read, as which format, and when its file was last changed (RFC 3339).

    `is_export`: whether it was exported from what runs, so that its age says how old the claim is; one that was written by hand
    may have been deployed any time later. `is_live`: whether it is what a system that the parameters name said just now.
    """

    name: str
    format: str
    changed: str | None = None
    is_export: bool = False
    is_live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything that was read; `unread` says what was not."""

    routes: tuple[Route, ...] = ()
    upstreams: tuple[Upstream, ...] = ()
    services: tuple[Service, ...] = ()
    sources: tuple[Source, ...] = ()
    unread: tuple[Unread, ...] = ()
    refused: tuple[str, ...] = ()
    """Sources that could not be read, each with why."""


def merged(parts: Iterable[Configuration]) -> Configuration:
    """Several configurations as one; a service that is told of twice (its policy apart from it) becomes one."""
    seen = list(parts)
    services: dict[tuple[str, str], Service] = {}
    for service in (service for part in seen for service in part.services):
        key = (service.kind, service.name)
        services[key] = _joined(services[key], service) if key in services else service
    unread: dict[str, Unread] = {}
    for one in (one for part in seen for one in part.unread):
        known = unread.get(one.what)
        unread[one.what] = replace(known, count=known.count + one.count) if known else one
    return Configuration(
        routes=tuple(route for part in seen for route in part.routes),
        upstreams=tuple(upstream for part in seen for upstream in part.upstreams),
        services=tuple(services.values()),
        sources=tuple(source for part in seen for source in part.sources),
        unread=tuple(unread.values()),
        refused=tuple(said for part in seen for said in part.refused),
    )


def _joined(one: Service, other: Service) -> Service:
    """One service from two documents about it: what the first leaves open, the second may say."""
    percents = {
        revision.name: revision.percent for each in (one, other) for revision in each.revisions if revision.percent is not None
    }
    read: dict[str, Revision] = {}
    for revision in (*one.revisions, *other.revisions):
        kept = read.get(revision.name)
        fuller = revision if kept is None or (revision.secrets and not kept.secrets) else kept
        read[revision.name] = replace(fuller, percent=percents.get(revision.name))
    left: dict[str, Any] = {
        name: getattr(other, name) for name in Service.__dataclass_fields__ if not getattr(one, name) and getattr(other, name)
    }
    return replace(one, **{**left, "revisions": tuple(read.values())})


@dataclass(slots=True)
class Count:
    """Counts what a reader does not know, with the first place of each."""

    found: dict[str, Unread] = field(default_factory=dict)

    def __call__(self, what: str, place: Place) -> None:
        known = self.found.get(what)
        self.found[what] = Unread(what, known.count + 1, known.example) if known else Unread(what, 1, str(place))

    def all(self) -> tuple[Unread, ...]:
        """Everything that was counted."""
        return tuple(self.found.values())
