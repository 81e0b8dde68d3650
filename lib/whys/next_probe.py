"""What to ask next where the evidence leaves several causes open: values that can be tried as they stand, or one command.

Each suggestion names the factors that it changes; the causes that one of them lifts are what it splits off. Nothing is suggested
that is configured or was asked already, nor what does not fit the configured credential.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lib.parameters.hosts import bracketed
from lib.sessions import scripts
from lib.whys.catalogue.factors import OF_ANOTHER_LOGIN, OF_CONDUCT
from lib.whys.catalogue.index import CATALOGUE
from lib.whys.context import Context
from lib.whys.diagnosis import NextProbe
from lib.whys.evidence.elimination import lifted_by
from lib.whys.probes import accepted, holds
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.location import strangers_factors

CARRIERS = ("authorization", "query", "cookie", "subprotocol")
SCHEMES = ("Bearer", "JWT", "Token")
PATHS = ("/ws", "/ws/", "/websocket", "/socket.io/?EIO=4&transport=websocket", "/graphql", "/cable")
SUBPROTOCOLS = ("graphql-transport-ws", "graphql-ws", "actioncable-v1-json", "v12.stomp", "mqtt")
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
MOST_NAMED = 5
"""So many causes are named where an outcome is explained; `splits` has them all."""
CALM_MS = 2_000
"""A pause between handshakes that most limits a second or two long allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Parameters to add, or a command, and the factors that this changes (none: it reads, and tells of every cause)."""

    factors: tuple[str, ...] = ()
    set: Mapping[str, Any] | None = None
    command: tuple[str, ...] | None = None
    first: str = ""
    """What has to be done before, in words."""
    foremost: bool = False
    """It is what goes wrong most often here, and costs nothing to try."""
    tells: tuple[str, ...] = ()
    """Causes that it tells of although no factor of a handshake lifts them."""
    named: bool = False
    """Whether the server itself names it: then it is asked before all guesses."""
    is_record: bool = False
    """Whether it reads what is configured or who the user is, which names each of those that it tells and none of the others."""

    @property
    def reads_all(self) -> bool:
        """Whether it reads what may tell of every cause."""
        return not (self.factors or self.tells)


def next_probe(inquiry: Inquiry, candidates: Sequence[str], led: Sequence[str] = (), *, proved: bool = False) -> NextProbe | None:
    """The suggestion that splits the candidates best, those that something speaks for first; None where none is known.

    `proved`: which change opens it is known, and another value of one factor that all candidates share tells nothing more.
    """
    ranked: list[tuple[tuple[bool, bool, bool, float, int], Suggestion, tuple[str, ...]]] = []
    for place, one in enumerate(_suggestions(inquiry)):
        told = set(candidates) if one.reads_all else {*lifted_by(*one.factors), *one.tells}
        if one.factors == OF_ANOTHER_LOGIN:
            told = {name for name in told if CATALOGUE[name].layer in ("token", "user")}
        splits = tuple(name for name in candidates if name in told)
        again = proved and len(one.factors) == 1 and len(splits) == len(candidates)
        if len(splits) > one.is_record and not again:
            aside = bool(led) and not set(led) & set(splits)
            uneven = float(len(candidates)) if one.reads_all else abs(len(splits) - len(candidates) / 2)
            uneven = (len(candidates) - len(splits)) / 2 if one.is_record else uneven
            ranked.append(((not one.named, aside, not one.foremost, uneven, place), one, splits))
    if not ranked:
        return None
    _, best, splits = min(ranked, key=lambda item: item[0])
    varies = any(accepted(seen) for seen in inquiry.log.controls()) and bool(inquiry.log.refused_controls())
    return NextProbe(set=best.set, command=best.command, splits=splits, reads=_reads(best, splits, varies=varies))


def _reads(one: Suggestion, splits: Sequence[str], *, varies: bool) -> str:
    before = f"{one.first}; " if one.first else ""
    if one.is_record:
        return f"{before}what is recorded there, and agrees with the handshakes, names which of {', '.join(splits)} it is"
    if one.reads_all:
        return f"{before}a line of the server about a refused handshake names which of {_in_short(splits)} it is"
    named = f"it is {splits[0]}" if len(splits) == 1 else f"it is one of {_in_short(splits)}"
    if varies and one.factors and set(one.factors) <= set(OF_CONDUCT):
        return (
            f"{before}no refusal in as many handshakes: {named}; some refused as before: it is none of these, or not this alone"
        )
    return f"{before}accepted: {named}; refused as before: none of these values is what the server wants, and nothing is excluded"


def _in_short(names: Sequence[str]) -> str:
    """A few names, or the first of many and how many there are."""
    return ", ".join(names) if len(names) <= MOST_NAMED else f"{', '.join(names[:3])} and {len(names) - 3} more"


def _suggestions(inquiry: Inquiry) -> Iterator[Suggestion]:
    yield from _of_the_place_named(inquiry)
    yield from _of_the_credential(inquiry)
    yield from _of_the_request(inquiry)
    if inquiry.context.session is None:
        yield _of_the_session(inquiry.context)
    context = inquiry.context
    if context.spacing_ms < CALM_MS:
        longer = {"budget.seconds": round(max(context.seconds, 30 * CALM_MS / 1000) * 2)}
        yield Suggestion(factors=("spacing",), set={"budget.spacing_ms": CALM_MS, **longer})
    yield Suggestion(factors=("moment",), set={"budget.seconds": round(context.seconds * 4)})
    yield from _of_evidence(inquiry)
    yield from _of_logs(inquiry)


def _of_the_credential(inquiry: Inquiry) -> Iterator[Suggestion]:
    context = inquiry.context
    if context.credential in ("minted", "given"):
        carriers = [name for name in CARRIERS if name != context.carrier and not _asked(inquiry, "carrier", name)]
        if carriers:
            # No browser sends an Authorization header with a handshake, so few services that browsers use read it there alone.
            pasted = context.credential == "given" and context.carrier == "authorization"
            named = "-p token.carrier_name NAME beside it where the parameter or cookie is not called token" if pasted else ""
            yield Suggestion(factors=("carrier",), set={"alternatives.carriers": carriers}, foremost=pasted, first=named)
        schemes = [name for name in SCHEMES if name != context.word and not _asked(inquiry, "scheme", name)]
        if context.carrier == "authorization" and schemes:
            yield Suggestion(factors=("scheme",), set={"alternatives.schemes": schemes})
    if context.credential == "minted":
        audiences = [f"https://{context.host}", context.host]
        audiences = [name for name in audiences if not _asked(inquiry, "claims.aud", name) and context.claims.get("aud") != name]
        if audiences:
            yield Suggestion(factors=("aud",), set={"alternatives.claims": {"aud": audiences}})
    if context.credential != "fixed" and not any(change.factor == "issued" for change in context.changes):
        name = f"TOKEN_{_variable(context.environment)}"
        key = "alternatives.tokens" if context.credential == "given" else "token.issued"
        value = [f"env:{name}"] if context.credential == "given" else f"env:{name}"
        factors = ("credential",) if context.credential == "none" else OF_ANOTHER_LOGIN
        first = f"export {name} with a token that the real login issued"
        yield Suggestion(factors=factors, set={key: value}, first=first)


def _of_the_place_named(inquiry: Inquiry) -> Iterator[Suggestion]:
    """The other host that a redirect names: with the credential it is asked once somebody lists it."""
    factors, context = strangers_factors(inquiry), inquiry.context
    if factors is None or factors["host"] in context.hosts:
        return
    host = bracketed(urlsplit(str(factors["host"])).hostname or "")
    refused = any(seen.factors == factors for seen in inquiry.log.unsent())
    allowed = {"target.allow_hosts": [*context.permitted, host]} if refused else {}
    path = {"alternatives.paths": [factors["path"]]} if factors["path"] != context.ws_path else {}
    first = f"if {host} may have the credential"
    yield Suggestion(factors=("host",), set={**allowed, "alternatives.hosts": [factors["host"]], **path}, first=first, named=True)


def _of_the_request(inquiry: Inquiry) -> Iterator[Suggestion]:
    context = inquiry.context
    origins = [name for name in _origins(context.host, context.scheme) if name != context.origin]
    if left := [name for name in origins if not _asked(inquiry, "origin", name)]:
        yield Suggestion(factors=("origin",), set={"alternatives.origins": left})
    offered = [name for name in SUBPROTOCOLS if name not in context.subprotocols]
    if left := [name for name in offered if not _asked(inquiry, "subprotocols", [name])]:
        yield Suggestion(factors=("subprotocols",), set={"alternatives.subprotocols": [[name] for name in left]})
    if left := [path for path in PATHS if path != context.ws_path and not _asked(inquiry, "path", path.partition("?")[0])]:
        yield Suggestion(factors=("path",), set={"alternatives.paths": left})
    if not _asked(inquiry, "headers.User-Agent"):
        yield Suggestion(factors=("client_header",), set={"alternatives.headers": [{"User-Agent": BROWSER}]})
    bare = context.host.rpartition("@")[2].partition(":")[0]
    names = [name for name in (bare, "localhost") if name != context.host and not _asked(inquiry, "host_header", name)]
    if names:
        yield Suggestion(factors=("host_header",), set={"alternatives.host_headers": names})


def _of_the_session(context: Context) -> Suggestion:
    """What is said first in a session: as the protocol on offer or the path has it, else a message to be put there."""
    known = next((name for name, offer in scripts.SUBPROTOCOLS.items() if offer in context.subprotocols), None)
    if known is None and "socket.io" in context.ws_path:
        known = "socket.io"
    has_token = context.credential in ("minted", "given")
    if known is not None:
        payload = {"payload": {"token": "{token}"}} if has_token and known != "actioncable" else {}
        return Suggestion(tells=("first-message-missing",), set={"session": {"protocol": known, **payload}})
    said = {"type": "auth", **({"token": "{token}"} if has_token else {})}
    first = "write the message there that the service's own client sends first, as a browser's network tab shows it"
    return Suggestion(tells=("first-message-missing",), set={"session": {"send": [said]}}, first=first)


def _origins(host: str, scheme: str) -> list[str]:
    """The origins from which such a host is usually called: its own front ends, or a developer's."""
    name, _, port = host.rpartition("@")[2].partition(":")
    labels = name.split(".")
    secure = "https" if scheme == "wss" else "http"
    if len(labels) < 3 or labels[-1].isdigit():
        return ["http://localhost:3000", *([f"https://{name}"] if port or scheme == "ws" else [])]
    domain = ".".join(labels[1:])
    return [f"{secure}://{front}" for front in (f"app.{domain}", domain, f"www.{domain}") if front != host]


