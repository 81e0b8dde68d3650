"""Tokens (JWT): minted from claims and a key, read without trust, and traced to the key that signed them.

No function here returns or shows key material, and none prints a warning about weak keys: weak keys are what we investigate.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from lib.facts import utc_now
from lib.redaction.encodings import base64_decoded
from lib.redaction.pseudonyms import pseudonym

MAX_TOKEN_CHARACTERS = 65_536
_JWT = re.compile(r"eyJ[\w-]{4,}\.[\w-]+\.[\w-]*")
_HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


class UnusableKey(ValueError):
    """A key or algorithm with which no token can be signed; `found` describes it and never contains it."""

    def __init__(self, where: str, found: str, accepted: str):
        super().__init__(where, found, accepted)
        self.where, self.found, self.accepted = where, found, accepted

    def __str__(self) -> str:
        return f"{self.where}: {self.found}; accepted: {self.accepted}"


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a token says about itself, unverified; `problems` are sentences, empty for a well-formed token."""

    header: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signer:
    """The candidate key that signed a token; `corruption` says what had happened to it, None: nothing."""

    name: str
    corruption: str | None = None


def check(*, key: str, algorithm: str) -> None:
    """Raises `UnusableKey` unless this key can sign with this algorithm."""
    _prepared(key, algorithm)


def claims_for(
    claims: Mapping[str, Any], *, user: str | None, lifetime_s: float, issued_ago_s: float = 0, now: datetime
) -> dict[str, Any]:
    """The claims of a token issued `issued_ago_s` before `now`, with a fresh `jti`.

    A claim given in `claims` wins over the computed one; given as None, it is left out, and so is `sub` without a user.
    """
    issued_at = now - timedelta(seconds=issued_ago_s)
    computed = {
        "sub": user or None,
        "iat": int(issued_at.timestamp()),
        "exp": int(issued_at.timestamp() + lifetime_s),
        "jti": uuid.uuid4().hex,
    }
    return {name: value for name, value in {**computed, **claims}.items() if value is not None}


def mint(claims: Mapping[str, Any], *, key: str, algorithm: str, header: Mapping[str, Any] | None = None) -> str:
    """A signed token, its header with what `header` says beside the algorithm; raises `UnusableKey`.

    An asymmetric algorithm takes a private key in PEM.
    """
    scheme, prepared = _prepared(key, algorithm)
    head = {"typ": "JWT", **(header or {}), "alg": algorithm}
    unsigned = ".".join(
        _encoded(json.dumps(part, separators=(",", ":"), default=_json_value).encode()) for part in (head, dict(claims))
    )
    return f"{unsigned}.{_encoded(scheme.sign(unsigned.encode(), prepared))}"


def decode(token: str | bytes) -> Decoded:
    """Header and claims as they stand in the token; never raises, whatever the token is."""
    text = token.decode("latin-1") if isinstance(token, bytes) else token
    if len(text) > MAX_TOKEN_CHARACTERS:
        return Decoded(problems=(f"it has more than {MAX_TOKEN_CHARACTERS} characters",))
    problems = [] if text == text.strip() else ["blanks or line breaks stand around it"]
    parts = text.strip().split(".")
    if len(parts) != 3:
        problems.append(f"it has {len(parts)} part{'s' * (len(parts) != 1)} between dots, a signed token has 3")
    header = _segment(parts[0], "header", problems)
    claims = _segment(parts[1], "claims", problems) if len(parts) > 1 else {}
    if header and not isinstance(header.get("alg"), str):
        problems.append("its header names no algorithm")
    if len(parts) == 3 and not parts[2]:
        problems.append("its signature is empty")
    return Decoded(header, claims, tuple(problems))


