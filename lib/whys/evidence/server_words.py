"""What a server says about a refusal in its own words: what it states, what it narrows to, and the values that it names.

Only words count here. What an observation says against them is for whoever compares: words that an observation contradicts
name nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lib.whys.catalogue.token import OTHER_SIGNED
from lib.whys.evidence.phrase import UNREAD, UPGRADES, Phrase
from lib.whys.evidence.server_answer import MAX_CHARACTERS, Answer, Sent, Sentence, challenges, sentences, words_of
from lib.whys.evidence.server_locations import of_location
from lib.whys.evidence.server_named import Named, named_by
from lib.whys.evidence.server_phrases import EITHER, OWN_500, PHRASES, TIMEOUTS

_HEDGED = re.compile(
    r"\b(?:(?:common|possible|likely) (?:causes?|reasons?)|one of the following|may|might|most likely|likely"
    r"|could(?!n't|n?ot\b| not\b)|possibly|perhaps|probably|maybe|either|if|"
    r"whether|unless|in case|e\.g|for example|such as|typically|"
    r"usually|often|make sure|please (?:ensure|check|verify)|check (?:that|whether|your)|"
    r"ensure|try to|learn more|should you|"
    r"in order to|to (?:open|get|obtain|use) a new)\b"
)
"""A sentence that supposes or advises has not looked which one it is."""
_EITHER = re.compile(
    r"\b(?:invalid|expired|missing|malformed|revoked|inactive|deleted|disabled|bad|wrong|"
    r"incorrect|unknown|absent|unauthori[sz]ed|suspended|"
    r"not \w+|no longer \w+)(?:,| ?/| or|, or)+ (?:is |was |has |been |an? |the )*(?:invalid|"
    r"expired|missing|malformed|revoked|inactive|deleted|"
    r"disabled|bad|wrong|incorrect|unknown|absent|unauthori[sz]ed|suspended|not|no|signed)\b"
)
_NEGATED = re.compile(
    r"(?:\b(?:not|never|no|isn't|wasn't|aren't|without|neither|nor|doesn't|didn't|rather than|"
    r"instead of)\b|n't\b)(?: \w+){0,2} ?$"
)
_DENIED = re.compile(
    r"^['\"]?(?: (?:error|check|flag|was|is))? ?[:=]? ?['\"]?(?:false|no|none|null|0|ok|"
    r"passed|succeeded)\b"
)
_SUBJECTS = (
    *("origin", "host", "ip(?: address)?", "token|jwt|credential|session|ticket", "user|account", "issuer|iss"),
    *("audience|aud", "signature", "algorithm", "permission|scope|role", "api key", "tenant", "path|route", "sub ?protocol"),
)
_A_SUBJECT = rf"({'|'.join(_SUBJECTS)})s?\b"
_OR = re.compile(rf"\b{_A_SUBJECT}(?: (?!and\b|but\b)\w+){{0,2}}(?:,? or|/) ?(?:(?!and\b|but\b|not?\b)\w+ ){{0,2}}?{_A_SUBJECT}")
_OF_A_FORM = re.compile(r"\b[cx]srf\b")
"""A form's own token, which is no credential of ours."""
BASIC = frozenset({"basic", "digest", "negotiate", "ntlm", "mutual"})
"""Schemes that carry no token of ours: whoever asks for one wants another login than the one that is configured."""
OF_A_PROOF = frozenset({"dpop", "pop", "signature", "hoba", "aws4-hmac-sha256", "gnap"})
"""Schemes that want a proof beside the token or in its place: another word before ours is not all that they want."""
MAX_NARROWED = 6


@dataclass(frozen=True)
class Statement:
    """Causes that some words can mean, the words, and where they stood."""

    causes: tuple[str, ...]
    quote: str
    where: str


@dataclass(frozen=True, kw_only=True)
class Said:
    """What an answer says. `stated` is the one cause that it states, `narrowed` several that it leaves; at most one of them.

    `hints` speak for a cause and no more (supposing words, a proxy's timeout); `named` are values that may be tried.
    """

    stated: str | None = None
    narrowed: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    named: Named = field(default_factory=Named)


