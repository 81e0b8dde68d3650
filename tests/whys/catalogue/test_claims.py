"""Which factors a claim is about, told in one place."""

from __future__ import annotations

import pytest

from lib.whys.catalogue.claims import claim_factors


@pytest.mark.parametrize(
    ("name", "configured", "factors"),
    [
        ("iss", {"iss": "a"}, ("iss",)),
        ("sub", {}, ("user",)),
        ("scope", {"scope": "read"}, ("permission",)),
        ("roles", {}, ("claim", "permission")),
        ("tenant", {}, ("claim",)),
        ("tenant", {"tenant": "a"}, ("claim", "permission")),
        ("exp", {"exp": None}, ("claim",)),
        ("exp", {"exp": 1}, ("lifetime",)),
    ],
)
def test_a_claim_is_about_what_changes_with_it(name: str, configured: dict[str, object], factors: tuple[str, ...]) -> None:
    """A value that is there may be wrong, one that is not may be missing; names that speak of rights are about rights."""
    assert claim_factors(name, configured) == factors


@pytest.mark.parametrize("name", ["scope", "scp", "roles", "permissions", "groups"])
def test_without_the_configured_claims_all_that_it_may_be_about(name: str) -> None:
    """A record says only the claim's name: every reading of it counts."""
    assert set(claim_factors(name)) == {"permission", "claim"}
