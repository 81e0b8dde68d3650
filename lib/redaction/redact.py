"""Text, headers, URLs in; the same out, with each secret replaced by a pseudonym that is stable and tells nothing.

Three things are replaced: values that the caller names (first, however they are spelt), what is a credential by its own shape,
and what the words before it give away. All three are looked for in the text, in each reading of it without its escapes, and in
what its runs of base64, base32 and hexadecimal say. Redacting twice changes nothing. All of it takes linear time: what is read
comes from servers that may be hostile.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from lib.redaction import views
from lib.redaction.encodings import OF_TEXT, Readings, opened_runs
from lib.redaction.idioms import GATE as IDIOMS
from lib.redaction.idioms import idioms_in
from lib.redaction.kinds import Span, any_sign, as_bytes, gate, gate_of_values, shapes_in
from lib.redaction.known import KEPT, Known, known
from lib.redaction.named import GATE, named_in
from lib.redaction.names import PSEUDONYM, is_passphrase, is_pseudonym, is_secret, tells_secret
from lib.redaction.pseudonyms import pseudonym

__all__ = ["pseudonym", "redact_headers", "redact_text", "redact_url", "redact_value", "secrets_in"]

Headers = Iterable[tuple[str, str]]
Opened = Callable[[str, Readings], Span | None]
"""The first secret in what a run of letters says, if there is one."""
MAX_DEPTH = 2
"""Encoded text inside encoded text is opened so many times."""
LONGEST_NAME = 64
"""Of names up to so many characters it is remembered that there is nothing in them."""

_OURS = re.compile(rf"{PSEUDONYM}(?!\w)")
_SECRET_HEADER = re.compile(
    r"auth(?!or(?!iz))|cookie|token|secret|key|passw|credential|signature|session|jwt|bypass|-verify$|-pin$|dpop|assertion",
    re.IGNORECASE,
)
_PUBLIC_HEADERS = frozenset(
    {"sec-websocket-key", "sec-websocket-accept", "www-authenticate", "proxy-authenticate", "authentication-info"}
)
_SET_COOKIE = re.compile(
    r"([^=]*)=(.*?)(;\s{0,8}(?:(?:expires|max-age|domain|path|samesite|priority|version|comment)=|(?:secure|httponly|partitioned)\b).*)?",
    re.IGNORECASE | re.DOTALL,
)
"""Its name, its value with whatever stands in front of the first attribute, and the attributes."""


def redact_text(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without credentials: those given as `secrets` and those that look like one."""
    return _redacted(text, known(tuple(secrets)))


def redact_url(url: str, secrets: Iterable[str] = ()) -> str:
    """The URL without user and password, and without the values of query parameters that carry secrets."""
    return _redacted(url, known(tuple(secrets)), short=True)


def secrets_in(text: str, secrets: Iterable[str] = (), *, by_name: bool = True) -> list[str]:
    """What kinds of secrets stand in a text: `known`, the names of shapes, or (`by_name`) the words that gave one away."""
    values = known(tuple(secrets))
    if not _may_hold(text, values):
        return []
    return list(dict.fromkeys(span.kind for span in _spans(text, values, by_name=by_name)))


def _redacted(text: str, values: Known | None, *, short: bool = False) -> str:
    if not _may_hold(text, values):
        return text
    parts, position = [], 0
    for span in _spans(text, values):
        told = _told(span, values)
        if short or text[span.start - 1 : span.start] == "=":
            told = told.partition(" ")[0]
        parts += [text[position : span.start], told]
        position = span.end
    return "".join([*parts, text[position:]]) if parts else text


def _told(span: Span, values: Known | None) -> str:
    told = pseudonym(span.secret)
    # A token's subject may itself be one of the secrets.
    return told.partition(" ")[0] if values and " " in told and values.may_stand_in(told) else told


_SHAPE, _NAME, _ENCODED, _IDIOM = range(4)


