"""The tools that agents run: small, real work on what the user wrote."""

from __future__ import annotations

import ast
import hashlib
import operator
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..store import Store

DIGEST_ROUNDS = 60_000
MAX_EXPRESSION = 200
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_ARITHMETIC = re.compile(r"\d[\d\s.+\-*/%()]{0,200}[+\-*/%][\d\s.+\-*/%()]{0,200}\d\)*|\([\d\s.+\-*/%()]+")
_OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod, ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip


class ToolFailed(Exception):
    """A tool could not do what it was asked; its text says why."""


@dataclass(frozen=True)
class Task:
    """What a tool works on."""

    text: str
    user_id: str
    thread_id: str
    store: Store


def count_words(task: Task) -> dict[str, Any]:
    """Words, distinct words, sentences and the commonest words."""
    words = [word.lower() for word in _WORD.findall(task.text)]
    sentences = [part for part in re.split(r"[.!?]+", task.text) if part.strip()]
    return {
        "words": len(words),
        "distinct": len(set(words)),
        "sentences": len(sentences),
        "common": Counter(words).most_common(3),
    }


def search_messages(task: Task) -> dict[str, Any]:
    """How many earlier messages of this user share a longer word with this one."""
    words = sorted({word.lower() for word in _WORD.findall(task.text) if len(word) > 3})[:20]
    return {"terms": words, "matches": task.store.count_matching(task.user_id, words)}


def digest_text(task: Task) -> dict[str, Any]:
    """A slow, salted digest of the text."""
    digest = hashlib.pbkdf2_hmac("sha256", task.text.encode(), task.thread_id.encode(), DIGEST_ROUNDS)
    return {"algorithm": "pbkdf2-sha256", "rounds": DIGEST_ROUNDS, "digest": digest.hex()[:32]}


def evaluate(task: Task) -> dict[str, Any]:
    """The value of the first arithmetic expression in the text; raises ToolFailed without one that has a value."""
    found = _ARITHMETIC.search(task.text)
    if found is None:
        raise ToolFailed("there is no arithmetic expression in the message")
    expression = found[0].strip()
    if len(expression) > MAX_EXPRESSION:
        raise ToolFailed(f"the expression is longer than {MAX_EXPRESSION} characters")
    try:
        return {"expression": expression, "value": _value(ast.parse(expression, mode="eval").body)}
    except ZeroDivisionError:
        raise ToolFailed(f"{expression}: division by zero") from None
    except (SyntaxError, ValueError, OverflowError, RecursionError):
        raise ToolFailed(f"{expression}: not an expression that can be evaluated") from None


def _value(node: ast.AST) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.operand))
    raise ValueError(ast.dump(node))


TOOLS: dict[str, Callable[[Task], dict[str, Any]]] = {
    "word_count": count_words,
    "message_search": search_messages,
    "text_digest": digest_text,
    "calculator": evaluate,
}


def has_arithmetic(text: str) -> bool:
    """Whether the calculator would find something to do."""
    return _ARITHMETIC.search(text) is not None
