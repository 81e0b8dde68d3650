"""Bytes as text: gzip and Zstandard by what they are, UTF-8 and UTF-16, a bounded piece at a time."""

from __future__ import annotations

import codecs
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO, Any

CHUNK = 1 << 20
_BITE = 1 << 10
"""Bytes unpacked at once: a block of Zstandard makes 128 KiB out of four bytes, so this makes 32 MiB at the most."""
_MOST_HELD = 256 << 10
"""Bytes of a member in which its next is looked for when it turns out to be damaged: a block of Zstandard has 128 KiB."""
_MOST_DAMAGED = 200
_WENT_ON = "reading went on with what begins anew behind it"
MOST_UNPACKED = 8 << 30
"""Bytes that one packed file may unpack to; a file of 19 KB can hold three gigabytes of blanks."""

_MOST_BLANKS = 65_536
"""Characters of nothing but blanks and line ends that are read as such; more of them together are one line end."""
_LEAST_PADDING = 4
_PADDING = re.compile(rf"\0{{{_LEAST_PADDING},}}")

Report = Callable[[str], None]


def bytes_of(stream: IO[bytes], report: Report) -> Iterator[bytes]:
    """The file's content, decompressed by what it is, not by what it is called."""
    first = stream.read(CHUNK) or b""
    packing = packing_of(first)
    if packing == ".gz":
        yield from _decompressed(first, stream, report, lambda: zlib.decompressobj(31), zlib.error)
    elif packing == ".zst":
        import zstandard

        yield from _decompressed(first, stream, report, zstandard.ZstdDecompressor().decompressobj, zstandard.ZstdError)
    else:
        yield first
        while chunk := stream.read(CHUNK):
            yield chunk


def packing_of(first: bytes) -> str:
    """`.gz`, `.zst`, or nothing, by a file's first bytes."""
    return ".gz" if first[:2] == b"\x1f\x8b" else ".zst" if first[:4] == b"\x28\xb5\x2f\xfd" else ""


def _decompressed(
    chunk: bytes, stream: IO[bytes], report: Report, opened: Callable[[], Any], failure: type[Exception]
) -> Iterator[bytes]:
    """What each member holds; behind one that is damaged reading goes on with the next that begins."""
    bites, part, given, damaged, is_behind = _Bites(chunk, stream), None, 0, 0, False
    while rest := bites.next():
        if part is None or part.eof:
            rest = rest.lstrip(b"\0")  # they may fill up a block, as on a tape
            part = bites.begin(rest) and opened()
        try:
            piece = part.decompress(rest) if part else b""
        except failure:
            damaged, is_behind, part = damaged + 1, True, None
            if damaged > _MOST_DAMAGED or not bites.back_to_next():
                break
            continue
        given += len(piece)
        if given > MOST_UNPACKED:
            report(f"it unpacks to more than {MOST_UNPACKED >> 30} GiB; what follows was not read")
            return
        if piece:
            yield b"\n" + piece if is_behind else piece
            is_behind = False
        if part and part.eof:
            bites.put_back(part.unused_data)
    if damaged:
        report(f"the compressed data is damaged; {'what follows was not read' if is_behind else _WENT_ON}")
    if part is not None and not part.eof:
        report("the compressed file is cut off; what follows was not read")


class _Bites:
    # Packed bytes, a bite at a time; the last of a member are held, as damage is seen late.
    def __init__(self, chunk: bytes, stream: IO[bytes]):
        self.chunk, self.stream, self.at, self.magic = chunk, stream, 0, chunk[:3]
        self.held = bytearray()

    def next(self) -> bytes:
        if self.at >= len(self.chunk):
            self.chunk, self.at = self.stream.read(CHUNK) or b"", 0
        bite = self.chunk[self.at : self.at + _BITE]
        self.at += len(bite)
        self.held += bite
        if len(self.held) > 2 * _MOST_HELD:
            del self.held[:-_MOST_HELD]
        return bite

    def put_back(self, rest: bytes) -> None:
        self.at -= len(rest)

    def begin(self, first: bytes) -> bool:
        """A member begins with these bytes, the last that were given."""
        self.held = bytearray(first)
        return bool(first)

    def back_to_next(self) -> bool:
        """Moves to the next place behind this member's first byte that looks like a beginning; whether there is one."""
        window, start = bytes(self.held), 1
        while (found := window.find(self.magic, start)) < 0:
            more = self.next()
            if not more:
                return False
            window, start = window[-2:] + more, 0
        self.chunk, self.at = window[found:] + self.chunk[self.at :], 0
        return True


def text_of(chunks: Iterable[bytes], report: Report = lambda _: None) -> Iterator[str]:
    """The text of bytes, each line ended by a line feed; what is no text stands as a replacement character.

    Runs of NULs end a line: they stand before what was written to a file after it was emptied beneath its writer, as
    logrotate's copytruncate does, and where a machine went down.
    """
    # Holes of gigabytes cost no decoding.
    chunks, passed = iter(chunks), 0
    first = next(chunks, b"")
    while first and first.count(0) == len(first):
        passed, first = passed + len(first), next(chunks, b"")
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding_of(first))("replace"), translate=True)
    is_padding = passed > 0
    for chunk in chain((first,), chunks):
        if is_padding and chunk.count(0) == len(chunk):
            passed += len(chunk)
            continue
        text = decoder.decode(chunk)
        if len(text) > _MOST_BLANKS and text.isspace():
            text = "\n"
        if "\0" in text:
            bare = text.lstrip("\0") if is_padding else text
            kept = _PADDING.sub("\n", bare)
            passed += len(text) - len(bare) + sum(map(len, _PADDING.findall(bare)))
            is_padding, text = bare.endswith("\0" * _LEAST_PADDING) or not bare, kept
        else:
            is_padding = is_padding and not text
        yield text
    yield decoder.decode(b"", final=True)
    if passed:
        report(f"{passed} NUL characters stand where lines would (as in a file that was emptied while it was written); "
               "they were passed over")  # fmt: skip


def encoding_of(first: bytes) -> str:
    """UTF-8, or what PowerShell's `>` makes of an export: no JSON and no table begins with a NUL beside its first character."""
    first = first.lstrip(b"\0") if first.startswith(b"\0" * _LEAST_PADDING) else first
    if first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if first[:1] != b"\0" and first[1:2] == b"\0":
        return "utf-16-le"
    if first[:1] == b"\0" and first[1:2] != b"\0":
        return "utf-16-be"
    # Where the first character is none of Latin's, most of the others, line ends and digits at least, are.
    head = first[:4_000]
    in_even, in_odd = head[::2].count(0), head[1::2].count(0)
    if max(in_even, in_odd) * 4 > len(head) // 2 and min(in_even, in_odd) == 0:
        return "utf-16-le" if in_odd else "utf-16-be"
    return "utf-8-sig"
