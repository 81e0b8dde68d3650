"""Every regular expression of lib is timed on text made to make it go back and forth: none may cost more than linear time.

The text repeats what usual expressions stumble over, and what each expression itself repeats.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import product
from pathlib import Path
from time import process_time

import lib

LENGTH = 4_000
"""Linear work on so much takes a millisecond, quadratic a tenth of a second and more."""
BEARABLE_S = 0.1
PIECES = (
    " ",
    "\t",
    "a",
    "0",
    "A1",
    "a.",
    "a-",
    "=",
    '"',
    "'",
    "\\",
    "{",
    "[",
    "(",
    "<a",
    "/",
    ":",
    ", ",
    "\n",
    "\r",
    "a: ",
    "eyJ",
    "%2",
    "\u00e9",
)
REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
FEW, MOST_REPEATED = 3, 8
ENDS = ("\r!", "\x00", "\n\ud800")
RUN = ("__main__", "conftest", "locustfile", "suite.modules", "plugin")
"""Modules that do something when they are imported: their expressions are read where they stand."""
USES = ("compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
DEEPEST = 5
"""Collections and objects in one another are looked into so far."""


def expressions() -> Iterator[tuple[str, re.Pattern]]:
    """Each expression once, by where it stands: what modules hold, however deep, and what functions give to `re` as text."""
    found: dict[tuple[str | bytes, int], str] = {}
    for module in pkgutil.walk_packages(lib.__path__, "lib."):
        if any(name in module.name for name in RUN):
            for file in Path(lib.__file__).parents[1].glob(f"{module.name.replace('.', '/')}.py"):
                for line, one in written(file.read_text(encoding="utf-8")):
                    found.setdefault((one.pattern, one.flags), f"{module.name}:{line}")
            continue
        imported = importlib.import_module(module.name)
        for name, value in vars(imported).items():
            for one in held(value) if not name.startswith("__") else ():
                found.setdefault((one.pattern, one.flags), f"{module.name}.{name}")
        for line, one in written(Path(imported.__file__ or "").read_text(encoding="utf-8")):
            found.setdefault((one.pattern, one.flags), f"{module.name}:{line}")
    for (pattern, flags), name in found.items():
        yield f"{name} {pattern!r:.60}", re.compile(pattern, flags)


def held(value: object, depth: int = 0) -> Iterator[re.Pattern]:
    """The compiled expressions in a value of a module: itself, in a collection, in an object of ours."""
    if isinstance(value, re.Pattern):
        yield value
    elif depth < DEEPEST and isinstance(value, dict | tuple | list | set | frozenset):
        for one in value.values() if isinstance(value, dict) else value:
            yield from held(one, depth + 1)
    elif depth < DEEPEST and type(value).__module__.startswith("lib."):
        lazy = (name for name, one in vars(type(value)).items() if isinstance(one, cached_property | property))
        for name in (*getattr(value, "__dict__", ()), *lazy):
            yield from held(getattr(value, name, None), depth + 1)


def written(source: str) -> Iterator[tuple[int, re.Pattern]]:
    """The expressions that stand as literals where they are used, with their lines."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("re"), attr=use), args=[ast.Constant(text), *more]) if use in USES:
                given = [part for one in (*more, *(word.value for word in node.keywords)) for part in ast.walk(one)]
                names = [part.attr for part in given if isinstance(part, ast.Attribute) and hasattr(re.RegexFlag, part.attr)]
                yield node.lineno, re.compile(text, sum(re.RegexFlag[name] for name in dict.fromkeys(names)))


def prefixes(expression: re.Pattern) -> list[str]:
    """How a text begins that the expression goes along with: its shortest match, cut after each of its parts."""
    source = expression.pattern.decode("latin-1") if isinstance(expression.pattern, bytes) else expression.pattern
    parts = list(shortest(re._parser.parse(source, expression.flags & ~re.UNICODE)))
    return list(dict.fromkeys("".join(parts[:number]) for number in range(len(parts) + 1)))[:12]


def repeated(expression: re.Pattern) -> list[str]:
    """What the expression itself takes again and again: about the shortest text of each part that may be repeated without end."""
    source = expression.pattern.decode("latin-1") if isinstance(expression.pattern, bytes) else expression.pattern
    waiting, found = list(re._parser.parse(source, expression.flags & ~re.UNICODE)), []
    while waiting:
        operator, value = waiting.pop()
        if str(operator) in REPEATS:
            found += ["".join(shortest(value[2]))] if int(value[1]) > FEW else []
            waiting += value[2]
        elif str(operator) == "BRANCH":
            waiting += [part for branch in value[1] for part in branch]
        elif str(operator) == "SUBPATTERN":
            waiting += value[-1]
    return [piece for piece in dict.fromkeys(found) if piece and piece not in PIECES][:MOST_REPEATED]


def shortest(parsed: Iterable) -> Iterator[str]:
    """The parts of about the shortest text that matches: what needs no text gives none."""
    for operator, value in parsed:
        match str(operator):
            case "LITERAL":
                yield chr(value)
            case "IN":
                yield one_of(value)
            case "ANY" | "NOT_LITERAL":
                yield "5"
            case repeat if repeat in REPEATS:
                yield "".join(shortest(value[2])) * max(value[0], 1)
            case "SUBPATTERN":
                yield from shortest(value[-1])
            case "BRANCH":
                yield from shortest(value[1][0])


def one_of(items: list) -> str:
    """A character of a set; a digit where the set is one of categories, or of what is not in it."""
    for operator, value in items:
        if str(operator) in {"RANGE", "LITERAL"}:
            return chr(value[0] if isinstance(value, tuple) else value)
        if str(operator) == "NEGATE":
            break
    return "5"


def seconds(expression: re.Pattern, text: str) -> float:
    """How long the expression looks at the text, as it is used: from its beginning."""
    given = text.encode("utf-8", "surrogatepass") if isinstance(expression.pattern, bytes) else text
    start = process_time()
    expression.match(given)
    expression.fullmatch(given)
    return process_time() - start


def test_no_expression_costs_more_than_linear_time_from_where_it_begins() -> None:
    """A stranger who knows an expression cannot make it hold up a verb: no timeout fires inside one."""
    found = dict(expressions())
    slow = []
    for name, expression in found.items():
        for prefix, piece, end in product(prefixes(expression), (*PIECES, *repeated(expression)), ENDS):
            text = prefix + piece * (LENGTH // len(piece)) + end
            if all(seconds(expression, text) > BEARABLE_S for _ in range(3)):  # once may be something else's time
                slow.append((name, prefix, piece, end))
                break
    assert slow == []
    assert len(found) > 700
