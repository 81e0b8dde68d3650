"""What is asserted of a JSON document: its values, its keys, or that there is one."""

from __future__ import annotations

import httpx
import requests


def get(url, **more):
    return requests.get(url, timeout=4, **more)


def test_positive_by_value(rest):
    assert get(f"{rest}/health").json()["status"] == "healthy"


def test_positive_by_key(rest):
    assert "status" in get(f"{rest}/health").json()


def test_positive_by_whole_document(rest):
    assert httpx.get(f"{rest}/health").json() == {"status": "healthy"}


def test_positive_by_type_of_a_field(rest, headers):
    assert isinstance(get(f"{rest}/me", headers=headers).json().get("user"), str)


def test_positive_by_every_item(rest):
    agents = get(f"{rest}/agents").json()["agents"]
    assert all({"id", "state"} <= agent.keys() for agent in agents)


def test_positive_by_status_alone(rest):
    answer = get(f"{rest}/health")
    assert answer.status_code == 200
    assert isinstance(answer.json(), dict)


def test_rejection_with_its_words(rest):
    answer = get(f"{rest}/me")
    assert answer.status_code == 401
    assert "error" in answer.json()


def test_rejection_by_its_words_alone(rest):
    assert get(f"{rest}/admin").json()["error"] == "forbidden"


def test_rejection_of_an_empty_document(rest):
    assert get(f"{rest}/health").json()


def test_rejection_without_data(rest):
    document = get(f"{rest}/me").json()
    assert document.get("user") is None
    assert list(document)


def test_any_answer_that_is_a_document(rest):
    assert isinstance(get(f"{rest}/health").json(), dict)


def test_any_answer_that_is_json(rest):
    assert "json" in get(f"{rest}/me").headers["Content-Type"]


def test_any_answer_with_a_body(rest):
    assert len(get(f"{rest}/health").text) > 0


def test_any_answer_whose_fields_are_optional(rest):
    assert get(f"{rest}/agents").json().get("agents", []) is not None


def test_any_answer_of_no_item(rest):
    assert all("id" in agent for agent in get(f"{rest}/agents").json().get("agents", []))
