"""What the services behind the two addresses are set up for: who may reach them, what they read, how they are spoken to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from lib.configuration.prediction import Asked, Finding, Kind
from lib.configuration.serving import pair_of_services, told_elsewhere
from lib.configuration.shape import Allowed, Configuration, Place, Revision, Secret, Service, Setting

_OF_TOKENS = re.compile(r"jwt|token|auth|secret|sign|key|hmac|jwks|session", re.IGNORECASE)
_SIGNS = re.compile(r"jwt|jwks|hmac|sign|token|(?:^|_)auth_?(?:secret|key)|^secret(?:_key)?$", re.IGNORECASE)
"""Names that say that tokens are signed or verified with what they hold; others may be any key to anything."""
_CAUSE_OF = {"algorithm": "algorithm-mismatch", "issuer": "issuer-mismatch", "audience": "audience-mismatch"}
_IDENTIFIER = re.compile(r"(?:https://)?[a-z]{1,16}(?:[.-][a-z]{1,16}){0,5}/?")
"""An issuer or audience that is an address or plain words, and no value that somebody drew at random."""
MOST_TRIED = 2
_CLAIM_OF = {"issuer": "iss", "audience": "aud"}


def of_services(configuration: Configuration, asked: Asked) -> Iterator[Finding]:
    """The findings about the WebSocket's service, alone and beside REST's."""
    socket, rest = pair_of_services(configuration, asked.websocket, asked.rest)
    if socket is None:
        return
    serving = [one.name for one in socket.revisions if one.percent]
    revision = serving[0] if len(serving) == 1 and serving != ["latest"] else None
    found = [*_of_one(socket, asked), *(_secrets(socket, rest) if rest is not None and rest.name != socket.name else ())]
    elsewhere = told_elsewhere(configuration, socket, asked.websocket)
    if rest is not None and asked.rest and not elsewhere and any(one.cause == "secret-mismatch" for one in found):
        elsewhere = told_elsewhere(configuration, rest, asked.rest)
    yield from (replace(one, revision=revision, elsewhere=elsewhere) for one in found)


def _of_one(service: Service, asked: Asked) -> Iterator[Finding]:
    yield from _reached(service, asked)
    yield from _spoken_to(service, asked)
    yield from _revisions(service)
    for one in service.allowed:
        yield from _allowed(one, asked)
    for setting in service.settings:
        yield from _setting(setting, asked)


def _reached(service: Service, asked: Asked) -> Iterator[Finding]:
    refused = "every handshake is refused with the platform's own page, whatever it carries, and the service's log is silent"
    if service.ingress in ("internal", "internal-and-load-balancer"):
        # A service that is gone gets the same page: it speaks only of one that is told to be at this very host.
        is_here = asked.websocket.host in {host.partition(":")[0] for host in service.hosts}
        through = " and through the load balancer" if service.ingress == "internal-and-load-balancer" else ""
        yield Finding(
            kind="ingress",
            cause="edge-policy",
            place=str(service.ingress_at or service.place),
            predicts=refused,
            is_plain=service.ingress == "internal",
            answered_with=(404,) if is_here else (),
            words=f"the ingress of {service.name} is {service.ingress}: reached from inside{through} alone",
        )
    if service.invoker == "some":
        yield Finding(
            kind="invoker",
            cause="edge-policy",
            place=str(service.invoker_at or service.place),
            predicts=refused,
            answered_with=(401, 403),
            words=f"{service.name} has no invoker for everybody (allUsers with roles/run.invoker): an identity is checked first",
        )
    if service.identity_proxy_at:
        yield Finding(
            kind="identity-proxy",
            cause="edge-policy",
            place=str(service.identity_proxy_at),
            words=f"an identity proxy stands in front of {service.name}",
            predicts="the answer is the identity proxy's own: a redirect to its login, or invalid credentials in its words",
        )


def _spoken_to(service: Service, asked: Asked) -> Iterator[Finding]:
    if service.http == "2":
        yield Finding(
            kind="service-http-2",
            cause="edge-blocks-upgrade",
            place=str(service.http_at or service.place),
            words=f"{service.name} is spoken to in HTTP/2 end to end (h2c), which has no Upgrade",
            predicts="the handshake gets the answer of a plain GET, or none; REST works",
        )
    if asked.idle_s is not None and service.timeout_s is not None and service.timeout_s <= asked.idle_s:
        yield Finding(
            kind="request-timeout",
            cause="idle-closed",
            place=str(service.timeout_at or service.place),
            words=f"{service.name} ends every request, WebSockets too, after {service.timeout_s:g} s",
            predicts=f"a session is ended after {service.timeout_s:g} s",
            probe=f"target.idle_s: {service.timeout_s + 5:g}",
        )


def _by_variable(secrets: tuple[Secret, ...]) -> Mapping[str, Secret]:
    return {secret.variable: secret for secret in secrets}


def _revisions(service: Service) -> Iterator[Finding]:
    serving = [one for one in service.revisions if one.percent]
    if len(serving) < 2:
        return
    shares = " and ".join(f"{one.percent:g}% to {one.name}" for one in serving[:4])
    told = [one for one in serving if one.secrets or one.variables]
    words, place, plain = f"the traffic of {service.name} is split, {shares}", serving[0].place, False
    for one in told[1:]:
        if found := _difference(told[0], one):
            words, place, plain = f"{words}, and they read {found[0]}", found[1], True
            break
    else:
        words += ", which read the same secrets" if len(told) == len(serving) else "; what each reads is not told"
    if len(told) == len(serving) and not plain:
        return
    yield Finding(
        kind="split-traffic",
        cause="mixed-revisions",
        place=str(place),
        words=words,
        is_plain=plain,
        predicts=f"of many handshakes about {serving[0].percent:g}% or {serving[-1].percent:g}% are refused",
        probe="more handshakes (budget.handshakes)",
    )


def _difference(one: Revision, other: Revision) -> tuple[str, Place] | None:
    left, right = _by_variable(one.secrets), _by_variable(other.secrets)
    for name in (*left, *(name for name in right if name not in left)):
        a, b = left.get(name), right.get(name)
        if (a and a.identity) != (b and b.identity):
            return f"{name} from {told(a)} and from {told(b)}", (a or b or one).place
    return None


def told(secret: Secret | None) -> str:
    """A secret's name and version, as a reader is told of them."""
    if secret is None:
        return "nothing"
    return f"{secret.name} version {secret.version}" if secret.version else secret.name


