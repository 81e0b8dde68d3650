"""The shape of `session`: what a client says once the socket is open, and what grants or refuses the session."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from lib.parameters.secrets import is_reference
from lib.parameters.values import Group, Line, is_unreferenced_secret, named_texts, refuse
from lib.redaction.names import tells_secret

Protocol = Literal["graphql-transport-ws", "socket.io", "actioncable"]
TOKEN = "{token}"  # noqa: S105  what stands for it
"""Where the token stands in what is sent."""
MAX_MESSAGE_CHARACTERS = 65_536

_SECRET_CHARACTERS = 8
"""Shorter words under a name that tells a secret may be words."""
_JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}")


Text = Annotated[str, Field(min_length=1, max_length=MAX_MESSAGE_CHARACTERS)]
Told = Annotated[
    Annotated[Text, Tag("text")] | Annotated[dict[str, Any], Field(min_length=1), Tag("map")],
    Discriminator(lambda given: "map" if isinstance(given, dict) else "text"),
]
"""A text as it stands, or a JSON map."""


class Refusal(Group):
    """What refuses the session beside a close: a text or map in a frame, close codes at any time."""

    text: Told | None = None
    close: Annotated[list[Annotated[int, Field(ge=1000, le=4999)]], Field(max_length=50)] = Field(default=[])


class SessionSettings(Group):
    """A protocol by its name, or what to send and what to expect."""

    protocol: Protocol | None = None
    payload: dict[str, Any] | None = None
    channel: Line | None = None
    send: Annotated[list[Told], Field(min_length=1, max_length=20)] | None = None
    expect: Told | None = None
    refuse: Refusal | None = None
    timeout_s: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = 5

    @model_validator(mode="after")
    def _one_form(self) -> SessionSettings:
        if (self.protocol is None) == (self.send is None):
            raise refuse("either protocol (graphql-transport-ws, socket.io, actioncable), or send with the texts of a free form")
        if self.protocol is None and (self.payload is not None or self.channel is not None):
            raise refuse("payload and channel beside a protocol; a free form has send, expect and refuse")
        if self.protocol is not None and (self.expect is not None or self.refuse is not None):
            raise refuse("expect and refuse beside send; a protocol knows both by itself")
        if self.protocol == "graphql-transport-ws" and self.channel is not None:
            raise refuse("channel for socket.io (a namespace) or actioncable, not for graphql-transport-ws")
        if self.protocol == "actioncable" and self.payload is not None and self.channel is None:
            raise refuse("for actioncable a payload beside a channel: it goes with the subscription")
        for name, value in named_texts([self.payload, *map(_read, self.send or ())]):
            if _JWT.search(value) or (TOKEN not in value and _is_written_down(name, value)):
                raise refuse("in place of a credential {token}, or in a payload a reference, env:NAME or file:PATH")
        return self

    @property
    def carries_token(self) -> bool:
        """Whether what is sent has a place for the token."""
        return any(TOKEN in value for _, value in named_texts([self.payload, *(self.send or ())]))


def _is_written_down(name: str, value: str) -> bool:
    told = bool(tells_secret(name)) and len(value) >= _SECRET_CHARACTERS and not is_reference(value)
    return told or is_unreferenced_secret(name, value)


def _read(message: str | dict[str, Any]) -> Any:
    """A message as JSON where it is some."""
    if isinstance(message, dict):
        return message
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return message
