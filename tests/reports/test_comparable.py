"""What of two rounds can be compared is said, and what cannot."""

from __future__ import annotations

import pytest

from lib.reports.comparable import compared, not_alike, remarks

SUITE = {"cases": [{"module": "m", "name": "a", "outcome": "passed"}]}
REPORT = {"round": 1, "environment": "e", "inputs": {"target": {"ws_url": "a", "tls": {"verify": True}}, "token": {"user": "u"}}}
WHOLE = {
    "name": "round-01",
    "report": REPORT,
    "suite": SUITE,
    "diagnosis": {"verdict": "healthy"},
    "performance": {"figures": []},
}


def test_rounds_that_have_all_in_common_need_no_remark():
    """Same inputs, all documents, sound records."""
    assert remarks(WHOLE, {**WHOLE, "name": "round-02"}) == []
    assert compared(WHOLE, WHOLE, [{"name": "f", "change": 0.1}, {"name": "g", "change": None}]) == {
        "cases": 1,
        "diagnoses": True,
        "figures": ["f"],
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"suite": None}, "cases are not compared: b left no suite"),
        ({"diagnosis": None}, "causes are not compared: b left no diagnosis"),
        ({"state": {"touched": ["data/suite.json", "a"]}}, "b does not verify (data/suite.json, a); left out: suite"),
        ({"state": {"unfinished": True}}, "b is unfinished"),
        ({"state": {"resumed": True}}, "b was resumed: its parts are of different moments"),
        ({"state": {"project": "bbb", "platform": "x"}}, "different revisions of this project (aaa, bbb)"),
        ({"state": {"project": "aaa", "platform": "y"}}, "made on different machines (x, y)"),
        ({"retracted": [{"claim": "c", "because": "d"}]}, "withdrawn of b: c (d)"),
        ({"alike": ["m::x[secret:*]"]}, "cannot be told apart, and are left out: m::x[secret:*]"),
        ({"report": {**REPORT, "environment": "f"}}, "different environments (e, f)"),
        ({"report": None}, "what was sent is not known of both rounds"),
    ],
)  # fmt: skip
def test_what_keeps_rounds_from_being_compared_is_said(changed, said):
    """Each obstacle by itself, in a sentence that names its round."""
    a = {**WHOLE, "name": "a", "state": {"project": "aaa", "platform": "x"}}
    (remark,) = remarks(a, {**WHOLE, "name": "b", **changed})
    assert said in remark


def test_inputs_that_differ_are_named_by_their_keys():
    """The dotted keys, and never the values."""
    other = {**REPORT, "inputs": {"target": {"ws_url": "b", "tls": {"verify": False}}, "token": {"user": "u"}}}
    assert not_alike(WHOLE, {**WHOLE, "report": other}) == ["the inputs differ: target.tls.verify, target.ws_url"]


def test_masked_inputs_of_different_keys_may_be_anything():
    """The same pseudonym under another key is no equal secret."""
    masked = {**WHOLE, "report": {**REPORT, "inputs": {"headers": {"X": "secret:0a1b2c3d"}}}}
    assert not_alike({**masked, "pseudonyms": "k"}, {**masked, "pseudonyms": "l"}) == [
        "whether a masked value of the inputs is the same cannot be told"
    ]
    assert not_alike({**masked, "pseudonyms": "k"}, {**masked, "pseudonyms": "k"}) == []
