"""Notebook 02: the walk from a refused handshake to its cause, each step with the observations that it rests on.

Every function takes the diagnosis as its document (contract, section 3) or the diagnosis that offers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.figures import whys_charts
from lib.figures.configured import configured
from lib.figures.display.table import Prose, Stack, Table, text_of
from lib.figures.environment import opened
from lib.figures.observations import Document, document_of, log_entries, named, observations, probes
from lib.figures.users import users
from lib.figures.whys_causes import belief, ledger, predictions, question
from lib.figures.whys_charts import ladder
from lib.whys.sentences import accepted, before, budget_spent, expired, explained_by, healthy, next_step, unread, works_with
from lib.whys.tally import but, inconstant, remarks

__all__ = ["answer", "by_hand", "experiments", "ladder", "ledger", "limits", "opened", "other_evidence", "pair", "predictions"]
__all__ += ["belief", "configured", "question", "remedy", "repeat", "symptom", "users", "whys"]

VERDICTS = {
    "proved": "Proved: changing just this turned the refusal into an accepted handshake, repeatedly, and without it "
    "the refusal came back.",
    "logged": "Logged: an entry of a server's log, joined by trace id, names it. No permitted change from outside was "
    "shown to lift it.",
    "inferred": "Inferred: it is the only hypothesis left that agrees with every observation. No change from outside "
    "has lifted it.",
    "stated": "Stated: the server's own answer names it plainly, or what is configured or recorded does and a probe agrees; no "
    "observation contradicts it.",
    "narrowed": "Narrowed: the change below is proved to make the handshake work; more than one cause (or none that is known) "
    "explains why.",
    "ambiguous": "Ambiguous: the evidence leaves several causes open, and no guess is made between them.",
    "healthy": "Healthy: the configured handshake is accepted.",
    "unreachable": "Unreachable: neither the handshake nor the health route got an HTTP answer.",
}


MOST_NAMED = 6
"""So many causes are named in a sentence."""


def _open(document: Document) -> str:
    """The candidates by name; of many how many there are, and those that something speaks for."""
    candidates = document["candidates"]
    if len(candidates) <= MOST_NAMED:
        return ", ".join(candidates)
    led = list(dict.fromkeys(lead["id"] for lead in document.get("leads") or () if lead["id"] in candidates))
    first = f"first {', '.join(led[:3])}, for which something speaks" if led else "and nothing speaks for one of them"
    return f"{len(candidates)} causes, {first}; the tables below have them all"


def answer(diagnosis: Any) -> Prose:
    """The verdict in one sentence, what it names or leaves open, and what to do next."""
    document = document_of(diagnosis)
    causes, candidates = document["causes"], document["candidates"]
    sentences = [f"{said} [{by}]." for said, by in expired(document)]
    verdict = (
        f"Healthy: {accepted(document)}{but(document)}." if document["verdict"] == "healthy" else VERDICTS[document["verdict"]]
    )
    sentences.append("The handshake was not sent, for want of a token." if before(document) else verdict)
    if document["verdict"] == "ambiguous" and (said := inconstant(document)):
        sentences.append(f"{said[:1].upper()}{said[1:]}.")
    sentences += [f"{said[:1].upper()}{said[1:]} [{', '.join(by)}]." for said, by in remarks(document)]
    sentences += [named(cause) for cause in causes]
    if works := works_with(document):
        sentences.append(f"It {works}.")
    if document["verdict"] == "narrowed":
        sentences += [f"{said}." for said in explained_by(document)]
    sentences += [f"{said[:1].upper()}{said[1:]}." for said in healthy(document)]
    sentences += [f"{said[:1].upper()}{said[1:]}." for said in unread(document)]
    if candidates:
        sentences.append(f"Left open: {_open(document)}. What is excluded is excluded by an observation of this run.")
    if further := next_step(document):
        sentences.append(f"What would tell more: {further}.")
    if ended := budget_spent(document):
        sentences.append(f"{ended[:1].upper()}{ended[1:]}.")
    sentences += [f"Next: {cause['remedy']}" for cause in causes]
    return Prose(sentences, heading="Answer")


def symptom(diagnosis: Any) -> Stack:
    """What the configured handshake met, how far it came, and the same handshake each time that it was asked."""
    found = document_of(diagnosis)["symptom"]
    if stood := before(document_of(diagnosis)):
        return Stack(
            [
                Prose([f"{stood[:1].upper()}{stood[1:]}."]),
                observations([], "The control", "The configured handshake was never sent."),
            ]
        )
    said = ["The configured handshake was accepted and stayed open: there is no refusal to explain."]
    if found is not None:
        status = f" with HTTP {found['status']}" if found["status"] is not None else ""
        closed = f" and close code {found['close_code']}" if found["close_code"] is not None else ""
        said = [found["description"], f"It ended at the stage {found['rung']}{status}{closed}."]
    rows = [one for one in _handshakes(diagnosis) if not one["factors"]]
    caption, empty = "The control: the configured handshake, unchanged", "The configured handshake was never sent."
    return Stack([Prose(said), observations(rows, caption, empty)])


def experiments(diagnosis: Any, changed: int | None = None) -> Table:
    """Probes that changed something: `changed` 1 shows single changes, 2 shows pairs, None all of them."""
    rows = [one for one in _handshakes(diagnosis) if one["factors"] and (changed is None or len(one["factors"]) == changed)]
    names = {None: "Every probe that changed something", 1: "One change at a time", 2: "Two changes at a time"}
    return probes(rows, names.get(changed, f"{changed} changes at a time"), "No such probe was needed.")


def other_evidence(diagnosis: Any) -> Stack:
    """What was learnt without a handshake: the same client over REST, findings that cost no request, log entries joined by
    trace id."""
    seen = document_of(diagnosis)["observations"]
    rest = [one for one in seen if one["kind"] not in {"handshake", "log", "config"}]
    beside = observations(rest, "Over REST, and offline", "Nothing was asked over REST.")
    return Stack([beside, log_entries(one for one in seen if one["kind"] == "log")])


def whys(diagnosis: Any) -> Stack:
    """The chain of whys, each with its answer and the observations that carry it, and the belief that the observations left."""
    document = document_of(diagnosis)
    known = {one["id"]: one for one in document["observations"]}
    parts: list[Any] = []
    for number, link in enumerate(document["whys"], start=1):
        rows = [known[name] for name in link["evidence"] if name in known]
        parts += [
            Prose([link["answer"]], heading=f"{number}. {link['question']}"),
            observations(rows, "Observed", "No observation is named."),
        ]
    end = f"The chain has {len(document['whys'])} links and stops where the evidence of this run stops."
    return Stack([*parts, Prose([end]), belief(document)])


def remedy(diagnosis: Any) -> Stack:
    """What to do about each cause, with the observations it rests on, and what this run cannot tell."""
    document = document_of(diagnosis)
    further = next_step(document) or "nothing that the parameters permit."
    first: Any = Prose([f"No cause is established, so no repair is proposed. What would tell more: {further}"])
    if document["verdict"] == "healthy":
        first = Prose(["Nothing is to be repaired: the handshake is accepted."])
    if document["causes"]:
        rows = [(cause["id"], cause["strength"], cause["remedy"], cause["evidence"]) for cause in document["causes"]]
        first = Table(rows, ["cause", "strength", "remedy", "evidence"], caption="What to do")
    return Stack([first, limits(document)])


def limits(diagnosis: Any) -> Prose:
    """What this run cannot tell, computed from what it did not do."""
    document = document_of(diagnosis)
    kinds = {one["kind"] for one in document["observations"]}
    spent = document["spent"]
    sentences = [
        f"Spent: {spent['handshakes']} handshakes and {spent['rest_requests']} REST requests in {spent['seconds']:.1f} s."
    ]
    if guesses := document.get("guessed"):
        found = " and ".join(f"{name} {value}" for name, value in guesses.items())
        sentences.append(f"Nobody gave {found}: guessed, so what was answered there may be another service's word.")
    if "log" not in kinds:
        sentences.append("No log entry was joined: what the servers wrote about these handshakes is unknown here.")
    if document["candidates"]:
        apart = "these causes apart" if len(document["candidates"]) > MOST_NAMED else " from ".join(document["candidates"])
        sentences.append(f"It cannot tell {apart} by anything that the parameters permit to try.")
    if any(cause["strength"] == "inferred" for cause in document["causes"]):
        sentences.append(
            "An inferred cause was not made to disappear: give the parameters another value to try, and it can be proved."
        )
    sentences.append(
        "It speaks of this moment and of the client that ran it; another client, user or revision may meet another answer."
    )
    return Prose(sentences, heading="What this cannot tell", bullets=True)


def pair(diagnosis: Any, parameters: Any = None, repeated: Mapping[str, Any] | None = None) -> Any:
    """The refused and the accepted handshake side by side, and, where they were written down, as commands."""
    decided = whys_charts.pair(diagnosis, parameters)
    return Stack([decided, repeat(repeated)]) if repeated else decided


def repeat(found: Mapping[str, Any]) -> Stack:
    """The deciding handshakes as commands: what is set first, then the same in curl, websocat and Python."""
    parts: list[Any] = []
    for name, written in found.items():
        rows = [("first", list(written.before) or None), ("curl", written.curl), ("websocat", written.websocat)]
        parts.append(Table([*rows, ("python", written.python)], ["with", "line"], caption=f"By hand: {name}"))
    return Stack(parts or [Prose(["No handshake of this run can be written down as a command."])])


def by_hand(asked: Any) -> Table:
    """One handshake that was asked for by hand: what was sent, what came back, what the servers wrote of it."""
    exchange = asked.exchange
    closed = None if exchange.close_code is None else f"{exchange.close_code} {exchange.close_reason or ''}".strip()
    rows = [
        ("asked", f"{exchange.label}: {exchange.url}"),
        ("credential", exchange.credential or "none"),
        ("claims of the token", text_of(dict(asked.claims)) if asked.claims else None),
        ("answer", "accepted" if exchange.accepted else f"refused at {exchange.rung}"),
        ("status", None if exchange.status is None else str(exchange.status)),
        ("headers of the answer", [f"{name}: {value}" for name, value in exchange.headers] or None),
        ("the session", None if exchange.granted is None else "granted" if exchange.granted else "not granted"),
        ("its first frames", list(exchange.frames) or None),
        ("closed by the server", closed),
        ("body", exchange.body_excerpt or None),
        ("error", exchange.error),
        ("took", f"{exchange.elapsed_ms:.1f} ms"),
        ("trace id", exchange.trace_id),
        ("the servers' log", _written(asked.entries)),
    ]
    return Table(rows, ["", "this probe"])


def _written(entries: Any) -> Any:
    if entries is None:
        return "not looked up: logs.source is none"
    return [f"{entry.layer}: {entry.text}"[:300] for entry in entries] or "no entry carries this trace id"


def _handshakes(diagnosis: Any) -> list[Mapping[str, Any]]:
    return [one for one in document_of(diagnosis)["observations"] if one["kind"] == "handshake"]
