"""Text, headers, URLs in; the same out, with each secret replaced by a pseudonym that is stable and tells nothing.

Two things are replaced: values that the caller names (in every form in which servers echo them: encoded, escaped, in part),
and what looks like a credential by its own shape or by the name before it. A pseudonym is left alone, so redacting
twice changes nothing. All patterns take linear time: what they read comes from servers that may be hostile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from lib.redaction.pseudonyms import MIN_SECRET_CHARACTERS, base64_decoded, pseudonym, spellings

__all__ = ["pseudonym", "redact_headers", "redact_text", "redact_url", "redact_value"]

Headers = Iterable[tuple[str, str]]

_PSEUDONYM = r"(?:secret:[0-9a-f]{8}|jwt:[0-9a-f]{8}(?: (?:sub|iss|exp)=[\w.@:/-]{0,64})*)"
_TOKEN = r"(?:eyJ|ZXlK)[\w-]*+(?:(?:\.|%2[eE])[\w-]*+)*+=*+"  # noqa: S105
_PRIVATE_KEY = r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[A-Za-z0-9+/=\s\\:,]{0,20000}+(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
_SCHEME = re.compile(r"\b(Bearer|Basic|JWT|Token)(\s{1,4})([\w.~+/=-]{8,})", re.IGNORECASE)
_USERINFO = re.compile(r"://([^/\s@\"'<>]{1,512})@")
_NAME_THEN_VALUE = re.compile(r"(?<![\w-])([\w-]++)(\\?[\"']?\s{0,2}[=:]\s{0,2})")
_VALUE = re.compile(r"(\\?[\"']?)((?:(?:Bearer|Basic|JWT|Token)\s{1,4})?)([^\s\"'\\,;&<>()\[\]{}]{1,4096})", re.IGNORECASE)
_COOKIES = re.compile(r"[^\r\n\"\\]{1,8192}")
_SECRET_NAME = re.compile(
    r"token(?!s$|s?[_-]?(?:type|count|len|limit|url|uri|endpoint|exp|status|name|usage|id$))|secret(?![_-]?(?:name|id)|ary)"
    r"|passw(?:or)?d|^pwd$|jwt$|credential"
    r"|authorization$|signature$|^sig$|cookie$|(?:api|access|private|signing|bypass|encryption|session|shared|service)[_-]?key",
    re.IGNORECASE,
)
_NAMING = ("token", "secret", "passw", "pwd", "jwt", "credential", "authoriz", "sig", "cookie", "key")
"""Lower case: without one of these a text has no `_SECRET_NAME`."""
_SUSPICIOUS = ("eyj", "zxlk", "private", "@", "bearer", "basic", *_NAMING)
"""Lower case: without one of these none of the patterns can match, and most texts need one look instead of four."""
_SECRET_HEADER = re.compile(r"auth(?!or(?!iz))|cookie|token|secret|key|passw|credential|signature|session|jwt", re.IGNORECASE)
_SECRET_PARAMETER = re.compile(r"^(?:key|auth|sig|code|ticket|jwt|t)$", re.IGNORECASE)
_PUBLIC_HEADERS = frozenset(
    {"sec-websocket-key", "sec-websocket-accept", "www-authenticate", "proxy-authenticate", "authentication-info"}
)
_STATUS_WORDS = frozenset(
    re.findall(
        r"\w+",
        "absent accepted allowed and bad basic bearer been could denied digest disabled empty enabled error expired "
        "failed failure false"
        " forbidden found has header in inactive invalid is jwt malformed mismatch missing no none not null ok "
        "optional or present redacted"
        " refused rejected required revoked success the token true unauthorized undefined unknown unset valid verified was wrong",
    )
)


def redact_text(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without credentials: those given as `secrets` and those that look like one."""
    known = tuple(secrets)
    lowered = text.lower()
    if not _holds_one(lowered, _signs(known)):
        return text
    forms = _present(lowered, known)
    # Each pattern has something without which it cannot match, and looking for that is cheap.
    if forms or _holds_one(lowered, ("eyj", "zxlk", "private", "secret:", "jwt:")):
        text = _pattern(forms).sub(lambda match: _replacement(match, forms, known), text)
    if _holds_one(lowered, ("bearer", "basic", "jwt", "token")):
        text = _SCHEME.sub(_without_credential, text)
    if "@" in text:
        text = _USERINFO.sub(lambda match: f"://{_opaque(match[1], short=True)}@", text)
    return _redact_named(text) if ("=" in text or ":" in text) and _holds_one(lowered, _NAMING) else text


