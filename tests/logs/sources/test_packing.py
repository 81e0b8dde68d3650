"""Bytes as text: packed or not, in whichever encoding, a bounded piece at a time."""

from __future__ import annotations

import gzip
import io
import os

import pytest
import zstandard

from lib.logs.sources.packing import bytes_of, packing_of, text_of

WORDS = "no tenant\ncafé\n"


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_text_however_it_is_packed(pack: type[bytes], encoding: str) -> None:
    """What a file is, not what it is called, says how it is read."""
    stream = io.BytesIO(pack(WORDS.encode(encoding)))
    assert "".join(text_of(bytes_of(stream, lambda _: None))).lstrip("\ufeff") == WORDS


def test_a_packed_file_that_is_cut_off_gives_what_it_has_and_says_so() -> None:
    """The begin of a download that broke off is worth having."""
    said: list[str] = []
    packed = gzip.compress("".join(f"line {number * 7919}\n" for number in range(20_000)).encode())
    text = "".join(text_of(bytes_of(io.BytesIO(packed[: len(packed) // 2]), said.append)))
    assert text.startswith("line 0\n")
    assert said


def test_a_packing_is_known_by_its_first_bytes() -> None:
    """Gzip, Zstandard or nothing."""
    assert [packing_of(one) for one in (gzip.compress(b"x"), zstandard.compress(b"x"), b"x")] == [".gz", ".zst", ""]


def test_what_has_nothing_more_to_say_is_read_to_its_end() -> None:
    """The kernel's log calls itself a regular file, and a reader that waits for its next line waits for ever."""
    read_end, write_end = os.pipe2(os.O_NONBLOCK)
    os.write(write_end, b"one\n")
    with os.fdopen(read_end, "rb") as stream, os.fdopen(write_end, "wb"):
        assert b"".join(bytes_of(stream, pytest.fail)) == b"one\n"
