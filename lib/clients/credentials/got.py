"""A token that was got, and why there is none: what the ways of getting one have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lib import tokens
from lib.facts import Exchange

_PRINTABLE = re.compile(r"[!-~]+")
_NO_TOKEN = frozenset({"null", "none", "nil", "undefined", "true", "false", "error"})
_WORD_BEFORE = re.compile(r"(?:bearer|jwt|token)\s+(?=\S+$)", re.IGNORECASE)


class NoToken(Exception):
    """There is none to ask with: `origin` names the parameter, `said` why, in words that hold no secret.

    `refused`: whoever was asked answered, and did not give one; otherwise it could not be asked. `exchange`: the request that was
    made for it, where one was. `advice`: what to look at.
    """

    is_sentence = True

    def __init__(self, origin: str, said: str, *, refused: bool = False, exchange: Exchange | None = None, advice: str = ""):
        super().__init__(origin, said)
        self.origin, self.said, self.refused, self.exchange, self.advice = origin, said, refused, exchange, advice

    def __str__(self) -> str:
        return f"{self.origin}: {self.said}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """A token, and until when it is good where that is known; `refresh_token`: what takes the place of the one that was spent."""

    token: str = field(repr=False)
    at: datetime
    good_until: datetime | None = None
    refresh_token: str | None = field(default=None, repr=False)


def got(token: str, *, at: datetime, lives_s: float | None = None, refresh_token: str | None = None) -> Got:
    """The token with its end: by its own `exp`, else `lives_s` from now.

    A clock that is not the issuer's would make a token of this moment an old one: what it says of how long it lives counts then.
    """
    claims = tokens.decode(token).claims
    over_s = tokens.expired_s(token, now=at)
    if over_s is not None:
        issued = claims.get("iat")
        whole_s = claims["exp"] - issued if isinstance(issued, (int, float)) else None
        fresh = lives_s is not None and whole_s is not None and abs(whole_s - lives_s) <= 1
        lives_s = whole_s if fresh else -over_s
    until = at + timedelta(seconds=lives_s) if lives_s is not None else None
    return Got(token=token, at=at, good_until=until, refresh_token=refresh_token)


def checked(text: str) -> str:
    """One token, alone, without the word that some write before it; raises `ValueError` with what was found, never showing it."""
    text = text.strip()
    text = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text  # as jq writes it without -r
    token = _WORD_BEFORE.sub("", text, count=1)
    if not token:
        raise ValueError("nothing")
    if len(token) > tokens.MAX_TOKEN_CHARACTERS:
        raise ValueError(f"{len(token)} characters")
    if token[0] in "{[<" or token.lower() in _NO_TOKEN:
        kinds = {"{": "JSON", "[": "JSON", "<": "markup"}
        raise ValueError(kinds.get(token[0], f"the word {token.lower()}"))
    if not _PRINTABLE.fullmatch(token):
        lines = len(token.splitlines())
        raise ValueError(f"{lines} lines" if lines > 1 else "a text with blanks or other characters that no token has")
    return token
