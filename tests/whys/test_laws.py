"""Laws of the inference, over random worlds and catalogues: what no observation may bring about, whatever the causes are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from lib.whys.catalogue.index import CATALOGUE, FACTORS, Cause
from lib.whys.conclusion import conclude
from lib.whys.diagnosis import Diagnosis
from lib.whys.evidence.elimination import excluded_from, explained
from lib.whys.evidence.features import FEATURES, OF_CONDUCT
from lib.whys.probes import Change, Driver
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.plan import run
from tests.whys.world import RIGHT, World, context

STRENGTH = {"proved": 4, "logged": 3, "stated": 2, "inferred": 1}
FAULTS = sorted(RIGHT)
slow = settings(max_examples=25, deadline=None)
worlds = some.lists(some.sampled_from(FAULTS), min_size=1, max_size=2, unique=True).filter(
    lambda faults: len({name for fault in faults for name in RIGHT[fault]}) == len(faults)
)


def asked(faults: tuple[str, ...], bare: bool = True, changes: tuple[Change, ...] | None = None) -> Inquiry:
    """An inquiry into a world with these faults, led to its end."""
    known = context() if changes is None else replace(context(), changes=changes)
    world, inquiry = World(faults, seed=len("".join(faults)), bare=bare), Inquiry(known)
    driver = Driver(run(inquiry))
    while (batch := driver.batch) is not None:
        spent = world.handshakes + len(batch.asks) > known.handshakes or world.now_s + batch.wait_s > known.seconds
        driver.answer(None if spent else world.take(batch))
    return inquiry


@cache
def known(faults: tuple[str, ...], bare: bool = True) -> Diagnosis:
    """The diagnosis with the catalogue as it stands."""
    return conclude(asked(faults, bare))


@contextmanager
def phantom(factors: tuple[str, ...], refuted_by: tuple[str, ...] = ()) -> Iterator[None]:
    """The catalogue with one more cause in it."""
    causes = cast("dict[str, Cause]", CATALOGUE)
    told: dict[str, Any] = {"means": "m", "why": "w", "remedy": "r", "set_to_split": "logs.source", "log_patterns": ()}
    causes["phantom"] = Cause(
        id="phantom", layer="policy", area="CORS and security policy", lifted_by=factors, refuted_by=refuted_by, **told
    )
    try:
        yield
    finally:
        del causes["phantom"]


def certainty(diagnosis: Diagnosis) -> Mapping[str, int]:
    """How certain each named cause is."""
    return {cause.id: STRENGTH[cause.strength] for cause in diagnosis.causes}


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize(
    "fault", ["host-refused", "permission-missing", "subprotocol-refused", "credential-carrier", "bypass-key"]
)
def test_a_cause_that_nothing_refutes_is_never_excluded(factor: str, fault: str) -> None:
    """Whatever it is lifted by: where it predicts what lifted the refusal it stays open, and its neighbour is not named alone."""
    with phantom((factor,)):
        inquiry = asked((fault,))
        diagnosis = conclude(inquiry)
    lifted = {name for change in inquiry.interventions[0].changes for name in change.touched}
    if factor in lifted:
        assert "phantom" in diagnosis.candidates
        assert not diagnosis.causes
    else:
        assert "phantom" not in certainty(diagnosis)


@slow
@given(worlds, some.lists(some.sampled_from(FACTORS), max_size=4), some.sets(some.sampled_from(sorted({*FEATURES, *OF_CONDUCT}))))
def test_a_further_cause_makes_no_other_more_certain(faults: list[str], factors: list[str], refuted_by: set[str]) -> None:
    """A larger catalogue can only leave more open."""
    before = certainty(known(tuple(faults)))
    with phantom(tuple(factors), tuple(sorted(refuted_by))):
        after = certainty(conclude(asked(tuple(faults))))
    assert {name: strength for name, strength in after.items() if name != "phantom"}.items() <= before.items()


@slow
@given(some.sampled_from(FAULTS), some.booleans(), some.randoms(use_true_random=False))
def test_the_order_of_alternatives_changes_no_verdict(fault: str, bare: bool, order: Any) -> None:
    """What was written first is neither more nor less likely."""
    changes = list(context().changes)
    order.shuffle(changes)
    diagnosis = conclude(asked((fault,), bare, tuple(changes)))
    first = known((fault,), bare)
    assert (diagnosis.verdict, certainty(diagnosis)) == (first.verdict, certainty(first))
    assert set(diagnosis.candidates) == set(first.candidates)


@slow
@given(worlds, some.booleans(), some.data())
def test_fewer_observations_make_nothing_more_certain(faults: list[str], bare: bool, data: some.DataObject) -> None:
    """Taking an observation away from what was concluded from turns nothing open into something named."""
    inquiry = asked(tuple(faults), bare)
    named = certainty(conclude(inquiry))
    kept = {name for item in inquiry.interventions for name in (*item.accepted, *item.refused)}
    gone = data.draw(some.sampled_from([seen for seen in inquiry.log.all if seen.id not in kept] or inquiry.log.all[-1:]))
    inquiry.log.all = [seen for seen in inquiry.log.all if seen is not gone]
    assert all(strength <= named.get(name, 0) for name, strength in certainty(conclude(inquiry)).items())


@slow
@given(worlds, some.booleans())
def test_what_its_own_features_refute_is_never_named(faults: list[str], bare: bool) -> None:
    """Neither as a proved cause nor as one that explains a change."""
    inquiry = asked(tuple(faults), bare)
    diagnosis = conclude(inquiry)
    assert not {*certainty(diagnosis), *diagnosis.candidates} & diagnosis.excluded.keys()
    for intervention in inquiry.interventions:
        for change in intervention.changes:
            assert not set(explained(inquiry.log, intervention, change)) & excluded_from(inquiry.log, intervention, change).keys()


class AnythingElse(World):
    """A target that refuses one configured value and takes any other: no particular value is what it wants."""

    def _checks(self, factors: Mapping[str, Any]) -> Iterator[str]:
        (fault,) = self.order
        (name,) = RIGHT[fault]
        if name not in factors and not (
            {"headers", "query"} & {name.split(".")[0]} and any(key[:8] == "headers." for key in factors)
        ):
            yield fault
        if factors.get("credential") in ("none", "garbage"):
            yield "no credential"


@pytest.mark.parametrize("fault", ["secret-mismatch", "issuer-mismatch", "audience-mismatch", "origin-refused", "bypass-key"])
def test_a_placebo_that_helps_is_never_overruled(fault: str) -> None:
    """Where a meaningless value does as well, the value is not what is proved, and no cause that wants it is named."""
    world, inquiry = AnythingElse([fault]), Inquiry(context())
    driver = Driver(run(inquiry))
    while (batch := driver.batch) is not None:
        driver.answer(None if world.handshakes > 100 else world.take(batch))
    diagnosis = conclude(inquiry)
    assert not diagnosis.causes
    assert diagnosis.verdict in {"narrowed", "ambiguous"}