def said_by(answer: Answer, sent: Sent) -> Said:
    """What this answer says of the handshake that it answered."""
    stated: list[Statement] = []
    hints: list[str] = []
    lines = sentences(answer, sent)
    for line in lines:
        told = _of_sentence(line, answer, sent)
        for statement in told:
            hints.extend(statement.causes) if _supposes(line, told) else stated.append(statement)
        if TIMEOUTS.search(line.quote):
            hints.append("handler-hangs")
    if OWN_500.search(answer.body[:MAX_CHARACTERS]):
        hints.append("auth-service-down")
    stated += _beside(stated, _of_status(answer))
    if not any(set(one.causes) <= _TOKEN_WAS_READ for one in stated):
        stated += _of_challenges(answer, sent)
    moved = of_location(answer, sent)
    if moved:
        stated.append(Statement(moved, f"Location: {answer.headers['location']}", "Location"))
    stated += _of_versions(answer)
    if (
        not stated
        and sent.session == "graphql-transport-ws"
        and answer.close_code == 4400
        and _OF_A_MESSAGE.search(answer.close_reason)
    ):
        quote = f"close code 4400 {answer.close_reason}".strip()  # the protocol's code for a message that it does not take
        stated.append(Statement(("first-message-missing",), quote, "close code"))
    if not sent.has_credential:
        stated = [_without_credential(one) for one in stated]
    causes = _agreed(stated)
    kept = tuple(one for one in stated if set(one.causes) & set(causes))
    return Said(
        stated=causes[0] if len(causes) == 1 else None,
        narrowed=causes if 1 < len(causes) <= MAX_NARROWED else (),
        hints=tuple(dict.fromkeys(name for name in hints if name not in causes)),
        statements=kept,
        named=named_by(answer, sent, lines),
    )