@cache
def _gate() -> Callable[[bytes], list[int] | None]:
    # One look by an automaton tells for most texts that nothing can stand in them.
    return gate(any_sign(), GATE, OF_TEXT, IDIOMS)


def _may_hold(text: str, values: Known | None) -> bool:
    return views.has_more(text) or _shows(text, values)


def _shows(text: str, values: Known | None) -> bool:
    if values is not None and text.isascii() and values.has_been_used():
        return bool(values.automaton("with all else", lambda: _gate_with(values))(as_bytes(text)))
    return bool(_gate()(as_bytes(text))) or (values is not None and values.may_stand_in(text))


def _gate_with(values: Known) -> Callable[[bytes], list[int] | None]:
    # Where values are looked for in many texts, the same look tells of them too.
    return gate_of_values(any_sign(), GATE, OF_TEXT, IDIOMS, values.search)


@lru_cache(maxsize=KEPT)
def _names_with(values: Known | None) -> Callable[[str], bool]:
    # The entries of a log have the same few names. What is remembered of them goes with the values, or it would keep them.
    return lru_cache(maxsize=4_096)(lambda name: _may_hold(name, values))


def _spans(text: str, values: Known | None, *, by_name: bool = True, depth: int = 0) -> list[Span]:
    """Where in the text a secret stands, in order, without overlaps."""
    found = []

    @cache  # a page has the same words again and again, in each of its readings
    def opened(letters: str, readings: Readings) -> Span | None:
        inside = (_spans(reading, values, by_name=by_name, depth=depth + 1) for reading in readings(letters))
        return next((spans[0] for spans in inside if spans), None)

    for view in views.views(text, lambda plain: _shows(plain, values) or (values is not None and values.has_backslash)):
        for span in _in_view(view.text, values, by_name=by_name, opened=opened if depth < MAX_DEPTH else None):
            start, end = view.origin(span.start, span.end)
            found.append(span._replace(start=start, end=end))
    ours = [match.span() for match in _OURS.finditer(text)] if found else []
    return _merged(span for span in found if not _is_word_of_ours(text, span, ours))


def _in_view(text: str, values: Known | None, *, by_name: bool, opened: Opened | None) -> Iterator[Span]:
    raw = as_bytes(text)
    signs = _gate()(raw) or ()
    if values is not None:
        yield from values.spans(text)
    if _SHAPE in signs:
        yield from shapes_in(text, raw)
    if by_name and _NAME in signs:
        yield from named_in(text, raw)
    if by_name and _IDIOM in signs:
        yield from idioms_in(text, raw)
    encoded = _ENCODED in signs or (values is not None and values.is_encoded_in(text))
    if encoded and opened is not None:
        yield from (inside._replace(start=start, end=end) for start, end, inside in opened_runs(text, opened))


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        last = merged[-1] if merged else None
        if last is None or span.start >= last.end:
            merged.append(span)
            continue
        told = span if span.kind == "known" and last.kind != "known" else last
        merged[-1] = told._replace(start=last.start, end=max(last.end, span.end))
    return merged


def _is_word_of_ours(text: str, span: Span, ours: list[tuple[int, int]]) -> bool:
    # A known value may be a word that pseudonyms are made of; standing there it tells nothing.
    if span.kind != "known" or text[span.start : span.end].lower() not in {"secret", "jwt"}:
        return False
    place = bisect_right(ours, (span.start, len(text)))
    return place > 0 and ours[place - 1][0] == span.start


