"""The database door: one SELECT for each of some users, in a transaction that can only read; the one door to SQLAlchemy.

PostgreSQL is asked in a transaction that it has made read-only itself, and by a role without the right to write, so that also a
function which writes inside a SELECT changes nothing. An SQLite file is opened for reading, and its connection may do nothing
else. Of any other database neither is known here, and it is not asked.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.parameters.production import unnamed_production
from lib.parameters.secrets import expanded

CONNECT_S = 5
ACCEPTED = "postgresql://… (with the extra postgres) or sqlite:///PATH"

_OPTIONS = frozenset({"host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs"})
_WRITES = """
SELECT r.rolsuper OR EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname !~ '^(pg_|information_schema$)'
      AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))
FROM pg_roles r WHERE r.rolname = current_user
"""
_STATES: Mapping[str, str] = {
    "08": "no connection to it comes about",
    "25006": "the query writes, which the transaction does not allow",
    "25": "the query changes the transaction",
    "28": "it does not let this role in",
    "3D": "there is no such database",
    "42501": "the role may not read what the query names",
    "42P01": "the query names a table that is not there",
    "42703": "the query names a column that is not there",
    "42": "the query is not one that it understands",
    "22": "the user is no value of the column that it is compared with: cast the column to text",
    "57014": "it did not answer in time",
    "55P03": "it did not answer in time",
}
"""What SQLSTATEs tell, by how they begin; the driver's own words may quote values and are not told."""
_UNCONNECTED: Mapping[str, str] = {
    "authentication failed": "it does not let this role in",
    "no pg_hba.conf entry": "it does not let this role in from here",
    "does not exist": "there is no such database, or no such role",
    "connection refused": "nobody listens at its address",
    "name or service not known": "its host's name is not known",
    "timeout": f"it cannot be reached within {CONNECT_S} s",
    "ssl": "no connection with TLS comes about",
}
"""What the driver says where it has no SQLSTATE yet, told in words of our own."""
_OF_SQLITE: Mapping[str, str] = {
    "SQLITE_CANTOPEN": "the file cannot be opened",
    "SQLITE_NOTADB": "the file is no SQLite database",
    "SQLITE_READONLY": "the query writes, which the connection does not allow",
    "SQLITE_AUTH": "the query does more than read",
    "SQLITE_INTERRUPT": "it did not answer in time",
    "SQLITE_BUSY": "others hold it",
    "SQLITE_ERROR": "the query names a table or column that is not there, or is not one that it understands",
}
_READING = frozenset({sqlite3.SQLITE_READ, sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})


class NotRead(Exception):
    """Nothing could be read; `why` in words of our own, without what the driver, the URL or a row says."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The query, the users that it is asked for, and the columns that are looked at (others are dropped at once).

    `nobody` is a user that there is none of, asked for last: a query that finds one does not look at whom it is asked for. A
    statement may take `within_s`.
    """

    query: str
    users: Sequence[str]
    nobody: str
    columns: Sequence[str]
    within_s: float = 5.0


