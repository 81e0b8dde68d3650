"""The shape of the parameters: every key, its type and what it may hold (pydantic; no defaults, those are in
params/base.yaml)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from lib.parameters.evidence import EvidenceSettings
from lib.parameters.hosts import host_of
from lib.parameters.production import unnamed_production
from lib.parameters.secrets import is_reference
from lib.parameters.sessions import SessionSettings
from lib.parameters.values import (
    Authority,
    Capture,
    Command,
    Count,
    Headers,
    Line,
    Moment,
    Origin,
    PemFile,
    Place,
    Query,
    Reference,
    RequestLine,
    Seconds,
    SecretsByReference,
    Token,
    TokenPlace,
    UrlPath,
    Variables,
    refuse,
    url,
)
from lib.parameters.values import Group as _Group

Carrier = Literal["authorization", "subprotocol", "subprotocol-list", "query", "cookie", "message"]
QUANTILES = ("p50", "p90", "p95", "p99")


class RuleBroken(Exception):
    """A required address or a rule across groups is not met; carries key, what was found, what is accepted."""

    def __init__(self, key: str, found: str, accepted: str):
        super().__init__(key, found, accepted)
        self.key, self.found, self.accepted = key, found, accepted


class TlsSettings(_Group):
    ca: PemFile | None
    certificate: PemFile | None
    key: PemFile | None
    verify: bool

    @model_validator(mode="after")
    def _a_key_belongs_to_a_certificate(self) -> TlsSettings:
        if self.key and not self.certificate:
            raise RuleBroken("target.tls.certificate", "it is not set although target.tls.key is", "the certificate of that key")
        return self


class Target(_Group):
    rest_url: Annotated[str, url(("http", "https"))] | None
    ws_url: Annotated[str, url(("ws", "wss"))] | None
    health_path: UrlPath
    protected_path: UrlPath
    query: Query
    origin: Origin | None
    subprotocols: list[Token]
    allow_hosts: list[Authority] | None
    timeout_s: Seconds
    watch_s: Seconds
    idle_s: Seconds | None
    tls: TlsSettings
    working: Capture | None
    guessed: dict[Literal["ws_url", "rest_url", "health_path", "protected_path"], Line]


class OAuth2(_Group):
    """A request for a token as OAuth 2.0 has it: by refresh token, by user and password, else as the client itself."""

    url: Annotated[str, url(("http", "https"))]
    client_id: Line
    client_secret: Reference | None = None
    scope: Line | None = None
    audience: Line | None = None
    username: Line | None = None
    password: Reference | None = None
    refresh_token: Reference | None = None


class Login(_Group):
    """A login's request, and where its answer carries the token."""

    request: RequestLine
    json_: SecretsByReference | None = Field(default=None, alias="json")
    headers: Headers = Field(default_factory=dict)
    token: TokenPlace


class TokenSettings(_Group):
    secret: Reference | None
    algorithm: Token
    claims: dict[str, Any]
    lifetime_s: Annotated[int, Field(ge=1)]
    user: Line | None
    issued: Reference | None
    command: Command | None
    oauth2: OAuth2 | None
    login: Login | None
    carrier: Carrier
    carrier_name: Token | None
    carrier_encoding: Literal["plain", "base64url"]


class Alternatives(_Group):
    secrets: list[Reference]
    algorithms: list[Token]
    users: list[Line]
    tokens: list[Reference]
    claims: dict[str, list[Any]]
    origins: list[Origin]
    paths: list[UrlPath]
    carriers: list[Carrier]
    schemes: list[Token]
    subprotocols: list[list[Token]]
    hosts: list[Place]
    host_headers: list[Authority]
    headers: list[Headers]


class Budget(_Group):
    handshakes: Count
    seconds: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
    concurrency: Annotated[int, Field(ge=1, le=1000)]
    spacing_ms: Annotated[float, Field(ge=0, le=600_000, allow_inf_nan=False)]


LogField = Literal["time", "text", "severity", "trace", "instance", "service", "revision", "method", "url", "status"]
"""What of one's own JSON can be named by `logs.fields`."""


class LogSettings(_Group):
    source: Literal["cloud", "file", "command", "embedded", "none"]
    command: Command | None = None
    format: Line | None = None
    fields: dict[LogField, Line] = Field(default_factory=dict)
    engine: Literal["duckdb", "bigquery", "spark"]
    project: Line | None
    filter: Annotated[str, Field(max_length=20_000)] | None
    path: str | None
    endpoint: Line | None
    from_: Moment | None = Field(alias="from")
    to: Moment | None
    limit: Annotated[int, Field(ge=1, le=100_000_000)]


