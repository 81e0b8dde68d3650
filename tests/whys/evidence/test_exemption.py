"""Another user is accepted: what they are asked for is settled by what is refused to them, or by what did not help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from tests.whys.world import RIGHT, World, context, diagnosed

USERS: Mapping[str, Any] = {"users": ["user-2"]}
SAY_SO = {"issuer-mismatch", "origin-refused"}
"""Of which this target's words tell, where it has any."""
OF_THE_USER = {"user-unknown", "user-inactive", "permission-missing", "connection-limit"}


class LetOff(World):
    """A target in which the other user is not asked for this one thing; for all else both are."""

    def _checks(self, factors: Mapping[str, Any]) -> Iterable[str]:
        found = super()._checks(factors)
        return [check for check in found if check not in self.order] if factors.get("user") == "user-2" else found


@pytest.mark.parametrize(
    "fault",
    ["bypass-key", "origin-refused", "subprotocol-refused", "claim-missing", "permission-missing", "issuer-mismatch"],
)
@pytest.mark.parametrize("bare", [True, False])
def test_what_the_other_user_is_exempt_from_stays_open(fault: str, bare: bool) -> None:
    """With users as the only alternative the truth is inside, whatever the accepted user is let off (or named by its words)."""
    diagnosis = diagnosed(LetOff([fault], bare=bare), context(alternatives=USERS))
    says_so = fault in SAY_SO and not bare
    assert [cause.id for cause in diagnosis.causes] == ([fault] if says_so else [])
    assert (fault in diagnosis.candidates) is not says_so


def test_what_the_other_user_is_asked_for_as_well_is_no_reason() -> None:
    """A key, an audience and an issuer that are refused to the accepted user as well are right: they are excluded."""
    diagnosis = diagnosed(World(["user-inactive"]), context(alternatives=USERS))
    assert set(diagnosis.candidates[:4]) == OF_THE_USER
    assert {"secret-mismatch", "audience-mismatch", "issuer-mismatch"} <= diagnosis.excluded.keys()


def test_where_all_else_was_tried_only_the_user_is_left() -> None:
    """Of everything else another value was on offer and did not help: no check is left that one user may be exempt from."""
    assert RIGHT["user-inactive"] == {"user": "user-2"}
    diagnosis = diagnosed(World(["user-inactive"]), context())
    assert set(diagnosis.candidates) == OF_THE_USER
