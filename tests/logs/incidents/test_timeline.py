"""What changed on the servers while we looked."""

from __future__ import annotations

from lib.logs.incidents.timeline import timeline_of
from tests.logs.made_up import at, entry


def test_deployments_revisions_and_exits_stand_on_one_axis() -> None:
    """The revision that is there from the start is no change."""
    marks = timeline_of(
        [
            entry(0, "x", revision="r1"),
            entry(1, "Services.ReplaceService ns/api", layer="audit", insert_id="d", severity="NOTICE", revision="r2"),
            entry(2, "y", revision="r2"),
            entry(3, "z", revision="r1"),
            entry(4, "Container called exit(3).", insert_id="q"),
        ]
    )
    assert [(mark.at, mark.kind, mark.text) for mark in marks] == [
        (at(1), "deployment", "r2: ReplaceService done"),
        (at(1), "revision", "r2 appears"),
        (at(4), "exit", "Container called exit(3)."),
    ]
