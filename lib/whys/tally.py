"""What came of the same handshake each time that it was asked: how often it was accepted, in which ways refused, and where.

Computed from a diagnosis's document, so that the terminal, the report and the notebook say the same. A verdict of one refusal is
no answer where the next one was an acceptance.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

from lib.facts import is_accepted_document
from lib.redaction.one_line import in_one_line
from lib.whys.probes import NOTHING_OF_OURS, is_alike
from lib.whys.sentences import factor_name, shown

Document = Mapping[str, Any]
Said = tuple[str, tuple[str, ...]]
"""A sentence and the observations that it rests on."""
MOST_FACES, MOST_CHANGES = 4, 3
_ENDED = {"dns": "no address of the name", "tcp": "no connection", "tls": "no TLS session", "http": "no usable HTTP answer"}


def inconstant(document: Document) -> str | None:
    """That the very same handshake was accepted and refused, with its counts; None where it always went the same way."""
    asked = _alike(document)
    outcomes = [is_accepted_document(seen) for seen in asked]
    passed, failed = sum(outcomes), len(outcomes) - sum(outcomes)
    if not passed or not failed:
        return None
    if sum(one != other for one, other in pairwise(outcomes)) > 1:
        return f"the same handshake is now accepted, now refused (accepted {passed} of {len(asked)} times)"
    before, since = ((passed, "accepted"), (failed, "refused"))[:: 1 if outcomes[0] else -1]
    return f"the same handshake was {before[1]} at first ({_times(before[0])}) and {since[1]} since ({_times(since[0])})"


def opening(document: Document) -> str:
    """The same where a sentence on what is left open begins with it."""
    return f"{said}; " if (said := inconstant(document)) else ""


def remarks(document: Document) -> list[Said]:
    """What a reader must know beside the verdict, each with its observations."""
    healthy = document["verdict"] == "healthy"
    named = document["verdict"] in ("proved", "logged")
    found = [*_faces(document)] if not healthy else []
    found += [*_accepted_with(document)] if not (healthy or named or document.get("works_with")) else []
    found += [*_too_many(document), *_without_connection(document)]
    return [*found, *_health(document)] if healthy else found


def but(document: Document) -> str:
    """What a healthy end must not hide, at the end of its headline."""
    hidden = [said for said, _ in (*_without_connection(document), *_health(document))]
    return f", but {' and '.join(hidden)}" if hidden else ""


def _handshakes(document: Document) -> list[Document]:
    return [seen for seen in document["observations"] if seen["kind"] == "handshake" and "rung" in seen]


def _alike(document: Document) -> list[Document]:
    return [seen for seen in _handshakes(document) if is_alike(seen["factors"], seen["rung"])]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _faces(document: Document) -> Iterator[Said]:
    """In which ways the same handshake was refused, where there is more than one."""
    refused = [seen for seen in _alike(document) if not is_accepted_document(seen)]
    by_face: dict[tuple[Any, ...], list[Document]] = {}
    for seen in refused:
        by_face.setdefault(_stage(seen), []).append(seen)
    if len(by_face) < 2:
        return
    in_turn = len([None for _ in groupby(refused, key=_stage)]) > len(by_face)
    said = [f"{_face(seen[0])} ({_times(len(seen))}, first {seen[0]['id']})" for seen in by_face.values()]
    more = f" and {len(said) - MOST_FACES} more" if len(said) > MOST_FACES else ""
    how = f"refused in {len(said)} ways, in turn: " if in_turn else "the refusal changed while it was looked at: "
    ids = tuple(seen[0]["id"] for seen in by_face.values())
    yield f"{how}{(', ' if in_turn else ', then ').join(said[:MOST_FACES])}{more}", ids


def _stage(seen: Document) -> tuple[Any, ...]:
    return seen["rung"], seen["status"], seen["close_code"]


def _face(seen: Document) -> str:
    if seen["rung"] == "session":
        code = seen["close_code"]
        return "101, then dropped" if code in (None, 1006) else f"101, then closed with {code}"
    if seen["status"] is None:
        return _ENDED.get(seen["rung"] or "", "no answer")
    words = in_one_line(seen["body_excerpt"], 60)
    return f"HTTP {seen['status']}{f' saying {words!r}' if words else ''}"


def _accepted_with(document: Document) -> Iterator[Said]:
    """Changes with which a handshake was accepted, although not in the order that proves one."""
    asked = _alike(document)
    if any(map(is_accepted_document, asked)):
        return  # what is now accepted, now refused by itself says nothing of a change
    tried: dict[str, list[Document]] = {}
    for seen in _handshakes(document):
        factors = seen["factors"]
        if not is_alike(factors, seen["rung"]) and "address" not in factors and NOTHING_OF_OURS not in factors.values():
            tried.setdefault(json.dumps(factors, sort_keys=True), []).append(seen)
    for group in [group for group in tried.values() if any(map(is_accepted_document, group))][:MOST_CHANGES]:
        passed = [seen["id"] for seen in group if is_accepted_document(seen)]
        changed = " + ".join(f"{factor_name(name)}: {shown(value)}" for name, value in group[0]["factors"].items())
        counts = f"accepted {len(passed)} of {_times(len(group))}, as configured 0 of {_times(len(asked))}"
        yield f"with {changed} {counts}; that is no proof yet", tuple(passed)


def _too_many(document: Document) -> Iterator[Said]:
    """Handshakes that were turned away for our own pace, and what the server asks for."""
    turned = [seen for seen in _handshakes(document) if seen["status"] == 429]
    asked = next((value for seen in turned if (value := seen["headers"].get("retry-after"))), None)
    symptom = document.get("symptom") or {}
    if turned and (asked or symptom.get("status") != 429):
        pause = f", which asks to be left alone (Retry-After: {in_one_line(str(asked), 40)})" if asked else ""
        lost = "" if symptom.get("status") == 429 else "; what these were to show is not known"
        yield f"{len(turned)} of {len(_handshakes(document))} handshakes were answered 429{pause}{lost}", _ids(turned)


def _without_connection(document: Document) -> Iterator[Said]:
    """Addresses of the target's name that take no connection, which a client may try first."""
    asked = [seen for seen in _handshakes(document) if "address" in seen["factors"]]
    dead = [seen for seen in asked if seen["rung"] == "tcp"]
    for address in dict.fromkeys(str(seen["factors"]["address"]) for seen in dead):
        yield (
            f"no connection is made at {address}, one of the name's addresses",
            _ids([seen for seen in dead if seen["factors"]["address"] == address]),
        )


def _health(document: Document) -> Iterator[Said]:
    """What the health route answered, where it does not say that the service is well."""
    asked = [seen for seen in document["observations"] if seen["kind"] == "rest" and seen["factors"].get("request") == "health"]
    is_guessed = "health_path" in (document.get("guessed") or {})
    for seen in asked[-1:]:
        if is_guessed and (seen["status"] or 0) < 500:
            return  # there may be no such route
        if seen["status"] is None:
            yield f"the health route gave no answer ({_ENDED.get(seen['rung'] or '', 'no answer')})", (seen["id"],)
        elif not 200 <= seen["status"] < 300:
            yield f"the health route answered {seen['status']}", (seen["id"],)


def _ids(seen: Sequence[Document]) -> tuple[str, ...]:
    return tuple(one["id"] for one in seen[:3])
