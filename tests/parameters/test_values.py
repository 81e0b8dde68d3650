"""Single values among the parameters: what could never be sent as meant is refused with what would be accepted."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from lib.parameters import values


@pytest.mark.parametrize(
    ("kind", "value", "accepted"),
    [
        (values.Reference, "hunter2", "a reference"),
        (values.Authority, "user@host", "a host, or host:port"),
        *(
            (values.Place, given, "host, host:port, or ws")
            for given in ("http://a.example", "ws://", "ws://a.example/x", "://a", "a/b")
        ),
        (values.UrlPath, "no/slash", "a path that starts with /"),
        (values.Headers, {"X-Api-Key": "plain"}, "never the value itself"),
        (values.Variables, {"A=B": "x"}, "hold no ="),
        (values.Variables, {"": "x"}, "are not empty"),
        (values.Capture, "env:CAPTURE", "a reference to a file"),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: Any, value: Any, accepted: str) -> None:
    """The refusal says what would be accepted."""
    with pytest.raises(ValidationError, match=accepted):
        TypeAdapter(kind).validate_python(value, strict=True)


def test_a_name_of_wide_letters_becomes_what_a_resolver_gets() -> None:
    """An Origin with letters beyond ASCII is written as browsers write it."""
    assert TypeAdapter(values.Origin).validate_python("https://bücher.example:8443") == "https://xn--bcher-kva.example:8443"


@pytest.mark.parametrize("given", ["a.example", "a.example:8080", "ws://a.example", "wss://a.example:8443", "wss://[::1]:8443"])
def test_an_authority_may_say_its_scheme_where_that_changes(given: str) -> None:
    """What stands among the alternative hosts stays as it is written."""
    assert TypeAdapter(values.Place).validate_python(given) == given
