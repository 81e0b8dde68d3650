"""Made-up credentials of over sixty kinds in every spelling, planted in every place that is read: none is in what is left."""

from __future__ import annotations

import html
import json
import os
import re
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pyarrow.parquet
import pytest
import re2

from lib.parameters.loading import ROOT
from tests.planted_server import PLACES, SUITE, Planting, cases, credentials, log_entries, mark, planted
from tests.redaction.canaries import BY_NAME, BY_SHAPE, SPELLINGS, made

KNOWN = {"PLANTED_KEY": "pl4nted-key-5e9b3c7d1a2f", "PLANTED_OTHER": "pl4nted-other-9c1d7e3a5b"}
GIVEN = dict(zip(("claim", "header", "filter", "env"), ("npm", "stripe live", "google api", "slack bot"), strict=True))
PARAMETERS = """
environment: planted
target: {{rest_url: 'http://{at}', ws_url: 'ws://{at}/ws', timeout_s: 3}}
token: {{secret: env:PLANTED_KEY, user: someone, claims: {{note: '{claim}'}}}}
headers: {{X-Note: '{header}'}}
alternatives: {{paths: {paths}, secrets: [env:PLANTED_OTHER]}}
budget: {{seconds: 15, handshakes: 120}}
logs: {{source: file, path: '{logs}', filter: 'textPayload:"{filter}"'}}
suite: {{path: '{suite}', env: {{NOTE: '{env}', TARGET: '{at}'}}, timeout_s: 120, sabotage: false}}
performance: {{samples: 10, warmup: 0}}
"""
PATHS = 34
"""Of the credentials that can stand in paths so many are asked: each costs a handshake."""
REACHED = {
    **dict.fromkeys(("cookie", "reason phrase", "body", "output", "case log"), 0.0),  # nothing of them is recorded
    "close reason": 0.4, "frame": 0.4,  # read by a diagnosis alone
}  # fmt: skip
"""Of what was planted in a place so much at least comes into a record; from the others nearly all."""

pytestmark = [pytest.mark.xdist_group("rounds"), pytest.mark.timeout(3600)]


class Left(NamedTuple):
    """A text that was left behind: by which command, where, and what it says once it is decoded."""

    command: str
    place: str
    text: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the suite, the log and the parameters of a server that plants."""
    folder, texts = tmp_path_factory.mktemp("planted"), planted()
    for name, every in (("suite", 1), ("few", 7)):
        (folder / name).mkdir()
        (folder / name / "test_loud.py").write_text(SUITE)
        (folder / name / "planted.json").write_text(json.dumps(cases(texts)[::every]))
    (folder / "entries.jsonl").write_text("".join(f"{entry}\n" for entry in log_entries(texts)))
    return folder


@pytest.fixture(scope="module")
def left(folder: Path) -> Iterator[list[Left]]:
    """What a round, each of two commands and a notebook alone leave: terminal, files, temporary files, all decoded."""
    handler = type("Handler", (Planting,), {"texts": planted(), "log": folder / "entries.jsonl"})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        paths = [f"/ws?note={text.partition(' ')[2]}&at={text.partition(' ')[0]}" for text in asked()]
        at = f"127.0.0.1:{server.server_address[1]}"
        given = {"at": at, "logs": folder / "entries.jsonl", "paths": json.dumps(paths), **in_parameters()}
        for name in ("suite", "few"):
            (folder / f"{name}.yaml").write_text(PARAMETERS.format(suite=folder / name, **given))
        yield [one for command in COMMANDS for one in run(folder, command)]
        server.shutdown()


def in_parameters() -> dict[str, str]:
    """What stands in the parameters themselves, by where it does."""
    return {name: made(7)[kind] for name, kind in GIVEN.items()}


def asked() -> list[str]:
    """Marked credentials that can stand in a path."""
    texts = [text for text in planted()["path asked"] if re.fullmatch(r"[!-~]+ [!-~]+", text) and "#" not in text]
    return texts[:: -(-len(texts) // PATHS)]


COMMANDS = {
    "round": ["lib", "round", "-f", "{folder}/suite.yaml", "--out", "{out}", "--json", "-"],
    "suite": ["lib", "suite", "-f", "{folder}/few.yaml"],
    "logs": ["lib", "logs", "-f", "{folder}/suite.yaml", "--json", "-"],
    "papermill": ["papermill", "notebooks/01-suite-run.ipynb", "{out}/01.ipynb", "-p", "environment", "{folder}/few.yaml"],
}


def run(folder: Path, command: str) -> Iterator[Left]:
    """Runs one command; what it printed, what it wrote, and what it left among the temporary files."""
    out, temporary = folder / f"out-{command}", folder / f"temporary-{command}"
    out.mkdir()
    temporary.mkdir()
    words = [word.format(folder=folder, out=out) for word in COMMANDS[command]]
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, env=os.environ | KNOWN | {"TMPDIR": str(temporary)}, capture_output=True,
        text=True, timeout=1800, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr[-3000:]
    yield Left(command, "terminal", done.stdout + done.stderr)
    for path in filter(Path.is_file, [*out.rglob("*"), *temporary.rglob("*")]):
        yield from (Left(command, path.name, text) for text in decoded(path))


def decoded(path: Path) -> Iterator[str]:
    """A file as its reader would decode it, and once more with JSON's escapes undone."""
    if path.suffix == ".parquet":
        rows = pyarrow.parquet.read_table(path).to_pylist()
        yield json.dumps(rows, default=str, ensure_ascii=False)
        yield "\n".join(_strings(rows))
    else:
        text = path.read_text(errors="replace")
        yield text
        if path.suffix in {".json", ".ipynb"}:
            yield "\n".join(_strings(json.loads(text)))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from (str(key), *_strings(item))
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value


