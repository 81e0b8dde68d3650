"""Whatever reads what others write, as one call each, and samples of what it is given: what `tests.fuzz` mutates."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import answer_readers as answers
from tests import made_parameters

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Reader:
    """What reads: samples of what it is given, and how. `call` gets an input and a folder of its own; it may raise `BadInput`."""

    samples: Callable[[], list[bytes]]
    call: Callable[[bytes, Path], Any]
    made: Callable[[random.Random], bytes] | None = None
    """Makes a whole input by chance, where changes to samples would hardly ever leave one that is read."""


def _files(*patterns: str) -> Callable[[], list[bytes]]:
    def samples() -> list[bytes]:
        return [path.read_bytes() for pattern in patterns for path in sorted(HERE.glob(pattern)) if path.is_file()]

    return samples


def _capture(data: bytes, folder: Path) -> None:
    from lib.captures.conversion import converted
    from lib.captures.reading import read

    converted(read(data.decode("utf-8", "replace"), entry=1))


def _log(data: bytes, folder: Path) -> None:
    from lib.cli.logs_text import logs_text
    from lib.logs.analysis import report_on
    from lib.logs.sources.files import FileSource
    from lib.logs.sources.normalise import Shaper

    path = folder / "export.log"
    path.write_bytes(data)
    reading = FileSource(path, shaper=Shaper()).read(start=None, end=None, limit=1000)
    logs_text(_writable(report_on(reading, ()).as_json()), notes=reading.notes, queries=())


def _junit(data: bytes, folder: Path) -> None:
    from lib.suite.junit.reading import read

    path = folder / "results.xml"
    path.write_bytes(data)
    read(str(path))


def _configuration(data: bytes, folder: Path) -> None:
    from lib.configuration.documents import Document
    from lib.configuration.findings.all import findings
    from lib.configuration.reading import read_documents, read_path
    from tests.configuration.samples import ASKED

    path = folder / "exported.yaml"
    path.write_bytes(data)
    findings(read_path(path, where="evidence.configuration.0"), ASKED)
    findings(read_documents([Document("nginx.conf", data.decode("utf-8", "replace"))]), ASKED)


def _users(data: bytes, folder: Path) -> None:
    from lib.environment.users import _of_file
    from lib.parameters.evidence import UsersSource

    for ending in (".json", ".csv", ".yaml", ".jsonl"):
        path = folder / f"users{ending}"
        path.write_bytes(data)
        source = UsersSource.model_validate({"path": str(path), "active": "is_active", "roles": "profile.roles"})
        with contextlib.suppress(*_not_read()):
            _of_file(path, source, ["alice", "1", "é"])


def _not_read() -> tuple[type[Exception], ...]:
    from lib.environment.users import NotRead

    return (NotRead,)


def _answer(data: bytes, folder: Path) -> None:
    from lib.clients import http1

    with contextlib.suppress(http1.NotHttp):
        head = http1.parse_head(data)
        if head is not None:
            http1.body(head, data[head.size :])


def _session(data: bytes, folder: Path) -> None:
    from lib.clients.websocket_session import Session

    async def fed() -> None:
        transport: Any = _Transport()
        session = Session(transport, at_s=0.0, secrets=(), record=lambda session: None)  # type: ignore[arg-type,return-value]
        for at in range(0, len(data), 700):
            session.feed(data[at : at + 700], 1.0)
        session.lost(2.0)
        for _ in range(200):
            await asyncio.sleep(0)
        assert session.frames is not None
        assert session.close_code or session.violation

    asyncio.run(fed())


class _Transport:
    """A connection whose other end takes everything and says no more."""

    def write(self, data: bytes) -> None: ...
    def abort(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


def _verify(data: bytes, folder: Path) -> None:
    from lib.cli.text import verify_text
    from lib.records import rounds_on_disk

    place = folder / "round-01"
    place.mkdir(exist_ok=True)
    (place / "index.html").write_text("a page")
    (place / "manifest.json").write_bytes(data)
    verify_text(_writable(rounds_on_disk.verify(place)), finished=rounds_on_disk.is_finished(place))


def _compare(data: bytes, folder: Path) -> None:
    from lib.cli import verbs

    first, second = folder / "a" / "round-01", folder / "a" / "round-02"
    _left(first, b"{}")
    _left(second, data)
    _writable(verbs.compare(argparse.Namespace(rounds=[str(first), str(second)]), lambda line: None).document)


def _beside(data: bytes, folder: Path) -> None:
    from lib.page.rounds import rounds_page
    from lib.records.record import Record
    from lib.reports.documents import entries_of
    from lib.reports.rounds import environments

    own = folder / "b" / "round-02"
    _left(folder / "b" / "round-01", data)
    _left(own, b"{}")
    rounds_page(environments(folder / "b"))
    entries_of(Record(own), _round()["performance"])


def _left(place: Path, data: bytes) -> None:
    (place / "data").mkdir(parents=True, exist_ok=True)
    (place / "manifest.json").write_text('{"files": {}}')
    for name, document in _documents(data).items():
        (place / "data" / f"{name}.json").write_bytes(document)


def _writable(document: Any) -> Any:
    json.dumps(document, ensure_ascii=False, allow_nan=False)
    return document


def _documents(data: bytes) -> Mapping[str, bytes]:
    """What a round would leave, by name; an input that is no JSON stands for the report."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    whole = {name: json.dumps(value).encode() for name, value in _round().items()}
    if not isinstance(document, dict):
        return whole | {"report": data}
    return whole | {name: json.dumps(document[name]).encode() for name in whole if name in document}


