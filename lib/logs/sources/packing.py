"""Bytes as text: gzip and Zstandard by what they are, UTF-8 and UTF-16, a bounded piece at a time."""

from __future__ import annotations

import codecs
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO, Any

CHUNK = 1 << 20
_BITE = 1 << 10
"""Bytes unpacked at once: a block of Zstandard makes 128 KiB out of four bytes, so this makes 32 MiB at the most."""
MOST_UNPACKED = 8 << 30
"""Bytes that one packed file may unpack to; a file of 19 KB can hold three gigabytes of blanks."""

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
    part, given = opened(), 0
    try:
        while chunk:
            for first in range(0, len(chunk), _BITE):
                rest = chunk[first : first + _BITE]
                while rest:
                    piece = part.decompress(rest)
                    given += len(piece)
                    if given > MOST_UNPACKED:
                        report(f"it unpacks to more than {MOST_UNPACKED >> 30} GiB; what follows was not read")
                        return
                    if piece:
                        yield piece
                    rest = part.unused_data if part.eof else b""
                    part = opened() if part.eof and rest else part
            chunk = stream.read(CHUNK) or b""
            if chunk and part.eof:
                part = opened()
    except failure as error:
        report(f"the compressed data is damaged ({type(error).__name__}); what follows was not read")
        return
    if not part.eof:
        report("the compressed file is cut off; what follows was not read")


def text_of(chunks: Iterable[bytes]) -> Iterator[str]:
    """The text of bytes, each line ended by a line feed; what is no text stands as a replacement character."""
    chunks = iter(chunks)
    first = next(chunks, b"")
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding_of(first))("replace"), translate=True)
    for chunk in chain((first,), chunks):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def encoding_of(first: bytes) -> str:
    """UTF-8, or what PowerShell's `>` makes of an export: no JSON and no table begins with a NUL beside its first character."""
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
