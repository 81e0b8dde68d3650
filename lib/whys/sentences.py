"""A diagnosis's document in sentences that the terminal, the report and the notebook share (documents of other versions too)."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]
RAN_OUT = "ran out"
"""The factor `token` of the observation that says when a token's time was over."""
WATCH = "watch"
"""The factor of the observation that says what a long watch saw."""
BEFORE = "before the handshake: "
"""How a symptom begins that is none of the handshake."""
_LATE = re.compile(r"it has been expired for (\d+) s:")


def works_with(document: Document) -> str | None:
    """The proved change with its counts, and what came of it without each part; None where no change is proved."""
    found = document.get("works_with")
    if not found:
        return None
    asked = found["accepted"] + found["refused"]
    changed = " + ".join(f"{factor_name(name)}: {shown(value)}" for name, value in found["changes"].items())
    return f"works with: {changed} ({found['accepted']} of {asked}){_lacking(found['without'])}"


def _lacking(without: Mapping[str, Mapping[str, int]]) -> str:
    """What came of the change without each of its parts: of two parts that fail alone it is said at once."""
    counts = {name: (said["accepted"], said["accepted"] + said["refused"]) for name, said in without.items()}
    if len(counts) == 1:
        ((taken, asked),) = counts.values()
        return f"; without it {taken} of {asked}"
    if len(counts) == 2 and not any(taken for taken, _ in counts.values()):
        return f"; neither alone (0 of {sum(asked for _, asked in counts.values())})"
    return "".join(f"; without {factor_name(name)} {taken} of {asked}" for name, (taken, asked) in counts.items())


def factor_name(name: str) -> str:
    """A factor as people call it: a header by its own name, a claim as a claim."""
    group, _, own = name.partition(".")
    named = (
        {
            "headers": own,
            "claims": f"claim {own}",
            "query": f"query parameter {own}",
            "cookies": f"cookie {own}",
            "subprotocols": f"subprotocol {own}",
        }.get(group)
        if own
        else None
    )
    return named or {"origin": "Origin", "host_header": "Host", "key": "signing key"}.get(name, name)


def cause_name(document: Document, cause: str) -> str:
    """A cause as people are told it: a header that is no key is called by its own name."""
    changes = (document.get("works_with") or {}).get("changes") or {}
    headers = [name.partition(".")[2] for name in changes if name.startswith("headers.")]
    return f"{cause} (the header {' and '.join(headers)})" if cause == "bypass-key" and headers else cause


def before(document: Document) -> str | None:
    """What stood before the handshake, so that it was not sent; None where it was."""
    symptom = document.get("symptom")
    told = str(symptom["description"]) if symptom else ""
    return told if told.startswith(BEFORE) else None


def explained_by(document: Document) -> list[str]:
    """For each part of the proved change the causes that explain it: certain where there is one."""
    found = document.get("works_with") or {"explained_by": {}}
    said = []
    for name, causes in found["explained_by"].items():
        if not causes:
            said.append(f"{name}: no cause of the catalogue explains why it helps")
        elif len(causes) == 1:
            said.append(f"{name}: certainly {causes[0]}")
        else:
            said.append(f"{name}: one of {', '.join(causes)}")
    return said


def next_step(document: Document) -> str | None:
    """What would tell more, as something to set or to run, and how to read what it gives."""
    probe = document.get("next_probe")
    if not probe or isinstance(probe, str):
        return probe or None
    if "command" in probe:
        asked = f"run {shlex.join(probe['command'])}"
    else:
        asked = "run it again with " + " ".join(f"-p {name} {_argument(value)}" for name, value in probe["set"].items())
    return f"{asked} ({probe['reads']})"


def belief(document: Document) -> list[tuple[str, tuple[str, ...], int]]:
    """What each observation excluded and how many causes were left after it, in the order of asking.

    A cause is out once everything that speaks against it was seen; observations that excluded nothing are left out.
    """
    order = {seen["id"]: position for position, seen in enumerate(document["observations"])}
    gone: dict[str, list[str]] = {}
    for entry in document["excluded"]:
        known = [name for name in entry["by"] if name in order]
        if known:
            gone.setdefault(max(known, key=lambda name: order[name]), []).append(entry["id"])
    left = len(document["excluded"]) + len({*document["candidates"], *(cause["id"] for cause in document["causes"])})
    steps = []
    for name in sorted(gone, key=lambda name: order[name]):
        left -= len(gone[name])
        steps.append((name, tuple(gone[name]), left))
    return steps


def left_open(document: Document) -> str:
    """What the verdict leaves open, in one clause."""
    candidates = document["candidates"]
    if said := before(document):
        return said
    if document["verdict"] == "narrowed":
        changed = ", ".join((document.get("works_with") or {"changes": document["minimal_pair"]["difference"]})["changes"])
        why = f"one of {', '.join(candidates)} explains why" if candidates else "no cause of the catalogue explains why"
        return f"narrowed: with {changed} changed it works, proved; {why}"
    return f"ambiguous: the evidence leaves {', '.join(candidates) or 'no known cause'} open"