@lru_cache(maxsize=32)
def _signs(known: tuple[str, ...]) -> tuple[str, ...]:
    return (*_SUSPICIOUS, *spellings(known))


def _holds_one(lowered: str, words: tuple[str, ...]) -> bool:
    for word in words:  # noqa: SIM110  any() takes four times as long, and this is asked of every text
        if word in lowered:
            return True
    return False


def redact_headers(headers: Headers, secrets: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """The headers, names as they are; a value under a name that tells of a secret becomes its pseudonym."""
    known = tuple(secrets)
    return tuple((name, _header_value(name.lower(), value, known)) for name, value in headers)


def redact_url(url: str, secrets: Iterable[str] = ()) -> str:
    """The URL without user and password, and without the values of query parameters that carry secrets."""
    known = tuple(secrets)
    try:
        parts = urlsplit(url)
        query = "&".join(_parameter(pair) for pair in parts.query.split("&")) if parts.query else ""
        url = urlunsplit(parts._replace(query=query))
    except ValueError:
        pass  # not a URL: what redact_text does is all that can be done
    return redact_text(url, known)


def redact_value(value: Any, secrets: Iterable[str] = ()) -> Any:
    """The same value, redacted through dicts, lists and tuples; texts under a name that tells of a secret become pseudonyms."""
    known = tuple(secrets)
    if isinstance(value, str):
        return redact_text(value, known)
    if isinstance(value, bytes):
        return redact_text(value.decode("utf-8", "replace"), known)
    if isinstance(value, Mapping):
        return {redact_text(key, known) if isinstance(key, str) else key: _under(key, item, known) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [redact_value(item, known) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, (set, frozenset)):
        return type(value)(redact_value(item, known) for item in value)
    return value


def _plain_token(found: str) -> str | None:
    # The token in the form in which it was minted, whether it was found plain, URL-encoded or as base64url; None: not a token.
    token = unquote(found.rstrip("=."))
    if token.startswith("ZXlK"):
        try:
            token = base64_decoded(token).decode("ascii")
        except ValueError:
            return None
    return token if token.startswith("eyJ") and "." in token and len(token) >= 16 else None


def _replacement(match: re.Match[str], forms: Mapping[str, str], known: tuple[str, ...]) -> str:
    found = match[0]
    if match.lastgroup == "pseudonym":
        return _without_claims_of(found, known)
    if match.lastgroup == "known":
        return _without_claims_of(forms[found.lower()], known)
    if match.lastgroup == "pem":
        return pseudonym(found)
    before = found[: found.find("eyJ")] if found.startswith("ZXlK") and "eyJ" in found else ""
    token = _plain_token(found[len(before) :])
    if token is None:
        return _without_known(found, forms)
    return _without_known(before, forms) + _without_claims_of(pseudonym(token), known) + found[len(found.rstrip(".")) :]


def _without_known(text: str, forms: Mapping[str, str]) -> str:
    if not forms:
        return text
    return re.sub("|".join(map(re.escape, forms)), lambda match: forms[match[0].lower()], text, flags=re.IGNORECASE)


def _without_claims_of(told: str, known: tuple[str, ...]) -> str:
    # A token's subject may itself be one of the secrets.
    name, blank, claims = told.partition(" ")
    return name if blank and known and any(form in claims.lower() for form in spellings(known)) else told


_SHAPES = f"(?P<pseudonym>{_PSEUDONYM})|(?P<token>{_TOKEN})|(?P<pem>{_PRIVATE_KEY})"
_SHAPES_ALONE = re.compile(_SHAPES)


def _pattern(forms: Mapping[str, str]) -> re.Pattern[str]:
    if not forms:
        return _SHAPES_ALONE
    known = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return re.compile(f"{_SHAPES}|(?P<known>{known})", re.IGNORECASE)


def _present(lowered: str, secrets: tuple[str, ...]) -> dict[str, str]:
    # Searching for a plain text is fast, an alternation of thirty is not: only the forms that are there get into the pattern.
    if not secrets:
        return {}
    return {form: told for form, told in spellings(secrets).items() if form in lowered}


def _without_credential(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}{pseudonym(match[3])}" if _is_credential(match[1], match[3]) else match[0]


def _is_credential(scheme: str, value: str) -> bool:
    if all(word in _STATUS_WORDS for word in re.split(r"[^A-Za-z]+", value.lower()) if word):
        return False
    if scheme.lower() == "basic":
        try:
            return b":" in base64_decoded(value)
        except ValueError:
            return False
    return (
        len(value) >= 12
        and "=" not in value.rstrip("=")
        and (any(character.isdigit() for character in value) or len(value) >= 24)
    )


def _redact_named(text: str) -> str:
    pieces, position = [], 0
    for match in _NAME_THEN_VALUE.finditer(text):
        if match.start() < position or not _SECRET_NAME.search(match[1]) or _starts_pseudonym(text, match):
            continue
        if match[1].lower() in {"cookie", "set-cookie"} and ":" in match[2]:
            value = _COOKIES.match(text, match.end())
            told = _cookies(match[1].lower(), value[0]) if value else ""
        else:
            value = _VALUE.match(text, match.end())
            told = (
                f"{value[1]}{value[2]}{_named(value[3], quoted=bool(value[1]), prose=':' in match[2], scheme=value[2])}"
                if value
                else ""
            )
        if value:
            pieces += [text[position : match.end()], told]
            position = value.end()
    return "".join([*pieces, text[position:]]) if pieces else text


def _starts_pseudonym(text: str, match: re.Match[str]) -> bool:
    word = "secret" if match[1].endswith("secret") else "jwt"
    return bool(re.compile(_PSEUDONYM).match(text, match.end(1) - len(word)))


def _named(value: str, *, quoted: bool, prose: bool, scheme: str) -> str:
    # "token: could not be read" and "signature: Invalid" are sentences; "token: 3f9aX" is not.
    if prose and not quoted and not scheme and re.fullmatch(r"[A-Z]?[a-z]{1,23}[.!?]?", value):
        return value
    return _opaque(value)


def _opaque(value: str, *, short: bool = False) -> str:
    rest = re.sub(_PSEUDONYM, "", value)
    if rest != value and len(rest) < MIN_SECRET_CHARACTERS:
        return value
    words = re.findall(r"[A-Za-z]+|[^A-Za-z\s_.,;:!?'-]", value)
    if all(word.lower() in _STATUS_WORDS for word in words) or re.fullmatch(r"env:[A-Za-z_]\w*|file:\S+", value):
        return value
    told = pseudonym(value)
    return told.split(" ")[0] if short else told


def _cookies(name: str, value: str) -> str:
    pairs = value.split(";")
    secret = len(pairs) if name == "cookie" else 1
    told = []
    for position, pair in enumerate(pairs):
        key, equals, content = pair.partition("=")
        told.append(f"{key}={_opaque(content.strip())}" if equals and position < secret else pair)
    return ";".join(told)


def _header_value(name: str, value: str, known: tuple[str, ...]) -> str:
    if name in {"cookie", "set-cookie"}:
        return redact_text(_cookies(name, value), known)
    if name in {"location", "content-location", "referer"}:
        return redact_url(value, known)
    if name == "sec-websocket-protocol":
        return ", ".join(_protocols(redact_text(value, known)))
    if name in _PUBLIC_HEADERS or name.startswith("access-control-") or not _SECRET_HEADER.search(name):
        return redact_text(value, known)
    scheme, blank, rest = value.strip().partition(" ")
    if (
        "authorization" in name
        and blank
        and re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,19}", scheme)
        and redact_text(scheme, known) == scheme
    ):
        return f"{scheme} {redact_text(_opaque(rest.strip()), known)}"
    return redact_text(_opaque(value.strip()), known)


def _protocols(value: str) -> Iterable[str]:
    before = ""
    for item in (part.strip() for part in value.split(",")):
        carries = re.match(r"(?:jwt|token|bearer|auth|authorization|access[_-]?token)[._-]", item, re.IGNORECASE)
        follows = before.lower() in {"bearer", "jwt", "token", "access_token", "authorization", "auth"}
        prefix = carries[0] if carries else ""
        rest = item[len(prefix) :]
        yield prefix + _opaque(rest) if (carries or follows) and len(rest) >= 16 else item
        before = item


def _parameter(pair: str) -> str:
    name, equals, value = pair.partition("=")
    named = _SECRET_NAME.search(name) or _SECRET_PARAMETER.match(name)
    return f"{name}={_opaque(unquote(value), short=True)}" if equals and value and named else pair


def _under(key: Any, item: Any, known: tuple[str, ...]) -> Any:
    if isinstance(item, (str, bytes)) and isinstance(key, str) and _SECRET_NAME.search(re.sub(_PSEUDONYM, "", key)):
        text = item.decode("utf-8", "replace") if isinstance(item, bytes) else item
        redacted = redact_text(text, known)
        return redacted if " " in redacted.strip() and redacted == text else _opaque(redacted) if text else text
    return redact_value(item, known)
