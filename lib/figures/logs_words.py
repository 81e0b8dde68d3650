"""What the logs told, in words that the terminal and notebook 03 share: incidents in brief, spans of time, and where
to look further."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

_SHELL_WORDS = 60
NOBODY = "the entries tell of none"


def duration(span: timedelta) -> str:
    """A span of time as people say it."""
    seconds = span.total_seconds()
    if seconds < 0.001:
        return "an instant"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days {hours % 24} h"


def span(first: str | None, last: str | None) -> str:
    """From when to when, in UTC, and how long that is; the date once where both are of one day."""
    if first is None or last is None:
        return "no moment"
    begin, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    if begin == end:
        return f"{begin:%Y-%m-%d %H:%M:%S} UTC"
    until = f"{end:%H:%M:%S}" if begin.date() == end.date() else f"{end:%Y-%m-%d %H:%M:%S}"
    return f"{begin:%Y-%m-%d %H:%M:%S} to {until} UTC ({duration(end - begin)})"


def hit(incident: Mapping[str, Any], statuses: Sequence[int] = ()) -> str:
    """Who was hit: how many requests failed with it, and how many of them were WebSocket handshakes; empty for nobody."""
    requests, sockets = incident["hit"]["requests"], incident["hit"]["websockets"]
    if not requests:
        return ""
    told = f" ({', '.join(map(str, statuses))})" if statuses else ""
    words = "1 request failed" if requests == 1 else f"{requests} requests failed"
    which = {0: "", 1: ", one of them a WebSocket handshake"}.get(sockets, f", {sockets} of them WebSocket handshakes")
    if sockets == requests:
        which = ", a WebSocket handshake" if requests == 1 else ", all of them WebSocket handshakes"
    return words + told + which


def frequency(incident: Mapping[str, Any]) -> str:
    """How often it struck, and how many entries tell of it."""
    times = "once" if incident["occurrences"] == 1 else f"{incident['occurrences']} times"
    entries = "1 entry" if incident["entries"] == 1 else f"{incident['entries']} entries"
    return f"{times}, {entries}"


def limit(seen: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """Whether entries are missing behind a limit, and whose it was."""
    if seen["limit_hit"] is None:
        return "whether a limit was hit cannot be told"
    if not seen["limit_hit"]:
        return "no limit was hit"
    if asked["limit"] and seen["entries"] >= asked["limit"]:
        return f"our own limit was hit: logs.limit is {asked['limit']}, and there are more entries"
    return "a limit of whoever exported was hit: so round a number of entries only a fetch limit explains, and there are more"


def without_severity(seen: Mapping[str, Any]) -> str:
    """How many entries have no severity that is understood, or that there is none at all; empty where all have one."""
    n, entries = seen["without_severity"], seen["entries"]
    if not entries:
        return "no entry at all: whether anything failed cannot be told from it"
    if not n:
        return ""
    if n == entries:
        return f"{entries} entries, none with a severity that I understand: whether anything failed cannot be told from it"
    return f"{n} of {entries} entries have no severity that I understand"


def unread(document: Mapping[str, Any]) -> list[str]:
    """What was not read, one sentence a kind."""
    found = []
    for one in document["unread"]:
        example = f", such as {one['example'][:80]}" if one["example"] else ""
        found.append(f"{one['count']} × {one['what']}{example}" if one["example"] or one["count"] > 1 else one["what"])
    return found


def count_of(incidents: Sequence[Mapping[str, Any]]) -> str:
    """How many incidents there are, and how many of them are noise."""
    real = sum(not one["noise"] for one in incidents)
    noise = len(incidents) - real
    return f"{real}" + (f", and {noise} that look like noise" if noise else "")


def query(incident: Any, *, source: str, project: str | None = None, path: str | None = None, formats: Iterable[str] = ()) -> str:
    """A query that shows these entries where they came from: Logs Explorer and gcloud, LogQL, kubectl, or grep in the file."""
    names, known = incident.log_names, set(formats)
    words, *further = _searched(incident)
    if source in {"cloud", "embedded"} or "cloud-logging" in known or any(name.startswith("projects/") for name in names):
        found = next((name.split("/")[1] for name in names if name.startswith("projects/")), project)
        return _logs_explorer(incident, [words, *further], found)
    if {"loki", "logcli"} & known:
        label = f'app="{incident.services[0]}"' if incident.services else 'job=~".+"'
        return f"{{{label}}}" + "".join(f" |= {_quoted(one)}" for one in (words, *further))
    then = "".join(f" | grep -w {shlex.quote(one)}" for one in further)
    if source == "command" or {"kubectl", "cri"} & known:
        pod = incident.instances[0] if incident.instances else "POD"
        since = f"{incident.first_at - timedelta(seconds=10):%Y-%m-%dT%H:%M:%SZ}"
        return f"kubectl logs {pod} --timestamps --since-time={since} | grep -F {shlex.quote(words)}{then}"
    file = names[0].partition(":")[0] if names and names[0] else (path or "FILE")
    return f"{'zgrep' if file.endswith('.gz') else 'grep'} -nF {shlex.quote(words)} {shlex.quote(file)}{then}"


def _logs_explorer(incident: Any, words: Sequence[str], project: str | None) -> str:
    first, last = incident.first_at - timedelta(seconds=5), incident.last_at + timedelta(seconds=5)
    terms = [f'timestamp>="{first:%Y-%m-%dT%H:%M:%SZ}"', f'timestamp<="{last:%Y-%m-%dT%H:%M:%SZ}"']
    in_kubernetes = any(name.endswith(("/logs/stderr", "/logs/stdout")) for name in incident.log_names)
    if incident.services:
        label = "container_name" if in_kubernetes else "service_name"
        terms.append(f'resource.labels.{label}="{incident.services[0]}"')
    if incident.revisions:
        terms.append(f'resource.labels.revision_name="{incident.revisions[0]}"')
    if len(words) > 1:
        terms += [f"httpRequest.requestUrl:{_quoted(words[0])}", f"httpRequest.status={words[1]}"]
    else:
        terms.append(_quoted(words[0]))
    text = " AND ".join(terms)
    return f"gcloud logging read {shlex.quote(text)} --project {shlex.quote(project or 'PROJECT')} --format json"


_MASKED = re.compile(r"\b(?:ip|mail|secret|jwt):[0-9a-f]{8}")


_REQUEST = re.compile(r"[A-Za-z]* ?(/\S*) HTTP ([1-5]\d\d)\b")


def _searched(incident: Any) -> list[str]:
    """Words of the title that do not vary and stand in the entries as they are; of a request its path and its status."""
    if request := _REQUEST.match(incident.title):
        return [request.group(1), request.group(2)]
    bare = re.sub(r"^[\w$.]+(?:Error|Exception|Exit): ", "", incident.title)
    line = next((line for line in incident.lines if bare[:20] in line), bare)
    at = max(line.find(bare[:20]), 0)
    told = line[at:].partition("\n")[0]
    if len(parts := _MASKED.split(told)) > 1:
        told = max(parts, key=len).strip()  # what was masked here stands otherwise where the entries came from
    return [told[:_SHELL_WORDS].rstrip() or incident.title[:_SHELL_WORDS]]


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
