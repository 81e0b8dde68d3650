"""What Locust loads: REST users and WebSocket users, each with clients of its own, at most one round a second.

Configured by `--parameters` and `--set` on every machine, or by one JSON line on standard input where a measurement starts it;
then
samples go to a file, and the end of the input is the end of the process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any, TextIO

from locust import User, constant_pacing, events, task
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import MasterRunner

from lib.clients.credentials.source import source_of
from lib.clients.rest import Rest
from lib.clients.websocket import WebSockets
from lib.facts import Tls, plain, utc_now
from lib.handshake import Handshake, carrying, configured
from lib.parameters import loading as params
from lib.performance.loops import Attempt, samples_of
from lib.performance.operations.message import TimedMessage
from lib.performance.operations.ping import TimedPing
from lib.performance.operations.request import TimedRequest
from lib.performance.users.bridge import Bridge

MAX_SAMPLES = 1_000_000


class Scene:
    """What the users of one process share: the target, the loop, and where samples go."""

    bridge: Bridge
    handshake: Handshake
    path: str
    token: str
    samples: TextIO | None = None
    written = 0


@events.init_command_line_parser.add_listener
def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--parameters", default="staging", help="A name in params/, or a path to a parameter file.")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="A dotted parameter and its value, as YAML."
    )
    parser.add_argument(
        "--configured-by-stdin", action="store_true", help="Read the target from standard input (used by a measurement)."
    )


@events.init.add_listener
def _prepare(environment: Environment, **_: Any) -> None:
    options = environment.parsed_options
    Scene.bridge = Bridge()
    if options.configured_by_stdin:
        given = json.loads(sys.stdin.readline())
        Scene.handshake = Handshake(**{**given["handshake"], "tls": Tls(**given["handshake"]["tls"])})
        if Scene.handshake.token is not None:
            Scene.token = Scene.handshake.token
            Scene.handshake = replace(Scene.handshake, renewed_by=lambda: Scene.token)
        Scene.path = given["path"]
        Scene.samples = open(given["samples"], "w", encoding="utf-8") if given["samples"] else None  # noqa: SIM115  (closed at quitting)
        threading.Thread(target=_end_with_input, daemon=True).start()
    else:
        parameters = params.load(options.parameters, dict(_setting(text) for text in options.set))
        environment.host = parameters.target.rest_url
        if not isinstance(environment.runner, MasterRunner):  # a master sends nothing and needs no key
            Scene.handshake, Scene.path = _signed_in(parameters), parameters.target.protected_path


@events.quitting.add_listener
def _finish(environment: Environment, **_: Any) -> None:
    if Scene.samples is not None:
        Scene.samples.close()


def _signed_in(parameters: params.Parameters) -> Handshake:
    """The configured handshake, with a token that is got anew as long as this process lasts where it is not minted."""
    source = source_of(parameters)
    if source is None:
        return configured(parameters)
    Scene.bridge.run(source.fresh(lambda line: print(line, file=sys.stderr)))
    Scene.bridge.begin(source.keep(lambda line: print(line, file=sys.stderr)))
    return carrying(configured(parameters), token=source.current(), renewed_by=source.current, token_from=source.origin)


def _end_with_input() -> None:
    for line in sys.stdin:
        Scene.token = json.loads(line)["token"]
    os._exit(0)  # whoever started us is gone, or wants us to be


def _setting(text: str) -> tuple[str, Any]:
    key, _, value = text.partition("=")
    return key, params.parse_value(value, key=key)


class _OurUser(User):
    """Does its operations one after another and reports each to Locust and to the sample file."""

    abstract = True
    wait_time = constant_pacing(1)

    def report(self, operation: Any, kind: str, name: str, figures: tuple[str, ...]) -> None:
        """One operation; its first figure is what Locust shows."""
        at = utc_now()
        try:
            attempt: Attempt = Scene.bridge.run(operation("sample"))
        except asyncio.CancelledError:
            raise StopUser from None
        for sample in samples_of(attempt, figures, at=at, loop="load"):
            if Scene.samples is not None and Scene.written < MAX_SAMPLES:
                Scene.written += 1
                Scene.samples.write(json.dumps(plain(sample)) + "\n")
        error = RuntimeError(attempt.error) if attempt.error else None
        shown_ms = attempt.durations_ms.get(figures[0], 0.0)
        self.environment.events.request.fire(
            request_type=kind, name=name, response_time=shown_ms, response_length=0, exception=error, context={}
        )


class RestUser(_OurUser):
    """Asks the protected route."""

    def on_start(self) -> None:
        """A client of its own."""
        self.request = TimedRequest(handshake=Scene.handshake, path=Scene.path, rest_factory=Rest, clock=utc_now)

    @task
    def ask(self) -> None:
        """One request."""
        self.report(self.request, "REST", f"GET {Scene.path}", ("api_response_ms",))

    def on_stop(self) -> None:
        """Closes the client."""
        Scene.bridge.run(self.request.close())


class WebSocketUser(_OurUser):
    """Sends a message on a new socket and a ping on one that it keeps open."""

    def on_start(self) -> None:
        """Sockets of its own."""
        self.ping = TimedPing(handshake=Scene.handshake, ws=WebSockets(), clock=utc_now)
        self.message = TimedMessage(handshake=Scene.handshake, ws=WebSockets(), clock=utc_now)

    @task
    def talk(self) -> None:
        """One ping, one message."""
        self.report(self.ping, "WS", "ping", ("websocket_latency_ms",))
        self.report(self.message, "WS", "message", ("total_request_ms", "agent_startup_ms", "message_processing_ms"))

    def on_stop(self) -> None:
        """Closes the socket."""
        Scene.bridge.run(self.ping.close())
