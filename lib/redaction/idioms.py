"""Secrets that a fixed turn gives away: options of command lines, commands of protocols, sentences about codes and signatures.

Each pattern has one group, the secret; what must be true of it stands beside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lib.redaction.kinds import Span, compiled
from lib.redaction.names import is_made, is_pseudonym, is_random, is_secret, turns


def _is_made(value: str) -> bool:
    return len(value) >= 16 and any(map(str.isalpha, value)) and is_made(value)


def _is_key(value: str) -> bool:
    return len(value) >= 12 and any(map(str.isalpha, value)) and is_made(value) and not re.search(r"[:/.]", value)


def _is_part(value: str) -> bool:
    """Whether what is left of a text that was cut off looks made: letters and digits change all the time, as in no word."""
    return (turns(value) >= 0.3 * len(value) and len(re.findall(r"\d", value)) > 1) or is_random(value) or _is_made(value)


def _is_password(value: str) -> bool:
    return is_secret(value, "password", loose=False) and not value.isdigit() and not value.startswith(("$", "%", "/", "<"))


def _is_mixed(value: str) -> bool:
    return _is_password(value) and bool(re.search(r"[\d!@#$%^&*?]", value))


class Idiom(NamedTuple):
    """A turn of phrase: its name, the expression (RE2), what the secret must look like, and texts that it is for."""

    name: str
    expression: str
    holds: Callable[[str], bool]
    sample: str


_VALUE = r"[\"']?([^\s\"'<>]{3,})"
IDIOMS = (
    Idiom("curl", r"\b(?:curl|wget|https?)\s(?:[^\n]*?\s)?(?:-u|-U|--user|--proxy-user)[ =]?[\"']?[^\s:\"']+:([^\s\"']{2,})",
          _is_password, "curl -u admin:Hunter22x https://a.example"),
    Idiom("mysql", r"\b(?:mysql\w*|mariadb\w*)\s(?:[^\n]*?\s)?-p([^\s\"']{3,})", _is_mixed, "mysql -uapp -pHunter22x -h db"),
    Idiom("login", r"\b(?:docker|podman|skopeo|oc|crane|helm registry|az acr)\s+login\s(?:[^\n]*?\s)?(?:-p"
          r"|--password)[ =]" + _VALUE,
          _is_password, "docker login -u ci -p Hunter22x registry.example"),
    Idiom("client", r"\b(?:redis-cli\s(?:[^\n]*?\s)?(?:-a|--pass)|ldap\w+\s(?:[^\n]*?\s)?-w|mongo(?:sh)?\s(?:[^\n]*?\s)?-p)\s"
          + _VALUE, _is_password, "redis-cli -h redis -a Hunter22x ping"),
    Idiom("oracle", r"\bjdbc:oracle:\w{1,10}:[^\s/@]+/"
          r"([^\s@\"']+)@", _is_password, "jdbc:oracle:thin:app/Hunter22x@db:1521:x"),
    Idiom("auth command", r"(?m)^(?:> )?AUTH (?:PLAIN |LOGIN |[a-z]\w* )?([^\s\"']{8,})\r?$", _is_mixed, "AUTH h4unter22xyz"),
    Idiom("code", r"(?i)\b(?:verification|security|login|sms|2fa|mfa|two.factor|one.time|otp|recovery"
          r"|confirmation) (?:code|pin|passcode)s?(?: is| was|:"
          r"| =)? [\"'(]?(\d{4,8})\b", bool, "Your verification code is 882133"),
    Idiom("pin", r"(?im)(?:^|[\s\"'(])pin(?: code| number)?(?: is| was|:| =) [\"'(]?(\d{4,8})\b", bool, "Your PIN is 4711"),
    Idiom("pass command", r"\bUSER [^\s\"']{1,64}(?:\s|\\+[rn])+PASS :?([^\s\\\"']{2,})", bool, "USER app\r\nPASS letmein"),
    Idiom("pass", r"\bPASS :?([A-Za-z0-9!#$%&*+=?@^_~-]{8,})", _is_part, "sent PASS k7f3a9c1e5d"),
    Idiom("login words", r"(?i)\b(?:login|account|user) [^\s\"']{1,64}\s{1,2}password " + _VALUE, _is_password,
          "machine api.example login app password letmeinplease"),
    Idiom("the key", r"(?i)\b(?:the|my|your|our|this|api|secret|signing|access|shared|right|correct|valid|wrong|current|new"
          r"|old|using|with) key(?: is| was| should be| must be| =|:)? " + _VALUE,
          _is_key, "the key is k7f3a9c1e5d7b2a4f6"),
    Idiom("unseal key", r"(?i)\b(?:unseal|recovery|authtoken|session.?ticket)(?: key)?(?: \d{1,2})?\s?[:= ]\s?" + _VALUE,
          _is_made, "Unseal Key 1: qQz1u9Ed0Crdg3/EPjZzyqZ1AS36BBtARDMr2+0z7Qe="),
    Idiom("key of a set", r"\\*[\"'](?:k|d|p|q|dp|dq|qi|mac)\\*[\"']\s?:\s?\\*[\"']([A-Za-z0-9_-]{40,})", _is_made,
          '{"kty": "oct", "k": "9d8c_5HypH-7c26RosP8j0A_9wx8ynyqBacFBF7A6b9"}'),
    Idiom("hawk", r"\bmac=\\*\"([A-Za-z0-9+/]{27,}={0,2})", _is_made,
          'Hawk id="a", mac="6R4rV5iE+NPoym+WwjeHzjAGXUtLNIxmo1vpMofpLAE="'),
    Idiom("end of a private key", r"((?:[A-Za-z0-9+/=]{8,}(?:\s|\\[nr]){1,4})+)-----END [A-Z0-9 ]{0,40}PRIVATE KEY", bool,
          "9wx8ynyqBacFBF7A6b9x8ynyqBacFBF7A6b9\n-----END PRIVATE KEY-----"),
    Idiom("end of what was cut off", r"(?:\.\.\.|\[(?:truncated|snip|cut|\.+)\]|<(?:truncated|snip|cut)>)([A-Za-z0-9+/_=-]{8,})",
          _is_part, "assert 'AKIA...Kj8fQ2xZ7b'"),
    Idiom("given key", r"(?i)\b(?:key|token|secret|password) (?:provided|given|supplied|received|used|sent"
          r"|presented|found)\s?[:=]\s?" + _VALUE,
          _is_made, "Incorrect API key provided: LMEEXIpzZs65qQ2rwRKUJ4MfxhEhBs"),
    Idiom("key of a deed", r"(?i)\b(?:sign\w*|decrypt\w*|encrypt\w*|verif\w+|hmac) (?:with|using"
          r"|by) (?:the )?(?:key|secret)[ :=]{1,2}" + _VALUE,
          _is_made, "signed with key LNZyXJcLi7N5yBGkfRHj5kVW"),
    Idiom("signature", r"(?i)\bsignature\b[^\n]{0,40}?[ :=,'\"]{1,3}((?:[A-Za-z0-9+/_=-]){32,})", _is_made,
          "Signature mismatch: expected 622065d85547de1e3f4164e766d6fc21"),
    Idiom("element", r"(?i)<(?:\w+:)?(?:\w*(?:password|passwd|secret|token|api-?key))\s[^<>]*>([^<>\s]{2,})</", _is_password,
          '<wsse:Password Type="x">Hunter22x</wsse:Password>'),
    Idiom("mnemonic", r"(?i)\b(?:seed|recovery|mnemonic|backup)[ _-]?(?:phrase"
          r"|words)?[\"']?\s?[:=]\s?[\"']?((?:[a-z]{3,8} ){11,23}[a-z]{3,8})\b",
          bool, "seed phrase: abandon ability able about above absent absorb abstract absurd abuse access accident"),
    Idiom("authorization", r"(?i)\bauthorization[\"']?\s?[:=]\s?[\"']?[a-z][\w-]+\s(?:\w+[:=][\"']?)?"
          r"([A-Za-z0-9+/_=.~-]{16,})",
          _is_made, "Authorization: SharedKey acct:n9lFdWqDn+Oi1jxwzDgb5nZ+i82r+it4ncQDerEuAko="),
    Idiom("subprotocol", r"(?i)\b(?:sec-websocket-protocol"
          r"|subprotocols?)[\"']?\s?[:=]\s?[\[\"' ]*(?:[\w.-]+[\"']?,\s?[\"']?)?(?:(?:base64url\.)?(?:jwt"
          r"|bearer|token|auth\w*|access[_-]token)[\w.]*?[._-])?([A-Za-z0-9_=-]{20,}(?:\.[A-Za-z0-9_=-]{8,}){0,2})",
          _is_made, "Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.0k2yZMOWefkmWRvLN67mvZj"),
    Idiom("link", r"(?i)/(?:reset[_-]?password|password[_-]?reset|reset|verify|activate|confirm|invite"
          r"|magic(?:-?link)?|tokens?|keys?"
          r"|with/key)/([A-Za-z0-9_-]{20,})", _is_made, "POST /reset-password/lOvciQwgHVEsqxH6pshqkF4XUqXcYh7F"),
)  # fmt: skip
GATE = "|".join(f"(?:{one.expression})" for one in IDIOMS)
_SEARCHES = tuple((one, compiled(one.expression)) for one in IDIOMS)


def idioms_in(text: str, raw: bytes) -> Iterator[Span]:
    """What such a turn gives away in a text; `raw` is the text `as_bytes`."""
    for one, search in _SEARCHES:
        for match in search.finditer(raw):
            start, end = match.span(1)
            found = text[start:end]
            if not is_pseudonym(found) and one.holds(found):
                yield Span(start, end, one.name, found)
