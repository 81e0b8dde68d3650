"""Exchanges beside entries, and what silence is worth."""

from __future__ import annotations

import random

import pytest

from lib.facts import Exchange, LogEntry
from lib.logs.correlation.correlate import Pair, correlate
from lib.logs.correlation.engines import DuckDB
from lib.logs.sources.reading import Asked, Reading, in_order
from tests.logs.made_up import at, entry, exchange, request_entry

ROUTES = [("/ws", 403), ("/api/health", 200), ("/api/auth/me", 200), ("/api/auth/me", 401), ("/api/threads", 200)]


def reading(entries: list[LogEntry], **fields: object) -> Reading:
    """A whole reading of a live source around noon."""
    asked = Asked(start=at(-60), end=at(600), limit=100_000)
    return Reading(**{"source": "cloud", "asked": asked, "entries": in_order(entries), **fields})


def pairs_of(exchanges: list[Exchange], *entries: LogEntry, **fields: object) -> dict[str, Pair]:
    """The pairs by exchange."""
    return {pair.exchange: pair for pair in correlate(exchanges, reading(list(entries), **fields), DuckDB())[0]}


def traced(to: Exchange, seconds: float, layer: str = "platform", **fields: object) -> LogEntry:
    """An entry with the trace of an exchange, written by a layer."""
    if layer == "application":
        return entry(seconds, "said something", trace_id=to.trace_id, log_name="stdout", **fields)
    return request_entry(seconds, trace_id=to.trace_id, layer=layer, log_name=layer, status=to.status or 403, **fields)


def crowd(
    skew_s: float, *, seed: int, with_traces: bool, clients: int = 50
) -> tuple[list[Exchange], list[LogEntry], dict[str, str]]:
    """Sixty exchanges of ours among fifty clients that ask for the same routes, on a server whose clock is off."""
    chance = random.Random(seed)
    exchanges, entries, truth, now = [], [], {}, 0.0
    for number in range(60 + clients * 30):
        now = now + chance.uniform(0.01, 1.0) if number < 60 else chance.uniform(0, 32)
        path, status = chance.choice(ROUTES)
        there_s, took_s, back_s = (chance.uniform(0.0004, 0.003) for _ in range(3))
        sent = exchange(now, path=path, status=status, elapsed_ms=(there_s + took_s + back_s) * 1000)
        trace_id = sent.trace_id if with_traces else None
        told = request_entry(now + there_s + skew_s, path=path, status=status, latency_s=took_s, trace_id=trace_id)
        entries.append(told)
        if number < 60:
            exchanges.append(sent)
            truth[sent.id] = told.insert_id
    return exchanges, entries, truth


@pytest.mark.parametrize("skew_s", [0, 3, -40])
def test_every_traced_exchange_is_joined_and_none_wrongly(skew_s: float) -> None:
    """With fifty unrelated clients beside, whatever the server's clock says."""
    exchanges, entries, truth = crowd(skew_s, seed=1, with_traces=True)
    pairs = pairs_of(exchanges, *entries)
    assert {(name, pair.insert_ids, pair.how, pair.confidence) for name, pair in pairs.items()} == {
        (name, (insert_id,), "trace", 1.0) for name, insert_id in truth.items()
    }


@pytest.mark.parametrize("skew_s", [0, 3, -40])
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_without_trace_ids_nearly_all_are_joined_rightly_and_nothing_is_certain(skew_s: float, seed: int) -> None:
    """At least 95 % right; a window never claims certainty, and what is wrong stands among the doubtful."""
    exchanges, entries, truth = crowd(skew_s, seed=seed, with_traces=False)
    pairs, skew = correlate(exchanges, reading(entries), DuckDB())
    right = [pair for pair in pairs if pair.insert_ids == (truth[pair.exchange],)]
    wrong = [pair for pair in pairs if pair.insert_ids and pair not in right]
    assert skew is not None
    assert skew.low_ms <= skew_s * 1000 <= skew.high_ms
    assert len(right) >= 57
    assert all(pair.confidence < 0.95 for pair in wrong)
    assert {pair.how for pair in right} == {"window"}
    assert max(pair.confidence for pair in pairs) < 1


