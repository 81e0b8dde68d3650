"""Secrets that the words before them give away: names with a value in any notation, schemes, addresses, sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

import re2

from lib.redaction.encodings import base64_decoded
from lib.redaction.kinds import Span, compiled
from lib.redaction.names import HINTS, PSEUDONYM, STATUS, is_passphrase, is_pseudonym, is_secret, is_shown_in_prose, tells_secret

_BETWEEN = (
    r"\\*[\"'`]?\s{0,2}(?:=>|:=|==?|:)\s{0,2}"  # name = value, name: value, "name": value
    r"|\\*[\"'],\s{0,2}(?:\\*[\"']value\\*[\"']\s?:\s{0,2})?"  # ("name", "value"), {"name": "…", "value": "…"}
    r"|\\*[\"']\s{1,2}value\s?=\s{0,2}"  # <input name="…" value="…">
    r"|\r?\n\s{1,16}value:\s{1,2}"  # - name: …, and below it value: …
)
NAMED = rf"(?i)([\w.-]*(?:{HINTS})[\w.-]*)({_BETWEEN}|>|\s)"
"""A name that may tell of a secret, and what stands between it and a value."""
_NAMED = compiled(NAMED)

SCHEME = r"(?i)\b(Bearer|Basic|JWT|Token|Negotiate|NTLM|ApiKey|SSWS)\s{1,4}([\w.~+/=-]{8,})"
_SCHEME = compiled(SCHEME)
USERINFO = r"://([^/\s@\"'<>]{1,512})@"
_USERINFO = compiled(USERINFO)
QUERY = (
    r"(?i)[?&;](key|auth|sig|code|ticket|jwt|t|pass|pw|hash|assertion|otp|sid|SAMLResponse|client_assertion|hmac|pin|magic"
    r"|reset|k|s|st"
    r"|sso|rtkt|session|(?:\w{1,20}_)?(?:code|ticket|verifier|hint)"
    r"|X-\w+-(?:Signature|Credential))=([^&\s\"'<>#\\\x00-\x1f]+)"
)
_QUERY = compiled(QUERY)
_CODES = frozenset({"code", "t", "hash"})
_MADE = frozenset({"hmac", "pin", "magic", "reset", "k", "s", "st", "sso", "rtkt", "session"})

PROSE = (
    r"(?i)\b(pass(?:word|wd|phrase|code)|pwd|secret|token|(?:api|access|private|secret)[ _-]?key|credentials?)\s{1,2}"
    r"(?:(?:for|of)\s(?:user\s)?\S{1,64}\s)?(?:(?:is|was|to|set to|changed to|reset to|used|given|=|:)\s)?[\"'`(<]?"
    r"([^\s\"'`<>()\x00-\x1f]{4,256})"
)
_PROSE = compiled(PROSE)
GATE = "|".join(
    f"(?:{search})"
    for search in (
        rf"(?i)(?:{HINTS})[\w.-]*(?:{_BETWEEN})",
        rf"(?i)(?:<(?:\w{{1,12}}:)?|\s--?)[\w.-]*(?:{HINTS})[\w.-]*[>\s]",
        SCHEME,
        USERINFO,
        QUERY,
        r"(?i)\b(?:pass(?:word|wd|phrase|code)|pwd|secret|token|[ _-]key|credentials?)\s[^\n]{0,100}?[0-9!@#$%^&*?]",
    )
)
"""Without a match of this, there is nothing in a text that its words give away."""

_BEFORE_NAMES = frozenset({"", "export", "set", "ENV", "-e"})
"""Before these the rest of the line is the value, whatever is in it."""
_OPTION = re.compile(r"[\"']?([^\s\"'`\x00-\x1f]{2,4096}+)")
_QUOTED = re.compile(r"b?(\\*)([\"'`])((?:Bearer|Basic|JWT|Token|Digest)\s{1,4})?", re.IGNORECASE)
_UNQUOTED = re.compile(r"((?:Bearer|Basic|JWT|Token|Digest)\s{1,4})?([^\s\"'\\,;&<>()\[\]{}|`\x00-\x1f]{1,4096}+)", re.IGNORECASE)
_WRAPPED = re.compile(
    r"\[\s{0,8}(?=\\*[\"'])|(?:Secret\w{0,20}|Sensitive|Password|String|Some|str|bytes)\((?=b?\\*[\"'])|!!\w{1,12}\s{1,4}|["
    r"|>][+-]?\r?\n\s{1,16}"
)
"""What may stand between a name and its value: a list's bracket, a type that wraps it, YAML's tag or block."""
_CALL = re.compile(r"(?:await )?(?:[A-Za-z_]{1,60}\.){0,6}[A-Za-z_]{1,60}\(")
"""Without digits, which passwords have and the names of functions seldom."""
_VARIABLE = re.compile(
    r"\\*'?\\*\"\$\{?[A-Za-z_]\w{0,200}\}?\\*\""
    r"|os\.environ\[\\*[\"'][A-Za-z_]\w{0,200}\\*[\"']\]"
)
"""A shell's variable between double quotes, also where it goes on after single ones ('token='"$TOKEN"), and Python's."""
_OF_LINE = re.compile(r"()([^\s\"'\\\x00-\x1f]{1,4096}+)")
_ELEMENT = re.compile(r"()([^<>\x00-\x1f]{1,4096}+)(?=</)")
_TAG = re.compile(r"<(?:\w{1,12}:)?\Z")
_COOKIE = re.compile(r"[^\r\n\"'\\;\x00-\x1f]{1,8192}+")
_COOKIES = re.compile(r"[^\r\n\"'\\\x00-\x1f]{1,8192}+")
_WORD = re.compile(r"[A-Z]?[a-z]{1,23}[.!?]?")
_OURS = re.compile(PSEUDONYM)


def named_in(text: str, raw: bytes) -> Iterator[Span]:
    """What the words before it tell to be secret; `raw` is the text `as_bytes`."""
    reached = 0
    for match in _NAMED.finditer(raw):
        if match.start() < reached or _begins_pseudonym(text, match.end(1)):
            continue
        tells = tells_secret(text[match.start(1) : match.end(1)])
        if tells:
            spans, reached = _of_name(text, match, tells)
            yield from spans
    for scheme, value in _pairs(_SCHEME, text, raw):
        if is_credential(scheme[1], value[1]):
            yield Span(value[0], value[0] + len(value[1].rstrip(".")), scheme[1].lower(), value[1].rstrip("."))
    for name, value in _pairs(_QUERY, text, raw):
        if _is_parameter(name[1].lower(), value[1]):
            yield Span(value[0], value[0] + len(value[1]), "query", value[1])
    for match in _USERINFO.finditer(raw):
        start, end = match.span(1)
        if not is_pseudonym(text[start:end]) and not re.fullmatch(r"[a-z][a-z_-]{0,15}|\$.*", text[start:end]):
            yield Span(start, end, "userinfo", text[start:end])
    for name, value in _pairs(_PROSE, text, raw):
        if is_shown_in_prose(value[1], tells_secret(name[1].replace(" ", "_")) or "token"):
            found = value[1].rstrip(".,;:!?")
            yield Span(value[0], value[0] + len(found), "prose", found)


def _pairs(search: re2._Regexp, text: str, raw: bytes) -> Iterator[tuple[tuple[int, str], tuple[int, str]]]:
    for match in search.finditer(raw):
        first, second = match.span(1), match.span(2)
        yield (first[0], text[slice(*first)]), (second[0], text[slice(*second)])


def _of_name(text: str, match: re2._Match, tells: str) -> tuple[list[Span], int]:
    """The secrets behind a name, and how far the text has been looked at."""
    name, between = text[match.start(1) : match.end(1)], text[match.start(2) : match.end(2)]
    if between.isspace():
        return _of_option(text, name, tells, match.start(1), match.end())
    if variable := _VARIABLE.match(text, match.end()):
        return [], variable.end()
    if text[match.end() : match.end() + 1] == "?" and text[max(0, match.start(1) - 2) : match.start(1)] == "${":
        return [], match.end()  # what a shell says where the variable is not set
    if re.search(r"cookies?$", name, re.IGNORECASE) and "=" in text[match.end() : match.end() + 256]:
        return _of_cookies(text, name, match.end())
    wrapped = _WRAPPED.match(text, match.end())
    at = wrapped.end() if wrapped else match.end()
    if between != ">" and (quote := _QUOTED.match(text, at)):
        return _of_quoted(text, name, tells, quote)
    if between == ">":
        found = _ELEMENT.match(text, match.end()) if _TAG.search(text, max(0, match.start(1) - 16), match.start(1)) else None
    else:
        before = text[max(0, match.start(1) - 64) : match.start(1)].rpartition("\n")[2].strip()
        alone = "=" in between and before in _BEFORE_NAMES and tells != "signature"
        found = (_OF_LINE if alone else _UNQUOTED).match(text, at)
    if found and between[-1:] == " " and "=" in between and _CALL.match(text, at):
        return [], match.end(1)  # a line of a program, as stacks quote them: token = f.encrypt(data)
    if found and _is_value(text, tells, found, loose=":" in between and "-" not in name):
        return [Span(found.start(2), found.end(2), name, found[2])], found.end()
    return [], match.end(1)


def _of_option(text: str, name: str, tells: str, start: int, end: int) -> tuple[list[Span], int]:
    option = _OPTION.match(text, end) if name.startswith("--") or text[max(0, start - 2) : start].endswith(("--", " -")) else None
    if option and not option[1].startswith("-") and is_secret(option[1], tells, loose=False):
        return [Span(option.start(1), option.end(1), name, option[1])], option.end()
    return [], end


def _is_value(text: str, tells: str, found: re.Match[str], *, loose: bool) -> bool:
    # "token: could not be read" and "signature: Invalid" are sentences; "token: 3f9aX" is not, and a password may be a word.
    if loose and not found[1] and _WORD.fullmatch(found[2]):
        ends = text[found.end() : found.end() + 2].strip(" ")[:1] in {"", "\n", "\r", ",", ";", '"', "'"}
        return tells == "password" and ends and is_secret(found[2], tells, loose=loose)
    return is_secret(found[2], tells, loose=loose and not found[1])


def _of_quoted(text: str, name: str, tells: str, quote: re.Match[str]) -> tuple[list[Span], int]:
    closing = text.find(quote[1] + quote[2], quote.end(), quote.end() + 1024)
    end = closing if closing >= 0 else min(len(text), quote.end() + 1024)
    value = text[quote.end() : end].split("\n")[0].rstrip("\\")
    secret = bool(value) and is_secret(value, tells, loose=False)
    if " " in value.strip():
        secret = tells in {"password", "secret"} and is_passphrase(value)
    return ([Span(quote.end(), quote.end() + len(value), name, value)], quote.end() + len(value)) if secret else ([], quote.end())


def _of_cookies(text: str, name: str, position: int) -> tuple[list[Span], int]:
    while text[position : position + 1] in {'"', "'", "\\", " "}:
        position += 1
    # Behind the pair of a Set-Cookie stand attributes, and on the line of a table perhaps another one.
    found, spans = (_COOKIE if name.lower().endswith("set-cookie") else _COOKIES).match(text, position), []
    for pair in found[0].split(";") if found else []:
        key, equals, content = pair.partition("=")
        value = content.strip()
        start = position + len(key) + 1 + len(content) - len(content.lstrip())
        if equals and value and is_secret(value, "password", loose=False):
            spans.append(Span(start, start + len(value), "cookie", value))
        position += len(pair) + 1
    return spans, max(position, found.end() if found else 0)


def is_credential(scheme: str, value: str) -> bool:
    """Whether the word behind the name of a scheme is a credential, and not a word of a sentence about one."""
    if all(word in STATUS for word in re.split(r"[^A-Za-z]+", value.lower()) if word):
        return False
    if scheme.lower() == "basic":
        try:
            return b":" in base64_decoded(value)
        except ValueError:
            return False
    has_digit = any(character.isdigit() for character in value)
    return (
        len(value) >= 12
        and "=" not in value.rstrip("=")
        and (has_digit or (len(value) >= 24 and value.lower() != value))
        and is_secret(value, "token", loose=True)
        and not re.fullmatch(r"[a-z]+(?:[._/-][a-z0-9]+)+", value)
    )


def _is_parameter(name: str, value: str) -> bool:
    value = unquote(value)  # of "8%3A00" the letter is no letter
    if name in {"t", "hash"} and len(value) < 10:
        return False
    if name in _CODES and not (re.search(r"\d", value) and re.search(r"[A-Za-z]", value)) and value.lower() == value:
        return False
    if name in _MADE or name.endswith(("_code", "_ticket", "_verifier", "_hint")):
        return is_secret(value, "signature", loose=False)
    return is_secret(value, "key", loose=name in _CODES)


def _begins_pseudonym(text: str, end: int) -> bool:
    return any(text.endswith(word, 0, end) and _OURS.match(text, end - len(word)) for word in ("secret", "jwt"))
