"""What a refusal itself names is tried before anything else."""

from __future__ import annotations

from websockets.http11 import Request as Upgrade

from tests.whys.foreign import KEY, claims_of, plain_websockets, whys


async def test_a_scheme_that_the_challenge_names_is_tried() -> None:
    """A server that wants another word before the token, and says so, has it proved although no alternative lists it."""

    def check(request: Upgrade) -> tuple[int, str] | None:
        word, _, token = request.headers.get("Authorization", "").partition(" ")
        return None if word == "JWT" and claims_of(token, key=KEY) else (401, "expected scheme: JWT\n")

    async with plain_websockets(check) as port:
        diagnosis = await whys(port)
    assert [cause.id for cause in diagnosis.causes] == ["credential-malformed"]


async def test_a_subprotocol_that_the_refusal_names_is_tried() -> None:
    """A subprotocol that the body asks for is offered, and works."""

    def check(request: Upgrade) -> tuple[int, str] | None:
        offered = request.headers.get("Sec-WebSocket-Protocol", "")
        return None if "chat.v1" in offered else (400, "subprotocol chat.v1 required\n")

    async with plain_websockets(check) as port:
        diagnosis = await whys(port)
    assert diagnosis.works_with is not None
    assert diagnosis.works_with.changes == {"subprotocols": ["chat.v1"]}
