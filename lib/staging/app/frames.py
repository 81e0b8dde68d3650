"""The frames that the server sends besides the agents' events."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from ..config import Options


def envelope(kind: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A server message."""
    return {
        "type": kind,
        "data": data,
        "timestamp": time.time(),
        "server_id": "netra-backend-ws",
        "correlation_id": uuid.uuid4().hex,
        **more,
    }


def error_message(code: str, text: str, **details: Any) -> dict[str, Any]:
    """An error frame."""
    hints = {"AUTH_REQUIRED": ["Send a valid token"], "RATE_LIMIT_EXCEEDED": ["Wait a minute before you send more"]}
    body = {"error_code": code, "error_message": text, "details": details, "timestamp": time.time()}
    return {"type": "error_message", **body, "recovery_suggestions": hints.get(code, ["See /ws/config for what is accepted"])}


def welcome(options: Options, connection_id: str, user_id: str | None) -> dict[str, Any]:
    """The first frame of every session."""
    data = {
        "event": "connection_established", "connection_id": connection_id, "user_id": user_id, "server_time": time.time(),
        "connection_ready": True, "environment": "staging", "startup_complete": True, "factory_pattern_enabled": True,
        "config": {"heartbeat_interval": options.heartbeat_s, "max_message_size": options.max_message_bytes},
    }  # fmt: skip
    return envelope("system_message", data)


def acknowledgement(text: str, max_bytes: int) -> dict[str, Any]:
    """What `/ws/test` answers: the message itself, as it was understood."""
    if len(text.encode()) > max_bytes:
        return error_message("MESSAGE_TOO_LARGE", f"A message may have {max_bytes} bytes", size=len(text.encode()))
    try:
        received = json.loads(text)
    except ValueError:
        received = text
    return {"type": "ack", "received": received, "timestamp": time.time()}
