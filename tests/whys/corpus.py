"""`python -m tests.whys.corpus [CAUSE…]`: diagnoses the built-in system with each cause in three modes and keeps what a replay
needs; where causes are named only these are observed anew, and the others' documents are replayed from what is kept.

What is kept are field values only, so that recordings outlive the names of modules and classes.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from lib.environment.investigation import Investigation
from lib.facts import Observation, plain, utc_now
from lib.parameters.loading import ROOT
from lib.whys.conclusion import diagnose
from lib.whys.context import Context
from lib.whys.diagnosis import Diagnosis
from lib.whys.evidence.offline import prepare
from lib.whys.probes import Change
from tests.whys.closed_loop import ALL, MODES, Case, Mode, all_diagnosed, judged, words

RECORDED = ROOT / "tests" / "whys" / "recorded"

_TRACEBACK = re.compile(r"(?<=Traceback \(most recent call last\):\n)(?: .*\n)+[\w.]+: ")
_OF_A_SERVER = '  File "/srv/app/server.py", line 88, in accept\n    raise failure\nRuntimeError: '
"""What stands for the built-in system's own modules and classes in the tracebacks that it logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One diagnosis of the built-in system: what was known before, what was observed, and the document that follows from both."""

    context: Context
    observations: tuple[Observation, ...]
    diagnosis: str

    def replayed(self) -> str:
        """The document that the observations give now."""
        return text_of(diagnose(self.observations, self.context))


def text_of(diagnosis: Diagnosis) -> str:
    """The document as the text that is compared."""
    return json.dumps(diagnosis.as_json(), ensure_ascii=False)


def file_of(mode: Mode) -> Path:
    """Where the recordings of a mode are kept."""
    return RECORDED / f"{mode}.json.gz"


def recordings(mode: Mode) -> dict[str, Recording]:
    """The recordings of a mode by the cause that was committed."""
    kept = json.loads(gzip.decompress(file_of(mode).read_bytes()))
    return {cause: _decoded(**fields) for cause, fields in kept.items()}


def _decoded(context: dict[str, Any], observations: list[dict[str, Any]], diagnosis: str) -> Recording:
    context["changes"] = tuple(map(_change, context["changes"]))
    context["sendable"] = frozenset(map(tuple, context["sendable"]))
    context |= {name: tuple(context[name]) for name in ("hosts", "issued_marks", "subprotocols", "differences")}
    seen = tuple(Observation(**fields | {"at": fields["at"] and datetime.fromisoformat(fields["at"])}) for fields in observations)
    return Recording(context=Context(**context), observations=seen, diagnosis=diagnosis)


def _change(fields: dict[str, Any]) -> Change:
    finer = tuple(map(_change, fields.get("finer", ())))
    return Change(**fields | {"alters": tuple(fields["alters"]), "finer": finer})


def _encoded(recording: Recording) -> dict[str, Any]:
    sendable = sorted(recording.context.sendable, key=lambda pair: (pair[0] or "", pair[1]))
    return {
        "context": plain(recording.context) | {"sendable": sendable},
        "observations": [plain(seen) for seen in recording.observations],
        "diagnosis": recording.diagnosis,
    }


def observed(causes: Iterable[str]) -> tuple[dict[Case, tuple[Context, Diagnosis]], set[str]]:
    """These causes in every mode over real sockets, and the secrets that took part."""
    contexts: dict[Case, Context] = {}
    secrets: set[str] = set()

    def watch(case: Case, here: Investigation) -> None:
        has_logs = here.parameters.logs.source != "none"
        contexts[case], _, _ = prepare(here.parameters, here.handshake, environ=None, has_logs=has_logs, at=utc_now())
        secrets.update(value for name, value in os.environ.items() if name.startswith("EMBEDDED_") and value)

    found = all_diagnosed((((cause,), mode) for mode in MODES for cause in causes), watch=watch)
    return {case: (contexts[case], diagnosis) for case, diagnosis in found.items()}, secrets


def recorded(context: Context, live: Diagnosis) -> Recording:
    """A diagnosis as it is kept: replayed from what it observed, which holds no name of our code."""
    seen = tuple(replace(item, body_excerpt=_TRACEBACK.sub(_OF_A_SERVER, item.body_excerpt)) for item in live.observations)
    return Recording(context=context, observations=seen, diagnosis=text_of(diagnose(seen, context)))


def complaints(case: Case, context: Context, live: Diagnosis, secrets: Iterable[str]) -> Iterator[str]:
    """Why a recording must not be kept: its replay says something else, it does not survive being stored, or it says too much."""
    recording = recorded(context, live)
    again = diagnose(live.observations, context)
    again = replace(again, spent={**again.spent, "seconds": live.spent["seconds"]})
    stored = json.dumps(_encoded(recording), ensure_ascii=False)
    if text_of(again) != text_of(live):
        yield f"{case}: the replay differs from the live diagnosis"
    if _decoded(**json.loads(stored)) != recording:
        yield f"{case}: a field is not what it was once it has been stored"
    if judged(case[0], live) not in ("named", "held"):
        yield f"{case}: {words(live)}"
    if any(secret in stored for secret in secrets):
        yield f"{case}: a secret"
    if re.search(r"\blib[./]", stored) or str(ROOT) in stored:
        yield f"{case}: a name of our code"


def write(mode: Mode, kept: Mapping[str, Recording]) -> None:
    """The recordings of a mode as one file, the same bytes for the same recordings."""
    # Causes are sorted, fields are not: the order of headers and factors is part of what was observed.
    text = json.dumps({cause: _encoded(kept[cause]) for cause in sorted(kept)}, ensure_ascii=False)
    RECORDED.mkdir(exist_ok=True)
    file_of(mode).write_bytes(gzip.compress(text.encode(), mtime=0))


def replayed(mode: Mode) -> dict[str, Recording]:
    """The recordings of a mode, each with the document that its observations give now."""
    return {cause: replace(kept, diagnosis=kept.replayed()) for cause, kept in recordings(mode).items()}


def main(causes: list[str]) -> int:
    """Records anew; exit status 1, and nothing written, where a recording must not be kept."""
    found, secrets = observed(causes or ALL)
    wrong = [said for case, (context, live) in found.items() for said in complaints(case, context, live, secrets)]
    print("\n".join(wrong) or f"{len(found)} recordings")
    if wrong:
        return 1
    for mode in MODES:
        kept = replayed(mode) if causes else {}
        write(mode, kept | {faults[0]: recorded(*given) for (faults, of), given in found.items() if of == mode})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
