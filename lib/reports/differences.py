"""What differs between two rounds, case by case and cause by cause (pure). Reports and comparisons both say it from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lib.reports.sentences import Document

FAILING = frozenset({"failed", "error"})
REFUSALS = frozenset({401, 403})
EVIDENCE = frozenset({"positive", "rejection"})
"""A pass of these worths says something; `any-answer` and `no-traffic` would have been green whatever the system did."""


def case_id(case: Document) -> str:
    """How a case is named everywhere: module::name, and by its node id where others of its module share the name."""
    return str(case.get("nodeid") or f"{case['module']}::{case['name']}")


def outcomes_of(case: Document) -> list[str]:
    """The outcomes of a case's runs where it ran several times, else its one outcome."""
    runs = case.get("runs") or case.get("outcomes")
    return (
        [str(run.get("outcome") if isinstance(run, Mapping) else run) for run in runs]
        if isinstance(runs, list) and runs
        else [case["outcome"]]
    )


def by_id(suite: Document | None) -> dict[str, list[str]]:
    """All outcomes of each case of a suite document, in order; a case that stands there repeatedly is one case."""
    found: dict[str, list[str]] = {}
    for case in (suite or {}).get("cases") or ():
        found.setdefault(case_id(case), []).extend(outcomes_of(case))
    return found


def case_changes(before: Document | None, after: Document | None) -> dict[str, list[str]]:
    """The contract's `cases`, each list in the order of the round in which the case stands.

    A case that both passed and failed within one round is flaky, and in no other list but `added` and `removed`. Where a round
    left no suite document nothing is in any list: what was not run was not taken away.
    """
    if before is None or after is None:
        return {name: [] for name in ("new_failures", "fixed", "still_failing", "flaky", "added", "removed")}
    old, new = by_id(before), by_id(after)
    flaky = [case for case in dict.fromkeys([*new, *old]) if any(_mixed(runs.get(case, ())) for runs in (old, new))]
    steady = [case for case in new if case in old and case not in flaky]
    return {
        "new_failures": [case for case in steady if _passes(old[case]) and _fails(new[case])],
        "fixed": [case for case in steady if _fails(old[case]) and _passes(new[case])],
        "still_failing": [case for case in steady if _fails(old[case]) and _fails(new[case])],
        "flaky": flaky,
        "added": [case for case in new if case not in old],
        "removed": [case for case in old if case not in new],
    }


def runs_of(case: str, *suites: Document | None) -> tuple[int, int]:
    """How many runs of a case are known from these suites, and how many of them failed."""
    outcomes = [outcome for suite in suites for outcome in by_id(suite).get(case, ())]
    return len(outcomes), sum(outcome in FAILING for outcome in outcomes)


def cause_changes(before: Document | None, after: Document | None) -> dict[str, list[str]]:
    """Causes that are new, newly excluded, and gone. Where the later diagnosis leaves one open, or there is none, it is in no
    list."""
    if before is None or after is None or after["verdict"] == "unreachable":
        return {"opened": [], "excluded": [], "closed": []}
    old, new = _ids(before["causes"]), _ids(after["causes"])
    open_still = set(after["candidates"])
    closed = [cause for cause in old if cause not in new and cause not in open_still]
    known = {*_ids(before["excluded"]), *closed}
    return {
        "opened": [cause for cause in new if cause not in old],
        "excluded": [cause for cause in _ids(after["excluded"]) if cause not in known],
        "closed": closed,
    }


def is_accepted_control(seen: Document) -> bool:
    """Whether an observation is the configured handshake, unchanged and accepted."""
    return bool(seen["kind"] == "handshake" and not seen["factors"] and is_opened(seen))


def is_opened(seen: Document) -> bool:
    """Whether a handshake led to a session that was not refused."""
    return bool(seen["status"] == 101 and seen["close_code"] is None and seen.get("granted") is not False)


def is_refused(seen: Document) -> bool:
    """Whether an answer says no: by its status, or where every socket is let in by how the session ended."""
    code = seen["close_code"] or 0
    return seen["status"] in REFUSALS or (seen["status"] == 101 and (is_refusal_code(code) or seen.get("granted") is False))


def is_refusal_code(code: int) -> bool:
    """Whether a close code refuses (1008, 4000 to 4999) or tells of a failure (1011)."""
    return code in {1008, 1011} or 4000 <= code <= 4999


def is_bad_credential(seen: Document) -> bool:
    """Whether an observation was made with no credential, or one that no system should take."""
    factors = seen.get("factors") or {}
    return factors.get("credential") in {"none", "garbage"} or factors.get("key") == "forged"


def accepted_controls(diagnosis: Document | None) -> list[str]:
    """The ids of observations of the configured handshake, unchanged and accepted, where the verdict is that it works."""
    if diagnosis is None or diagnosis["verdict"] != "healthy":
        return []
    return [seen["id"] for seen in diagnosis["observations"] if is_accepted_control(seen)]


def refusing(cause: str) -> str:
    """How a round claims a cause."""
    return f"{cause} refuses the handshake"


def _ids(entries: Iterable[Document]) -> list[str]:
    return [entry["id"] for entry in entries]


def _fails(outcomes: Iterable[str]) -> bool:
    return all(outcome in FAILING for outcome in outcomes)


def _passes(outcomes: Iterable[str]) -> bool:
    return all(outcome == "passed" for outcome in outcomes)


def _mixed(outcomes: Iterable[str]) -> bool:
    return "passed" in outcomes and any(outcome in FAILING for outcome in outcomes)
