"""Notebook 02's tables: the answer first, every claim with its observations, nothing claimed that was not established."""

from __future__ import annotations

import pytest

from lib.environment.by_hand import ByHand
from lib.figures import whys as show
from lib.figures.whys_causes import factors_of
from lib.whys.catalogue.index import CATALOGUE

STEPS = [show.answer, show.symptom, show.experiments, show.other_evidence, show.whys, show.pair, show.ladder, show.ledger]
STEPS += [show.question, show.remedy, show.limits]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
@pytest.mark.parametrize("kind", ["diagnosis", "healthy", "ambiguous"])
def test_every_step_shows_every_verdict(samples, step, kind):
    """A finding never raises: each step has something to say of a proved, a healthy and an ambiguous diagnosis."""
    assert repr(step(getattr(samples, kind)()))


def test_the_answer_names_all_causes_and_what_to_do(samples):
    """Both causes of a joint pair stand in the answer, with what they mean, strength and remedy."""
    text = repr(show.answer(samples.diagnosis()))
    assert "secret-mismatch (token, proved)" in text
    assert "user-unknown (user, proved): the subject does not exist there. Evidence: " in text
    assert "Next: Share one key." in text


def test_an_ambiguous_answer_guesses_nothing(samples):
    """What is left open is listed, and no repair is proposed."""
    text = repr(show.answer(samples.ambiguous()))
    assert "Left open: user-unknown, user-inactive" in text
    assert "No cause is established" in repr(show.remedy(samples.ambiguous()))


def test_where_nothing_was_reached_nothing_is_said_not_to_remain(samples):
    """An unreachable target excludes no cause: they are named in a sentence, and nobody is sent elsewhere."""
    nothing = {"verdict": "unreachable", "causes": [], "candidates": [], "excluded": [], "observations": []}
    text = repr(show.question({**samples.ambiguous(), **nothing}, "user"))
    assert text.startswith("Nothing was asked about these, and none is excluded: user-unknown, ")
    assert "None of these remains" not in text


def test_what_is_not_excluded_is_never_said_not_to_remain(samples):
    """Beside an established cause others may be unneeded and not excluded: nobody is told that none of them remains."""
    found = {**samples.diagnosis(), "candidates": [], "excluded": [], "verdict": "stated"}
    found["causes"] = [{**found["causes"][0], "id": "edge-policy", "strength": "stated"}]
    text = repr(show.question(found, "user"))
    assert text.startswith("What was found explains it without these; not excluded are: user-unknown, user-inactive")
    assert "None of these remains" not in text


def test_of_many_causes_that_are_open_those_are_named_for_which_something_speaks(samples):
    """A sentence of thirty names says nothing to a reader: how many they are, and where to look first."""
    names = ["route-missing", "host-refused", *(f"cause-{number}" for number in range(28))]
    lead = {"id": "host-refused", "because": "of the Host", "evidence": ["h1"]}
    text = repr(
        show.answer(dict(show.document_of(samples.ambiguous())) | {"candidates": names, "leads": [lead], "next_probe": None})
    )
    assert "Left open: 30 causes, first host-refused, for which something speaks" in text
    assert "cause-7" not in text


def test_controls_and_experiments_share_the_handshakes(samples):
    """Unchanged handshakes are controls; single changes and pairs are told apart by the number of factors."""
    found = samples.diagnosis()
    controls = show.symptom(found).parts[1]
    counts = [len(controls.rows), len(show.experiments(found, 1).rows), len(show.experiments(found, 2).rows)]
    assert counts == [1, 2, 1]
    assert [row["id"] for row in show.other_evidence(found).parts[0].rows] == ["r1"]


def test_the_same_change_asked_again_is_one_row_with_its_n(samples):
    """Repetitions are counted, and another outcome of the same change is a row of its own."""
    change = {"user": "staging-e2e-user-002"}
    asked = [
        samples.observation("h1", factors=change),
        samples.observation("h2", factors=change),
        samples.observation("h3", 101, factors=change),
    ]
    rows = show.experiments(samples.diagnosis(observations=asked)).rows
    assert [(row["outcome"], row["n"], row["ids"]) for row in rows] == [
        ("refused with 403", 2, ["h1", "h2"]),
        ("accepted", 1, ["h3"]),
    ]


def test_log_entries_are_counted_by_text(samples):
    """What a server wrote beside fifty probes is one row with its n."""
    entry = {
        "kind": "log",
        "rung": None,
        "factors": {"layer": "application", "severity": "WARNING"},
        "body_excerpt": "User not found",
    }
    entries = [samples.observation(f"l{number}", None, **entry) for number in range(50)]
    (row,) = show.other_evidence(samples.diagnosis(observations=entries)).parts[1].rows
    assert (row["n"], row["layer"], row["text"], len(row["ids"])) == (50, "application", "User not found", 5)


