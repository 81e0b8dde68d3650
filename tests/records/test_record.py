"""One round's folder: nothing half written, nothing outside it, no secret, and all read back as it was."""

from __future__ import annotations

import json
import os
import resource
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from lib.facts import Exchange, Phases
from lib.parameters import secrets
from lib.records import manifest, rounds_on_disk

SECRET = "canary-0f81-signing-key"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ"
AT = datetime(2026, 11, 24, 3, 20, 45, 123456, tzinfo=UTC)


def finished(out, number, *, environment="staging", previous=None, **more):
    record = rounds_on_disk.claim(out, number, environment=environment, **more)
    record.write_json("report", {"round": number})
    record.seal({"environment": environment}, {"python": "3.11"}, previous)
    record.release()
    return record


def exchange(identity="whys-1", **changes):
    values = {
        "id": identity,
        "of": "probe",
        "kind": "handshake",
        "label": "control",
        "method": "GET",
        "url": "ws://h/ws",
        "rung": "upgrade",
    }
    return Exchange(
        **{**values, "status": 403, "headers": (("server", "a"), ("server", "b")), "elapsed_ms": 1.5, "at": AT, **changes}
    )


def test_documents_are_read_as_they_were_written(tmp_path):
    """A document comes back, moments as RFC 3339; one that nobody wrote is None."""
    record = rounds_on_disk.Record(tmp_path)
    record.write_json("diagnosis", {"at": AT, "ms": float("nan"), "tags": {"b", "a"}})
    assert record.read_json("diagnosis") == {"at": "2026-11-24T03:20:45.123456Z", "ms": None, "tags": ["a", "b"]}
    assert record.read_json("nobody") is None


def test_rows_keep_their_types_and_their_nesting(tmp_path):
    """Integers, moments and nested values survive Parquet, absent ones stay absent."""
    rows = [
        {"n": 1, "at": AT, "statuses": [200, 403], "name": "a", "ms": 2},
        {"n": None, "at": AT, "statuses": [], "name": None, "ms": 0.5},
    ]
    record = rounds_on_disk.Record(tmp_path)
    record.write_frame("suite", rows)
    assert record.read_rows("suite") == rows
    assert list(record.read_frame("suite").columns) == ["n", "at", "statuses", "name", "ms"]


def test_exchanges_come_back_as_they_were(tmp_path):
    """An exchange survives the file whole, doubled headers, phases and undecodable text included."""
    record = rounds_on_disk.Record(tmp_path)
    sent = exchange(phases=Phases(dns_ms=0.5), first_frame="\x00é", body_excerpt="x")
    record.append_exchanges([sent, exchange("whys-2", status=None, error="timed out")], "whys")
    assert record.exchanges() == [sent, exchange("whys-2", status=None, error="timed out")]


def test_a_source_replaces_only_its_own_exchanges(tmp_path):
    """A notebook that runs again replaces what it exchanged before, and nothing of the others."""
    record = rounds_on_disk.Record(tmp_path)
    record.append_exchanges([exchange("suite-1")], "suite")
    record.append_exchanges([exchange("whys-1"), exchange("whys-2")], "whys")
    record.append_exchanges([exchange("whys-3")], "whys")
    assert [found.id for found in record.exchanges()] == ["suite-1", "whys-3"]
    assert [found.id for found in record.exchanges("suite")] == ["suite-1"]


def test_a_token_that_is_got_later_is_kept_out_as_well(tmp_path):
    """What the process learns after the record was opened does not reach the disk either."""
    record = rounds_on_disk.claim(tmp_path, 1, environment="staging", secrets=[], parameters={})
    secrets.learn("opaque-got-later-5150")
    written = record.write_text("b.html", "the server quotes opaque-got-later-5150")
    assert "opaque-got-later-5150" not in written.read_text()


def test_no_secret_reaches_the_disk(tmp_path):
    """Known keys and anything like a token are replaced whatever way they come in."""
    record = rounds_on_disk.claim(
        tmp_path, 1, environment="staging", secrets=[SECRET], parameters={"suite": {"env": {"KEY": SECRET}}}
    )
    record.write_json("a", {"text": f"key {SECRET}", SECRET: [TOKEN]})
    record.write_text("b.html", f"<p>{TOKEN} {SECRET}</p>")
    record.write_bytes("c.txt", SECRET.encode())
    record.write_frame("d", [{"body": f"{SECRET}", "nested": {"deep": [TOKEN]}}])
    record.append_exchanges([exchange(body_excerpt=SECRET, headers=(("x-echo", TOKEN),))], "whys")
    record.write_notebook(
        "e.ipynb", json.dumps({"cells": [{"outputs": [{"text": [f"{SECRET}\n"], "data": {"text/html": TOKEN}}]}]})
    )
    record.seal({"environment": "staging", "headers": {"X-Key": SECRET}})
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(written) >= 7
    for needle in (SECRET.encode(), TOKEN.encode(), TOKEN.split(".")[2].encode()):
        assert [path.name for path, content in written.items() if needle in content] == []
    assert b"canary" not in json.dumps(record.read_rows("d")).replace("sub=canary", "").encode()


