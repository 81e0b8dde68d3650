"""Personal data in log lines: e-mail addresses and the addresses of clients, each replaced by a pseudonym of its own."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from lib.redaction.pseudonyms import pseudonym

_MAIL = re.compile(
    r"(?<![\w.%+-])(?:[\w.+'-]|%2[Bb]){1,64}+(?:@|%40)(?=[\w-])(?:[A-Za-z0-9-]{1,63}+\.){1,8}+[A-Za-z]{2,24}+(?![\w-])"
)
_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}+(?::[0-9A-Fa-f]{0,4}+){2,7}(?![\w:])")
_SERVICES = ("gserviceaccount.com", "example.iam")
"""Whoever has an address there is a program."""


def without_personal(text: str, keep: Collection[str] = ()) -> str:
    """The text with `mail:3f2a91c0` and `ip:3f2a91c0` instead of addresses, but those to `keep` (the configured user's)."""
    if "@" in text or "%40" in text:
        text = _MAIL.sub(lambda match: match[0] if _stays(match[0], keep) else _named("mail", match[0].replace("%40", "@")), text)
    if text.count(".") > 2:
        text = _IPV4.sub(lambda match: _address(match[0], keep), text)
    if "::" in text or text.count(":") > 6:
        text = _IPV6.sub(lambda match: _address(match[0], keep), text)
    return text


def _stays(mail: str, keep: Collection[str]) -> bool:
    return mail in keep or mail.replace("%40", "@") in keep or mail.endswith(_SERVICES)


def _address(text: str, keep: Collection[str]) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    local = address.is_loopback or address.is_unspecified or address.is_link_local
    return text if local or text in keep else _named("ip", text)


def _named(kind: str, value: str) -> str:
    return pseudonym(value.casefold()).replace("secret", kind, 1)