def accepted(document: Document) -> str:
    """What a healthy end claims: where everybody is let in, whatever the session itself asks for was not exercised."""
    found = document.get("healthy") or {}
    if found.get("session") == "granted":
        anybody = ", with or without a credential" if found.get("without_credential") == "accepted" else ""
        return f"the configured handshake is accepted and its session granted{anybody}"
    if found.get("without_credential") == "accepted":
        return "accepted, with or without a credential; the session's own authentication was not exercised"
    if found.get("session") == "not-exercised":
        return "accepted; the session's own authentication was not exercised"
    return "the configured handshake is accepted"


def healthy(document: Document) -> list[str]:
    """What a healthy end rests on: how long it was watched, who else is let in, what a browser would do, what was not tried."""
    found = document.get("healthy")
    if not found:
        return []
    bare = {
        "refused": "without a credential it is refused",
        "accepted": "it lets everybody in: the handshake without a credential was accepted too",
        "not-asked": "a handshake without a credential was not asked for",
    }
    said = [f"watched for {found['watched_s']:g} s; {bare.get(found['without_credential'], found['without_credential'])}"]
    said.append("a browser would get the same answer" if found["browser"] == "same" else f"a browser {found['browser']}")
    if found.get("session") == "not-exercised":
        said.append("the session waits for a first message, and none was sent: session in the parameters says what to send")
    if found["not_tried"]:
        said.append(f"not looked for: {', '.join(found['not_tried'])}")
    return said


def expired(document: Document) -> list[tuple[str, str]]:
    """Sentences on tokens whose time was over, or that ran out while they were asked with, each with its observation."""
    said = [(f"{words[:1].upper()}{words[1:]}", by) for words, by in ran_out(document)]
    for seen in document["observations"]:
        sent = str(seen["factors"].get("token", "")) if seen["kind"] == "offline" else ""
        late = _LATE.match(str(seen.get("body_excerpt") or ""))
        if sent.startswith("as sent") and late:
            where = sent.removeprefix("as sent").strip(" ()")
            said.append((f"The token that is sent{f' ({where})' if where else ''} had been expired for {late[1]} s", seen["id"]))
    return said


def ran_out(document: Document) -> list[tuple[str, str]]:
    """When a token's time was over that had time left at first, with its observation."""
    over = (seen for seen in document["observations"] if seen["factors"].get("token") == RAN_OUT)
    return [(str(seen["body_excerpt"]), str(seen["id"])) for seen in over]


def watched(document: Document) -> str | None:
    """What a long watch saw, with its bound; None where there was none."""
    return next((str(seen["body_excerpt"]) for seen in document["observations"] if WATCH in seen["factors"]), None)


UNREAD = "the servers' logs could not be read, and nothing here rests on them"
_UNREAD = {
    "logs": UNREAD,
    "evidence.users": "evidence.users could not be read, and nothing here rests on it",
    "evidence.configuration": "evidence.configuration could not be read, in whole or in part, and nothing here rests on that",
}


def unread(document: Document) -> list[str]:
    """What should have been read beside the handshakes and could not be, with why."""
    left = [seen for seen in document["observations"] if seen["kind"] == "offline" and seen["factors"].get("left out") in _UNREAD]
    return [f"{_UNREAD[seen['factors']['left out']]}: {seen['body_excerpt'].removeprefix('left out: ')}" for seen in left]


def budget_spent(document: Document) -> str | None:
    """That the budget ended before everything was asked, and what would carry more; None where it did not."""
    for name, limit in (document.get("budget_spent") or {}).items():
        amount = f"{limit:g} {name if name == 'handshakes' else 's'}"
        return f"the budget of {amount} did not carry all that would have been asked (-p budget.{name} {2 * limit:g} asks on)"
    return None


def offline(document: Document) -> list[str]:
    """What was known before anything was sent: what the tokens say, and what was left out of what could be asked."""
    told = []
    for seen in document["observations"]:
        is_ours = seen["kind"] == "offline" and seen["id"].startswith("o")
        if is_ours and seen["factors"].get("left out") not in _UNREAD:
            where = next(iter(seen["factors"].items()), ("found", ""))
            name = f"{where[0]} {where[1]}" if where[0] in ("left out", "not asked") else where[0]
            words = str(seen["body_excerpt"])
            told.append(f"{name}: {words.removeprefix('left out: ').removeprefix('not asked: ')}")
    return told


def _argument(value: Any) -> str:
    return shlex.quote(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def shown(value: Any) -> str:
    """A factor's value as people are told it."""
    return ", ".join(map(str, value)) if isinstance(value, list) else "none" if value is None else str(value)


def most_speaks_for(document: Document) -> str:
    """The causes that the first lead speaks for, at the end of a line."""
    leads = [lead for lead in document.get("leads") or () if lead["id"]]
    first = [lead["id"] for lead in leads if (lead["because"], lead["evidence"]) == (leads[0]["because"], leads[0]["evidence"])]
    return f"; most speaks for {' or '.join(first)}" if 0 < len(first) <= 3 else ""
