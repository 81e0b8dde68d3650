"""Values as configurations write them: durations, sizes, addresses, lists of origins; None where it is none of these."""

from __future__ import annotations

import hmac
import math
import re
import secrets
from collections.abc import Iterable
from typing import Literal
from urllib.parse import urlsplit

from lib.configuration.shape import Allowed, Place, Secret, Setting
from lib.redaction.names import tells_secret

WRITTEN = "a value that is written there"
_KEY = secrets.token_bytes(32)
_REFERENCE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]{0,100})(?:[:?+-][^}]*)?\}?")
_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800, "us": 1e-6, "ns": 1e-9}
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\s*(ms|us|ns|min|s|m|h|d|w)?")
_SIZE = re.compile(r"(\d{1,12})\s*(k|kb|ki|kib|m|mb|mi|mib|g|gb|gi)?", re.IGNORECASE)
_ORIGIN = re.compile(r"(?:https?|wss?|capacitor|chrome-extension|\*)://[\w.*\[\]:-]{1,253}(?::[\d*]{1,5})?")
_HOST = re.compile(r"\.?[\w*-]{1,63}(?:\.[\w*-]{1,63}){0,10}(?::[\d*]{1,5})?")
_ORIGINS = re.compile(
    r"(?:^|_)(?:CORS|ALLOWED|ALLOW|TRUSTED|WS|WEBSOCKET|PERMITTED|VALID)\w*ORIGINS?\w*$|^ORIGINS?$|CORS_ORIGINS?", re.IGNORECASE
)
_HOSTS = re.compile(r"^(?:\w+_)?(?:ALLOWED|TRUSTED|PERMITTED)_HOSTS?$", re.IGNORECASE)
_WORD = r"(?:https://)?[a-z][a-z0-9.-]{2,80}/?"
_PLAIN: tuple[tuple[Literal["algorithm", "issuer", "audience"], str, str], ...] = (
    ("algorithm", "ALG(?:ORITHMS?)?", "(?:HS|RS|ES|PS)(?:256|384|512)|EdDSA|none"),
    ("issuer", "ISS(?:UER)?", _WORD),
    ("audience", "AUD(?:IENCE)?", _WORD),
)
"""What is said, how the name of the variable ends, and the form of its value."""


def number(value: object) -> float | None:
    """A finite number that a document gives as one; None for anything else, and for one of too many digits."""
    try:
        found = float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def seconds(value: object) -> float | None:
    """A duration such as 60, 60s or 1m30s, in seconds."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return number(value)
    text = str(value).strip().lower()
    parts = list(_DURATION.finditer(text))
    if not parts or "".join(part[0] for part in parts).replace(" ", "") != text.replace(" ", ""):
        return None
    return sum(float(part[1]) * _UNITS_S[part[2] or "s"] for part in parts)


def size_bytes(value: object) -> int | None:
    """A size such as 8k, 32KB, 4096: in bytes."""
    match = _SIZE.fullmatch(str(value).strip())
    if not match:
        return None
    factor = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}[(match[2] or "").lower()[:1]]
    return int(match[1]) * factor


def authority(text: str) -> str | None:
    """The host, or host:port, of an address, without anything that could be a credential; None where it names no host."""
    if text.startswith("unix:"):
        return None
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname
    if not host or not re.fullmatch(r"[\w.:-]{1,253}", host):
        return None
    return f"{host}:{port}" if port else host


def path_of(address: str) -> str | None:
    """The path of an address; None where it has none, and of what is no address."""
    try:
        return urlsplit(address).path or None
    except ValueError:
        return None


def allowed(variable: str, text: str, place: Place) -> Allowed | None:
    """The origins or hosts that a variable lists, where its name says that it does and nothing else stands in it."""
    of: Literal["origins", "hosts"] | None = (
        "origins" if _ORIGINS.search(variable) else "hosts" if _HOSTS.search(variable) else None
    )
    if of is None:
        return None
    items = [item.strip(" \"'").rstrip("/") for item in re.split(r"[,;\s]+", text.strip(" []\n")) if item.strip(" \"'")]
    form = _ORIGIN if of == "origins" else _HOST
    if not items or len(items) > 200 or not all(item == "*" or form.fullmatch(item) for item in items):
        return None
    return Allowed(of=of, variable=variable, values=tuple(items), place=place)


def setting(variable: str, text: str, place: Place) -> Setting | None:
    """The algorithm, issuer or audience that a variable names, where its name says so and the value is a plain word."""
    for of, name, form in _PLAIN:
        called = rf"(?:^|_)(?:JWT|TOKEN|AUTH|OIDC)\w*_{name}(?:_(?:STAGING|PROD|DEV|WS))?"
        if re.search(rf"{called}$", variable, re.IGNORECASE) and re.fullmatch(form, text.strip()):
            return Setting(of=of, variable=variable, value=text.strip(), place=place)
    return None


def written(variable: str, value: object, place: Place) -> Secret | None:
    """The secret that a variable holds: what it refers to (`${NAME}`), or one that is written there; None where it is none."""
    if not isinstance(value, str) or not value or tells_secret(variable) is None:
        return None
    reference = _REFERENCE.fullmatch(value.strip())
    if reference:
        return Secret(variable=variable, name=f"${reference[1]}", version=None, place=place)
    digest = hmac.new(_KEY, value.strip().encode(), "sha256").hexdigest()
    return Secret(variable=variable, name=WRITTEN, version=None, place=place, digest=digest)


def plain(pairs: Iterable[tuple[str, object, Place]]) -> tuple[tuple[Allowed, ...], tuple[Setting, ...]]:
    """What of some variables may be compared: lists of origins and hosts, and plain words about tokens."""
    lists, settings = [], []
    for name, value, place in pairs:
        if isinstance(value, str) and len(value) <= 10_000:
            lists += [found] if (found := allowed(name, value, place)) else []
            settings += [word] if (word := setting(name, value, place)) else []
    return tuple(lists), tuple(settings)
