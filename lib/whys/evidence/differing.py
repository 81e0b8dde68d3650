"""What differed when refusals came: address, revision, headers, time, token; told only where chance would hardly sort it so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import comb

from lib.facts import Observation, rfc3339
from lib.whys.diagnosis import Lead
from lib.whys.evidence.observations import ObservationLog
from lib.whys.probes import accepted

CHANCE = 0.05
"""In so many of all cases may chance alone show some difference, whatever the number of things that are compared."""

_NAMES_A_PLACE = re.compile(
    r"^(?:server|via|x-cache|cf-ray|(?:x-)?(?:.*-)?(?:revision|version|instance|pod|node|region|zone|pop|edge|backend|upstream|"
    r"served-by|server|host|machine|replica|deployment|container))$"
)
"""Headers that say who answered; of others (lengths, dates, ids, what a refusal has by its nature) a difference says nothing."""

_SHOWN, _MOST_VALUES = 20, 50
_GROWING = ("the token's age in seconds",)
"""What only grows: there is a least number from which on it refuses, not a place."""

Numbers = Callable[[Observation], float | None]


def differing(log: ObservationLog) -> tuple[Lead, ...]:
    """What the refusals of the configured handshake have in common that its acceptances have not, the unlikeliest first."""
    own = [seen for seen in log.controls() if seen.rung is not None]
    refused = [seen for seen in own if not accepted(seen)]
    if not refused or len(refused) == len(own):
        return ()
    values = {name: told for name, told in _values(log, own).items() if len(set(told.values())) > 1}
    numbers = {name: told for name, told in _numbers(own).items() if len(set(told.values())) > 1}
    bound = CHANCE / max(1, sum(len(set(told.values())) for told in values.values()) + 2 * len(numbers))
    found = [*_by_value(values, refused), *_by_number(numbers, refused)]
    shown = sorted(((odds, said) for odds, said in found if odds <= bound), key=lambda one: one[0])
    told = [_lead(f"{said} (chance alone would do this in {100 * odds:.1g} % of cases)", refused) for odds, said in shown]
    return (_when(own, refused), *(told or _alike([*values, *numbers], refused)))


def _lead(because: str, refused: Sequence[Observation]) -> Lead:
    return Lead(id=None, because=because, evidence=tuple(seen.id for seen in refused[:_SHOWN]))


def _values(log: ObservationLog, own: Sequence[Observation]) -> dict[str, dict[str, str]]:
    """By what can be compared, the value of each handshake that has one."""
    found: dict[str, dict[str, str]] = {
        "the address that was reached": {seen.id: str(seen.finding["peer"]) for seen in own if seen.finding.get("peer")},
    }
    names = {name for seen in own for name in seen.headers if _NAMES_A_PLACE.match(name)}
    for name in sorted(names):
        told = {seen.id: seen.headers.get(name, "not sent") for seen in own if seen.status is not None}
        if len(set(told.values())) <= _MOST_VALUES:
            found[f"the header {name}"] = told
    entries = [entry for entry in log.logs() if entry.finding.get("layer") != "edge"]
    for label in ("revision", "instance"):
        by_trace = {entry.trace_id: str(entry.finding[label]) for entry in entries if entry.finding.get(label)}
        found[f"the {label} in the log"] = {seen.id: by_trace[seen.trace_id] for seen in own if seen.trace_id in by_trace}
    return found


def _numbers(own: Sequence[Observation]) -> dict[str, dict[str, float]]:
    """By what grows, its number for each handshake."""
    kinds: dict[str, Numbers] = {
        "the token's age in seconds": lambda seen: seen.finding.get("token_age_s"),
        "the second of the minute": lambda seen: seen.at.second if seen.at else None,
        "the minute of the hour": lambda seen: seen.at.minute if seen.at else None,
    }
    return {name: {seen.id: float(number) for seen in own if (number := of(seen)) is not None} for name, of in kinds.items()}


def _by_value(values: Mapping[str, Mapping[str, str]], refused: Sequence[Observation]) -> Iterator[tuple[float, str]]:
    for name, told in values.items():
        failed = [told[seen.id] for seen in refused if seen.id in told]
        every = Counter(told.values())
        for value, hits in Counter(failed).items():
            odds = chance(hits, of=len(failed), marked=every[value], among=len(told))
            others, passed = len(told) - every[value], len(failed) - hits
            yield odds, (
                f"{name} was {value!r} in {hits} of {len(failed)} refusals; there {hits} of {every[value]} handshakes were "
                f"refused, elsewhere {passed} of {others}"
            )  # fmt: skip


def _by_number(numbers: Mapping[str, Mapping[str, float]], refused: Sequence[Observation]) -> Iterator[tuple[float, str]]:
    for name, told in numbers.items():
        failed = [told[seen.id] for seen in refused if seen.id in told]
        if not failed:
            continue
        low, high, count = min(failed), max(failed), len(told)
        if name in _GROWING:
            over = sum(number >= low for number in told.values())
            odds = chance(len(failed), of=len(failed), marked=over, among=count)
            yield odds, f"{name} was {low:.0f} or more in each of {len(failed)} refusals, as in {over} of {count} handshakes"
        elif len(failed) > 1:
            inside = sum(low <= number <= high for number in told.values())
            # Wherever the refusals fell together, it would have been noticed: as many places as there are values.
            odds = chance(len(failed), of=len(failed), marked=inside, among=count) * len(set(told.values()))
            span = f"{low:.0f}" if low == high else f"between {low:.0f} and {high:.0f}"
            yield odds, f"{name} was {span} in each of {len(failed)} refusals, as in {inside} of {count} handshakes"


def chance(hits: int, *, of: int, marked: int, among: int) -> float:
    """How often `of` handshakes drawn blindly `among` so many would hold `hits` or more of those that are marked."""
    drawn = sum(comb(marked, k) * comb(among - marked, of - k) for k in range(hits, min(of, marked) + 1))
    return drawn / comb(among, of)


def _when(own: Sequence[Observation], refused: Sequence[Observation]) -> Lead:
    """When the refusals came, and whether at regular intervals or in one stretch."""
    moments = [seen.at for seen in refused if seen.at]
    said = ", ".join(rfc3339(at)[:19] + "Z" for at in moments[:5]) + (" …" if len(moments) > 5 else "")
    gaps = [(later - at).total_seconds() for at, later in pairwise(moments)]
    turns = sum(accepted(one) != accepted(other) for one, other in pairwise(own))
    if len(refused) > 2 and turns <= 2:
        said += f"; one stretch of {len(refused)} in a row"
    elif len(gaps) > 2 and min(gaps) > 0 and max(gaps) - min(gaps) < 0.1 * max(gaps):
        said += f"; each {sum(gaps) / len(gaps):.0f} s after the one before"
    kinds = Counter(f"{'no answer' if seen.status is None else seen.status} {seen.close_code or ''}".strip() for seen in refused)
    return _lead(f"refused at {said} ({', '.join(f'{n} × {kind}' for kind, n in kinds.items())})", refused)


def _alike(compared: Sequence[str], refused: Sequence[Observation]) -> Iterable[Lead]:
    """What was compared, where none of it told the refusals from the acceptances."""
    few = "; of one refusal alone little can be told" if len(refused) == 1 else ""
    what = f"compared, and sorted no better than by chance: {', '.join(compared)}"
    yield _lead(f"{what if compared else 'nothing that was seen of the answers varied'}{few}", refused)
