"""Notebook 02's tables of causes: what each predicts before anything is asked, and what became of each afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from lib.figures.display.table import Prose, Stack, Table
from lib.figures.environment import Folded
from lib.figures.observations import document_of, outcome, probes
from lib.whys.sentences import belief as steps_of_belief

PARAMETERS = {
    "lifetime_s": "lifetime",
    "issued_ago_s": "backdating",
    "carrier_encoding": "encoding",
    "token": "credential",
    "port": "host",
    "url_scheme": "host",
    "carriers": "carrier",
    "padding_bytes": "length",
}
MAX_FACTORS = 2
"""Probes that changed more at once are in the ladder and in the record; in a table they hide what they show."""
STATES = {"proved": "PROVED", "logged": "LOGGED", "stated": "STATED", "inferred": "INFERRED"}


def predictions(*layers: str) -> Folded:
    """The catalogue as predictions: the factors whose right value alone would lift the refusal, and what would refute the cause.

    Every factor that is not named leaves the refusal as it is. Without layers, all of them.
    """
    from lib.whys.catalogue.index import CATALOGUE

    rows = [
        {
            "cause": cause.id,
            "layer": cause.layer,
            "means": cause.means,
            "lifted": list(cause.lifted_by) or "nothing that a client can change",
            "refuted": [_words(feature) for feature in cause.refuted_by] or None,
            "logs": bool(cause.log_patterns),
        }
        for cause in CATALOGUE.values()
        if not layers or cause.layer in layers
    ]
    columns = {
        "cause": "cause",
        "layer": "layer",
        "means": "it would mean that",
        "lifted": "lifted by the right",
        "refuted": "refuted when",
    }
    columns |= {"logs": "a log could name it"}
    return Folded(f"What {len(rows)} causes predict", Table(rows, columns), method=True)


def ledger(diagnosis: Any, *layers: str) -> Table:
    """Every cause with what became of it: established, left open, or excluded, and by which observations."""
    document = document_of(diagnosis)
    rows = [row for row in _states(document) if not layers or row["layer"] in layers]
    columns = {"cause": "cause", "layer": "layer", "state": "state", "expected": "lifted by the right", "by": "because of"}
    counted = ", ".join(
        f"{sum(row['state'] == state for row in rows)} {state}" for state in dict.fromkeys(row["state"] for row in rows)
    )
    return Table(rows, columns, caption=f"{len(rows)} causes: {counted}")


def belief(diagnosis: Any) -> Table:
    """What each observation excluded, and how many causes were left after it."""
    document = document_of(diagnosis)
    known = {one["id"]: one for one in document["observations"]}
    rows = [
        {"id": name, "outcome": outcome(known[name]), "excluded": list(causes), "left": left}
        for name, causes, left in steps_of_belief(document)
    ]
    columns = {"id": "after", "outcome": "which showed", "excluded": "excluded", "left": "causes left"}
    empty = "No observation excluded a cause."
    return Table(rows, columns, caption="The belief, observation by observation", empty=empty)


def question(diagnosis: Any, *layers: str) -> Stack:
    """One part of the walk: which causes of these layers survive, what each expected, and the probes that changed what they are
    about."""
    document = document_of(diagnosis)
    table = ledger(document, *layers)
    if document["verdict"] == "unreachable":
        unasked = ", ".join(row["cause"] for row in table.rows if isinstance(row, Mapping))
        return Stack([Prose([f"Nothing was asked about these, and none is excluded: {unasked}."])])
    states = {row["cause"]: row["state"] for row in table.rows if isinstance(row, Mapping)}
    alive = [cause for cause, state in states.items() if state not in {"excluded", "not in question", "not excluded"}]
    unneeded = [cause for cause, state in states.items() if state == "not excluded"]
    if document["verdict"] == "healthy":
        said = "The handshake is accepted, so none of these can be its trouble."
    elif alive:
        said = f"Of these remain: {', '.join(alive)}."
    elif unneeded:
        said = f"What was found explains it without these; not excluded are: {', '.join(unneeded)}."
    else:
        said = "None of these remains: look elsewhere."
    rows = [one for one in document["observations"] if one["kind"] == "handshake" and _is_about(one, layers)]
    return Stack(
        [Prose([said]), table, probes(rows, "The probes that changed what these are about", "No such probe was needed.")]
    )


def _is_about(observation: Mapping[str, Any], layers: Collection[str]) -> bool:
    """Whether a probe changed, alone or with one other thing, what a cause of these layers is lifted by."""
    from lib.whys.catalogue.index import CATALOGUE

    about = {factor for cause in CATALOGUE.values() if cause.layer in layers for factor in cause.lifted_by}
    return len(observation["factors"]) <= MAX_FACTORS and any(about & set(factors_of(name)) for name in observation["factors"])


def factors_of(name: str) -> tuple[str, ...]:
    """The catalogue's words for what an observation calls by the name of a parameter."""
    from lib.whys.catalogue.claims import claim_factors

    if name.startswith("claims."):
        return claim_factors(name.removeprefix("claims."))
    if name.startswith("headers."):
        return ("headers", "client_header")
    if name.partition(".")[0] in {"cookies", "subprotocols"}:
        return ("headers",) if name.startswith("cookies.") else ("subprotocols",)
    return ("query",) if name.startswith("query.") else (PARAMETERS.get(name, name),)


def _states(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    from lib.whys.catalogue.index import CATALOGUE

    observed = {one["id"]: one for one in document["observations"]}
    found = {cause["id"]: cause for cause in document["causes"]}
    excluded = {one["id"]: one["by"] for one in document["excluded"]}
    controls = ", ".join(one["id"] for one in document["observations"] if one["kind"] == "handshake" and not one["factors"])
    rows = []
    for cause in CATALOGUE.values():
        row = {"cause": cause.id, "layer": cause.layer, "expected": list(cause.lifted_by) or "nothing that a client can change"}
        if cause.id in found:
            row |= {"state": STATES[found[cause.id]["strength"]], "by": _evidence(found[cause.id]["evidence"], observed)}
        elif cause.id in document["candidates"]:
            row |= {"state": "left open", "by": f"nothing excludes it; set {cause.set_to_split}"}
        elif cause.id in excluded and document["verdict"] != "healthy":
            row |= {"state": "excluded", "by": _evidence(excluded[cause.id], observed)}
        elif document["verdict"] == "healthy":
            row |= {"state": "not in question", "by": f"no refusal to explain: accepted ({controls})"}
        else:
            row |= {"state": "not excluded", "by": None}
        rows.append(row)
    return rows


def _evidence(names: list[str], observed: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The observations, those with the same change and outcome together."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(outcome(observed[name]) if name in observed else "", []).append(name)
    words = [f"{', '.join(group[:4])}: {said}" for said, group in groups.items()]
    return "; ".join([*words[:3], *([f"and {len(words) - 3} more"] if len(words) > 3 else [])]) or None


def _words(feature: str) -> str:
    return feature.replace("-", " ")
