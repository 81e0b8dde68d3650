"""The answer of a round in the order in which one asks for it: what was asked, what came back, what it is and how sure, what
decides it, what changed, what to do next (pure)."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from lib.facts import Exchange, is_accepted_document, rfc3339
from lib.parameters.certificates import UNVERIFIED
from lib.parameters.guesses import guesses_told
from lib.reports.gathered import not_read
from lib.reports.revisions import revision_of
from lib.reports.sentences import MAX_NAMED, Document, as_sentence, causes_named, say
from lib.whys.catalogue.index import meaning
from lib.whys.sentences import accepted as accepted_in_words
from lib.whys.sentences import before, budget_spent, expired
from lib.whys.tally import remarks

STEPS = 3
CREDENTIALS = ("secret", "issued", "command", "oauth2", "login")
HOW_SURE = {
    "proved": "Proved: with it changed the handshake opens, without it the refusal comes back",
    "logged": "Logged: the server's own log names it",
    "stated": "Stated: an answer, a configuration or a record names it, and nothing contradicts it",
    "inferred": "Inferred: the only explanation left that agrees with every observation",
}


def answer(
    report: Document, parameters: Document, *, diagnosis: Document | None, exchanges: Sequence[Exchange], logs: Document | None
) -> dict[str, Any]:
    """The first screen of a round; `report` holds the round's actions and changes already."""
    seen = {*((logs or {}).get("seen") or {}).get("revisions", ()), *map(revision_of, exchanges)}
    revisions = sorted(str(revision) for revision in seen if revision)
    unread = [say(as_sentence(said)) for said in not_read(diagnosis, logs)]
    return {
        "title": title(report),
        "badge": badge(diagnosis),
        "revisions": revisions,
        "asked": _asked(parameters, diagnosis, exchanges, revisions),
        "came_back": _came_back(diagnosis),
        "it_is": [*_it_is(diagnosis), *unread],
        "unread": unread,
        "pair": _pair(diagnosis),
        "since": _since(report.get("changes")),
        "next": _next(report["actions"]),
    }


def title(report: Document) -> str:
    """What a browser's tab shows: the symptom and the verdict before which round it is."""
    found = report.get("diagnosis") or {}
    symptom = (found.get("symptom") or {}).get("description")
    said = [symptom] if symptom else []
    return " · ".join([*said, badge(report.get("diagnosis")), f"round {report['round']}", str(report["environment"])])


def badge(diagnosis: Document | None) -> str:
    """The verdict with what it names."""
    if diagnosis is None:
        return "not investigated"
    if before(diagnosis):
        return "not asked: no token"
    verdict, left = str(diagnosis["verdict"]), diagnosis["candidates"]
    if verdict in {"narrowed", "ambiguous"}:
        return f"{verdict}: {' or '.join(left) if 0 < len(left) <= 3 else f'{len(left)} causes left open'}"
    return causes_named(diagnosis["causes"], verdict, " + ") if diagnosis["causes"] else verdict


def shown_factors(factors: Mapping[str, Any]) -> str:
    """What a probe changed, in words; the configured handshake where it changed nothing."""
    return ", ".join(f"{name} {_value(value)}" for name, value in factors.items()) or "as configured"


def probe_in_words(probe: Any) -> str:
    """The next probe as something to type: parameters to add, or a command."""
    if not isinstance(probe, Mapping):
        return str(probe)
    if probe.get("command"):
        return f"Run {shlex.join(map(str, probe['command']))}."
    options = [f"-p {key} {shlex.quote(str(_value(value)))}" for key, value in (probe.get("set") or {}).items()]
    return f"Diagnose again with {' '.join(options)}." if options else "Diagnose again."


def _asked(
    parameters: Document, diagnosis: Document | None, exchanges: Sequence[Exchange], revisions: Sequence[str]
) -> dict[str, Any]:
    target, token = parameters.get("target") or {}, parameters.get("token") or {}
    asked = next((one.url for one in exchanges if one.kind == "handshake" and one.of == "probe"), None)
    text = f"{target.get('ws_url') or asked or 'no WebSocket address'}"
    text += f" as {token['user']}" if token.get("user") else ""
    text += f", credential in {token.get('carrier')}" if any(token.get(name) for name in CREDENTIALS) else ""
    text += "" if (target.get("tls") or {}).get("verify", True) else f"; {UNVERIFIED}"
    text += f"; {guesses}" if (guesses := guesses_told(target)) else ""
    began, ended = (min(one.at for one in exchanges), max(one.at for one in exchanges)) if exchanges else (None, None)
    if began and ended:
        text += f"; from {rfc3339(began)[:19]}Z, for {(ended - began).total_seconds():.0f} s"
    text += f"; revision {', '.join(revisions)}" if revisions else "; the revision is not known"
    spent = (diagnosis or {}).get("spent") or {}
    if spent:
        text += f"; the diagnosis spent {_n(spent['handshakes'], 'handshake')} and {_n(spent['rest_requests'], 'REST request')}"
    text += f"; {more}" if (more := budget_spent(diagnosis or {})) else ""
    return say(f"{text}.")


def _came_back(diagnosis: Document | None) -> dict[str, Any]:
    if diagnosis is None:
        return say("The handshake was not investigated in this round.")
    controls = [one for one in diagnosis["observations"] if one["kind"] == "handshake" and not one["factors"]]
    if diagnosis["symptom"]:
        refused = [one["id"] for one in controls if not is_accepted_document(one) or one["close_code"] is not None]
        refused = refused or [one["id"] for one in diagnosis["observations"] if before(diagnosis)]
        return say(as_sentence(str(diagnosis["symptom"]["description"])), refused[:1])
    watched = ((diagnosis.get("healthy") or {}).get("watched_s")) or None
    text = "The handshake was accepted" + (f" and stayed open for {watched:g} s." if watched else ".")
    return say(text, [one["id"] for one in controls if one["status"] == 101][:2])


