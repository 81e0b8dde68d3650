"""A lock says who holds it, and ends when it is given back."""

from __future__ import annotations

import os

import pytest

from lib.records.locks import Held, Lock


def test_a_held_lock_names_its_holder(tmp_path):
    """A second taker is told the process that was first."""
    Lock(tmp_path / "lock").acquire()
    with pytest.raises(Held) as refused:
        Lock(tmp_path / "lock").acquire()
    assert refused.value.pid == os.getpid()


def test_a_lock_given_back_can_be_taken(tmp_path):
    """After release the file is gone and the next taker gets the lock."""
    Lock(tmp_path / "lock").acquire().release()
    assert list(tmp_path.iterdir()) == []
    Lock(tmp_path / "lock").acquire().release()


def test_what_a_dead_process_left_is_no_lock(tmp_path):
    """A lock file without a living holder does not keep anyone out."""
    (tmp_path / "lock").write_text("1")
    Lock(tmp_path / "lock").acquire().release()
