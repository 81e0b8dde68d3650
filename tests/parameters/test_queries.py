"""What passes as the query for a user's record."""

from __future__ import annotations

import pytest
from pydantic_core import PydanticCustomError

from lib.parameters.queries import single_select

ACCEPTED = [
    "SELECT * FROM users WHERE id = :user",
    "select id, active::boolean from u where id=:user;",
    "-- who it is\nSELECT u.active, r.name AS roles FROM u JOIN r ON r.id = u.role WHERE u.id = CAST(:user AS uuid)",
    "WITH one AS (SELECT * FROM users WHERE id = :user) SELECT * FROM one",
    "SELECT data->>'active' AS active FROM users WHERE id = :user::uuid",
    "SELECT active FROM `users` WHERE id = :user",
    "SELECT TOP 1 active FROM [users] WHERE id = :user",
    "SELECT a FROM one WHERE id = :user UNION SELECT a FROM two WHERE id = :user",
]
REFUSED = [
    "",
    "SELECT 1",
    "SELECT ':user'",
    "SELECT * FROM users WHERE id = :userid",
    "SELECT * FROM users WHERE id = :user AND team = :team",
    "SELECT * FROM users WHERE id = :user; DROP TABLE users",
    "DELETE FROM users WHERE id = :user",
    "UPDATE users SET active = true WHERE id = :user",
    "WITH gone AS (DELETE FROM users WHERE id = :user RETURNING *) SELECT * FROM gone",
    "SELECT * INTO copied FROM users WHERE id = :user",
    "SELECT * FROM users WHERE id = :user FOR UPDATE",
    "EXPLAIN SELECT :user",
    "CALL forget(:user)",
    "SELECT FROM WHERE (",
]


@pytest.mark.parametrize("query", ACCEPTED)
def test_one_select_that_takes_the_user_passes(query: str) -> None:
    """Whatever a dialect calls a SELECT, as long as it is one and asks for the user."""
    assert single_select(query) == query


@pytest.mark.parametrize("query", REFUSED)
def test_all_else_is_refused(query: str) -> None:
    """Several statements, statements that write, and a query that does not ask for the user."""
    with pytest.raises(PydanticCustomError, match="one SELECT"):
        single_select(query)
