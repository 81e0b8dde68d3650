"""The query for a user's record: one SELECT that takes the user as `:user`, and nothing else."""

from __future__ import annotations

from pydantic_core import PydanticCustomError

ACCEPTED = "one SELECT … WHERE id = :user, which takes the user as :user and changes nothing"
MAX_QUERY_CHARACTERS = 20_000
DIALECTS = ("postgres", "sqlite", "mysql", "tsql")
"""Which database will be asked shows only behind the reference; the query has to be one SELECT in a dialect that reads it."""


def single_select(text: str) -> str:
    """The text where it is one SELECT with `:user`; refuses all else, also what writes inside a SELECT."""
    if len(text) > MAX_QUERY_CHARACTERS or not _is_single_select(text):
        raise PydanticCustomError("unacceptable", "{accepted}", {"accepted": ACCEPTED})
    return text


def _is_single_select(text: str) -> bool:
    import sqlglot
    from sqlglot import errors

    for dialect in DIALECTS:
        try:
            first = next(iter(sqlglot.tokenize(text, read=dialect)), None)
            if first is None or first.text.upper() not in ("SELECT", "WITH", "("):
                return False
            statements = [one for one in sqlglot.parse(text, read=dialect) if one is not None]
        except errors.SqlglotError:
            continue
        return len(statements) == 1 and _reads_a_user(statements[0])
    return False


def _reads_a_user(statement: object) -> bool:
    from sqlglot import expressions as exp

    if not isinstance(statement, exp.Query):
        return False
    writes = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into, exp.Lock, exp.Create, exp.Drop, exp.Command)
    names = {one.name for one in statement.find_all(exp.Placeholder)}
    return names == {"user"} and next(statement.find_all(*writes), None) is None
