"""`python -m tests.whys.told`: writes docs/evidence-matrix.md, what a cause is called where evidence is absent, is true, or lies.

What is claimed is laid beside the recorded diagnoses, whose handshakes a claim does not change.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache

from lib.configuration.prediction import SHOWN_BY, Kind
from lib.facts import Prediction
from lib.parameters.loading import ROOT
from lib.whys.conclusion import concluded, replayed, symptom_of
from lib.whys.evidence.predictions import observations_of
from lib.whys.evidence.user_record import prediction
from lib.whys.strategy.inquiry import Inquiry
from tests.whys import corpus
from tests.whys.closed_loop import ALL, Mode
from tests.whys.corpus import Recording

recordings = cache(corpus.recordings)
PAGE = ROOT / "docs" / "evidence-matrix.md"
OF_CONFIGURATION = (
    *("edge-blocks-upgrade", "edge-strips-credential", "edge-policy", "host-refused", "route-missing", "origin-refused"),
    *("subprotocol-refused", "secret-mismatch", "algorithm-mismatch", "issuer-mismatch", "audience-mismatch", "mixed-revisions"),
    *("wrong-scheme", "client-certificate-missing", "request-too-large", "upgrade-damaged", "subprotocol-unanswered"),
    *("idle-closed", "rate-limited", "connection-limit", "forwarded-refused"),
)
"""Causes that a configuration can tell."""
MAY = frozenset({"rate-limited", "connection-limit", "forwarded-refused"})
"""Those of which it tells what may happen to a handshake, not what happens to this one."""
OF_USERS: Mapping[str, Mapping[str, bool] | None] = {
    "user-unknown": None,
    "user-inactive": {"active": False, "websocket": True},
    "permission-missing": {"active": True, "websocket": False},
}
"""Causes that a user's row can tell, with the row."""
OF_HOPS: Mapping[str, tuple[Kind, ...]] = {
    "edge-blocks-upgrade": (
        *("upgrade-not-passed", "upgrade-not-enabled", "upgrade-rule", "handshake-header", "upstream-http-2", "service-http-2"),
    ),
    "edge-policy": ("answered-here", "access-rule", "ingress", "invoker", "identity-proxy"),
    "edge-strips-credential": ("credential-header",),
    "route-missing": ("nothing-here", "prefix-taken-off"),
}
"""Causes of which a configuration tells in several ways, each of which looks its own way; the others look the same."""
AS_BUILT_IN: Mapping[str, Kind] = {
    "edge-blocks-upgrade": "upgrade-not-passed", "edge-policy": "access-rule",
    "edge-strips-credential": "credential-header", "route-missing": "prefix-taken-off",
}  # fmt: skip
"""The way that the built-in system publishes."""
SECOND_USER = "staging-e2e-user-002"
FILE = "deployed.conf"


def claims(cause: str, kind: Kind | None = None) -> list[Prediction]:
    """A configuration that tells this cause; of users, the file that does and says of the second user that all is well.

    `kind`: of the ways in which a configuration tells it.
    """
    kind = kind or AS_BUILT_IN.get(cause)
    if cause not in OF_USERS:
        more = {"is_plain": cause not in MAY, "shown_by": SHOWN_BY[kind] if kind else ()}
        return [Prediction(kind="config", source=FILE, place=FILE, words="as it stands", speaks_for=(cause,), **more)]
    rows = (("staging-e2e-user-001", OF_USERS[cause]), (SECOND_USER, {"active": True, "websocket": True}))
    return [prediction(user, row, source="users.json", place="users.json") for user, row in rows]


def lies(recording: Recording, cause: str) -> Mapping[str, list[Prediction]]:
    """The same claim as it stands in the wrong place: out of date, of another revision, of another environment, or just so."""
    began_at = next(seen.at for seen in recording.observations if seen.at)
    told = claims(cause)
    if cause in OF_USERS:
        return {"a copy": [replace(one, as_of=began_at) for one in told]}
    others = {f"just so, by {kind}": claims(cause, kind) for kind in OF_HOPS.get(cause, ())}
    return {
        "a stale file": [replace(one, as_of=began_at - timedelta(days=9)) for one in told],
        "another revision": [replace(one, revision="netra-backend-staging-00001-old") for one in told],
        "another environment": [replace(one, elsewhere="prod.example") for one in told],
        **(others or {"just so": told}),
    }