def _it_is(diagnosis: Document | None) -> list[dict[str, Any]]:
    if diagnosis is None:
        return []
    causes = [
        say(f"{cause['id']} ({cause['layer']}): {meaning(cause['id'])}. {HOW_SURE.get(cause['strength'], cause['strength'])}.",
            cause["evidence"])
        for cause in diagnosis["causes"]
    ]  # fmt: skip
    late = [say(f"{said}.", [by]) for said, by in expired(diagnosis)]
    beside = [say(as_sentence(said), by) for said, by in remarks(diagnosis)]
    return [*causes, *late, *_works_with(diagnosis), *beside, *_left_open(diagnosis), *_healthy(diagnosis)]


def _works_with(diagnosis: Document) -> list[dict[str, Any]]:
    found = diagnosis.get("works_with")
    if not found or (diagnosis["causes"] and diagnosis["verdict"] == "proved"):
        return []
    said = f"With {shown_factors(found['changes'])} it was accepted {_times(found['accepted'])}"
    said += f" and refused {_times(found['refused'])}" if found["refused"] else ""
    for factor, without in (found.get("without") or {}).items():
        said += f"; without the change of {factor}: accepted {_times(without['accepted'])}, refused {_times(without['refused'])}"
    pair = diagnosis.get("minimal_pair") or {}
    rows = [say(f"{said}. That is proved, whatever it is called.", [pair["refused"], pair["accepted"]] if pair else ())]
    for factor, ids in (found.get("explained_by") or {}).items():
        # What is left open is said once, cause by cause, below, and a cause that is named above explains what it is.
        if not ids or (set(ids) != set(diagnosis["candidates"]) and not set(ids) <= {one["id"] for one in diagnosis["causes"]}):
            rows.append(say(f"The change of {factor} is explained by {' or by '.join(ids) or 'no cause that is known'}."))
    return rows


def _left_open(diagnosis: Document) -> list[dict[str, Any]]:
    if before(diagnosis):
        return [say("The handshake was not sent, for want of a token, and nothing is known of it.")]
    if diagnosis["verdict"] == "unreachable":
        return [say("Neither the handshake nor the health route got an HTTP answer from any permitted address.")]
    if diagnosis["verdict"] not in {"narrowed", "ambiguous"}:
        return []
    left = diagnosis["candidates"]
    spoken = [lead for lead in diagnosis.get("leads") or () if lead["id"] in {*left, None}]
    rows = [say(f"Speaks for {lead['id'] or 'something unexplained'}: {lead['because']}", lead["evidence"]) for lead in spoken]
    if len(left) <= MAX_NAMED:
        named = ", ".join(f"{name} ({meaning(name)})" for name in left) or "none that is known, so it is another cause"
        return [*rows, say(f"The evidence leaves {len(left)} open: {named}.")]
    silent = len(left) - len({lead["id"] for lead in spoken} & {*left})
    unspoken = f", and nothing speaks for {'any' if silent == len(left) else silent} of them" if silent else ""
    return [*rows, say(f"The evidence leaves {len(left)} open{unspoken}. The areas below name each.")]


def _healthy(diagnosis: Document) -> list[dict[str, Any]]:
    found = diagnosis.get("healthy")
    if diagnosis["verdict"] != "healthy":
        return []
    if not found:
        asked = [one for one in diagnosis["observations"] if one["kind"] == "handshake" and not one["factors"]]
        accepted = [one["id"] for one in asked if one["status"] == 101]
        return [say(f"The configured handshake was accepted: {len(accepted)} of {len(asked)}.", accepted)]
    rows = [say(f"Healthy. Without a credential the handshake is {found['without_credential']}; a browser: {found['browser']}.")]
    if found.get("session") in {"granted", "not-exercised"}:
        rows.append(say(as_sentence(accepted_in_words(diagnosis))))
    if found.get("not_tried"):
        rows.append(say(f"Not looked for: {', '.join(found['not_tried'])}."))
    return rows


def _pair(diagnosis: Document | None) -> dict[str, Any] | None:
    pair = (diagnosis or {}).get("minimal_pair")
    if not pair or diagnosis is None:
        return None
    factors = {one["id"]: one["factors"] for one in diagnosis["observations"]}
    refused, accepted = (
        f"with {shown_factors(found)}" if (found := factors.get(pair[which])) else "as configured"
        for which in ("refused", "accepted")
    )
    text = f"refused {refused}; accepted {accepted}. They differ in {' and '.join(pair['difference'])}."
    return say(text, [pair["refused"], pair["accepted"]])


def _since(changes: Document | None) -> dict[str, Any] | None:
    if not changes:
        return None
    said = " ".join(str(one["text"]) for one in changes["sentences"])
    return say(f"Since round {changes['round']}: {said}")


def _next(actions: Sequence[Document]) -> list[Document]:
    return list({action["action"]: action for action in reversed(actions)}.values())[::-1][:STEPS]


def _n(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _times(n: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(n, f"{n} times")


def _value(value: Any) -> Any:
    if value is None:
        return "none"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(str(_value(item)) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {_value(item)}' for name, item in value.items())}}}"
    return value
