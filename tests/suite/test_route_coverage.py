"""What nobody exercised is told route by route."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from lib.facts import Exchange, utc_now
from lib.suite.route_coverage import described, unexercised_routes


def asked(method, path):
    url = f"http://127.0.0.1{path}"
    return Exchange(
        id=path, of="case", kind="rest", label="x", method=method, url=url, rung="http", status=200, elapsed_ms=1.0, at=utc_now()
    )


def test_templates_fixed_paths_and_methods_are_told_apart():
    """A fixed path is not its sibling template, and asking with one method exercises no other."""
    document = {
        "paths": {
            "/threads": {"get": {}, "post": {}},
            "/threads/latest": {"get": {}},
            "/threads/{id}": {"get": {}, "summary": "x"},
        }
    }
    seen = [asked("GET", "/threads/?limit=1"), asked("GET", "/threads/latest")]
    assert unexercised_routes(document, seen) == ("POST /threads", "GET /threads/{id}")
    assert unexercised_routes(document, [*seen, asked("GET", "/threads/7"), asked("POST", "/threads")]) == ()


def test_a_target_without_a_description_has_none(target):
    """404, no document: nothing is claimed."""
    assert described(target.rest, timeout_s=5) is None
    assert described("http://127.0.0.1:9", timeout_s=1) is None


@pytest.mark.parametrize("piece", [b"HTTP/1.1 100 Continue\r\n\r\n", b"x", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{]"])
def test_a_target_that_trickles_is_not_waited_for(piece):
    """One byte or one interim answer at a time holds nothing up."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle():
            peer, _ = server.accept()
            with peer:
                while not over.wait(0.05):
                    peer.sendall(piece)

        threading.Thread(target=trickle, daemon=True).start()
        started = time.monotonic()
        assert described(f"http://127.0.0.1:{server.getsockname()[1]}", timeout_s=0.5) is None
        assert time.monotonic() - started < 3
        over.set()


def test_a_pathological_path_takes_no_time():
    """Templates side by side are matched in one go."""
    started = time.monotonic()
    document = {"paths": {"/" + "{a}" * 200 + "-{b}" * 200 + "x": {"get": {}}, "/{a}-{b}.json": {"get": {}}, "/{": {"get": {}}}}
    assert "GET /{a}-{b}.json" not in unexercised_routes(document, [asked("GET", "/" + "-" * 4_000), asked("GET", "/1-2.json")])
    assert time.monotonic() - started < 2
