"""The five figures and those of one's own, each with where its clock starts and stops (data only)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lib.parameters.model import FigureSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One figure. `operation` is what has to be done to measure it; `from_start`: its clock starts with that operation.

    Only such a figure can be late in an open loop: the wait since the intended start is then part of it.
    """

    name: str
    sentence: str
    starts: str
    stops: str
    operation: str
    """What has to be done: request, ping, message, or an operation of its own for a figure of the parameters."""
    from_start: bool


_ALL = (
    Definition(
        name="api_response_ms",
        sentence="From asking for the protected route with the credential, on a connection kept open, to the head of the answer.",
        starts="the request is handed to the connection (where the server had closed it: a new one is asked for)",
        stops="status and headers of a 2xx answer have arrived",
        operation="request",
        from_start=True,
    ),
    Definition(
        name="websocket_latency_ms",
        sentence="From sending a ping message on an open socket to its pong.",
        starts="the ping is handed to the socket",
        stops="the pong frame has arrived",
        operation="ping",
        from_start=True,
    ),
    Definition(
        name="agent_startup_ms",
        sentence="From sending a user's message to the event agent_started.",
        starts="the message is handed to the socket",
        stops="the frame agent_started has arrived",
        operation="message",
        from_start=False,
    ),
    Definition(
        name="message_processing_ms",
        sentence="From the event agent_started (where there is none, the agent's first event) to agent_completed.",
        starts="the frame agent_started has arrived",
        stops="the frame agent_completed has arrived",
        operation="message",
        from_start=False,
    ),
    Definition(
        name="total_request_ms",
        sentence="From the start of connecting to agent_completed: name, connection, TLS, upgrade, welcome, message and agent.",
        starts="the connection is asked for",
        stops="the frame agent_completed has arrived",
        operation="message",
        from_start=True,
    ),
)
FIGURES = {definition.name: definition for definition in _ALL}


def definitions_of(own: Mapping[str, FigureSettings]) -> dict[str, Definition]:
    """All figures that can be measured: the five, and those that the parameters describe."""
    return {**FIGURES, **{name: _own(name, figure) for name, figure in own.items()}}


def _own(name: str, figure: FigureSettings) -> Definition:
    operation = f"figure {name}"
    if figure.request is not None:
        return Definition(
            name=name,
            sentence=f"From asking {figure.request} with the credential, on a connection kept open, to the head of the answer.",
            starts=FIGURES["api_response_ms"].starts,
            stops=FIGURES["api_response_ms"].stops,
            operation=operation,
            from_start=True,
        )
    what = "From the accepted handshake" if figure.starts_at_open else "From sending a message on a new socket"
    return Definition(
        name=name,
        sentence=f"{what} to the first frame that is as until says.",
        starts="the 101 has arrived" if figure.starts_at_open else "the message is handed to the socket",
        stops="a frame has arrived that is as performance.figures says",
        operation=operation,
        from_start=False,
    )


PHASES = ("dns_ms", "connect_ms", "tls_ms", "upgrade_ms", "first_frame_ms")
LOOPS = {
    "closed": "One at a time, the next when the last is answered: what one patient user feels. While the server stands still "
    "nothing is due, so a stall costs one sample however long it lasts, and p99 does not show it.",
    "open": "Started on a schedule whether or not earlier ones are answered, timed from the intended start: what arrives during "
    "a stall waits for its end, and each such wait is a sample.",
    "load": "Many users at once in Locust's worker processes, each in a closed loop of its own: what a user feels while the "
    "others are there.",
}
EVENTS = ("agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed")
"""The five events in order; thinking and the tools' pairs may repeat."""
FAILURES = ("agent_failed", "agent_error", "error_message", "error")
WELCOME_WITHIN_S = 1.0
"""How long a new socket is given to say welcome before the client speaks."""
