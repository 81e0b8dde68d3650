"""The WebSocket door: a handshake goes out, an `Exchange` or an open `Session` comes back. A refusal is a value.

The WebSocket library speaks the protocol without I/O; the bytes travel here, because only so does the status of a refusal
survive an endless body, and each phase gets its own stamp. Redirects are not followed. Everything is bounded in time and size.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from urllib.parse import quote, urlsplit
from weakref import WeakSet

from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, InvalidHeaderValue, NegotiationError
from websockets.http11 import USER_AGENT, Response
from websockets.typing import Origin, Subprotocol
from websockets.uri import WebSocketURI

from lib import facts
from lib.clients import http1, network, trace_context
from lib.clients.connection import NOT_ASKED, Connection
from lib.clients.messages import Message, SessionClosed
from lib.clients.websocket_session import Session
from lib.facts import Exchange, Phases, Purpose, Request, Rung
from lib.redaction.exchanges import redacted

__all__ = ["Message", "Session", "SessionClosed", "WebSockets"]

BODY_WITHIN_S = 1.0
"""How long the body of a refusal may take; its status and headers are there by then."""


CONFIRMED_WITHIN_S = 1.0
"""How long the pong of a server is waited for that sends very much."""
GOODBYE_WITHIN_S = 0.2
"""How long after the frame that refuses a session its close is waited for."""


class WebSockets:
    """Handshakes and sessions; one instance serves any number of them at once."""

    def __init__(self, *, clock: Callable[[], datetime] = facts.utc_now):
        self._clock = clock
        self._sessions: WeakSet[Session] = WeakSet()

    async def knock(
        self, request: Request, *, of: Purpose = "probe", label: str = "", stay_s: float = facts.ACCEPTED_AFTER_S
    ) -> Exchange:
        """The outcome of one handshake: an accepted one is held open for `stay_s`, then closed politely."""
        opened = await self.open(request, of=of, label=label)
        if isinstance(opened, Exchange):
            return opened
        try:
            began_s = perf_counter()
            if stay_s > 0:  # what only time can grant takes its time
                await opened.settled()
            if not await opened.ended(max(0.0, stay_s - (perf_counter() - began_s))) and stay_s > 0:
                await opened.confirm(within_s=min(CONFIRMED_WITHIN_S, request.timeout_s))
            return opened.exchange
        finally:
            await opened.close()

    async def addresses(self, url: str, *, within_s: float) -> tuple[str, ...]:
        """What the resolver says of the name in a URL, empty where it says nothing in time or a proxy is in the way."""
        try:
            uri = _uri(url)
            if network.environment_proxy(url) is not None:
                return ()
            async with asyncio.timeout(within_s):
                found = await network.addresses(uri.host, uri.port)
        except (network.NoConnection, TimeoutError):
            return ()
        return tuple(dict.fromkeys(str(info[4][0]) for info in found))

    async def open(self, request: Request, *, of: Purpose = "probe", label: str = "") -> Session | Exchange:
        """An open session, or the exchange that says how the handshake or its session was refused.

        Where the request has a session with frames that grant it, it is open once it is granted.
        """
        attempt = _Attempt(request=request, of=of, label=label, at=self._clock())
        try:
            async with asyncio.timeout(request.timeout_s):
                await attempt.run()
        except network.NoConnection as failure:
            attempt.fail(failure.rung, failure.sentence)
        except TimeoutError:
            late = f"no answer within {request.timeout_s:g} s"
            attempt.fail(attempt.wire.rung, f"{NOT_ASKED}: {late}" if attempt.wire.at_proxy else late)
        except BaseException:
            attempt.wire.abort()
            raise
        if attempt.session is not None:
            self._sessions.add(attempt.session)
            return await self._begun(attempt.session, request)
        try:
            await attempt.read_body()
        finally:
            attempt.wire.abort()
        return attempt.exchange(None)

    async def _begun(self, session: Session, request: Request) -> Session | Exchange:
        """The session once a frame has granted it; the exchange where it is refused. One that only time can grant is let be."""
        session.begin()
        if request.session is None or not request.session.granting:
            return session
        try:
            await session.settled()
            if session.granted is not False:
                return session
            if session.is_open and session.complaint:
                await session.ended(GOODBYE_WITHIN_S)
            return session.exchange
        finally:
            if session.granted is None or session.granted is False:
                await session.close()

    async def close(self) -> None:
        """Closes the sessions that are still open."""
        await asyncio.gather(*(session.close() for session in list(self._sessions)))


@dataclass
class _Attempt:
    """One handshake while it goes on."""

    request: Request
    of: Purpose
    label: str
    at: datetime
    started_s: float = field(default_factory=perf_counter)
    settled_s: float | None = None
    wire: Connection = field(default_factory=Connection)
    head: http1.AnswerHead | None = None
    body: bytes = b""
    error: str | None = None
    via_proxy: str | None = None
    subprotocol: str | None = None
    session: Session | None = None
    sent: tuple[tuple[str, str], ...] = ()

    async def run(self) -> None:
        uri = _uri(self.request.url)
        proxy = network.environment_proxy(self.request.url) if self.request.use_environment_proxy else None
        self.via_proxy = proxy
        self.sent = _headers(self.request, uri)
        handshake = ClientProtocol(uri, subprotocols=_offered(self.sent))
        handshake.key = next(value for name, value in self.sent if name.lower() == "sec-websocket-key")
        self.head = await self.wire.connect(uri, proxy=proxy, trust=self.request.tls, address=self.request.address)
        if self.head is not None:
            self.error = "the proxy did not let the handshake through"
            self._settle("upgrade")
            return
        sent_s = perf_counter()
        self.wire.write_head(f"GET {uri.resource_name} HTTP/1.1", self.sent)
        self.head = await self.wire.head()
        answered_s = self._settle("upgrade")
        self.wire.phases["upgrade_ms"] = (answered_s - sent_s) * 1000
        if self.head.status == 101:
            self._upgrade(handshake, self.head, answered_s)

    def _upgrade(self, handshake: ClientProtocol, head: http1.AnswerHead, answered_s: float) -> None:
        try:
            handshake.process_response(Response(101, head.reason, Headers(list(head.headers))))
        except InvalidHandshake as error:
            self.error = _invalid(error, head, handshake.available_subprotocols)
            return
        self.wire.rung, self.subprotocol = "session", handshake.subprotocol
        self.session = Session(
            self.wire.transport,
            at_s=answered_s,
            secrets=self.request.secrets,
            record=self.exchange,
            script=self.request.session,
        )
        self.wire.hand_over(self.session, answered_s)

    def _settle(self, rung: Rung) -> float:
        """Notes the stage that was reached, and the `perf_counter` of this moment."""
        self.wire.rung, self.settled_s = rung, (now_s := perf_counter())
        return now_s

    def fail(self, rung: Rung, sentence: str) -> None:
        self.error = sentence
        self._settle(rung)

    async def read_body(self) -> None:
        left_s = self.request.timeout_s - (perf_counter() - self.started_s)
        if self.head is not None and self.head.status != 101:
            self.body = await self.wire.body(self.head, within_s=min(BODY_WITHIN_S, max(0.0, left_s)))

    def exchange(self, session: Session | None) -> Exchange:
        first = session.first_frame if session else None
        is_over = session and (session.close_code or session.violation or session.unanswered)
        told_s = session.ended_at_s if session and is_over else self.settled_s
        granted = session.granted if session else None
        told = (session.violation or session.unanswered) if session else None
        error = told or self.error or _silence(session, granted)
        excerpt = self.body.decode("utf-8", "replace").replace("\0", "")
        if session is not None and (granted is False or session.close_code is not None):
            excerpt = session.complaint
        seen = Exchange(
            id=uuid.uuid4().hex,
            of=self.of,
            kind="handshake",
            label=self.label,
            method="GET",
            url=self.request.url,
            rung=self.wire.rung,
            status=self.head.status if self.head else None,
            headers=tuple(self.head.headers) if self.head else (),
            body_excerpt=excerpt,
            subprotocol=self.subprotocol,
            first_frame=first.excerpt if first else None,
            frames=session.frames if session and self.of != "sample" else (),
            granted=granted,
            close_code=session.close_code if session else None,
            close_reason=session.close_reason if session else None,
            error=error,
            phases=Phases(**self.wire.phases, **(session.phases if session else {})),
            elapsed_ms=((told_s or perf_counter()) - self.started_s) * 1000,
            request_headers=tuple(self.sent),
            credential=self.request.credential,
            trace_id=trace_context.trace_id_among(self.sent),
            peer=self.wire.peer,
            via_proxy=self.via_proxy,
            at=self.at,
        )
        return redacted(seen, self.request.secrets)


def _silence(session: Session | None, granted: bool | None) -> str | None:
    """What is to be said of a session that nothing granted and nothing refused in its time."""
    if session is None or session.conversation is None or granted is not False or session.complaint:
        return None
    silent = session.close_code is None and session.conversation.refused_at_s is None
    return f"no frame granted the session within {session.conversation.script.timeout_s:g} s" if silent else None


def _uri(url: str) -> WebSocketURI:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host = host if host.isascii() else host.encode("idna").decode()
    except (ValueError, UnicodeError):
        raise network.NoConnection("dns", "the address cannot be read as a URL; nothing was sent") from None
    if parts.scheme not in {"ws", "wss"} or not host:
        raise network.NoConnection("dns", "the address is no ws:// or wss:// URL; nothing was sent")
    kept = "!$%&'()*+,;=:@/?~[]"
    path, query = quote(parts.path, safe=kept), quote(parts.query, safe=kept)
    return WebSocketURI(parts.scheme == "wss", host, port or network.DEFAULT_PORTS[parts.scheme], path, query, None, None)


def _headers(request: Request, uri: WebSocketURI) -> tuple[tuple[str, str], ...]:
    # A header given by the request replaces the protocol's own of that name, so that none is sent twice.
    origin = None if request.origin is None else Origin(request.origin)
    subprotocols = [Subprotocol(name) for name in request.subprotocols] or None
    own = dict(ClientProtocol(uri, origin=origin, subprotocols=subprotocols).connect().headers.raw_items())
    own |= {"User-Agent": USER_AGENT, "traceparent": trace_context.traceparent(trace_context.new_trace_id())}
    if request.host_header:
        own["Host"] = request.host_header
    given = {name.lower() for name, _ in request.headers}
    headers = (*((name, value) for name, value in own.items() if name.lower() not in given), *request.headers)
    for name, value in headers:
        if any(character in "\r\n\0" for character in name + value):
            raise network.NoConnection("dns", f"the header {name.strip()!r} holds a line break; nothing was sent")
    return headers


def _offered(headers: Iterable[tuple[str, str]]) -> list[Subprotocol] | None:
    offered = [
        Subprotocol(item.strip())
        for name, value in headers
        if name.lower() == "sec-websocket-protocol"
        for item in value.split(",")
    ]
    return offered or None


def _invalid(error: InvalidHandshake, head: http1.AnswerHead, offered: Iterable[str] | None) -> str:
    chosen = head.get("sec-websocket-protocol")
    if isinstance(error, NegotiationError) and chosen is not None and "subprotocol" in str(error):
        return (
            f"the server chose the subprotocol {chosen!r}, which was not offered (offered: {', '.join(offered or ()) or 'none'})"
        )
    if isinstance(error, NegotiationError) and (extensions := head.get("sec-websocket-extensions")) is not None:
        return f"the 101 is not valid: it chose the extension {extensions!r}, which this client does not speak"
    if isinstance(error, InvalidHeaderValue) and error.name == "Sec-WebSocket-Accept":
        return f"the 101 is not valid: its Sec-WebSocket-Accept {error.value!r} is not that of this handshake's key"
    return f"the 101 is not valid: {error}"
