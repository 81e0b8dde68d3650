"""How runners write JUnit: which outcome a case has, whose it is, and which line of a failure says what failed. Pure.

The runners read so: pytest, Playwright, Jest, Cypress and Mocha, Go (gotestsum, go-junit-report), Surefire, Gradle, TestNG,
PHPUnit, xmlrunner, Robot Framework, k6, CTest, Bazel and GoogleTest, Cucumber and Behave, nextest, and what resembles them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator
from functools import lru_cache

SEVERITY = {"error": "error", "failure": "failed", "skipped": "skipped", "disabled": "skipped", "ignored": "skipped"}
"""Elements inside a case, the worst first, and what they make of it."""
ATTEMPTS = {"flakyFailure": "failed", "flakyError": "error", "rerunFailure": "failed", "rerunError": "error"}
_STATUSES = {
    **dict.fromkeys(("skipped", "notrun", "disabled", "ignored", "pending", "untested", "undefined", "suppressed"), "skipped"),
    **dict.fromkeys(("failed", "fail", "failure"), "failed"),
    "error": "error",
}
"""What the attributes `status` and `result` say where no element does (CTest, GoogleTest, Bazel, Behave)."""
_SOURCE = re.compile(
    r"\.(?:[cm]?[jt]sx?|py|go|java|kts?|scala|groovy|php|phpt|rb|rs|cs|fs|vb|cc|cpp|cxx|c|mm?|swift|dart|ex|exs|lua|pl|t|sh|bats|ps1"
    r"|robot|feature|vue|svelte|coffee|jl|clj|hs|erl|r)$",
    re.IGNORECASE,
)
_GENERIC = frozenset(
    {"", "root suite", "mocha tests", "jest tests", "vitest tests", "cucumber", "cucumber-js", "pytest", "(empty)"}
)


def outcome_of(children: Collection[str], status: str | None, result: str | None) -> str:
    """The outcome of a case by the elements in it, the worst of them, else by what its attributes say."""
    if children:
        for tag, outcome in SEVERITY.items():
            if tag in children:
                return outcome
    for said in (status, result):
        if said and (outcome := _STATUSES.get(said.lower(), "")):
            return outcome
    return "passed"


@lru_cache(maxsize=65_536)
def module_of(file: str | None, classname: str | None, suite: str, name: str) -> str:
    """The stem of the file where one is named or can be told, else the class, package or suite, whatever the outcome."""
    if file:
        return _stem(file)
    if classname == "" and suite == "pytest":
        classname = name  # A module that pytest could not collect: its dotted name is all there is.
    told = (classname or suite or "unnamed").strip().replace("\\", "/")
    if _SOURCE.search(told):
        return _stem(told)
    if " " in told:
        suite = suite.strip()
        return _stem(suite) if _SOURCE.search(suite) else suite if suite.lower() not in _GENERIC else told
    if "/" in told:
        return told.rstrip("/").rpartition("/")[2] or told
    parts = [part for part in told.split(".") if part] or [told]
    return next((part for part in reversed(parts) if part.startswith("test_") or part.endswith("_test")), parts[-1])


def _stem(path: str) -> str:
    last = path.strip().replace("\\", "/").rstrip("/").rpartition("/")[2] or path
    return _SOURCE.sub("", last) or last


def is_attempt_writer(suite: str, classname: str, name: str, properties: Container[str]) -> bool:
    """Whether a runner writes a case of one name again only because it ran again: pytest, and Go with its packages."""
    if suite == "pytest":
        return True
    return "go.version" in properties or ("/" in classname and bool(re.match(r"(Test|Example|Fuzz|Benchmark)[A-Z_0-9]?", name)))


_NOTHING = re.compile(
    r"""(?ix)
    (?: test\s+)?
        (?: fail(?:ed|ure|ures)? | errors? | broken | skipped | exception | assertion\s+failed[.:]? | fail:? | timeout ) [.!]?
    | (?: call | collection | test\s+setup | test\s+teardown ) \s+ (?: failure | error )
    | (?: test\s+)? (?: failure | process ) .* exit(?:ed)? (?: \s+with)? \s+ (?:error\s+)? code \s+ \d+
    | exited\ with\ error\ code\ \d+
    | Traceback\ \(most\ recent\ call\ last\):?
    | (?: ===+ | --- | \# )\s+ \S.*             # Go's and TAP's headings
    | [=\-─━_*.#\s•●✖✗×]+                       # rules
    | (?: \[[^]]*\]\s*›\s* )? [\w./\\@+-]+ \. [cm]?[jt]sx? : \d+ : \d+ (?: \s .* )?     # Playwright's title line
    | Retry\ \#\d+ .* | Error\ Trace: .* | Test: .* | Stack\s?Trace:? | Hint: .* | Messages?:
    | thread\ '.*'\ .*panicked\ at\ [^'"]*:?
    | stack\ backtrace: | note:\ .*
    | (?: Given | When | Then | And | But | \*) \s .* \.{2,} \s* (?: passed | skipped | undefined )
    | Call\ log: | Caused\ by: | Failed\ \d+\ times?\.?
    """
)
_FRAME = re.compile(
    r"""(?x)
    File\ ".*",\ line\ \d+ .*
    | at\ .+ (?: [(:] .* | \[native\ code\] | <anonymous> .*)
    | \.\.\.\ \d+\ (?: more | common\ frames .* )
    | (?: [A-Za-z]: )? [\w./\\@~+-]* [/\\] [\w.@+-]+ \.\w+ : \d+ (?: :\d+ )? :? (?: \s+in\s .* )?
    | [\w.+-]+ \. (?:py|go|cc|cpp|cxx|c|h|hpp|rs|rb|php|java|kt|cs) (?: :\d+ | \(\d+\) ) (?: :\d+ )? :?
        (?: \s*(?:Failure|: in .*) )?
    | \(? (?: in\ test\ file | from\ function | in\ file )\ .* ,\ line\ \d+ [,)] .*      # Bats
    | \#\d+\ .* | \d+\ \| .* | >\s*\d*\ ?\| .* | \|.*
    """
)
_PHASE = re.compile(r'failed on (?:setup|teardown) with "(.*?)"?$', re.DOTALL)
_PANIC = re.compile(r"thread '.*?' (?:\(\d+\) )?panicked at ['\"](.*?)['\"], .*")
_TESTIFY = re.compile(r"Error:[^\S\t]*+\t\s*+(?=\S)")
MAX_LINES, MAX_LINE = 200, 500
"""So much of a failure is looked at, so that no line can take long."""


def telling_line(message: str, body: str, kind: str, names: Iterable[str]) -> str | None:
    """The line that says what failed: no traceback's header or frame, no test's name, not only that something failed."""
    known = {name.strip() for name in names if name}
    said, told = _lines(message), _lines(body)
    asserted = [line[2:].strip() for line in told if line.startswith("E  ")]
    raised = _raised(told)
    for lines in (said, asserted, raised, told):
        if found := next(_candidates(lines, known), None):
            return found
    return kind or next((line.strip() for line in (*said, *told)), None)


def _lines(text: str) -> list[str]:
    return [line[:MAX_LINE] for line in text.split("\n", MAX_LINES)[:MAX_LINES] if line.strip()]


def _raised(lines: list[str]) -> list[str]:
    """What stands behind the last frame of a Python traceback: the exception that was raised in the end."""
    frames = [number for number, line in enumerate(lines) if line.lstrip().startswith('File "')]
    return [line for line in lines[frames[-1] + 1 :] if not line[0].isspace()] if frames else []


def _candidates(lines: Iterable[str], names: set[str]) -> Iterator[str]:
    for line in lines:
        text = line.strip().removeprefix("● ").removeprefix("✖ ").strip()
        for wrapped in (_PHASE, _PANIC):
            if match := wrapped.fullmatch(text):
                text = match.group(1)
        if not text or text in names or _NOTHING.fullmatch(text) or _FRAME.fullmatch(text) or _is_name(text, names):
            continue
        if testify := _TESTIFY.match(text):
            text = text[testify.end() :]
        yield text


def _is_name(text: str, names: set[str]) -> bool:
    """Whether a line is the test's name in some dress: `Class::name`, `name (class)`, `1) name`."""
    bare = re.sub(r"^\d+\)\s*", "", text)
    return any(
        bare == name
        or bare.startswith((f"{name} (", f"{name}("))
        or (" " not in bare.removesuffix(name) and bare.endswith((f"::{name}", f".{name}", f"#{name}")))
        or bare.endswith(f"› {name}")
        for name in names
        if len(name) > 3
    )
