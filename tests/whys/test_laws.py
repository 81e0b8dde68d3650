"""Laws of the inference, over random worlds and catalogues: what no observation may bring about, whatever the causes are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any, cast

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as some

from lib.facts import Observation
from lib.whys.catalogue.index import CATALOGUE, FACTORS, Cause
from lib.whys.conclusion import conclude
from lib.whys.context import Context
from lib.whys.diagnosis import Diagnosis
from lib.whys.evidence.elimination import excluded_from, explained
from lib.whys.evidence.features import FEATURES, OF_CONDUCT
from lib.whys.probes import Change, Driver, Probe
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.plan import run
from tests.whys.world import BEGAN, RIGHT, World, context, parameters

STRENGTH = {"proved": 4, "logged": 3, "stated": 2, "inferred": 1}
FAULTS = sorted(RIGHT)
slow = settings(max_examples=20, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))


def apart(faults: list[str]) -> bool:
    """Whether no two of these are lifted by the same change."""
    return len({name for fault in faults for name in RIGHT.get(fault, {"host": None})}) == len(faults)


worlds = some.lists(some.sampled_from([*FAULTS, "edge"]), min_size=1, max_size=2, unique=True).filter(apart)
FACES: Mapping[str, Mapping[str, Any]] = {
    "empty": {"body_excerpt": "", "status": 403},
    "words": {},
    "a crash": {"status": 500, "body_excerpt": "Internal Server Error"},
    "a gateway": {"status": 502},
    "too many": {"status": 429},
    "a redirect": {"status": 302, "headers": {"location": "/login"}},
    "broken off": {"status": 101, "finding": {"error": "the client broke off"}},
    "closed": {"rung": "session", "status": 101, "close_code": 1008},
    "crashed": {"rung": "session", "status": 101, "close_code": 1011},
}
"""How a refusal may look, whatever it is for."""

TIMELESS = FACES.keys() - {"too many"}
"""Those that do not tell of the moment at which they came."""

DIRECT = "10.0.0.9:8080"
"""An authority that leads past an edge: what refuses at the configured one accepts there."""


class Target(World):
    """A world whose refusals have these faces, one after the other, and in which some probes cannot be sent."""

    def __init__(self, faults: Iterable[str], *faces: str, unsendable: Collection[str] = (), **options: Any):
        super().__init__([fault for fault in faults if fault in RIGHT], bare=False, **options)
        self.is_behind_an_edge = "edge" in list(faults)
        self.faces, self.unsendable = faces or ("empty",), unsendable

    def answer(self, ask: Probe, apart_s: float = 0.0) -> Observation:
        """One answer, or what stands for a probe that was not sent."""
        if ask.request == "handshake" and repr(dict(ask.factors)) in self.unsendable:
            name = f"u{self.now_s}"
            return Observation(id=name, kind="offline", factors=dict(ask.factors), finding={"unsent": True}, at=BEGAN)
        seen = super().answer(ask, apart_s)
        if seen.kind != "handshake" or seen.accepted:
            return seen
        face = self.faces[self.random.randrange(len(self.faces))]
        return replace(seen, **{"finding": {}, **FACES[face]})

    def _checks(self, factors: Mapping[str, Any]) -> Iterable[str]:
        if self.is_behind_an_edge and factors.get("host") != DIRECT:
            yield "edge"
        yield from super()._checks(factors)


def knowing(changes: tuple[Change, ...] | None = None) -> Context:
    """What an inquiry knows: every kind of alternative, an authority past the edge among them."""
    usual = context()
    every = (*usual.changes, Change(factor="host", factors={"host": DIRECT}))
    return replace(usual, changes=every if changes is None else changes, hosts=(DIRECT,))


def asked(target: World, known: Context | None = None) -> Inquiry:
    """An inquiry into this target, led to its end."""
    known = known or knowing()
    inquiry = Inquiry(known)
    driver = Driver(run(inquiry))
    while (batch := driver.batch) is not None:
        spent = target.handshakes + len(batch.asks) > known.handshakes or target.now_s + batch.wait_s > known.seconds
        driver.answer(None if spent else target.take(batch))
    return inquiry


@cache
def known(faults: tuple[str, ...], face: str = "empty") -> Diagnosis:
    """The diagnosis with the catalogue as it stands."""
    return conclude(asked(Target(faults, face)))


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


def certain(diagnosis: Diagnosis) -> Mapping[str, int]:
    """How certain each cause is, that of one half of a narrowed change too."""
    parts = diagnosis.works_with.explained_by.values() if diagnosis.works_with else ()
    return {names[0]: STRENGTH["proved"] for names in parts if len(names) == 1} | certainty(diagnosis)


def verdict(diagnosis: Diagnosis) -> tuple[str, Mapping[str, int], set[str]]:
    """What a diagnosis comes to."""
    return diagnosis.verdict, certainty(diagnosis), set(diagnosis.candidates)


def lifting(inquiry: Inquiry) -> set[str]:
    """The factors that the proved change touches."""
    return {name for item in inquiry.interventions[:1] for change in item.changes for name in change.touched}


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize(
    "fault", ["host-refused", "permission-missing", "subprotocol-refused", "credential-carrier", "bypass-key", "edge"]
)
def test_a_cause_that_nothing_refutes_is_never_excluded(factor: str, fault: str) -> None:
    """Whatever it is lifted by: where it predicts what lifted the refusal it stays open, and its neighbour is not named alone."""
    with phantom((factor,)):
        inquiry = asked(Target([fault]))
        diagnosis = conclude(inquiry)
    if factor in lifting(inquiry):
        assert "phantom" in diagnosis.candidates
        assert not diagnosis.causes
    else:
        assert "phantom" not in certainty(diagnosis)


@slow
@given(
    worlds,
    some.sampled_from(sorted(FACES)),
    some.sets(some.sampled_from(FACTORS), max_size=4),
    some.sets(some.sampled_from(sorted({*FEATURES, *OF_CONDUCT})), max_size=3),
)
def test_a_further_cause_makes_no_other_more_certain(faults: list[str], face: str, factors: set[str], out: set[str]) -> None:
    """A larger catalogue can only leave more open, and does where nothing that the new cause is refuted by was seen."""
    before = certain(known(tuple(faults), face))
    with phantom(tuple(sorted(factors)), tuple(sorted(out))):
        inquiry = asked(Target(faults, face))
        diagnosis = conclude(inquiry)
    after = certainty(diagnosis)
    assert all(strength <= before.get(name, 0) for name, strength in after.items() if name != "phantom")
    if not out and factors & lifting(inquiry) and diagnosis.verdict != "stated":
        assert "phantom" in {*diagnosis.candidates, *after}


WRONG: Mapping[str, Any] = {
    "users": ["user-3"], "origins": ["https://x.example"], "paths": ["/x"], "schemes": ["Token"], "subprotocols": [["mqtt"]],
    "host_headers": ["x.example"], "headers": [{"X-Bypass": "wrong"}, {"X-Other": "1"}], "algorithms": ["HS384"],
    "claims": {"iss": ["w"], "aud": ["w"], "tenant": ["w"], "permissions": [["read", "admin"], ["admin"]]},
}  # fmt: skip
"""Values that help nowhere, to stand before and behind those that do."""


@cache
def with_wrong_ones() -> Context:
    """What an inquiry knows that is offered several values of each kind, and budget for all of them."""
    usual = parameters().alternatives.model_dump()
    claims = {name: [*WRONG["claims"].get(name, ()), *values] for name, values in usual["claims"].items()}
    every = {name: claims if name == "claims" else [*WRONG.get(name, ()), *values] for name, values in usual.items()}
    return replace(context(alternatives=every), handshakes=400, seconds=400.0)


@slow
@given(some.sampled_from(FAULTS), some.sampled_from(["empty", "words"]), some.randoms(use_true_random=False))
def test_the_order_of_alternatives_changes_no_verdict(fault: str, face: str, order: Any) -> None:
    """What was written first is neither more nor less likely, also of several values of one kind."""
    usual = with_wrong_ones()
    changes = list(usual.changes)
    order.shuffle(changes)
    first, other = (asked(Target([fault], face), known) for known in (usual, replace(usual, changes=tuple(changes))))
    assert verdict(conclude(other)) == verdict(conclude(first))


@slow
@given(worlds, some.lists(some.sampled_from(sorted(TIMELESS)), min_size=2, max_size=3), some.randoms(use_true_random=False))
def test_the_order_of_equal_probes_changes_no_verdict(faults: list[str], faces: list[str], order: Any) -> None:
    """Of probes that are alike it does not matter which got which answer, where several replicas refuse in their own way."""
    inquiry = asked(Target(faults, *faces))
    first, groups = conclude(inquiry), dict[str, list[Observation]]()
    for seen in inquiry.log.all:
        groups.setdefault(f"{seen.kind} {dict(seen.factors)} {seen.accepted}", []).append(seen)
    swapped: dict[str, Observation] = {}
    for alike in groups.values():
        answers = order.sample(alike, len(alike))
        swapped |= {seen.id: replace(answer, id=seen.id, at=seen.at) for seen, answer in zip(alike, answers, strict=True)}
    inquiry.log.all = [swapped[seen.id] for seen in inquiry.log.all]
    assert verdict(conclude(inquiry)) == verdict(first)


@slow
@given(worlds, some.sampled_from(sorted(FACES)), some.data())
def test_fewer_observations_make_nothing_more_certain(faults: list[str], face: str, data: some.DataObject) -> None:
    """Taking an observation away from what was concluded from turns nothing open into something named."""
    inquiry = asked(Target(faults, face))
    named = certainty(conclude(inquiry))
    kept = {name for item in inquiry.interventions for name in (*item.accepted, *item.refused)}
    gone = data.draw(some.sampled_from([seen for seen in inquiry.log.all if seen.id not in kept] or inquiry.log.all[-1:]))
    inquiry.log.all = [seen for seen in inquiry.log.all if seen is not gone]
    assert all(strength <= named.get(name, 0) for name, strength in certainty(conclude(inquiry)).items())


@slow
@given(worlds, some.sampled_from(sorted(FACES)), some.data())
def test_what_could_not_be_asked_makes_nothing_more_certain(faults: list[str], face: str, data: some.DataObject) -> None:
    """Nor does a probe that was never sent: it is no answer, neither for a cause nor against one (what happens is named)."""
    before = asked(Target(faults, face))
    named = certain(conclude(before)) | dict.fromkeys(("closed-after-accept", "crash-after-accept"), STRENGTH["inferred"])
    every = sorted({repr(dict(seen.factors)) for seen in before.log.handshakes() if seen.factors})
    gone = data.draw(some.sets(some.sampled_from(every), max_size=3)) if every else set()
    after = certainty(conclude(asked(Target(faults, face, unsendable=gone))))
    assert all(strength <= named.get(name, 0) for name, strength in after.items())


def test_a_change_is_needed_only_where_it_was_left_out() -> None:
    """Of two changes that lift together one was not sent alone: that it needs the other was never seen, and is not proved."""
    offer = {"subprotocols": ["chat.v1"]}
    alone = {repr(offer), repr({"headers.X-Bypass": "env:BYPASS", "carriers": ["query", "cookie"], **offer})}
    diagnosis = conclude(asked(Target(["subprotocol-refused"], unsendable=alone)))
    assert verdict(diagnosis) == ("narrowed", {}, {"subprotocol-refused", "clock-skew"})


@slow
@given(worlds, some.sampled_from(sorted(FACES)))
def test_what_its_own_features_refute_is_never_named(faults: list[str], face: str) -> None:
    """Neither as a proved cause nor as one that explains a change."""
    inquiry = asked(Target(faults, face))
    diagnosis = conclude(inquiry)
    assert not {*certainty(diagnosis), *diagnosis.candidates} & diagnosis.excluded.keys()
    for intervention in inquiry.interventions:
        explaining = [
            set(explained(inquiry.log, intervention, change)) - excluded_from(inquiry.log, intervention, change).keys()
            for change in intervention.changes
        ]
        if not intervention.bypass:
            assert {*certainty(diagnosis), *diagnosis.candidates} <= set[str]().union(*explaining)


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
    diagnosis = conclude(asked(AnythingElse([fault]), context()))
    assert not diagnosis.causes
    assert diagnosis.verdict in {"narrowed", "ambiguous"}
