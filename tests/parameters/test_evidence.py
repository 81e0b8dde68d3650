"""The group `evidence`: one place each, and nothing that writes or shows a secret."""

from __future__ import annotations

from typing import Any

import pytest

from lib.parameters import loading as params
from lib.parameters.loading import BadInput


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("evidence.configuration", [{"pth": "nginx.conf"}], "evidence.configuration.0.pth"),
        ("evidence.configuration", [{"path": "a"}, {"kind": "cloud-run", "project": "p"}], "evidence.configuration.1 "),
        ("evidence.configuration", [{"path": "a", "project": "p"}], "evidence.configuration.0 "),
        ("evidence.users", {"url": "env:DATABASE", "path": "users.json"}, "evidence.users "),
        ("evidence.users", {"url": "env:DATABASE"}, "evidence.users "),
        ("evidence.users", {"url": "env:DATABASE", "query": "DELETE FROM users WHERE id = :user"}, "evidence.users.query "),
        ("evidence.users", {"request": "POST /admin/users/{user}"}, "evidence.users.request "),
        ("evidence.users", {"request": "GET https://{user}.example/users"}, "evidence.users.request "),
        ("evidence.users", {"request": "GET /users/{user}", "headers": {"Authorization": "x"}}, "evidence.users.headers "),
        ("evidence.users.path", 5, "evidence.users.path "),
    ],
)
def test_what_names_no_one_place_is_refused_by_its_key(key: str, value: Any, named: str) -> None:
    """A misspelt key, two places or half of one, a request or a query that is more than reading."""
    with pytest.raises(BadInput) as refusal:
        params.load("staging", {key: value})
    assert refusal.value.where.startswith(named)
    assert refusal.value.accepted


@pytest.mark.parametrize("users", [
    {"url": "env:DATABASE", "query": "SELECT active FROM users WHERE id = :user", "active": "active"},
    {"request": "GET https://admin.example/users/{user}", "headers": {"Authorization": "env:ADMIN"}, "active": "data.enabled"},
    {"path": "users.csv", "id": "sub"},
])  # fmt: skip
def test_each_of_the_three_places_is_accepted(users: dict[str, Any]) -> None:
    """A query, a route, a file; configurations beside them."""
    given = params.load("staging", {"evidence.users": users, "evidence.configuration": [{"path": "nginx.conf"}]}).evidence
    assert given.users is not None
    assert users.items() <= given.users.model_dump().items()


def test_an_address_in_place_of_its_reference_is_not_shown() -> None:
    """It may hold a password."""
    with pytest.raises(BadInput) as refusal:
        params.load("staging", {"evidence.users": {"url": "postgresql://reader:hunter2@db/app", "query": "SELECT :user"}})
    assert "hunter2" not in str(refusal.value)