def fingerprint(token: str | None, *, now: datetime | None = None) -> str | None:
    """The token in words, such as `jwt:3f2a91c0 alg=HS256 sub=user exp in 900 s claims=[exp,sub]`; never the token itself."""
    if token is None:
        return None
    decoded = decode(token)
    if not decoded.header and not decoded.claims:
        return f"{pseudonym(token).split(' ')[0]} (not a JWT, {len(token)} characters)"
    words = [pseudonym(token).split(" ")[0], f"alg={_word(decoded.header.get('alg'))}"]
    words += [f"{name}={_word(decoded.claims[name])}" for name in ("sub", "iss", "aud") if name in decoded.claims]
    expiry = decoded.claims.get("exp")
    if isinstance(expiry, (int, float)) and not isinstance(expiry, bool) and abs(expiry) < 1e12:
        left_s = round(expiry - (now or utc_now()).timestamp())
        words.append(f"exp in {left_s} s" if left_s >= 0 else f"exp {-left_s} s ago")
    return " ".join([*words, f"claims=[{','.join(_word(name) for name in sorted(decoded.claims)[:40])}]"])


def expired_s(token: str, *, now: datetime) -> float | None:
    """For how many seconds it has been expired (negative: so long it is still good); None where it does not say."""
    expiry = decode(token).claims.get("exp")
    if isinstance(expiry, bool) or not isinstance(expiry, (int, float)) or abs(expiry) >= 1e12:
        return None
    return now.timestamp() - float(expiry)


def described(token: str, *, now: datetime) -> str:
    """`fingerprint`, and what else tells tokens apart: key id, type, scope, and a time before which it is not good."""
    decoded = decode(token)
    words = [str(fingerprint(token, now=now))]
    words += [f"{name}={_word(decoded.header[name])}" for name in ("kid", "typ") if name in decoded.header]
    words += [f"{name}={_word(decoded.claims[name])}" for name in ("scope", "scp", "token_use", "azp") if name in decoded.claims]
    start = decoded.claims.get("nbf")
    if isinstance(start, (int, float)) and not isinstance(start, bool) and start > now.timestamp():
        words.append(f"not good for another {round(start - now.timestamp())} s (nbf)")
    return " ".join(words)


def jwts_in(text: str) -> tuple[str, ...]:
    """The JWTs inside a header's value or a list of cookies."""
    return tuple(found for found in _JWT.findall(text) if decode(found).claims)


def signer(token: str, candidates: Mapping[str, str]) -> Signer | None:
    """Which candidate key signed this token, as it stands or in one of the usual corruptions; None: none of them."""
    token = token.strip()
    algorithm = decode(token).header.get("alg")
    unsigned, _, signature = token.rpartition(".")
    try:
        expected = base64_decoded(signature)
    except ValueError:
        return None
    if not isinstance(algorithm, str) or not expected:
        return None
    for name, key in candidates.items():
        for corruption, variant in _variants(key):
            if _verifies(unsigned.encode("utf-8", "replace"), expected, variant, algorithm):
                return Signer(name, corruption)
            if algorithm not in _HASHES:
                break
    return None


@lru_cache(maxsize=1)
def _schemes() -> dict[str, Any]:
    from jwt.algorithms import get_default_algorithms  # brings in cryptography, which offline work may never need

    return get_default_algorithms()


def _prepared(key: str, algorithm: str) -> tuple[Any, Any]:
    known = sorted(name for name in _schemes() if name != "none")
    if algorithm not in known:
        raise UnusableKey("token.algorithm", f"found {algorithm[:40]!r}", "one of " + ", ".join(known))
    scheme = _schemes()[algorithm]
    asymmetric = algorithm not in _HASHES
    wanted = (
        f"a private key in PEM that fits {algorithm}"
        if asymmetric
        else f"any text but an empty one or a PEM key, for {algorithm}"
    )
    try:
        prepared = scheme.prepare_key(key)
        scheme.sign(b"", prepared)
    except Exception as error:  # the library raises a dozen types for unusable keys, some quoting the key: only the type is told
        raise UnusableKey("token.secret", f"its value cannot sign with {algorithm} ({type(error).__name__})", wanted) from None
    return scheme, prepared


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _json_value(value: Any) -> Any:
    # YAML reads unquoted dates as dates; tokens hold seconds.
    if isinstance(value, datetime):
        return int(value.timestamp())
    return value.isoformat() if isinstance(value, date) else str(value)


