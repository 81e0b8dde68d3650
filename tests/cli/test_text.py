"""What the verbs print for people: each judgement with its reason, each count in words."""

from __future__ import annotations

from lib.cli.text import compare_text, logs_text


def test_a_comparison_gives_the_reason_of_each_judgement():
    """A figure's verdict is worth nothing without its interval."""
    because = "+61.7%, 95 % interval +44.5% … +72.8%, n = 30 and 30"
    told = compare_text({
        "rounds": ["round-01", "round-02"], "cases": {"new_failures": ["m::a"]}, "causes": {"opened": []},
        "figures": [{"name": "api_response_ms", "verdict": "worse", "because": because}],
        "claims": [{"claim": "all pass", "granted": False, "because": "m::a fails"}],
    })  # fmt: skip
    assert told.splitlines() == [
        "round-01 and round-02", "  new failures: 1", "    m::a", "  causes opened: none", f"  api_response_ms: worse: {because}",
        "  claim not granted: all pass: m::a fails",
    ]  # fmt: skip


def test_how_exchanges_were_joined_is_said_in_words():
    """An exchange without entries is not joined, rather than joined by none."""
    seen = {"entries": 2, "first_at": "A", "last_at": "B", "limit_hit": None}
    told = logs_text({
        "source": "file", "engine": "duckdb", "asked": {"from": None, "to": None}, "seen": seen, "incidents": [],
        "pairs": [{"how": how} for how in ("trace", "none", "window", "none")],
    })  # fmt: skip
    assert told.splitlines()[2] == "  4 exchanges: 1 joined by trace id, 2 not joined, 1 joined by path, status and window"
