"""What speaks for a candidate."""

from __future__ import annotations

from lib.whys.diagnosis import Lead
from lib.whys.evidence.leads import leads, strongest
from tests.whys.evidence.test_stated import log_of, refusal


def test_words_come_first_and_refuted_ones_are_told_as_nobodys():
    """Narrowing words are the lead of each cause that they leave; refuted words are quoted with what contradicts them."""
    narrowed = leads(log_of(refusal(1, "User inactive or deleted.")), ("user-unknown", "user-inactive", "origin-refused"))
    assert [lead.id for lead in narrowed][:2] == ["user-unknown", "user-inactive"]
    assert all("inactive or deleted" in lead.because for lead in narrowed[:2])
    (refuted,) = leads(log_of(refusal(1, "Token has expired"), credential="none"), ())
    assert refuted.id is None
    assert "contradicts" in refuted.because


def test_a_timeout_of_a_proxy_speaks_for_nothing_that_is_not_open():
    """Hints lead only where their cause is a candidate; without a refusal there is no lead."""
    assert leads(log_of(refusal(1, "If your token has expired, get a new one")), ()) == ()
    assert leads(log_of(), ("token-expired",)) == ()


def test_the_strongest_lead_may_speak_for_several():
    """Those that share words and observations with the first stand beside it; what speaks for nobody is passed over."""
    words = Lead(id=None, because="quoted", evidence=("l1",))
    alike = [Lead(id=name, because="refused too", evidence=("h1", "r2")) for name in ("secret-mismatch", "user-unknown")]
    other = Lead(id="route-missing", because="nothing there", evidence=("r4",))
    assert strongest([words, *alike, other]) == ("secret-mismatch", "user-unknown")
    assert strongest([words]) == ()
