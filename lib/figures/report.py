"""Notebook 05: the report of the round, section by section; each function takes the report's document and shows a part of it.

Nothing is judged here: sentences, states and evidence come from the document, tables only lay them out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lib.figures.display.table import Prose, Stack, Table
from lib.figures.environment import opened
from lib.figures.observations import named

__all__ = [
    "actions",
    "answer",
    "authentication",
    "changes",
    "failures",
    "impact",
    "modules",
    "next_steps",
    "opened",
    "performance",
    "services",
    "summary",
    "worked",
]

Document = Mapping[str, Any]
GATHERED = {"kind": "evidence", "gathered": "gathered", "said": "what was found, or is missing", "evidence": "observations"}


def answer(report: Document) -> Prose:
    """The round in a headline, and what is wrong with its evidence."""
    causes = (report["diagnosis"] or {}).get("causes", ())
    said = [f"{named(cause)} {_ids(cause['evidence'])}" for cause in causes]
    return Prose([f"{report['headline']}.", *said], heading=f"Round {report['round']} on {report['environment']}")


def summary(report: Document) -> Prose:
    """The counts that one wants first, and what may not be read into them."""
    return _sentences(report["summary"]["sentences"], "Summary")


def modules(report: Document) -> Table:
    """Results by module, and what each did with the authenticated WebSocket."""
    columns = {
        "module": "module",
        "status": "status",
        "passed": "passed",
        "failed": "failed",
        "not_run": "not run",
        "positive": "positive evidence",
        "channels": "channels",
        "authenticated_websocket": "authenticated WebSocket",
    }
    return Table(report["modules"], columns, caption="Results by module", empty="The suite was not run, or collected no case.")


def failures(report: Document) -> Table:
    """Critical failures: one row a signature, with its cases and the exchanges that show it."""
    columns = {"n": "cases", "signature": "failure", "statuses": "statuses seen", "cases": "which", "exchanges": "exchanges"}
    return Table(report["failures"], columns, caption="Critical failures", empty="No case failed.")


def worked(report: Document) -> Table:
    """What actually worked: only what was observed, with how often and where."""
    return Table(
        report["worked"],
        {"what": "what", "n": "n", "evidence": "for example"},
        caption="What worked",
        empty="Nothing was seen to work.",
    )


def authentication(report: Document) -> Stack:
    """Which credential was sent, what the servers made of it, and what the diagnosis made of that."""
    found = report["authentication"]
    tokens = {"fingerprint": "credential", "n": "exchanges", "handshakes": "handshakes", "rest": "REST"}
    parts: list[Table | Prose] = [
        _sentences(found["sentences"], "Authentication analysis"),
        Table(
            found["tokens"], tokens, caption="What was sent, and what was answered", empty="No exchange of this round is known."
        ),
        Table(report.get("gathered", ()), GATHERED, caption="The five kinds of evidence, and what the missing ones need"),
    ]
    if found.get("whys"):
        chain = [{**why, "evidence": _ids(why["evidence"])} for why in found["whys"]]
        parts.append(Table(chain, ["question", "answer", "evidence"], caption="The chain of whys, as far as the evidence goes"))
    if found.get("excluded"):
        together: dict[tuple[str, ...], list[str]] = {}
        for entry in found["excluded"]:
            together.setdefault(tuple(entry["by"]), []).append(entry["id"])
        rows = [{"by": list(by), "causes": causes} for by, causes in together.items()]
        parts.append(Table(rows, {"by": "by what was seen in", "causes": "excluded"}, caption="What it is not"))
    return Stack(parts)


def services(report: Document) -> Stack:
    """What shows that real services answered."""
    found = report["services"]
    statuses = [
        {"kind": kind, "status": status, "n": n} for kind, counted in found["statuses"].items() for status, n in counted.items()
    ]
    channels = {
        "channel": "channel",
        "cases": "cases",
        "connections": "sockets",
        "rest_requests": "requests",
        "handshakes": "handshakes",
    }
    channels |= {"frames": "frames", "bytes_out": "bytes out", "bytes_in": "bytes in"}
    return Stack(
        [
            _sentences(found["sentences"], "Real-services validation"),
            Table(statuses, ["kind", "status", "n"], caption="Statuses seen", empty="No exchange of this round is known."),
            Table(found["channels"], channels, caption="What the cases moved, by channel", empty="No case ran."),
        ]
    )


def performance(report: Document) -> Stack:
    """The figures with their objectives, n and verdict, and the ledger of what stands behind each."""
    found = report["performance"]
    rows = [
        {
            **figure,
            "p50": figure["p50_ms"],
            "interval": _interval((figure.get("interval_ms") or {}).get("p50")),
            "objective": figure["objective_ms"],
            "verdict": "not measured" if figure["verdict"] == "not-measured" else figure["verdict"],
        }
        for figure in found["figures"]
    ]
    columns = {"name": "figure", "p50": "p50 (ms)", "interval": "95 % interval (ms)", "objective": "objective (ms)", "n": "n"}
    columns |= {"verdict": "verdict", "because": "because"}
    ledger = {"figure": "figure", "value_ms": "p50 as recorded (ms)", "n": "n", "raw": "raw file", "label": "so it is"}
    ledger |= {"because": "because"}
    return Stack(
        [
            _sentences([found["sentence"]], "Performance"),
            Table(rows, columns, empty="Nothing was measured (n = 0)."),
            Table(
                found["ledger"], ledger, caption="Ledger: what stands behind each number", empty="The record states no number."
            ),
        ]
    )


def next_steps(report: Document) -> Stack:
    """The question of the next five whys, what each area of investigation came to, and what is still open."""
    found = report["next_steps"]
    rows = [{**area, "answer": area["answer"]["text"], "evidence": area["answer"]["evidence"]} for area in found["areas"]]
    columns = {"area": "area", "question": "question", "state": "state", "answer": "answer", "evidence": "evidence"}
    return Stack(
        [
            Prose([found["question"]], heading="Next steps"),
            Table(rows, columns, caption="Areas of investigation"),
            _sentences(found["open"], "Questions still open", empty="No question is left open by this round's data."),
        ]
    )


def impact(report: Document) -> Table:
    """What it means for each feature that the parameters name."""
    columns = {"feature": "feature", "state": "state", "because": "because", "modules": "modules", "evidence": "evidence"}
    return Table(report["impact"], columns, caption="Business impact by feature", empty="The parameters name no feature.")


def actions(report: Document) -> Table:
    """The plan: repairs first, then what would settle what is open, then running it again."""
    rows = [{**action, "turn": turn} for turn, action in enumerate(report["actions"], start=1)]
    columns = {"turn": "", "action": "do", "text": "because", "evidence": "evidence"}
    return Table(rows, columns, caption="Action plan", empty="Nothing in this round's data asks for an action.")


def changes(report: Document) -> Stack:
    """What changed since the round before, and which of its claims no longer hold."""
    found = report["changes"]
    if found is None:
        return Stack([Prose(["There is no round before this one."], heading="Changes")])
    parts: list[Table | Prose] = [_sentences(found["sentences"], f"Changes since round {found['round']}")]
    if report["retracted"]:
        columns = {"claim": "claim", "text": "what became of it", "evidence": "evidence"}
        parts.append(Table(report["retracted"], columns, caption="Earlier claims that no longer hold"))
    return Stack(parts)


def _sentences(sentences: Iterable[Document], heading: str, empty: str = "Nothing to say.") -> Prose:
    said = [f"{one['text']} {_ids(one['evidence'], one['evidence_n'])}".rstrip() for one in sentences]
    return Prose(said or [empty], heading=heading, bullets=True)


def _ids(evidence: Sequence[str], n: int | None = None) -> str:
    more = f" and {n - len(evidence)} more" if n and n > len(evidence) else ""
    return f"[{', '.join(evidence)}{more}]" if evidence else ""


def _interval(bounds: Sequence[float] | None) -> str | None:
    return f"{bounds[0]:.3g} … {bounds[1]:.3g}" if bounds else None
