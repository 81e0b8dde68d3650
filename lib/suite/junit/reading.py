"""JUnit XML of other runners as case results: a file, a folder of files, or a pattern of names.

The files are not trusted: size, depth and number are bounded, and a document type (with it every entity) is refused unread.
"""

from __future__ import annotations

import glob
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lib.facts import CaseResult
from lib.parameters.loading import ROOT, BadInput, expanded, read_regular, why_unreadable
from lib.redaction.redact import redact_text
from lib.suite.junit.dialects import ATTEMPTS, SEVERITY, is_attempt_writer, module_of, outcome_of, telling_line
from lib.suite.results import MAX_MESSAGE, signature

MAX_BYTES = 32 * 1024 * 1024
MAX_TOTAL_BYTES = 128 * 1024 * 1024
MAX_DEPTH = 50
MAX_CASES = 200_000
MAX_FILES = 5_000
MAX_NAME = 500
ACCEPTED = "JUnit XML as pytest, Playwright, Jest, Go or Maven write it: a file of at most 32 MiB, a folder of such, or a pattern"
_ROOTS = ("testsuites", "testsuite", "testrun")


@dataclass(frozen=True, kw_only=True)
class Read:
    """The cases by an id of their own, their time, the attempts of cases that were tried several times, and notes."""

    cases: dict[str, CaseResult]
    seconds: float
    runs: dict[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """One `testcase` element as it stands, not redacted yet, with what its suite says."""

    module: str
    name: str
    outcome: str
    seconds: float
    whose: str
    place: str
    attempts: tuple[str, ...]
    repeats: bool
    message: str = ""
    line: str | None = None


class _Refused(Exception):
    pass


def read(given: str, *, secrets: Iterable[str] = ()) -> Read:
    """The results at `suite.junit`; raises BadInput for what is no such file, too large, or hostile.

    Of a folder or pattern, files that hold no results are left out and named in the notes, unless none does.
    """
    paths = _paths(given)
    found: list[_Found] = []
    left_out: list[str] = []
    total = 0
    for path in paths:
        try:
            content = _content(path)
            total += len(content)
            if total > MAX_TOTAL_BYTES:
                raise BadInput("suite.junit", f"{given} names more than {MAX_TOTAL_BYTES >> 20} MiB", ACCEPTED)
            found += _cases(content)
        except (_Refused, OSError) as error:
            why = str(error) if isinstance(error, _Refused) else f"it cannot be read ({why_unreadable(error)})"
            if len(paths) == 1:
                raise BadInput("suite.junit", f"{given} is refused: {why}", ACCEPTED) from None
            left_out.append(f"{path.name}: {why}")
        if len(found) > MAX_CASES:
            raise BadInput("suite.junit", f"{given} holds more than {MAX_CASES} cases", ACCEPTED)
    if not found:
        why = f" ({left_out[0]})" if left_out else ""
        raise BadInput(
            "suite.junit", f"{given} holds no test case{why}", "a file with at least one case (zero cases are no result)"
        )
    return _read(found, left_out, secrets)


def _paths(given: str) -> list[Path]:
    path = expanded(given, where="suite.junit")
    path = path if path.is_absolute() else ROOT / path
    try:
        if path.is_dir():
            return _several(given, (one for one in path.rglob("*.xml") if one.is_file()))
        if not path.exists() and glob.has_magic(given):
            return _several(given, (Path(name) for name in glob.iglob(str(path), recursive=True) if Path(name).is_file()))
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise BadInput("suite.junit", f"{given} cannot be read ({why_unreadable(error)})", ACCEPTED) from None
    if not stat.S_ISREG(mode):
        raise BadInput("suite.junit", f"{given} is no regular file", ACCEPTED)
    return [path]


def _several(given: str, paths: Iterator[Path]) -> list[Path]:
    found = sorted(paths)
    if not found:
        raise BadInput("suite.junit", f"there is no XML file at {given}", ACCEPTED)
    if len(found) > MAX_FILES:
        raise BadInput("suite.junit", f"{given} names more than {MAX_FILES} files", ACCEPTED)
    return found


def _content(path: Path) -> bytes:
    content = read_regular(path, at_most=MAX_BYTES + 1)  # never waits, as some that call themselves files would
    if len(content) > MAX_BYTES:
        raise _Refused("it is larger than 32 MiB")
    return content


def _cases(content: bytes) -> list[_Found]:
    from lxml import etree

    if _declares_a_type(content):
        raise _Refused("it declares a document type, which such files do not need and which can make a reader expand things")
    # Control characters that XML forbids, which test output is full of, end no reading where the rest is well-formed.
    options: dict[str, Any] = {"no_network": True, "remove_comments": True, "remove_pis": True, "collect_ids": False}
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, huge_tree=True, **options)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _Refused(f"it is not well-formed ({str(error)[:200]})") from None
    if root is None or _local(root.tag) not in _ROOTS:
        raise _Refused(f"its root is <{_local(root.tag)[:40] if root is not None else ''}>, not <testsuites> or <testsuite>")
    found: list[_Found] = []
    _find_in(root, _Suite("", "", None, frozenset()), 1, found)
    return found


