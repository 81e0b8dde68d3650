"""The nouns of an investigation: frozen values that every floor above passes on.

Whatever comes back from a target is a value with fields, never an exception: a refusal is what this project studies.
Every text in an `Exchange` or a `LogEntry` has been redacted by the door that built it. A `Request` has not: it still
holds the credential, is never written, and shows itself without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Rung = Literal["dns", "tcp", "tls", "http", "upgrade", "session"]
RUNGS: tuple[Rung, ...] = ("dns", "tcp", "tls", "http", "upgrade", "session")
Purpose = Literal["probe", "case", "sample", "control"]

ACCEPTED_AFTER_S = 0.5
"""A handshake counts as accepted once the server has left it open for this many seconds after the 101."""
PROXY_FAILED = "the proxy that the environment names did not help"
"""How the words of a failure begin where a proxy stands between."""
BROKE_PROTOCOL = "the server broke the WebSocket protocol"
"""How the words of a session begin that ended for it."""
UNANSWERED = "the session is open, and a ping was not answered"
"""How the words begin of a session that is not known to work: the server sent very much and listens to nothing."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What a frame is known by: text that stands in it, text that it starts with, or members that its JSON has."""

    kind: Literal["holds", "starts", "json"]
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionScript:
    """What a client says in an open session, the token filled in, and the frames that decide whether the session is granted.

    `awaited`: the frame after which it speaks (None: at once). Without `granting` a session is granted that is not refused
    within `timeout_s`; of such a one `closes` are the codes that refuse it, any where there are none. `replies` are what pings
    of the protocol get.
    """

    protocol: str
    messages: tuple[str, ...] = field(default=(), repr=False)
    awaited: Sign | None = None
    granting: tuple[Sign, ...] = field(default=(), repr=False)
    refusing: tuple[Sign, ...] = field(default=(), repr=False)
    closes: tuple[int, ...] = ()
    replies: tuple[tuple[Sign, str], ...] = ()
    timeout_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """What a client trusts and what it presents: paths of PEM files, None where there is none.

    `ca` None: the system's authorities, or those of SSL_CERT_FILE. `key` None: the key stands in `certificate`. `verify` False:
    whatever certificate the server has is taken.
    """

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    verify: bool = True


