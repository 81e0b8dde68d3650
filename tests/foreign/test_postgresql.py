"""The database door on a real PostgreSQL: roles, transactions, types, and functions that write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lib.clients.database import Asked, NotRead, rows
from tests.foreign.postgresql import OWNER, running

BY_ID = "SELECT * FROM users WHERE id = :user"
SETUP = """
CREATE TABLE users (id text PRIMARY KEY, number int, uid uuid, active bool, roles text[], at timestamptz DEFAULT now(),
                    password text DEFAULT 'CANARY-IN-A-COLUMN');
INSERT INTO users VALUES ('ann', 1, '00000000-0000-0000-0000-000000000001', true, '{viewer,"web socket"}'),
                         ('bob', 2, '00000000-0000-0000-0000-000000000002', false, NULL);
CREATE TABLE visits (who text);
CREATE SEQUENCE counter;
CREATE FUNCTION visit(who text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS
    $$ BEGIN INSERT INTO visits VALUES (who); RETURN who; END $$;
CREATE FUNCTION complain(who text) RETURNS text LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'CANARY of %', who; END $$;
CREATE ROLE reader LOGIN PASSWORD 'CANARY-PASSWORD';
CREATE ROLE writer LOGIN PASSWORD 'CANARY-PASSWORD';
GRANT SELECT ON users TO reader, writer;
GRANT USAGE ON SEQUENCE counter TO reader;
GRANT INSERT ON visits TO writer;
"""


@pytest.fixture(scope="module")
def authority() -> Iterator[str]:
    with running() as started:
        with psycopg.connect(f"postgresql://{OWNER}:owner-password@{started}/postgres", autocommit=True) as owner:
            owner.execute(SETUP)
        yield started


def read(
    authority: str,
    query: str = BY_ID,
    *who: str,
    url: str = "postgresql://reader:CANARY-PASSWORD@{}/postgres",
    columns: tuple[str, ...] = ("active",),
) -> Any:
    asked = Asked(query=query, users=who or ("ann", "bob", "eve"), nobody="nobody-1", columns=columns, within_s=1.0)
    return rows(url.format(authority), asked, root=Path("/"), allowed_hosts=frozenset())


def why(authority: str, query: str = BY_ID, *who: str, **more: Any) -> str:
    with pytest.raises(NotRead) as refused:
        read(authority, query, *who, **more)
    assert "CANARY" not in str(refused.value)
    assert refused.value.__cause__ is None
    return refused.value.why


def test_a_role_that_may_only_read_gets_what_is_mapped(authority: str) -> None:
    """One row each, none where there is none, and nothing of the other columns."""
    assert read(authority) == {"ann": {"active": True}, "bob": {"active": False}, "eve": None}
    assert read(authority, BY_ID, "ann", columns=("roles",)) == {"ann": {"roles": ["viewer", "web socket"]}}


@pytest.mark.parametrize("url", [
    "postgres://reader:CANARY-PASSWORD@{}/postgres", "postgresql+asyncpg://reader:CANARY-PASSWORD@{}/postgres?ssl=prefer",
    "postgresql+psycopg2://reader:CANARY-PASSWORD@{}/postgres?sslmode=prefer", "postgresql://reader:CANARY-PASSWORD@{}/postgres?schema=public",
])  # fmt: skip
def test_addresses_are_taken_as_services_write_them(authority: str, url: str) -> None:
    """Whatever driver and options they name for themselves."""
    assert read(authority, BY_ID, "ann", url=url) == {"ann": {"active": True}}


@pytest.mark.parametrize(("query", "who"), [
    ("SELECT active FROM users WHERE number = :user", "1"),
    ("SELECT active FROM users WHERE uid = :user", "00000000-0000-0000-0000-000000000001"),
    ("SELECT active FROM users WHERE uid = :user::uuid", "00000000-0000-0000-0000-000000000001"),
    ("SELECT active, to_char(at, 'HH24:MI') FROM users WHERE id = CAST(:user AS text)", "ann"),
    ("SELECT row_to_json(u)->>'active' AS active FROM users u WHERE u.id = :user::text", "ann"),
])  # fmt: skip
def test_the_user_is_compared_with_a_column_of_any_type(authority: str, query: str, who: str) -> None:
    """Numbers, UUIDs, text; casts and formats with colons are no parameters."""
    assert read(authority, query, who)[who]["active"] in (True, "true")


@pytest.mark.parametrize(("query", "told"), [
    ("SELECT visit(:user) AS active", "the query writes"),
    ("SELECT nextval('counter') AS active FROM users WHERE id = :user", "the query writes"),
    ("SELECT set_config('transaction_read_only', 'off', true) AS active, visit(:user)", "changes the transaction"),
    ("SELECT complain(:user) AS active", "SQLSTATE P0001"),
    ("SELECT pg_sleep(30) AS active FROM users WHERE id = :user", "did not answer in time"),
    ("SELECT active FROM nowhere WHERE id = :user", "a table that is not there"),
    ("SELECT nothing FROM users WHERE id = :user", "a column that is not there"),
    ("SELECT who AS active FROM visits WHERE who = :user", "may not read"),
    ("SELECT active FROM users WHERE number = :user", "no value of the column"),
])  # fmt: skip
def test_a_query_that_writes_or_fails_changes_nothing_and_is_told_in_our_words(authority: str, query: str, told: str) -> None:
    """What a function would write is looked for afterwards; what the server says may quote values, and is not told."""
    assert told in why(authority, query)
    with psycopg.connect(f"postgresql://{OWNER}:owner-password@{authority}/postgres") as owner:
        assert owner.execute("SELECT (SELECT count(*) FROM visits), is_called FROM counter").fetchone() == (0, False)


@pytest.mark.parametrize(("who", "password", "told"), [
    ("writer", "CANARY-PASSWORD", "the role may write there"), (OWNER, "owner-password", "the role may write there"),
    ("reader", "CANARY-WRONG", "does not let this role in"),
])  # fmt: skip
def test_a_role_that_may_write_or_is_not_let_in_reads_nothing(authority: str, who: str, password: str, told: str) -> None:
    """A right to write anywhere is refused with what would be accepted."""
    assert re.search(told, why(authority, url=f"postgresql://{who}:{password}@{{}}/postgres"))


def test_another_database_and_another_port_are_told_apart(authority: str) -> None:
    """Whether nobody listens, or the database is not there."""
    assert "no such database" in why(authority, url="postgresql://reader:CANARY-PASSWORD@{}/CANARY")
    assert "nobody listens" in why("127.0.0.1:1")
