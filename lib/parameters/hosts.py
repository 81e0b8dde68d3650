"""Names of hosts, as a resolver gets them."""

from __future__ import annotations

from urllib.parse import urlsplit


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