def _of_evidence(inquiry: Inquiry) -> Iterator[Suggestion]:
    """The users' records and the configuration, where neither is read yet nor could not be."""
    given = {str(seen.factors.get("left out")) for seen in inquiry.log.all}
    given |= {{"record": "evidence.users", "config": "evidence.configuration"}.get(seen.kind, "") for seen in inquiry.log.all}
    if "evidence.users" not in given:
        name = f"{_variable(inquiry.context.environment)}_USERS_DATABASE"
        query = "SELECT active, websocket, roles FROM users WHERE id = :user"
        first = f"export {name} with the address of the database that the service reads, and write its own columns into the query"
        yield Suggestion(
            tells=OF_USERS, is_record=True, set={"evidence.users": {"url": f"env:{name}", "query": query}}, first=first
        )
    if not any(one.startswith("evidence.configuration") for one in given):
        export = _export(next((seen.headers.get("server", "") for seen in inquiry.log.refused_controls()), ""))
        where = {"evidence.configuration": [{"path": export.rpartition(" ")[2]}]}
        yield Suggestion(tells=OF_CONFIGURATION, is_record=True, set=where, first=f"at the project's root: {export}")


OF_USERS = ("user-unknown", "user-inactive", "permission-missing")
OF_CONFIGURATION = (
    *("edge-blocks-upgrade", "edge-strips-credential", "edge-policy", "host-refused", "route-missing", "origin-refused"),
    *("subprotocol-refused", "secret-mismatch", "algorithm-mismatch", "issuer-mismatch", "audience-mismatch", "mixed-revisions"),
    *("client-certificate-missing", "request-too-large", "rate-limited", "forwarded-refused"),
)
"""What a user's record and what a configuration can tell."""


