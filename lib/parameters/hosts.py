"""Names of hosts: as a resolver gets them, and which of them look like production."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import urlsplit

_PRODUCTION = re.compile(r"live|(?:prod|production)(?:-.*)?|.*-(?:prod|production)")


def host_of(url: str) -> str:
    """The host of a URL as it is looked up: lower case and ASCII, without port or brackets; raises `ValueError`."""
    return ascii_host(urlsplit(url).hostname or "").rstrip(".")


def ascii_host(host: str) -> str:
    """A host name as a resolver gets it: wide and invisible letters resolved, others as punycode; raises `ValueError`."""
    return (host if host.isascii() else host.encode("idna").decode("ascii")).lower()


def is_encoded(host: str) -> bool:
    """Whether a name has percent signs: what one reader takes as it stands another decodes. The zone of an address is none."""
    return "%" in host and ":" not in host


def bracketed(host: str) -> str:
    """A host as it stands in an authority: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def unnamed_production(host: str, named: Collection[str]) -> str:
    """Why nothing goes to a host that looks like production (by a label of its name) and is not named; else empty."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = () if host.lower() in named else host.lower().split(".")
        found = any(_PRODUCTION.fullmatch(one) for one in labels)
        return "looks like production; name it in target.allow_hosts if that is meant" if found else ""
    return ""