def test_a_repeated_request_is_joined_one_to_one() -> None:
    """Twenty like requests and twenty like entries: each entry belongs to one exchange."""
    chance = random.Random(5)
    moved = [chance.uniform(0, 0.1) for _ in range(20)]
    exchanges = [exchange(i * 0.3 + moved[i], elapsed_ms=8) for i in range(20)]
    entries = [request_entry(i * 0.3 + moved[i] + 0.002) for i in range(20)]
    pairs = pairs_of(exchanges, *entries)
    assert [pairs[sent.id].insert_ids for sent in exchanges] == [(told.insert_id,) for told in entries]


def test_of_two_exchanges_that_contend_for_one_entry_only_the_nearer_gets_it() -> None:
    """An entry belongs to one exchange; where neither is clearly nearer it belongs to none."""
    anchors = [exchange(10 + i * 1.7 + i * i / 30, elapsed_ms=8) for i in range(9)]
    told = [request_entry((one.at - at(0)).total_seconds() + 0.002) for one in anchors]
    near, far, entry_of_near = exchange(0, elapsed_ms=8), exchange(0.0015, elapsed_ms=8), request_entry(0.002)
    pairs = pairs_of([*anchors, near, far], *told, entry_of_near)
    assert (pairs[near.id].insert_ids, pairs[far.id].insert_ids) == ((entry_of_near.insert_id,), ())
    twin = exchange(0, elapsed_ms=8)
    pairs = pairs_of([*anchors, near, twin], *told, entry_of_near)
    assert (pairs[near.id].how, pairs[twin.id].how, pairs[twin.id].why_not) == (
        "none",
        "none",
        "several entries resemble it equally",
    )


def test_like_requests_at_one_moment_are_joined_in_their_order_with_little_confidence() -> None:
    """As many entries as exchanges that nobody else can have caused belong together; which to which is a guess and said to be
    one."""
    sent = [exchange(5 + i * 0.0002, elapsed_ms=8) for i in range(5)]
    told = [request_entry(5.002 + i * 0.0002) for i in range(5)]
    pairs = pairs_of(sent, *told)
    assert [pairs[one.id].insert_ids for one in sent] == [(one.insert_id,) for one in told]
    assert all(pairs[one.id].confidence < 0.6 for one in sent)
    assert {pair.how for pair in pairs_of(sent, *told, request_entry(5.0021)).values()} == {"none"}


def test_an_answer_that_the_client_did_not_wait_for_is_joined_with_less_confidence() -> None:
    """The server streams on when a client has gone: the entry ends after the exchange, and may be another's."""
    anchors = [exchange(10 + i * 1.7 + i * i / 30, elapsed_ms=8) for i in range(9)]
    told = [request_entry((one.at - at(0)).total_seconds() + 0.002) for one in anchors]
    left, streamed = (
        exchange(0, elapsed_ms=30, path="/stream", status=200),
        request_entry(0.002, latency_s=0.2, path="/stream", status=200),
    )
    pair = pairs_of([*anchors, left], *told, streamed)[left.id]
    assert (pair.insert_ids, pair.confidence) == ((streamed.insert_id,), 0.6)


def test_an_entry_with_a_foreign_trace_is_not_ours() -> None:
    """Where our trace ids arrive, a like request with another one belongs to somebody else."""
    first, second = exchange(0), exchange(5)
    pairs = pairs_of([first, second], traced(first, 0.002), request_entry(5.002, trace_id="f" * 32))
    assert (pairs[first.id].how, pairs[second.id].how) == ("trace", "none")


def test_status_and_user_agent_must_agree() -> None:
    """A like request of another client, or with another answer, is no pair."""
    sent = exchange(0, request_headers=(("user-agent", "probe/1"),))
    told = request_entry(0.002)
    other = entry(0.003, layer="platform", log_name="requests", request={**(told.request or {}), "user_agent": "browser"})
    assert pairs_of([sent], other)[sent.id].how == "none"
    assert pairs_of([sent], request_entry(0.002, status=101))[sent.id].how == "none"
    assert pairs_of([sent], told)[sent.id].insert_ids == (told.insert_id,)


def test_an_ambiguous_clock_joins_nothing_by_window() -> None:
    """Requests at a regular beat fit several clock differences: no pair is better than a wrong one."""
    exchanges = [exchange(i, elapsed_ms=8) for i in range(12)]
    pairs = pairs_of(exchanges, *(request_entry(i + 0.002) for i in range(-3, 15)))
    assert {pair.how for pair in pairs.values()} == {"none"}
    assert {pair.why_not for pair in pairs.values()} == {"several clock differences explain the entries equally well"}


