"""The minimal set of differences is exact, whatever matters among how many, and costs far less than plain ddmin."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Generator
from typing import Any

import pytest

from lib.whys.strategy.minimal import minimal_set

Oracle = Callable[[list[int]], bool]


def asked(differences: list[int], opens: Oracle) -> tuple[list[int], int]:
    """What is found, and how many sets were asked for it; the same set twice is asked once."""
    seen: dict[frozenset[int], bool] = {}

    def ask(taken: list[int]) -> Generator[Any, Any, bool]:
        key = frozenset(taken)
        if key not in seen:
            seen[key] = opens(taken)
        return seen[key]
        yield

    search = minimal_set(differences, ask)
    try:
        next(search)
    except StopIteration as ended:
        return ended.value, len(seen)
    raise AssertionError("it asks through its argument alone")


def ddmin(differences: list[int], opens: Oracle) -> tuple[list[int], int]:
    """Zeller's ddmin as published, for comparison: chunks and complements, finer by two."""
    seen: dict[frozenset[int], bool] = {}

    def test(taken: list[int]) -> bool:
        return seen.setdefault(frozenset(taken), opens(taken))

    taken, parts = list(differences), 2
    while len(taken) >= 2:
        size = -(-len(taken) // parts)
        chunks = [taken[at : at + size] for at in range(0, len(taken), size)]
        chunk = next((one for one in chunks if test(one)), None)
        if chunk is not None:
            taken, parts = chunk, 2
            continue
        rest = next((left for one in chunks if (left := [item for item in taken if item not in one]) and test(left)), None)
        if rest is not None:
            taken, parts = rest, max(parts - 1, 2)
        elif parts >= len(taken):
            break
        else:
            parts = min(len(taken), parts * 2)
    return taken, len(seen)


def samples(n: int, k: int) -> list[tuple[int, ...]]:
    """Which of n matter: every choice of k where there are few, else two hundred drawn with a seed."""
    every = list(itertools.combinations(range(n), k)) if k < 3 or n <= 20 else []
    drawn = random.Random(15)
    return drawn.sample(every, 200) if len(every) > 200 else every or [tuple(drawn.sample(range(n), k)) for _ in range(200)]


def test_the_set_is_exact_and_cheaper_than_ddmin(capsys: pytest.CaptureFixture[str]) -> None:
    """For 5, 20 and 60 differences of which 1, 2 or 3 matter: always exactly those, never dearer than plain ddmin."""
    rows = [f"{'differences':>11} {'matter':>6} {'mean':>6} {'worst':>6} {'ddmin mean':>11} {'ddmin worst':>11}"]
    for n, k in itertools.product((5, 20, 60), (1, 2, 3)):
        ours, theirs = [], []
        for matter in samples(n, k):
            found, cost = asked(list(range(n)), lambda taken, matter=matter: set(matter) <= set(taken))
            assert set(found) == set(matter)
            ours.append(cost)
            theirs.append(ddmin(list(range(n)), lambda taken, matter=matter: set(matter) <= set(taken))[1])
        means = [sum(costs) / len(costs) for costs in (ours, theirs)]
        rows.append(f"{n:>11} {k:>6} {means[0]:>6.1f} {max(ours):>6} {means[1]:>11.1f} {max(theirs):>11}")
        assert means[0] <= means[1]
        assert max(ours) <= max(theirs)
    with capsys.disabled():
        print("\n" + "\n".join(rows))


def test_differences_that_exclude_one_another_end_in_a_set_that_opens() -> None:
    """One difference spoils the handshake unless another is taken too: what is found opens, and each member is needed."""

    def opens(taken: list[int]) -> bool:
        return 7 in taken and (3 not in taken or 9 in taken)

    found, _ = asked(list(range(12)), opens)
    assert opens(found)
    assert not any(opens([other for other in found if other != member]) for member in found)


def test_any_of_two_is_enough() -> None:
    """Where either opens, one is found, the likelier."""
    assert asked(list(range(12)), lambda taken: 2 in taken or 8 in taken)[0] == [2]