def readings(text: str) -> Iterator[str]:
    """A text, and the same without percent-encoding, entities and escapes: what somebody who searches it may try."""
    yield text
    once = unquote(text)
    yield from (once, unquote(once), html.unescape(text))
    yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text).replace('\\"', '"').replace("\\/", "/")


def middles() -> dict[str, str]:
    """A part of each planted text that is not in any other, and what was planted where."""
    everything = {(place, name): text for place in PLACES for name, text in credentials(place).items()}
    others = {f"known {name}": text for name, text in KNOWN.items()} | in_parameters()
    return {_middle(text): f"{name}, in {place}" for (place, name), text in everything.items()} | {
        _middle(text): name for name, text in others.items()
    }


def _middle(text: str) -> str:
    return text[len(text) // 2 :][: max(10, len(text) // 4)]


def search(words: list[str]) -> re2._Regexp:
    """An expression for all of these words at once."""
    options = re2.Options()
    options.max_mem = 1 << 30
    return re2.compile("|".join(re2.escape(word) for word in words).encode(), options)


def test_nothing_that_was_planted_is_found(left: list[Left]) -> None:
    """In queries, headers, cookies, redirects, reasons, bodies, frames, closes, logs, assertions, output, names, parameters."""
    where = middles()
    sought = search(list(where))
    found = {
        (where[match[0].decode()], one.command, one.place)
        for one in left
        for text in readings(one.text)
        for match in sought.finditer(text.encode(errors="surrogatepass"))
    }
    print(f"{len(where)} planted: {len(BY_SHAPE) + len(BY_NAME) - 1} kinds, {len(SPELLINGS)} spellings, {len(PLACES)} places; "
          f"{len(found)} found in {len(left)} texts of {sum(len(one.text) for one in left):,} characters")  # fmt: skip
    assert sorted(found) == []


def test_what_was_planted_came_there(left: list[Left]) -> None:
    """The mark beside each credential is in the records, so its place was read; one that nobody reads would tell nothing."""
    seen = set(re.findall(r"m\d\dn\d{4}e", "\n".join(one.text for one in left)))
    came = {place: sum(mark(place, number) in seen for number in range(len(credentials(place)))) for place in PLACES}
    print(came)
    least = {place: REACHED.get(place, 0.95) * len(credentials(place)) for place in PLACES}
    least["path asked"] = 0.7 * min(
        PATHS, len(credentials("path asked"))
    )  # each costs a handshake: so many are asked of any number
    assert {place: count for place, count in came.items() if count < least[place]} == {}