def _export(server: str) -> str:
    """How what is deployed is written to a file, by what answers."""
    if "nginx" in server:
        return "nginx -T > deployed.conf"
    if "envoy" in server:
        return "cp /etc/envoy/envoy.yaml deployed.yaml"
    if "google" in server.lower():
        return "gcloud run services describe SERVICE --region=REGION --format=yaml > deployed.yaml"
    return "kubectl get ingress,service,deployment --output=yaml > deployed.yaml"


def _variable(environment: str) -> str:
    """An environment's name as a part of a variable's."""
    return "".join(char if char.isalnum() else "_" for char in environment.upper())


def _of_logs(inquiry: Inquiry) -> Iterator[Suggestion]:
    """What the servers wrote of a refused handshake, where no log is read yet."""
    if inquiry.context.has_logs:
        return
    refused = next((seen for seen in inquiry.log.refused_controls() if seen.trace_id), None)
    if refused and "google" in refused.headers.get("server", "").lower():
        command = ("gcloud", "logging", "read", f'trace:"{refused.trace_id}"', "--freshness=1h", "--limit=50")
        yield Suggestion(command=command)
        return
    local = inquiry.context.host.partition(":")[0] in ("localhost", "127.0.0.1", "[")
    read = ["docker", "compose", "logs", "--no-color", "--since", "10m"]
    if not local:
        read = ["kubectl", "logs", "--since=10m", "--all-containers", "--prefix", "--selector=app"]
    where = "where it runs in containers here" if local else "where it runs in Kubernetes"
    yield Suggestion(set={"logs.source": "command", "logs.command": read}, first=where)


def _asked(inquiry: Inquiry, factor: str, *value: Any) -> bool:
    """Whether a value of this factor (without one: any) was on offer or was sent."""
    known = [change.factors for change in inquiry.context.changes]
    known += [seen.factors for seen in inquiry.log.handshakes()]
    if not value:
        return any(factor in factors for factors in known)
    return any(holds(factors, {factor: value[0]}) for factors in known)