def test_bytes_that_cannot_be_redacted_are_refused_with_a_secret_in_them(tmp_path):
    """A binary file with a known secret is not written at all."""
    record = rounds_on_disk.Record(tmp_path, secrets=[SECRET])
    with pytest.raises(ValueError, match="known secret"):
        record.write_bytes("picture.png", b"\xff\xfe" + SECRET.encode())
    assert list(tmp_path.iterdir()) == []


def test_references_stay_readable_in_the_manifest(tmp_path):
    """Where a secret comes from is part of the record; what it is, is not."""
    finished_record = finished(tmp_path, 1)
    finished_record.seal(
        {"environment": "staging", "token": {"secret": "env:JWT_SECRET_STAGING", "algorithm": "HS256", "lifetime_s": 900}}
    )
    assert manifest.read(finished_record.folder)["parameters"]["token"]["secret"] == "env:JWT_SECRET_STAGING"


def test_a_redacted_notebook_stays_a_notebook(tmp_path):
    """Secrets leave a notebook without breaking its JSON, escapes, pictures or structure."""
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "source": [f'key = "{SECRET}"\n', '"a\\nb"'],
                "outputs": [{"data": {"image/png": "ZXlKhbGciOi.a.b"}}],
            }
        ],
        "metadata": {"papermill": {"parameters": {"token": f"Bearer {TOKEN}"}}},
        "nbformat": 4,
    }
    path = rounds_on_disk.Record(tmp_path, secrets=[SECRET]).write_notebook("01.ipynb", json.dumps(notebook))
    read = json.loads(path.read_text())
    assert SECRET not in path.read_text()
    assert TOKEN not in path.read_text()
    assert read["cells"][0]["source"][1] == '"a\\nb"'
    assert read["cells"][0]["outputs"] == notebook["cells"][0]["outputs"]
    assert read["nbformat"] == 4


def test_a_redacted_xml_document_stays_one(tmp_path):
    """A credential beside what XML writes otherwise takes no part of it along: the document is read again as it was meant."""
    told = [f'password="<{TOKEN}&{TOKEN}"', f"a 'token': \"{TOKEN}\"", "Set-Cookie: a=<b>&c; Path=/", f"&{TOKEN}<"]
    cases = ElementTree.Element("testsuites")
    for text in told:
        ElementTree.SubElement(cases, "failure", {"message": text}).text = text
    path = rounds_on_disk.Record(tmp_path).write_xml("junit.xml", ElementTree.tostring(cases, encoding="unicode"))
    read = list(ElementTree.parse(path).getroot())  # noqa: S314  (written just now)
    assert [one.tag for one in read] == ["failure"] * len(told)
    assert TOKEN not in path.read_text()
    assert [one.text for one in read] == [one.get("message") for one in read]


def test_library_code_is_put_in_unchanged(tmp_path):
    """What is trusted keeps every character, although it would look like a secret."""
    path = rounds_on_disk.Record(tmp_path).write_text(
        "index.html", "<p>token=abcdefghijkl</p>@CODE@", trusted={"@CODE@": 'token="abcdefghijkl"'}
    )
    assert path.read_text().endswith('token="abcdefghijkl"')
    assert "<p>token=abcdefghijkl" not in path.read_text()


@pytest.mark.parametrize("rel", ["../x", "/etc/x", "a/../../x", "", "..\\x", "link/x"])
def test_nothing_is_written_outside_the_record(tmp_path, rel):
    """A path that leads out of the folder is refused, through a link too."""
    (tmp_path / "round").mkdir()
    (tmp_path / "round" / "link").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="leads out"):
        rounds_on_disk.Record(tmp_path / "round").write_text(rel, "text")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    """A document that cannot be written takes nothing away and leaves nothing behind."""
    record = rounds_on_disk.Record(tmp_path)
    record.write_text("index.html", "first")
    (tmp_path / "blocked").mkdir()
    with pytest.raises(OSError, match="blocked"):
        record.write_text("blocked", "second")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blocked", "index.html"]