USUAL_TLS = Tls()
"""The system's authorities, and no certificate of one's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One REST request or WebSocket handshake, exactly as it will be sent.

    `url` decides where the connection goes; `host_header` replaces only the Host header; `address` is which
    of the name's addresses is connected to (None: the first that takes the connection). `origin` None sends none.
    `headers` are sent as given, in addition to those of the protocol. `secrets` are values (tokens, keys) that the door
    replaces by pseudonyms in all that it returns. `credential` says in words what was sent, never the token. `session`: what is
    said once the socket is open; None leaves it at the handshake.
    """

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    subprotocols: tuple[str, ...] = field(default=(), repr=False)
    origin: str | None = None
    host_header: str | None = None
    address: str | None = None
    use_environment_proxy: bool = True
    timeout_s: float = 10.0
    tls: Tls = USUAL_TLS
    secrets: tuple[str, ...] = field(default=(), repr=False)
    credential: str | None = None
    session: SessionScript | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """How long each stage took, in milliseconds; None: the stage did not happen or was not measured."""

    dns_ms: float | None = None
    connect_ms: float | None = None
    tls_ms: float | None = None
    upgrade_ms: float | None = None
    first_frame_ms: float | None = None
    granted_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and what came of it, redacted.

    `rung` is the stage in which it ended: `http` means no usable HTTP answer, `upgrade` a handshake that was answered
    without a valid 101, `session` a handshake that got its 101. For REST an answered request has rung `http` and a status.
    `error` is one sentence when something other than an answer came back; `headers` are the response's, lower-case names
    in the order received. `body_excerpt` has at most 2,000 characters; of a session that was ended or refused it is what the
    server said last in a frame that complains. `close_code` is None while the socket was open when we let go. `granted` is None
    where the handshake was all that was asked for. `frames` are the first of a session, `→` sent and `←` received.
    """

    id: str
    of: Purpose
    kind: Literal["handshake", "rest"]
    label: str
    method: str
    url: str
    rung: Rung
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body_excerpt: str = ""
    subprotocol: str | None = None
    first_frame: str | None = None
    frames: tuple[str, ...] = ()
    granted: bool | None = None
    close_code: int | None = None
    close_reason: str | None = None
    error: str | None = None
    phases: Phases = Phases()
    elapsed_ms: float
    request_headers: tuple[tuple[str, str], ...] = ()
    credential: str | None = None
    trace_id: str | None = None
    peer: str | None = None
    via_proxy: str | None = None
    at: datetime

    @property
    def accepted(self) -> bool:
        """Whether a handshake got its 101 and was still open `ACCEPTED_AFTER_S` later (the door waits that long or longer)."""
        return is_accepted(kind=self.kind, rung=self.rung, status=self.status, open_ms=self.open_ms, granted=self.granted)

    @property
    def open_ms(self) -> float | None:
        """How long the server left the socket open after its 101; None where there was none, and where we let go first."""
        if self.rung != "session" or (self.close_code is None and self.error is None):
            return None
        phases = self.phases
        return self.elapsed_ms - sum(part or 0.0 for part in (phases.dns_ms, phases.connect_ms, phases.tls_ms, phases.upgrade_ms))

    def header(self, name: str) -> str | None:
        """The first response header of this name, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One entry of a server's log, whatever source it came from, redacted.

    `severity` is None where the entry has none. `text` is the message as one string; `payload` the structured payload
    (None for text entries). `trace_id` is 32 hex digits. `request` holds `method`, `url`, `status` (int), `latency_s` (float)
    and `user_agent` where the entry is a request entry. `layer` is who wrote it, as far as log name and resource tell.
    """

    insert_id: str
    timestamp: datetime
    received_at: datetime | None = None
    severity: str | None = None
    text: str = ""
    payload: Mapping[str, Any] | None = None
    trace_id: str | None = None
    span_id: str | None = None
    log_name: str = ""
    layer: Literal["edge", "platform", "application", "audit", "other"] = "other"
    service: str | None = None
    revision: str | None = None
    instance: str | None = None
    request: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One fact that a diagnosis may rest on: the outcome of a probe, a log entry, or something found offline.

    `factors` names what this probe changed from the configured handshake, as `{factor: value}`, with references and
    pseudonyms instead of secrets; empty for the control. `rung` is None for all but handshakes and REST, and `finding` holds
    what else is known.
    """

    id: str
    kind: Literal["handshake", "rest", "log", "offline", "config", "record"]
    factors: Mapping[str, Any]
    rung: Rung | None = None
    status: int | None = None
    close_code: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body_excerpt: str = ""
    elapsed_ms: float | None = None
    trace_id: str | None = None
    at: datetime | None = None
    finding: Mapping[str, Any] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Whether this is a handshake that was accepted; `finding.open_ms` says how long one that ended was open."""
        ended = self.close_code is not None or bool(self.finding.get("error"))
        open_ms = (self.finding.get("open_ms") or 0.0) if ended else None
        granted = self.finding.get("granted")
        return is_accepted(kind=self.kind, rung=self.rung, status=self.status, open_ms=open_ms, granted=granted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a configuration or a user's record says of the system, as a claim that handshakes bear out or contradict.

    `source` is one reading (a file, a service, a query), `place` where in it this stands (file and line, resource path), `words`
    what stands there, in one sentence without secrets; `expects` says what is seen if it is so, and `probe` what to set to see
    it. `speaks_for` and `speaks_against` are ids of causes: with one it speaks plainly, with several it narrows, with none it is
    a fact to be shown. `is_plain`: whether it is said of this very handshake; what may happen to one (a bound, a rule for some
    addresses) leads, and is not contradicted by one that passes. `user` is the subject that a record is about, None for what
    holds of everybody. `tries` are values of `alternatives` that would show whether it is so, e.g.
    `{"origins": ["https://app.staging.example"]}`: they are tried with those of the parameters. `as_of` is when it was true at
    last, None for what was read from the system itself just now; `revision` the one that it describes, where it names one.
    `answered_with`: the statuses with which the platform's own page bears it out; `elsewhere` the address that the source itself
    names, where that is not the one that is asked. `shown_by`: features of a refusal
    (`lib.whys.evidence.features.FEATURES`), of which one holds where it is so; empty where none would tell.
    `forwards`: the Host that a hop puts in place of the client's, as it can be sent past the hop. `refused_with`: the status of
    the hop's own refusal; `product` what the Server header of that begins with ("": not known).
    """

    kind: Literal["config", "record"]
    source: str
    place: str
    words: str
    speaks_for: tuple[str, ...] = ()
    speaks_against: tuple[str, ...] = ()
    is_plain: bool = True
    expects: str = ""
    probe: str = ""
    user: str | None = None
    tries: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    as_of: datetime | None = None
    revision: str | None = None
    answered_with: tuple[int, ...] = ()
    elsewhere: str = ""
    shown_by: tuple[str, ...] = ()
    forwards: str | None = None
    refused_with: int | None = None
    product: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What one case sent and received, between its own start and end (contract, section 6)."""

    connections: int = 0
    rest_requests: int = 0
    handshakes: int = 0
    frames: int = 0
    bytes_out: int = 0
    bytes_in: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One test case of a suite run. `worth` says what a pass is worth and is None for anything but a judged pass.

    `statuses` are the HTTP statuses it saw, in order; `channels` among rest, websocket, stream; `signature` is the failure's
    first line with what varies taken out; `message` the failure itself, redacted.
    """

    module: str
    name: str
    outcome: Literal["passed", "failed", "error", "skipped", "untested"]
    seconds: float
    worth: Literal["positive", "any-answer", "rejection", "no-traffic", "in-process", "replayed"] | None = None
    statuses: tuple[int, ...] = ()
    channels: tuple[str, ...] = ()
    signature: str | None = None
    message: str | None = None
    traffic: Traffic = Traffic()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One measured duration in milliseconds. `due_at` is when it should have started (open loop), else when it did.

    `block` says which of the measurement's blocks it belongs to, `floor_ms` what this machine's own floor was beside that block,
    `machine_ms` how long a fixed piece of work in another process took there: it grows where the machine is busy.
    A sample that failed has `ms` None and says why in `error`; it counts in no quantile and is shown. `loop` is how starts were
    chosen: one after another, on a schedule, or by many users at once.
    """

    figure: str
    ms: float | None
    at: datetime
    due_at: datetime | None = None
    warmup: bool = False
    trace_id: str | None = None
    error: str | None = None
    loop: Literal["closed", "open", "load"] = "closed"
    block: int = 0
    floor_ms: float | None = None
    machine_ms: float | None = None


def is_accepted(*, kind: str, rung: str | None, status: int | None, open_ms: float | None, granted: bool | None = None) -> bool:
    """Whether a handshake was accepted in the contract's sense; `open_ms` is None for a socket that the server did not end,
    `granted` where no session was asked for."""
    if kind != "handshake" or rung != "session" or status != 101 or granted is False:
        return False
    return open_ms is None or open_ms >= ACCEPTED_AFTER_S * 1000


def is_accepted_document(observation: Mapping[str, Any]) -> bool:
    """The same of an observation as it stands in a record; older ones know only the whole exchange's duration."""
    open_ms = None if observation["close_code"] is None else observation.get("open_ms", observation["elapsed_ms"]) or 0.0
    asked = {name: observation[name] for name in ("kind", "rung", "status")}
    return is_accepted(**asked, open_ms=open_ms, granted=observation.get("granted"))


def utc_now() -> datetime:
    """The clock that doors use unless they are given another: aware, in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """`2026-11-24T03:20:45.123456Z`: UTC, microseconds, the Z spelt out."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def plain(fact: Any) -> dict[str, Any]:
    """A fact as what JSON and tables can hold: dicts and lists, moments as RFC 3339."""
    return {key: _plain(value) for key, value in asdict(fact).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


LOGS_REFUSED = "the log source refused: "
"""How the documents of a round say that no entry could be read, before why."""