def said_of_user(body: str) -> Said:
    """What REST's answer to the same credential says of the user: a profile that is inactive, or without WebSockets."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return Said()
    found = [
        Statement((cause,), f"{key}: {json.dumps(value)}", "REST")
        for key, value in _fields(document)
        for cause in _of_field(key, value)
    ]
    causes = _agreed(found)
    return Said(
        stated=causes[0] if len(causes) == 1 else None, narrowed=causes if len(causes) > 1 else (), statements=tuple(found)
    )


def _fields(value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and depth < 3:
        for key, inner in value.items():
            if isinstance(inner, dict):
                # A profile's own members, or those of its user: not of whoever else stands in it.
                if re.fullmatch(
                    r"user|data|profile|account|result|permissions|features|capabilities|entitlements", str(key), re.I
                ):
                    yield from _fields(inner, depth + 1)
            else:
                yield str(key), inner


def _of_field(key: str, value: Any) -> Iterator[str]:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()
    if re.fullmatch(r"(?:is_|user_|account_)?(?:active|enabled)", name) and value is False:
        yield "user-inactive"
    if re.fullmatch(r"(?:is_)?(?:disabled|suspended|banned|deactivated|locked|blocked)", name) and value is True:
        yield "user-inactive"
    states = ("inactive", "disabled", "suspended", "banned", "deactivated", "locked", "blocked")
    if re.fullmatch(r"(?:account_|user_)?(?:status|state)", name) and isinstance(value, str) and value.lower() in states:
        yield "user-inactive"
    if (
        re.fullmatch(
            r"(?:can_|has_|allow_|allows_)?(?:use_|open_)?(?:web_?sockets?|ws|realtime)(?:_(?:enabled|"
            r"allowed|access))?",
            name,
        )
        and value is False
    ):
        yield "permission-missing"


def _of_sentence(line: Sentence, answer: Answer, sent: Sent) -> list[Statement]:
    causes = [_in_context(each, line, answer, sent) for each in _meant(line.words)]
    return [Statement(each, line.quote, line.where) for each in dict.fromkeys(causes) if each]


@lru_cache(maxsize=1024)  # the same answer is heard many times in an investigation
def _meant(words: str) -> tuple[tuple[str, ...], ...]:
    """What the phrases in a sentence mean, each by itself; the one that offers several explanations alone."""
    for phrase in EITHER:
        if phrase.pattern.search(words):
            return (phrase.causes,)
    if _EITHER.search(words) or _OF_A_FORM.search(words):
        return ()
    return tuple(phrase.causes for phrase in PHRASES if _says(phrase, words))


def _says(phrase: Phrase, words: str) -> bool:
    return any(
        not _NEGATED.search(words[: match.start()]) and not _DENIED.search(words[match.end() :])
        for match in phrase.pattern.finditer(words)
    )


def _supposes(line: Sentence, told: list[Statement]) -> bool:
    """Whether a sentence supposes, asks, or speaks of one thing and leaves open whether it was not another."""
    return (
        bool(_HEDGED.search(line.words))
        or (line.quote.endswith("?") and "did you mean" not in line.words)
        or ([len(one.causes) for one in told] == [1] and _is_disjoined(line.words))
    )


def _is_disjoined(words: str) -> bool:
    """Whether two things are named of which either may be wrong: `Invalid origin or token`."""
    return any(_kind(found[1]) != _kind(found[2]) for found in _OR.finditer(words))


def _kind(subject: str) -> int:
    return next(place for place, names in enumerate(_SUBJECTS) if re.fullmatch(f"(?:{names})s?", subject))


def _beside(stated: list[Statement], by_status: list[Statement]) -> list[Statement]:
    """What a status says that leaves several: nothing beside words that say something else."""
    named = {name for one in stated for name in one.causes}
    return [one for one in by_status if not named or len(one.causes) == 1 or named & set(one.causes)]


_SESSION_ONLY = frozenset({"first-message-missing", "idle-closed"})
_OF_A_MESSAGE = re.compile(
    r"^\s*$|\b(?:init\w*|connection_init|message|payload)\b(?!.{0,40}\b(?:jwt|token|credential))", re.IGNORECASE
)
_SIGNED = "|".join(OTHER_SIGNED)
_OF_ANOTHER_SIGNATURE = re.compile(
    rf"\b(?:{_SIGNED}|x)(?:'s)? (?:(?!token|jwt|jws)\w+ )?signature|"
    rf"(?<!token )(?<!jwt )(?<!jws )\bsignature (?:of|for|on|in) (?:(?:the|this|an?|your) )?(?:(?!token|jwt)\w+ )?(?:{_SIGNED})\b"
)
_OF_A_CERTIFICATE = re.compile(r"\bcert(?:ificate)?s?\b(?!.{0,20}\bbound\b)|\bx\.?509\b|\bissuer (?:ca|dn)\b")
_TLS_ONLY = frozenset({"certificate-refused"})


def _in_context(causes: tuple[str, ...], line: Sentence, answer: Answer, sent: Sent) -> tuple[str, ...]:
    """What the words mean at the stage and for the request at hand; nothing where they cannot be meant."""
    if _SESSION_ONLY & set(causes) and not answer.in_session and answer.close_code is None and line.where != "close reason":
        return ()
    if _TLS_ONLY & set(causes) and line.where != "handshake":
        return ()
    if causes == ("route-missing",) and answer.in_session:
        return ("first-message-missing",)  # what the message asks for is not there: a namespace, a channel
    if causes == ("server-error",) and not _failed(answer):
        return ()
    if causes == ("wrong-scheme",) and "forwarded" in line.words:
        return ()  # the forwarded scheme is what is spoken of
    if causes == ("wrong-scheme",) and sent.scheme == "wss":
        return ("forwarded-refused",)  # TLS reached the edge; what is behind it was told otherwise
    if causes == ("host-refused",) and (foreign := _foreign_host(line.words, sent)) is not None:
        return ("forwarded-refused",) if foreign else causes
    if causes == ("secret-mismatch",) and _OF_ANOTHER_SIGNATURE.search(line.words):
        return ()  # a request, a cookie or a file was signed, and not with our token
    if causes in (("issuer-mismatch",), ("audience-mismatch",)) and _OF_A_CERTIFICATE.search(line.words):
        return ()
    if causes == ("origin-refused",) and _foreign_host(words_of(answer.body[:600] or line.quote, sent), sent):
        return ("origin-refused", "forwarded-refused")
    if causes == ("credential-carrier",) and not sent.has_credential:
        return ("credential-absent",)
    return causes


def _failed(answer: Answer) -> bool:
    return (answer.status or 0) >= 500 or answer.close_code == 1011


_NAMED_HOST = re.compile(
    r"\bhosts?(?:name)?\b(?: header)?:? ?\(?(?:['\"](~|[\w-]+(?:\.[\w-]+)*)(?::\d+)?['\"]|['\"]?(~|[\w-]+(?:\.[\w-]+)+))"
)


def _foreign_host(words: str, sent: Sent) -> bool | None:
    """Whether the words name a Host that is not ours; None where they name none."""
    named = _NAMED_HOST.search(words)
    if named is None or not sent.host:
        return None
    host = named[1] or named[2]
    return host != "~" and host != sent.host.lower().replace("-", " ")


_BY_STATUS: Mapping[int, tuple[str, ...]] = {
    407: ("client-proxy",),
    414: ("request-too-large",),
    421: ("host-refused",),
    426: (*UPGRADES, "protocol-version"),
    429: ("rate-limited", "connection-limit"),
    431: ("request-too-large",),
    494: ("request-too-large",),
    495: ("client-certificate-missing",),
    496: ("client-certificate-missing",),
    497: ("wrong-scheme",),
    511: ("client-proxy",),
}
"""Statuses that say by themselves what they are about."""
_BY_CODE: Mapping[int, tuple[str, ...]] = {4406: ("subprotocol-refused",), 4408: ("first-message-missing",)}
"""Close codes of graphql-transport-ws, which say what they are about where it is spoken."""


def _of_status(answer: Answer) -> list[Statement]:
    found = []
    if answer.status is not None and answer.status in _BY_STATUS:
        found.append(Statement(_BY_STATUS[answer.status], f"HTTP {answer.status}", "status"))
    if answer.headers.get("x-squid-error"):
        found.append(Statement(("client-proxy",), f"X-Squid-Error: {answer.headers['x-squid-error']}", "X-Squid-Error"))
    if answer.headers.get("x-goog-iap-generated-response") == "true":
        found.append(Statement(("edge-policy",), "X-Goog-IAP-Generated-Response: true", "X-Goog-IAP-Generated-Response"))
    if answer.status == 403 and answer.headers.get("server", "").lower() == "akamaighost":
        found.append(Statement(("edge-policy",), "Server: AkamaiGHost", "Server"))
    if answer.headers.get("cf-mitigated"):
        found.append(Statement(("edge-policy",), f"cf-mitigated: {answer.headers['cf-mitigated']}", "cf-mitigated"))
    code = answer.close_code
    if code is not None and code in _BY_CODE and (answer.close_reason or code == 4408):
        found.append(Statement(_BY_CODE[code], f"close code {code}", "close code"))
    return found


def _of_versions(answer: Answer) -> list[Statement]:
    """A refusal that lists the versions of WebSocket which are spoken, and ours is not among them."""
    versions = answer.headers.get("sec-websocket-version", "")
    if not versions or answer.status == 101 or "13" in re.findall(r"\d+", versions):
        return []
    return [Statement(("protocol-version",), f"Sec-WebSocket-Version: {versions}", "Sec-WebSocket-Version")]


_TOKEN_WAS_READ = frozenset(
    {
        *("token-expired", "clock-skew", "issuer-mismatch", "audience-mismatch", "secret-mismatch", "algorithm-mismatch"),
        *("claim-missing", "wrong-token", "token-reuse", "user-unknown", "user-inactive", "permission-missing"),
    }
)
"""Who says this has understood the word before the token, whatever scheme the challenge names."""


def _of_challenges(answer: Answer, sent: Sent) -> list[Statement]:
    if answer.status not in (401, 403) or sent.carrier not in (None, "authorization"):
        return []
    offered = challenges(answer.headers.get("www-authenticate", ""))
    quote = f"WWW-Authenticate: {answer.headers.get('www-authenticate', '')}"[:300]
    words = {challenge.scheme.lower() for challenge in offered}
    if not offered or not sent.has_credential or sent.word is None or sent.word.lower() in words:
        return []
    if words & OF_A_PROOF:
        return [Statement(("credential-malformed", "wrong-token"), quote, "WWW-Authenticate")]
    if words & BASIC:
        return [Statement(("credential-malformed", "edge-policy"), quote, "WWW-Authenticate")]
    return [Statement(("credential-malformed",), quote, "WWW-Authenticate")]


def _without_credential(one: Statement) -> Statement:
    """Where none was sent, a server that found none says just that."""
    return Statement(("credential-absent",), one.quote, one.where) if set(one.causes) <= set(UNREAD) else one


def _agreed(statements: list[Statement]) -> tuple[str, ...]:
    """What all statements have in common; where they have nothing, each of the most precise ones."""
    if not statements:
        return ()
    ordered = sorted(statements, key=lambda one: len(one.causes))
    common = [name for name in ordered[0].causes if all(name in one.causes for one in ordered)]
    if common:
        return tuple(common)
    kept: list[tuple[str, ...]] = []
    for one in ordered:
        overlap = next((place for place, held in enumerate(kept) if set(held) & set(one.causes)), None)
        if overlap is None:
            kept.append(one.causes)
        else:
            kept[overlap] = tuple(name for name in kept[overlap] if name in one.causes)
    return tuple(dict.fromkeys(name for held in kept for name in held))
