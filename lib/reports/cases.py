"""What a report says of the suite: modules, failures, what worked, and which features that touches (pure)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from lib.facts import Exchange
from lib.reports.differences import EVIDENCE, FAILING, case_id
from lib.reports.sentences import MAX_EVIDENCE, Document, cases_of, say

MAX_EXAMPLES = 3
CLEAN_CLOSES = (None, 1000, 1001)
_VARYING = re.compile(r"^(\d+|[0-9a-f]{8,}|[0-9a-f]{8}-[0-9a-f-]{27}|[\w]+[_-][0-9a-f]{8,})$")


def counts(suite: Document | None) -> dict[str, Any]:
    """How many cases had each outcome, and what the passes are worth."""
    cases = cases_of(suite)
    outcomes = Counter(case["outcome"] for case in cases)
    worths = Counter(case["worth"] or "not judged" for case in cases if case["outcome"] == "passed")
    return {"cases": len(cases), "outcomes": dict(outcomes), "worths": dict(worths), "positive": worths["positive"]}


def module_rows(suite: Document | None, exchanges: Sequence[Exchange], ws_url: str | None) -> list[dict[str, Any]]:
    """One row a module: status, counts, channels, and what it did with the authenticated WebSocket."""
    return [_module_row(module, suite, exchanges, ws_url) for module in dict.fromkeys(case["module"] for case in cases_of(suite))]


def _module_row(module: str, suite: Document | None, exchanges: Sequence[Exchange], ws_url: str | None) -> dict[str, Any]:
    cases = [case for case in cases_of(suite) if case["module"] == module]
    outcomes = Counter(case["outcome"] for case in cases)
    failing = [case["name"] for case in cases if case["outcome"] in FAILING]
    told = (row["channels"] for row in (suite or {}).get("modules") or () if row["module"] == module)
    channels: list[Any] = next(told, [])
    status = (
        "failed" if failing else "passed" if set(outcomes) == {"passed"} else "partly run" if outcomes["passed"] else "not run"
    )
    return {
        "module": module,
        "status": status,
        "cases": len(cases),
        "passed": outcomes["passed"],
        "failed": len(failing),
        "not_run": outcomes["skipped"] + outcomes["untested"],
        "positive": sum(case["worth"] == "positive" for case in cases),
        "channels": list(channels),
        "authenticated_websocket": socket_use(cases, [one for one in exchanges if module_of(one) == module], ws_url),
        "failing": failing,
    }


def module_of(exchange: Exchange) -> str | None:
    """The module of the case that an exchange belongs to, None for what no case sent."""
    return PurePosixPath(exchange.label.partition("::")[0]).stem if exchange.of == "case" else None


def socket_use(cases: Sequence[Document], exchanges: Sequence[Exchange], ws_url: str | None) -> str:
    """Whether these cases opened the authenticated WebSocket: opened, refused, never tried, or not known."""
    handshakes = sum(case["traffic"]["handshakes"] for case in cases if case.get("traffic"))
    if not any(case.get("traffic") and any(case["traffic"].values()) for case in cases) and all(
        case["worth"] is None for case in cases
    ):
        return "not known"  # results that another runner wrote say nothing of traffic
    if not handshakes:
        return "never tried"
    seen = [exchange for exchange in exchanges if exchange.kind == "handshake"]
    authenticated = [exchange for exchange in seen if is_authenticated(exchange, ws_url)]
    if any(exchange.status == 101 and exchange.close_code in CLEAN_CLOSES for exchange in authenticated):
        return "opened"
    if authenticated:
        return "refused"
    return "never tried" if len(seen) >= handshakes else "not known"


def is_authenticated(exchange: Exchange, ws_url: str | None) -> bool:
    """Whether a handshake went to the investigated path; where that is not known, whether it carried a credential."""
    if ws_url:
        return urlsplit(exchange.url).path.rstrip("/") == urlsplit(ws_url).path.rstrip("/")
    names = {name.lower() for name, _ in exchange.request_headers}
    return exchange.credential is not None or "authorization" in names


def without_socket(modules: Iterable[Document]) -> dict[str, Any] | None:
    """The sentence that keeps passing modules from being read as working real time; None where there is nothing to keep."""
    passed = [row for row in modules if row["status"] == "passed"]
    never = [row["module"] for row in passed if row["authenticated_websocket"] == "never tried"]
    unknown = [row["module"] for row in passed if row["authenticated_websocket"] == "not known"]
    if not never and not unknown:
        return None
    parts = [f"{len(never)} never opened the authenticated WebSocket"] if never else []
    parts += [f"of {len(unknown)} it is not known whether they did"] if unknown else []
    joined = " and ".join(parts)
    return say(
        f"Of the {len(passed)} modules that passed, {joined}: the passing of these says nothing about real time.",
        [*never, *unknown],
    )


def failures(suite: Document | None, exchanges: Sequence[Exchange]) -> list[dict[str, Any]]:
    """Failing cases grouped by signature, the largest group first."""
    groups: dict[str, list[Document]] = {}
    for case in cases_of(suite):
        if case["outcome"] in FAILING:
            groups.setdefault(case.get("signature") or "no message", []).append(case)
    return [
        _failure(signature, cases, exchanges) for signature, cases in sorted(groups.items(), key=lambda group: -len(group[1]))
    ]


def failures_in_words(groups: Sequence[Document]) -> str:
    """The largest groups of failing cases by what they fail with, and how many there are beside them."""
    said = "; ".join(
        f"{group['n']} case{'s fail' if group['n'] != 1 else ' fails'} with: {group['signature']}"
        for group in groups[:MAX_EXAMPLES]
    )
    rest = groups[MAX_EXAMPLES:]
    return f"{said}; and {sum(group['n'] for group in rest)} with {len(rest)} other messages" if rest else said


def _failure(signature: str, cases: Sequence[Document], exchanges: Sequence[Exchange]) -> dict[str, Any]:
    names = {case["name"] for case in cases}
    modules = sorted({case["module"] for case in cases})
    refused = [
        one for one in exchanges if one.of == "case" and one.label.rpartition("::")[2] in names and module_of(one) in modules
    ]
    refused = [one for one in refused if one.error or (one.status or 0) >= 400 or one.close_code not in CLEAN_CLOSES]
    return {
        "signature": signature,
        "n": len(cases),
        "modules": modules,
        "cases": [case_id(case) for case in cases],
        "statuses": sorted({status for case in cases for status in case.get("statuses") or ()}),
        "exchanges": [one.id for one in refused][:MAX_EXAMPLES],
    }


def worked(
    suite: Document | None, exchanges: Sequence[Exchange], performance: Document | None, ws_url: str | None
) -> list[dict[str, Any]]:
    """What was seen to work, each with its n; nothing that was only assumed."""
    found = [*_routes(exchanges), *_sockets(exchanges, ws_url), *_passes(suite)]
    for figure in (performance or {}).get("figures") or ():
        if figure["verdict"] == "met" and figure["n"]:
            found.append(
                {
                    "what": f"{figure['name']} meets its objective of {_objective(figure)}",
                    "n": figure["n"],
                    "evidence": [figure["name"]],
                }
            )
    return found


def _routes(exchanges: Sequence[Exchange]) -> list[dict[str, Any]]:
    answered: dict[str, list[Exchange]] = {}
    for one in exchanges:
        if one.kind == "rest" and one.status is not None and 200 <= one.status < 300:
            who = " with the credential" if one.credential else ""
            answered.setdefault(f"{one.method} {route(one.url)} answers 2xx{who}", []).append(one)
    return [_observed(what, found) for what, found in sorted(answered.items(), key=lambda group: (-len(group[1]), group[0]))]


def _sockets(exchanges: Sequence[Exchange], ws_url: str | None) -> list[dict[str, Any]]:
    opened = [
        one
        for one in exchanges
        if one.kind == "handshake" and one.status == 101 and one.close_code in CLEAN_CLOSES and not one.error
    ]
    kinds: dict[str, Callable[[Exchange], bool]] = {
        "the authenticated WebSocket is opened by the configured handshake": lambda one: (
            one.of != "probe" and is_authenticated(one, ws_url)
        ),
        "the WebSocket is opened by a changed handshake (a probe)": lambda one: (
            one.of == "probe" and is_authenticated(one, ws_url)
        ),
        "another WebSocket path is opened": lambda one: not is_authenticated(one, ws_url),
    }
    groups = {what: [one for one in opened if fits(one)] for what, fits in kinds.items()}
    return [_observed(what, found) for what, found in groups.items() if found]


def _passes(suite: Document | None) -> list[dict[str, Any]]:
    words = {"positive": "cases pass with positive evidence", "rejection": "cases see a required rejection"}
    passed = {
        worth: [case_id(case) for case in cases_of(suite) if case["outcome"] == "passed" and case["worth"] == worth]
        for worth in words
    }
    return [{"what": words[worth], "n": len(ids), "evidence": ids[:MAX_EXAMPLES]} for worth, ids in passed.items() if ids]


def _observed(what: str, found: Sequence[Exchange]) -> dict[str, Any]:
    return {"what": what, "n": len(found), "evidence": [one.id for one in found][:MAX_EXAMPLES]}


def _objective(figure: Document) -> str:
    objective = figure["objective_ms"]
    return (
        ", ".join(f"{key} {value:g} ms" for key, value in objective.items())
        if isinstance(objective, Mapping)
        else f"{objective:g} ms"
    )


def route(url: str) -> str:
    """A URL's path with what varies in it as {id}."""
    parts = urlsplit(url).path.split("/")
    return "/".join("{id}" if _VARYING.match(part) else part for part in parts) or "/"


