"""What a round says as a whole: the headline, the exit status, and nothing that was not looked at."""

from __future__ import annotations

import json

import pytest

from lib.reports.report import findings, is_unmet, round_report
from lib.whys.catalogue.index import CATALOGUE
from tests import sample_round as sample


def report(**given):
    whole = {"suite": sample.suite(), "diagnosis": sample.diagnosis(), "logs": sample.logs(), "performance": sample.performance()}
    return round_report(parameters=sample.parameters(), round_number=1, **{**whole, **given})


HEALTHY = {
    "suite": sample.suite(sample.case("m", "a")),
    "diagnosis": sample.diagnosis("healthy"),
    "performance": sample.performance(api_response_ms="met"),
}


def texts(sentences):
    return " ".join(sentence["text"] for sentence in sentences)


def test_the_headline_is_evidence_then_verdict():
    """What the passes are worth stands first, then the verdict of the diagnosis."""
    assert report()["headline"] == "3 of 7 cases give positive evidence; proved: secret-mismatch and user-unknown"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"suite": None}, "the suite was not run"),
        ({"suite": {**sample.suite(), "cases": [], "modules": []}}, "no case was collected"),
        ({"suite": sample.suite(sample.case("m", "a", worth=None))}, "1 of 1 cases passed, what that is worth was not judged"),
        ({"diagnosis": None}, "the handshake was not investigated"),
        ({"diagnosis": sample.diagnosis("ambiguous")}, "ambiguous: the evidence leaves origin-refused, edge-policy open"),
        ({"diagnosis": sample.diagnosis("unreachable")}, "no permitted address gave an HTTP answer"),
    ],
)
def test_the_headline_says_what_is_missing(given, said):
    """A suite that did not run, or a verdict that names nothing, is not dressed up."""
    assert said in report(**given)["headline"]


def test_a_narrowed_round_begins_with_the_change_that_opens_it():
    """The change comes first, then what tells the causes apart; failing cases are looked at, not run again unrepaired."""
    works = {"changes": {"user": "u-2"}, "accepted": 4, "refused": 4, "without": {}, "explained_by": {}, "placebo": None}
    pair = {"refused": "whys-1", "accepted": "whys-4", "difference": ["user"]}
    found = {**sample.diagnosis("ambiguous"), "verdict": "narrowed", "works_with": works, "minimal_pair": pair}
    first, second, *rest = [one["action"] for one in report(diagnosis=found)["actions"]]
    assert first == "Until the cause is known, change user."
    assert second.startswith("Diagnose again with")
    assert "Look at what the failing cases sent, and what was answered." in rest
    assert not any("again after the repair" in one for one in rest)


def test_each_cause_says_how_sure_it_is_where_they_differ():
    """A proved cause beside a logged one is not undersold by the verdict, which is the weaker, nor the logged one oversold."""
    found = sample.diagnosis()
    found = {**found, "verdict": "logged", "causes": [found["causes"][0], {**found["causes"][1], "strength": "logged"}]}
    said = report(diagnosis=found)
    assert said["headline"].endswith("; secret-mismatch (proved) and user-unknown (logged)")
    assert said["answer"]["badge"] == "secret-mismatch (proved) + user-unknown (logged)"
    assert "secret-mismatch (proved) + user-unknown (logged)" in said["answer"]["title"]


def test_an_open_round_says_at_once_what_most_speaks_for():
    """The headline of an ambiguous round ends with the cause that its first lead is about."""
    led = [{"id": "route-missing", "because": "a path that cannot exist gets the very same 404", "evidence": ["h1"]}]
    said = report(diagnosis={**sample.diagnosis("ambiguous"), "leads": led})
    assert said["headline"].endswith(" open; most speaks for route-missing")


def test_a_crowd_is_counted_where_the_answer_stands():
    """Many open causes are a number in the headline and in the next step; which they are stands below."""
    many = list(CATALOGUE)[:22]
    probe = {"set": {"logs.source": "file"}, "splits": many, "reads": "an entry names it"}
    said = report(diagnosis={**sample.diagnosis("ambiguous"), "candidates": many, "next_probe": probe})
    assert said["headline"].endswith("ambiguous: the evidence leaves 22 causes open")
    step = next(one for one in said["answer"]["next"] if one["action"].startswith("Diagnose again"))
    assert step["action"] == "Diagnose again with -p logs.source file."
    assert step["text"] == "An entry names it. It would split all 22 causes that are open."
    assert "nothing speaks for any of them" in texts(said["answer"]["it_is"])
    assert many[21] in json.dumps({name: part for name, part in said.items() if name not in {"answer", "actions"}})


def test_without_a_suite_the_verdict_comes_first():
    """A round of the handshake alone begins with its answer, and a healthy one says that no more was asked."""
    alone = report(suite=None, performance=None, diagnosis=sample.diagnosis("healthy"))
    assert alone["headline"] == "Healthy: the configured handshake is accepted; the suite was not run"
    assert [one["action"] for one in alone["actions"]] == ["Run the whole round, with the suite."]


