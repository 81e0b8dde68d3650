"""Whatever the built-in system commits, the verdict names; what it does not commit, no verdict claims."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import pytest

from lib.whys.catalogue.index import CATALOGUE, FACTORS, TWINS
from tests.whys.closed_loop import ALL, PAIRS, SMALLEST, UNREAD, Diagnosis, all_diagnosed, diagnosed, judged

Results = Mapping[tuple[tuple[str, ...], str], Diagnosis]

HELD = ("websocket-unsupported", "handler-hangs")
"""Causes of which the built-in system shows too little for a name: they stay among the candidates."""

SAYS_SO = (
    *("wrong-scheme", "certificate-refused", "client-certificate-missing", "request-too-large"),
    *("subprotocol-unanswered", "first-message-missing"),
)
"""Causes that the answer, the violation or the 101 itself states, whatever is tried beside."""

PROVED = [
    cause for cause in ALL if cause not in (*SMALLEST, *SAYS_SO, *HELD) and set(CATALOGUE[cause].lifted_by) - {"moment", "input"}
]
"""Causes that an intervention of the client can prove."""

UNLIFTED = {
    **dict.fromkeys(
        ("startup-race", "mixed-revisions", "closed-after-accept", "crash-after-accept", "idle-closed"), ("inferred", "named")
    ),
    **dict.fromkeys(("auth-service-down", "service-identity", "server-error", *HELD), ("ambiguous", "held")),
}
"""Causes that no change of the client lifts, and what is said of each."""

LOGGED = [
    cause
    for cause in ALL
    if CATALOGUE[cause].log_patterns and cause not in {*UNREAD, *HELD, "route-missing", "edge-blocks-upgrade"}
]
"""Causes of which this system's log speaks; of the others a real service says nothing, or only that it found no token."""


@pytest.fixture(scope="module")
def singles() -> Results:
    """Every cause alone, with alternatives and without logs."""
    return all_diagnosed(((cause,), "alternatives") for cause in ALL)


@pytest.fixture(scope="module")
def logged() -> Results:
    """Every cause alone, with logs and without alternatives."""
    return all_diagnosed(((cause,), "logs") for cause in ALL)


@pytest.fixture(scope="module")
def spoken() -> Results:
    """Three causes alone, refused with the reason and nothing to try."""
    return all_diagnosed(((cause,), "words") for cause in ("protocol-version", "wrong-token", "forwarded-refused"))


@pytest.fixture(scope="module")
def pairs() -> Results:
    """Forty pairs, with alternatives and without logs."""
    return all_diagnosed((pair, "alternatives") for pair in PAIRS)


@pytest.mark.parametrize("cause", ALL)
def test_total(cause: str) -> None:
    """Every cause predicts every factor, and names no factor that there is not."""
    assert {CATALOGUE[cause].predicts(factor) for factor in FACTORS} <= {"lifted", "indifferent"}
    assert set(CATALOGUE[cause].lifted_by) <= set(FACTORS)


def test_each_is_expected_once() -> None:
    """Of every cause it is written down how it is found."""
    assert sorted([*PROVED, *SMALLEST, *SAYS_SO, *UNLIFTED]) == sorted(ALL)


def test_separable() -> None:
    """Any two causes differ in what lifts them, or are twins with what would split them."""
    same = {
        frozenset({one.id, other.id})
        for one, other in combinations(CATALOGUE.values(), 2)
        if set(one.lifted_by) == set(other.lifted_by)
    }
    assert same == TWINS.keys()
    assert all(TWINS.values())


@pytest.mark.parametrize("cause", PROVED)
def test_named_by_intervention(singles: Results, cause: str) -> None:
    """A cause that a change of the client lifts is proved, alone and exactly."""
    diagnosis = singles[(cause,), "alternatives"]
    assert (diagnosis.verdict, [named.id for named in diagnosis.causes]) == ("proved", [cause])


STATED = ["edge-policy"]
"""Of those with twins the ones that this system's own answer names."""


