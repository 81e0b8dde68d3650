"""Durations, sizes, addresses and lists as configurations write them."""

from __future__ import annotations

import pytest

from lib.configuration.shape import Place
from lib.configuration.values import allowed, authority, plain, seconds, setting, size_bytes

HERE = Place("f")


def test_measures() -> None:
    """What is written in some unit is told in seconds and bytes; what is neither is None."""
    assert [seconds(value) for value in (60, "60", "60s", "1m30s", "1h", "500ms", "0s", "soon", None, True, "")] == [
        60,
        60,
        60,
        90,
        3600,
        0.5,
        0,
        None,
        None,
        None,
        None,
    ]
    assert [size_bytes(value) for value in ("8k", "16K", 4096, "1m", "many")] == [8192, 16384, 4096, 1048576, None]


def test_addresses() -> None:
    """Of an address host and port are kept: no user, no password, no query."""
    assert [
        authority(text)
        for text in ("http://u:p@app:8000/x?token=1", "app:80", "unix:/run/app.sock", "https://a.example", "http://[")
    ] == ["app:8000", "app:80", None, "a.example", None]


@pytest.mark.parametrize(
    ("variable", "text", "listed"),
    [
        ("ALLOWED_ORIGINS", '["https://a.example", "https://b.example/"]', ("https://a.example", "https://b.example")),
        ("CORS_ALLOWED_ORIGINS", "https://a.example https://*.b.example", ("https://a.example", "https://*.b.example")),
        ("DJANGO_ALLOWED_HOSTS", ".example.com,localhost", (".example.com", "localhost")),
        ("ALLOWED_ORIGINS", "https://a.example,hunter2:x@y", None),
        ("ORIGINAL_NAME", "https://a.example", None),
    ],
)
def test_lists(variable: str, text: str, listed: tuple[str, ...] | None) -> None:
    """A list of origins or hosts is one only by its variable's name and where nothing else stands in it."""
    found = allowed(variable, text, HERE)
    assert (found.values if found else None) == listed


def test_words_about_tokens() -> None:
    """Algorithm, issuer and audience are compared where they are plain words; none is shown."""
    lists, settings = plain(
        [
            ("JWT_ALGORITHM", "HS512", HERE),
            ("JWT_AUDIENCE", "netra-api", HERE),
            ("JWT_SECRET", "HS512", HERE),
            ("JWT_ALGORITHM", "x", HERE),
        ]
    )
    assert (lists, [(one.of, one.value) for one in settings]) == ((), [("algorithm", "HS512"), ("audience", "netra-api")])
    assert "HS512" not in repr(setting("JWT_ALGORITHM", "HS512", HERE))
