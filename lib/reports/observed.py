"""What evidence ids stand for: each observation, exchange, case, log entry and figure with what was sent, what was answered,
and what the servers' logs hold of it (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lib.facts import Exchange
from lib.redaction.one_line import in_one_line
from lib.reports.answer import shown_factors
from lib.reports.differences import FAILING, case_id
from lib.reports.sentences import Document, cases_of

MAX_ENTRIES, MAX_SAMPLES = 20, 100
MAX_SAID = 160
MAX_CASES, MAX_ALIKE = 300, 5
"""Of so many cases there are cards, beside those that are cited; of failures with one signature so many come first."""
KINDS = {
    "handshake": "Handshakes of the diagnosis",
    "rest": "REST requests of the diagnosis",
    "offline": "What was found without asking",
    "config": "What is configured",
    "record": "What is recorded of the user",
    "log": "Log entries that the diagnosis rests on",
    "module": "Modules of the suite",
    "case": "Cases of the suite",
    "exchange": "Exchanges that are cited",
    "entry": "Log entries that are cited",
    "figure": "Figures",
}
"""The groups of evidence, in the order in which a page shows them."""


def observed(
    *,
    diagnosis: Document | None,
    exchanges: Sequence[Exchange],
    entries: Iterable[Document],
    suite: Document | None,
    performance: Document | None,
    samples: Iterable[Document] = (),
    cited: Iterable[str],
) -> list[dict[str, Any]]:
    """Everything that evidence can name, each `{id, kind, said, outcome, request, answer, log}` with lists of lines.

    Of exchanges and log entries only those `cited` are there; the others stand in the record's Parquet files.
    """
    wanted = set(cited)
    lines = _log_lines(entries)
    by_trace = {one.trace_id: one for one in exchanges if one.trace_id}
    found = [_observation(one, by_trace, lines) for one in (diagnosis or {}).get("observations") or ()]
    found += _modules(cases_of(suite))
    found += _cases(cases_of(suite), exchanges, wanted)
    found += [_exchange(one, lines) for one in exchanges if one.id in wanted]
    found += [_entry(line) for line in _each(lines) if line["id"] in wanted]
    rows = list(samples)
    return found + [_figure(one, [row for row in rows if row["figure"] == one["name"]]) for one in _figures(performance)]


def cited_in(report: Any) -> Iterator[str]:
    """Every id that a report's sentences and tables name as evidence."""
    if isinstance(report, Mapping):
        for name, value in report.items():
            if name in {"evidence", "exchanges", "insert_ids"} and isinstance(value, list):
                yield from (str(one) for one in value)
            else:
                yield from cited_in(value)
    elif isinstance(report, list):
        for value in report:
            yield from cited_in(value)


def _observation(one: Document, by_trace: Mapping[Any, Exchange], lines: Mapping[Any, list[Document]]) -> dict[str, Any]:
    sends = one["kind"] in {"handshake", "rest"}
    sent = by_trace.get(one.get("trace_id")) if sends else None
    answered = [f"status: {one['status']}"] if one.get("status") is not None else []
    answered += [f"close code: {one['close_code']}"] if one.get("close_code") is not None else []
    answered += [f"{name}: {value}" for name, value in (one.get("headers") or {}).items()]
    answered += ["", one["body_excerpt"]] if one.get("body_excerpt") else [] if one["kind"] == "log" else ["", "(no body)"]
    return {
        "id": one["id"],
        "kind": one["kind"],
        "said": shown_factors(one.get("factors") or {}) if sends else in_one_line(one.get("body_excerpt") or "", MAX_SAID),
        "outcome": _outcome(one.get("status"), one.get("close_code"), one.get("rung"), one.get("granted")),
        "request": _sent(sent) if sent else [],
        "answer": _answered(sent) if sent else answered,
        "log": [] if one["kind"] == "log" else _shown(lines.get(one.get("trace_id")) or ()),
    }


def _modules(cases: Sequence[Document]) -> Iterator[dict[str, Any]]:
    for module in dict.fromkeys(str(case["module"]) for case in cases):
        mine = [case for case in cases if case["module"] == module]
        outcomes = Counter(str(case["outcome"]) for case in mine)
        lines = [f"{case['outcome']} {case['name']}" for case in mine[:MAX_CASES]]
        lines += [f"{len(mine) - MAX_CASES} further cases are in data/suite.json"] if len(mine) > MAX_CASES else []
        said = ", ".join(f"{n} {outcome}" for outcome, n in outcomes.items())
        outcome = "failed" if FAILING & outcomes.keys() else "passed" if outcomes["passed"] else ""
        yield {"id": module, "kind": "module", "said": said, "outcome": outcome, "request": [], "answer": lines, "log": []}


def _cases(cases: Sequence[Document], exchanges: Sequence[Exchange], cited: set[str]) -> Iterator[dict[str, Any]]:
    """Cards of all cases, or where they are very many of those that differ most; how many more there are is a card too."""
    shown = cases if len(cases) <= MAX_CASES else _telling(cases, cited)
    yield from (_case(case, exchanges) for case in shown)
    if len(shown) < len(cases):
        said = f"{len(cases) - len(shown)} further cases are in data/suite.json alone"
        yield {"id": "further-cases", "kind": "case", "said": said, "outcome": "", "request": [], "answer": [], "log": []}


def _telling(cases: Sequence[Document], cited: set[str]) -> list[Document]:
    seen: Counter[Any] = Counter()
    rank = {}
    for place, case in enumerate(cases):
        alike = (case["outcome"], case.get("signature"))
        seen[alike] += 1
        rank[place] = (case_id(case) not in cited, seen[alike] > MAX_ALIKE, case["outcome"] not in FAILING)
    kept = set(sorted(rank, key=rank.__getitem__)[:MAX_CASES])
    return [case for place, case in enumerate(cases) if place in kept]


