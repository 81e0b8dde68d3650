"""A refusal as features are asked about it."""

from __future__ import annotations

from lib.facts import Observation
from lib.whys.evidence.refusal import Refusal, ids, of_each, place_of
from lib.whys.probes import Change
from tests.whys.evidence.test_stated import log_of, refusal


def test_what_holds_of_every_refusal_only_holds() -> None:
    """One refusal that is another way is enough for nothing to be said."""
    forbidden = of_each(lambda seen: seen.status == 403)
    assert forbidden(Refusal(log_of(refusal(1, ""), refusal(2, "")))) == ("h1",)
    assert forbidden(Refusal(log_of(refusal(1, ""), refusal(2, "", 500)))) == ()
    assert ids(refusal(1, ""), None) == ("h1",)


def test_a_probe_differs_where_it_was_answered_in_another_way() -> None:
    """An answer of its own tells; the same answer, none at all and one about too many do not."""
    kinds = [(401, ("h1", "p")), (403, ()), (None, ()), (429, ())]
    for status, told in kinds:
        probe = Observation(id="p", kind="handshake", factors={"key": "forged"}, rung="upgrade", status=status)
        held = Refusal(log_of(refusal(1, ""), probe))
        assert held.differs(held.probe(key="forged")) == told


def test_the_plain_answer_at_the_place_to_which_a_change_leads() -> None:
    """Here without the change, there with it; only what says where a request goes counts."""
    here = Observation(id="r1", kind="rest", factors={"request": "plain"}, rung="http", status=404)
    there = Observation(id="r2", kind="rest", factors={"request": "plain", "host": "b"}, rung="http", status=426)
    held = Refusal(log_of(refusal(1, ""), here, there), {}, Change(factor="host", factors={"host": "b", "key": "k"}))
    assert (held.plain(), held.plain(there=True)) == (here, there)
    assert place_of({"host": "b", "key": "k"}) == {"host": "b"}
