"""What the verb `logs` prints: the incidents first, with their lines, then what was seen and what was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from lib.figures import logs_words as words

MOST_INCIDENTS = 10
MOST_NOISE = 5
_LINE = 160
_LINES = 6


def logs_text(document: dict[str, Any], *, notes: Sequence[str] = (), queries: Sequence[str] = ()) -> str:
    """Incidents, noise, deployments, what was seen and not read, and how the exchanges joined."""
    incidents = document["incidents"]
    real = [one for one in incidents if not one["noise"]]
    lines = [_seen(document), *(f"  {sentence}" for sentence in _lacking(document, notes))]
    lines.append(f"incidents: {words.count_of(incidents)}" if incidents else f"incidents: {words.NOBODY}")
    for number, incident in enumerate(real[:MOST_INCIDENTS]):
        lines += _incident(number + 1, incident, queries[number] if number < len(queries) else "")
    if len(real) > MOST_INCIDENTS:
        lines.append(f"  and {len(real) - MOST_INCIDENTS} more incidents; --json has them all")
    lines += _noise([one for one in incidents if one["noise"]])
    lines += [f"deployment: {one['at'][:19]}Z {one['revision'] or ''} {one['outcome']}" for one in document["deployments"][:10]]
    return "\n".join([*lines, *_exchanges(document)])


def _seen(document: dict[str, Any]) -> str:
    seen, asked = document["seen"], document["asked"]
    window = words.span(seen["first_at"], seen["last_at"])
    bounds = (
        f"; asked were {asked['from'] or 'the beginning'} to {asked['to'] or 'the end'}" if asked["from"] or asked["to"] else ""
    )
    what = f"{seen['entries']} entries from {document['source']} ({document['engine']})"
    return f"{what}, {window}{bounds}; {words.limit(seen, asked)}"


def _lacking(document: dict[str, Any], notes: Sequence[str]) -> list[str]:
    seen = document["seen"]
    found = [f"not read: {sentence}" for sentence in words.unread(document)]
    if seen["payload_missing"]:
        found.append(
            f"{seen['payload_missing']} of {seen['entries']} entries have no content at all: whoever exported them lost it"
        )
    if sentence := words.without_severity(seen):
        found.append(sentence)
    return [*found, *(f"note: {note}" for note in notes)]


def _incident(number: int, incident: dict[str, Any], query: str) -> list[str]:
    told = [words.frequency(incident), words.span(incident["first_at"], incident["last_at"])]
    told += [hit] if (hit := words.hit(incident)) else []
    told += [f"revision {', '.join(incident['revisions'][:3])}"] if incident["revisions"] else []
    told += [f"{incident['instances']} instances"] if incident["instances"] > 1 else []
    told += [f"at {incident['where']}"] if incident["where"] else []
    lines = [f"{number}. {incident['severity']}: {incident['title']}", f"     {'; '.join(told)}"]
    messages = [[line for line in text.splitlines() if line.strip()] for text in incident["lines"]]
    # Each message is begun, and the first, which names the incident, has what room the others leave.
    shown = [line for rank, text in enumerate(messages) for line in text[: 1 if rank else _LINES + 1 - len(messages)]]
    lines += [f"     | {line[:_LINE]}" for line in shown]
    left = sum(map(len, messages)) - len(shown)
    lines += [f"     | … and {left} more lines"] if left else []
    return [*lines, *([f"     look: {query}"] if query else [])]


def _noise(noise: Sequence[dict[str, Any]]) -> list[str]:
    lines = [f"noise: {one['severity']}: {one['title'][:_LINE]} ({words.frequency(one)})" for one in noise[:MOST_NOISE]]
    return [*lines, *([f"  and {len(noise) - MOST_NOISE} more that look like noise"] if len(noise) > MOST_NOISE else [])]


def _exchanges(document: dict[str, Any]) -> list[str]:
    if not document["pairs"]:
        return ["no exchange of a round to join them with"]
    how = {"trace": "joined by trace id", "window": "joined by path, status and window", "none": "not joined"}
    joined = Counter(how[pair["how"]] for pair in document["pairs"])
    return [f"{len(document['pairs'])} exchanges: " + ", ".join(f"{n} {what}" for what, n in joined.items())]
