"""A change that replaces one refusal by another: the first cause is inferred, and a wrong value is not taken for progress."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.whys.world import World, context, diagnosed


class Shut(World):
    """A target that, behind its faults, refuses everything for a reason of its own."""

    def _checks(self, factors: Mapping[str, Any]) -> Iterator[str]:
        # Its own words must not state the cause, or nothing would be left to infer.
        yield from ("the first gate" if name == "issuer-mismatch" else name for name in super()._checks(factors))
        yield "closed for today"


def test_what_leads_past_a_first_refusal_is_inferred() -> None:
    """With the right issuer the answer is another one, with a meaningless issuer it stays: the issuer was wrong."""
    diagnosis = diagnosed(Shut(["issuer-mismatch"], bare=False), context())
    assert (diagnosis.verdict, [cause.id for cause in diagnosis.causes]) == ("inferred", ["issuer-mismatch"])
    assert diagnosis.works_with is None


def test_another_refusal_by_a_wrong_value_is_no_progress() -> None:
    """A wrong issuer is refused in words of its own, and so is its placebo: nothing is named."""
    diagnosis = diagnosed(Shut([], bare=False), context())
    assert (diagnosis.verdict, diagnosis.causes) == ("ambiguous", ())