def _round() -> dict[str, Any]:
    from tests import sample_round

    return {
        "suite": sample_round.suite(),
        "diagnosis": sample_round.diagnosis(),
        "performance": sample_round.performance(),
        "report": {
            "inputs": {"a": 1},
            "headline": "x",
            "verdict": "proved",
            "notebooks": [{"notebook": "01", "state": "completed", "seconds": 2.5}],
            "counts": {"cases": 5, "outcomes": {"passed": 2}, "worths": {"positive": 1}, "positive": 1},
            "diagnosis": sample_round.diagnosis(),
            "performance": sample_round.performance(),
            "answer": {"badge": "x", "revisions": ["a-1"]},
            "changes": {"sentences": [{"text": "y"}]},
        },
        "logs": {"seen": {"revisions": ["a-1"]}, "incidents": []},
    }


def _of_junit() -> list[bytes]:
    from tests.suite.junit import test_dialects, test_reading

    given = (*test_dialects.DIALECTS.values(), *test_dialects.ATTEMPTS.values(), *test_reading.DIALECTS.values())
    return [str(one[0] if isinstance(one, tuple) else one).encode() for one in given]


def _of_configuration() -> list[bytes]:
    from tests.configuration import samples
    from tests.configuration.readers import (
        test_compose,
        test_envoy,
        test_kubernetes,
        test_nginx_values,
        test_traefik,
        test_workloads,
    )

    of_readers = (test_compose, test_envoy, test_kubernetes, test_nginx_values, test_traefik, test_workloads)
    texts = [
        value
        for one in (samples, *of_readers)
        for value in vars(one).values()
        if isinstance(value, str) and value.count("\n") > 2
    ]
    return [text.encode() for text in texts]


def _of_captures() -> list[bytes]:
    from tests.captures import test_collections, test_credentials_stay, test_pasted

    given = (*test_pasted.PASTED.values(), *test_credentials_stay.CAPTURES.values(), test_collections.POSTMAN)
    texts = [one[0] if isinstance(one, tuple) else one for one in given]
    pasted = [(text if isinstance(text, str) else json.dumps(text)).encode() for text in texts]
    return [*_files("captures/recordings/*")(), *pasted]


def _of_users() -> list[bytes]:
    return [
        b'[{"id": "alice", "is_active": true, "profile": {"roles": ["a", "b"]}}, {"id": 1, "is_active": 0}]',
        b'{"users": {"alice": {"is_active": "yes", "profile": {"roles": "a"}}}}',
        b"id,is_active,profile.roles\nalice,true,a b\n1,f,\n",
        b"users:\n  - id: alice\n    is_active: no\n    profile: {roles: [x]}\n",
        b'{"user_id": "alice", "is_active": 1}\n{"user_id": "bob"}\n',
    ]


def _of_answers() -> list[bytes]:
    chunked = b"Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\n\r\n"
    return [
        b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n" + b'{"detail":"no"}\n',
        b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=x\r\n" + chunked,
        b"HTTP/1.0 302\nlocation: /ws/\n\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
    ]


def _of_sessions() -> list[bytes]:
    hello = b'\x81\x12{"type":"welcome"}'
    return [
        hello + b"\x89\x00\x8a\x02hi\x82\x7e\x01\x00" + b"x" * 256 + b"\x88\x05\x03\xe8bye",
        b"\x01\x03abc\x89\x01p\x00\x03def\x80\x03ghi\x88\x02\x0f\xa1",
        b"\x82\x7f" + (300_000).to_bytes(8, "big") + b"y" * 5000,
    ]


def _of_manifests() -> list[bytes]:
    files = {"index.html": "0" * 64, "data/report.json": "1" * 64}
    document = {
        "schema": 1,
        "files": files,
        "parameters": {},
        "previous": {"name": "round-00", "sha256": "2" * 64},
        "digest": "3",
    }
    return [json.dumps(document | {"finished_at": "2026-11-24T03:20:45Z"}).encode(), json.dumps({"files": files}).encode()]


READERS: Mapping[str, Reader] = {
    "parameters": Reader(_files("../params/*.yaml", "../examples/ci/*.yaml"), answers.read_parameters, made_parameters.made),
    "captures": Reader(_of_captures, _capture),
    "logs": Reader(_files("logs/corpus/*", "logs/exports/*"), _log),
    "junit": Reader(_of_junit, _junit),
    "configuration": Reader(_of_configuration, _configuration),
    "users": Reader(_of_users, _users),
    "answers": Reader(_of_answers, _answer),
    "sessions": Reader(_of_sessions, _session),
    "verify": Reader(_of_manifests, _verify),
    "overview": Reader(lambda: [json.dumps(_round()).encode()], _beside),
    "compare": Reader(lambda: [json.dumps(_round()).encode()], _compare),
    "words": Reader(answers.of_words, answers.diagnose, answers.made_words),
    "issuers": Reader(answers.of_issuers, answers.issue),
    "keys": Reader(answers.of_keys, answers.sign),
    "cases": Reader(answers.of_cases, answers.tell_cases),
    "wire": Reader(answers.of_wire, answers.overhear),
    "texts": Reader(answers.of_texts, answers.redact),
}
