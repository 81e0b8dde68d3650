"""The kinds of single values among the parameters: what each may hold, checked where pydantic reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from lib.parameters.hosts import ascii_host, host_of, is_encoded
from lib.parameters.secrets import is_reference
from lib.redaction.names import is_secret, tells_secret

_TOKEN_CHARACTERS = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_METHODS = ("POST", "GET", "PUT", "PATCH")
_JSON_PATH = re.compile(r"(?:\$|\$?\.?[^.\[\]\s]+)(?:\.[^.\[\]\s]+|\[\d{1,4}\])*")
_OF_THE_HANDSHAKE = re.compile(r"Sec-WebSocket-(?:Key|Version|Extensions|Accept)", re.IGNORECASE)
_SECRET_HEADER = re.compile(r"^(authorization|cookie)$|key|token|secret|auth", re.IGNORECASE)


class Group(BaseModel):
    """A group of parameters: its keys are known, its values of the very type, and nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


def refuse(accepted: str) -> PydanticCustomError:
    """What a validator raises: the value stands for nothing that is accepted, and this would be."""
    return PydanticCustomError("unacceptable", "{accepted}", {"accepted": accepted})


def _reference(text: str) -> str:
    if not is_reference(text):
        raise refuse("a reference, env:NAME or file:PATH, never the value itself")
    return text


