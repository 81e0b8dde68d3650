"""The measuring floor: what this client on this machine measures when there is nothing to measure; and how busy the machine is.

A raw socket on loopback that gives back what it gets, asked from the same event loop in the same run: no figure of this run
can be smaller, and two figures closer than this cannot be told apart. The floor hardly moves on a busy machine, for who is
awake already waits for nobody; a program that is woken to do a fixed piece of work waits as a server does.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import fmean, median

PAYLOAD = b"x" * 64
ROUND_TRIPS = 200
WARMUP = 20
WORK_TRIPS, WORK_WARMUP = 8, 2
WORKER = """
import os, socket, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    connection = server.accept()[0]
    while data := connection.recv(65536):
        sum(range(30000))
        connection.sendall(data)
    connection.close()
"""
"""Does a millisecond of work, more or less, for each message; ends with its input, also where whoever started it was killed."""


async def floor_ms(round_trips: int = ROUND_TRIPS, *, timeout_s: float = 5.0) -> float | None:
    """The median round trip of 64 bytes through a raw loopback socket; None where loopback cannot be used."""
    try:
        with _echo() as port:
            return median(await asyncio.wait_for(_round_trips(port, round_trips), timeout_s))
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return None


@contextmanager
def worker() -> Iterator[int | None]:
    """A program that does a fixed piece of work for each message; the port it listens on, None where it cannot be started."""
    try:
        command = [sys.executable, "-S", "-E", "-c", WORKER]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        yield None
        return
    try:
        assert process.stdout is not None
        assert process.stdin is not None
        said = process.stdout.readline().strip()
        yield int(said) if said.isdigit() else None
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


async def machine_ms(port: int | None, *, timeout_s: float = 5.0) -> float | None:
    """The mean time to the worker and back, which grows as the machine is busier; None where it does not answer in time."""
    if port is None:
        return None
    try:
        return fmean(await asyncio.wait_for(_round_trips(port, WORK_TRIPS, WORK_WARMUP), timeout_s))
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return None


async def _round_trips(port: int, count: int, warmup: int = WARMUP) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    durations_ms = []
    try:
        for number in range(warmup + count):
            started_s = time.perf_counter()
            writer.write(PAYLOAD)
            await reader.readexactly(len(PAYLOAD))
            if number >= warmup:
                durations_ms.append((time.perf_counter() - started_s) * 1000)
    finally:
        writer.close()
    return durations_ms


@contextmanager
def _echo() -> Iterator[int]:
    """A thread that echoes one connection; the port it listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        thread = threading.Thread(target=_serve_one, args=(server,), daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            thread.join(1)


def _serve_one(server: socket.socket) -> None:
    try:
        connection, _ = server.accept()
    except OSError:
        return
    with connection:
        connection.settimeout(5)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while data := connection.recv(65_536):
                connection.sendall(data)
        except OSError:
            return  # the client left or was too slow; its own side says so
