"""What the verbs print for people: each judgement with its reason, each count in words."""

from __future__ import annotations

from lib.cli.text import changed_text, compare_text, diagnosis_text, suite_text


def test_a_comparison_gives_the_reason_of_each_judgement():
    """A figure's verdict is worth nothing without its interval."""
    because = "+61.7%, 95 % interval +44.5% … +72.8%, n = 30 and 30"
    told = compare_text({
        "rounds": ["round-01", "round-02"], "remarks": ["causes are not compared"],
        "compared": {"cases": 1, "diagnoses": False, "figures": ["api_response_ms"]},
        "cases": {"new_failures": ["m::a"], "fixed": [], "passing_now": []}, "causes": {"opened": []},
        "verdicts": ["ambiguous", None], "symptoms": [None, None], "candidates": [["a"], []],
        "figures": [{"name": "api_response_ms", "verdict": "worse", "because": because}],
        "no_longer_measured": ["total_request_ms"],
        "claims": [{"claim": "all pass", "granted": False, "because": "m::a fails"}],
    })  # fmt: skip
    assert told.splitlines() == [
        "round-01 and round-02: compared are 1 case that both ran, no diagnosis, api_response_ms",
        "  note: causes are not compared", "  new failures: 1", "    m::a", "  no case: fixed",
        f"  api_response_ms: worse: {because}", "  no longer measured: total_request_ms",
        "  claim not granted: all pass: m::a fails",
    ]  # fmt: skip


def test_what_a_round_changed_says_why_nothing_is_called_fixed():
    """A loop's ending counts what passes now, and calls it fixed only where the comparison does."""
    document = {
        "verdicts": ["proved", "healthy"], "remarks": ["b was resumed"], "figures": [],
        "symptoms": [None, None], "candidates": [[], []],
        "cases": {"fixed": [], "passing_now": ["m::a"], "added": []}, "causes": {"closed": list("abcde")},
        "claims": [{"claim": "fixed", "granted": False, "because": "the revision is the same"}],
    }  # fmt: skip
    assert changed_text(document) == [
        "  verdict: proved, then healthy", "  passing now: 1 case", "  causes closed: 5 causes",
        "  not called fixed: the revision is the same", "  note: b was resumed",
    ]  # fmt: skip


def test_a_refusal_that_changed_is_told_and_a_figure_that_is_undecided_is_no_silence():
    """The same verdict may be of another refusal that leaves other causes open; a loop does not call that nothing changed."""
    before = {"rung": "upgrade", "status": 403, "close_code": None, "description": "HTTP 403: 'bad key'"}
    after = {"rung": "session", "status": 101, "close_code": 4401, "description": "closed with 4401"}
    document = {
        "verdicts": ["ambiguous", "ambiguous"], "symptoms": [before, after], "candidates": [["a", "b"], ["b", "c"]],
        "rounds": ["round-01", "round-02"], "compared": {"cases": 0, "diagnoses": True, "figures": []}, "remarks": [],
        "cases": {"passing_now": []}, "causes": {"opened": []}, "no_longer_measured": [], "claims": [],
        "figures": [{"name": "f", "verdict": "undecided", "because": "n = 3 and 3"}],
    }  # fmt: skip
    changed = [
        "  symptom: HTTP 403: 'bad key' (upgrade, status 403), then closed with 4401 (session, status 101, close code 4401)",
        "  candidates newly open: c", "  candidates no longer open: a",
    ]  # fmt: skip
    assert changed_text(document) == [*changed, "  undecided: f: n = 3 and 3"]
    assert compare_text(document).splitlines()[1:4] == changed
    still = {"symptoms": [before, before], "candidates": [["a", "b"], ["b", "a"]], "figures": []}
    assert [line.partition(";")[0] for line in changed_text(document | still)] == ["  nothing changed"]


def case(name, worth=None, because=None, outcome="passed", doubts=()):
    """A case as the suite's document has it."""
    return {"module": "m", "name": name, "outcome": outcome, "worth": worth, "because": because, "doubts": list(doubts)} | {
        "signature": None
    }


def suite(*cases, notes=()):
    """A suite's document."""
    module = {"module": "m", "passed": sum(one["outcome"] == "passed" for one in cases), "failed": 0, "channels": []}
    return suite_text({"cases": cases, "modules": [module], "seconds": 1.0, "notes": list(notes)}).splitlines()


def test_a_suite_says_why_its_passes_are_worth_no_more():
    """Each reason once, with the cases that it is about; doubts and notes too."""
    told = suite(
        case("a", "positive"),
        case("b", None, "why"),
        case("c", None, "why", doubts=["but"]),
        case("d", "positive", doubts=["but"]),
        notes=["late"],
    )
    assert told[0] == "2 of 4 cases give positive evidence"
    assert told[-3:] == ["  doubt (2): but: m::c, m::d", "  not judged (2): why: m::b, m::c", "  note: late"]


def test_cases_that_asked_themselves_say_nothing_of_the_target():
    """In process is no evidence, and no failure to give any either."""
    told = suite(case("a", "in-process", "x"), case("b", "no-traffic", "y"))
    assert told[0] == (
        "2 of 2 cases passed: 1 asked an application inside its own process; that says nothing of the deployed target"
    )


def test_a_module_of_which_nothing_passed_is_not_called_passed():
    """Skipped is not passed."""
    assert "nothing passed" in suite(case("a", outcome="skipped"))[2]


def diagnosis(**given):
    """A diagnosis' document, as far as it is printed."""
    usual = {"symptom": None, "causes": [], "candidates": [], "leads": [], "excluded": [], "observations": [], "works_with": None}
    return usual | {"next_probe": None, "spent": {"handshakes": 1, "rest_requests": 0, "seconds": 1.0}} | given


def test_the_first_line_of_what_is_stated_says_it_in_words():
    """What the id means, what the server says, and the parameter with which it can be proved."""
    because = "the server says: 'Invalid audience', and no observation contradicts it"
    cause = {"id": "audience-mismatch", "layer": "token", "strength": "stated", "because": because, "evidence": ["h1"]}
    told = diagnosis_text(diagnosis(verdict="stated", causes=[cause | {"remedy": "Let the token name it."}])).splitlines()
    means = "the claim aud is not the expected one"
    assert told[0] == f"stated: audience-mismatch, {means}; the server itself says 'Invalid audience'"
    assert "    to prove it: run it again with -p alternatives.claims.aud" in told


def test_the_first_line_of_what_is_open_says_where_to_look_first():
    """The number alone helps nobody; the causes that the strongest lead speaks for do."""
    lead = {"id": "route-missing", "because": "nothing there", "evidence": ["r4"]}
    told = diagnosis_text(diagnosis(verdict="ambiguous", candidates=["route-missing", "host-refused"], leads=[lead]))
    assert told.splitlines()[0] == "ambiguous: the evidence leaves 2 causes open; most speaks for route-missing"
