"""Notebook 01's tables: the headline counts evidence, and no figure hides that one answer was judged two ways."""

from __future__ import annotations

from types import SimpleNamespace

from lib.figures import suite as show
from lib.suite.run import NOT_GIVEN


def test_the_headline_counts_positive_evidence(samples):
    """The first sentence says how many cases show something, and the modules that say nothing of the WebSocket are named."""
    text = repr(show.answer(samples.round_one()))
    assert "1 of 5 cases give positive evidence" in text
    assert "1 of 2 modules passed. These did not: test_1." in text
    assert "never tried it: test_2" in text


def test_nothing_collected_is_not_health(samples):
    """An empty run is said to be an error."""
    assert "says nothing" in repr(show.answer(samples.suite()))


def test_one_doubt_of_many_cases_is_one_row():
    """Where nothing was sabotaged the same is said of each case, and a page of it tells no more."""
    judged = {
        f"t.py::test_{n}": SimpleNamespace(worth=None, because="no sabotage", doubts=(), asserts_content=None) for n in range(50)
    }
    judged["t.py::test_x"] = SimpleNamespace(worth="positive", because="red", doubts=("no traffic",), asserts_content=None)
    rows = show.doubts(SimpleNamespace(judgements=judged)).rows
    assert [row[0] for row in rows] == ["50 cases, such as t.py::test_0", "t.py::test_x"]


def test_a_module_with_a_failing_case_failed(samples):
    """The status column follows the cases, and what the other passes are worth stands beside it."""
    rows = {row["module"]: row for row in show.modules(samples.round_one()).rows}
    assert (rows["test_2"]["status"], rows["test_2"]["other"]) == ("passed", "1 without traffic")
    assert (rows["test_1"]["status"], rows["test_1"]["other"]) == ("FAILED", "1 on rejection")


def test_skipped_cases_make_no_module_pass(samples):
    """A module in which nothing ran is not called passed."""
    assert show.modules(samples.suite(samples.case("m", "t", "skipped"))).rows[0]["status"] == "not tested"


def test_failures_are_grouped_by_signature(samples):
    """Two cases with the same first line are one row with n = 2."""
    (row,) = show.failures(samples.round_one()).rows
    assert (row["n"], row["signature"], row["statuses"]) == (2, "HTTP 403", "403 × 2")


def test_every_class_of_pass_is_explained(samples):
    """Each worth has its row and its meaning, the absent ones with zero."""
    rows = {row["worth"]: row["n"] for row in show.worths(samples.round_one()).rows}
    assert rows == {"positive": 1, "rejection": 1, "any-answer": 0, "no-traffic": 1, "in-process": 0, "replayed": 0, "failed": 2}


def test_one_status_with_two_verdicts_is_named(samples):
    """The same 403 as pass and as failure is called out with the cases."""
    rows = {row["status"]: row["both"] for row in show.verdicts(samples.round_one()).rows}
    assert rows["200"] == "no"
    assert rows["403"].startswith("YES: with nothing but 403, test_flow, test_concurrent failed; test_enforced passed")


def test_a_feature_that_nobody_exercised_says_so(samples):
    """A feature is failing, shown to work, or not exercised, by its modules' cases."""
    features = {"chat": ["test_2"], "real_time": ["test_1"], "export": ["test_9"]}
    states = {row["feature"]: row["state"] for row in show.unexercised(samples.round_one(), features).rows}
    assert states == {"chat": "shown to work", "real time": "failing", "export": "not exercised"}


def test_what_worked_shows_its_traffic(samples):
    """Only cases with positive evidence are listed, with what they sent and received."""
    (row,) = show.worked(samples.round_one()).rows
    assert (row["module"], row["n"], row["bytes_in"]) == ("test_2", 1, 500)


def test_the_authenticated_websocket_is_told_from_any_other(samples):
    """A handshake without a credential opens no authenticated WebSocket; a refused one with a credential is named with its
    status."""
    document = samples.round_one()
    ours = samples.exchange(label="test_1::test_flow", credential="jwt:3f2a91c0 alg=HS256")
    test_socket = samples.exchange(label="test_2::test_health", status=101, rung="session")
    run = SimpleNamespace(as_json=lambda environment: document, exchanges=(ours, test_socket))
    assert show.authenticated(run) == {"test_2": "never tried", "test_1": "refused (403)"}
    assert "test_1: refused (403)" in repr(show.answer(run))


def test_passes_that_nobody_judged_are_not_called_worthless_or_good(samples):
    """Without the sabotage runs the headline says that the worth is not known."""
    document = samples.suite(samples.case("m", "t", worth=None))
    assert "1 of 1 cases passed; what a pass is worth was not judged" in repr(show.answer(document))
    assert show.unexercised(document, {"chat": ["m"]}).rows[0]["state"] == "passed, worth not judged"


def test_a_round_without_a_suite_says_so():
    """Nothing was given, nothing was run: that is neither an empty run nor health."""
    text = repr(show.answer(NOT_GIVEN))
    assert "No suite was given" in text
    assert "error" not in text
