"""The token that the parameters say how to get: held, given out, and got anew before it runs out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from lib.clients.command import find_program
from lib.clients.credentials.command import printed_token
from lib.clients.credentials.got import Got, NoToken
from lib.clients.credentials.login import Login, login_token
from lib.clients.credentials.oauth2 import Grant, granted_token
from lib.clients.rest import Rest
from lib.facts import USUAL_TLS, Tls, utc_now
from lib.parameters import secrets
from lib.parameters.certificates import usable
from lib.parameters.hosts import host_of
from lib.parameters.model import Parameters
from lib.parameters.secrets import ROOT, resolved_within, value_of

EARLY_S = 60.0
"""So long before it runs out a token is got anew, or a third of its life where that is shorter."""
AGAIN_S = 2.0
"""The pause after a failure, and after a token that was over as soon as it was got."""

Tell = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class TokenSource:
    """`origin` names the parameter, `how` what is done for a token in words that hold no secret."""

    origin: str
    how: str
    get: Callable[[], Awaitable[Got]] = field(repr=False)
    clock: Callable[[], datetime] = utc_now
    held: Got | None = None

    def current(self) -> str:
        """The token that was got last; raises `NoToken` where none was."""
        if self.held is None:
            raise NoToken(self.origin, "no token has been asked for yet")
        return self.held.token

    def hold(self, token: str, good_until: datetime | None) -> None:
        """Takes a token that somebody else has got."""
        self.held = Got(token=token, at=self.clock(), good_until=good_until)
        secrets.learn(token)

    @property
    def due_s(self) -> float | None:
        """In how many seconds it is to be got anew; None where it does not say when it runs out."""
        if self.held is None:
            return 0.0
        if self.held.good_until is None:
            return None
        lives_s = (self.held.good_until - self.held.at).total_seconds()
        return max((self.held.good_until - self.clock()).total_seconds() - min(EARLY_S, lives_s / 3), 0.0)

    async def fresh(self, tell: Tell) -> None:
        """Gets a token unless one is held that has time left; raises `NoToken`."""
        if self.due_s == 0.0:
            if self.held is None:
                tell(f"{self.origin}: {self.how}")
            await self._renew()

    async def _renew(self) -> None:
        self.held = await self.get()
        secrets.learn(self.held.token)

    async def keep(self, tell: Tell) -> None:
        """Gets the token anew before it runs out, for as long as it is let."""
        while (due_s := self.due_s) is not None:
            await asyncio.sleep(due_s or AGAIN_S)
            try:
                await self._renew()
            except NoToken as error:
                tell(f"the token could not be got anew: {error}")

    @contextlib.asynccontextmanager
    async def kept(self, tell: Tell) -> AsyncIterator[None]:
        """While this lasts, a token is held, and got anew before it runs out; raises `NoToken` where there is none at first."""
        await self.fresh(tell)
        keeping = asyncio.create_task(self.keep(tell))
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


def source_of(parameters: Parameters, *, clock: Callable[[], datetime] = utc_now) -> TokenSource | None:
    """What the parameters say of where the token comes from; None where it is minted, issued, or not there.

    Raises `BadInput` for a reference that cannot be read, and a program that is not there.
    """
    token = parameters.token
    if token.command:
        argv = token.command
        find_program(argv, key="token.command", folder=ROOT)

        async def run() -> Got:
            return await printed_token(argv, folder=ROOT, clock=clock)

        return TokenSource(origin="token.command", how=f"running {' '.join(argv)}", get=run, clock=clock)
    if token.oauth2:
        grant = _grant(parameters)
        return TokenSource(
            origin="token.oauth2", how=f"asking {grant.url} for a token ({grant.form['grant_type']})", clock=clock,
            get=_through_a_door(lambda door: granted_token(grant, door=door, clock=clock)),
        )  # fmt: skip
    if token.login:
        login = _login(parameters)
        return TokenSource(
            origin="token.login", how=f"logging in with {login.method} {login.url}", clock=clock,
            get=_through_a_door(lambda door: login_token(login, door=door, clock=clock)),
        )  # fmt: skip
    return None


def _through_a_door(ask: Callable[[Rest], Awaitable[Got]]) -> Callable[[], Awaitable[Got]]:
    async def get() -> Got:
        door = Rest()
        try:
            return await ask(door)
        finally:
            await door.close()

    return get


def _grant(parameters: Parameters) -> Grant:
    settings = parameters.token.oauth2
    assert settings is not None
    given = {name: value for name, value in settings.model_dump().items() if value is not None}
    values = {name: value_of(value, where=f"token.oauth2.{name}") for name, value in given.items()}
    return Grant(**values, timeout_s=parameters.target.timeout_s, tls=_tls(parameters, settings.url))


def _login(parameters: Parameters) -> Login:
    settings = parameters.token.login
    assert settings is not None
    method, _, place = settings.request.partition(" ")
    body, of_body = resolved_within(settings.json_, where="token.login.json")
    headers, of_headers = resolved_within(dict(settings.headers), where="token.login.headers")
    url = place if "://" in place else f"{(parameters.target.rest_url or '').rstrip('/')}{place}"
    return Login(
        method=method, url=url, headers=tuple(headers.items()), json=body, place=settings.token,
        secrets=(*of_body, *of_headers), timeout_s=parameters.target.timeout_s, tls=_tls(parameters, url),
    )  # fmt: skip


def _tls(parameters: Parameters, url: str) -> Tls:
    """What is trusted and presented there: a client's certificate is a credential too, and goes to the target's hosts alone."""
    return usable(parameters.target.tls) if host_of(url) in parameters.own_hosts() else USUAL_TLS
