"""Readers of what servers, issuers and suites say, for `tests.fuzz`: one call each, and samples of what they are given."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import random
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ASKED_FOR_EACH = 15
"""So many handshakes and requests are asked for each answer there is: the same one over and over tells nothing new."""
SECRET = "pl4nted-key-5e9b3c7d1a2f"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJleHAiOjE3OTAwMDAwMDB9.c2lnbmF0dXJl"
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n"
)


def read_parameters(data: bytes, folder: Path) -> None:
    """A file of parameters, and all that is made of it before anything is sent."""
    from lib.clients.credentials.source import source_of
    from lib.environment.opening import open_parameters
    from lib.environment.repeating import as_test
    from lib.parameters import loading
    from lib.whys.evidence.offline import prepare
    from lib.whys.probes import Probe
    from lib.whys.requests import Unsendable, request_for

    path = folder / "params.yaml"
    path.write_bytes(data)
    parameters = loading.load(path)
    if parameters.environment == "embedded":
        return
    here = open_parameters(parameters)
    here.credential.expired()
    loading.validated(json.loads(here.handed_on())["parameters"], "handed on")
    context, builder, _ = prepare(parameters, here.handshake, environ=None, has_logs=False, at=NOW)
    for change in context.changes:
        for request in ("handshake", "plain", "protected"):
            with contextlib.suppress(Unsendable):
                request_for(builder, Probe(request=request, factors=change.factors), now=NOW)
    source_of(parameters)
    as_test(parameters, here.handshake, now=NOW)


def diagnose(data: bytes, folder: Path) -> None:
    """A diagnosis whose questions are answered by the given answers in turn, and everything that is told of it."""
    from lib.cli.terminal import printable
    from lib.cli.text import diagnosis_text
    from lib.cli.ticket import ticket
    from lib.figures import whys as figures

    diagnosis = _diagnosis(_answers(data))
    document = diagnosis.as_json()
    json.dumps(document, allow_nan=False)
    told = printable(diagnosis_text(document, verbose=True) + ticket(document, "ws://api.example/ws"))
    assert not set(told) & set("\x1b\x00\r\u202e\u2066\u200b\ud800"), "a character that a terminal obeys"
    for picture in (figures.answer, figures.symptom, figures.experiments, figures.whys, figures.remedy, figures.pair):
        getattr(picture(diagnosis), "_repr_html_", str)()


def _diagnosis(answers: list[Mapping[str, Any]]) -> Any:
    from lib.whys.conclusion import conclude
    from lib.whys.probes import Driver
    from lib.whys.strategy.inquiry import Inquiry
    from lib.whys.strategy.plan import run

    inquiry, number, now_s = Inquiry(_asked_in(), ()), 0, 0.0
    driver = Driver(run(inquiry))
    while (batch := driver.batch) is not None:
        now_s += batch.wait_s + 0.1
        asks = [ask for ask in batch.asks if ask.request not in ("watch", "logs", "near")]
        found = [_observed(answers[(number + at) % len(answers)], ask, number + at, now_s) for at, ask in enumerate(asks)]
        number += len(found)
        driver.answer(found if number < ASKED_FOR_EACH * min(len(answers), 4) else None)
    return conclude(inquiry)


@functools.cache
def _asked_in() -> Any:
    """The context of every such diagnosis: to read its parameters took longer than most diagnoses."""
    from tests.whys.world import context

    return context()


def _answers(data: bytes) -> list[Mapping[str, Any]]:
    """The answers in a JSON list; what is none is one answer, as it came over the wire."""
    from lib.clients import http1

    try:
        given = json.loads(data)
    except (ValueError, RecursionError):
        given = None
    found = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    if found:
        return found
    try:
        head = http1.parse_head(data)
    except http1.NotHttp as error:
        return [{"error": str(error)}]
    if head is None:
        return [{"error": "no whole answer"}]
    body = http1.body(head, data[head.size :])[0].decode("utf-8", "replace")
    return [{"status": head.status, "headers": [list(pair) for pair in head.headers], "body": body}]


def _observed(said: Mapping[str, Any], ask: Any, number: int, now_s: float) -> Any:
    """What the door would make of it: each field of its own type."""
    from lib.facts import Exchange
    from lib.redaction.exchanges import redacted
    from lib.whys.exchanged import observed

    status = said.get("status") if isinstance(said.get("status"), int) and 0 <= said["status"] <= 999 else None
    is_handshake = ask.request in ("handshake", "watched")
    code = said.get("close_code") if status == 101 and isinstance(said.get("close_code"), int) else None
    rung = "http" if not is_handshake or status is None else "session" if status == 101 else "upgrade"
    pairs = said.get("headers") if isinstance(said.get("headers"), list) else []
    exchange = Exchange(
        id=f"e{number}",
        of="probe",
        kind="handshake" if is_handshake else "rest",
        label="x",
        method="GET",
        url="ws://api.example/ws",
        rung=rung,  # type: ignore[arg-type]
        status=status,
        headers=tuple((_text(one[0]).lower(), _text(one[1])) for one in pairs if isinstance(one, list) and len(one) == 2),
        body_excerpt=_text(said.get("body")),
        first_frame=_text(said.get("frame")) or None,
        close_code=code,
        close_reason=_text(said.get("close_reason")) if code else None,
        error=_text(said.get("error")) or ("no answer" if status is None else None),
        elapsed_ms=5.0,
        at=NOW + timedelta(seconds=now_s),
    )
    factors = dict(ask.factors) if is_handshake else {"request": ask.request, **ask.factors}
    return observed(redacted(exchange), name=f"{'h' if is_handshake else 'r'}{number}", factors=factors)


def _text(value: Any) -> str:
    """As text, without lone surrogates: no door decodes bytes to them."""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return text.encode("utf-8", "replace").decode()


def issue(data: bytes, folder: Path) -> None:
    """An issuer's answer, read as every way of getting a token reads it; and what is told of the token."""
    from lib import tokens
    from lib.clients.credentials import login, oauth2
    from lib.clients.credentials.got import NoToken
    from lib.clients.rest import Answer

    (said, *_) = _answers(data)
    exchange = _observed_exchange(said)
    answer = Answer(exchange=exchange, headers=exchange.headers, body=_text(said.get("body")).encode("utf-8", "replace"))
    grant = oauth2.Grant(url="https://login.example/token", client_id="c", client_secret="a-secret-of-mine", refresh_token="r")
    with contextlib.suppress(NoToken):
        _tell(oauth2._granted(grant, answer, lambda: NOW).token)
    str(oauth2._refusal(grant, answer))
    for place in ("$", "data.token", "access_token", "cookie:sid", "header:x-token", "$.a[0].b"):
        given = login.Login(method="POST", url="https://login.example/login", place=place)
        with contextlib.suppress(NoToken):
            asyncio.run(login.login_token(given, door=_Door(answer), clock=lambda: NOW))  # type: ignore[arg-type]
    for token in (*tokens.jwts_in(_text(said.get("body"))), _text(said.get("body")).strip()):
        _tell(token)


