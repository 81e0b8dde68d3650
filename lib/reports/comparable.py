"""What two rounds have in common, so that a difference between them means something; what they have not is said (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lib.reports.differences import by_id
from lib.reports.sentences import Document

ADDRESSES = ("rest_url", "ws_url", "query")
"""What of `target` decides whom a figure was measured at."""
KINDS = {"suite": "cases", "diagnosis": "causes", "performance": "figures"}
AS_WRITTEN = re.compile(r"data/(\w+)\.\w+")
NAMED = 5


def remarks(a: Document, b: Document) -> list[str]:
    """What keeps parts of two rounds from being compared, or has to be known beside what was found; in sentences."""
    return [
        *(said for document in (a, b) for said in _of_one(document)),
        *_absent(a, b),
        *not_alike(a, b),
        *_other_hands(a, b),
    ]


def compared(a: Document, b: Document, figures: Iterable[Document]) -> dict[str, Any]:
    """What was compared: how many cases both rounds ran, whether both were diagnosed, of how many figures a change is known."""
    cases = by_id(a.get("suite")).keys() & by_id(b.get("suite")).keys()
    known = [figure["name"] for figure in figures if figure["change"] is not None]
    return {"cases": len(cases), "diagnoses": bool(a.get("diagnosis") and b.get("diagnosis")), "figures": known}


def name_of(document: Document) -> str:
    """How a round is called: by its folder, else by its number."""
    number = (document.get("report") or {}).get("round")
    return str(document.get("name") or (f"round-{number:02d}" if isinstance(number, int) else "unnamed"))


def not_alike(a: Document, b: Document) -> list[str]:
    """Why what was sent is not the same in both rounds, or not known to be."""
    old, new = ((document.get("report") or {}) for document in (a, b))
    if not old.get("inputs") or not new.get("inputs"):
        return ["what was sent is not known of both rounds"]
    if old.get("environment") != new.get("environment"):
        return [f"the rounds are of different environments ({old.get('environment')}, {new.get('environment')})"]
    differing = list(_differing(old["inputs"], new["inputs"]))
    shown = ", ".join(differing[:NAMED]) + (f" and {len(differing) - NAMED} more" if len(differing) > NAMED else "")
    if differing:
        return [f"the inputs differ: {shown}"]
    return ["whether a masked value of the inputs is the same cannot be told"] if _masked_otherwise(a, b) else []


def rewritten(a: Document, b: Document, cases: Iterable[str]) -> list[str]:
    """The files of these cases, or with their fixtures, that are not what they were; none where a round did not note them."""
    old, new = ((document.get("suite") or {}).get("sources") or {} for document in (a, b))
    theirs = {case.partition("::")[0] for case in cases}
    differing = [file for file in sorted({*old, *new}) if old.get(file) != new.get(file)] if old and new else []
    return [file for file in differing if file in theirs or file.endswith("conftest.py")]


def not_verified(*documents: Document) -> list[str]:
    """The rounds that are not as they were sealed."""
    return [f"{name_of(one)} is not as it was sealed" for one in documents if (one.get("state") or {}).get("touched")]


def never_sealed(*documents: Document) -> list[str]:
    """The rounds that were killed before their documents were sealed, so that nothing tells whether they are as written."""
    return [f"{name_of(one)} is unfinished and was never sealed" for one in documents if (one.get("state") or {}).get("unsealed")]


def withdrawn(document: Document, claim: str) -> str | None:
    """Why a claim of a round was withdrawn later; None where it was not."""
    found = (one for one in document.get("retracted") or () if one.get("claim") == claim)
    return next((f"{name_of(document)}: {claim!r} was withdrawn: {one.get('because')}" for one in found), None)


def figures_apart(a: Document, b: Document, figure: str, loop: str) -> str | None:
    """Why samples of a figure answer different questions in two rounds; None where they answer the same."""
    old, new = ((document.get("report") or {}) for document in (a, b))
    if old.get("environment") != new.get("environment"):
        return "the rounds are of different environments"
    before, after = ((one.get("inputs") or {}).get("target") for one in (old, new))
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        moved = [f"target.{key}" for key in ADDRESSES if before.get(key) != after.get(key)]
        if moved:
            return f"they were measured at different targets ({', '.join(moved)})"
    asked = [_asked(document, figure) for document in (a, b)]
    if all(asked) and asked[0] != asked[1]:
        return f"it was measured by other means: {asked[0]}, then {asked[1]}"
    settings = [_way(document, figure, loop) for document in (a, b)]
    return None if settings[0] == settings[1] else f"they were measured in another way ({_in_words(settings)})"


def _of_one(document: Document) -> Iterator[str]:
    name, state = name_of(document), document.get("state") or {}
    if state.get("touched"):
        left_out = sorted({found[1] for one in state["touched"] if (found := AS_WRITTEN.fullmatch(one))})
        left_out = ["all of its documents"] if state.get("unknown") else left_out
        what = f"; left out: {', '.join(left_out)}" if left_out else ""
        yield f"{name} does not verify ({', '.join(state['touched'][:NAMED])}){what}"
    if state.get("unfinished"):
        yield f"{name} is unfinished: what it did not come to is not compared"
    if state.get("resumed"):
        yield f"{name} was resumed: its parts are of different moments"
    if document.get("alike"):
        few = ", ".join(document["alike"][:NAMED])
        yield f"cases of {name} that differ in a masked value alone cannot be told apart, and are left out: {few}"
    for one in document.get("retracted") or ():
        yield f"withdrawn of {name}: {one.get('claim')} ({one.get('because')})"


def _absent(a: Document, b: Document) -> Iterator[str]:
    for kind, what in KINDS.items():
        without = [name_of(document) for document in (a, b) if not document.get(kind)]
        if without:
            yield f"{what} are not compared: {' and '.join(without)} left no {kind}"


def _other_hands(a: Document, b: Document) -> Iterator[str]:
    """Another revision of this project, another machine."""
    made = [(document.get("state") or {}).get("project") for document in (a, b)]
    if all(made) and made[0] != made[1]:
        yield f"made by different revisions of this project ({made[0]}, {made[1]}): what a pass is worth may be judged otherwise"
    hosts = [(document.get("state") or {}).get("platform") for document in (a, b)]
    if all(hosts) and hosts[0] != hosts[1]:
        yield f"made on different machines ({hosts[0]}, {hosts[1]})"


def _masked_otherwise(a: Document, b: Document) -> bool:
    """Whether the inputs hold a pseudonym, and the rounds' pseudonyms are of different keys."""
    keys = [document.get("pseudonyms") for document in (a, b)]
    return keys[0] != keys[1] and bool(
        re.search(r"\b(?:secret|jwt|mail|ip):[0-9a-f*]", str((a.get("report") or {}).get("inputs")))
    )


def _asked(document: Document, figure: str) -> str | None:
    found = (document.get("performance") or {}).get("figures") or ()
    return next((one.get("asked") for one in found if one.get("name") == figure), None)


def _way(document: Document, figure: str, loop: str) -> dict[str, Any]:
    """What of the parameters decides what such a sample is: the rate of an open loop, the load, how one's own figure is taken."""
    settings = document.get("settings") or {}
    of_loop = {"open": "rate_per_s", "load": "load"}.get(loop)
    own = (settings.get("figures") or {}).get(figure)
    return {**({of_loop: settings.get(of_loop)} if of_loop else {}), **({figure: own} if own else {})}


def _in_words(settings: list[dict[str, Any]]) -> str:
    named = [key for key in {**settings[0], **settings[1]} if settings[0].get(key) != settings[1].get(key)]
    return ", ".join(f"{key} {settings[0].get(key)}, then {settings[1].get(key)}" for key in named)


def _differing(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """The dotted keys at which two inputs differ."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        if old != new:
            yield path
        return
    for key in sorted({*old, *new}):
        yield from _differing(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
