"""What a pass is worth, from three legs: what the case sent, what it did under sabotage, what its source says. Pure.

The worth follows the contract: *no-traffic* where nothing was sent between the case's own start and end; *in-process* or
*replayed* where what it asked was an application in its own process, or recorded and stubbed answers; else by sabotage:
*positive* where it is red against a server that refuses, *rejection* where it is green against that one alone, *any-answer*
where it is green against an empty 200 as well. The source decides nothing; where it says otherwise, that is a doubt and shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lib.facts import CaseResult, Traffic
from lib.suite.results import Asked
from lib.suite.source_analysis import Reading

Mode = Literal["refusing", "empty", "silent"]
MODES: tuple[Mode, ...] = ("refusing", "empty", "silent")
"""A server that answers 403 to everything, one that answers 200 with an empty body, one that accepts and says nothing."""
NOBODY = Asked()
Colour = Literal["green", "red", "unknown"]
Worth = Literal["positive", "any-answer", "rejection", "no-traffic", "in-process", "replayed"]
MAX_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sabotaged:
    """What a case did under one kind of sabotage.

    `overran` says that it was red because its time was up, `met` False that it never asked the server in the target's place.
    """

    outcome: str
    overran: bool = False
    met: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The worth of a pass (None: it could not be established), the sentence that says why, and what speaks against it."""

    worth: Worth | None
    because: str
    doubts: tuple[str, ...] = ()
    asserts_content: bool | None = None


def judge(
    case: CaseResult,
    sabotaged: Mapping[Mode, Sabotaged],
    *,
    asked: Asked = NOBODY,
    asks_target: bool | None = None,
    reading: Reading | None = None,
    limit_s: float = 5.0,
    not_sabotaged: str = "",
) -> Judgement | None:
    """The judgement on a case that passed; None for any other.

    `asks_target` None means that it is not known who the target is. `not_sabotaged` says why there was no sabotage, where there
    was none.
    """
    if case.outcome != "passed":
        return None
    if asks_target is not True and (judged := _beside_the_target(case, asked, asks_target, reading)):
        return judged
    if not sabotaged and not_sabotaged:
        return Judgement(worth=None, because=not_sabotaged, doubts=_doubts(None, reading))
    return _by_colours(case, sabotaged, asked, reading, limit_s)


def _beside_the_target(case: CaseResult, asked: Asked, asks_target: bool | None, reading: Reading | None) -> Judgement | None:
    """The judgement on a case of which sabotage could tell nothing, for it asked no target."""

    def judged(worth: Worth | None, because: str) -> Judgement:
        return Judgement(worth=worth, because=because, doubts=_doubts(worth, reading))

    if asked.in_process:
        return judged(
            "in-process",
            f"it asked an application inside its own process ({_named(asked.in_process)}); says nothing of the deployed target",
        )
    if asked.unseen:
        return judged(None, f"its traffic cannot be seen ({_named(asked.unseen)})")
    if asked.replayed:
        return judged("replayed", f"its answers were recorded or stubbed ({_named(asked.replayed)}); nobody was asked")
    if asked.programs and (is_silent(case.traffic) or asks_target is False):
        return judged(None, f"it started other programs ({_named(asked.programs)}), whose traffic cannot be seen")
    if is_silent(case.traffic):
        return judged("no-traffic", "nothing was sent between its start and its end")
    if asks_target is False:
        return judged(None, f"nothing asked the target: it asked {_named(asked.hosts) or 'somebody whose address was not seen'}")
    return None


def _by_colours(
    case: CaseResult, sabotaged: Mapping[Mode, Sabotaged], asked: Asked, reading: Reading | None, limit_s: float
) -> Judgement:
    colours = {mode: colour(sabotaged.get(mode), case.seconds, limit_s) for mode in MODES}
    if colours["refusing"] == "green" and (why := _out_of_reach(sabotaged["refusing"], asked)):
        return Judgement(worth=None, because=why, doubts=_doubts(None, reading))
    worth, because = _by_sabotage(colours)
    asserts_content = None if worth != "positive" or colours["empty"] == "unknown" else colours["empty"] == "red"
    if asserts_content is False:
        because += "; green against an empty 200: it asserts no content"
    doubts = _doubts(worth, reading)
    if worth == "rejection" and case.statuses and max(case.statuses) < 400:
        doubts = (*doubts, "it saw only successes, and would pass if everything were refused")
    if worth == "positive" and not sabotaged["refusing"].met:
        doubts = (*doubts, "it was red without having asked the target: what it needs of other cases or of time was missing")
    return Judgement(worth=worth, because=because, doubts=doubts, asserts_content=asserts_content)


def _out_of_reach(refusing: Sabotaged, asked: Asked) -> str | None:
    """Why green under sabotage says nothing of a case, where it does not."""
    if not refusing.met:
        return "what it asks is not the target, which alone is replaced under sabotage"
    if others := (*asked.programs, *asked.unseen):
        return (
            f"green against a server that refuses, but it asks by {_named(others)} too, whose traffic cannot be seen or replaced"
        )
    return None


def _named(names: tuple[str, ...]) -> str:
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def is_silent(traffic: Traffic) -> bool:
    """Whether nothing at all was sent."""
    return not (traffic.connections or traffic.bytes_out or traffic.rest_requests or traffic.handshakes or traffic.frames)


def colour(seen: Sabotaged | None, clean_seconds: float, limit_s: float) -> Colour:
    """Green for a pass, red for a failure or time that was up; unknown where it did not run (a set-up that broke, too), skipped
    itself, or always takes that long."""
    if seen is None or seen.outcome in ("untested", "skipped", "error"):
        return "unknown"
    if seen.overran:
        return "unknown" if clean_seconds >= limit_s else "red"
    return "green" if seen.outcome == "passed" else "red"


def _by_sabotage(colours: Mapping[Mode, Colour]) -> tuple[Worth | None, str]:
    match colours["refusing"], colours["empty"]:
        case "red", _:
            return "positive", "red against a server that refuses everything"
        case "green", "green":
            return "any-answer", "green against a server that refuses everything and against one that answers an empty 200"
        case "green", "red":
            return "rejection", "green against a server that refuses everything, red against an empty 200"
        case "green", "unknown":
            return None, "green against a server that refuses everything; against an empty 200 it could not be told"
    return (
        None,
        "against a server that refuses everything it could not be told: its set-up broke, it skipped itself, or takes as "
        "long by itself",
    )


def _doubts(worth: Worth | None, reading: Reading | None) -> tuple[str, ...]:
    """Where the source says something else than traffic and sabotage."""
    if reading is None:
        return ()
    found = [f"its source does not await {call}" for call in reading.forgotten_awaits[:1]]
    if worth == "positive" and not reading.asserts:
        found.append("its source asserts nothing: it is red only where something raises")
    if worth == "positive" and reading.only_constants:
        found.append("all that its source asserts is constant: it is red only where something raises")
    if worth == "no-traffic" and reading.calls_clients:
        reasons = "a stub, a mock, nobody who listened, or a call that was not awaited"
        found.append(f"its source calls a client, but nothing left the process: {reasons}")
    if worth in ("any-answer", "rejection") and reading.asserts_success and not reading.swallows:
        found.append("its source asserts a success status, and yet it stays green under sabotage")
    return tuple(found)