def test_silence_is_evidence_only_after_a_control() -> None:
    """A layer in which the control appeared, and the probe did not, was not reached; of other layers nothing is known."""
    control, probe = exchange(0, path="/api/health", status=200, of="control"), exchange(1)
    told = [traced(control, 0.002, "edge"), traced(control, 0.003), traced(probe, 1.002, "edge")]
    assert pairs_of([control, probe], *told)[probe.id].seen_by == {"edge": True, "platform": False, "application": None}
    without = exchange(0, path="/api/health", status=200)
    told[:2] = [traced(without, 0.002, "edge"), traced(without, 0.003)]
    assert pairs_of([without, probe], *told)[probe.id].seen_by == {"edge": True, "platform": None, "application": None}


@pytest.mark.parametrize(
    "fields", [{"stopped": True}, {"missing": ("the source answered …",)}, {"asked": Asked(start=at(-60), end=at(0.5), limit=9)}]
)
def test_silence_of_an_incomplete_reading_is_no_evidence(fields: dict[str, object]) -> None:
    """Where the limit was hit, something is missing or the window ends before, nothing can be told."""
    control, probe = exchange(0, path="/api/health", status=200, of="control"), exchange(1)
    told = [traced(control, 0.002), traced(control, 0.003, "application"), traced(probe, 1.002, "edge")]
    assert pairs_of([control, probe], *told, **fields)[probe.id].seen_by == {"edge": True, "platform": None, "application": None}


def test_a_like_request_near_by_takes_the_evidence_from_silence() -> None:
    """What is stamped or answered otherwise than we think may be ours: without trace ids its absence is not claimed."""
    controls = [exchange(i * 7.3 + i * i / 9, path="/api/health", status=200, of="control") for i in range(6)]
    told = [request_entry((one.at - at(0)).total_seconds() + 0.002, path="/api/health", status=200) for one in controls]
    probe = exchange(3)
    assert pairs_of([*controls, probe], *told)[probe.id].seen_by["platform"] is False
    for near in (request_entry(3.4), request_entry(3.002, status=499)):
        assert pairs_of([*controls, probe], *told, near)[probe.id].seen_by["platform"] is None


def test_an_entry_that_lost_its_trace_id_takes_the_evidence_from_silence() -> None:
    """Where trace ids travel, an entry with a foreign one is another's; one without any may be ours."""
    control, probe = exchange(0, path="/api/health", status=200, of="control"), exchange(3)
    told = traced(control, 0.002)
    foreign, none = request_entry(3.4, trace_id="f" * 32), request_entry(3.4)
    assert pairs_of([control, probe], told, foreign)[probe.id].seen_by["platform"] is False
    assert pairs_of([control, probe], told, none)[probe.id].seen_by["platform"] is None


def test_an_exchange_that_nobody_saw_after_a_control_was_seen_by_nobody() -> None:
    """A handshake that a proxy on the client's side answered leaves no entry anywhere."""
    control, probe = exchange(0, path="/api/health", status=200, of="control"), exchange(1)
    told = [traced(control, 0.002, layer) for layer in ("edge", "platform", "application")]
    pair = pairs_of([control, probe], *told)[probe.id]
    assert (pair.how, pair.insert_ids, pair.seen_by) == ("none", (), {"edge": False, "platform": False, "application": False})


def test_an_exchange_without_an_answer_is_explained() -> None:
    """Why nothing was joined is said in words."""
    silent = exchange(0, status=None)
    assert pairs_of([silent], request_entry(0.1))[silent.id].why_not == "it got no HTTP answer, and no entry has its trace id"
    assert pairs_of([silent])[silent.id].why_not == "no entries were read"


def test_audit_entries_are_joined_with_nothing() -> None:
    """A deployment that happens to carry a trace is not what a request caused."""
    sent = exchange(0)
    assert pairs_of([sent], entry(0, layer="audit", trace_id=sent.trace_id))[sent.id].how == "none"


def test_a_pair_serialises_as_the_contract_says() -> None:
    """Exactly the fields of the contract."""
    sent = exchange(0)
    told = traced(sent, 0.002)
    assert pairs_of([sent], told)[sent.id].as_json() == {
        "exchange": sent.id, "of": "probe", "trace_id": sent.trace_id, "how": "trace", "insert_ids": [told.insert_id],
        "seen_by": {"edge": None, "platform": True, "application": None},
    }  # fmt: skip