def redact_headers(headers: Headers, secrets: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """The headers, names as they are; a value under a name that tells of a secret becomes its pseudonym."""
    values = known(tuple(secrets))
    return tuple((name, _header_value(name.lower(), value, values)) for name, value in headers)


def redact_value(value: Any, secrets: Iterable[str] = ()) -> Any:
    """The same value, redacted through dicts, lists and tuples; what stands under a name that tells of a secret becomes a
    pseudonym."""
    return _value(value, known(tuple(secrets)))


def _value(value: Any, values: Known | None) -> Any:
    if isinstance(value, str):
        return _redacted(value, values)
    if isinstance(value, bytes):
        return _redacted(value.decode("utf-8", "replace"), values)
    if isinstance(value, Mapping):
        names, may_hold = _pair(value), _names_with(values)
        return {
            _redacted(key, values) if isinstance(key, str) and (len(key) > LONGEST_NAME or may_hold(key)) else key: _under(
                names.get(key, key), item, values
            )
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        pair = len(value) == 2 and isinstance(value[0], (str, bytes)) and isinstance(value[1], (str, bytes))
        items = (
            [_value(value[0], values), _under(_text(value[0]), value[1], values)]
            if pair
            else [_value(item, values) for item in value]
        )
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, (set, frozenset)):
        return type(value)(_value(item, values) for item in value)
    return value


def _pair(value: Mapping[Any, Any]) -> dict[Any, Any]:
    # {"name": "X-Api-Key", "value": "…"}: what the value is called stands beside it.
    name = next((value[key] for key in ("name", "key", "Name", "Key") if isinstance(value.get(key), str)), None)
    return {key: name for key in ("value", "Value") if key in value} if name else {}


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _under(key: Any, item: Any, values: Known | None) -> Any:
    tells = tells_secret(_OURS.sub("", key) if ":" in key else key) if isinstance(key, str) else None
    if tells is None:
        return _value(item, values)
    if isinstance(item, (list, tuple)):
        return type(item)(_under(key, one, values) for one in item)
    if isinstance(item, int) and not isinstance(item, bool) and tells in {"password", "pin"} and item > 999:
        return pseudonym(str(item))
    if not isinstance(item, (str, bytes)):
        return _value(item, values)
    text = _text(item)
    redacted = _redacted(text, values)
    if " " in text.strip():
        return redacted if redacted != text or tells != "password" or not is_passphrase(text) else pseudonym(text)
    if redacted != text:
        return redacted if is_pseudonym(redacted) else pseudonym(text)
    return pseudonym(text) if is_secret(text, tells, loose=False) else text


def _header_value(name: str, value: str, values: Known | None) -> str:
    if name == "set-cookie" and (pair := _SET_COOKIE.fullmatch(value)):
        return f"{_redacted(pair[1], values)}={_opaque(pair[2], values)}{_redacted(pair[3] or '', values)}"
    if name in {"cookie", "set-cookie"}:
        return _redacted(f"{name}: {value}", values).partition(": ")[2]
    if name in {"location", "content-location", "referer"}:
        return _redacted(value, values, short=True)
    if name == "sec-websocket-protocol":
        return ", ".join(_protocols(_redacted(value, values)))
    if name in _PUBLIC_HEADERS or name.startswith("access-control-") or not _SECRET_HEADER.search(name):
        return _redacted(value, values)
    scheme, blank, rest = value.strip().partition(" ")
    names_scheme = re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,19}", scheme) and _redacted(scheme, values) == scheme
    if "authorization" in name and blank and names_scheme:
        return f"{scheme} {_opaque(rest.strip(), values)}"
    return _opaque(value.strip(), values)


def _opaque(value: str, values: Known | None) -> str:
    if is_pseudonym(value) or not is_secret(value, "password", loose=False):
        return _redacted(value, values)
    redacted = _redacted(value, values)
    return redacted if is_pseudonym(redacted) else pseudonym(value)


def _protocols(value: str) -> Iterator[str]:
    before = ""
    for item in (part.strip() for part in value.split(",")):
        carries = re.match(r"(?:jwt|token|bearer|auth|authorization|access[_-]?token)[._-]", item, re.IGNORECASE)
        follows = before.lower() in {"bearer", "jwt", "token", "access_token", "authorization", "auth"}
        prefix = carries[0] if carries else ""
        rest = item[len(prefix) :]
        yield prefix + _opaque(rest, None) if (carries or follows) and len(rest) >= 16 else item
        before = item
