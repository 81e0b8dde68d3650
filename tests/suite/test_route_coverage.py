"""What nobody exercised is told route by route."""

from __future__ import annotations

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
