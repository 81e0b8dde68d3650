"""What an exception's text says, in whatever language: its type, the words of its innermost cause, and the first frame
of own code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from lib.logs.sources.continuation import EXCEPTION, GROUP_MARGIN, HEADER, SEPARATOR
from lib.logs.sources.fields import value_at
from lib.logs.sources.formats import STACKS

_CAUSED_BY = re.compile(r"^\s*Caused by: (?:[\w$]+\.)*([\w$]+)(?::[ \t]?(.*))?$", re.MULTILINE)
_NODE_CAUSE = re.compile(r"\[cause\]: (?:\w+\.)*(\w*(?:Error|Exception)\w*)(?: \[\w+\])?: (.*)")
_DOTNET_INNER = re.compile(r"---> (?:\([^)]*\) )?(?:[\w`+]+\.)*([\w`+]+(?:Exception|Error)): (.*)")
_RUST = re.compile(r"panicked at (?:'(.*?)', )?(\S+?):?(?:\n(.*)|$)")
_GO = re.compile(r"^(?:panic|fatal error): (.*?)(?: \[recovered\])?$", re.MULTILINE)
_PHP = re.compile(r"Uncaught (?:[\w\\]+\\)?(\w+): (.*?)(?: in (/\S+?)(?::(\d+)| on line (\d+)))?$", re.MULTILINE)
_NAMED = re.compile(
    r"^\s*(?:(?:Uncaught|Unhandled exception\.?|Exception in thread \"[^\"]*\"|Error:|.{0,80}?[:.])\s+)?"
    r"(?:[A-Za-z_$][\w$]*[.\\])*"
    r"([A-Z][\w$]*(?:Error|Exception|Exit|Interrupt|Timeout|Fault|Failure|Panic))(?: \[\w+\]| \([^)]*\))?: (\S.*)$",
    re.MULTILINE,
)
_PLAIN = re.compile(r"^(?:.{0,80}?: )?(Error|error|Exception): (\S.*)$", re.MULTILINE)
_RUBY = re.compile(
    r"^.*?\(((?:\w+::)*\w*(?:Error|Exception|Invalid|NotFound|NotUnique))\)$"
    r"|^(?:.{0,200}? )?((?:\w+::)+[A-Z]\w+|\w*(?:Error|Invalid|NotFound|NotUnique))\s+\((.*)\):$",
    re.MULTILINE,
)
_ELIXIR = re.compile(r"^\s*\*\* \(((?:\w+\.)*\w*(?:Error|Exception)\w*)\) (.+)$", re.MULTILINE)
_PLACEHOLDERS = frozenset({"missing field", "none", "null", "undefined", "{}"})
_LOOKED_AT = 60_000
_SIGN = re.compile(
    r"Error|Exception|Exit|Interrupt|Timeout|Fault|Failure|Panic|panic|Uncaught|fatal error|--->"
    r"|Caused by|Invalid|Not[FU]|::"
)
_PLACE = re.compile(r":\d|line \d|\(\d+\)")

_FRAMES = (
    re.compile(r'File "(?P<file>[^"\n]{1,400})", line (?P<line>\d+)'),
    re.compile(
        r"^\s*at (?:.*?\()?(?:file://)?(?P<file>(?:[A-Za-z]:)?[/\\.\w@][^():\n]{0,300}?):(?P<line>\d+)(?::\d+)?\)?", re.MULTILINE
    ),
    re.compile(r"\bin (?P<file>(?:/|[A-Z]:\\)[^:\n]{1,300}):line (?P<line>\d+)"),
    re.compile(r"\bin (?P<file>/[^:\s]{1,300}\.php)(?::| on line )(?P<line>\d+)"),
    re.compile(r"^#\d+ (?P<file>/[^(\n]{1,300})\((?P<line>\d+)\)", re.MULTILINE),
    re.compile(r"^\s*(?:from )?(?P<file>[\w./-]{1,300}\.rb):(?P<line>\d+):in ", re.MULTILINE),
    re.compile(r"^\s*(?P<file>\S{1,300}\.go):(?P<line>\d+)(?: \+0x|$)", re.MULTILINE),
    re.compile(r"panicked at (?:'.*?', )?(?P<file>[^:\n]{1,300}\.rs):(?P<line>\d+)"),
    re.compile(r"^\s*at (?P<file>(?:\./)?src/\S{1,300}\.rs):(?P<line>\d+)", re.MULTILINE),
    re.compile(r"^(?P<file>/[^:\n]{1,300}\.[cm]?[jt]s):(?P<line>\d+)$", re.MULTILINE),
)
_FOREIGN = re.compile(
    r"site-packages|dist-packages|/lib/python\d|<frozen|<string>|node_modules|node:|internal/|/usr/local/go/"
    r"|/go/pkg/mod/|/gems/|/vendor/"
    r"|/rustc/|/\.cargo/|/usr/lib/|^native$|<anonymous>|/ruby/\d|runtime/panic"
)
_JAVA_FOREIGN = re.compile(
    r"at (?:java|javax|jdk|sun|com\.sun|org\.springframework|org\.apache|org\.hibernate|io\.netty|reactor|kotlin"
    r"|scala|java\.base)[./]"
)


def _undented(text: str) -> str:
    """A traceback that its logger shifted to the right, as it was raised."""
    shifted = re.search(rf"(?m)^([ \t]+){re.escape(HEADER)}", text)
    return re.sub(rf"(?m)^{shifted.group(1)}", "", text) if shifted else text


def innermost(text: str) -> tuple[str | None, str] | None:
    """Type and words of the exception that a chain began with; of one without words the next that has some."""
    text = text[:_LOOKED_AT]
    if "\n" not in text and _SIGN.search(text) is None:
        return None  # most lines are one sentence, and ten patterns need not look for an exception in it
    if caused := _CAUSED_BY.findall(text):
        return caused[-1][0], caused[-1][1].strip() or caused[-1][0]
    for pattern in (_NODE_CAUSE, _DOTNET_INNER):
        if found := pattern.findall(text):
            return found[-1][0], found[-1][1].strip().rstrip("{").strip()
    if HEADER in text and (found := list(_raised(_undented(text).splitlines()))):
        telling = [one for one in found if one[1] and not one[1].endswith(("sub-exception)", "sub-exceptions)"))]
        return next(iter(telling), (found[0][0], found[0][1] or found[0][0]))
    if php := _PHP.search(text):
        return php.group(1), php.group(2).strip()
    if rust := _RUST.search(text):
        return None, (rust.group(1) or rust.group(3) or text.partition("\n")[0]).strip()
    if go := _GO.search(text):
        return None, f"panic: {go.group(1)}" if text[go.start() :].startswith("panic") else f"fatal error: {go.group(1)}"
    if elixir := _ELIXIR.search(text):
        return elixir.group(1).rpartition(".")[2], elixir.group(2).strip()
    if ruby := _RUBY.search(text):
        return (
            (ruby.group(2), ruby.group(3))
            if ruby.group(2)
            else (ruby.group(1), ruby.group().rpartition(" (")[0].rpartition(": ")[2])
        )
    named = _NAMED.search(text) or (_PLAIN.search(text) if "\n" in text else None)
    return (named.group(1), named.group(2).strip().rstrip("{").strip()) if named else None


def _raised(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    inside = False
    for line in lines:
        bare = GROUP_MARGIN.sub("", line)
        if HEADER in bare:
            inside = True
        elif inside and bare and not bare[0].isspace() and (match := EXCEPTION.match(bare)):
            inside = False
            yield match.group(1), (match.group(2) or "").strip()


def frame_of(text: str) -> str | None:
    """`file:line` of the frame of own code that is nearest to where it broke; None where only libraries are on the stack."""
    text = text[:_LOOKED_AT]
    if "\n" not in text and _PLACE.search(text) is None:
        return None
    if HEADER in text:
        # Python's frames end with the one that raised, and a chain begins with the cause.
        first = next((part for part in SEPARATOR.split(text) if HEADER in part), text)
        own = [found for found in _FRAMES[0].finditer(first) if not _FOREIGN.search(found["file"])]
        return f"{own[-1]['file']}:{own[-1]['line']}" if own else None
    if caused := list(re.finditer(r"^\s*Caused by: ", text, re.MULTILINE)):
        inner = _first_frame(text[caused[-1].start() :])
        if inner:
            return inner
    return _first_frame(text)


def _first_frame(text: str) -> str | None:
    best: tuple[int, str] | None = None
    for pattern in _FRAMES[1:]:
        for found in pattern.finditer(text):
            line = text[text.rfind("\n", 0, found.start("file")) + 1 : found.end()]
            if _FOREIGN.search(line) or _JAVA_FOREIGN.search(line):
                continue
            if best is None or found.start() < best[0]:
                best = found.start(), f"{found['file']}:{found['line']}"
            break
    return best[1] if best else None


def stack_in(payload: Mapping[str, Any]) -> str:
    """The exception that a payload carries in a field of its own, as text; empty where it carries none."""
    best = ""
    for name in STACKS:
        text = _as_stack(value_at(payload, name))
        if text and (not best or ("\n" in text and "\n" not in best)):
            best = text
        if "\n" in best:
            break
    return best


def _as_stack(value: Any) -> str:
    if isinstance(value, str):
        return (
            value
            if "\n" in value and (HEADER in value or re.search(r"\n\s*(?:at |from |#\d)|Caused by: |goroutine \d", value))
            else ""
        )
    if isinstance(value, list) and value:
        if all(isinstance(item, str) for item in value):
            return "\n".join(value[:200])
        return _as_stack(value[0])
    if isinstance(value, Mapping):
        return _of_object(value)
    return ""


def _of_object(value: Mapping[str, Any]) -> str:
    stack = next((item for name in ("stack", "stack_trace", "stackTrace", "stacktrace", "traceback", "extendedStackTrace",
        "Trace", "StackTrace", "trace", "file")
                  if isinstance(item := value.get(name), str) and "\n" in item), "")  # fmt: skip
    if stack and (innermost(stack) or stack.lstrip()[:2] != "at"):
        return stack
    kind = next(
        (
            str(value[name])
            for name in ("type", "name", "kind", "class", "exc_type", "ExceptionType", "ClassName", "errorType")
            if value.get(name)
        ),
        "",
    )
    words = next(
        (
            str(value[name])
            for name in ("message", "value", "msg", "exc_value", "Message", "errorMessage", "reason")
            if value.get(name)
        ),
        "",
    )
    if not words.strip() or words.strip().lower() in _PLACEHOLDERS:
        return ""
    cause = value.get("cause")
    inner = _of_object(cause) if isinstance(cause, Mapping) else ""
    own = f"{kind.rpartition('.')[2] or 'Error'}: {words}"
    return f"{own}\n{stack}\nCaused by: {inner}" if inner else f"{own}\n{stack or '    at (not told)'}"


def told_error(payload: Mapping[str, Any]) -> str:
    """What a payload's `error` or `err` says in words, where it is no more than a text."""
    for name in ("error", "err", "error_message", "error.message", "exception", "cause", "attr.error"):
        value = value_at(payload, name)
        if isinstance(value, Mapping):
            value = value.get("message") or value.get("value")
        if isinstance(value, str) and value.strip() and value.strip().lower() not in _PLACEHOLDERS:
            return value.strip()
    return ""


def as_text(payload: Mapping[str, Any]) -> str:
    """A payload in one line, where it has no message of its own."""
    return json.dumps(payload, default=str, ensure_ascii=False)[:600]


_TORN_FIELD = re.compile(
    r'"(level|severity|levelname|message|msg|event)"\s*:\s*"(.*?)(?:"\s*,\s*"[\w.@-]+"\s*:|"\s*\}\s*\Z|\Z)', re.DOTALL
)


def fields_of_torn(text: str) -> dict[str, Any]:
    """Level and message of an object whose message was torn at its line ends, with quotes of its own left bare."""
    found: dict[str, Any] = {}
    at = 0
    while match := _TORN_FIELD.search(text, at):
        found.setdefault(match.group(1), match.group(2).replace('\\"', '"'))
        at = match.end(2)
    return found
