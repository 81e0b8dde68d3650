"""What stands in a secret's place, and every spelling in which a server may echo the secret itself."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

MIN_SECRET_CHARACTERS = 6
"""Shorter values are not searched for: they would be found everywhere."""


def pseudonym(value: str) -> str:
    """`secret:3f2a91c0`; for a JWT `jwt:3f2a91c0 sub=… iss=… exp=…`. The same value always gets the same one."""
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    claims = _claims(value)
    if claims is None:
        return f"secret:{digest}"
    told = [f"{name}={_told(claims[name])}" for name in ("sub", "iss", "exp") if name in claims]
    return " ".join([f"jwt:{digest}", *told])


@lru_cache(maxsize=32)
def spellings(secrets: tuple[str, ...]) -> dict[str, str]:
    """Every spelling of these secrets, lower case, with the pseudonym of the secret that it spells."""
    forms: dict[str, str] = {}
    for secret in secrets:
        told = pseudonym(secret)
        for form in _spellings(secret):
            if len(form) >= MIN_SECRET_CHARACTERS:
                forms.setdefault(form.lower(), told)
    return forms


def _spellings(secret: str) -> Iterable[str]:
    if len(secret.strip()) < MIN_SECRET_CHARACTERS:
        return
    lines = [line.strip() for line in secret.splitlines() if len(line.strip()) >= 16 and not line.startswith("-----")]
    for text in (secret, secret.strip(), *(lines if len(lines) > 1 else ()), *_signature(secret)):
        yield text
        if not re.fullmatch(r"[\w.~-]+", text, re.ASCII):  # otherwise all of these are the text itself
            yield from (quote(text, safe=""), quote(text), quote_plus(text), html.escape(text))
            yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
        raw = text.encode("utf-8", "surrogatepass")
        yield raw.hex()
        yield from (core for core in _base64_cores(raw) if len(core) >= 8)


def _signature(secret: str) -> Iterable[str]:
    parts = secret.split(".")
    return parts[2:3] if secret.startswith("eyJ") and len(parts) == 3 and len(parts[2]) >= 16 else ()


def _base64_cores(raw: bytes) -> Iterable[str]:
    # Inside a longer encoded text a secret has three spellings, one for each position modulo three; their edges mix with
    # its neighbours.
    for offset, mixed in ((0, 0), (1, 2), (2, 3)):
        standard = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        core = standard[mixed : len(standard) - ((offset + len(raw)) % 3 > 0)]
        yield core
        yield core.replace("+", "-").replace("/", "_")


def _claims(value: str) -> Mapping[str, Any] | None:
    if not value.startswith("eyJ") or len(value) > 65_536:
        return None
    segments = value.split(".")
    try:
        claims = json.loads(base64_decoded(segments[1]))
    except (IndexError, ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def base64_decoded(text: str) -> bytes:
    """The bytes behind base64 of either alphabet, padded or not, cut off anywhere; ValueError where it is none."""
    text = text.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(text[: len(text) - (len(text) % 4 == 1)] + "=" * (-len(text) % 4 % 3))


def _told(claim: Any) -> str:
    if isinstance(claim, (int, float)) and not isinstance(claim, bool) and 1e8 < claim < 1e11:
        return datetime.fromtimestamp(int(claim), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return re.sub(r"[^\w.@:/-]|(?<=:)//(?=[^/]*@)", "_", str(claim))[:64]