def _tell(token: str) -> None:
    from lib import tokens

    tokens.fingerprint(token, now=NOW)
    tokens.described(token, now=NOW)
    tokens.expired_s(token, now=NOW)
    tokens.signer(token, {"env:KEY": "k", "env:PEM": "-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----"})


class _Door:
    """Answers everything with this."""

    def __init__(self, answer: Any):
        self.answer = answer

    async def answered(self, *_: Any, **__: Any) -> Any:
        return self.answer


def _observed_exchange(said: Mapping[str, Any]) -> Any:
    from lib.facts import Exchange

    pairs = said.get("headers") if isinstance(said.get("headers"), list) else []
    return Exchange(
        id="e1",
        of="probe",
        kind="rest",
        label="x",
        method="POST",
        url="https://login.example/token",
        rung="http",
        status=said.get("status") if isinstance(said.get("status"), int) else 200,
        headers=tuple((_text(one[0]).lower(), _text(one[1])) for one in pairs if isinstance(one, list) and len(one) == 2),
        body_excerpt=_text(said.get("body"))[:2000],
        elapsed_ms=1.0,
        at=NOW,
    )


def sign(data: bytes, folder: Path) -> None:
    """Bytes behind `token.secret` and `target.tls`: a key in PEM, as JSON, or anything else."""
    from lib import tokens
    from lib.parameters.certificates import keys_in, usable
    from lib.parameters.errors import BadInput
    from lib.parameters.model import TlsSettings

    path = folder / "key.pem"
    path.write_bytes(data)
    for algorithm in ("HS256", "RS256", "ES256", "EdDSA", "PS512", "none"):
        with contextlib.suppress(tokens.UnusableKey):
            tokens.check(key=data.decode("utf-8", "replace"), algorithm=algorithm)
    tokens.signer(TOKEN, {"env:KEY": data.decode("utf-8", "replace")})
    reference = f"file:{path}"
    for given in ({"ca": reference}, {"certificate": reference}, {"certificate": reference, "key": reference}):
        settings = TlsSettings.model_validate({"ca": None, "certificate": None, "key": None, "verify": True} | given)
        keys_in(settings)
        with contextlib.suppress(BadInput):
            usable(settings)


