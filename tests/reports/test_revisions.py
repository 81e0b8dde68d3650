"""The revision that answered is read where an answer names it, and nowhere else."""

from __future__ import annotations

import pytest

from lib.reports.revisions import revision_of
from tests import sample_round as sample


@pytest.mark.parametrize(
    ("changes", "revision"),
    [
        ({"headers": (("x-revision", "r-7"),), "label": "anything"}, "r-7"),
        ({"headers": (("x-git-sha", "0a1b2c"),), "label": "anything"}, "0a1b2c"),
        ({"body_excerpt": '{"status": "ok", "version": "1.4", "commit": "0a1b2c"}'}, "0a1b2c"),
        ({"body_excerpt": '{"status": "ok", "build": 4711}'}, "4711"),
        ({"body_excerpt": '{"status": "starting", "version": "1.4"}', "status": 503}, None),
        ({"body_excerpt": '{"version": "1.4"}', "label": "protected"}, None),
        ({"body_excerpt": '{"status": "UP"}'}, None),
    ],
)
def test_a_revision_is_a_header_of_any_answer_or_a_key_of_healths(changes, revision):
    """The more telling name wins; what fails, and what another route says, names none."""
    given = {"kind": "rest", "label": "health", "status": 200, "headers": (), "body_excerpt": ""}
    assert revision_of(sample.exchange("e1", **(given | changes))) == revision