class SuiteSettings(_Group):
    path: Line | None
    python: Line | None
    args: list[str]
    env: Variables
    junit: Line | None
    timeout_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
    repeat: Annotated[int, Field(ge=1, le=1000)]
    sabotage: bool

    @property
    def given(self) -> bool:
        """Whether there is a suite to run, or the results of one to read."""
        return self.path is not None or self.junit is not None


class Load(_Group):
    users: Count
    workers: Annotated[int, Field(ge=1, le=1000)] = 1
    duration_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] = 60


class FigureSettings(_Group):
    """A figure of one's own: a REST request, or the time until a frame (a map: what its JSON has; a text: what stands in it)."""

    request: RequestLine | None = None
    send: dict[str, Any] | Line | None = None
    after: Literal["open", "frame"] | None = None
    until: dict[str, Any] | Line | None = None

    @model_validator(mode="after")
    def _is_one_kind(self) -> FigureSettings:
        if self.request is not None:
            if self.until is not None or self.send is not None or self.after is not None or " /" not in self.request:
                raise refuse("either request, a method and a path such as POST /login, or until, with send and after")
        elif self.until is None or (self.send is None and self.after == "frame"):
            raise refuse("request: METHOD /path, or until: what the frame has, with send and after: open or frame")
        return self

    @property
    def starts_at_open(self) -> bool:
        """Whether the clock starts with the accepted handshake, not with what is sent."""
        return self.after == "open" or self.send is None


class PerformanceSettings(_Group):
    samples: Count
    warmup: Annotated[int, Field(ge=0, le=1_000_000)]
    rate_per_s: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None
    load: Load | None
    figures: dict[Token, FigureSettings]


class EmbeddedSettings(_Group):
    faults: list[Line]
    port: Annotated[int, Field(ge=0, le=65_535)]


class RedactSettings(_Group):
    personal: bool
    key: Reference | None


Milliseconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _limits(given: dict[str, Any]) -> dict[str, Any]:
    wrong = [name for name, value in given.items() if isinstance(value, bool) != (name == "optional")]
    if wrong or not set(given) - {"optional"}:
        raise refuse("a limit in ms for p50, p90, p95 or p99, and optional: true or false beside it")
    return given


Limit = Annotated[
    Annotated[bool, Tag("flag")] | Annotated[Milliseconds, Tag("limit")],
    Discriminator(lambda given: "flag" if isinstance(given, bool) else "limit"),
]
Limits = Annotated[dict[Literal["p50", "p90", "p95", "p99", "optional"], Limit], AfterValidator(_limits)]
Objective = Annotated[
    Annotated[Milliseconds, Tag("limit")] | Annotated[Limits, Tag("limits")],
    Discriminator(lambda given: "limits" if isinstance(given, dict) else "limit"),
]
"""One limit for the median, or one for each quantile named; which of them was meant shows in what is given."""
FIGURES = ("api_response_ms", "websocket_latency_ms", "agent_startup_ms", "message_processing_ms", "total_request_ms")
"""What can be measured, and so have an objective."""


