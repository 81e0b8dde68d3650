"""Notebook 03: every exchange beside what the servers wrote of it, or that they wrote nothing.

`report` is the result of `Investigation.logs()`, `exchanges` those that it was made of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from lib.facts import Exchange
from lib.figures import logs_words as words
from lib.figures.display.table import Prose, Table
from lib.figures.environment import opened
from lib.figures.logs_charts import life, severities
from lib.figures.logs_incidents import happened, queries
from lib.figures.suite_traffic import shortened

__all__ = [
    "absence", "answer", "changes", "contrasts", "happened", "incidents", "life", "opened", "pairs", "queries", "seen",
        "severities",
    "unjoined",
]  # fmt: skip

LAYERS = ("edge", "platform", "application")
MAX_EXAMPLES = 30
LEFT_OUT = Prose(["Left out: there is no exchange of a round to join with these entries."])


def answer(report: Any) -> Prose:
    """How many exchanges have entries and how they were joined, where refusals stopped, and how many incidents stand beside
    them."""
    document = report.as_json()
    paired, how = document["pairs"], Counter(pair["how"] for pair in document["pairs"])
    if document["source"] == "none":
        return Prose(
            ["There is no log source (logs.source is none): what the servers wrote is unknown, and absence proves nothing."],
            heading="Answer",
        )
    sentences = (
        []
        if not paired
        else [
            f"{len(paired)} exchanges: {how['trace']} joined by trace id, {how['window']} by path, status and window, "
            f"{how['none']} not at all."
        ]
    )
    sentences += [
        f"Refused: {count} of them. {said[0].upper()}{said[1:]}." for said, count in _refused_patterns(document, report.failing)
    ]
    real = [incident for incident in document["incidents"] if not incident["noise"]]
    first = f", first of all {real[0]['title']!r}" if real else f"; {words.NOBODY}"
    sentences.insert(0, f"Incidents: {words.count_of(document['incidents'])}{first}.")
    if sentence := words.without_severity(document["seen"]):
        sentences.append(f"{sentence}.")
    if not paired:
        sentences.append("There is no exchange of a round to join these entries with.")
    if document["seen"]["limit_hit"]:
        sentences.append(f"{words.limit(document['seen'], document['asked']).capitalize()}: absence proves nothing.")
    return Prose(sentences, heading="Answer")


def seen(report: Any) -> Table:
    """What was asked of the source beside what was truly seen; each difference is a reason to conclude less."""
    document = report.as_json()
    asked, found = document["asked"], document["seen"]
    rows = [
        ("from", asked["from"], found["first_at"]),
        ("to", asked["to"], found["last_at"]),
        ("entries", f"at most {asked['limit']}", str(found["entries"])),
        ("limit", None, words.limit(found, asked)),
        ("entries without payload", None, str(found["payload_missing"])),
        ("entries without severity", None, str(found["without_severity"])),
        ("revisions", None, found["revisions"]),
        ("instances", None, str(found["instances"])),
        ("filter", asked["filter"], None),
    ]
    rows += [(f"{one.severity} entries", None, _covered(one)) for one in report.reading.windows()]
    rows += [("cut short", None, sentence) for sentence in report.reading.cut_short()]
    rows += [("not read", None, sentence) for sentence in words.unread(document)]
    if report.reading.formats:
        rows.append(("formats", None, ", ".join(f"{n} {name}" for name, n in report.reading.formats.items())))
    rows += [("note", None, sentence) for sentence in report.reading.notes]
    return Table(rows, ["", "asked", "seen"], caption=f"Source {document['source']}, engine {document['engine']}")


def pairs(report: Any, exchanges: Sequence[Exchange]) -> Table | Prose:
    """Exchanges of the same question, answer and pattern in one row, refused ones first: how they were joined, how surely, who
    saw them.

    Every single pair is in the record, as `data/correlation.parquet`.
    """
    if not report.pairs:
        return LEFT_OUT
    known = {exchange.id: exchange for exchange in exchanges}
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for pair in report.pairs:
        seen_by = tuple(pair.seen_by.get(layer) for layer in LAYERS)
        groups.setdefault(
            (pair.exchange not in report.failing, _asked(known.get(pair.exchange)), pair.of, pair.how, seen_by), []
        ).append(pair)
    rows = []
    for (passing, asked, of, how, seen_by), group in sorted(groups.items(), key=lambda item: (item[0][0], -len(item[1]))):
        row = {
            "asked": asked,
            "refused": not passing,
            "of": of,
            "n": len(group),
            "how": how,
            "sure": min(pair.confidence for pair in group),
        }
        row |= {layer: _yes(value) for layer, value in zip(LAYERS, seen_by, strict=True)}
        rows.append(
            row | {"entries": sum(len(pair.insert_ids) for pair in group), "insert_ids": next(iter(group[0].insert_ids), None)}
        )
    columns = {
        "asked": "asked and answered",
        "refused": "refused",
        "of": "of",
        "n": "n",
        "how": "joined by",
        "sure": "confidence",
    }
    columns |= {layer: layer for layer in LAYERS} | {"entries": "entries", "insert_ids": "for example"}
    return Table(
        rows,
        columns,
        caption=f"Exchanges and their entries (n = {len(report.pairs)})",
        empty="No exchange of this round is known.",
    )


def absence(report: Any) -> Table | Prose:
    """Exchanges grouped by who saw them; a *no* stands only where a control of the same run did appear, else it cannot be
    told."""
    if not report.pairs:
        return LEFT_OUT
    groups = Counter(
        (pair["exchange"] in report.failing, tuple(pair["seen_by"].get(layer) for layer in LAYERS))
        for pair in report.as_json()["pairs"]
    )
    rows = [
        {"n": n, "refused": _yes(refused)}
        | {layer: _yes(value) for layer, value in zip(LAYERS, pattern, strict=True)}
        | {"means": meaning(pattern, refused=refused)}
        for (refused, pattern), n in sorted(groups.items(), key=lambda group: (not group[0][0], -group[1]))
    ]
    columns = {"n": "exchanges", "refused": "refused"} | {layer: layer for layer in LAYERS} | {"means": "what that says"}
    return Table(rows, columns, caption="Who saw them", empty="No exchange of this round is known.")


def unjoined(report: Any) -> Table | Prose:
    """Which exchanges have no entry, and why; nothing is joined silently, and nothing is left out silently."""
    if not report.pairs:
        return LEFT_OUT
    rows = [(pair.exchange, pair.of, pair.why_not or "no reason is recorded") for pair in report.pairs if pair.how == "none"]
    return Table(
        rows, ["exchange", "of", "why"], caption=f"Not joined (n = {len(rows)})", empty="Every exchange has its entries."
    )


def incidents(report: Any) -> Table:
    """One cause in one window is one incident, however many entries tell of it; most important first, noise last."""
    found = report.as_json()["incidents"]
    rows = [
        {name: incident[name] for name in ("severity", "title", "occurrences", "entries")}
        | {"first": f"{incident['first_at'][:23]}Z", "lasted": _lasted(incident), "noise": _yes(incident["noise"])}
        | {"id": next(iter(incident["insert_ids"]), None)}
        | {"where": incident["where"], "hit": words.hit(incident) or None}
        for incident in found[:MAX_EXAMPLES]
    ]
    columns = {"severity": "severity", "title": "title", "occurrences": "occurrences", "entries": "entries", "first": "first"}
    columns |= {"lasted": "lasted", "hit": "hit", "where": "where", "noise": "noise", "id": "for example"}
    more = f"; the {MAX_EXAMPLES} most important are shown, all are in data/logs.json" if len(found) > MAX_EXAMPLES else ""
    return Table(rows, columns, caption=f"Incidents (n = {len(found)}{more})", empty="The entries tell of no incident.")


def contrasts(report: Any) -> Table:
    """Message templates that stand beside failing exchanges more often than beside passing ones, by log-odds with both counts.

    What stood beside a single exchange is left out: one against none is an anecdote.
    """
    found = report.contrasts
    telling = [one for one in found if one.in_failing + one.in_passing > 1]
    rows = [one.as_json() | {"insert_ids": next(iter(one.insert_ids), None)} for one in telling]
    columns = {"template": "template", "in_failing": "beside failing", "in_passing": "beside passing", "log_odds": "log-odds"}
    columns |= {"insert_ids": "for example"}
    caption = f"What differs ({len(rows)} templates; {len(found) - len(rows)} that stood beside a single exchange are left out)"
    return Table(rows[:MAX_EXAMPLES], columns, caption=caption, empty="No template stands out.")


def changes(report: Any) -> Table | Prose:
    """Message templates that the last round's entries had and these have not, or the other way round, the most
    frequent first."""
    if report.changes is None:
        return Prose(
            ["The round before left no entries to compare with, or there was none: what appeared or vanished cannot be told."]
        )
    found = [
        {"change": one.change, "template": one.template, "entries": one.entries, "insert_ids": next(iter(one.insert_ids), None)}
        for one in report.changes
    ]
    columns = {"change": "since the last round", "template": "template", "entries": "entries", "insert_ids": "for example"}
    caption = f"What appeared or vanished (n = {len(found)})"
    return Table(found[:MAX_EXAMPLES], columns, caption=caption, empty="The same templates as in the last round.")


def meaning(pattern: Sequence[bool | None], *, refused: bool = True) -> str:
    """What a pattern of edge, platform and application says of where an exchange ended; what was served did not end on its
    way."""
    edge, platform, application = pattern
    if application is False and not refused:
        return "served, and the application wrote nothing of it"
    if application:
        return "seen by the application, so this is its own answer"
    if application is None:
        return "whether the application saw it cannot be told"
    if edge or platform:
        return f"seen by the {'platform' if platform else 'edge'} and not by the application: answered in front of it"
    if edge is False or platform is False:
        return "seen by no server: it ended on the way, at the client, a proxy, or another host"
    return "not seen by the application; what stands before it cannot be told"


def _refused_patterns(document: Mapping[str, Any], failing: Collection[str]) -> list[tuple[str, int]]:
    patterns = Counter(
        meaning([pair["seen_by"].get(layer) for layer in LAYERS]) for pair in document["pairs"] if pair["exchange"] in failing
    )
    return patterns.most_common()


def _asked(exchange: Exchange | None) -> str | None:
    if exchange is None:
        return None
    closed = f", closed with {exchange.close_code}" if exchange.close_code is not None else ""
    answer = f"no answer ({exchange.rung})" if exchange.status is None else str(exchange.status)
    return f"{exchange.kind} {shortened(exchange.url)}: {answer}{closed}"


def _lasted(incident: Mapping[str, Any]) -> str:
    first, last = (datetime.fromisoformat(incident[name]) for name in ("first_at", "last_at"))
    return words.duration(last - first)


def _covered(window: Any) -> str:
    spans = words.duration(window.last_at - window.first_at)
    return f"{window.entries} within {spans}, {window.first_at:%H:%M:%S} to {window.last_at:%H:%M:%S}"


def _yes(value: bool | None) -> str:
    return "cannot be told" if value is None else "yes" if value else "no"
