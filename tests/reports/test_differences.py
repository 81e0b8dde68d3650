"""What differs between two rounds: only what both rounds have is compared, and what nobody knows is in no list."""

from __future__ import annotations

import pytest

from lib.reports.differences import by_id, case_changes, cause_changes, is_bad_credential, is_refused, runs_of


def suite(**outcomes):
    return {"cases": [{"module": "m", "name": name, "outcome": one} for name, many in outcomes.items() for one in many.split()]}


def diagnosis(verdict="proved", causes=(), candidates=(), excluded=()):
    return {
        "verdict": verdict,
        "causes": [{"id": c} for c in causes],
        "candidates": list(candidates),
        "excluded": [{"id": e} for e in excluded],
    }


def test_cases_of_one_name_are_told_apart_by_their_node_ids():
    """The same name in two classes is two cases: one that passes beside one that fails is not flaky."""
    cases = [
        {"module": "m", "name": "x", "nodeid": f"m.py::{name}::x", "outcome": one}
        for name, one in (("A", "passed"), ("B", "failed"))
    ]
    found = case_changes({"cases": cases}, {"cases": cases})
    assert (found["flaky"], found["still_failing"]) == ([], ["m.py::B::x"])


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        ("passed", "failed", "new_failures"),
        ("passed", "error", "new_failures"),
        ("failed", "passed", "fixed"),
        ("error", "failed", "still_failing"),
        ("passed passed", "failed passed", "flaky"),
        ("failed passed", "passed", "flaky"),
    ],
)
def test_a_case_is_in_the_one_list_that_its_outcomes_tell(before, after, where):
    """Each pair of outcomes puts a case into one list and no other."""
    changes = case_changes(suite(a=before), suite(a=after))
    assert [name for name, cases in changes.items() if cases] == [where]
    assert changes[where] == ["m::a"]


@pytest.mark.parametrize(
    ("before", "after"), [("failed", "skipped"), ("failed", "untested"), ("passed", "skipped"), ("passed", "passed")]
)
def test_what_was_not_tested_is_neither_fixed_nor_broken(before, after):
    """A case that could not be tested is not news of either kind."""
    assert not any(case_changes(suite(a=before), suite(a=after)).values())


def test_cases_that_only_one_round_has_are_named():
    """A failing case that appears is added, not a new failure; a failing case that vanishes is removed, not fixed."""
    changes = case_changes(suite(a="failed"), suite(b="failed"))
    assert (changes["added"], changes["removed"]) == (["m::b"], ["m::a"])
    assert not changes["fixed"] + changes["new_failures"] + changes["still_failing"]


@pytest.mark.parametrize("rounds", [(suite(a="failed"), None), (None, suite(a="failed"))])
def test_a_round_without_a_suite_changes_no_case(rounds):
    """What was not run was not taken away, and what was not run before is not new; an empty suite has lost its cases."""
    assert not any(case_changes(*rounds).values())
    assert case_changes(suite(a="failed"), suite())["removed"] == ["m::a"]


def test_runs_of_one_case_are_counted():
    """Repeated rows and lists of runs both say how many runs there were and how many failed."""
    listed = {"cases": [{"module": "m", "name": "a", "outcome": "failed", "runs": ["passed", "failed", "error"]}]}
    assert by_id(listed) == {"m::a": ["passed", "failed", "error"]}
    assert runs_of("m::a", listed, suite(a="passed passed")) == (5, 2)


def test_a_repaired_cause_is_closed():
    """Of two joint causes the one that is gone is closed; what the later round newly rules out is excluded."""
    changes = cause_changes(
        diagnosis(causes=["secret-mismatch", "user-unknown"]),
        diagnosis(causes=["user-unknown"], excluded=["secret-mismatch", "x"]),
    )
    assert changes == {"opened": [], "excluded": ["x"], "closed": ["secret-mismatch"]}


def test_a_cause_that_is_open_again_is_not_closed():
    """An ambiguous round that leaves a cause possible does not close it."""
    assert cause_changes(diagnosis(causes=["a"]), diagnosis("ambiguous", candidates=["a", "b"]))["closed"] == []


@pytest.mark.parametrize("after", [None, diagnosis("unreachable")])
def test_a_round_that_could_not_look_closes_nothing(after):
    """Without a diagnosis, or without an answer from the target, no cause is gone."""
    assert not any(cause_changes(diagnosis(causes=["a"]), after).values())


@pytest.mark.parametrize(
    ("factors", "status", "code", "granted", "refused"),
    [
        ({"credential": "none"}, 403, None, None, True),
        ({"credential": "garbage"}, 101, 4401, None, True),
        ({"key": "forged"}, 101, None, False, True),
        ({"key": "forged"}, 101, 1000, None, False),
        ({"credential": "none"}, 101, None, None, False),
        ({"credential": "none"}, 404, None, None, False),
    ],
)
def test_a_bad_credential_is_refused_by_a_status_or_by_how_its_session_ends(factors, status, code, granted, refused):
    """Servers that let every socket in refuse with a close code, or never grant the session."""
    seen = {"factors": factors, "status": status, "close_code": code, "granted": granted}
    assert is_bad_credential(seen)
    assert is_refused(seen) is refused
