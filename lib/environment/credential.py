"""The configured handshake with the token that the parameters say how to get, while somebody is signed in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING

from lib import handshake as hs
from lib.parameters.model import Parameters

if TYPE_CHECKING:
    from lib.credentials.source import TokenSource

Progress = Callable[[str], None]


class Credential:
    """What the configured handshake carries: minted, issued, or got by a command, a token endpoint or a login."""

    def __init__(self, parameters: Parameters):
        self._parameters = parameters

    @property
    def handshake(self) -> hs.Handshake:
        """The configured handshake, with the token that was got for it last.

        Raises `params.BadInput` where a reference that it needs cannot be read.
        """
        source, configured = self._source, self._configured
        if source is None or source.held is None:
            return configured
        return hs.carrying(configured, token=source.current(), renewed_by=source.current, token_from=source.origin)

    def signed_in(self, on_progress: Progress | None) -> AbstractAsyncContextManager[None]:
        """While this lasts, there is a token that has time left; raises `NoToken`."""
        return self._source.kept(on_progress or _unheard) if self._source else nullcontext()

    async def sign_in(self, on_progress: Progress | None = None) -> None:
        """Gets a token, unless there is one that has time left; raises `NoToken`."""
        if self._source:
            await self._source.fresh(on_progress or _unheard)

    @property
    def is_got(self) -> bool:
        """Whether a token was got, and is neither minted nor issued."""
        return self._source is not None and self._source.held is not None

    @cached_property
    def _configured(self) -> hs.Handshake:
        return hs.configured(self._parameters)

    @cached_property
    def _source(self) -> TokenSource | None:
        token = self._parameters.token
        if not (token.command or token.oauth2 or token.login):
            return None
        from lib.credentials.source import source_of

        return source_of(self._parameters)


def _unheard(line: str) -> None:
    """Where nobody asked to be told."""
