"""Tokens by OAuth 2.0 (RFC 6749): by refresh token, by user and password, else as the client itself."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from lib.clients.credentials.asking import asked, document, refusal, without_body
from lib.clients.credentials.got import Got, NoToken, checked, got
from lib.clients.rest import Answer, Rest
from lib.facts import USUAL_TLS, Request, Tls

ORIGIN = "token.oauth2"
ADVICE = {
    "invalid_client": "client_id and client_secret",
    "unauthorized_client": "whether the issuer lets this client use this grant",
    "unsupported_grant_type": "whether the issuer has this grant",
    "invalid_scope": "scope",
    "invalid_target": "audience",
    "access_denied": "audience, and what the issuer lets this client have",
}
"""What to look at in token.oauth2, by the error codes of RFC 6749 (5.2) and RFC 8707."""


@dataclass(slots=True, kw_only=True)
class Grant:
    """What is asked with, read behind its references. `how`: basic, post or none, as the client was named when it was taken."""

    url: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scope: str | None = None
    audience: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    timeout_s: float = 10.0
    tls: Tls = USUAL_TLS
    how: str | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value of it that nobody may read."""
        found = [self.client_secret, self.password, self.refresh_token]
        found += [_basic(self.client_id, self.client_secret)] if self.client_secret else []
        return tuple(one for one in found if one)

    @property
    def form(self) -> dict[str, str]:
        """The request's own parameters, without those that name the client."""
        if self.refresh_token:
            named = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        elif self.password is not None:
            named = {"grant_type": "password", "username": self.username or "", "password": self.password}
        else:
            named = {"grant_type": "client_credentials"}
        return named | {name: value for name, value in (("scope", self.scope), ("audience", self.audience)) if value}


async def granted_token(grant: Grant, *, door: Rest, clock: Callable[[], datetime]) -> Got:
    """The access token; a refresh token that comes with it in exchange for the one sent is kept for the next time.

    A client's secret is sent in the Authorization header, and where that is refused in the body: issuers take one of the two.
    Raises `NoToken`.
    """
    ways = [grant.how] if grant.how else ["basic", "post"] if grant.client_secret else ["none"]
    answer, refused = await _asked(grant, ways[0], door), None
    if len(ways) > 1 and _may_want_it_otherwise(grant, answer):
        refused, answer = answer, await _asked(grant, ways[1], door)
    status = answer.exchange.status or 0
    if not 200 <= status < 300:
        # Of two refusals the one that says more is told.
        told = refused if refused is not None and _error(answer) is None and _error(refused) else answer
        raise _refusal(grant, told)
    grant.how = ways[-1] if refused is not None else ways[0]
    return _granted(grant, answer, clock)


def _may_want_it_otherwise(grant: Grant, answer: Answer) -> bool:
    """Whether it may be the way in which the client is named that was refused; a user's password is not tried twice."""
    error = _error(answer)
    of_client = error in {"invalid_client", "unauthorized_client"} or (error == "invalid_request" and grant.password is None)
    return (answer.exchange.status == 401 and error != "invalid_grant") or (answer.exchange.status == 400 and of_client)


def _granted(grant: Grant, answer: Answer, clock: Callable[[], datetime]) -> Got:
    found = document(answer, origin=ORIGIN)
    fields: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    if "access_token" not in fields and isinstance(fields.get("error"), str):
        raise _refusal(grant, answer)
    quiet = without_body(answer.exchange)
    try:
        token = checked(str(fields["access_token"]))
    except KeyError:
        raise NoToken(ORIGIN, f"{quiet.url} answered {quiet.status} without an access_token", exchange=quiet) from None
    except ValueError as error:
        raise NoToken(ORIGIN, f"{quiet.url} answered with {error} for an access_token", exchange=quiet) from None
    further = fields.get("refresh_token")
    if grant.refresh_token and isinstance(further, str) and further:
        grant.refresh_token = further
    return got(token, at=clock(), lives_s=_seconds(fields.get("expires_in")))


async def _asked(grant: Grant, how: str | None, door: Rest) -> Answer:
    form, headers = grant.form, [("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded")]
    if how == "basic" and grant.client_secret:
        headers.append(("Authorization", f"Basic {_basic(grant.client_id, grant.client_secret)}"))
    else:
        form |= {"client_id": grant.client_id} | ({"client_secret": grant.client_secret} if grant.client_secret else {})
    request = Request(
        url=grant.url, method="POST", headers=tuple(headers), body=urlencode(form, quote_via=quote).encode(),
        timeout_s=grant.timeout_s, secrets=grant.secrets, tls=grant.tls,
    )  # fmt: skip
    return await asked(door, request, origin=ORIGIN, label=f"{ORIGIN} {form['grant_type']}")


def _basic(client_id: str, secret: str) -> str:
    return base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def _error(answer: Answer) -> str | None:
    try:
        found = document(answer, origin=ORIGIN)
    except NoToken:
        return None
    error = found.get("error") if isinstance(found, Mapping) else None
    return error if isinstance(error, str) else None


def _refusal(grant: Grant, answer: Answer) -> NoToken:
    error, words = _error(answer), None
    if error is not None:
        described = document(answer, origin=ORIGIN).get("error_description")
        words = f"{error}{f' ({described})' if isinstance(described, str) and described else ''}"
    of_grant = (
        "refresh_token" if grant.refresh_token else "username and password" if grant.password else "client_id and client_secret"
    )
    advice = ADVICE.get(error or "", of_grant if error == "invalid_grant" else "")
    return refusal(answer, origin=ORIGIN, secrets=grant.secrets, words=words, advice=f"{ORIGIN}: {advice}" if advice else "")


def _seconds(value: Any) -> float | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if 0 < seconds < 1e9 else None