class Parameters(_Group):
    """All parameters of one investigation, validated; secrets are references throughout."""

    environment: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")]
    target: Target
    token: TokenSettings
    headers: Headers
    session: SessionSettings | None
    alternatives: Alternatives
    budget: Budget
    evidence: EvidenceSettings
    logs: LogSettings
    objectives: dict[str, Objective]
    suite: SuiteSettings
    performance: PerformanceSettings
    notebooks: list[Line]
    redact: RedactSettings
    features: dict[str, list[str]]
    embedded: EmbeddedSettings
    fail_on_findings: bool

    @model_validator(mode="after")
    def _rules_across_groups(self) -> Parameters:
        if self.target.ws_url is None and (self.environment != "embedded" or self.target.rest_url):
            raise RuleBroken("target.ws_url", "it is not set", "the address of the system under investigation")
        if self.performance.load and self.target.rest_url is None and self.environment != "embedded":
            raise RuleBroken("target.rest_url", "it is not set although performance.load is", "the address that the users ask")
        for where, host in self._hosts():
            check_host(host, where=where, allow_hosts=self.target.allow_hosts, own_hosts=self.own_hosts())
        self._check_session()
        own = self.performance.figures
        for name in own:
            if name in FIGURES:
                raise RuleBroken(f"performance.figures.{name}", "it is measured already", "a name of its own")
        for name in self.objectives:
            if name not in FIGURES and name not in own:
                raise RuleBroken(f"objectives.{name}", "there is no such figure", ", ".join([*FIGURES, *own]))
        self._rules_of_the_token()
        if self.logs.source == "file" and self.logs.path is None:
            raise RuleBroken("logs.path", "it is not set although logs.source is file", "a file or folder of exported entries")
        if self.logs.source == "command" and self.logs.command is None:
            raise RuleBroken(
                "logs.command", "it is not set although logs.source is command", "a command as a list: [kubectl, logs, …]"
            )
        if self.logs.source == "cloud" and self.logs.project is None:
            raise RuleBroken("logs.project", "it is not set although logs.source is cloud", "the project's id")
        if self.logs.from_ and self.logs.to and self.logs.from_ > self.logs.to:
            raise RuleBroken("logs.to", f"found {self.logs.to}, which is before logs.from", "a moment after it")
        return self

    def _rules_of_the_token(self) -> None:
        token = self.token
        given = [name for name in ("secret", "command", "oauth2", "login") if getattr(token, name) is not None]
        if len(given) > 1:
            wanted = "at most one of secret, command, oauth2 and login; null for the others"
            raise RuleBroken(f"token.{given[1]}", f"it stands beside token.{given[0]}", wanted)
        if token.oauth2:
            grants = token.oauth2
            if (grants.username is None) != (grants.password is None):
                raise RuleBroken("token.oauth2", "username and password are not both there", "both, or neither")
            if grants.password and grants.refresh_token:
                raise RuleBroken("token.oauth2.refresh_token", "it stands beside a password", "one of the two")
        is_path = token.login is not None and " /" in token.login.request
        if is_path and self.target.rest_url is None and self.environment != "embedded":
            wanted = "an address, such as POST https://login.staging.example/token, or a target.rest_url"
            raise RuleBroken("token.login.request", "a path although target.rest_url is not set", wanted)

    def _check_session(self) -> None:
        carriers = {"token.carrier": self.token.carrier}
        carriers |= {f"alternatives.carriers.{place}": name for place, name in enumerate(self.alternatives.carriers)}
        for where, name in carriers.items():
            if name == "message" and self.session is None:
                raise RuleBroken(
                    where, "it is message although session is not set", "a session that holds {token}, or another carrier"
                )
            if name == "message" and self.session is not None and not self.session.carries_token:
                raise RuleBroken(
                    where, "it is message although session holds no {token}", "{token} in session.payload or session.send"
                )

    def own_hosts(self) -> frozenset[str]:
        """The hosts of the two addresses, lower case, without ports."""
        return frozenset(host_of(url) for url in (self.target.rest_url, self.target.ws_url) if url)

    def permitted_hosts(self) -> frozenset[str]:
        """The hosts that requests may go to, lower case, without ports."""
        if self.target.allow_hosts is None:
            return self.own_hosts()
        return frozenset(host_of(f"//{host}") for host in self.target.allow_hosts)

    def _hosts(self) -> Iterator[tuple[str, str]]:
        for key in ("rest_url", "ws_url"):
            if url := getattr(self.target, key):
                yield f"target.{key}", host_of(url)
        for position, place in enumerate(self.alternatives.hosts):
            yield f"alternatives.hosts.{position}", host_of(f"//{place.rpartition('://')[2]}")

    def references(self) -> Iterator[str]:
        """Every secret reference among the parameters, wherever it stands."""
        yield from _references(self.model_dump(mode="json", by_alias=True))


_PUBLIC = frozenset({"ca", "certificate", "working", "configuration"})
"""What stands behind a reference under these names is no secret of its own."""


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, str) and is_reference(value):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _references(item) if name not in _PUBLIC else ()
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def check_host(host: str, *, where: str, allow_hosts: list[str] | None, own_hosts: frozenset[str]) -> None:
    """Refuses a host that requests may not go to, and one that looks like production unless `allow_hosts` names it."""
    named = frozenset(host_of(f"//{authority}") for authority in allow_hosts or ())
    if allow_hosts is not None and host not in named:
        raise RuleBroken(where, f"the host {host} is not in target.allow_hosts", ", ".join(sorted(named)) or "no host at all")
    if allow_hosts is None and host not in own_hosts:
        raise RuleBroken(where, f"the host {host} is not in target.allow_hosts", "a host that target.allow_hosts names")
    if unnamed_production(host, named):
        raise RuleBroken(
            where, f"the host {host} looks like production", "another host, or name it in target.allow_hosts if that is meant"
        )