@pytest.mark.parametrize(
    ("rung", "said"), [("dns", "Correct the name"), ("tcp", "Let something listen"), (None, "Make the target")]
)
def test_who_is_not_reached_is_told_by_the_stage(rung, said):
    """Where no HTTP answer came the next step follows from how far it came, and no area lists what was never asked."""
    symptom = {"rung": rung, "status": None, "close_code": None, "description": "no connection was made"}
    found = report(suite=None, diagnosis=sample.diagnosis("unreachable", symptom=symptom, excluded=[]))
    assert found["actions"][0]["action"].startswith(said)
    assert found["actions"][0]["text"] == "No connection was made."
    answers = {area["answer"]["text"] for area in found["next_steps"]["areas"]}
    assert answers == {"Not asked: no permitted address gave an HTTP answer."}


def test_a_round_that_left_nothing_is_reported():
    """Without any document there is a report, of things not done."""
    empty = report(suite=None, diagnosis=None, logs=None, performance=None)
    said = texts(empty["summary"]["sentences"])
    assert "suite was not run" in said
    assert "not measured (n = 0)" in said
    assert "logs were not read" in said
    assert (empty["failures"], empty["worked"], empty["actions"]) == ([], [], [])


def test_a_flaky_case_is_no_new_failure():
    """A report keeps the runs of a repeated suite, so that the round after it finds the same as `compare`."""
    flaky = sample.suite({**sample.case("m", "a", "failed"), "runs": ["passed", "failed", "passed"]})
    earlier = report(suite=sample.suite(sample.case("m", "a")))
    changed = report(suite=flaky, earlier=earlier)["changes"]["cases"]
    assert (changed["flaky"], changed["new_failures"]) == (["m::a"], [])


def test_passing_modules_are_not_read_as_real_time():
    """Beside the modules that passed stands which of them never opened the authenticated WebSocket."""
    sentence = next(one for one in report()["summary"]["sentences"] if "never opened" in one["text"])
    assert sentence["text"].startswith("Of the 2 modules that passed, 2 never opened the authenticated WebSocket")
    assert sentence["evidence"] == ["test_2_message_flow_staging", "test_5_response_streaming_staging"]


CLOSED_CASE = sample.exchange("a", of="case", status=101, rung="session", close_code=4401)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, False),
        ({"suite": sample.suite(sample.case("m", "a", "failed"))}, True),
        ({"suite": sample.suite(sample.case("m", "a", "error"))}, True),
        ({"suite": {**sample.suite(), "cases": []}}, True),
        ({"suite": sample.suite(sample.case("m", "a", "skipped"))}, False),
        ({"suite": sample.suite(sample.case("m", "a", "untested"))}, True),
        ({"suite": sample.suite(sample.case("m", "a", worth="no-traffic"))}, False),
        ({"suite": None}, False),
        ({"diagnosis": sample.diagnosis("logged")}, True),
        ({"diagnosis": sample.diagnosis("ambiguous")}, True),
        ({"diagnosis": sample.diagnosis("unreachable")}, False),
        ({"diagnosis": None}, False),
        ({"performance": sample.performance(api_response_ms="missed")}, True),
        ({"performance": sample.performance(api_response_ms="undecided")}, False),
        ({"performance": sample.performance(api_response_ms="met", total_request_ms="not-measured")}, True),
        ({"diagnosis": sample.diagnosis("narrowed")}, True),
        ({"diagnosis": sample.diagnosis("stated")}, True),
        ({"exchanges": [sample.exchange("a", of="sample", status=101, rung="session", close_code=4401)]}, True),
        ({"exchanges": [sample.exchange("a", of="sample", status=101, rung="session")]}, False),
        ({"exchanges": [CLOSED_CASE]}, False),
        ({"exchanges": [CLOSED_CASE], "diagnosis": None, "suite": sample.suite(sample.case("m", "a"))}, True),
    ],
)
def test_findings_are_failing_cases_causes_doubt_unmet_objectives_and_closed_sessions(given, found):
    """Exactly these make exit status 1; log incidents and undecided figures do not."""
    assert findings(report(**{**HEALTHY, **given})) is found


def test_an_optional_objective_may_go_unmeasured():
    """What the parameters call optional is no finding when it cannot be measured; missed it is one."""
    document = sample.performance(total_request_ms="not-measured", api_response_ms="missed")
    document["figures"] = [{**figure, "optional": True} for figure in document["figures"]]
    assert [is_unmet(figure) for figure in document["figures"]] == [False, True]


def test_an_empty_log_is_not_health():
    """No entries are said to be no evidence."""
    assert "not evidence of health" in report(logs=sample.logs(entries=0))["logs"]["sentence"]["text"]