def beside(inquiry: Inquiry, told: Sequence[Prediction]) -> set[str]:
    """What is named where this is claimed beside the handshakes of an inquiry."""
    seen = observations_of(told)
    inquiry.log.add(seen)
    try:
        return {cause.id for cause in concluded(inquiry, symptom_of(inquiry)).causes}
    finally:
        del inquiry.log.all[-len(seen) :]


UNMARKED = ("just so", "a copy")
"""Lies of the right address and without any sign of age begin so."""
KINDS = ("a stale file", "another revision", "another environment", *UNMARKED)


def wrongly(truth: str, recording: Recording, kinds: Collection[str] = KINDS) -> Iterator[tuple[str, str, set[str]]]:
    """Each lie beside this cause that has another one named: which kind, of what, and what is named."""
    inquiry = replayed(recording.observations, recording.context)
    for cause in (*OF_CONFIGURATION, *OF_USERS):
        for kind, told in lies(recording, cause).items():
            if cause != truth and kind.startswith(tuple(kinds)) and (named := beside(inquiry, told)) - {truth}:
                yield kind, cause, named


HEAD = """# What evidence changes

Each cause of the contract as the built-in staging system commits it, diagnosed with what a configuration or a user's row says of
it: nothing, the truth, or a lie. A claim changes no handshake, so it is laid beside the recorded ones. Written by `python -m
tests.whys.told`; what each word means stands beside [which cause is called what](confusion-matrix.md).

All of it is replayed, nothing live: what a claim has asked beside (a value that it proposes, a Host sent past the hop) is not in
it. Live is `tests/foreign/test_findings.py`: each kind of finding in a file in its real format, beside a system that commits it.

*Told by* says whether a configuration or a user's row can tell this cause at all, *may*: as what may happen to a handshake.
*Nothing to try*: without alternatives, and without what the configuration itself proposes to try. *Lies*: so many claims of every
other cause, of the right address and without any sign of age, of users in a file, one at a time, and of a hop in each way in
which it can be said of one; beside it how often one of them had a cause named that is not there. A claim that shows its age,
another revision or another address is not listened to at all.

| cause | told by | alternatives | with the truth | nothing to try | with the truth | lies | wrong |
|---|---|---|---|---|---|---:|---:|
"""
MODES: tuple[Mode, ...] = ("alternatives", "neither")


def told_by(cause: str) -> str:
    """What can tell a cause."""
    if cause in OF_CONFIGURATION:
        return "configuration, may" if cause in MAY else "configuration"
    return "a user's row" if cause in OF_USERS else ""


def cells(cause: str, recording: Recording) -> Iterator[str]:
    """What becomes of the cause without evidence and with the truth."""
    can_tell = told_by(cause) != ""
    for told in ([], claims(cause) if can_tell else None):
        if told is None:
            yield ""
            continue
        inquiry = replayed(recording.observations, recording.context)
        inquiry.log.add(observations_of(told))
        found = concluded(inquiry, symptom_of(inquiry))
        named = {one.id for one in found.causes}
        wrong = named and named != {cause}
        yield "wrong" if wrong else f"named ({found.verdict})" if named else f"{found.verdict}, {len(found.candidates)} open"


def row(cause: str) -> str:
    """The line of one cause but for the lies."""
    found = [cell for mode in MODES for cell in cells(cause, recordings(mode)[cause])]
    return f"| `{cause}` | {told_by(cause)} | {' | '.join(found)} |"


def main() -> int:
    """Writes the page; exit status 1 where anything wrong was named."""
    lines, bad = [], 0
    for cause in ALL:
        wrong = sum(1 for mode in MODES for _ in wrongly(cause, recordings(mode)[cause], UNMARKED))
        tried = len(MODES) * sum(len(OF_HOPS.get(other, "1")) for other in (*OF_CONFIGURATION, *OF_USERS) if other != cause)
        lines.append(f"{row(cause)} {tried} | {wrong} |")
        bad += wrong + [cell.strip() for cell in lines[-1].split("|")].count("wrong")
    PAGE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
