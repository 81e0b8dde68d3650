"""The key of a folder of rounds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.parameters.loading import BadInput
from lib.records.pseudonym_key import NAME, use_key_of
from lib.redaction import pseudonyms
from lib.redaction.pseudonyms import pseudonym


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = pseudonyms._key
    yield
    pseudonyms.use_key(before)


def test_rounds_of_one_folder_share_a_key_that_only_its_owner_reads(tmp_path: Path):
    """Beside the rounds, mode 0600; another folder has another one."""
    use_key_of(tmp_path)
    first = pseudonym("hunter2")
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    (tmp_path / "other").mkdir()
    use_key_of(tmp_path / "other")
    assert pseudonym("hunter2") != first
    use_key_of(tmp_path)
    assert pseudonym("hunter2") == first


def test_a_key_that_is_given_is_used_instead(tmp_path: Path):
    """Then no file is made, and folders can be compared."""
    use_key_of(tmp_path, "a key of the team")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.timeout(30)
def test_a_pipe_in_place_of_the_key_is_refused(tmp_path: Path):
    """It is not waited for, and no other key is made up in its stead."""
    os.mkfifo(tmp_path / NAME)
    with pytest.raises(BadInput, match="no regular file"):
        use_key_of(tmp_path)
