"""What `round` refuses before anything is written or sent, and where it finds a failing case."""

from __future__ import annotations

import argparse

import pytest

from lib.__main__ import parser
from lib.cli import rounds
from lib.parameters.loading import BadInput, load


def given(*arguments: str) -> argparse.Namespace:
    """The arguments of a round."""
    found = parser().parse_args(["round", *arguments])
    found.file = None
    return found


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--after", "make deploy"), "--after"),
        (("--max", "3"), "--max"),
        (("--until", "healthy", "--max", "0"), "--max"),
        (("--summary", "/no/such/folder/s.md"), "--summary"),
    ],
)
def test_options_that_make_no_sense_are_refused(arguments: tuple[str, ...], named: str) -> None:
    """Each by its name, with what would be accepted."""
    with pytest.raises(BadInput) as refusal:
        rounds.one_or_until(given(*arguments), str)
    assert refusal.value.where == named


@pytest.mark.parametrize("extra", [("--until", "healthy"), ("--resume",), ("--jobs", "0"), ()])
def test_several_files_are_several_environments(extra: tuple[str, ...]) -> None:
    """One environment twice is refused, and so is what only one round can do."""
    with pytest.raises(BadInput):
        rounds.several(given("-f", "params/embedded.yaml", "-f", "params/embedded.yaml", *extra), str)


def test_a_failing_case_is_found_in_its_file() -> None:
    """The line is that of its function; what is in no file has no place."""
    case = {"module": "test_1_websocket_events_staging", "name": "test_health_check[a]"}
    place = rounds._place(case, load("embedded"))
    assert place is not None
    assert place[0] == "lib/suite/modules/test_1_websocket_events_staging.py"
    assert rounds._place({"module": "nowhere", "name": "x"}, load("embedded")) is None
