"""The agents' tools do real work and say when they cannot."""

from __future__ import annotations

import pytest

from lib.staging.app.tools import TOOLS, Task, ToolFailed, has_arithmetic
from lib.staging.faults import UsersPolicy
from lib.staging.store import Store


@pytest.fixture
def store():
    kept = Store(UsersPolicy())
    yield kept
    kept.close()


@pytest.mark.parametrize(
    ("text", "value"),
    [("2+2", 4), ("what is (2 + 3) * 7?", 35), ("10 / 4 please", 2.5), ("7 % 4", 3), ("so 2 - -3", 5), ("100 // 7 days", 14)],
)
def test_calculator_computes(store, text, value):
    """The first expression in a sentence has its arithmetic value."""
    assert TOOLS["calculator"](Task(text, "u", "t", store))["value"] == value


@pytest.mark.parametrize("text", ["no numbers here", "1/0", "2 ** 999999999", "5 + (", "9" * 300 + "+1"])
def test_calculator_fails_with_a_reason(store, text):
    """Division by zero, powers, broken and overlong expressions are refused, not run."""
    with pytest.raises(ToolFailed, match=r".+"):
        TOOLS["calculator"](Task(text, "u", "t", store))


def test_word_count_counts(store):
    """Words, distinct words and sentences."""
    result = TOOLS["word_count"](Task("One two. Two three!", "u", "t", store))
    assert (result["words"], result["distinct"], result["sentences"], result["common"][0]) == (4, 3, 2, ("two", 2))


def test_search_finds_earlier_messages(store):
    """A message of the same user that shares a longer word matches; another user's does not."""
    thread = store.open_thread("u")
    store.add_message(thread["id"], "u", "user", "The BUDGET is fine")
    store.add_message(thread["id"], "v", "user", "budget")
    assert TOOLS["message_search"](Task("what about the budget?", "u", "t", store))["matches"] == 1
    assert TOOLS["message_search"](Task("a b c", "u", "t", store))["matches"] == 0


def test_digest_depends_on_text_and_thread(store):
    """Another text or another thread has another fingerprint."""
    made = {TOOLS["text_digest"](Task(text, "u", thread, store))["digest"] for text in "ab" for thread in "xy"}
    assert len(made) == 4


def test_arithmetic_is_recognised():
    """Dates in words and plain numbers are not arithmetic."""
    assert [has_arithmetic(text) for text in ("3*4", "call me at 5", "none")] == [True, False, False]