def tell_cases(data: bytes, folder: Path) -> None:
    """Lines that a suite's process tells, true or forged, until they are results, a document, a table and JUnit."""
    from lib.parameters.errors import BadInput
    from lib.records.record import Record
    from lib.suite import process, pytest_run, run

    follow, events = pytest_run._Follow((), None), list[Any]()
    read_end, write_end = os.pipe()
    with contextlib.closing(os.fdopen(write_end, "wb")) as told:
        threading.Thread(target=lambda: (told.write(data), told.close()), daemon=True).start()
        process._read_events(read_end, events, follow)
    ended = process.Ended(events=events, status=1)
    with contextlib.suppress(pytest_run.SuiteFailed, BadInput):
        pytest_run._refuse_if_broken(ended, _suite_settings())
    finished = pytest_run._last(ended, "finished")
    once = pytest_run.Once(
        cases=follow.cases_with_unfinished(ended),
        seconds=1.0,
        collected=len(follow.collected),
        exchanges=tuple(follow.exchanges),
        apart=tuple(pytest_run._apart(finished)),
        asked=follow.asked,
        called=follow.called,
        attempts=follow.attempts,
        collides=pytest_run._collides(finished),
        unread=follow.unread,
    )
    found = run._named(run._together([once]), ())
    record = Record(folder / "round-01")
    record.write_json("suite", found.as_json("x"))
    record.write_frame("suite", found.rows())
    record.write_xml("junit.xml", found.junit())
    record.append_exchanges(found.exchanges, "suite")
    record.exchanges("suite")


@functools.cache
def _suite_settings() -> Any:
    from lib.parameters.loading import ROOT, load

    return load(ROOT / "params" / "embedded.yaml").suite


