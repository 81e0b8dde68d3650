"""Base64, base32 and hexadecimal: what a text looks like inside them, and what stands in a run of their letters."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

_BASE64_RUN = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{5,}+={0,2}")
_BASE32_RUN = re.compile(r"(?<![A-Za-z0-9])[A-Z2-7]{6,}+(?![a-z])|(?<![A-Za-z0-9])[a-z2-7]{16,}+(?![A-Z])")
_HEX_RUN = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{8,}+")
_READABLE = re.compile(r"[\t\n\r\x20-\x7e\x80-\U0010ffff]{4,}")


_BASE64_OF_TEXT = r"(?:[I-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]){4}"
_BASE32_OF_TEXT = (
    r"(?:[A-P][ABEFIJMNQRUVYZ45][A-Z2-7][A-HQ-X][ACEGIKMOQSUWY246][A-Z2-7][A-DI-LQ-TYZ23][A-Z2-7]){2}"
    r"|(?:[a-p][abefijmnqruvyz45][a-z2-7][a-hq-x][acegikmoqsuwy246][a-z2-7][a-di-lq-tyz23][a-z2-7]){3}"
)
OF_TEXT = f"{_BASE64_OF_TEXT}|{_BASE32_OF_TEXT}|(?:[2-7][0-9a-fA-F]){{12}}"
"""A dozen letters of ASCII, encoded: as the first bit of each is zero, every encoding has places where only some letters stand.

Identifiers, digests and random numbers seldom look so for as long.
"""


Told = TypeVar("Told")
Readings = Callable[[str], Iterator[str]]
"""Decodes a run of letters, from each of them at which it may have begun: what can be read."""


def encoded_spellings(raw: bytes) -> Iterator[str]:
    """How these bytes look inside a longer text that was encoded, wherever they stand: the letters that they alone decide."""
    yield raw.hex()
    yield raw.hex().upper()
    for offset in range(3):
        core = _core(base64.b64encode, raw, offset, bits=6)
        if len(core) >= 3:
            yield core
            if "+" in core or "/" in core:
                yield core.replace("+", "-").replace("/", "_")
    for offset in range(5):
        core = _core(base64.b32encode, raw, offset, bits=5)
        if len(core) >= 4:
            yield core


def _core(encode: Callable[[bytes], bytes], raw: bytes, offset: int, *, bits: int) -> str:
    # At the edges letters mix with the neighbours of the text.
    letters = encode(b"\0" * offset + raw).decode().rstrip("=")
    return letters[-(-8 * offset // bits) : 8 * (offset + len(raw)) // bits]


def opened_runs(text: str, opened: Callable[[str, Readings], Told | None]) -> Iterator[tuple[int, int, Told]]:
    """Start, end and what `opened` tells of each run of encoded letters of which it tells something; it is asked once for each
    word, with the function that decodes it."""
    for pattern, readings in ((_BASE64_RUN, _of_base64), (_HEX_RUN, _of_hex), (_BASE32_RUN, _of_base32)):
        asked = {letters: opened(letters, readings) for letters in dict.fromkeys(pattern.findall(text))}
        told = {letters: found for letters, found in asked.items() if found is not None}
        for run in pattern.finditer(text) if told else ():
            if run[0] in told:
                yield run.start(), run.end(), told[run[0]]


def _of_base64(run: str) -> Iterator[str]:
    letters = run.rstrip("=").replace("-", "+").replace("_", "/")
    for skipped in range(4):
        yield from _readable(base64.b64decode(_whole(letters[skipped:])))


def _of_hex(run: str) -> Iterator[str]:
    for skipped in range(2):
        letters = run[skipped:]
        yield from _readable(bytes.fromhex(letters[: len(letters) & ~1]))


def _of_base32(run: str) -> Iterator[str]:
    for skipped in range(8):
        letters = run.upper()[skipped:]
        yield from _readable(base64.b32decode(letters[: len(letters) & ~7] + _tail32(letters[len(letters) & ~7 :])))


def _whole(letters: str) -> str:
    return letters[: len(letters) - (len(letters) % 4 == 1)] + "=" * (-len(letters) % 4 % 3)


def _tail32(letters: str) -> str:
    # Base32 allows 2, 4, 5 and 7 letters in the last group of eight.
    usable = {0: 0, 1: 0, 2: 2, 3: 2, 4: 4, 5: 5, 6: 5, 7: 7}[len(letters)]
    return letters[:usable] + "=" * (8 - usable) if usable else ""


def _readable(content: bytes) -> Iterator[str]:
    if len(content) >= 4:
        text = content.decode("utf-8", "replace")
        if _READABLE.search(text):
            yield text


def base64_decoded(text: str) -> bytes:
    """The bytes behind base64 of either alphabet, padded or not, cut off anywhere; ValueError where it is none."""
    text = text.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(_whole(text))
