"""The configured handshake with the token that the parameters say how to get, while somebody is signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lib import handshake as hs
from lib import tokens
from lib.clients.credentials.got import NoToken
from lib.facts import rfc3339, utc_now
from lib.parameters import loading as params
from lib.parameters.model import Parameters

if TYPE_CHECKING:
    from lib.clients.credentials.source import TokenSource

Progress = Callable[[str], None]
VARIABLE, UNTIL = "INVESTIGATION_TOKEN", "INVESTIGATION_UNTIL"
"""In which children find the token that was got for them, and until when it is good."""


class Credential:
    """What the configured handshake carries: minted, issued, or got by a command, a token endpoint or a login."""

    def __init__(self, parameters: Parameters):
        self._parameters = parameters
        self._refused: NoToken | None = None

    @property
    def handshake(self) -> hs.Handshake:
        """The configured handshake, with the token that was got for it last.

        Raises `params.BadInput` where a reference that it needs cannot be read.
        """
        source, configured = self._source, self._configured
        if source is None or source.held is None:
            return configured
        return hs.carrying(configured, token=source.current(), renewed_by=source.current, token_from=source.origin)

    @asynccontextmanager
    async def signed_in(self, on_progress: Progress | None) -> AsyncIterator[None]:
        """While this lasts, there is a token that has time left; raises `NoToken`."""
        await self.sign_in(on_progress)
        async with self._source.kept(on_progress or _unheard) if self._source else nullcontext():
            yield

    async def sign_in(self, on_progress: Progress | None = None) -> None:
        """Gets a token, unless there is one that has time left; raises `NoToken`, the same one again once it was refused."""
        if self._refused:
            raise self._refused
        try:
            if self._source:
                await self._source.fresh(on_progress or _unheard)
        except NoToken as error:
            self._refused = error if error.refused else None  # an account must not be locked by our trying again
            raise

    @property
    def is_asked_for(self) -> bool:
        """Whether somebody has to be asked for the token, who may refuse it."""
        return self._source is not None

    @property
    def variables(self) -> dict[str, str | None]:
        """What hands the token that was got on to children, so that a round signs in once."""
        held = self._source.held if self._source else None
        return {VARIABLE: held.token, UNTIL: rfc3339(held.good_until) if held.good_until else None} if held else {}

    @asynccontextmanager
    async def lent(self, investigation: Mapping[str, Any], on_progress: Progress | None) -> AsyncIterator[Mapping[str, Any]]:
        """The same investigation for a child that cannot sign in: the token of this moment as an issued one, in a variable."""
        tell = on_progress or _unheard
        try:
            await self.sign_in(tell)
        except NoToken as error:
            tell(f"the suite goes without a token, as {error}")
        if self._source is None or self._source.held is None:
            yield investigation
            return
        before = params.set_variables(self.variables)
        issued = {**dict.fromkeys(("command", "oauth2", "login")), "issued": f"env:{VARIABLE}"}
        given = investigation["parameters"]
        try:
            yield {**investigation, "parameters": {**given, "token": {**given["token"], **issued}}}
        finally:
            params.set_variables(before)

    def expired(self) -> list[str]:
        """Sentences on tokens that are sent as they stand and whose time is over."""
        found = hs.carried_tokens(self.handshake).items()
        late = {where: tokens.expired_s(token, now=utc_now()) or 0.0 for where, token in found}
        return [f"the token that is sent ({where}) expired {round(by_s)} s ago" for where, by_s in late.items() if by_s > 0]

    @cached_property
    def _configured(self) -> hs.Handshake:
        return hs.configured(self._parameters)

    @cached_property
    def _source(self) -> TokenSource | None:
        token = self._parameters.token
        if not (token.command or token.oauth2 or token.login):
            return None
        from lib.clients.credentials.source import source_of

        source = source_of(self._parameters)
        lent, until = params.variable(VARIABLE), params.variable(UNTIL)
        if source and lent and params.investigation_of_parent():
            source.hold(lent, datetime.fromisoformat(until) if until else None)
        return source


def _unheard(line: str) -> None:
    """Where nobody asked to be told."""
