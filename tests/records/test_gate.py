"""The last look before a record is published."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from lib.records.gate import leaks, withhold
from lib.records.parquet import to_parquet

KEY = "gate-canary-7d1a2f5e9b3c"
TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3
PLANTED = {
    "data/x.json": lambda secret: json.dumps({"a": [{"b": f"x {secret}"}]}).encode(),
    "data/x.parquet": lambda secret: to_parquet([{"id": 1, "nested": {"body": [f"{secret}"]}}]),
    "01-x.ipynb": lambda secret: json.dumps({"cells": [{"outputs": [{"text": [secret[:9], secret[9:]]}]}]}).encode(),
    "02-x.ipynb": lambda secret: json.dumps({"metadata": {"papermill": {"parameters": {"x": secret}}}, "cells": []}).encode(),
    "index.html": lambda secret: f"<p title='&#{ord(secret[0])};{secret[1:]}'>x</p>".encode(),
    "junit.xml": lambda secret: f"<x>{base64.b64encode(secret.encode()).decode()}</x>".encode(),
    "raw.bin": lambda secret: b"\xff\x00" + secret.encode(),
}


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("secret", [KEY, TOKEN])
def test_a_planted_secret_is_refused_with_file_and_place(tmp_path: Path, name: str, secret: str):
    """Whatever the file is packed in; what leaks is taken out of the record, the rest stays, and no message shows the secret."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "clean.json").write_text('{"PyJWT": "2.15.0", "token": "secret:3f2a91c0"}')
    (tmp_path / name).write_bytes(PLANTED[name](secret))
    (leak,) = withhold(tmp_path, [KEY])
    assert (leak.file, leak.kind) == (name, "known" if secret == KEY else "github-token")
    assert leak.place
    assert secret not in str(leak)
    assert not (tmp_path / name).exists()
    assert leaks(tmp_path, [KEY]) == []


def test_code_that_the_page_states_is_no_leak(tmp_path: Path):
    """A library may hold what looks like a credential; data in a script may not."""
    (tmp_path / "index.html").write_text(f"<script>var x='{TOKEN}'</script>")
    assert leaks(tmp_path) == []
    (tmp_path / "index.html").write_text(f"<script type='application/json'>\"{TOKEN}\"</script>")
    assert [leak.kind for leak in leaks(tmp_path)] == ["github-token"]


def test_what_stands_in_two_files_is_refused_in_both(tmp_path: Path):
    """What was read before is not read again, and is no less a leak for it."""
    for name in ("a.json", "b.json", "c.txt"):
        (tmp_path / name).write_text(json.dumps(["nothing", f"x {TOKEN}"]))
    assert [leak.file for leak in leaks(tmp_path)] == ["a.json", "b.json", "c.txt"]
