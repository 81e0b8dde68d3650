"""What `evidence.configuration` names, read; and the configured handshake as far as a configuration can speak of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lib import handshake as hs
from lib.clients.aside import aside
from lib.configuration.prediction import Address, Asked
from lib.configuration.shape import Configuration, merged
from lib.facts import Prediction, utc_now
from lib.parameters import loading as params
from lib.parameters.evidence import ConfigurationSource
from lib.parameters.model import Parameters

KEY = "evidence.configuration"
_CARRIED_IN = {
    "authorization": "authorization",
    "cookie": "cookie",
    "subprotocol": "sec-websocket-protocol",
    "subprotocol-list": "sec-websocket-protocol",
}


def configuration_of(parameters: Parameters, addresses: Mapping[str, Any]) -> Configuration:
    """Every source that the parameters name, as one; raises `params.BadInput` for a path where nothing is."""
    sources = enumerate(parameters.evidence.configuration)
    return merged([_read(source, f"{KEY}.{number}", addresses) for number, source in sources])


async def configuration_within(parameters: Parameters, addresses: Mapping[str, Any], *, within_s: float) -> Configuration:
    """The same, beside each other and for so long at the most: a source that is silent loses none of the others."""

    async def read(number: int, source: ConfigurationSource) -> Configuration:
        try:
            async with asyncio.timeout(within_s):
                return await aside(lambda: _read(source, f"{KEY}.{number}", addresses))
        except TimeoutError:
            return Configuration(refused=(f"{KEY}.{number}: no answer within {within_s:g} s",))

    sources = enumerate(parameters.evidence.configuration)
    return merged(await asyncio.gather(*(read(number, source) for number, source in sources)))


def _read(source: ConfigurationSource, where: str, addresses: Mapping[str, Any]) -> Configuration:
    from lib.configuration.documents import Document
    from lib.configuration.reading import read_documents, read_path

    if source.path is not None:
        path = params.expanded(source.path.removeprefix("file:"), where=f"{where}.path")
        return read_path(params.ROOT / path, where=f"{where}.path")
    if source.kind == "embedded":
        published = addresses.get("configuration") or {}
        refused = () if published else ("the built-in system, which this command did not start",)
        read = read_documents([Document(name, text) for name, text in published.items()])
        return merged([read, Configuration(refused=refused)])
    from lib.configuration.live import read_service

    return read_service(source.project or "", source.region or "", source.service or "", endpoint=source.endpoint)


def predictions_of(configuration: Configuration, parameters: Parameters, handshake: hs.Handshake) -> list[Prediction]:
    """What the configuration predicts of the configured handshake."""
    from lib.configuration.findings.all import predictions

    return predictions(configuration, asked_of(parameters, handshake, now=utc_now()))


def asked_of(parameters: Parameters, handshake: hs.Handshake, *, now: datetime) -> Asked:
    """The configured handshake, and the REST route that wants the same credential."""
    target = parameters.target
    request = hs.websocket_request(handshake, now=now)
    has_credential = handshake.key is not None or handshake.token is not None
    lines = [f"GET {request.url.partition('://')[2]}", *(f"{name}: {value}" for name, value in request.headers)]
    lines.append(f"Sec-WebSocket-Protocol: {', '.join(request.subprotocols)}")
    return Asked(
        websocket=Address.of(handshake.url),
        rest=Address.of(target.rest_url, target.protected_path) if target.rest_url else None,
        origin=handshake.origin,
        idle_s=target.idle_s,
        carries=_CARRIED_IN.get(handshake.carrier) if has_credential else None,
        subprotocols=handshake.subprotocols,
        longest_header_bytes=max(map(len, lines)),
        algorithm=handshake.algorithm if handshake.key is not None else None,
        claims=handshake.claims if handshake.key is not None else {},
        has_client_certificate=target.tls.certificate is not None,
    )
