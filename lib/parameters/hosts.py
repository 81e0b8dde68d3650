"""Names of hosts: as a resolver gets them, and which of them look like production."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def host_of(url: str) -> str:
    """The host of a URL as it is looked up: lower case and ASCII, without port or brackets; raises `ValueError`."""
    return ascii_host(urlsplit(url).hostname or "").rstrip(".")


def ascii_host(host: str) -> str:
    """A host name as a resolver gets it: wide and invisible letters resolved, others as punycode; raises `ValueError`."""
    return (host if host.isascii() else host.encode("idna").decode("ascii")).lower()


def bracketed(host: str) -> str:
    """A host as it stands in an authority: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def looks_like_production(host: str) -> bool:
    """Whether a label of the host is prod, production or live, or begins with prod- or ends with -prod."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = host.lower().split(".")
        return any(
            label in {"prod", "production", "live"} or label.startswith("prod-") or label.endswith("-prod") for label in labels
        )
    return False