def _case(case: Document, exchanges: Sequence[Exchange]) -> dict[str, Any]:
    label = f"{case['module']}::{case['name']}"
    mine = [one for one in exchanges if one.of == "case" and one.label == label]
    asked = [
        f"{one.method} {one.url} → {_outcome(one.status, one.close_code, one.rung, one.granted)}" for one in mine[:MAX_ENTRIES]
    ]
    asked += [f"{len(mine) - MAX_ENTRIES} further exchanges are in data/exchanges.parquet"] if len(mine) > MAX_ENTRIES else []
    answer = [f"worth: {case['worth']}"] if case.get("worth") else []
    answer += [str(case["because"])] if case.get("because") else []
    answer += [str(case["signature"])] if case.get("signature") else []
    return {
        "id": case_id(case),
        "kind": "case",
        "said": f"{case['outcome']}, worth: {case['worth']}" if case.get("worth") else "",
        "outcome": case["outcome"],
        "request": asked,
        "answer": answer,
        "log": [],
    }


def _exchange(one: Exchange, lines: Mapping[Any, list[Document]]) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": "exchange",
        "said": f"{one.method} {one.url} ({one.label})",
        "outcome": _outcome(one.status, one.close_code, one.rung, one.granted),
        "request": _sent(one),
        "answer": _answered(one),
        "log": _shown(lines.get(one.trace_id) or ()),
    }


def _entry(line: Document) -> dict[str, Any]:
    said, text = str(line["text"]), str(line["text"])
    first = said.splitlines()[0][:160] if said else "(no text)"
    answer = [f"{line['at']} {line['severity']} {line['layer']}", text]
    outcome = str(line["severity"] or "no severity")
    return {"id": line["id"], "kind": "entry", "said": first, "outcome": outcome, "request": [], "answer": answer, "log": []}


def _figures(performance: Document | None) -> Sequence[Document]:
    return (performance or {}).get("figures") or ()


def _figure(figure: Document, samples: Sequence[Document]) -> dict[str, Any]:
    known = {"name", "verdict", "because"}
    answer = [f"{name}: {value}" for name, value in figure.items() if name not in known and value is not None]
    said = str(figure["because"])
    answer += [said, "", "its samples (rows of data/latency.parquet):", *map(_sample, samples[:MAX_SAMPLES])]
    answer += [f"and {len(samples) - MAX_SAMPLES} further rows"] if len(samples) > MAX_SAMPLES else [] if samples else ["none"]
    shown = {"id": figure["name"], "kind": "figure", "said": said, "outcome": figure["verdict"]}
    return {**shown, "request": [], "answer": answer, "log": []}


def _sample(row: Document) -> str:
    ms = "no answer" if row.get("ms") is None else f"{row['ms']:.3f} ms"
    notes = [str(note) for note in ("warm-up" if row.get("warmup") else "", row.get("error") or "") if note]
    said = f" ({', '.join(notes)})" if notes else ""
    return f"{row.get('at')} {ms}{said} trace {row.get('trace_id') or 'none'}"


def _sent(one: Exchange) -> list[str]:
    credential = [f"(credential: {one.credential})"] if one.credential else []
    via = [f"(through the proxy {one.via_proxy})"] if one.via_proxy else []
    return [f"{one.method} {one.url}", *(f"{name}: {value}" for name, value in one.request_headers), *credential, *via]


def _answered(one: Exchange) -> list[str]:
    lines = [f"HTTP {one.status}" if one.status is not None else f"no answer: it ended at {one.rung}"]
    lines += [f"{name}: {value}" for name, value in one.headers]
    lines += ["", one.body_excerpt or "(no body)"]
    lines += ["", "the session's first frames (→ sent, ← received):", *one.frames] if one.frames else []
    lines += [f"first frame: {one.first_frame}"] if one.first_frame and not one.frames else []
    lines += [f"the session was {'granted' if one.granted else 'not granted'}"] if one.granted is not None else []
    lines += [f"closed by the server: {one.close_code} {one.close_reason or ''}".rstrip()] if one.close_code is not None else []
    return lines + ([one.error] if one.error else []) + [f"after {one.elapsed_ms:.1f} ms"]


def _outcome(status: int | None, close_code: int | None, rung: str | None, granted: bool | None = None) -> str:
    if close_code is not None:
        return f"closed {close_code}"
    if granted is not None:
        return "granted" if granted else "session refused"
    if status is not None:
        return "accepted" if status == 101 and rung == "session" else f"HTTP {status}"
    return f"ended at {rung}" if rung else ""


def _log_lines(entries: Iterable[Document]) -> dict[Any, list[Document]]:
    found: dict[Any, list[Document]] = {}
    for row in entries:
        line = {
            "id": row.get("insert_id"),
            "at": row.get("timestamp"),
            "severity": row.get("severity"),
            "layer": row.get("layer"),
        }
        found.setdefault(row.get("trace_id"), []).append({**line, "text": row.get("text") or ""})
    return found


def _each(lines: Mapping[Any, list[Document]]) -> Iterator[Document]:
    for found in lines.values():
        yield from found


def _shown(lines: Sequence[Document]) -> list[str]:
    said = [
        f"{line['at']} {line['severity'] or '–'} {line['layer']} [{line['id']}] {line['text']}" for line in lines[:MAX_ENTRIES]
    ]
    return said + (
        [f"{len(lines) - MAX_ENTRIES} further entries are in data/entries.parquet"] if len(lines) > MAX_ENTRIES else []
    )
