"""The one way in which an exchange becomes something that may be kept: every text of it is redacted, whoever made it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lib.facts import Exchange
from lib.redaction.redact import redact_headers, redact_text, redact_url

MAX_EXCERPT_CHARACTERS = 2000


def redacted(exchange: Exchange, secrets: Iterable[str] = ()) -> Exchange:
    """This exchange without any secret in its address, headers, words and frames; the body is cut once it is redacted.

    Its label is ours, and names references.
    """
    known = tuple(secrets)

    def told(text: str | None) -> str | None:
        return redact_text(text, known) if text else None

    return replace(
        exchange,
        url=redact_url(exchange.url, known),
        headers=redact_headers(exchange.headers, known),
        request_headers=redact_headers(exchange.request_headers, known),
        body_excerpt=redact_text(exchange.body_excerpt, known)[:MAX_EXCERPT_CHARACTERS],
        subprotocol=told(exchange.subprotocol),
        first_frame=told(exchange.first_frame),
        frames=tuple(redact_text(frame, known) for frame in exchange.frames),
        close_reason=_in_one_line(told(exchange.close_reason)),
        error=told(exchange.error),
        via_proxy=redact_url(exchange.via_proxy, known) if exchange.via_proxy else None,
    )


def _in_one_line(text: str | None) -> str | None:
    """A reason as one line, its breaks made visible: it is quoted within sentences, and could forge one."""
    return text and text.replace("\r", "\\r").replace("\n", "\\n")
