"""A suite's run as the other rooms see it: cases, modules, exchanges, what each pass is worth, and the forms in which it is
kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lib.facts import CaseResult, Exchange, Traffic
from lib.suite.junit import writing
from lib.suite.results import Apart
from lib.suite.worth import Judgement


@dataclass(frozen=True, kw_only=True)
class SuiteRun:
    """What a suite came to. `cases` and `nodeids` go together; so do `judgements` and `runs`, by node id.

    `apart` is the traffic of imports and fixtures. `runs` are the outcomes of each case where the suite was repeated.
    `unexercised` are the routes that the target describes and no case asked for (None: it describes none).
    `timed_out` says that the suite's time was up before it had ended. `notes` are sentences on what could not be established.
    `sources` are digests of the files that hold the cases, by their path.
    `given` is False where the parameters name no suite: then nothing was run.
    """

    cases: tuple[CaseResult, ...]
    nodeids: tuple[str, ...]
    seconds: float
    collected: int
    exchanges: tuple[Exchange, ...] = ()
    apart: tuple[Apart, ...] = ()
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    runs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unexercised: tuple[str, ...] | None = None
    timed_out: bool = False
    notes: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    given: bool = True

    @property
    def modules(self) -> tuple[dict[str, Any], ...]:
        """One row a module, in the order of the run: cases passed, cases failed (errors too), channels used."""
        rows: dict[str, dict[str, Any]] = {}
        for case in self.cases:
            row = rows.setdefault(case.module, {"module": case.module, "passed": 0, "failed": 0, "channels": set()})
            row["passed"] += case.outcome == "passed"
            row["failed"] += case.outcome in ("failed", "error")
            row["channels"].update(case.channels)
        return tuple({**row, "channels": sorted(row["channels"])} for row in rows.values())

    @property
    def healthy(self) -> bool:
        """Whether no case failed, broke, or never came to run."""
        return all(case.outcome in ("passed", "skipped") for case in self.cases)

    @property
    def asked_anybody(self) -> bool:
        """Whether any case got an answer from anybody, be it an application or recording in its own process."""
        return any(case.traffic.bytes_in or case.worth in ("in-process", "replayed") for case in self.cases)

    @property
    def flaky(self) -> tuple[str, ...]:
        """The node ids of cases that both passed and failed in the runs of a repeated suite."""
        return tuple(
            nodeid for nodeid, outcomes in self.runs.items() if "passed" in outcomes and {"failed", "error"} & set(outcomes)
        )

    def as_json(self, environment: str) -> dict[str, Any]:
        """The document that the contract calls `suite`.

        A repeated suite's cases carry the outcomes of their `runs` too.
        """
        return {
            "schema": 1,
            "environment": environment,
            "cases": [self._case_json(nodeid, case) for nodeid, case in zip(self.nodeids, self.cases, strict=True)],
            "modules": list(self.modules),
            "seconds": round(self.seconds, 3),
            "collected": self.collected,
            "notes": list(self.notes),
            "sources": dict(self.sources),
        }

    def _case_json(self, nodeid: str, case: CaseResult) -> dict[str, Any]:
        counts = {name: getattr(case.traffic, name) for name in Traffic.__dataclass_fields__}
        judged = self.judgements.get(nodeid)
        document = {
            **{name: getattr(case, name) for name in ("module", "name", "outcome", "worth")},
            "because": judged.because if judged else None,
            "doubts": list(judged.doubts) if judged else [],
            "nodeid": _told_once(nodeid),
            "statuses": list(case.statuses),
            "signature": case.signature,
            "seconds": case.seconds,
            "traffic": counts,
        }
        return document | ({"runs": list(self.runs[nodeid])} if nodeid in self.runs else {})

    def rows(self) -> list[dict[str, Any]]:
        """One flat row a case, for a table."""
        return [self._row(nodeid, case) for nodeid, case in zip(self.nodeids, self.cases, strict=True)]

    def _row(self, nodeid: str, case: CaseResult) -> dict[str, Any]:
        judged = self.judgements.get(nodeid)
        row = {"nodeid": nodeid, **{name: getattr(case, name) for name in ("module", "name", "outcome", "worth", "seconds")}}
        row |= {
            "statuses": list(case.statuses),
            "channels": list(case.channels),
            "signature": case.signature,
            "message": case.message,
        }
        row |= {name: getattr(case.traffic, name) for name in Traffic.__dataclass_fields__}
        row |= {"because": judged.because, "doubts": list(judged.doubts)} if judged else {"because": None, "doubts": []}
        return row | {"runs": dict(Counter(self.runs.get(nodeid, ())))}

    def junit(self) -> str:
        """The results as JUnit XML, for whatever else reads such files."""
        return writing.written(self.cases, seconds=self.seconds)


NOT_GIVEN = SuiteRun(cases=(), nodeids=(), seconds=0.0, collected=0, given=False)


def _told_once(nodeid: str) -> str:
    """The id without the number that sets apart what another runner told several times."""
    return re.sub(r"#\d+$", "", nodeid)