def overhear(data: bytes, folder: Path) -> None:
    """What the plug-in sees on the wire of a suite's client: both directions of a connection."""
    from lib.suite.plugin.conversation import Conversation

    for request in (b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", HANDSHAKE, data):
        seen: list[Any] = []
        conversation = Conversation(on_exchange=seen.append, on_frame=seen.append)
        conversation.sent(request, owner=1, now=1.0)
        for at in range(0, len(data), 700):
            conversation.received(data[at : at + 700], now=2.0)


def redact(data: bytes, folder: Path) -> None:
    """Any text, with a secret in it: the secret goes, what is left is printable, and a second time changes nothing more."""
    from lib.cli.terminal import printable
    from lib.page.sanitize import harmless
    from lib.redaction.redact import redact_text, redact_url, redact_value

    half = len(data) // 2
    text = f"{data[:half].decode('utf-8', 'replace')} {SECRET} {data[half:].decode('utf-8', 'replace')}"
    assert SECRET not in redact_text(text, (SECRET,))
    redact_url(text, (SECRET,))
    with contextlib.suppress(ValueError, RecursionError):
        assert SECRET not in json.dumps(redact_value({"a": json.loads(data), "b": [text]}, (SECRET,)), ensure_ascii=False)
    assert not set(printable(text)) & set("\x1b\x00\r\u202e\u2066\u200b")
    assert "<script" not in harmless(text).lower()


def of_words() -> list[bytes]:
    """Answers that real servers give, as the door hands them on."""
    return [
        *_answers_of_servers(),
        b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error="invalid_token"\r\nContent-Length: 2\r\n\r\nno',
    ]


@functools.cache
def _answers_of_servers() -> list[bytes]:
    from tests.whys.evidence import answers

    cases = [
        case.answer
        for group in vars(answers).values()
        if isinstance(group, (list, tuple))
        for case in group
        if hasattr(case, "answer")
    ]
    found = [
        {
            "status": one.status,
            "headers": [list(pair) for pair in one.headers.items()],
            "body": one.body,
            "close_code": one.close_code,
            "close_reason": one.close_reason,
        }
        for one in cases
    ]
    moved = [
        {"status": 302, "headers": [["location", there], ["retry-after", after]], "body": ""}
        for there in PLACES
        for after in MOMENTS
    ]
    closed = [
        {"status": 101, "close_code": code, "close_reason": "token expired", "frame": "{}"}
        for code in (1000, 1006, 1008, 1011, 4401)
    ]
    every = [*found, *moved, *closed]
    return [json.dumps(every[at : at + 4]).encode() for at in range(0, len(every), 4)]


def made_words(chance: random.Random) -> bytes:
    """One to four answers of which single fields were mutated: bytes changed anywhere in the list hardly ever leave it one."""
    from tests.fuzz import mutated

    def altered(value: Any) -> Any:
        if isinstance(value, str) and value and chance.random() < 0.5:
            text = value.encode("utf-8", "replace")
            return mutated(text, [text], chance).decode("utf-8", chance.choice(("replace", "ignore")))
        if isinstance(value, list):
            return [altered(one) for one in value]
        return chance.choice((value, None, 0, -1, 999, 10**9)) if isinstance(value, int) and chance.random() < 0.1 else value

    given = [one for sample in _answers_of_servers() for one in json.loads(sample)]
    chosen = chance.sample(given, chance.choice((1, 1, 2, 3, 4)))
    return json.dumps([{name: altered(value) for name, value in one.items()} for one in chosen]).encode()


PLACES = (
    "/ws/",
    "//other.example/ws",
    "https://login.example/?next=%2Fws",
    "wss://api.example:443/ws",
    "ws/",
    "?a=b",
    "http://[::1]/",
    "",
)
MOMENTS = ("5", "0", "Fri, 31 Dec 1999 23:59:59 GMT", "1.5", "-1", "99999999999999999999", "\u0665", "soon")


def of_issuers() -> list[bytes]:
    """What issuers answer a request for a token with."""
    bodies: list[Any] = [
        {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600, "refresh_token": "r2", "scope": "a"},
        {"data": {"token": TOKEN}, "a": [{"b": TOKEN}]},
        {"error": "invalid_grant", "error_description": "Invalid user credentials"},
        {"errors": [{"message": "locked"}]},
        {"keys": [{"kty": "RSA", "kid": "1", "n": "AQAB", "e": "AQAB", "x5c": ["MA=="]}]},
    ]
    cookie = [["set-cookie", f"sid={TOKEN}; Path=/; Max-Age=3600; HttpOnly"], ["x-token", TOKEN]]
    return [
        json.dumps([{"status": status, "headers": cookie, "body": json.dumps(body)}]).encode()
        for body in bodies
        for status in (200, 401)
    ] + [json.dumps([{"status": 200, "body": TOKEN}]).encode()]


def of_keys() -> list[bytes]:
    """Keys and certificates as they lie in files."""
    import tempfile

    from tests.pki import Pki

    with tempfile.TemporaryDirectory() as name:
        signed = Pki(Path(name)).server("localhost")
        pems = [
            Path(signed.chain).read_bytes(),
            Path(signed.key).read_bytes(),
            Path(signed.chain).read_bytes() + Path(signed.key).read_bytes(),
        ]
    return [
        *pems,
        b'{"kty": "oct", "k": "AQAB", "alg": "HS256"}',
        b'{"keys": [{"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB"}]}',
        b"s3cr3t\n",
    ]


def of_cases() -> list[bytes]:
    """What the plug-in tells of a run, a JSON line each."""
    seen = {
        "channel": "websocket",
        "method": "GET",
        "url": "ws://127.0.0.1:9/ws?token=x",
        "status": 101,
        "headers": [["upgrade", "websocket"]],
        "request_headers": [["authorization", f"Bearer {TOKEN}"]],
        "elapsed_ms": 1.5,
        "closed_ms": 3.0,
        "peer": "127.0.0.1:9",
        "started": 1.79e9,
        "first_frame": "{}",
        "close_code": 1008,
        "close_reason": "no",
        "body": "",
    }
    case = {
        "event": "case",
        "nodeid": "test_a.py::TestB::test_c[1-x]",
        "outcome": "failed",
        "seconds": 0.5,
        "message": "E  assert 1 == 2",
        "failure": "x",
        "statuses": [101, 403],
        "channels": ["websocket"],
        "traffic": {"connections": 1, "bytes_in": 5},
        "exchanges": [seen],
        "hosts": ["a:1"],
        "called": "failed",
        "attempts": 1,
        "programs": [],
        "in_process": ["TestClient"],
    }
    lines = [
        {"event": "collected", "nodeids": [case["nodeid"], "test_a.py::test_d"], "root": "."},
        {"event": "started", "nodeid": case["nodeid"]},
        case,
        {"event": "not collected", "nodeid": "test_e.py", "outcome": "error", "message": "SyntaxError"},
        {"event": "finished", "apart": [{"name": "import", "traffic": {"connections": 1}, "programs": []}], "fixed_ports": False},
        {"event": "broken off", "message": "out of memory"},
        {"event": "internal error", "message": "INTERNALERROR"},
    ]
    return [
        b"".join(json.dumps(line).encode() + b"\n" for line in chosen) for chosen in (lines, lines[:3], lines[2:4], lines[:5])
    ] + [json.dumps(line).encode() for line in lines]


def of_wire() -> list[bytes]:
    """What a client's socket receives."""
    accepted = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n"
    return [
        accepted + b"\x81\x02hi\x88\x05\x03\xe8bye",
        accepted + b"\xc1\x7e\x01\x00" + b"x" * 256,
        chunked + chunked,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/event-stream\r\n\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\n" + chunked,
    ]


def of_texts() -> list[bytes]:
    """Texts in which secrets stand, in several spellings."""
    from tests.redaction.canaries import BY_NAME, BY_SHAPE

    return [
        *(json.dumps(group, default=str).encode() for group in (BY_NAME, BY_SHAPE)),
        f'{{"token": "{TOKEN}", "password": "hunter2hunter2", "url": "https://u:p@a.example/?sig=abc"}}'.encode(),
        f"Authorization: Bearer {TOKEN}\r\nCookie: sid={SECRET}; a=b\r\n".encode(),
        b"<p onclick=x>a</p><script>b</script><svg/onload=x>",
    ]
