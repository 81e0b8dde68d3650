"""What terminals, chat programs and web pages add to a pasted command, taken away again."""

from __future__ import annotations

import re

_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\u00ad]")
_BLANKS = re.compile("[\u00a0\u2000-\u200a\u202f\u3000]")
_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)\n?```", re.DOTALL)
_OF_CURL = re.compile(r"^[ \t]*> ?", re.MULTILINE)
_REQUEST = re.compile(r"^[ \t]*> ?[A-Z]{3,10} \S+ HTTP/[\d.]+", re.MULTILINE)
_QUOTED = re.compile(r"^[ \t]*(?:>[ \t]?)+")


_KEPT = re.compile(
    r"^(?<!\\\n)[ \t]*\w+=\"?\$\([ \t]*(?=(?:curl|websocat|wscat)\b)((?:[^\n]|(?<=\\)\n)*?)\)\"?[ \t]*$", re.MULTILINE
)
"""A command whose output a script keeps in a variable."""


def cleaned(text: str) -> str:
    """The text without invisible characters, code fences, quotation marks of mails, prompts of continued lines.

    Of what `curl -v` printed, the lines of the request.
    """
    text = re.sub(r"\r\n?", "\n", _BLANKS.sub(" ", _INVISIBLE.sub("", text)))
    if not text.lstrip().startswith("{"):
        text = fenced[1] if (fenced := _FENCE.search(text)) else text
    text = _KEPT.sub(r"\1", text)
    if sent := _REQUEST.search(text):
        return _printed_by_curl(text[sent.start() :])
    lines = text.split("\n")
    if len(lines) > 1 and all(_QUOTED.match(line) for line in lines if line.strip()):
        return "\n".join(_QUOTED.sub("", line) for line in lines).strip()
    return "\n".join([lines[0], *map(_continued, lines, lines[1:])]).strip().strip("`").strip()


def _printed_by_curl(text: str) -> str:
    """The lines behind `>`; the first empty one ends the request."""
    kept = []
    for line in text.split("\n"):
        if not (mark := _OF_CURL.match(line)):
            continue  # what curl tells of itself (*), and of the answer (<)
        if not line[mark.end() :].strip():
            break
        kept.append(line[mark.end() :])
    return "\n".join(kept)


def _continued(before: str, line: str) -> str:
    """A line without the prompt of a continued command: > of a shell, More? of cmd.exe, >> of PowerShell."""
    return re.sub(r"^[ \t]*(?:More\?|>>?)[ \t]+", "", line) if re.search(r"[\\^`][ \t]*$", before) else line