def _segment(text: str, what: str, problems: list[str]) -> dict[str, Any]:
    try:
        if not re.fullmatch(r"[A-Za-z0-9_-]*=*", text):
            raise ValueError
        value = json.loads(base64_decoded(text))
    except (ValueError, RecursionError):
        problems.append(f"its {what} cannot be read as base64url of JSON")
        return {}
    if not isinstance(value, dict):
        problems.append(f"its {what} is not a JSON object")
        return {}
    return value


def _word(value: Any) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return re.sub(r"[^\w.@:/,-]", "_", text)[:80]


def _verifies(unsigned: bytes, signature: bytes, key: bytes, algorithm: str) -> bool:
    if algorithm in _HASHES:
        return hmac.compare_digest(hmac.new(key, unsigned, _HASHES[algorithm]).digest(), signature)
    scheme = _schemes().get(algorithm)
    if scheme is None or algorithm == "none":
        return False
    try:
        prepared = scheme.prepare_key(key)
        public = prepared.public_key() if hasattr(prepared, "public_key") else prepared
        return bool(scheme.verify(unsigned, public, signature))
    except Exception:  # a candidate that is no key of this kind did not sign: that is the answer
        return False


_CORRUPTIONS: tuple[tuple[str | None, Callable[[bytes], bytes]], ...] = (
    (None, lambda key: key),
    ("without the blanks around it", lambda key: key.strip()),
    ("with a trailing line break", lambda key: key.rstrip(b"\r\n") + b"\n"),
    ("with a trailing CR LF", lambda key: key.rstrip(b"\r\n") + b"\r\n"),
    ("with a trailing blank", lambda key: key.strip() + b" "),
    ("with a leading blank", lambda key: b" " + key.strip()),
    ("in double quotes", lambda key: b'"' + key.strip() + b'"'),
    ("in single quotes", lambda key: b"'" + key.strip() + b"'"),
    ("without the quotes around it", lambda key: key.strip().strip(b"\"'")),
    ("base64-decoded", lambda key: base64_decoded(key.decode("ascii").strip())),
    ("hex-decoded", lambda key: bytes.fromhex(key.decode("ascii").strip())),
    ("base64-encoded", lambda key: base64.b64encode(key)),
    ("base64-encoded with a trailing line break inside", lambda key: base64.b64encode(key.rstrip(b"\r\n") + b"\n")),
    ("base64-encoded and followed by a line break", lambda key: base64.b64encode(key) + b"\n"),
    ("base64url-encoded", lambda key: base64.urlsafe_b64encode(key)),
    ("base64url-encoded without padding", lambda key: base64.urlsafe_b64encode(key).rstrip(b"=")),
    ("hex-encoded", lambda key: key.hex().encode()),
    ("with a byte order mark", lambda key: b"\xef\xbb\xbf" + key),
    ("in upper case", lambda key: key.upper()),
    ("in lower case", lambda key: key.lower()),
    ("with line breaks written as \\n", lambda key: key.replace(b"\n", b"\\n")),
    ("with \\n turned into line breaks", lambda key: key.replace(b"\\n", b"\n")),
    ("cut at its first # or blank", lambda key: re.split(rb"[#\s]", key.strip())[0]),
    ("cut at its first $", lambda key: key.split(b"$")[0]),
    ("empty", lambda key: b""),
)


def _variants(key: str) -> Iterator[tuple[str | None, bytes]]:
    raw = key.encode("utf-8", "surrogatepass")
    seen: set[bytes] = set()
    for corruption, change in _CORRUPTIONS:
        try:
            variant = change(raw)
        except ValueError:
            continue
        if variant not in seen:
            seen.add(variant)
            yield corruption, variant
