"""What is opened below a path, and what is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lib.configuration import documents
from lib.configuration.documents import documents_at
from lib.parameters.errors import BadInput


def test_a_folder(tmp_path: Path) -> None:
    """Regular text files are read by name; links, pipes, binaries, what is too large are counted, and none is waited for."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "ws.conf").write_text("server {}")
    (tmp_path / "compose.yml").write_text("services: {}")
    (tmp_path / "link.conf").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "binary").write_bytes(b"\0\1")
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    (tmp_path / "large").write_bytes(b"x" * (documents.MAX_FILE_BYTES + 1))
    found = documents_at(tmp_path, where="evidence.configuration.0.path")
    assert [one.name for one in found.found] == ["compose.yml", "conf.d/ws.conf"]
    assert {one.what for one in found.unread} == {
        "a symbolic link",
        "no regular file",
        "a file that is no text",
        "a file that is no UTF-8",
        "a file of more than 2000000 bytes",
    }


def test_many_files(tmp_path: Path) -> None:
    """Beyond the bound files are counted, not read."""
    for number in range(documents.MAX_FILES + 3):
        (tmp_path / f"{number:04}.env").write_text("A=1")
    found = documents_at(tmp_path, where="path")
    assert len(found.found) == documents.MAX_FILES
    assert [one.count for one in found.unread] == [3]


def test_nothing_there(tmp_path: Path) -> None:
    """A path without anything behind it is bad input, named by its key."""
    with pytest.raises(BadInput) as refused:
        documents_at(tmp_path / "missing", where="evidence.configuration.0.path")
    assert refused.value.where == "evidence.configuration.0.path"


def test_a_dump_of_nginx(tmp_path: Path) -> None:
    """What `nginx -T` prints becomes the files that it was printed from, their lines counted anew."""
    head = "# configuration file /etc/nginx/"
    (tmp_path / "dump").write_text(f"{head}nginx.conf:\nhttp {{}}\n{head}conf.d/a.conf:\nserver {{}}\n")
    found = documents_at(tmp_path / "dump", where="path").found
    assert [(one.name, one.text) for one in found] == [
        ("/etc/nginx/nginx.conf", "http {}\n"),
        ("/etc/nginx/conf.d/a.conf", "server {}\n"),
    ]