@pytest.mark.parametrize(
    ("name", "factor"),
    [("claims.aud", "aud"), ("claims.tenant", "claim"), ("lifetime_s", "lifetime"), ("key", "key"), ("claims.exp", "lifetime")],
)
def test_a_probe_belongs_to_the_question_that_its_factor_answers(name, factor):
    """Observations name parameters, causes name factors; the walk translates."""
    assert factor in factors_of(name)


def test_a_question_shows_the_probes_that_changed_what_it_is_about(samples):
    """A key is a matter of the token, a user one of the user; both stand where both were changed."""
    token, user = (repr(show.question(samples.diagnosis(), layer).parts[2]) for layer in ("token", "user"))
    assert ("h2" in token, "h3" in token, "h4" in token) == (True, False, True)
    assert ("h2" in user, "h3" in user, "h4" in user) == (False, True, True)


def test_the_ledger_holds_every_cause_with_its_state(samples):
    """Established, excluded with the observation, or left open: no cause of the catalogue is missing."""
    rows = {row["cause"]: row for row in show.ledger(samples.diagnosis()).rows}
    assert set(rows) == set(CATALOGUE)
    assert rows["secret-mismatch"]["state"] == "PROVED"
    assert rows["origin-refused"]["state"] == "excluded"
    assert "h4: key: env:OTHER_KEY, user: staging-e2e-user-002 → accepted" in rows["origin-refused"]["by"]


def test_a_question_says_what_remains_of_its_layers(samples):
    """The walk narrows layer by layer."""
    found = samples.diagnosis(
        excluded=[{"id": name, "by": ["h4"]} for name in CATALOGUE if name not in {"secret-mismatch", "user-unknown"}]
    )
    assert "Of these remain: secret-mismatch." in repr(show.question(found, "token"))
    assert "None of these remains" in repr(show.question(found, "edge", "client"))


def test_predictions_stand_before_any_observation():
    """Each cause says what would lift it; a layer's table has that layer's causes only."""
    rows = {row["cause"]: row for row in show.predictions().content.rows}
    assert rows["secret-mismatch"]["lifted"] == ["key"]
    assert {row["layer"] for row in show.predictions("token", "user").content.rows} == {"token", "user"}


def test_the_chain_stops_where_the_evidence_stops(samples):
    """Each why shows its question, answer and observations; no link is made up."""
    text = repr(show.whys(samples.diagnosis()))
    assert "1. Why is there no WebSocket?" in text
    assert "The chain has 1 links" in text


def test_the_pair_marks_the_deciding_difference_alone(samples):
    """What differs in the pair is marked; what both changed from the configuration is shown and not marked."""
    rows = {what: (left, right, marked) for what, left, right, marked in show.pair(samples.diagnosis()).rows}
    assert rows["key"] == ("as configured", "env:OTHER_KEY", True)
    assert rows["user"] == ("staging-e2e-user-002", "staging-e2e-user-002", False)
    assert rows["answer"] == ("403", "101", False)


def test_without_a_refusal_there_is_no_pair_and_nothing_to_repair(samples):
    """A healthy diagnosis is not described as a failed search."""
    found = samples.healthy()
    assert "no refused one" in repr(show.pair(found))
    assert "Nothing is to be repaired" in repr(show.remedy(found))
    assert {row["state"] for row in show.ledger(found).rows} == {"not in question"}


def test_the_pair_is_readable_without_colours(samples):
    """Markdown and text mark the difference by a sign."""
    shown = show.pair(samples.diagnosis())
    assert "**env:OTHER\\_KEY**" in shown._repr_markdown_()
    assert "≠!" in repr(shown)
    assert "background-color" in shown._repr_html_()


def test_the_ladder_tells_closed_from_accepted(samples):
    """A 101 that is closed at once stands a rung below an accepted handshake."""
    asked = [samples.observation("h1"), samples.observation("h2", 101, close_code=1008), samples.observation("h3", 101)]
    chart = show.ladder(samples.diagnosis(observations=asked))
    assert [series.y for series in chart.series] == [["accepted"], ["upgrade: refused", "session: closed"]]


def test_a_probe_by_hand_shows_its_outcome(samples):
    """One exchange as rows: what was asked, what came back, where to find it in the logs."""
    asked = ByHand(exchange=samples.exchange(credential="jwt:3f2a91c0", trace_id="a" * 32), claims={"sub": "u"})
    rows = dict(show.by_hand(asked).rows)
    assert (rows["answer"], rows["status"], rows["credential"]) == ("refused at upgrade", "403", "jwt:3f2a91c0")