@pytest.mark.parametrize("cause", STATED)
def test_named_by_its_own_words(singles: Results, cause: str) -> None:
    """Of several causes that explain the change the answer itself names one."""
    diagnosis = singles[(cause,), "alternatives"]
    assert (diagnosis.verdict, [named.id for named in diagnosis.causes]) == ("stated", [cause])
    assert diagnosis.works_with is not None


@pytest.mark.parametrize("cause", SAYS_SO)
def test_named_by_what_came_back(singles: Results, cause: str) -> None:
    """What the answer itself shows is named by what it says."""
    diagnosis = singles[(cause,), "alternatives"]
    assert (diagnosis.verdict, [named.id for named in diagnosis.causes]) == ("stated", [cause])


@pytest.mark.parametrize("cause", ["protocol-version", "wrong-token", "forwarded-refused"])
def test_named_where_the_refusal_says_why(spoken: Results, cause: str) -> None:
    """A refusal that says why names its cause without alternatives and without logs."""
    diagnosis = spoken[(cause,), "words"]
    assert (diagnosis.verdict, [named.id for named in diagnosis.causes]) == ("stated", [cause])


@pytest.mark.parametrize("cause", [cause for cause in SMALLEST if cause not in STATED])
def test_the_smallest_set_where_nothing_outside_splits(singles: Results, cause: str) -> None:
    """A cause with twins is held by the smallest set, and none of the set is called the cause."""
    diagnosis = singles[(cause,), "alternatives"]
    assert (diagnosis.verdict, diagnosis.causes) == ("narrowed", ())
    assert diagnosis.works_with is not None
    assert diagnosis.works_with.refused == 0
    assert cause in diagnosis.candidates
    assert set(diagnosis.candidates) <= SMALLEST[cause]


@pytest.mark.parametrize("cause", UNLIFTED)
def test_what_no_change_lifts(singles: Results, cause: str) -> None:
    """A cause that no change of the client lifts is inferred by what the sessions do, or stays among the candidates."""
    diagnosis = singles[(cause,), "alternatives"]
    assert (diagnosis.verdict, judged([cause], diagnosis)) == UNLIFTED[cause]


@pytest.mark.parametrize("cause", ALL)
def test_named_by_logs(logged: Results, cause: str) -> None:
    """Without alternatives the log names the cause where it speaks of it; else a set holds it."""
    diagnosis = logged[(cause,), "logs"]
    assert judged([cause], diagnosis) == "named" if cause in LOGGED else judged([cause], diagnosis) in {"named", "held"}


@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_joint(pairs: Results, pair: tuple[str, str]) -> None:
    """Of two causes that mask each other both are named; nothing else is."""
    diagnosis = pairs[pair, "alternatives"]
    assert set(pair) <= {*diagnosis.candidates, *(cause.id for cause in diagnosis.causes)}
    if not set(pair) & SMALLEST.keys():
        assert diagnosis.verdict == "proved"
        assert {cause.id for cause in diagnosis.causes} == set(pair)


def test_healthy() -> None:
    """Where nothing is wrong nothing is found."""
    diagnosis = all_diagnosed([((), "alternatives")])[(), "alternatives"]
    assert (diagnosis.verdict, diagnosis.symptom, diagnosis.causes) == ("healthy", None, ())


RECORDED = {
    ("user-unknown",): "user-unknown",
    ("user-inactive",): "user-inactive",
    ("permission-missing/user",): "permission-missing",
}


@pytest.fixture(scope="module")
def with_records() -> Results:
    """What the users' records can split, alone and behind another cause."""
    return all_diagnosed((faults, "records") for faults in [*RECORDED, ("secret-mismatch", "user-unknown"), ("origin-refused",)])


@pytest.mark.parametrize("faults", RECORDED)
def test_named_by_the_users_record(with_records: Results, faults: tuple[str, ...]) -> None:
    """Where another user is accepted, what the service's own database says of the refused one is the cause, not one of four."""
    diagnosis = with_records[faults, "records"]
    assert [(cause.id, cause.strength) for cause in diagnosis.causes] == [(RECORDED[faults], "stated")]
    assert "u1" in diagnosis.causes[0].evidence
    assert diagnosis.works_with is not None


