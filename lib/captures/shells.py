"""The words of a pasted command line, split as bash, cmd.exe or PowerShell would split them; nothing is run or expanded.

A variable becomes `request.VARIABLE`'s mark, so that a credential that stood in one is known to stand there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lib.captures.request import RUN

_ANSI = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}
_ANSI_CODE = re.compile(r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})")
_NAME = re.compile(r"\{([A-Za-z_]\w*)\}|(?:env:)?([A-Za-z_]\w*)")
_POWERSHELL = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
MOST_FILLED_IN = 1_048_576
"""So many characters at the most come from variables: of those that are made of one another each may be twice the last."""


def commands(text: str) -> list[list[str]]:
    """The commands of a text, each as its words."""
    lines = re.sub(r"([\\^`])[ \t]+\n(?=[ \t]*(?:-|'|\"|\w+:))", r"\1\n", re.sub(r"\r\n?", "\n", text))
    return _joined(_shell_of(lines).commands())


def _shell_of(lines: str) -> _Shell:
    if re.search(r"\^\"|\^\n", lines):
        return _Cmd(lines)
    if re.search(r"`\n|\bcurl\.exe\b", lines):
        return _PowerShell(lines)
    return _Bash(lines)


def _joined(found: list[list[str]]) -> list[list[str]]:
    """The commands, those that begin with an option as the rest of the one before: its line ends were lost on the way."""
    joined: list[list[str]] = []
    for words in found:
        if joined and re.match(r"[-\u2013\u2014]{1,2}[A-Za-z]", words[0]):
            joined[-1] += words
        else:
            joined.append(words)
    return joined


class _Shell:
    """One pass over a text: what all three shells share."""

    operators = "|;&<>"

    def __init__(self, text: str):
        self.text, self.at = text, 0
        self.found: list[list[str]] = [[]]
        self.word: list[str] | None = None
        """The pieces of the word that has begun."""
        self.known: dict[str, str] = {}
        self.assigns_alone = True
        self.filled_in = 0

    def commands(self) -> list[list[str]]:
        while self.at < len(self.text):
            self.step()
        self.end_word()
        return [words for words in self.found if words]

    def step(self) -> None:
        raise NotImplementedError

    def take(self, count: int = 1) -> str:
        taken = self.text[self.at : self.at + count]
        self.at += count
        return taken

    def peek(self, offset: int = 0) -> str:
        return self.text[self.at + offset : self.at + offset + 1]

    def add(self, text: str) -> None:
        self.word = self.word or []
        self.word.append(text)

    def end_word(self) -> None:
        if self.word is not None:
            word, self.word = "".join(self.word), None
            self.found[-1].append(word)
            self._assigned(word)

    def _assigned(self, word: str) -> None:
        """Remembers NAME=value before a command, alone or behind export: the commands below it may use the value."""
        self.assigns_alone = self.assigns_alone and ("=" in word or word == "export")
        assignment = _ASSIGNMENT.fullmatch(word) if self.assigns_alone else None
        if assignment:
            self.known.pop(assignment[1], None)
            if RUN not in word:
                self.known[assignment[1]] = assignment[2]

    def end_command(self) -> None:
        self.end_word()
        self.found.append([])
        self.assigns_alone = True

    def between_words(self, char: str) -> bool:
        """Takes blanks, line ends and operators; an operator inside an unquoted address is a letter of it."""
        if char == "\n":
            self.end_command()
        elif char.isspace():
            self.end_word()
        elif char in "|<>" or (char in self.operators and not self.peek(1).strip(" \t\n&|;")):
            self.end_command()
        else:
            return False
        self.at += 1
        return True

    def variable(self) -> None:
        """A variable behind the $ at which we stand; what would have to be run is refused."""
        if self.peek(1) == "(":
            self._substitution()
            return
        match = _NAME.match(self.text, self.at + 1)
        if match is None:
            self.add(self.take())
            return
        self.at = match.end()
        name = match[1] or match[2]
        value = self.known.get(name)
        self.filled_in += len(value or "")
        self.add(f"\ue000{name}\ue001" if value is None or self.filled_in > MOST_FILLED_IN else value)

    def _substitution(self) -> None:
        """Takes $(…) whole, as a mark: nothing is run, and only where it is part of what is carried over that matters."""
        depth, at = 0, self.at + 1
        while at < len(self.text):
            depth += {"(": 1, ")": -1}.get(self.text[at], 0)
            at += 1
            if depth == 0:
                break
        self.at = at
        self.add(RUN)


class _Bash(_Shell):
    def step(self) -> None:
        char = self.peek()
        if char == "\\":
            self.at += 1
            following = self.take()
            if following != "\n":
                self.add(following)
        elif char == "'":
            end = self.text.find("'", self.at + 1)
            self.add(self.text[self.at + 1 : end if end >= 0 else None])
            self.at = end + 1 if end >= 0 else len(self.text)
        elif char == '"':
            self.at += 1
            self._double()
        elif char == "$" and self.peek(1) == "'":
            self.at += 2
            self._ansi()
        elif char == "$" and self.peek(1) == '"':
            self.at += 2
            self._double()
        elif char == "$":
            self.variable()
        elif char == "`":
            self._backquoted()
        elif char in "\u201c\u201d\u201e\u2018\u2019" and self.word is None:
            self._typographic(char)
        elif char == "#" and self.word is None:
            end = self.text.find("\n", self.at)
            self.at = end if end >= 0 else len(self.text)
        elif not self.between_words(char):
            self.add(self.take())

    def _double(self) -> None:
        self.add("")
        while (char := self.peek()) not in ("", '"'):
            if char == "\\" and self.peek(1) in '"\\$`\n':
                self.at += 1
                following = self.take()
                self.add("" if following == "\n" else following)
            elif char == "$":
                self.variable()
            elif char == "`":
                self._backquoted()
            else:
                self.add(self.take())
        self.at += 1

    def _backquoted(self) -> None:
        end = self.text.find("`", self.at + 1)
        self.at = end + 1 if end >= 0 else len(self.text)
        self.add(RUN)

    def _typographic(self, opening: str) -> None:
        """What stands between quotes that a chat program made of straight ones; they are no shell's, and enclose all of it."""
        closing = "\u2018\u2019" if opening in "\u2018\u2019" else "\u201c\u201d"
        end = re.compile(f"[{closing}](?=\\s|$)").search(self.text, self.at + 1)
        self.add(self.text[self.at + 1 : end.start() if end else None])
        self.at = end.end() if end else len(self.text)

    def _ansi(self) -> None:
        self.add("")
        while (char := self.take()) not in ("", "'"):
            if char != "\\":
                self.add(char)
                continue
            code = _ANSI_CODE.match(self.text, self.at)
            if code:
                self.at = code.end()
                self.add(_character(code))
            else:
                following = self.take()
                self.add(_ANSI.get(following, following))


