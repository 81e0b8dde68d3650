"""What a report says of credentials, of the reality of the run, and of the questions that stay open (pure)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from lib.facts import Exchange
from lib.reports.cases import is_authenticated
from lib.reports.differences import accepted_controls, is_refusal_code
from lib.reports.sentences import MAX_EVIDENCE, Document, cases_of, say
from lib.whys.catalogue.index import AREAS, of_area
from lib.whys.sentences import works_with

MAX_TOKENS = 30
_THIS_TOKEN = re.compile(r"^jwt:[0-9a-f]{8} ?")
_EXPIRY = re.compile(r"exp(?:=\S+| in -?\d+(?:\.\d+)? s)")


_LISTED = ("verdict", "symptom", "causes", "candidates", "leads", "works_with", "excluded", "minimal_pair", "whys")


def authentication(parameters: Document, diagnosis: Document | None, exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """The configured credential in words, what became of each credential that was sent, and what the diagnosis made of it."""
    token = parameters.get("token") or {}
    carried = (
        f"for {token.get('user')}, signed by {token.get('secret')} ({token.get('algorithm')}), carried by {token.get('carrier')}"
    )
    sentences = [
        say(
            f"The configured handshake carries a token {carried}."
            if token.get("secret")
            else "The configured handshake carries no credential."
        )
    ]
    if diagnosis is None:
        return {
            "sentences": [*sentences, say("The handshake was not investigated in this round.")],
            "tokens": tokens_sent(exchanges),
            "causes": [],
        }
    for cause in diagnosis["causes"]:
        sentences.append(say(f"{cause['id']} ({cause['layer']}, {cause['strength']}): {cause['because']}", cause["evidence"]))
    if works := works_with(diagnosis):
        sentences.append(say(f"The handshake {works}.", [*(diagnosis["minimal_pair"] or {}).values()][:2]))
    if diagnosis["candidates"]:
        sentences.append(
            say(f"The evidence leaves {len(diagnosis['candidates'])} causes open: {', '.join(diagnosis['candidates'])}.")
        )
    if diagnosis["excluded"]:
        by = [observation for entry in diagnosis["excluded"] for observation in entry["by"]]
        sentences.append(say(f"{len(diagnosis['excluded'])} causes are excluded by observations of this run.", by))
    listed = {key: diagnosis[key] for key in _LISTED if key in diagnosis}
    return {"sentences": sentences, "tokens": tokens_sent(exchanges), **listed}


def tokens_sent(exchanges: Iterable[Exchange]) -> list[dict[str, Any]]:
    """Credentials by fingerprint (what one token has of its own left out), with what the servers made of them."""
    groups: dict[str, list[Exchange]] = {}
    for one in exchanges:
        groups.setdefault(_fingerprint(one.credential), []).append(one)
    rows = [_token_row(credential, found) for credential, found in groups.items()]
    return sorted(rows, key=lambda row: -row["n"])[:MAX_TOKENS]


def _fingerprint(credential: str | None) -> str:
    return _EXPIRY.sub("", _THIS_TOKEN.sub("", credential)).strip() if credential else "none recorded"


def _token_row(credential: str, found: Sequence[Exchange]) -> dict[str, Any]:
    handshakes = Counter(str(one.status or one.error or "no answer") for one in found if one.kind == "handshake")
    rest = Counter(str(one.status or one.error or "no answer") for one in found if one.kind == "rest")
    return {"fingerprint": credential, "n": len(found), "handshakes": dict(handshakes), "rest": dict(rest)}


def services(environment: str, exchanges: Sequence[Exchange], suite: Document | None) -> dict[str, Any]:
    """The evidence that the run was real: addresses, who answered, statuses, clocks, bytes and sockets by channel."""
    if not exchanges and not cases_of(suite):
        return {
            "sentences": [say("Nothing was sent in this round.")],
            "hosts": {},
            "servers": {},
            "statuses": {},
            "clock": None,
            "channels": [],
        }
    hosts = Counter(urlsplit(one.url).netloc for one in exchanges)
    peers = Counter(one.peer for one in exchanges if one.peer)
    servers = Counter(value for one in exchanges for name, value in one.headers if name in {"server", "via"})
    statuses: dict[str, Counter[str]] = {"rest": Counter(), "handshake": Counter()}
    for one in exchanges:
        statuses[one.kind][str(one.status or "no answer")] += 1
    clock = clock_difference(exchanges)
    said = f"{len(exchanges)} exchanges went to {', '.join(hosts) or 'no host'}" + (
        f" (peers {', '.join(peers)})" if peers else ""
    )
    sentences = [say(f"{said}.")]
    if environment == "embedded":
        sentences.append(say("The system that answered is the built-in one, on this machine: real sockets, no cloud."))
    if servers:
        sentences.append(say(f"Answers name their servers: {', '.join(f'{name} ({n})' for name, n in servers.most_common(6))}."))
    sentences.append(_clock_sentence(clock))
    return {
        "sentences": sentences,
        "hosts": dict(hosts),
        "peers": dict(peers),
        "proxies": dict(Counter(one.via_proxy for one in exchanges if one.via_proxy)),
        "servers": dict(servers),
        "statuses": {kind: dict(sorted(found.items())) for kind, found in statuses.items()},
        "clock": clock,
        "channels": _channels(suite),
    }


def sessions(exchanges: Iterable[Exchange], ws_url: str | None, suite: Document | None = None) -> dict[str, Any] | None:
    """How many sessions the configured credential opened, and whether the server closed every one with a refusal; None without.

    Only a close code that refuses counts (1008, 1011, 4000 to 4999): what our own side ends, or a server that restarts, does not.
    Where nothing else opened one, those of a `suite`'s cases count, unless a case demands the refusal.
    """
    every = [one for one in exchanges if one.kind == "handshake" and one.status == 101 and is_authenticated(one, ws_url)]
    opened, whose = [one for one in every if one.of in {"control", "sample"}], "with the configured credential"
    if suite and not opened and not any(case.get("worth") == "rejection" for case in cases_of(suite)):
        opened, whose = [one for one in every if one.of == "case"], "by the cases"
    if not opened:
        return None
    closed = [one for one in opened if is_refusal_code(one.close_code or 0)]
    codes = ", ".join(sorted({str(one.close_code) for one in closed}))
    text = f"{_n_sessions(len(opened))} opened {whose}, and the server closed {len(closed)} of them"
    text += f" ({codes})." if codes else "."
    found = {"opened": len(opened), "closed": len(closed), "all_closed": len(closed) == len(opened), "text": text}
    return {**found, "evidence": [one.id for one in closed][:MAX_EVIDENCE]}


def _n_sessions(count: int) -> str:
    return f"{count} session{' was' if count == 1 else 's were'}"


def clock_difference(exchanges: Iterable[Exchange]) -> dict[str, Any] | None:
    """How far the servers' clocks are ahead of ours, from Date headers: the range in seconds that all of them allow.

    A Date header is cut to the second and was written between our request and its answer. None without such headers;
    `consistent` is false where no single difference fits all of them.
    """
    ranges = []
    for one in exchanges:
        stamped = _date(one.header("date"))
        if stamped is not None:
            ended_at = one.at + timedelta(milliseconds=one.elapsed_ms)
            ranges.append(((stamped - ended_at).total_seconds(), (stamped - one.at).total_seconds() + 1))
    if not ranges:
        return None
    low, high = max(low for low, _ in ranges), min(high for _, high in ranges)
    low, high = min(low, high), max(low, high)
    return {
        "low_s": round(low, 3),
        "high_s": round(high, 3),
        "n": len(ranges),
        "consistent": max(r[0] for r in ranges) <= min(r[1] for r in ranges),
    }


def _date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _clock_sentence(clock: Document | None) -> dict[str, Any]:
    if clock is None:
        return say("No answer carried a Date header: the servers' clocks were not measured.")
    between = f"between {clock['low_s']:+.2f} s and {clock['high_s']:+.2f} s"
    if not clock["consistent"]:
        return say(
            f"The servers' clocks disagree with each other, by differences to ours {between} (n = {clock['n']} Date headers)."
        )
    return say(f"The servers' clock is {between} ahead of ours (n = {clock['n']} Date headers).")


def _channels(suite: Document | None) -> list[dict[str, Any]]:
    # Bytes are counted a case, so a case that used several channels has a row of its own kind.
    rows: dict[str, Counter[str]] = {}
    channels_of = {row["module"]: row["channels"] for row in (suite or {}).get("modules") or ()}
    for case in cases_of(suite):
        traffic = case.get("traffic") or {}
        own = case.get("channels") or [
            name for name in ("rest", "websocket") if traffic.get({"rest": "rest_requests"}.get(name, "handshakes"))
        ]
        own = own or (["other"] if any(traffic.values()) else ["none"])
        if own == ["rest"] and not case.get("channels") and "stream" in channels_of.get(case["module"], ()):
            own = ["rest or stream"]
        rows.setdefault(" + ".join(own), Counter()).update({"cases": 1, **{name: int(n) for name, n in traffic.items()}})
    return [{"channel": name, **dict(found)} for name, found in rows.items()]


def areas(diagnosis: Document | None) -> list[dict[str, Any]]:
    """Each area of investigation: confirmed, excluded by which observations, not needed beside what was proved, or open."""
    return [_area(area, question, of_area(area), diagnosis) for area, question in AREAS.items()]


def _of_accepted(accepted: Sequence[str], not_tried: Sequence[str]) -> dict[str, Any]:
    words = f" Not looked for: {', '.join(not_tried)}." if not_tried else ""
    return say(f"The configured handshake was accepted: nothing here refuses it.{words}", accepted)


def _area(area: str, question: str, ids: Sequence[str], diagnosis: Document | None) -> dict[str, Any]:
    found = diagnosis or {"causes": [], "excluded": [], "candidates": [], "observations": [], "verdict": None}
    causes = {cause["id"]: cause for cause in found["causes"] if cause["id"] in ids}
    excluded = {entry["id"]: list(entry["by"]) for entry in found["excluded"] if entry["id"] in ids and entry["id"] not in causes}
    left = [cause for cause in ids if cause not in causes and cause not in excluded]
    accepted = accepted_controls(diagnosis)
    by = [observation for observations in excluded.values() for observation in observations]
    if causes:
        strengths = ", ".join(f"{cause} ({entry['strength']})" for cause, entry in causes.items())
        state, answer = (
            "confirmed",
            say(f"Confirmed: {strengths}.", [one for entry in causes.values() for one in entry["evidence"]]),
        )
    elif accepted:
        left = [cause for cause in ids if cause in ((found.get("healthy") or {}).get("not_tried") or ())]
        state, answer = "open" if left else "excluded", _of_accepted(accepted, left)
    elif found["verdict"] in {None, "unreachable"}:
        why = "no permitted address gave an HTTP answer" if found["verdict"] else "the handshake was not investigated"
        state, answer = "open", say(f"Not asked: {why}.")
    elif not left:
        state, answer = "excluded", say(f"Excluded: {', '.join(excluded)}.", by)
    elif found["verdict"] == "proved" and (pair := found.get("minimal_pair")):
        changed = ", ".join(pair["difference"])
        said = f"Not needed to explain it: with {changed} changed the handshake is accepted."
        state, answer = "not needed", say(said, [pair["accepted"]])
    else:
        likely = [cause for cause in left if cause in found["candidates"]] or left
        state, answer = (
            "open",
            say(f"Open: {', '.join(likely)}." + (f" Excluded: {', '.join(excluded)}." if excluded else ""), by),
        )
    return {
        "area": area,
        "question": question,
        "asked": found["verdict"] not in {None, "unreachable"},
        "state": state,
        "answer": answer,
        "excluded": excluded,
        "open": left,
    }
