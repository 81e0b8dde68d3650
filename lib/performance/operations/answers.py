"""What an answer that is no measurement is called, and what a frame is (pure)."""

from __future__ import annotations

from lib.clients.websocket import Message
from lib.facts import Exchange
from lib.redaction.one_line import in_one_line


def kind_of(frame: Message) -> str:
    """The type of a frame, whether events stand flat, in `payload` or in `data`."""
    found = frame.json
    kind = found.get("type") if isinstance(found, dict) else None
    return kind if isinstance(kind, str) else ""


def complaint(frame: Message) -> str:
    """What an error frame says, in one line."""
    found = frame.json if isinstance(frame.json, dict) else {}
    body = found.get("data") if isinstance(found.get("data"), dict) else found
    text = body.get("error_message") or body.get("error") or body.get("message") or body.get("error_code") or ""
    return f"{found.get('type')}: {str(text)[:120]}"


def refusal(exchange: Exchange) -> str:
    """Why an exchange is no measurement, in as few words as its reader needs."""
    if exchange.close_code is not None:
        reason = f": {exchange.close_reason}" if exchange.close_reason else ""
        return f"closed by the server ({exchange.close_code}{reason})"
    if exchange.granted is False and exchange.body_excerpt:
        return f"the session was refused: {in_one_line(exchange.body_excerpt)}"
    if exchange.error is not None and exchange.status in (None, 101):
        return exchange.error
    words = f"refused ({exchange.status})" if exchange.kind == "handshake" else answered(exchange.status)
    if exchange.via_proxy is None:
        return words
    is_its_own = exchange.status == 407 or (exchange.error or "").startswith("the proxy did not let")
    return f"{words} {'by' if is_its_own else 'through'} the proxy that the environment names"


def answered(status: int | None) -> str:
    """What an HTTP answer without success is called."""
    return f"{'refused' if status in (401, 403, 407, 429) else 'answered'} ({status})"


def is_success(status: int | None) -> bool:
    """Whether a status is a 2xx."""
    return status is not None and 200 <= status < 300