def rows(url: str, asked: Asked, *, root: Path, allowed_hosts: frozenset[str]) -> dict[str, dict[str, Any] | None]:
    """The row of each user, None where there is none; raises `NotRead`."""
    import sqlalchemy
    from sqlalchemy import exc

    try:
        address = sqlalchemy.make_url(url)
    except (exc.ArgumentError, ValueError):
        raise NotRead(f"the reference holds no database's address; accepted: {ACCEPTED}") from None
    for host in _hosts(address):
        if why := unnamed_production(host, allowed_hosts):
            raise NotRead(f"the database's host {why}")
    try:
        return _asked_of(_engine(address, root, asked.within_s), asked)
    except ModuleNotFoundError as error:
        raise NotRead(f"the driver {error.name} is not installed; pip install 'websocket-investigation[postgres]'") from None
    except exc.DBAPIError as error:
        raise NotRead(_told(error.orig)) from None
    except (exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise NotRead(_told(error)) from None


def _hosts(address: Any) -> Iterator[str]:
    """Every host that may be connected to: an option of a PostgreSQL address names more than its authority."""
    named = [address.host or "", *address.normalized_query.get("host", ())]
    for host in (part for text in named for part in text.split(",")):
        name, colon, port = host.rpartition(":")
        yield name if colon and port.isdigit() else host


def _engine(address: Any, root: Path, within_s: float) -> Any:
    """What connects to a database of a family that can be kept from writing, whatever driver and options its address names."""
    import sqlalchemy
    from sqlalchemy.pool import NullPool

    plain: dict[str, Any] = {"poolclass": NullPool, "isolation_level": "AUTOCOMMIT"}  # transactions are begun by hand
    family = address.drivername.partition("+")[0]
    if family in ("postgresql", "postgres"):
        known = {("sslmode" if name == "ssl" else name): value for name, value in address.query.items()}
        known = {name: value for name, value in known.items() if name in _OPTIONS}
        address = address.set(drivername="postgresql+psycopg", query=known)
        return sqlalchemy.create_engine(address, **plain, connect_args={"connect_timeout": CONNECT_S})
    if family == "sqlite":
        return sqlalchemy.create_engine("sqlite://", **plain, creator=lambda: _opened(address.database, root, within_s))
    raise NotRead(f"of {family} it is not known how it is kept from writing; accepted: {ACCEPTED}")


def _opened(database: str | None, root: Path, within_s: float) -> sqlite3.Connection:
    """An SQLite file, open for reading alone."""
    if not database or database == ":memory:" or database.startswith("file:"):
        raise NotRead("the address names no SQLite file; accepted: sqlite:///PATH")
    path = (root / expanded(database, where="evidence.users.url")).resolve()
    if not path.exists():
        raise NotRead("there is no file at the path that the address names")
    if not path.is_file():  # a pipe would be waited at without end
        raise NotRead("what the address names is no regular file")
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=within_s, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _asked_of(engine: Any, asked: Asked) -> dict[str, dict[str, Any] | None]:
    from sqlalchemy import bindparam, text
    from sqlalchemy.types import NullType

    # Without a type the database compares the user with whatever the column is.
    statement = text(_without_other_parameters(asked.query)).bindparams(bindparam("user", type_=NullType()))
    with engine.connect() as connection:
        if engine.name == "postgresql":
            _only_reading(connection, asked.within_s)
        else:
            _only_reading_file(connection.connection.driver_connection, asked.within_s)
        found = {user: _one_row(connection.execute(statement, {"user": user}), asked.columns) for user in asked.users}
        if _knows(connection, statement, asked.nobody):
            raise NotRead("the query finds a user that there is none of: it does not look at whom it is asked for")
        if engine.name == "postgresql":
            connection.exec_driver_sql("ROLLBACK")
        return found


def _knows(connection: Any, statement: Any, nobody: str) -> bool:
    from sqlalchemy import exc

    try:
        return connection.execute(statement, {"user": nobody}).first() is not None
    except exc.DataError:  # whatever is no UUID, or no number, is certainly none of them
        return False


def _only_reading(connection: Any, within_s: float) -> None:
    """Begins a transaction that can only read; raises `NotRead` where it is none, and where the role may write."""
    connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {round(within_s * 1000)}")
    if connection.exec_driver_sql("SHOW transaction_read_only").scalar() != "on":
        raise NotRead("it does not begin a transaction that can only read")
    if connection.exec_driver_sql(_WRITES).scalar() is not False:
        raise NotRead("the role may write there; accepted: one that may only read (GRANT SELECT, and no more)")


def _only_reading_file(connection: sqlite3.Connection, within_s: float) -> None:
    """From now on the connection may select, and is interrupted where that takes longer than a statement may."""
    ends_s = time.monotonic() + within_s
    connection.set_progress_handler(lambda: time.monotonic() > ends_s, 10_000)
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY)


def _one_row(result: Any, columns: Sequence[str]) -> dict[str, Any] | None:
    names = list(result.keys())
    missing = [column for column in columns if column not in names]
    if missing:
        raise NotRead(f"the query gives no column {missing[0]}")
    found = result.fetchmany(2)
    if len(found) > 1:
        raise NotRead("the query gives several rows for one user")
    return {column: found[0]._mapping[column] for column in columns} if found else None


def _without_other_parameters(query: str) -> str:
    """Every colon that begins no `:user` escaped: SQLAlchemy takes those of casts, times and JSON for parameters."""
    return re.sub(r"::|:(?!user\b)", lambda found: found[0].replace(":", r"\:"), query)


def _told(error: BaseException | None) -> str:
    """What a driver's error tells, without its words."""
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", "")
        return next((told for known, told in _OF_SQLITE.items() if name.startswith(known)), f"it cannot be read ({name})")
    state = str(getattr(error, "sqlstate", None) or "")
    known = max((one for one in _STATES if state.startswith(one)), key=len, default=None)
    if known:
        return f"{_STATES[known]} (SQLSTATE {state})"
    if not state:
        words = str(error).lower()
        return next((told for known, told in _UNCONNECTED.items() if known in words), _STATES["08"])
    return f"it cannot be read ({type(error).__name__}, SQLSTATE {state})"
