"""What the doors gave, as observations."""

from __future__ import annotations

from lib.facts import LogEntry, utc_now
from lib.whys.evidence.observations import NEAR
from lib.whys.exchanged import observed, of_entry, of_near
from tests.logs.made_up import exchange


def test_an_exchange_keeps_what_a_feature_may_ask_for() -> None:
    """Rung, status, headers and what changed are those of the exchange; what was invented is told."""
    seen = observed(exchange(1, status=403), name="h1", factors={"user": "nobody-1"}, invented="user")
    assert (seen.id, seen.kind, seen.status, seen.factors) == ("h1", "handshake", 403, {"user": "nobody-1"})
    assert seen.finding["invented"] == "user"


def test_a_location_that_is_no_address_leads_nowhere() -> None:
    """A server may write anything there; nobody behind it has to read that again."""
    told = [
        exchange(1, status=307, headers=(("Location", where),))
        for where in ("//[bad", "https://a..\xe9/x", "https://a.example/x")
    ]
    assert [observed(one, name="h1", factors={}).headers for one in told] == [{}, {}, {"Location": "https://a.example/x"}]


def test_an_entry_is_its_words_and_who_wrote_it() -> None:
    """Text where there is some, the payload else; of lines near refusals how they are quoted."""
    entry = LogEntry(insert_id="i", timestamp=utc_now(), payload={"event": "denied"}, layer="application", trace_id="t")
    seen = of_entry(entry, name="l1")
    assert (seen.body_excerpt, seen.finding["layer"], seen.trace_id) == ("event=denied", "application", "t")
    assert of_near("3 × x, within 1 ms", "x", name="l2").finding[NEAR] == "3 × x, within 1 ms"