def _declares_a_type(content: bytes) -> bool:
    """Whether a document type stands before the root element, in whatever encoding of one or two bytes."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:4]:
        content = content.replace(b"\0", b"")
    position = 0
    while (start := content.find(b"<", position)) >= 0:
        for opening, closing in ((b"<?", b"?>"), (b"<!--", b"-->")):
            if content.startswith(opening, start):
                position = content.find(closing, start)
                break
        else:
            return content.startswith(b"<!", start)
        if position < 0:
            break
    return False


def _local(tag: Any) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


@dataclass(frozen=True, slots=True)
class _Suite:
    """What the elements around a case say of it."""

    name: str
    place: str
    file: str | None
    properties: frozenset[str]


def _find_in(element: Any, above: _Suite, depth: int, found: list[_Found]) -> None:
    """Adds the cases in a suite and in the suites inside it, in the order of the document."""
    if depth > MAX_DEPTH:
        raise _Refused(f"its elements are nested more than {MAX_DEPTH} deep")
    here, beside = _described(element, above), None
    for child in element:
        tag = child.tag
        if tag != "testcase":
            tag = _local(tag)
        if tag == "testcase":
            found.append(_case(child, here))
        elif tag in ("testsuite", "testsuites"):
            if depth == 1 and child.get("name") == "Root Suite":
                beside = child.get("file")  # Mocha's writer names the file there, and not in the suites that follow.
            _find_in(child, here if beside is None else replace(here, file=beside), depth + 1, found)


def _described(element: Any, above: _Suite) -> _Suite:
    own = element.get("file") or element.get("filepath")
    return _Suite(
        name=element.get("name") or element.get("package") or above.name,
        place=element.get("hostname") or above.place,
        file=own or above.file,
        properties=frozenset(one.get("name") or "" for one in element.iterfind("{*}properties/*")) or above.properties,
    )


def _case(element: Any, suite: _Suite) -> _Found:
    get = dict(element.items()).get
    name = (get("name") or "").strip()[:MAX_NAME] or "(no name)"
    classname, file = get("classname"), get("file") or suite.file
    classname = get("class") if classname is None else classname
    children, attempts = _inside(element) if len(element) else ({}, ())
    found = _Found(
        module_of(file, classname, suite.name, name if classname == "" else ""),
        name,
        outcome_of(children, get("status"), get("result")),
        _seconds(get("time") or get("duration")),
        classname or file or suite.name,
        suite.place,
        attempts,
        not attempts and is_attempt_writer(suite.name, classname or "", name, suite.properties),
    )
    if found.outcome != "passed":
        _explain(found, children, (name, classname or "", suite.name))
    return found


def _inside(element: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The first of each kind of element in a case, and the outcomes of attempts that are told there."""
    children: dict[str, Any] = {}
    attempts: list[str] = []
    for child in element:
        tag = _local(child.tag)
        if tag in ATTEMPTS:
            attempts.append(ATTEMPTS[tag])
        children.setdefault(tag, child)
    return children, tuple(attempts)


def _explain(found: _Found, children: dict[str, Any], names: tuple[str, ...]) -> None:
    """Adds the message of a case, and the line that says what failed."""
    told = next((children[tag] for tag in SEVERITY if tag in children), None)
    message, body, kind = ("", "", "") if told is None else (told.get("message") or "", _text(told), told.get("type") or "")
    found.message = "\n".join(part for part in (message, body) if part.strip())[:MAX_MESSAGE]
    if found.outcome not in ("failed", "error"):
        return
    if not body.strip():
        body = _output(children)
        found.message = "\n".join(part for part in (message, body) if part.strip())[:MAX_MESSAGE]
        body = "\n".join(line for line in body.split("\n") if _COMPLAINS.search(line))
    found.line = telling_line(message, body, kind, names)


_COMPLAINS = re.compile(r"error|fail|assert|expected|cannot|refused|denied|exception|fatal|panic", re.IGNORECASE)


