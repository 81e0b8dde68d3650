"""The database door on SQLite: what is mapped comes back, nothing can be written, and no error tells what it should not.

PostgreSQL: tests/foreign/test_postgresql.py.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from lib.clients.database import Asked, NotRead, rows

BY_ID = "SELECT * FROM users WHERE id = :user"


@pytest.fixture
def users(tmp_path: Path) -> Path:
    path = tmp_path / "users.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE users (id TEXT, active INTEGER, team TEXT, password TEXT)")
        database.executemany("INSERT INTO users VALUES (?, ?, ?, 'CANARY-PASSWORD')", [("ann", 1, "a"), ("bob", 0, "b")])
        database.execute("INSERT INTO users VALUES ('twin', 1, 'a', ''), ('twin', 0, 'a', '')")
    database.close()
    return path


def read(url: str | Path, query: str = BY_ID, who: tuple[str, ...] = ("ann", "bob", "eve"), within_s: float = 5.0) -> Any:
    address = f"sqlite:///{url}" if isinstance(url, Path) else url
    asked = Asked(query=query, users=who, nobody="nobody-1", columns=("active",), within_s=within_s)
    return rows(address, asked, root=Path("/"), allowed_hosts=frozenset())


def why(url: str | Path, query: str = BY_ID, **more: Any) -> str:
    with pytest.raises(NotRead) as refused:
        read(url, query, **more)
    assert "CANARY" not in str(refused.value)
    return refused.value.why


@pytest.mark.parametrize("query", [BY_ID, f"{BY_ID} AND '12:30' <> '::text'", f"{BY_ID} -- :other"])
def test_the_mapped_columns_of_each_user_come_back_and_no_other(users: Path, query: str) -> None:
    """None for whom there is no row; what else stands in one is dropped; colons of other meanings are no parameters."""
    assert read(users, query) == {"ann": {"active": 1}, "bob": {"active": 0}, "eve": None}


def test_addresses_are_taken_as_services_write_them(users: Path) -> None:
    """With the driver that a service uses itself."""
    assert read(f"sqlite+aiosqlite:///{users}", who=("ann",)) == {"ann": {"active": 1}}


@pytest.mark.parametrize(("query", "told"), [
    ("SELECT nothing FROM users WHERE id = :user", "column that is not there"),
    ("SELECT team FROM users WHERE id = :user", "gives no column active"),
    ("SELECT * FROM users WHERE id = :user OR id = 'ann'", "several rows|does not look at whom"),
    ("SELECT * FROM users WHERE team = 'b' AND :user = :user", "does not look at whom"),
    ("DELETE FROM users WHERE id = :user", "writes|more than read"),
    ("ATTACH :user AS other", "more than read"),
    ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS active FROM n, users WHERE id = :user",
     "did not answer in time"),
])  # fmt: skip
def test_what_is_no_answer_is_refused_in_words(users: Path, query: str, told: str) -> None:
    """A query that fails, writes, takes long or does not ask for the user is told as that, and the file stays as it was."""
    before = hashlib.sha256(users.read_bytes()).digest()
    assert re.search(told, why(users, query, within_s=0.5))
    assert hashlib.sha256(users.read_bytes()).digest() == before
    assert [path.name for path in users.parent.iterdir()] == [users.name]


def test_two_rows_of_one_user_are_refused(users: Path) -> None:
    """Which of them the service reads cannot be told."""
    assert why(users, who=("twin",)) == "the query gives several rows for one user"


@pytest.mark.parametrize(("url", "told"), [
    ("no address, CANARY", "holds no database's address"),
    ("sqlite://", "names no SQLite file"),
    ("sqlite:////no/such/CANARY.sqlite", "there is no file"),
    ("mysql://reader:CANARY@db/app", "of mysql it is not known"),
    ("postgresql://reader:CANARY@db.prod.example/app", "looks like production"),
    ("postgresql:///app?host=db.prod.example&user=CANARY", "looks like production"),
    ("postgresql://reader:CANARY@127.0.0.1/app?host=127.0.0.1:1,db.prod.example:5432", "looks like production"),
    ("sqlite:////~nobody-CANARY/x", "there is no file"),
    ("postgresql://reader:CANARY@127.0.0.1:1/app", "nobody listens"),
])  # fmt: skip
def test_an_address_that_cannot_be_asked_is_told_without_it(url: str, told: str) -> None:
    """Neither the address nor the password in it, nor what a driver says of it, is in the sentence."""
    assert told in why(url)


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    """It is not waited at until somebody writes."""
    os.mkfifo(tmp_path / "pipe")
    assert why(tmp_path / "pipe") == "what the address names is no regular file"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Whatever else stands in it is not quoted."""
    (tmp_path / "notes").write_text("CANARY " * 500)
    assert why(tmp_path / "notes") == "the file is no SQLite database"
