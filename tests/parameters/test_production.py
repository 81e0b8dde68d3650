"""Names of hosts that look like production, and names that only hold its letters."""

from __future__ import annotations

import pytest

from lib.parameters.errors import BadInput
from lib.parameters.hosts import host_of
from lib.parameters.loading import completed
from lib.parameters.production import unnamed_production

LOOK_ALIKE = (
    "рrod рrоd prοd ргоԁ ρrod ᴘrod pᴦod ᏢᎡd liνe lіve lΙve Iive ｐｒｏｄ ⓟrod 𝐩rod prōd prođ"  # Cyrillic, Greek, Cherokee …
)
PRODUCTION = f"""
    prod prd prod1 prod01 prod10 prod-eu eu-prod prod_eu production2 app-production production-eu api-prd my-app-prod-01 PROD
    apiprod euprod prodeu proda prod2b produktion live live1 live-eu live-eu-west-1 api-live live-blue pr0d l1ve pr0duct1on
    casinoprod robotprod pro\u200bd pro\u0301d pro\xadd xn--rd-fmcg {LOOK_ALIKE}
""".split()
OTHERWISE = f"""
    product products produce producer productivity productions reproduction coproduction delivery alive olive lived
    staging preprod pre-prod nonprod non-prod predprod pred-prod preproduction mypreprod pre-live non-live
    noprod notprod nprod nprd nprd01
    live-chat live-ws livechat live-updates staging-live-events ws proud prude periodical pr produkte
    日本 staging-日本 россия xn-- xn--\u0661{"a" * 70}
""".split()


@pytest.mark.parametrize("label", PRODUCTION)
def test_a_host_that_looks_like_production_is_recognised(label: str) -> None:
    """As it is written and as it is looked up, at any place of the name, and it passes where it is named."""
    for host in (f"api.{label}.example", label):
        assert unnamed_production(host, ())
        looked_up = host_of(f"wss://{host}/ws")
        assert (bool(unnamed_production(looked_up, ())), unnamed_production(looked_up, [looked_up])) == (True, "")
        with pytest.raises(BadInput, match="looks like production"):
            completed({"environment": "x", "target": {"rest_url": None, "ws_url": f"wss://{host}./ws"}}, "x")


@pytest.mark.parametrize("label", OTHERWISE)
def test_a_word_that_holds_its_letters_is_not_production(label: str) -> None:
    """A service's name, a word of its own, and an environment that calls itself another than production."""
    assert unnamed_production(f"api.{label}.staging.example", ()) == ""


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "2001:db8::9"])
def test_an_address_in_numbers_does_not_say_what_it_is(address: str) -> None:
    """Numbers look like nothing."""
    assert unnamed_production(address, ()) == ""
