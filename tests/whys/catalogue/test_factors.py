"""What is said of factors is said of factors that there are."""

from __future__ import annotations

from lib.whys.catalogue.factors import FACTORS, OF_A_TOKEN, OF_ANOTHER_LOGIN, WEIGHT
from lib.whys.catalogue.index import CATALOGUE
from tests.whys.world import context


def test_each_change_and_each_cause_is_about_a_factor() -> None:
    """What is on offer touches known factors, causes are lifted by known ones, and each is named once."""
    touched = {factor for change in context().changes for factor in change.touched}
    lifting = {factor for cause in CATALOGUE.values() for factor in cause.lifted_by}
    assert touched | lifting <= set(FACTORS)
    assert len(set(FACTORS)) == len(FACTORS)


def test_what_a_token_says_is_part_of_a_credential() -> None:
    """Another login differs in what its token says, and in no more than another credential does, but in being issued."""
    assert set(OF_ANOTHER_LOGIN) - set(OF_A_TOKEN) == {"issued"}
    assert WEIGHT["key"] < WEIGHT["host"]