def _character(code: re.Match[str]) -> str:
    digits = next(group for group in code.groups() if group)
    number = int(digits, 8 if code[4] else 16)
    return chr(number) if number <= 0x10FFFF else "�"


class _Cmd(_Shell):
    """cmd.exe takes the carets away, then the C runtime splits at quotes; both in one pass.

    A caret inside quotes would be literal to cmd.exe; Chrome has written it as an escape there too, and nobody else writes it.
    """

    operators = "|&<>"

    def __init__(self, text: str):
        super().__init__(text)
        self.quoted = False

    def step(self) -> None:
        char = self.peek()
        escaped = char == "^"
        if escaped:
            self.at += 1
            if self.peek() == "\n":
                self.at += 1
                if self.peek() != "\n":
                    return
            char = self.peek()
        if char == "\\":
            self._backslashes()
        elif char == '"':
            self.at += 1
            if self.quoted and self._quote_follows():
                self.add('"')
            else:
                self.quoted = not self.quoted
                self.add("")
        elif escaped or self.quoted or not self.between_words(char):
            self.add(self.take())

    def _quote_follows(self) -> bool:
        """Takes the second of two quotes inside a quoted part: together they are one quote."""
        length = 2 if self.text.startswith('^"', self.at) else 1 if self.peek() == '"' else 0
        following = self.text[self.at + length : self.at + length + 1]
        if not length or following in ("", " ", "\n", "^"):
            return False
        self.at += length
        return True

    def _backslashes(self) -> None:
        run = re.compile(r"(?:\^?\\)+").match(self.text, self.at)
        assert run is not None  # we stand at one
        count = run[0].count("\\")
        self.at = run.end()
        quote = re.compile(r'\^?"').match(self.text, self.at)
        if not quote:
            self.add("\\" * (count // 2 if count % 2 == 0 else count))
        else:
            self.add("\\" * (count // 2))
            if count % 2:
                self.add('"')
                self.at = quote.end()


class _PowerShell(_Shell):
    operators = "|;&"

    def step(self) -> None:
        char = self.peek()
        if char == "`":
            self.at += 1
            following = self.take()
            if following != "\n":
                self.add(_POWERSHELL.get(following, following))
        elif char in "'\"":
            self.at += 1
            self.add(self._string(char))
        elif char == "$":
            self.variable()
        elif not self.between_words(char):
            self.add(self.take())

    def _string(self, quote: str) -> str:
        text, self.at = powershell_string(self.text, self.at, quote)
        return text


def powershell_string(text: str, at: int, quote: str) -> tuple[str, int]:
    """The value of a PowerShell string that began before `at`, and where it ends."""
    parts: list[str] = []
    while at < len(text):
        char = text[at]
        if char == quote:
            if text[at + 1 : at + 2] != quote:
                return "".join(parts), at + 1
            parts.append(quote)
            at += 2
        elif quote == '"' and char == "`":
            parts.append(_POWERSHELL.get(text[at + 1 : at + 2], text[at + 1 : at + 2]))
            at += 2
        elif quote == '"' and (code := re.compile(r"\$\(\[char\](\d{1,7})\)", re.IGNORECASE).match(text, at)):
            parts.append(chr(min(int(code[1]), 0x10FFFF)))
            at = code.end()
        elif quote == '"' and char == "$" and (name := _NAME.match(text, at + 1)):
            parts.append(f"\ue000{name[1] or name[2]}\ue001")
            at = name.end()
        else:
            parts.append(char)
            at += 1
    return "".join(parts), at


def powershell_strings(text: str) -> Iterator[str]:
    """Strings, words and signs of a PowerShell script in order; strings come with a leading quote to be told apart."""
    at = 0
    while at < len(text):
        char = text[at]
        if char in "'\"":
            value, at = powershell_string(text, at + 1, char)
            yield f'"{value}'
        elif match := re.compile(r"[$\w.-]+").match(text, at):
            yield match[0]
            at = match.end()
        else:
            if not char.isspace() and char != "`":
                yield char
            at += 1
