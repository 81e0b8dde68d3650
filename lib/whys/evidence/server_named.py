"""Values that a refusal names and that can therefore be tried: schemes, subprotocols, places, headers, claims, versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from lib.whys.evidence.server_answer import Answer, Sent, Sentence, challenges
from lib.whys.evidence.server_locations import REDIRECTS

_ID = r"['\"`]?([A-Za-z][\w.+-]*[\w])['\"`]?"
_SUBPROTOCOL = (
    re.compile(rf"\bsub-?protocols?:? {_ID} (?:is |was )?(?:required|needed|expected|missing|must)", re.I),
    re.compile(
        r"\bsub-?protocols?\b[^.]{0,40}?(?:required|expected|supported|accepted|one of|must be|"
        r"use|offer)(?: is| are)?:? \[?['\"`]?([A-Za-z][\w.+-]*\w)",
        re.I,
    ),
    re.compile(
        rf"\b(?:required|expected|expects|requires?|needs?|must offer|offer) (?:the |"
        rf"a )?{_ID} sub-?protocol",
        re.I,
    ),
    re.compile(rf"\b(?:required|expected|supported|accepted) sub-?protocols?(?: is| are)?:? {_ID}", re.I),
)
_SCHEME = (
    re.compile(r"\b(?:start|begin|prefixed)s? with:? ['\"`]?([A-Za-z][\w-]*)", re.I),
    re.compile(
        r"\b(?:expected|unsupported) (?:the )?(?:auth\w* )?(?:scheme|"
        r"prefix)?:? ?['\"`]([A-Za-z][\w-]*) ?['\"`] ?(?:scheme|prefix)?",
        re.I,
    ),
    re.compile(r"\bexpected (?:the )?(?:auth\w* )?scheme:? ([A-Z][\w-]*)", re.I),
    re.compile(r"\b(?:does not|must) use the ['\"`]?([A-Za-z][\w-]*)['\"`]? scheme", re.I),
    re.compile(r"\b(?:expected:?|must (?:be|have|use)) ['\"`]?([A-Za-z][\w-]*) <\w+>", re.I),
    re.compile(r"\bauthori[sz]ation: ([A-Za-z][\w-]*) [<{]", re.I),
    re.compile(r"\bformat is authori[sz]ation: ([A-Za-z][\w-]*) ", re.I),
)
_QUERY = re.compile(
    rf"\b(?:query(?: string)?|url) (?:parameter|param):? {_ID}|{_ID} (?:query|"
    rf"url) (?:parameter|param)|\bquery (\w+): field required|"
    rf"\bin (?:the )?query(?: string)?\b",
    re.I,
)
_COOKIE = re.compile(
    rf"\bcookie:? ['\"`]([\w.-]+)['\"`]|\bcookie {_ID} (?:is |was )?(?:missing|required)|"
    rf"\b(?:missing|required) {_ID} cookie|\bin (?:the )?cookies?\b",
    re.I,
)
_HEADER = re.compile(r"\b(X-[A-Za-z][\w-]*\w)\b")
_CLAIM = (
    re.compile(
        r"['\"`]([A-Za-z_]\w*)['\"`] claim\b|\bclaim:? ['\"`]?([A-Za-z_]\w*)['\"`]? (?:is|was|"
        r"required|missing)",
        re.I,
    ),
    re.compile(r"\bmissing required claims?:? ['\"`]?([A-Za-z_]\w*)", re.I),
)
_EXPECTED = re.compile(r"\b(issuer|audience|iss|aud)\b.{0,30}?\bexpected:? (?:one of )?\[?['\"`]?([^\s'\"`,\]]+)", re.I)
_PERMISSION = (
    re.compile(
        r"\b(?:permission|scope|role)s?:? ['\"`]?([\w:./~-]+)['\"`]? (?:is |are )?(?:required|"
        r"missing|needed)",
        re.I,
    ),
    re.compile(
        r"\b(?:requires?|missing|lacks?) (?:the )?(?:required )?(?:permission|scope|"
        r"role)s?:? ['\"`]?([\w:./~-]+)",
        re.I,
    ),
    re.compile(
        r"\b(?:requires?|missing|"
        r"lacks?) (?:the )?(?:required )?['\"`]?([\w:./~-]+)['\"`]? (?:permission|scope|role)\b",
        re.I,
    ),
)
_COMMON = frozenset(
    {"a", "an", "the", "is", "was", "not", "no", "required", "missing", "valid", "one", "of", "header", "and", "for", "to"}
)


@dataclass(frozen=True, kw_only=True)
class Named:
    """Values that a server named, in the order in which it did.

    `location` is absolute or a path, as a client would follow it; `carriers` are (carrier, its name or None);
    `claims` are (claim, the value that is expected).
    """

    schemes: tuple[str, ...] = ()
    subprotocols: tuple[str, ...] = ()
    location: str | None = None
    carriers: tuple[tuple[str, str | None], ...] = ()
    headers: tuple[str, ...] = ()
    missing_claims: tuple[str, ...] = ()
    claims: tuple[tuple[str, str], ...] = ()
    permissions: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    retry_after_s: float | None = None


def named_by(answer: Answer, sent: Sent, lines: Iterable[Sentence]) -> Named:
    """What this answer names."""
    texts = [line.quote for line in lines]
    offered = challenges(answer.headers.get("www-authenticate", ""))
    schemes = [one.scheme for one in offered if sent.word is None or one.scheme.lower() != sent.word.lower()]
    scopes = [
        scope
        for one in offered
        for scope in one.parameters.get("scope", "").split()
        if one.parameters.get("error") == "insufficient_scope"
    ]
    own = answer.headers.get("sec-websocket-protocol", "") if answer.status != 101 else ""
    spoken = [item.strip() for item in own.split(",") if item.strip()]
    offered_already = {item.lower() for item in sent.subprotocols}
    return Named(
        schemes=_unique([*schemes, *_all(_SCHEME, texts)]),
        subprotocols=tuple(
            name for name in _unique([*spoken, *_all(_SUBPROTOCOL, texts)]) if name.lower() not in offered_already
        ),
        location=_location(answer, sent),
        carriers=tuple(dict.fromkeys(_carriers(texts))),
        headers=_unique(name for text in texts for name in _HEADER.findall(text) if not name.lower().startswith("x-forwarded")),
        missing_claims=_unique(_all(_CLAIM, texts)),
        claims=tuple(dict.fromkeys((_claim(one[1]), one[2].rstrip(".;")) for one in _EXPECTED.finditer(" ".join(texts)))),
        permissions=_unique([*scopes, *_all(_PERMISSION, texts)]),
        versions=_unique(re.findall(r"\d+", answer.headers.get("sec-websocket-version", ""))),
        retry_after_s=_seconds(answer.headers.get("retry-after", "")),
    )


def _claim(name: str) -> str:
    return {"issuer": "iss", "audience": "aud"}.get(name.lower(), name.lower())


def _all(patterns: Iterable[re.Pattern[str]], texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for pattern in patterns:
            for match in pattern.finditer(text):
                name = next((group for group in match.groups() if group), "")
                if name and name.lower() not in _COMMON:
                    yield name


def _carriers(texts: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    for text in texts:
        for carrier, pattern in (("query", _QUERY), ("cookie", _COOKIE)):
            for match in pattern.finditer(text):
                name = next((group for group in match.groups() if group), None)
                yield carrier, name if name and name.lower() not in _COMMON else None


def _location(answer: Answer, sent: Sent) -> str | None:
    where = answer.headers.get("location", "")
    if answer.status not in REDIRECTS or not where:
        return sent.path.rstrip("/") + "/websocket" if answer.body.startswith("Welcome to SockJS!") else None
    base = f"{'https' if sent.scheme == 'wss' else 'http'}://{sent.host}{sent.path}"
    return where if "://" in where else urljoin(base, where)


def _seconds(value: str) -> float | None:
    return float(value) if re.fullmatch(r"\d{1,6}(?:\.\d+)?", value.strip()) else None


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
