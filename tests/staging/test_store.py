"""The database of the embedded system."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lib.staging.faults import UsersPolicy
from lib.staging.store import Store


@pytest.fixture
def store():
    kept = Store(UsersPolicy(missing=("staging-e2e-user-001",), disabled=("staging-e2e-user-002",)))
    yield kept
    kept.close()


def test_socket_users_differ_from_accounts(store):
    """The WebSocket service's copy can lack or disable a user whose account is fine."""
    assert store.socket_user("staging-e2e-user-001") is None
    assert store.socket_user("staging-e2e-user-002")["status"] == "disabled"
    assert [store.account(f"staging-e2e-user-00{number}")["status"] for number in (1, 2, 3)] == ["active"] * 3


def test_users_stand_in_a_file_that_others_read_and_that_goes_with_the_store():
    """Another connection, which can only read, sees what the WebSocket service goes by; the file ends with the store."""
    kept = Store(UsersPolicy(without_permission=("staging-e2e-user-003",)))
    address = f"file:{kept.users_path}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as other:
        found = other.execute("SELECT permissions FROM socket_users WHERE id = 'staging-e2e-user-003'").fetchall()
    assert found == [('["read", "write"]',)]
    kept.close()
    assert not Path(kept.users_path).parent.exists()


def test_thread_belongs_to_whoever_opened_it(store):
    """A second user gets nothing by naming it."""
    assert store.open_thread("a", "t")["user_id"] == "a"
    assert store.open_thread("b", "t") is None
    assert (store.thread("b", "t"), [thread["id"] for thread in store.threads("a", 10)]) == (None, ["t"])


def test_events_are_numbered_within_their_thread(store):
    """Numbers rise by one from 1, apart for each thread, and what comes after a number can be read."""
    for thread in ("t", "u", "t", "t"):
        store.add_event(thread, "run", {"type": "x"})
    assert [event["sequence"] for event in store.events("t", 1)] == [2, 3]
    assert (store.last_sequence("t"), store.last_sequence("u"), store.last_sequence("none")) == (3, 1, 0)


def test_messages_come_back_in_order_and_in_pages(store):
    """The oldest first, a page at a time, of one thread or of all."""
    for number in range(5):
        store.add_message("t" if number % 2 else "u", "a", "user", str(number))
    assert [message["content"] for message in store.messages("a", None, 3, 1)] == ["1", "2", "3"]
    assert [message["content"] for message in store.messages("a", "t", 10)] == ["1", "3"]
