"""Where texts go: whole files, devices and pipes as they are, and nothing that would wait for a reader."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lib.cli.destinations import addition, destination
from lib.parameters.errors import BadInput


def fifo(path: Path) -> None:
    """A pipe that nobody reads."""
    os.mkfifo(path)


def listening(path: Path) -> None:
    """A socket in the file system."""
    socket.socket(socket.AF_UNIX).bind(str(path))


@pytest.mark.parametrize("make", [Path.mkdir, listening, lambda path: path.symlink_to(path), lambda path: path / "deeper"])
def test_what_takes_no_text_is_refused_at_once(make: Callable[[Path], object], tmp_path: Path) -> None:
    """Folders, sockets, links in a circle and paths below nothing."""
    path = tmp_path / "x"
    given = path / "deeper" if isinstance(make(path), Path) else path
    for way in (destination, addition):
        with pytest.raises(BadInput) as refusal:
            way(given, option="--markdown")
        assert refusal.value.where == "--markdown"


@pytest.mark.parametrize("way", [destination, addition])
def test_a_pipe_that_nobody_reads_is_not_waited_for(way: Callable[..., Callable[[str], None]], tmp_path: Path) -> None:
    """Writing there fails; with a reader it goes through, and the pipe stays one."""
    path = tmp_path / "pipe"
    fifo(path)
    write = way(path, option="--pytest")
    with pytest.raises(OSError, match=r"."):
        write("text")
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    write("text")
    assert (os.read(reader, 100), path.is_fifo()) == (b"text", True)
    os.close(reader)


@pytest.mark.parametrize("way", [destination, addition])
def test_what_goes_into_a_file_behind_an_open_stream_replaces_nothing(way: Callable[..., object], tmp_path: Path) -> None:
    """As in `--summary /dev/stdout >> log`: what the log holds already stays."""
    path = tmp_path / "log"
    path.write_text("earlier\n")
    with path.open("a") as stream:
        way(f"/dev/fd/{stream.fileno()}", option="--summary")("new\n")
    assert path.read_text() == "earlier\nnew\n"


@pytest.mark.parametrize("way", [destination, addition])
def test_a_file_in_shared_memory_is_a_file(way: Callable[..., object]) -> None:
    """Though it lies below /dev."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        way(f"{folder}/a.md", option="--markdown")("text")
        assert Path(folder, "a.md").read_text() == "text"


def test_a_file_is_replaced_or_added_to(tmp_path: Path) -> None:
    """A link leads to the file that is written, and stays a link."""
    path, link = tmp_path / "a.md", tmp_path / "link.md"
    path.write_text("old ")
    link.symlink_to(path)
    addition(link, option="--summary")("new")
    assert path.read_text() == "old new"
    destination(link, option="--markdown")("other")
    assert (path.read_text(), link.is_symlink(), len(list(tmp_path.iterdir()))) == ("other", True, 2)
