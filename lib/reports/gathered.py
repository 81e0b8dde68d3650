"""Which of the five kinds of evidence about a refused handshake a round gathered, and what the others would need (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lib.facts import LOGS_REFUSED
from lib.reports.sentences import MAX_EVIDENCE, Document, say
from lib.whys.sentences import UNREAD, unread

PARAMETERS = {
    "the servers' logs": "logs",
    "the system's configuration": "evidence.configuration",
    "the user's record": "evidence.users",
}
"""Where a round learns of the kinds of evidence that somebody has to hand it."""


def gathered(parameters: Document, diagnosis: Document | None, logs: Document | None) -> list[dict[str, Any]]:
    """A row a kind: what it is, whether it was gathered, what was found or is missing, and the observations that show it."""
    seen = list((diagnosis or {}).get("observations") or ())
    left_out = {str(one["factors"].get("left out")): one["body_excerpt"] for one in seen if "left out" in one["factors"]}
    return [
        _logs(parameters, seen, logs),
        _claims(parameters, seen),
        _named(parameters, seen, left_out, kind="config", key="configuration", of="the system's configuration"),
        _named(parameters, seen, left_out, kind="record", key="users", of="the user's record"),
        _rest(parameters, seen),
    ]


def not_read(diagnosis: Document | None, logs: Document | None) -> list[str]:
    """What the round was to read and could not, with why: the logs once, whichever notebook met it first."""
    told, refused = unread(diagnosis) if diagnosis else [], logs_refused(logs)
    if logs and not refused:  # they were read after all, when the diagnosis was over
        told = [
            said.replace(UNREAD, "the diagnosis could not read the servers' logs, and rests on none of them") for said in told
        ]
    if refused and not any(said.startswith(UNREAD) for said in told):
        told.append(f"{UNREAD}: {refused}")
    return told


def logs_refused(logs: Document | None) -> str | None:
    """Why no entry could be read; None where the source answered."""
    missing = (str(one["what"]) for one in (logs or {}).get("unread") or ())
    return next((what.removeprefix(LOGS_REFUSED) for what in missing if what.startswith(LOGS_REFUSED)), None)


def to_gather(rows: Iterable[Document], probe: Any) -> list[dict[str, Any]]:
    """What would tell more of a refusal that is not explained: the missing evidence that the next probe does not ask for."""
    asked = " ".join((probe.get("set") or {}) if isinstance(probe, dict) else ())
    return [
        {"action": f"Give the next round {row['kind']}.", **say(str(row["said"]))}
        for row in rows
        if row["gathered"] == "no" and (key := PARAMETERS.get(str(row["kind"]))) and key not in asked
    ]


_NEEDED = {
    "configuration": "a file or folder of what is deployed (nginx, Cloud Run, Kubernetes and the like), or a Cloud Run service",
    "users": "a query of the service's own database, an admin route, or a file of users",
}


def _row(kind: str, found: Sequence[str], said: str, *, is_there: bool | None = None) -> dict[str, Any]:
    there = bool(found) if is_there is None else is_there
    return {"kind": kind, "gathered": "yes" if there else "no", "said": said, "evidence": list(found)[:MAX_EVIDENCE]}


def _ids(seen: Iterable[Document]) -> list[str]:
    return [str(one["id"]) for one in seen]


def _logs(parameters: Document, seen: Sequence[Document], logs: Document | None) -> dict[str, Any]:
    joined = _ids(one for one in seen if one["kind"] == "log")
    entries = ((logs or {}).get("seen") or {}).get("entries") or 0
    source = (parameters.get("logs") or {}).get("source")
    if joined or entries:
        read = f"{entries} entries were read; by the trace ids of probes {len(joined)} were found." if entries else ""
        return _row(
            "the servers' logs", joined, read or f"By the trace ids of probes {len(joined)} entries were found.", is_there=True
        )
    if refused := logs_refused(logs):
        return _row("the servers' logs", [], f"logs.source {source} could not be read: {refused}")
    needed = "logs.source names none" if source in (None, "none") else f"logs.source {source} gave no entry"
    return _row("the servers' logs", [], f"{needed}: an export (file), a command that prints lines, or the cloud's own API.")


def _claims(parameters: Document, seen: Sequence[Document]) -> dict[str, Any]:
    token, kind = parameters.get("token") or {}, "the token's claims"
    found = _ids(one for one in seen if one["kind"] == "offline" and {"credential", "token"} & one["factors"].keys())
    sources = [name for name in ("secret", "issued", "command", "oauth2", "login") if token.get(name)]
    if found and sources:
        claims = ", ".join([*(["sub"] if token.get("user") else []), *(token.get("claims") or {})])
        minted = f"Minted with {claims or 'no claim of its own'}." if token.get("secret") else f"Read from token.{sources[0]}."
        return _row(kind, found, minted)
    return _row(kind, [], "No token was sent: token.secret mints one, token.issued names one that the real login gave.")


def _named(parameters: Document, seen: Sequence[Document], left_out: Document, *, kind: str, key: str, of: str) -> dict[str, Any]:
    found = [one for one in seen if one["kind"] == kind]
    why = left_out.get(f"evidence.{key}", "").removeprefix("left out: ")
    if found:
        speaking = sum("speaks for" in one["factors"] for one in found)
        read = next((words[6:] for one in found if (words := one["body_excerpt"]).startswith("read: ")), str(len(found)))
        told = "nothing in it speaks" if not speaking else "1 finding speaks" if speaking == 1 else f"{speaking} findings speak"
        said = f"Read: {read}; {told} for a cause.{f' Not read: {why}.' if why else ''}"
        return _row(of, _ids(found), said)
    if why:
        return _row(of, [], f"evidence.{key} could not be read: {why}")
    if not (parameters.get("evidence") or {}).get(key):
        return _row(of, [], f"evidence.{key} names nothing to read: {_NEEDED[key]}.")
    return _row(of, [], f"evidence.{key} was not read: the diagnosis ended before.")


def _rest(parameters: Document, seen: Sequence[Document]) -> dict[str, Any]:
    asked = [one for one in seen if one["kind"] == "rest" and one["factors"].get("request") == "protected"]
    answered = [one for one in asked if one["status"] is not None]
    kind = "the comparison with REST"
    if answered:
        told = ", ".join(
            f"{one['status']} {'without' if one['factors'].get('credential') == 'none' else 'with'} the credential"
            for one in answered
        )
        return _row(kind, _ids(answered), f"The protected route answered {told}.")
    missing = not (parameters.get("target") or {}).get("rest_url")
    return _row(kind, [], "target.rest_url is not set." if missing else "The protected route was not asked, or did not answer.")
