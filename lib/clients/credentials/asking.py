"""The request for a token: one exchange with one host, which gets nothing but what the request itself names."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from lib.clients.credentials.got import NoToken
from lib.clients.rest import MAX_BODY_BYTES, Answer, Rest
from lib.facts import Exchange, Request
from lib.redaction.one_line import in_one_line
from lib.redaction.redact import redact_text, redact_url

MOST_HOPS = 2
WORDS = 300
_REFUSALS = (
    (400, "what the request holds"),
    (401, "who it says that it is, and the secret with it"),
    (403, "whether this client may have a token at all"),
    (404, "the address"),
    (405, "the method, and the address"),
    (415, "whether it wants JSON"),
    (422, "the names of what the request holds"),
    (429, "how often it is asked"),
    (500, "the log of whoever gives out the tokens"),
)


async def asked(
    door: Rest, request: Request, *, origin: str, label: str, enough: Callable[[Answer], bool] = lambda answer: False
) -> Answer:
    """The answer to it; a redirect (307, 308) that is not `enough` is followed to the same scheme, host and port alone.

    Raises `NoToken` where no HTTP answer came, and where it is led to another place.
    """
    for _ in range(MOST_HOPS + 1):
        answer = await door.answered(request, of="probe", label=label)
        exchange = answer.exchange
        if exchange.status is None:
            via = f" through the proxy {exchange.via_proxy}" if exchange.via_proxy else ""
            raise NoToken(origin, f"{exchange.url} cannot be asked{via}: {exchange.error}", exchange=exchange)
        place = next((value for name, value in answer.headers if name == "location"), None)
        if not (300 <= exchange.status < 400 and place) or enough(answer):
            return answer
        try:
            there = urljoin(request.url, place)
            stays = _same_place(request.url, there)
        except ValueError:
            said = f"{exchange.url} answered {exchange.status} with a redirect that is no address"
            raise NoToken(origin, said, exchange=without_body(exchange)) from None
        if exchange.status not in (307, 308) or not stays:
            raise _elsewhere(origin, exchange, redact_url(there, request.secrets))
        request = replace(request, url=there)
    raise NoToken(origin, f"{exchange.url} answers with one redirect after another", exchange=exchange)


def document(answer: Answer, *, origin: str) -> Any:
    """The JSON of a 2xx answer; raises `NoToken` with what came instead."""
    exchange = answer.exchange
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        what = "more than 64 KiB" if len(answer.body) >= MAX_BODY_BYTES else "no JSON"
        kind = exchange.header("content-type")
        told = f"{exchange.url} answered {exchange.status} with {what}{f' ({kind})' if kind else ''}"
        told += f": {exchange.error}" if exchange.error else ""
        raise NoToken(origin, told, exchange=without_body(exchange)) from None


def refusal(answer: Answer, *, origin: str, secrets: Sequence[str], words: str | None = None, advice: str = "") -> NoToken:
    """What an answer without a token says of it, in its own words."""
    exchange = answer.exchange
    said = in_one_line(redact_text(words, secrets) if words else exchange.body_excerpt, WORDS)
    quoted = f", saying: {said}" if said else ", with an empty body"
    look = advice or next((told for status, told in reversed(_REFUSALS) if (exchange.status or 0) >= status), "")
    return NoToken(origin, f"{exchange.url} refused with {exchange.status}{quoted}", refused=True, exchange=exchange, advice=look)


def without_body(exchange: Exchange) -> Exchange:
    """The exchange of an answer that may hold a token under any name: nothing of it is shown."""
    return replace(exchange, body_excerpt="", headers=tuple(pair for pair in exchange.headers if pair[0] != "set-cookie"))


def _same_place(one: str, other: str) -> bool:
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.hostname, first.port) == (second.scheme, second.hostname, second.port)


def _elsewhere(origin: str, exchange: Exchange, there: str) -> NoToken:
    said = f"{exchange.url} answered {exchange.status} with a redirect to {there}, which is not followed: nothing was sent there"
    return NoToken(origin, said, exchange=without_body(exchange), advice=f"if that is the right place, name it in {origin}")
