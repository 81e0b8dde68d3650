"""Log lines that carry no trace and that no pattern explains, near refusals of a diagnosis."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lib.environment.investigation import Investigation
from lib.facts import rfc3339, utc_now
from lib.whys import Diagnosis
from tests.whys.foreign import KEY, plain_websockets, settings

WORDS = "tenant header missing for service client"


async def diagnosed(path: Path, words: str) -> Diagnosis:
    """The diagnosis of a server that refuses without a word, and writes these words at each refusal."""

    def refuse(request: object) -> tuple[int, str]:
        with path.open("a") as file:
            file.write(json.dumps({"timestamp": rfc3339(utc_now()), "severity": "WARNING", "message": words}) + "\n")
        return 403, ""

    async with plain_websockets(refuse) as port:
        given = settings(port, logs={"source": "file", "path": str(path)}, budget={"seconds": 20})
        return await Investigation(parameters=given).whys()


async def test_what_stands_near_each_refusal_is_quoted_and_names_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines without a trace id, written at each refusal, are a lead with no cause, with how many and how near."""
    monkeypatch.setenv("KEY", KEY)
    found = await diagnosed(tmp_path / "app.jsonl", WORDS)
    lead = next(lead for lead in found.leads if lead.id is None)
    assert (found.verdict, found.causes) == ("ambiguous", ())
    assert re.fullmatch(rf"\d\d × {WORDS}, within \d+ ms of .*", lead.because)
    assert [seen.body_excerpt for seen in found.observations if seen.id in lead.evidence] == [WORDS]


async def test_what_a_pattern_explains_is_not_quoted_as_unexplained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that names a cause in known words is no line that nothing explains."""
    monkeypatch.setenv("KEY", KEY)
    found = await diagnosed(tmp_path / "app.jsonl", "Too many open connections")
    assert not [lead for lead in found.leads if lead.id is None]