def _secrets(socket: Service, rest: Service) -> Iterator[Finding]:
    """What the two services read differently under one name, or under names that tell of tokens where none is shared."""
    ours, theirs = _by_variable(socket.secrets), _by_variable(rest.secrets)
    shared = [name for name in ours if name in theirs]
    for name in shared:
        if ours[name].identity != theirs[name].identity:
            yield _mismatch(
                "secret-version",
                f"{name} is {told(ours[name])} in {socket.name} and {told(theirs[name])} in {rest.name}",
                ours[name],
                theirs[name],
            )
    tokens = [secret for name, secret in ours.items() if name not in shared and _OF_TOKENS.search(name)]
    others = [secret for name, secret in theirs.items() if name not in shared and _OF_TOKENS.search(name)]
    if len(tokens) == 1 and len(others) == 1 and tokens[0].identity != others[0].identity:
        ours_told, theirs_told = (f"{told(one)} as {one.variable}" for one in (tokens[0], others[0]))
        words = f"{socket.name} reads {ours_told}, {rest.name} reads {theirs_told}"
        yield _mismatch("secret-name", words, tokens[0], others[0])


def _mismatch(kind: Kind, words: str, one: Secret, other: Secret) -> Finding:
    return Finding(
        kind=kind,
        cause="secret-mismatch",
        place=f"{one.place} and {other.place}",
        words=words,
        predicts="REST accepts the token that the WebSocket refuses; signed with the other key the WebSocket accepts it",
        probe="alternatives.secrets with the key that the other one reads",
        # The latest version may be the very one that the other service reads by its number.
        is_plain=all(_SIGNS.search(secret.variable) for secret in (one, other))
        and not (one.name == other.name and "latest" in (one.version, other.version)),
    )


def _allowed(one: Allowed, asked: Asked) -> Iterator[Finding]:
    wanted = asked.origin if one.of == "origins" else asked.websocket.host
    if wanted is None or any(_listed(wanted, item) for item in one.values):
        return
    cause, factor = ("origin-refused", "origins") if one.of == "origins" else ("host-refused", "host_headers")
    yield Finding(
        kind="origins-list" if one.of == "origins" else "hosts-list",
        cause=cause,
        place=str(one.place),
        words=f"{wanted} is not among the {one.of} that {one.variable} lists ({len(one.values)})",
        predicts="the handshake passes with one that is listed",
        probe=f"alternatives.{factor} with one that is listed there",
        tries={factor: tuple(item for item in one.values if "*" not in item and not item.startswith("."))[:MOST_TRIED]},
    )


def _listed(wanted: str, item: str) -> bool:
    item, wanted = item.rstrip("/").lower(), wanted.rstrip("/").lower()
    if item in ("*", wanted):
        return True
    if item.startswith(".") and (wanted == item[1:] or wanted.endswith(item)):
        return True
    return re.fullmatch(re.escape(item).replace(r"\*", r"[^/]{0,200}"), wanted) is not None


def _setting(setting: Setting, asked: Asked) -> Iterator[Finding]:
    ours = asked.algorithm if setting.of == "algorithm" else asked.claims.get(_CLAIM_OF[setting.of])
    if not ours or setting.value in (ours if isinstance(ours, list) else [ours]):
        return
    # An algorithm, a public address and plain words may be tried; what else a variable holds is nobody's to write down.
    factor = "algorithms" if setting.of == "algorithm" else f"claims.{_CLAIM_OF[setting.of]}"
    yield Finding(
        kind=setting.of,
        cause=_CAUSE_OF[setting.of],
        place=str(setting.place),
        words=f"{setting.variable} names another {setting.of} than that of the configured token",
        predicts="a token with the one that is named there is accepted",
        probe=f"alternatives.{factor} with the one that is named there",
        tries={factor: (setting.value,)} if setting.of == "algorithm" or _IDENTIFIER.fullmatch(setting.value) else {},
    )