def _output(children: dict[str, Any]) -> str:
    """The end of what a case wrote, for runners that put nothing into the failure itself (CTest, Bazel)."""
    element = next((children[tag] for tag in ("system-err", "system-out") if tag in children), None)
    return "" if element is None else _text(element)[-MAX_MESSAGE // 2 :]


def _text(element: Any) -> str:
    """The text of an element and of what stands in it (Surefire puts a stack trace into an element of its own)."""
    return element.text or "" if len(element) == 0 else "".join(element.itertext())


def _seconds(text: str | None) -> float:
    if not text:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = float(text.replace(",", "").removesuffix("s"))
        except ValueError:
            return 0.0
    return seconds if 0 <= seconds < 1e9 else 0.0


def _read(found: list[_Found], left_out: list[str], secrets: Iterable[str]) -> Read:
    """The cases under ids that depend on no outcome and no order; those that a runner tells again for each attempt are one."""
    nodeids = _ids(found)
    texts = [text for one in found for text in (one.module, one.name, one.message, one.line) if text]
    redacted = _Redacted([*nodeids, *texts], tuple(secrets))
    cases: dict[str, CaseResult] = {}
    runs: dict[str, tuple[str, ...]] = {}
    times: dict[str, int] = {}
    for one, told in zip(found, nodeids, strict=True):
        case, nodeid = _result(one, redacted), redacted.get(told, told)
        if nodeid in cases:
            if one.repeats:
                runs[nodeid] = (*(runs.get(nodeid) or (cases[nodeid].outcome,)), case.outcome)
                cases[nodeid] = replace(case, seconds=cases[nodeid].seconds + case.seconds)
                continue
            times[nodeid] = number = times.get(nodeid, 1) + 1
            nodeid = f"{nodeid}#{number}"
        cases[nodeid] = case
        if one.attempts:
            runs[nodeid] = (*one.attempts, case.outcome)
    notes = (f"{len(left_out)} files hold no results: {'; '.join(left_out[:5])}",) if left_out else ()
    return Read(cases=cases, seconds=round(sum(case.seconds for case in cases.values()), 3), runs=runs, notes=notes)


def _result(one: _Found, redacted: Mapping[str, str]) -> CaseResult:
    clean = redacted.get
    module, name = clean(one.module, one.module), clean(one.name, one.name)
    if one.outcome == "passed":
        return CaseResult(module=module, name=name, outcome="passed", seconds=one.seconds)
    line = clean(one.line, one.line) if one.line else None
    return CaseResult(
        module=module,
        name=name,
        outcome=one.outcome,  # type: ignore[arg-type]  # dialects give the outcomes of CaseResult, as str
        seconds=one.seconds,
        message=clean(one.message, one.message) or None,
        signature=(signature(line) or one.outcome) if one.outcome in ("failed", "error") else None,
    )


def _ids(found: list[_Found]) -> list[str]:
    """How cases are told apart: by module and name, by class where several share these, by host where one class has several."""
    nodeids = [f"{one.module}::{one.name}" for one in found]
    if len(set(nodeids)) == len(nodeids):
        return nodeids
    classes: dict[tuple[str, str], str] = {}
    places: dict[tuple[str, str, str], str] = {}
    several: set[tuple[str, ...]] = set()
    for one in found:
        if classes.setdefault((one.module, one.name), one.whose) != one.whose:
            several.add((one.module, one.name))
        if places.setdefault((one.whose, one.module, one.name), one.place) != one.place:
            several.add((one.whose, one.module, one.name))
    for number, one in enumerate(found):
        if (one.module, one.name) in several:
            nodeids[number] = f"{one.whose}::{one.name}"
        if one.place and (one.whose, one.module, one.name) in several:
            nodeids[number] += f" [{one.place}]"
    return nodeids


class _Redacted(dict[str, str]):
    """What redaction makes of those texts that it changes, at the cost of a few long ones: a batch without secrets is one."""

    BATCH = 65_536

    def __init__(self, texts: Iterable[str], secrets: tuple[str, ...]):
        self._secrets = secrets
        batch: list[str] = []
        size = 0
        for text in dict.fromkeys(texts):
            batch.append(text)
            size += len(text)
            if size > self.BATCH:
                self._take(batch)
                batch, size = [], 0
        self._take(batch)

    def _take(self, batch: list[str]) -> None:
        whole = "\n".join(batch)
        if redact_text(whole, self._secrets) == whole:
            return
        if len(batch) > 8:
            self._take(batch[: len(batch) // 2])
            self._take(batch[len(batch) // 2 :])
        else:
            self.update({text: redact_text(text, self._secrets) for text in batch})
