"""Which line goes on with the message before it: stacks of every language, pretty-printed objects,
    and JSON torn at its line ends.

By shape alone; that both come from one instance and stream, and close to each other, is for the caller to know.
"""

from __future__ import annotations

import re

from lib.logs.sources.recognise import decoded, head_of

HEADER = "Traceback (most recent call last)"
SEPARATOR = re.compile(r"(?:During handling of the above exception|The above exception was the direct cause)")
EXCEPTION = re.compile(r"^(?:[A-Za-z_][\w]*\.)*([A-Z_a-z]\w*)(?::[ \t]?(.*))?$")
GROUP_MARGIN = re.compile(r"^\s*[|+](?:-+\+?-* ?| )?")
FRAME = re.compile(
    r"\s*at (?:async |new |[\w$.<>/\[(@]|/|file:)|\s*(?:Caused by|Suppressed): |\s*\.\.\. \d+ (?:more|common frames)"
    r"|\s*--- End of |\s*---> "
    r"|#\d+ [/{\[\w]|\s*from \S+:\d+:in |\S+\.rb:\d+:in |\s+thrown in |(?:PHP )?Stack trace:|PHP +\d+\. "
    r"|\s*\[(?:cause|errors?)\]:|\s*[\^~]+\s*$"
    r"|goroutine \d+ \[|created by \S|\[signal |exit status \d|note: (?:run with|Some details)|stack backtrace:"
    r"|\s*\d+: +(?:0x|\S+::)"
    r"|Require stack:|- /\S+\.[cm]?js$|Node\.js v\d|(?:DETAIL|HINT|CONTEXT|STATEMENT|QUERY|LINE \d+): |Stacktrace:"
    r"|\[stacktrace\]|\[previous exception\]"
    r"|For further information visit https://errors\.pydantic|<\d+ internal (?:lines|calls)>|\s*\(<?anonymous>?\)"
    r"|\*\* \([\w.]+\)|(?:Last message(?: \(from [^)]{1,60}\))?|Client #PID\S*):|State: [%\[{#:(]"
    r"|\s+\([\w.-]+(?: [\d.]+)?\) \S+:\d+:|\"\}\s*$"
)
_PG_DETAIL = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ \w+(?: \[\d+\]|:).{0,80}?\b(?:DETAIL|HINT|CONTEXT|STATEMENT|QUERY):  ")
_GO_PANIC = re.compile(r"^(?:panic|fatal error):|panic: |panic serving \S+: ")
_GO_CALL = re.compile(r"^[\w./*()\[\]{}\-·]+\([^()]*\)$|^\t/\S+\.go:\d+|^\S+\.go:\d+ \+0x")
_NODE_PLACE = re.compile(r"^(?:node:|file://|/)\S+:\d+$")
_NODE_ERROR = re.compile(r"^(?:\w+ )?\[?\w*(?:Error|Exception)\b")
_PYDANTIC = re.compile(r"\d+ validation errors? for ")
_DETAIL = re.compile(r"\s*(?:Field required|Input should|Value error|For further)")
_LOCATION = re.compile(r"[A-Za-z_][\w.\[\]-]*\Z")
_WEBSOCKET = re.compile(r"\"WebSocket \S+\" [45]\d\d")
_REJECTED = re.compile(r"(?:INFO:?\s+)?connection (?:rejected|closed|failed)\b")
MOST_LINES = 2_000
_MOST_OPEN = 300


class Message:
    """One message so far; `takes` says whether a further text goes on with it, `add` joins it."""

    def __init__(self, text: str):
        self.n = self.n_open = self.depth = 0
        self.first = self.last = ""
        self.has_goroutine = False
        self.has_header = self.in_traceback = self.after_separator = self.has_error = False
        self.torn: list[str] | None = (
            [text] if text.lstrip()[:1] == "{" and decoded(text) is None and text.rstrip()[-1:] not in "{[" else None
        )
        self.add(text, is_first=True)

    def add(self, text: str, *, is_first: bool = False) -> None:
        """Joins a text, whether or not it fits."""
        if self.torn is not None and not is_first:
            self.torn.append(text)
            if text.rstrip().endswith("}"):
                self.torn = None
        for line in text.split("\n")[:MOST_LINES]:
            self._add_line(line.rstrip())

    def _add_line(self, line: str) -> None:
        if not line:
            return
        self.n += 1
        self.first = self.first or line
        bare = GROUP_MARGIN.sub("", line)
        if HEADER in line:
            self.has_header = self.in_traceback = True
        elif self.in_traceback and bare and not bare[0].isspace() and EXCEPTION.match(bare):
            self.in_traceback = False
        self.after_separator = bool(SEPARATOR.search(line)) or (self.after_separator and HEADER not in line)
        self.has_goroutine = self.has_goroutine or line.startswith("goroutine ")
        self.has_error = self.has_error or bool(_NODE_ERROR.match(line))
        if self.torn is None:
            stripped = line.strip()
            self.depth = max(
                0, self.depth + (stripped[-1:] in "{[") * (stripped[-1:] != "") - (stripped[:1] in "}]") * (stripped[:1] != "")
            )
            self.n_open = self.n_open + 1 if self.depth else 0
        self.last = line

    @property
    def is_chain(self) -> bool:
        """Whether it holds a traceback."""
        return self.has_header

    def takes(self, text: str) -> bool:
        """Whether this text, in the same stream and at the same moment, is a part of the message."""
        line = text.lstrip("\r\n").partition("\n")[0].rstrip()
        if not line.strip() or self.n > MOST_LINES:
            return False
        begins = line.lstrip()
        if SEPARATOR.match(begins):
            return self.has_header
        if self.after_separator and begins.startswith(HEADER):
            return True
        if self.torn is not None:
            return len(self.torn) < _MOST_OPEN and begins[:1] != "{" and not _has_head(line)
        if self.in_traceback:
            return line[:1].isspace() or (not begins.startswith(HEADER) and bool(EXCEPTION.match(GROUP_MARGIN.sub("", begins))))
        if FRAME.match(line) or _PG_DETAIL.match(line):
            return True
        return self._takes_by_state(line, begins)

    def _takes_by_state(self, line: str, begins: str) -> bool:
        if line[:1].isspace() or begins[:1] in "}])":
            return not _has_head(begins)
        if self.depth and self.n_open < _MOST_OPEN:
            return not _has_head(line)
        if _PYDANTIC.search(self.last if self.has_header else self.first) or (self.has_header and _DETAIL.match(self.last)):
            return bool(_LOCATION.match(begins))
        if self.has_goroutine or _GO_PANIC.search(self.first[:120]):
            return bool(_GO_CALL.match(line))
        if "panicked at " in self.last and self.last.endswith(":"):
            return True
        if _NODE_PLACE.match(self.first) and not self.has_error:
            return self.n < 15
        return bool(_WEBSOCKET.search(self.first) and _REJECTED.match(begins))


def _has_head(line: str) -> bool:
    told = head_of(line)
    return told.stated or told.time is not None