def impact(features: Mapping[str, Sequence[str]], modules: Sequence[Document], suite: Document | None) -> list[dict[str, Any]]:
    """Each feature by the modules that exercise it: failing, exercised (and positive), partly exercised, or not exercised."""
    rows = {row["module"]: row for row in modules}
    return [_feature(name, [str(module) for module in wanted], rows, suite) for name, wanted in features.items()]


def _feature(name: str, wanted: Sequence[str], rows: Mapping[str, Document], suite: Document | None) -> dict[str, Any]:
    cases = [case for case in cases_of(suite) if case["module"] in wanted]
    failing = [case_id(case) for case in cases if case["outcome"] in FAILING]
    carrying = [case_id(case) for case in cases if case["outcome"] == "passed" and case["worth"] in EVIDENCE]
    absent = [module for module in wanted if module not in rows]
    if failing:
        state, because = "failing", f"{len(failing)} of its {len(cases)} cases fail"
    elif not carrying:
        state, because = (
            "not exercised",
            f"none of its {len(cases)} cases gives evidence" if cases else "no case of its modules ran",
        )
    elif absent or len(carrying) < len(cases):
        state, because = "partly exercised", f"{len(carrying)} of its {len(cases)} cases give evidence"
    else:
        state, because = "exercised", f"all {len(cases)} of its cases give evidence"
    because += f"; {', '.join(absent)} did not run" if absent else ""
    sockets = {rows[module]["authenticated_websocket"] for module in wanted if module in rows}
    if state == "exercised" and sockets and not sockets & {"opened"}:
        because += "; none of them over the authenticated WebSocket"
    return {
        "feature": name,
        "modules": list(wanted),
        "state": state,
        "because": because,
        "evidence": (failing or carrying)[:MAX_EVIDENCE],
    }