def test_a_limit_that_was_hit_is_an_open_question():
    """Truncated logs are told, and what they leave unknown."""
    truncated = report(logs=sample.logs(limit_hit=True))
    assert "entries are missing" in truncated["logs"]["sentence"]["text"]
    assert "beyond the limit" in texts(truncated["next_steps"]["open"])


def test_noise_is_no_incident():
    """What the log reading calls noise is in no list of incidents."""
    assert [incident["title"] for incident in report()["logs"]["incidents"]] == ["JWT validation failed"]


def test_open_questions_name_figures_and_cases_without_evidence():
    """What was not measured, and passes that show nothing, stay questions."""
    said = texts(report(suite=sample.suite(sample.case("m", "a", worth="no-traffic")))["next_steps"]["open"])
    assert "Whether websocket_latency_ms meets its objective (the WebSocket was refused: HTTP 403)." in said
    assert "the cases that gave no evidence would show if they asserted something (1 of 1)" in said


def test_an_ambiguous_round_asks_for_the_next_probe():
    """The probe that would split the candidates is both the question and the first action: what to type, then what it tells."""
    ambiguous = report(diagnosis=sample.diagnosis("ambiguous"))
    step = "Diagnose again with -p alternatives.origins '<another value>'."
    assert f"Next: {step}" in texts(ambiguous["next_steps"]["open"])
    assert ambiguous["actions"][0]["action"] == step
    assert ambiguous["actions"][0]["text"].startswith("Accepted, it is the Origin; refused as before, it is not.")


def test_what_a_step_tells_is_said_once():
    """Where the outcomes name every cause that the probe splits off, that list stands there alone."""
    probe = {"set": {"alternatives.origins": ["x"]}, "splits": ["origin-refused"], "reads": "accepted: it is origin-refused"}
    said = report(diagnosis={**sample.diagnosis("ambiguous"), "next_probe": probe})
    assert said["actions"][0]["text"] == "Accepted: it is origin-refused."


def test_actions_are_remedies_in_the_order_of_the_causes():
    """The plan begins with what repairs each cause, with its evidence."""
    actions = report()["actions"]
    assert [action["action"] for action in actions[:2]] == ["Give the WebSocket service the key.", "Create the user there."]
    assert actions[0]["evidence"] == ["whys-4", "whys-5"]
    assert actions[2]["action"] == "Run the failing cases again after the repair of the causes above."


def test_a_crashed_notebook_is_told():
    """Our own failure is part of the record and of the plan."""
    steps = [{"notebook": "03-log-correlation.ipynb", "state": "crashed", "cell": 4, "error": "ValueError: x"}]
    assert "crashed in cell 4: ValueError: x" in texts(report(notebooks=steps)["actions"])


def test_a_healthy_round_has_nothing_to_do():
    """Without findings there is no action plan."""
    healthy = report(**HEALTHY, logs=None)
    assert healthy["actions"] == []
    assert findings(healthy) is False


def test_a_report_is_json():
    """All of it can be written, and is the same when computed again."""
    exchanges = [sample.exchange("e1")]
    assert json.dumps(report(exchanges=exchanges), allow_nan=False) == json.dumps(report(exchanges=exchanges))


def test_only_incidents_of_what_went_wrong_ask_for_work():
    """An incident whose entries belong to a failing case's exchange is in the plan; one that a passing case provoked is not."""
    pair = {"exchange": "e1", "of": "case", "how": "trace", "insert_ids": ["i2"]}
    exchanges = [sample.exchange("e1")]
    with_pair = report(exchanges=exchanges, logs={**sample.logs(), "pairs": [pair]})
    without = report(exchanges=exchanges, logs={**sample.logs(), "pairs": [{**pair, "insert_ids": ["i9"]}]})
    looked = "Look into: JWT validation failed"
    assert looked in [action["action"] for action in with_pair["actions"]]
    assert looked not in [action["action"] for action in without["actions"]]


def test_certificates_that_are_not_looked_at_are_said():
    """The first line of a round's page says it."""
    parameters = sample.parameters(target={"ws_url": "wss://a.example/ws", "tls": {"verify": False}})
    unverified = round_report(parameters=parameters, round_number=1, **HEALTHY)
    assert "TLS certificates are not looked at" in unverified["answer"]["asked"]["text"]
    assert "TLS certificates are not looked at" not in report()["answer"]["asked"]["text"]


def test_addresses_that_nobody_gave_are_said():
    """The first line of a round's page names what was guessed, and only as long as it stands as it was guessed."""
    guess = {"ws_url": "wss://a.example/ws", "rest_url": "https://a.example", "guessed": {"rest_url": "https://a.example"}}
    asked = [
        round_report(parameters=sample.parameters(target={**guess, **changed}), round_number=1, **HEALTHY)["answer"]["asked"][
            "text"
        ]
        for changed in ({}, {"rest_url": "https://b.example"})
    ]
    assert ["guessed, as nobody gave it: target.rest_url https://a.example" in text for text in asked] == [True, False]
