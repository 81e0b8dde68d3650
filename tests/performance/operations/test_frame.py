"""lib/performance/operations/frame.py: figures of one's own on a socket, and requests beside them."""

from __future__ import annotations

import asyncio
from typing import Any

import jwt
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute

from lib.parameters.loading import BadInput, load
from tests.performance.conftest import measured, served

DELAY_S = 0.1
KEY = "a-key-of-figures-0123456789-0123456789"


async def _socket(websocket: Any) -> None:
    await websocket.accept()
    await websocket.send_json({"type": "welcome", "you": "ada"})
    await asyncio.sleep(DELAY_S)
    await websocket.send_json({"type": "snapshot", "data": {"rows": 3}})
    while True:
        asked = await websocket.receive_json()
        await websocket.send_json({"type": "noise"})
        await asyncio.sleep(DELAY_S)
        claims = jwt.decode(asked["token"], KEY, ["HS256"], options={"verify_aud": False}) if "token" in asked else {}
        await websocket.send_json({"type": "answer", "to": asked.get("ask"), "you": claims.get("sub")})


async def _login(request: Any) -> JSONResponse:
    return JSONResponse({"ok": True}, status_code=200 if request.method == "POST" else 405)


APP = Starlette(
    routes=[
        WebSocketRoute("/ws", _socket),
        Route("/login", _login, methods=["GET", "POST"]),
        Route("/closed", lambda request: JSONResponse({}, status_code=403), methods=["POST"]),
    ]
)
FIGURES: dict[str, Any] = {
    "login_ms": {"request": "POST /login"},
    "refused_ms": {"request": "POST /closed"},
    "snapshot_ms": {"after": "open", "until": {"type": "snapshot"}},
    "answer_ms": {"send": {"ask": 7}, "after": "frame", "until": {"type": "answer", "to": 7}},
    "never_ms": {"send": {"ask": 7}, "after": "frame", "until": "no such words"},
}


async def document(objectives: dict[str, Any], **overrides: Any) -> dict[str, dict[str, Any]]:
    """The figures of one quick measurement, by name."""
    given = {
        "performance__samples": 8,
        "performance__warmup": 0,
        "target__timeout_s": 1.0,
        "performance__figures": FIGURES,
        "token__secret": None,
    }
    with served(APP) as host:
        found = await measured(f"http://{host}", f"ws://{host}/ws", objectives=objectives, **{**given, **overrides})
    return {figure["name"]: figure for figure in found.as_json("here")["figures"]}


async def test_a_figure_sends_the_credential_where_it_says_so(monkeypatch: pytest.MonkeyPatch):
    """{token} in send stands for the token of that very socket, as in a session."""
    monkeypatch.setenv("KEY_OF_FIGURES", KEY)
    send = {"ask": 7, "token": "{token}"}
    figures = {"identified_ms": {"send": send, "after": "frame", "until": {"type": "answer", "you": "ada"}}}
    given = {"token__secret": "env:KEY_OF_FIGURES", "token__user": "ada", "performance__figures": figures}
    found = await document({"identified_ms": 5000}, **given)
    assert (found["identified_ms"]["n"], found["identified_ms"]["verdict"]) == (8, "met")


async def test_own_figures_are_measured_beside_the_five():
    """A request, the time from the 101 and that from a frame: each with n, verdict and objective, by the objectives' order."""
    found = await document({"answer_ms": {"p50": 5000}, "snapshot_ms": 5000, "login_ms": {"p95": 5000, "optional": True}})
    assert list(found) == ["answer_ms", "snapshot_ms", "login_ms"]
    assert {name: (figure["n"], figure["verdict"]) for name, figure in found.items()} == {
        "answer_ms": (8, "met"),
        "snapshot_ms": (8, "met"),
        "login_ms": (8, "undecided"),
    }, found
    assert found["answer_ms"]["p50_ms"] >= DELAY_S * 1000 - 5
    assert found["snapshot_ms"]["p50_ms"] >= DELAY_S * 1000 - 5
    assert found["login_ms"]["optional"] is True


async def test_what_is_refused_or_does_not_come_is_not_measured():
    """The reason is the answer's status, or that no frame was as asked for, with the last that came."""
    found = await document({"refused_ms": 100, "never_ms": 100})
    assert {figure["verdict"] for figure in found.values()} == {"not-measured"}
    assert found["refused_ms"]["because"] == "not measured: refused (403), n = 0"
    assert "no frame as until says within 1 s; the last frame was" in found["never_ms"]["because"], found
    assert {figure["p50_ms"] for figure in found.values()} == {None}


async def test_without_a_rest_address_a_request_says_so():
    """Nothing is asked, and the reason is that there is nobody to ask."""
    with served(APP) as host:
        given = {"token__secret": None, "performance__figures": FIGURES, "objectives": {"login_ms": 100}}
        found = await measured(None, f"ws://{host}/ws", **given)  # type: ignore[arg-type]
    assert "target.rest_url is not set" in found.figures[0].because


@pytest.mark.parametrize(
    ("figures", "objectives", "words"),
    [
        ({}, {"checkout_ms": 5}, r"objectives\.checkout_ms.*api_response_ms"),
        ({"a": {"request": "POST /a"}}, {"b": 5}, r"objectives\.b .*, a$"),
        ({"api_response_ms": {"request": "GET /a"}}, {}, r"performance\.figures\.api_response_ms.*a name of its own"),
        ({"a": {"request": "POST https://elsewhere.example/a"}}, {}, r"performance\.figures\.a.*POST /login"),
        ({"a": {"request": "login"}}, {}, r"performance\.figures\.a\.request"),
        ({"a": {"send": {"x": 1}, "after": "frame"}}, {}, r"performance\.figures\.a.*until"),
        ({"a": {"after": "frame", "until": {"x": 1}}}, {}, r"performance\.figures\.a.*send"),
        ({"a": {"request": "GET /a", "until": {"x": 1}}}, {}, r"performance\.figures\.a.*either request"),
        ({"a": {"until": {"x": 1}, "until_": 1}}, {}, r"performance\.figures\.a\.until_"),
    ],
)
def test_a_figure_that_cannot_be_meant_is_bad_input(figures: dict[str, Any], objectives: dict[str, float], words: str):
    """Names that nothing measures, other hosts, and halves of a figure are refused before anything is sent."""
    with pytest.raises(BadInput, match=words):
        load("staging", {"performance.figures": figures, "objectives": objectives})