def test_a_record_changes_nothing_where_the_user_is_no_reason(with_records: Results) -> None:
    """Behind a key that is wrong the record names the user; where the origin is refused it names nothing."""
    joint = with_records[("secret-mismatch", "user-unknown"), "records"]
    assert {cause.id for cause in joint.causes} == {"secret-mismatch", "user-unknown"}
    other = with_records[("origin-refused",), "records"]
    assert [(cause.id, cause.strength) for cause in other.causes] == [("origin-refused", "proved")]


LIES = {
    "of a user who is let in": ((), {1: False, 2: True}, "healthy", set()),
    "beside another cause": (("secret-mismatch",), {1: False, 2: True}, "proved", {"secret-mismatch"}),
    "of both": (("user-unknown",), {1: False, 2: False}, "narrowed", set()),
    "of neither, who are not there": (("user-inactive",), {}, "narrowed", set()),
    "that nothing is wrong": (("user-unknown",), {1: True, 2: True}, "narrowed", set()),
}
"""What the built-in system commits, what a file says of the first and the second user, and what may come of it."""


@pytest.mark.parametrize("lie", LIES)
def test_a_record_that_lies_names_nothing_and_is_questioned(tmp_path: Path, lie: str) -> None:
    """The handshakes outweigh a stale file: what they contradict is said, and no cause is named for it."""
    faults, told, verdict, named = LIES[lie]
    rows = [{"id": f"staging-e2e-user-00{one}", "active": active, "websocket": active} for one, active in told.items()]
    (tmp_path / "users.json").write_text(json.dumps(rows or [{"id": "another"}]))
    diagnosis = asyncio.run(diagnosed(faults, "records", users={"path": str(tmp_path / "users.json")}))
    assert (diagnosis.verdict, {cause.id for cause in diagnosis.causes}) == (verdict, named)
    assert "behaves otherwise" in str(diagnosis.leads)


FORETOLD = (
    *("origin-refused", "host-refused", "algorithm-mismatch", "issuer-mismatch", "audience-mismatch"),
    "edge-strips-credential",
)
"""Causes of which the configuration names what to try instead."""


@pytest.fixture(scope="module")
def foretold() -> Results:
    """Causes that a configuration tells of, with nothing but the configuration."""
    return all_diagnosed(((cause,), "evidence") for cause in (*FORETOLD, "secret-mismatch"))


@pytest.mark.parametrize("cause", FORETOLD)
def test_named_with_what_the_configuration_proposes(foretold: Results, cause: str) -> None:
    """Where nobody lists an alternative, the configuration does, and its own cause is named."""
    diagnosis = foretold[(cause,), "evidence"]
    assert ([named.id for named in diagnosis.causes], diagnosis.works_with is not None) == ([cause], True)


def test_a_key_that_nobody_gave_is_led_to(foretold: Results) -> None:
    """A configuration holds no key to try: what it says leads, and names nothing."""
    diagnosis = foretold[("secret-mismatch",), "evidence"]
    assert (diagnosis.verdict, diagnosis.candidates[0], diagnosis.leads[0].id) == (
        "ambiguous",
        "secret-mismatch",
        "secret-mismatch",
    )


def test_what_is_bounded_is_foretold_and_comes_true() -> None:
    """A timeout and a rate that the published file sets: each is predicted, seen, and named."""
    found = all_diagnosed(((cause,), "evidence") for cause in ("idle-closed", "rate-limited"))
    for ((cause,), _), diagnosis in found.items():
        told = [seen.finding["prediction"] for seen in diagnosis.observations if seen.kind == "config"]
        assert [one.speaks_for for one in told if one.speaks_for] == [(cause,)]
        assert [named.id for named in diagnosis.causes] == [cause]
