"""Which kinds of evidence a round gathered, told from its documents."""

from __future__ import annotations

from typing import Any

from lib.reports.gathered import gathered, not_read, to_gather

NAMED = {
    "token": {"secret": "env:KEY", "user": "ann", "claims": {"iss": "login"}},
    "evidence": {"configuration": [{"path": "nginx.conf"}], "users": {"path": "users.json"}},
    "logs": {"source": "embedded"},
    "target": {"rest_url": "http://api.example"},
}
BARE = {
    "token": {"secret": None, "user": None, "claims": {}},
    "evidence": {"configuration": [], "users": None},
    "logs": {"source": "none"},
    "target": {"rest_url": None},
}


def seen(name: str, kind: str, status: int | None = None, body: str = "", **factors: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, "factors": factors, "status": status, "body_excerpt": body}


OBSERVED = [
    seen("o1", "offline", credential="minted"), seen("c1", "config", place="nginx.conf:3"), seen("u1", "record", user="ann"),
    seen("r2", "rest", 200, request="protected"), seen("r3", "rest", 401, request="protected", credential="none"),
    seen("l1", "log"), seen("h1", "handshake", 403),
]  # fmt: skip


def test_all_five_are_told_with_their_observations() -> None:
    """Logs, claims, configuration, record, REST, each with what shows it."""
    rows = gathered(NAMED, {"observations": OBSERVED}, {"seen": {"entries": 12}})
    assert [row["gathered"] for row in rows] == ["yes"] * 5
    assert [row["evidence"] for row in rows] == [["l1"], ["o1"], ["c1"], ["u1"], ["r2", "r3"]]
    assert rows[0]["said"] == "12 entries were read; by the trace ids of probes 1 were found."
    assert rows[3]["said"] == "Read: 1; nothing in it speaks for a cause."
    assert rows[4]["said"] == "The protected route answered 200 with the credential, 401 without the credential."


def test_what_is_missing_says_what_it_would_need() -> None:
    """Each names its parameter; nothing is called gathered because nothing was found."""
    rows = gathered(BARE, {"observations": [seen("h1", "handshake", 403)]}, None)
    assert [row["gathered"] for row in rows] == ["no"] * 5
    wanted = ["logs.source", "token.secret", "evidence.configuration", "evidence.users", "target.rest_url"]
    assert [key in row["said"] for key, row in zip(wanted, rows, strict=True)] == [True] * 5


def test_what_could_not_be_read_says_why() -> None:
    """A database that let nobody in is no evidence that the user is in order."""
    left = seen("o2", "offline", body="left out: it does not let this role in", **{"left out": "evidence.users"})
    row = gathered(NAMED, {"observations": [left]}, None)[3]
    assert (row["gathered"], row["evidence"]) == ("no", [])
    assert "does not let this role in" in row["said"]


def test_a_configuration_that_was_read_is_told_with_what_was_not() -> None:
    """What was read, how many findings it has, and what could not be read beside it; where all was left out it is none."""
    read = seen("c1", "config", body="read: nginx.conf (nginx): 2 routes", place="evidence.configuration")
    finding = seen("c2", "config", body="deny all", **{"speaks for": ["edge-policy"]})
    left = seen("o2", "offline", body="left out: notes holds none", **{"left out": "evidence.configuration"})
    row = gathered(NAMED, {"observations": [read, finding, left]}, None)[2]
    assert row["said"] == "Read: nginx.conf (nginx): 2 routes; 1 finding speaks for a cause. Not read: notes holds none."
    assert gathered(NAMED, {"observations": [left]}, None)[2]["gathered"] == "no"
    assert {row["gathered"] for row in gathered(NAMED, None, None)} == {"no"}


def test_what_is_missing_is_a_step_unless_the_next_probe_asks_for_it() -> None:
    """Logs, configuration and users are what somebody has to hand a round; nothing is asked for twice."""
    rows = gathered(BARE, None, None)
    assert [one["action"] for one in to_gather(rows, None)] == [
        "Give the next round the servers' logs.",
        "Give the next round the system's configuration.",
        "Give the next round the user's record.",
    ]
    probe = {"set": {"evidence.users": "…"}}
    assert len(to_gather(rows, probe)) == 2
    assert to_gather([{"kind": "the servers' logs", "gathered": "yes", "said": "", "evidence": []}], None) == []


def test_logs_that_could_not_be_read_are_told_once_and_as_what_they_were() -> None:
    """By the diagnosis or by the logs' own notebook; and only of the diagnosis, where they were read after it."""
    left = {"kind": "offline", "factors": {"left out": "logs"}, "body_excerpt": "left out: UNAVAILABLE"}
    diagnosis = {"observations": [left]}
    refused = {"unread": [{"what": "the log source refused: UNAVAILABLE", "count": 1}], "seen": {"entries": 0}}
    whole = "the servers' logs could not be read, and nothing here rests on them: UNAVAILABLE"
    assert [not_read(*pair) for pair in ((diagnosis, refused), (diagnosis, None), (None, refused))] == [[whole]] * 3
    assert not_read(diagnosis, {"unread": [], "seen": {"entries": 5}})[0].startswith("the diagnosis could not read")
    assert not_read({"observations": []}, None) == []
    (logs, *_) = gathered({"logs": {"source": "cloud"}}, None, refused)
    assert (logs["gathered"], logs["said"]) == ("no", "logs.source cloud could not be read: UNAVAILABLE")
