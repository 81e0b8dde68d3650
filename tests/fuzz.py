"""Mutated inputs against whatever reads what others write: each is read or refused in our words, in time, and never with a crash.

`python -m tests.fuzz [READER]… [-s SECONDS] [--seed N]` prints how many inputs each reader took, the slowest, and every finding.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from lib.parameters.errors import BadInput
from tests.readers import READERS, Reader

WITHIN_S = 5.0
"""What one small input may take of a processor, however many others use it too."""
WAITED_S = 60.0
"""And so long at the most where it waits for something."""
MOST_BYTES = 6000
"""So much of a sample is mutated: long ones say nothing that short ones do not."""
MEMORY_BYTES = 3 << 30
NASTY = (
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", "\u202e".encode(), b"\x1b[2J", b"\r\n", b"\n\n", b"'", b'"', b"`", b"\\",
    b"{", b"}", b"[" * 300, b'{"a":' * 300, b"]", b"<", b">", b"&", b"%s", b"%00", b"$(", b"${", b"*a", b"&a ",
    b"!!int ", b"!!python/object:x ", b"<<: ", b"- ", b": ", b"null", b"true", b"NaN", b"Infinity", b"-Infinity",
    b"1e999", b"-1", b"0", b"9" * 400, b"0x", b"1" * 30, b"9999-12-31T23:59:59Z", b"0001-01-01T00:00:00+14:00",
    b"2024-13-45", b"file:/dev/zero", b"env:NOT_THERE", b"http://[", b"ws://a:99999", b"xn--", "ａ".encode(), b"=", b",",
    b";", b"\t", b" " * 500, b"a" * 5000, b"Transfer-Encoding: chunked\r\n", b"Content-Length: -1\r\n",
    b"HTTP/1.1 101 \r\n",
)  # fmt: skip


@dataclass
class Found:
    """What a series came to: how many inputs were read and refused, the slowest, and by place each crash with its input."""

    read: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    crashes: dict[str, tuple[str, bytes]] = field(default_factory=dict)


class TooLong(BaseException):
    """An input took longer than it may."""


def mutated(sample: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """The sample with one to eight changes: bytes turned, cut out, doubled, moved, or replaced by what is nasty or of another."""
    data = bytearray(sample)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(data) + 1)
        size = chance.choice((1, 2, 4, 16, 64, 400))
        kind = chance.randrange(8)
        if kind == 0 and data:
            data[at % len(data)] = chance.randrange(256)
        elif kind == 1:
            del data[at : at + size]
        elif kind == 2:
            data[at:at] = data[at : at + size] * chance.choice((1, 2, 20))
        elif kind == 3:
            other = chance.choice(others)
            begin = chance.randrange(len(other) + 1)
            data[at : at + chance.choice((0, size))] = other[begin : begin + size]
        elif kind == 4:
            del data[at:]
        elif kind == 5:
            moved = data[at : at + size]
            del data[at : at + size]
            place = chance.randrange(len(data) + 1)
            data[place:place] = moved
        else:
            data[at : at + chance.choice((0, 0, 1, size))] = chance.choice(NASTY)
    return bytes(data[: 4 * MOST_BYTES])


def structured(sample: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """The same of a JSON document, in which one value is another's, or of another kind."""
    try:
        document = json.loads(sample)
    except ValueError:
        return mutated(sample, others, chance)
    for _ in range(chance.choice((1, 1, 2, 4))):
        places = list(_places(document))
        if not places:
            break
        holder, key = chance.choice(places)
        odd = (None, True, -1, 10**400, 1e308, "", "\ud800x", [], {}, [[]], {"a": None}, "x" * 3000, ["a", 1, None])
        value: Any = chance.choice((*odd, *(one[name] for one, name in chance.sample(places, min(3, len(places))))))
        if chance.random() < 0.2:
            del holder[key]
        else:
            holder[key] = json.loads(json.dumps(value))
    return json.dumps(document).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])


def fuzzed(reader: Reader, *, seconds: float, seed: int, most: int = 1 << 60, within_s: float = WITHIN_S) -> Found:
    """Mutates the samples for so long, or so many of them."""
    chance, found, whole = random.Random(seed), Found(), reader.samples()
    whole += [reader.made(chance) for _ in range(20)] if reader.made else []
    samples = [sample[:MOST_BYTES] for sample in whole]
    until = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as name, _alarm():
        with contextlib.suppress(Exception):
            reader.call(samples[0], Path(name))  # what is imported on the first call is not timed
        number = 0
        while number < most and time.monotonic() < until:
            if reader.made and chance.random() < 0.6:
                data = reader.made(chance)
            elif chance.random() < 0.3:
                data = structured(chance.choice(whole), samples, chance)
            else:
                data = mutated(chance.choice(samples), samples, chance)
            _one(reader, data, Path(name), found, within_s)
            number += 1
    return found


def _one(reader: Reader, data: bytes, folder: Path, found: Found, within_s: float) -> None:
    began_s = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, within_s)
    signal.setitimer(signal.ITIMER_REAL, WAITED_S + within_s)
    try:
        reader.call(data, folder)
        found.read += 1
    except BadInput:
        found.refused += 1
    except (Exception, TooLong) as crash:
        place = traceback.extract_tb(crash.__traceback__)[-1]
        ours = [
            one
            for one in traceback.extract_tb(crash.__traceback__)
            if "/lib/" in one.filename and "site-packages" not in one.filename
        ]
        place = ours[-1] if ours and not isinstance(crash, TooLong) else place
        found.crashes.setdefault(
            f"{type(crash).__name__} at {Path(place.filename).name}:{place.lineno}", (str(crash)[:200], data)
        )
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    found.slowest_s = max(found.slowest_s, time.process_time() - began_s)


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        raise TooLong

    before = {number: signal.signal(number, ring) for number in (signal.SIGALRM, signal.SIGPROF)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main() -> int:
    """Prints what each reader came to; 1 where one crashed or took too long. Findings lie in `fuzz/`, an input a file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("readers", nargs="*", default=[])
    parser.add_argument("-s", type=float, default=600.0, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    crashed = False
    for name in given.readers or READERS:
        began_s = time.process_time()
        found = fuzzed(READERS[name], seconds=given.s, seed=given.seed)
        used_s = time.process_time() - began_s
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        inputs = found.read + found.refused + len(found.crashes)
        print(
            f"{name}: {inputs} inputs in {given.s:g} s, of which {used_s:.0f} s on a processor, {found.read} read, "
            f"{found.refused} refused, the slowest {found.slowest_s:.2f} s, peak {peak_mb:.0f} MB, {len(found.crashes)} findings",
            flush=True,
        )
        for number, (place, (words, data)) in enumerate(found.crashes.items()):
            Path("fuzz").mkdir(exist_ok=True)
            Path("fuzz", f"{name}-{number}").write_bytes(data)
            print(f"  {place}: {words!r} (fuzz/{name}-{number})", flush=True)
        crashed = crashed or bool(found.crashes)
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main())