def test_a_disk_that_takes_no_more_is_told_with_the_file(tmp_path):
    """Nothing half written stays, and whoever reads the message knows where to look."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match="large") as failed:
            rounds_on_disk.Record(tmp_path).write_text("index.html", "x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (failed.value.filename, list(tmp_path.iterdir())) == (str(tmp_path / "index.html"), [])


def test_a_manifest_says_what_made_the_record(tmp_path):
    """Versions of Python and the libraries, the project's revision, begin and end stand in it."""
    record = rounds_on_disk.claim(tmp_path, 1, environment="staging", now=AT)
    record.seal({"environment": "staging"}, now=AT + timedelta(minutes=1))
    said = manifest.read(record.folder)
    assert (said["started_at"], said["finished_at"]) == ("2026-11-24T03:20:45.123456Z", "2026-11-24T03:21:45.123456Z")
    assert {"python", "websockets", "papermill"} <= said["versions"].keys()
    assert (said["environment"], said["round"]) == ("staging", 1)


def test_what_was_broken_off_is_sealed_as_unfinished(tmp_path):
    """It verifies, says what made it, holds nothing half written, and is continued on request."""
    record = rounds_on_disk.claim(tmp_path, 1, environment="staging", parameters={"environment": "staging"})
    record.write_text("01.ipynb", "{}")
    (record.folder / ".writing-x").write_text("half")
    record.leave()
    record.release()
    assert (manifest.check(record.folder)["ok"], manifest.is_finished(manifest.read(record.folder))) == (True, False)
    assert {"python", "websockets"} <= manifest.read(record.folder)["versions"].keys()
    again = rounds_on_disk.claim(tmp_path, 1, environment="staging", resume=True, parameters={"environment": "staging"})
    assert [path.name for path in again.folder.glob("*.ipynb")] == ["01.ipynb"]


@pytest.mark.parametrize(
    ("states", "error", "completed"),
    [
        (["completed", "completed"], False, True),
        (["completed", "pending"], False, False),
        (["completed"], True, False),
        ([], False, False),
    ],
)
def test_a_notebook_counts_as_completed_when_all_its_cells_are(tmp_path, states, error, completed):
    """A notebook that broke off, crashed or never ran is run again on resume."""
    outputs = [{"output_type": "error"}] if error else []
    cells = [{"cell_type": "code", "metadata": {"papermill": {"status": state}}, "outputs": outputs} for state in states]
    record = rounds_on_disk.Record(tmp_path)
    record.write_notebook("01.ipynb", json.dumps({"cells": [{"cell_type": "markdown"}, *cells]}))
    assert record.has_completed("01.ipynb") is completed
    assert record.has_completed("02.ipynb") is False


@pytest.mark.parametrize(
    "cells", [{"a": 1}, [1], [{"metadata": []}], [{"metadata": {"papermill": {"status": []}}}], [{"outputs": 1}], 1]
)
def test_a_damaged_notebook_is_run_again(tmp_path, cells):
    """What is no notebook has not completed and took no time, whatever stands in it instead, and a pipe is not waited for."""
    if isinstance(cells, list):
        cells = [{"cell_type": "code"} | cell if isinstance(cell, dict) else cell for cell in cells]
    (tmp_path / "01.ipynb").write_text(json.dumps({"cells": cells, "metadata": [1]}))
    (tmp_path / "02.ipynb").write_text(json.dumps([cells]))
    os.mkfifo(tmp_path / "03.ipynb")
    record = rounds_on_disk.Record(tmp_path)
    names = [f"0{number}.ipynb" for number in (1, 2, 3)]
    assert [(record.has_completed(name), record.seconds_of(name)) for name in names] == [(False, 0.0)] * 3


def test_how_long_a_notebook_took_is_read_from_it(tmp_path):
    """What papermill noted; nothing where nothing was noted, or no notebook lies there."""
    record = rounds_on_disk.Record(tmp_path)
    record.write_notebook("01.ipynb", json.dumps({"cells": [], "metadata": {"papermill": {"duration": 7.5}}}))
    record.write_notebook("02.ipynb", json.dumps({"cells": [], "metadata": {}}))
    assert [record.seconds_of(f"0{number}.ipynb") for number in (1, 2, 3)] == [7.5, 0.0, 0.0]


def test_files_larger_than_a_round_writes_are_not_held(tmp_path):
    """A document of gigabytes in a record that may be anybody's takes no memory: it is told as none that a round writes."""
    record = rounds_on_disk.Record(tmp_path)
    for name in ("data/report.json", "data/exchanges.parquet", "01.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        with (tmp_path / name).open("wb") as stream:
            stream.truncate(1 << 40)
    assert (record.stated("report"), record.has_completed("01.ipynb"), record.seconds_of("01.ipynb")) == ({}, False, 0.0)
    with pytest.raises(ValueError, match=r"data/exchanges.parquet has more than 32 MB, which no round writes"):
        record.read_rows("exchanges")
