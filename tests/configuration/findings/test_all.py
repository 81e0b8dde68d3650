"""All findings of a configuration."""

from __future__ import annotations

from pathlib import Path

from lib.configuration.findings.all import findings
from lib.configuration.reading import read_path
from tests.configuration.samples import ASKED, PASSES, causes, knative, nginx


def test_the_plain_ones_first() -> None:
    """What is said of this very handshake comes before what may happen to one, from whatever file."""
    told = causes(a__conf=nginx(f"{PASSES} limit_conn perip 2;"), b__yaml=knative("ws").replace("name: http1", "name: h2c"))
    assert told == ["edge-blocks-upgrade", "connection-limit"]


def test_when_the_file_was_changed(tmp_path: Path) -> None:
    """A finding says how old its file is: an old one need not be what is deployed."""
    (tmp_path / "a.conf").write_text(nginx(f"{PASSES} deny all;"))
    assert [one.changed is not None for one in findings(read_path(tmp_path, where="path"), ASKED)] == [True]
