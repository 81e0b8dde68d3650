"""Who the users are by the system's own records: asked read only, and of each record nothing kept but what is mapped."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lib import tokens
from lib.clients import database
from lib.clients.aside import aside
from lib.clients.database import NotRead
from lib.clients.rest import Answer, Rest
from lib.facts import USUAL_TLS, Prediction, Request
from lib.handshake import Handshake
from lib.parameters import loading as params
from lib.parameters import yaml_text
from lib.parameters.evidence import UsersSource
from lib.parameters.hosts import host_of
from lib.parameters.model import Parameters
from lib.parameters.production import unnamed_production
from lib.redaction.redact import redact_value
from lib.whys.evidence.user_record import FIELDS, prediction, roles_apart

MOST_USERS = 10
MOST_BYTES = 16 * 1_048_576
NOBODY = "nobody-0f3b7c2e"
"""A user that there is none of."""
NAMES = ("id", "user_id", "userId", "sub", "uid", "user", "username", "email")
"""What a file may call the user where `id` does not say."""

Records = Mapping[str, Mapping[str, Any] | None]


async def read(parameters: Parameters, handshake: Handshake, door: Rest, *, within_s: float) -> list[Prediction]:
    """What is recorded of the configured user and of the others that are tried; raises `NotRead`, also where it takes longer."""
    source = parameters.evidence.users
    if source is None:
        return []
    users = subjects(parameters, handshake)
    if not users:
        raise NotRead("the configured handshake names no user")
    try:
        async with asyncio.timeout(within_s):
            records, as_of = await _records(source, parameters, handshake, door, users)
    except TimeoutError:
        raise NotRead(f"no answer within {within_s:g} s") from None
    except params.BadInput as refused:
        raise NotRead(str(refused)) from None
    named = "the users' database" if source.url else source.path or source.request or ""
    shown = redact_value({user: records[user] for user in users}, params.known_secrets(parameters))
    told = [prediction(user, shown[user], source=named, place=named, as_of=as_of) for user in users]
    return [*told, *roles_apart(shown, source=named, as_of=as_of)]


def subjects(parameters: Parameters, handshake: Handshake) -> list[str]:
    """The configured user (by a token that is sent as it stands, its subject), and the others that are tried."""
    sent = tokens.decode(handshake.token).claims.get("sub") if handshake.token else None
    every = [sent or handshake.user, *(parameters.alternatives.users if handshake.key else ())]
    return list(dict.fromkeys(str(user) for user in every if user))[:MOST_USERS]


async def _records(
    source: UsersSource, parameters: Parameters, handshake: Handshake, door: Rest, users: Sequence[str]
) -> tuple[Records, datetime | None]:
    if source.url and source.query:
        url = params.resolve(source.url, where="evidence.users.url")
        columns = {name: column for name in FIELDS if (column := getattr(source, name))}
        question = database.Asked(query=source.query, users=users, nobody=NOBODY, columns=tuple(columns.values()))
        hosts = parameters.permitted_hosts()
        rows = await aside(lambda: database.rows(url, question, root=params.ROOT, allowed_hosts=hosts))
        return {user: _mapped(rows[user], columns) for user in rows}, None
    if source.request:
        return await _of_route(source, parameters, handshake, door, users), None
    path = params.expanded(source.path or "", where="evidence.users.path")
    return await aside(lambda: _of_file(params.ROOT / path, source, users))


async def _of_route(
    source: UsersSource, parameters: Parameters, handshake: Handshake, door: Rest, users: Sequence[str]
) -> Records:
    """What an admin route answers of each user; it gets the headers that are named for it, and no other credential."""
    given = source.headers.items()
    headers = tuple((name, params.value_of(value, where=f"evidence.users.headers.{name}")) for name, value in given)
    secrets = tuple(value for (_, value), (_, text) in zip(headers, given, strict=True) if value != text)
    place = (source.request or "").partition(" ")[2]
    if place.startswith("/"):
        place = f"{(parameters.target.rest_url or '').rstrip('/')}{place}"
    host = host_of(place.replace("{user}", "user"))
    if why := unnamed_production(host, parameters.permitted_hosts()) if host else "is not given: target.rest_url":
        raise NotRead(f"the request's host {why}")
    columns = {name: getattr(source, name) or name for name in FIELDS}
    found: dict[str, dict[str, Any] | None] = {}
    for user in users:
        url = place.replace("{user}", quote(user, safe=""))
        tls = handshake.tls if host in parameters.own_hosts() else USUAL_TLS
        request = Request(url=url, headers=headers, secrets=secrets, timeout_s=parameters.target.timeout_s, tls=tls)
        record = _answered(await door.answered(request, of="control", label="evidence.users"))
        found[user] = mapped = _mapped(record, columns)
        told = mapped is None or any(value is not None for value in mapped.values())
        if record and not told and user not in map(str, record.values()):
            raise NotRead("the request was answered 200 with neither the user nor a field that is mapped")
    return found


def _answered(answer: Answer) -> Mapping[str, Any] | None:
    """The record in an answer, None where it says that there is none; of its body nothing else is told."""
    exchange = answer.exchange
    if exchange.status in (404, 410):
        return None
    if exchange.status is None:
        raise NotRead(f"the request got no answer: {exchange.error}")
    if exchange.status != 200:
        raise NotRead(f"the request was answered {exchange.status}, neither 200 nor 404")
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        what = exchange.error or "without JSON, or with more than 64 KiB of it"
        raise NotRead(f"the request was answered 200{':' if exchange.error else ''} {what}") from None
    if isinstance(document, list) and len(document) < 2:
        document = document[0] if document else None
    if not (document is None or isinstance(document, Mapping)):
        raise NotRead("the request was answered 200 with what is no record of one user")
    return document or None


def _mapped(row: Mapping[str, Any] | None, columns: Mapping[str, str]) -> dict[str, Any] | None:
    return None if row is None else {name: _at(row, place) for name, place in columns.items()}


def _at(row: Any, place: str) -> Any:
    """The value under a name, or under a path of names with dots between; None where there is none."""
    if isinstance(row, Mapping) and place in row:
        return row[place]
    for name in place.split("."):
        row = row.get(name) if isinstance(row, Mapping) else None
    return row


def _of_file(path: Path, source: UsersSource, users: Sequence[str]) -> tuple[Records, datetime]:
    """The records in a file of users, and when it was written."""
    try:
        text = params.read_regular(path, at_most=MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise NotRead(f"the file is larger than {MOST_BYTES >> 20} MiB")
        written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        listed = list(_listed(text.decode("utf-8-sig"), path.suffix.lower()))
    except (OSError, UnicodeDecodeError) as error:
        raise NotRead(f"the file cannot be read ({params.why_unreadable(error)})") from None
    except (ValueError, RecursionError, csv.Error, yaml_text.NotUsable):
        raise NotRead("the file holds no users; accepted: JSON, YAML or CSV, a record each") from None
    named = [source.id] if source.id else [name for name in NAMES if any(_at(one, name) is not None for one in listed)]
    if not named or (source.id and listed and all(_at(one, source.id) is None for one in listed)):
        raise NotRead("its records do not say which user they are of; evidence.users.id names the field")
    columns = {name: getattr(source, name) or name for name in FIELDS}
    return {user: _mapped(_record(listed, named, user), columns) for user in users}, written_at


def _record(listed: Iterable[Mapping[str, Any]], named: Sequence[str], user: str) -> Mapping[str, Any] | None:
    found = [one for one in listed if any(str(_at(one, name)) == user for name in named)]
    if len(found) > 1:
        raise NotRead("it holds several records of one user")
    return found[0] if found else None


def _listed(text: str, suffix: str) -> Iterable[Mapping[str, Any]]:
    """The records of a file: the lines of a table, or what a JSON or YAML document lists or names by user."""
    if suffix in (".csv", ".tsv"):
        first = text.partition("\n")[0]
        return list(csv.DictReader(io.StringIO(text), delimiter=max(",;\t|", key=first.count)))
    if suffix in (".yaml", ".yml"):
        document = yaml_text.parse(text)
    elif suffix in (".jsonl", ".ndjson"):
        document = [json.loads(line) for line in text.splitlines() if line.strip()]
    else:
        document = json.loads(text)
    return _records_in(document)


def _records_in(document: Any) -> list[Mapping[str, Any]]:
    if isinstance(document, list):
        return [one for one in document if isinstance(one, Mapping)]
    if not isinstance(document, Mapping):
        raise ValueError
    lists = [value for value in document.values() if isinstance(value, list)]
    if len(lists) == 1 and all(isinstance(one, Mapping) for one in lists[0]):
        return list(lists[0])
    named = {user: one for user, one in document.items() if isinstance(one, Mapping)}
    if len(named) == 1 and all(isinstance(one, Mapping) for one in next(iter(named.values())).values()):
        named = dict(next(iter(named.values())))  # {users: {ID: {…}}}
    if not named:
        raise ValueError
    return [{"id": user, **one} for user, one in named.items()]