def _file_reference(accepted: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(r"file:.+", text):
            raise refuse(accepted)
        return text

    return AfterValidator(check)


def _line(text: str) -> str:
    if not text or any(ord(character) < 32 or ord(character) == 127 for character in text) or text != text.strip():
        raise refuse("one line of text without control characters or blanks around it")
    return text


def _variables(values: dict[str, str]) -> dict[str, str]:
    for name in values:
        if not name or "=" in name:
            raise refuse("names of environment variables, which are not empty and hold no =")
    return values


def _token(text: str) -> str:
    if not _TOKEN_CHARACTERS.fullmatch(text):
        raise refuse("a name of letters, digits and !#$%&'*+.^_`|~-")
    return text


def _path(text: str) -> str:
    if not re.fullmatch(r"/[!-~]*", text):
        raise refuse("a path that starts with / and has no blanks")
    return text


def url(schemes: tuple[str, ...]) -> Any:
    wanted = f"an address such as {schemes[-1]}://api.staging.example, without user or password"

    def check(text: str) -> str:
        try:
            parts = urlsplit(_line(text))
            port = parts.port
            host_of(text)
        except ValueError:
            raise refuse(wanted) from None
        if (
            parts.scheme not in schemes
            or not parts.hostname
            or is_encoded(parts.hostname)
            or parts.username is not None
            or parts.fragment
            or port == 0
            or " " in text
        ):
            raise refuse(wanted)
        return text

    return AfterValidator(check)


def _authority(text: str) -> str:
    try:
        parts = urlsplit(f"//{text}")
        acceptable = (
            parts.hostname
            and not is_encoded(parts.hostname)
            and parts.port != 0
            and parts.netloc == text
            and "@" not in text
            and re.fullmatch(r"[!-~]+", text)
        )
    except ValueError:
        acceptable = False
    if not acceptable:
        raise refuse("a host, or host:port")
    return text


def _place(text: str) -> str:
    scheme, separator, authority = text.rpartition("://")
    try:
        _authority(authority if scheme in ("ws", "wss") or not separator else "")
    except PydanticCustomError:
        raise refuse("a host, host:port, or ws[s]://host[:port]") from None
    return text


def _moment(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise refuse("a moment such as 2026-11-24T03:20:00Z") from None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return value


def _header_values(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if _OF_THE_HANDSHAKE.fullmatch(name):
            raise refuse(f"headers without {name}, which each handshake writes itself: the answer is held to it")
        if _SECRET_HEADER.search(name) and not is_reference(value):
            raise refuse(f"for the header {name} a reference, env:NAME or file:PATH, never the value itself")
    return headers


def _header_value(text: str) -> str:
    if not is_reference(text) and not text.isascii():
        raise refuse("a header's value in ASCII letters: others arrive as something else, or not at all")
    return text


def _query_values(query: dict[str, Any]) -> dict[str, Any]:
    for name, given in query.items():
        for value in given if isinstance(given, list) else [given]:
            if value is not None and is_unreferenced_secret(name, value):
                raise refuse(f"for the parameter {name} a reference, env:NAME or file:PATH, never the value itself")
    return query


def _origin(text: str) -> str:
    if text.isascii():
        return text
    scheme, separator, authority = text.partition("://")
    try:
        host, colon, port = authority.partition(":")
        written = f"{scheme}{separator}{ascii_host(host)}{colon}{port}"
    except ValueError:
        written = text
    if not separator or not written.isascii():
        raise refuse("an origin such as https://app.staging.example")
    return written


def _request_line(text: str) -> str:
    method, _, place = text.partition(" ")
    if method not in _METHODS or not re.fullmatch(r"(?:https?:/)?/[!-~]*", place):
        raise refuse(f"a method and a path or an address, such as POST /login ({', '.join(_METHODS)})")
    if not place.startswith("/"):
        TypeAdapter(Annotated[str, url(("http", "https"))]).validate_python(place)
    return text


def _user_request(text: str) -> str:
    method, _, place = text.partition(" ")
    if method != "GET" or place.count("{user}") != 1 or "{" in urlsplit(place).netloc:
        raise refuse("GET and a path or an address with {user} in its path, such as GET /admin/users/{user}")
    return text


def _secrets_by_reference(document: dict[str, Any]) -> dict[str, Any]:
    for name, value in named_texts(document):
        if is_unreferenced_secret(name, value):
            raise refuse(f"for {name} a reference, env:NAME or file:PATH, never the value itself")
    return document


def is_unreferenced_secret(name: str, value: str) -> bool:
    """Whether a value under this name is a secret that is written down instead of referred to."""
    tells = tells_secret(name)
    return tells is not None and not is_reference(value) and (tells == "password" or is_secret(value, tells, loose=False))


def named_texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Each text and number in a JSON value, with the nearest key that it stands under."""
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        yield name, str(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from named_texts(item, str(key))
    elif isinstance(value, list):
        for item in value:
            yield from named_texts(item, name)


def _token_place(text: str) -> str:
    name = text.partition(":")[2] if text.startswith(("cookie:", "header:")) else None
    if not (_TOKEN_CHARACTERS.fullmatch(name) if name is not None else _JSON_PATH.fullmatch(text)):
        raise refuse(
            "where the answer carries the token: a path in its JSON, such as data.access_token, cookie:NAME or header:NAME"
        )
    return text


Line = Annotated[str, AfterValidator(_line)]
HeaderValue = Annotated[Line, AfterValidator(_header_value)]
Origin = Annotated[Line, AfterValidator(_origin)]
Reference = Annotated[str, AfterValidator(_reference)]
Token = Annotated[str, AfterValidator(_token)]
UrlPath = Annotated[str, AfterValidator(_path)]
Authority = Annotated[str, AfterValidator(_authority)]
Place = Annotated[str, AfterValidator(_place)]
"""An authority, and the scheme with it where that changes too."""
Variables = Annotated[dict[str, str], AfterValidator(_variables)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Headers = Annotated[dict[Token, HeaderValue], AfterValidator(_header_values)]
Query = Annotated[dict[Line, Line | list[Line] | None], AfterValidator(_query_values)]
PemFile = Annotated[str, _file_reference("a reference to a PEM file, file:PATH")]
Capture = Annotated[str, _file_reference("a reference to a file, file:PATH, with a captured handshake")]
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Command = Annotated[list[Line], Field(min_length=1, max_length=200)]
RequestLine = Annotated[Line, AfterValidator(_request_line)]
UserRequest = Annotated[RequestLine, AfterValidator(_user_request)]
SecretsByReference = Annotated[dict[str, Any], AfterValidator(_secrets_by_reference)]
TokenPlace = Annotated[Line, AfterValidator(_token_place)]
