"""Users in an SQLite file of their own, which others may read; threads, messages and agent events in a database in memory."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import threading
import time
import uuid
from typing import Any

from .faults import UsersPolicy

SCHEMA = """
CREATE TABLE users.accounts (id TEXT PRIMARY KEY, email TEXT UNIQUE, name TEXT, status TEXT, permissions TEXT);
CREATE TABLE users.socket_users (id TEXT PRIMARY KEY, status TEXT, permissions TEXT);
CREATE TABLE threads (id TEXT PRIMARY KEY, user_id TEXT, title TEXT, state TEXT, created_at REAL, updated_at REAL);
CREATE TABLE messages (id TEXT PRIMARY KEY, thread_id TEXT, user_id TEXT, role TEXT, content TEXT, created_at REAL);
CREATE TABLE events (thread_id TEXT, sequence INTEGER, run_id TEXT, body TEXT, PRIMARY KEY (thread_id, sequence));
CREATE INDEX threads_of ON threads (user_id, updated_at);
CREATE INDEX messages_of ON messages (thread_id, created_at);
"""
USERS = tuple(f"staging-e2e-user-{number:03d}" for number in (1, 2, 3))
PERMISSIONS = ("read", "write", "websocket")


class Store:
    """The database; every method is one statement and safe from any thread."""

    def __init__(self, policy: UsersPolicy) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._folder = tempfile.TemporaryDirectory(prefix="staging-users-")  # its mode is 0700
        self.users_path = f"{self._folder.name}/users.sqlite"
        self._database.execute("ATTACH ? AS users", (self.users_path,))
        self._database.execute("PRAGMA users.synchronous = OFF")
        self._database.executescript(SCHEMA)
        for number, user in enumerate(USERS, 1):
            permissions = json.dumps(PERMISSIONS)
            email = f"e2e-test-{number:03d}@staging.localhost"
            self._run(
                "INSERT INTO accounts VALUES (?, ?, ?, 'active', ?)", user, email, f"E2E Test User {number:03d}", permissions
            )
            if user not in policy.missing:
                status = "disabled" if user in policy.disabled else "active"
                allowed = json.dumps(PERMISSIONS[:2]) if user in policy.without_permission else permissions
                self._run("INSERT INTO socket_users VALUES (?, ?, ?)", user, status, allowed)

    def close(self) -> None:
        """Forgets everything, and removes the file."""
        with self._lock:
            self._database.close()
            self._folder.cleanup()

    def account(self, user_id: str) -> dict[str, Any] | None:
        """The account that REST knows."""
        return self._user("SELECT * FROM accounts WHERE id = ?", user_id)

    def account_by_email(self, email: str) -> dict[str, Any] | None:
        """The account with this mail address."""
        return self._user("SELECT * FROM accounts WHERE email = ?", email)

    def socket_user(self, user_id: str) -> dict[str, Any] | None:
        """The user in the WebSocket service's own copy."""
        return self._user("SELECT * FROM socket_users WHERE id = ?", user_id)

    def open_thread(self, user_id: str, thread_id: str | None = None, title: str | None = None) -> dict[str, Any] | None:
        """The user's thread of this id, made where it does not exist; None where it is another user's."""
        thread_id = thread_id or f"thread_{uuid.uuid4().hex[:16]}"
        now = time.time()
        self._run(
            "INSERT OR IGNORE INTO threads VALUES (?, ?, ?, 'open', ?, ?)",
            thread_id,
            user_id,
            title or "New conversation",
            now,
            now,
        )
        return self.thread(user_id, thread_id)

    def thread(self, user_id: str, thread_id: str) -> dict[str, Any] | None:
        """One thread of this user."""
        rows = self._run("SELECT * FROM threads WHERE id = ? AND user_id = ?", thread_id, user_id)
        return dict(rows[0]) if rows else None

    def threads(self, user_id: str, limit: int, offset: int = 0) -> list[dict[str, Any]]:
        """The user's threads, the latest first."""
        rows = self._run(
            "SELECT * FROM threads WHERE user_id = ? ORDER BY updated_at DESC, id LIMIT ? OFFSET ?", user_id, limit, offset
        )
        return [dict(row) for row in rows]

    def set_state(self, thread_id: str, state: str) -> None:
        """Notes what a thread is doing: open, running, completed or failed."""
        self._run("UPDATE threads SET state = ?, updated_at = ? WHERE id = ?", state, time.time(), thread_id)

    def add_message(self, thread_id: str, user_id: str, role: str, content: str) -> dict[str, Any]:
        """Keeps a message and returns it."""
        message = {
            "id": f"msg_{uuid.uuid4().hex[:16]}",
            "thread_id": thread_id,
            "user_id": user_id,
            "role": role,
            "content": content,
            "created_at": time.time(),
        }
        self._run("INSERT INTO messages VALUES (:id, :thread_id, :user_id, :role, :content, :created_at)", message)
        return message

    def message(self, user_id: str, message_id: str) -> dict[str, Any] | None:
        """One message of this user."""
        rows = self._run("SELECT * FROM messages WHERE id = ? AND user_id = ?", message_id, user_id)
        return dict(rows[0]) if rows else None

    def messages(self, user_id: str, thread_id: str | None, limit: int, offset: int = 0) -> list[dict[str, Any]]:
        """The user's messages, of one thread or of all, the oldest first."""
        sql = (
            "SELECT * FROM messages WHERE user_id = ? AND (? IS NULL OR thread_id = ?) ORDER BY created_at, rowid "
            "LIMIT ? OFFSET ?"
        )
        return [dict(row) for row in self._run(sql, user_id, thread_id, thread_id, limit, offset)]

    def count_matching(self, user_id: str, words: list[str]) -> int:
        """How many of the user's messages contain one of these words."""
        sql = (
            "SELECT count(*) FROM messages WHERE user_id = ? AND EXISTS (SELECT 1 FROM json_each(?) WHERE "
            "instr(lower(content), value))"
        )
        return self._run(sql, user_id, json.dumps(words))[0][0]

    def add_event(self, thread_id: str, run_id: str, event: dict[str, Any]) -> int:
        """Keeps an agent's event under the thread's next sequence number, which is returned and written into it."""
        with self._lock:
            row = self._database.execute(
                "SELECT coalesce(max(sequence), 0) + 1 FROM events WHERE thread_id = ?", (thread_id,)
            ).fetchone()
            event["sequence"] = row[0]
            self._database.execute("INSERT INTO events VALUES (?, ?, ?, ?)", (thread_id, row[0], run_id, json.dumps(event)))
        return row[0]

    def last_sequence(self, thread_id: str) -> int:
        """The number of the thread's latest event, 0 without one."""
        return self._run("SELECT coalesce(max(sequence), 0) FROM events WHERE thread_id = ?", thread_id)[0][0]

    def events(self, thread_id: str, after: int) -> list[dict[str, Any]]:
        """The thread's events past a sequence number, in order."""
        rows = self._run("SELECT body FROM events WHERE thread_id = ? AND sequence > ? ORDER BY sequence", thread_id, after)
        return [json.loads(row["body"]) for row in rows]

    def _user(self, sql: str, value: str) -> dict[str, Any] | None:
        rows = self._run(sql, value)
        return {**rows[0], "permissions": json.loads(rows[0]["permissions"])} if rows else None

    def _run(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        bound = values[0] if len(values) == 1 and isinstance(values[0], dict) else values
        with self._lock:
            return self._database.execute(sql, bound).fetchall()
