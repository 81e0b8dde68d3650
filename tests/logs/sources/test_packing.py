"""Bytes as text: packed or not, in whichever encoding, a bounded piece at a time."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Callable

import pytest
import zstandard

from lib.logs.sources.packing import CHUNK, bytes_of, packing_of, text_of

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


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_behind_a_damaged_member_the_next_is_read(pack: Callable[[bytes], bytes]) -> None:
    """What a killed writer left in the middle costs no more than that."""
    members = [pack(f"{word} {os.urandom(20_000).hex()}\n".encode()) for word in ("one", "two", "three")]
    said: list[str] = []
    broken = members[0] + members[1][:10_000] + b"\0" * 5_000 + members[2]
    text = "".join(text_of(bytes_of(io.BytesIO(broken), said.append)))
    assert text.startswith("one ")
    assert "\nthree " in text
    assert said == ["the compressed data is damaged; reading went on with what begins anew behind it"]


@pytest.mark.parametrize("nuls", [5, 1_000, 3 * CHUNK + 7])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_nuls_are_passed_over_and_counted(nuls: int, encoding: str) -> None:
    """A file emptied beneath its writer begins with as many NULs as it had bytes, and a crash leaves them anywhere."""
    said: list[str] = []
    whole = "\0" * nuls + "one\n" + "\0" * nuls + "two\nthr" + "\0" * nuls + "four\n"
    text = "".join(text_of(bytes_of(io.BytesIO(whole.encode(encoding)), pytest.fail), said.append))
    assert text.split() == ["one", "two", "thr", "four"]
    assert len(said) == 1


def test_a_piece_of_nothing_but_blanks_is_one_line_end() -> None:
    """Gigabytes of line ends are packed into little, and each of them would be a line."""
    assert [len(text) for text in text_of([b"one\n" * CHUNK, b"\n" * CHUNK, b" \r\n" * CHUNK, b"\ntwo"])] == [
        4 * CHUNK,
        1,
        1,
        4,
        0,
    ]
