"""What the source of a case says about what it can find out: literals asserted, errors accepted, exceptions swallowed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

MAX_SOURCE = 2_000_000
ERROR_STATUSES, SUCCESS_STATUSES = range(400, 600), range(200, 300)
CLIENT_NAMES = frozenset(
    re.findall(r"\w+", "httpx requests aiohttp urllib3 urlopen websockets websocket socket client session connect")
)
CLIENT_METHODS = frozenset(
    re.findall(r"\w+", "get post put patch delete head options request send recv connect create_connection urlopen stream")
)
RAISING = frozenset({"raises", "assertRaises", "assertRaisesRegex"})
_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Traits of one test function's source. `constant_asserts` counts asserts whose outcome was fixed when they were written."""

    asserts: int = 0
    constant_asserts: int = 0
    accepts_errors: bool = False
    asserts_success: bool = False
    swallows: bool = False
    expects_raise: bool = False
    calls_clients: bool = False
    forgotten_awaits: tuple[str, ...] = ()

    @property
    def only_constants(self) -> bool:
        """Whether it asserts, and all that it asserts is constant."""
        return bool(self.asserts) and self.asserts == self.constant_asserts


def read(source: str, nodeid: str) -> Reading | None:
    """The reading of the function that a node id names in this source; None where it cannot be found or parsed."""
    names = [part.partition("[")[0] for part in nodeid.split("::")[1:]]
    try:
        node = _find(ast.parse(source), names)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return None if node is None else _read(node)


def reading_of(root: Path | None, nodeid: str) -> Reading | None:
    """The reading of a case in a suite whose root is known; None where its source cannot be read."""
    if root is None:
        return None
    file, _, inside = nodeid.partition("::")
    try:
        path = root / file
        return _reading_at(path, path.stat().st_mtime_ns, f"::{inside.partition('[')[0]}")
    except (OSError, UnicodeDecodeError):
        return None


@lru_cache(maxsize=4096)
def _reading_at(path: Path, changed: int, inside: str) -> Reading | None:
    # A function that runs with many parameters is read once.
    with path.open(encoding="utf-8") as stream:
        return read(stream.read(MAX_SOURCE), inside)


def _find(tree: ast.Module, names: list[str]) -> _FunctionNode | None:
    body: list[ast.stmt] = tree.body
    for position, name in enumerate(names):
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef) if position == len(names) - 1 else (ast.ClassDef,)
        found = next((node for node in reversed(body) if isinstance(node, kinds) and node.name == name), None)
        if found is None:
            return None
        if isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return found
        body = found.body
    return None


def _read(function: _FunctionNode) -> Reading:
    nodes = list(ast.walk(function))
    constants = _constant_names(function)
    asserted = list(_asserted(nodes))
    return Reading(
        asserts=len(asserted),
        constant_asserts=sum(_is_constant(test, constants) for test in asserted),
        accepts_errors=any(_accepts_error(test) for test in asserted),
        asserts_success=any(_asserts_success(test) for test in asserted),
        swallows=any(isinstance(node, ast.ExceptHandler) and _swallows(node) for node in nodes),
        expects_raise=any(isinstance(node, ast.Call) and _called(node) in RAISING for node in nodes),
        calls_clients=any(isinstance(node, ast.Call) and _is_client_call(node) for node in nodes),
        forgotten_awaits=tuple(_forgotten_awaits(function, nodes)),
    )


def _asserted(nodes: list[ast.AST]) -> Iterator[ast.expr]:
    for node in nodes:
        if isinstance(node, ast.Assert):
            yield node.test
        elif isinstance(node, ast.Call) and _called(node).startswith("assert") and _called(node) not in RAISING and node.args:
            yield ast.Tuple(elts=list(node.args), ctx=ast.Load())


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""


def _constant_names(function: _FunctionNode) -> set[str]:
    """Local names that only ever hold what was written into the test itself."""
    constant: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            targets = {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
            constant = constant | targets if _is_constant(node.value, constant) else constant - targets
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and not _is_constant(node.value, constant):
            constant.discard(node.target.id)
        elif isinstance(node, (ast.For, ast.comprehension)) and _is_constant(node.iter, constant):
            constant |= {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
    return constant - _filled_later(function)


def _filled_later(function: _FunctionNode) -> set[str]:
    """Names whose value is changed by a method or an item assignment, so that it is not what was written."""
    calls = (
        node.func.value for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    )
    items = (node.value for node in ast.walk(function) if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store))
    return {place.id for place in (*calls, *items) if isinstance(place, ast.Name)}


_PURE = frozenset(
    re.findall(r"\w+", "len sum min max sorted abs round all any isinstance set list dict tuple range str int float")
)


def _is_constant(node: ast.expr, constants: set[str]) -> bool:
    """Whether an expression is made of literals and constant names alone."""
    bound_inside = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    known = constants | bound_inside | _PURE
    for part in ast.walk(node):
        if isinstance(part, (ast.Await, ast.Yield, ast.YieldFrom)):
            return False
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id not in known:
            return False
    return True


def _accepts_error(test: ast.expr) -> bool:
    """Whether a comparison names an error status as acceptable, or everything from one upwards."""
    for node in ast.walk(test):
        if isinstance(node, ast.Compare):
            numbers = [
                part.value for side in (node.left, *node.comparators) for part in ast.walk(side) if isinstance(part, ast.Constant)
            ]
            statuses = [number for number in numbers if isinstance(number, int) and number in ERROR_STATUSES]
            if statuses and any(isinstance(operator, (ast.Eq, ast.In, ast.GtE, ast.Gt)) for operator in node.ops):
                return True
    return False


def _asserts_success(test: ast.expr) -> bool:
    """Whether a comparison demands exactly one status, and that a success."""
    return any(
        isinstance(node, ast.Compare)
        and len(node.ops) == 1
        and isinstance(node.ops[0], ast.Eq)
        and isinstance(node.comparators[0], ast.Constant)
        and node.comparators[0].value in SUCCESS_STATUSES
        for node in ast.walk(test)
    )


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Whether an except clause neither raises, nor asserts, nor fails the test."""
    for node in ast.walk(handler):
        if isinstance(node, (ast.Raise, ast.Assert)):
            return False
        if isinstance(node, ast.Call) and (_called(node) in {"fail", "skip", "xfail"} or _called(node).startswith("assert")):
            return False
    return True


def _is_client_call(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return _called(call) in {"urlopen", "connect", "create_connection"}
    names = {part.id.lower() for part in ast.walk(call.func.value) if isinstance(part, ast.Name)}
    return call.func.attr in CLIENT_METHODS and any(name in CLIENT_NAMES or name.rstrip("s") in CLIENT_NAMES for name in names)


def _forgotten_awaits(function: _FunctionNode, nodes: list[ast.AST]) -> Iterator[str]:
    """Calls of an async client whose result is thrown away or asserted without having been awaited."""
    if not isinstance(function, ast.AsyncFunctionDef):
        return
    awaited = {id(node.value) for node in nodes if isinstance(node, ast.Await)}
    entered = {id(item.context_expr) for node in nodes if isinstance(node, ast.AsyncWith) for item in node.items}
    for node in nodes:
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and id(call) not in awaited | entered and _is_client_call(call):
            yield ast.unparse(call)[:80]
