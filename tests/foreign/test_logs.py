"""A service's own log, joined by trace id: what names a cause, and what only seems to."""

from __future__ import annotations

from pathlib import Path

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY, Answer
from tests.foreign.systems import Started

DEMANDS = {"key": KEY, "audience": "backend", "users": {"ada": True}}
NOISE = ["Signature verification failed", "User not found: grace", "Origin https://evil.example not allowed"]


def asked(start: Started, ask: Ask, folder: Path, words: list[str], noise: list[str], truth: str, **groups: object) -> Answer:
    """The diagnosis of a service that refuses for its audience and writes these words for it."""
    log = folder / "log"
    log.mkdir()
    other = {"InvalidSignatureError": ["JWT rejected: signature verification failed"], "no token": ["No token provided"]}
    server = start.python(
        "starlette", demands=DEMANDS, log=str(log / "entries.jsonl"), words={"InvalidAudienceError": words, **other}, noise=noise
    )
    return ask(server, truth=(truth,), logs={"source": "file", "path": str(log)}, budget={"seconds": 10}, **groups)


def test_the_log_names_it(start: Started, ask: Ask, tmp_path: Path) -> None:
    """An entry of this very request that says the audience is wrong."""
    answer = asked(start, ask, tmp_path, ["JWT rejected: Audience doesn't match"], [], "audience-mismatch")
    assert answer.causes_by_strength == {"audience-mismatch": "logged"}, answer


def test_noise_in_the_same_second_is_not_evidence(start: Started, ask: Ask, tmp_path: Path) -> None:
    """Entries without a trace, written beside it, name nothing; nor do those of our own forged probes."""
    answer = asked(start, ask, tmp_path, ["request refused"], NOISE, "audience-mismatch")
    assert answer.verdict == "ambiguous", answer


def test_a_line_that_has_not_looked(start: Started, ask: Ask, tmp_path: Path) -> None:
    """A line that offers several explanations, as most services write it, is no evidence for any of them."""
    answer = asked(
        start,
        ask,
        tmp_path,
        ["Authentication failed: invalid or expired token", "missing or malformed token"],
        [],
        "audience-mismatch",
    )
    answer.leaves_open_at_least("audience-mismatch", "token-expired", "secret-mismatch")


def test_the_log_names_it_amid_noise(start: Started, ask: Ask, tmp_path: Path) -> None:
    """The same noise, and one entry that is ours."""
    answer = asked(start, ask, tmp_path, ["InvalidAudienceError: Audience doesn't match"], NOISE, "audience-mismatch")
    assert answer.causes_by_strength == {"audience-mismatch": "logged"}, answer


def test_the_log_and_the_intervention_agree(start: Started, ask: Ask, tmp_path: Path) -> None:
    """With the right audience among the alternatives it is proved, whatever the log says."""
    answer = asked(
        start,
        ask,
        tmp_path,
        ["Audience doesn't match"],
        NOISE,
        "audience-mismatch",
        alternatives={"claims": {"aud": ["backend"]}},
    )
    answer.proves("audience-mismatch")


def test_a_log_that_blames_the_wrong_thing(start: Started, ask: Ask, tmp_path: Path) -> None:
    """The log says that the user is unknown, the audience lifts the refusal: the intervention decides."""
    answer = asked(
        start,
        ask,
        tmp_path,
        ["Authentication failed: user not found"],
        [],
        "audience-mismatch",
        alternatives={"claims": {"aud": ["backend"]}},
    )
    assert set(answer.causes_by_strength) <= {"audience-mismatch"}, answer
