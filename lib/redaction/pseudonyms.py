"""What stands in a secret's place: a name for it that is always the same and from which nothing can be learnt."""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lib.redaction.encodings import base64_decoded

KEY_BYTES = 32
_key = secrets.token_bytes(KEY_BYTES)


def use_key(key: bytes) -> None:
    """From now on this process names secrets by this key; until then by one of its own, which nobody else has."""
    global _key
    _key = key


def key_name() -> str:
    """What tells one key from another: pseudonyms of different keys cannot be compared."""
    return _digest("the name of this key")


def pseudonym(value: str) -> str:
    """`secret:3f2a91c0`; for a JWT `jwt:3f2a91c0 sub=… iss=… exp=…`. The same value gets the same one wherever the key
    is the same; without the key no guess at the value can be tried."""
    digest = _digest(value)
    claims = _claims(value)
    if claims is None:
        return f"secret:{digest}"
    told = [f"{name}={_told(claims[name])}" for name in ("sub", "iss", "exp") if name in claims]
    return " ".join([f"jwt:{digest}", *told])


def _digest(value: str) -> str:
    return hmac.digest(_key, value.encode("utf-8", "surrogatepass"), "sha256").hex()[:8]


def _claims(value: str) -> Mapping[str, Any] | None:
    if not value.startswith("eyJ") or len(value) > 65_536:
        return None
    segments = value.split(".")
    try:
        claims = json.loads(base64_decoded(segments[1]))
    except (IndexError, ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def _told(claim: Any) -> str:
    if isinstance(claim, (int, float)) and not isinstance(claim, bool) and 1e8 < claim < 1e11:
        return datetime.fromtimestamp(int(claim), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return re.sub(r"[^\w.@:/-]|(?<=:)//(?=[^/]*@)", "_", str(claim))[:64]
