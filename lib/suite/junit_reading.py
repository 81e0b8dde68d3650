"""JUnit XML of other runners as case results: pytest, Playwright, Jest, Go, Maven and what resembles them.

The file is not trusted: its size and depth are bounded, and a document type (with it every entity) is refused unread.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from xml.parsers import expat

from lib.facts import CaseResult
from lib.parameters.loading import ROOT, BadInput
from lib.redaction.redact import redact_text
from lib.suite.results import MAX_MESSAGE, signature

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 50
MAX_CASES = 200_000
ACCEPTED = "a JUnit XML file as pytest, Playwright, Jest, Go or Maven write it, of at most 32 MiB"
_OUTCOMES = {"failure": "failed", "error": "error", "skipped": "skipped"}
_FLAKY = {"flakyFailure": "failed", "flakyError": "error"}
_SAYS_NOTHING = re.compile(
    r"failed|failure|error|=== \S+ .*|--- FAIL: .*|(\[[^]]*\] › )?[\w./-]+\.[cm]?[jt]sx?:\d+:\d+ .*", re.IGNORECASE
)
"""What Go's and Playwright's writers put before the words of the failure itself."""
_SOURCE_SUFFIXES = frozenset({".py", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".go", ".java", ".kt"})


@dataclass(frozen=True, kw_only=True)
class Read:
    """The cases of a file by an id of their own, the time that it states, and the runs of cases that were tried several times."""

    cases: dict[str, CaseResult]
    seconds: float
    runs: dict[str, tuple[str, ...]]


class _Refused(Exception):
    pass


def read(given: str, *, secrets: Iterable[str] = ()) -> Read:
    """The results in the file at `suite.junit`; raises BadInput for what is no such file, too large, or hostile."""
    path = Path(given).expanduser()
    path = path if path.is_absolute() else ROOT / path
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput("suite.junit", f"{given} cannot be read ({type(error).__name__})", ACCEPTED) from None
    if len(content) > MAX_BYTES:
        raise BadInput("suite.junit", f"{given} is larger than 32 MiB", ACCEPTED)
    try:
        _guard(content)
        found = _cases(content, tuple(secrets))
    except (_Refused, expat.ExpatError) as error:
        raise BadInput("suite.junit", f"{given} is refused: {error}", ACCEPTED) from None
    if not found.cases:
        raise BadInput("suite.junit", f"{given} holds no test case", "a file with at least one case (zero cases are no result)")
    return found


def _guard(content: bytes) -> None:
    """Goes through the file once without keeping anything; raises for what a reader should not be given."""
    parser, depth = expat.ParserCreate(), 0

    def refuse_type(*_: Any) -> None:
        raise _Refused(
            "it declares a document type, which such files do not need and which can make a reader expand or fetch things"
        )

    def enter(name: str, _: Any) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise _Refused(f"its elements are nested more than {MAX_DEPTH} deep")
        if depth == 1 and name not in ("testsuites", "testsuite"):
            raise _Refused(f"its root is <{name[:40]}>, not <testsuites> or <testsuite>")

    def leave(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler, parser.StartElementHandler, parser.EndElementHandler = refuse_type, enter, leave
    parser.Parse(content, True)


def _cases(content: bytes, secrets: tuple[str, ...]) -> Read:
    from junitparser import JUnitXml, JUnitXmlError

    try:
        suites = list(JUnitXml.fromstring(content))
    except (JUnitXmlError, ValueError) as error:
        raise _Refused(str(error)[:200]) from None
    cases: dict[str, CaseResult] = {}
    runs: dict[str, tuple[str, ...]] = {}
    times: Counter[str] = Counter()
    classes: dict[str, str] = {}
    for suite, element in _elements(suites):
        case = _case(suite, element, secrets)
        base, classname = f"{case.module}::{case.name}", element._elem.get("classname") or suite.name or ""
        if classes.setdefault(base, classname) != classname:
            base = redact_text(f"{classname}::{case.name}", secrets)
        nodeid = base
        times[base] += 1
        while nodeid in cases:
            nodeid = f"{base}#{times[base]}"
            times[base] += nodeid in cases
        cases[nodeid] = case
        if tried := [_FLAKY[child.tag] for child in element._elem if child.tag in _FLAKY]:
            runs[nodeid] = (*tried, case.outcome)
        if len(cases) > MAX_CASES:
            raise _Refused(f"it holds more than {MAX_CASES} cases")
    return Read(cases=cases, seconds=round(sum(case.seconds for case in cases.values()), 3), runs=runs)


def _elements(suites: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    for suite in suites:
        for case in suite.iterchildren(_case_class()):
            yield suite, case
        yield from _elements(suite.testsuites())


def _case_class() -> Any:
    from junitparser import TestCase

    return TestCase


def _case(suite: Any, element: Any, secrets: tuple[str, ...]) -> CaseResult:
    attributes = element._elem.attrib
    result = next((child for child in element._elem if child.tag in _OUTCOMES), None)
    outcome = "passed" if result is None else _OUTCOMES[result.tag]
    message = "" if result is None else "\n".join(part for part in (result.get("message"), result.text) if part and part.strip())
    message = redact_text(message[:MAX_MESSAGE], secrets)
    file = attributes.get("file") or suite._elem.get("file") or suite._elem.get("filepath")
    # Where pytest could not collect a module, its dotted name is all there is.
    module = _module(
        file, attributes.get("classname") or ("" if outcome == "passed" else attributes.get("name") or ""), suite.name or ""
    )
    return CaseResult(
        module=redact_text(module, secrets),
        name=redact_text(attributes.get("name") or "(no name)", secrets)[:500],
        outcome=outcome,  # type: ignore[arg-type]
        seconds=_seconds(attributes.get("time")),
        signature=signature(_telling_line(message) or outcome) if outcome in ("failed", "error") else None,
        message=message or None,
    )


def _telling_line(message: str) -> str | None:
    """The first line that says more than that, and where, something failed; else the first."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return next((line for line in lines if not _SAYS_NOTHING.fullmatch(line)), lines[0] if lines else None)


def _seconds(text: str | None) -> float:
    try:
        seconds = float((text or "0").replace(",", ""))
    except ValueError:
        return 0.0
    return seconds if 0 <= seconds < 1e9 else 0.0


def _module(file: str | None, classname: str, suite: str) -> str:
    """The stem of the file where one is named or can be told from the class name, else the class or package."""
    if file:
        return PurePosixPath(file.replace("\\", "/")).stem
    name = (classname or suite or "unnamed").strip()
    path = PurePosixPath(name)
    if path.suffix in _SOURCE_SUFFIXES:
        return path.stem
    if "/" in name:
        return path.name
    if " " in name:
        return PurePosixPath(suite).stem if PurePosixPath(suite).suffix in _SOURCE_SUFFIXES else suite or name
    parts = name.split(".")
    return next((part for part in reversed(parts) if part.startswith("test_") or part.endswith("_test")), parts[-1])
