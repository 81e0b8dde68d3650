"""The WebSocket routes: the handshake's outcome, and the life of a session."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
import uuid

from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from ..logging.journal import trace_of
from . import session_store
from .admission import Admission, Refused, admit
from .agents import Agents
from .conversation import Conversation
from .frames import acknowledgement, error_message, welcome
from .service import Service


class CrashedAtAccept(RuntimeError):
    """What the misconfigured handler dies of."""


class SocketRoutes:
    """The two WebSocket endpoints of one instance."""

    def __init__(self, service: Service, agents: Agents) -> None:
        self.service, self.agents = service, agents

    async def session(self, socket: WebSocket) -> None:
        """`/ws`: authenticated."""
        service, trace = self.service, trace_of(socket.headers)
        log = service.log
        try:
            admission = await admit(socket, service, trace)
        except Refused as refusal:
            log.doubled(str(refusal), severity=refusal.severity, trace=trace, logger="netra.websocket.auth")
            await self._refuse(socket, refusal)
            return
        except session_store.StoreSilent as error:
            raise self._crash("Unhandled exception in WebSocket handler", f"session store: {error}", trace) from None
        await service.shared.delay("handshake")
        if service.socket.crashes_before_accept:
            raise self._crash("Unhandled exception in WebSocket handler", "'coroutine' object has no attribute 'user_id'", trace)
        await socket.accept(admission.subprotocol)
        log.line(f"WebSocket accepted for {admission.user['id']}", trace=trace, logger="netra.websocket")
        if service.socket.closes_after_accept:
            log.line(
                "WebSocket AUTHENTICATION FAILED: user context could not be extracted",
                severity="ERROR",
                trace=trace,
                logger="netra.websocket",
            )
            await socket.send_json(error_message("AUTH_REQUIRED", "Authentication failed"))
            await socket.close(1008, "Authentication failed")
            return
        if service.socket.crashes_after_accept:
            self._crash("WebSocket session failed", "agent_supervisor is None", trace)
            await socket.close(1011, "Internal error")
            return
        if service.socket.needs_first_message and not await self._first_message(socket, admission.user["id"], trace):
            return
        await self._serve(socket, admission, trace)

    async def _refuse(self, socket: WebSocket, refusal: Refused) -> None:
        if self.service.shared.config.says_why:
            await socket.send_denial_response(JSONResponse({"detail": str(refusal)}, refusal.status))
        else:
            await socket.close(1008)

    async def _first_message(self, socket: WebSocket, user_id: str, trace: str | None) -> bool:
        """Whether the client began the session as it must; else the session has been closed."""
        options, log = self.service.options, self.service.log
        try:
            message = await asyncio.wait_for(socket.receive(), options.first_message_s)
        except TimeoutError:
            line = f"WebSocket of {user_id} closed: connection initialisation timeout, no first message came"
            log.line(line, severity="WARNING", trace=trace, logger="netra.websocket")
            await socket.close(4408, "Connection initialisation timeout")
            return False
        if message["type"] == "websocket.disconnect":
            return False
        if (message.get("text") or "").replace(" ", "") != '{"type":"connection_init"}':
            await socket.close(4400, "Invalid first message: connection_init is expected")
            return False
        await socket.send_json({"type": "connection_ack"})
        return True

    async def _serve(self, socket: WebSocket, admission: Admission, trace: str | None) -> None:
        service, user_id = self.service, admission.user["id"]
        connection_id = f"ws_{uuid.uuid4().hex[:16]}"
        service.shared.connections[connection_id] = user_id
        conversation = Conversation(socket, service, self.agents, user_id, trace)
        try:
            await conversation.send(welcome(service.options, connection_id, user_id))
            await conversation.run()
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            service.shared.connections.pop(connection_id, None)
            conversation.close()
            service.log.line(
                f"WebSocket of {user_id} closed after {conversation.received} messages", trace=trace, logger="netra.websocket"
            )

    async def test(self, socket: WebSocket) -> None:
        """`/ws/test`: no authentication; welcomes, and acknowledges what it gets."""
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await socket.send_json(welcome(self.service.options, f"test_{uuid.uuid4().hex[:12]}", None))
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                text = (
                    message.get("text")
                    if message.get("text") is not None
                    else (message.get("bytes") or b"").decode(errors="replace")
                )
                await socket.send_json(acknowledgement(text, self.service.options.max_message_bytes))

    def _crash(self, line: str, text: str, trace: str | None) -> CrashedAtAccept:
        try:
            raise CrashedAtAccept(text)
        except CrashedAtAccept as error:
            self.service.log.crash(line, error, traceback.format_exc(), trace=trace)
            return error
