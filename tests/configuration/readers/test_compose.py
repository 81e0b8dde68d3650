"""Compose files and .env files."""

from __future__ import annotations

import pytest

from lib.configuration.readers.compose import is_env
from tests.configuration.samples import CANARY, causes, found, read

COMPOSE = f"""
x-common: &common
  restart: always
services:
  rest:
    <<: *common
    image: app
    environment:
      JWT_SECRET: ${{JWT_SECRET:-{CANARY}}}
      POSTGRES_PASSWORD: {CANARY}
  websocket:
    <<: *common
    build: .
    environment:
      - JWT_SECRET=${{SOCKET}}
      - ALLOWED_ORIGINS=https://app.staging.example
    secrets: [bypass]
    deploy: {{replicas: 2}}
"""


@pytest.mark.parametrize(("variable", "predicted"), [("JWT_SECRET", []), ("JWT_SECRET_KEY", ["secret-mismatch"])])
def test_variables_that_services_refer_to(variable: str, predicted: list[str]) -> None:
    """Two services that fill one variable from different ones read different secrets; a default is never read."""
    text = COMPOSE.replace("SOCKET", variable)
    told = found(a__yaml=text)
    assert [one.cause for one in told] == predicted
    assert CANARY not in repr(read(a__yaml=text))
    assert all(f"${variable}" in one.words for one in told)


def test_names() -> None:
    """Variables, secrets and replicas of a service, from lists and maps."""
    service = read(a__yaml=COMPOSE).services[1]
    assert (service.variables, [one.name for one in service.secrets], service.instances) == (
        ("JWT_SECRET", "ALLOWED_ORIGINS"),
        ["$SOCKET", "bypass"],
        2,
    )


@pytest.mark.parametrize(("value", "predicted"), [(CANARY, []), (f"{CANARY}-other", ["secret-mismatch"])])
def test_values_that_are_written_there(value: str, predicted: list[str]) -> None:
    """Two .env files whose secrets differ are told apart, and neither value is shown."""
    told = found(**{"rest/__env": f"# c\nJWT_SECRET={CANARY}\n", "ws/__env": f"export JWT_SECRET='{value}'\nDEBUG=1\n"})
    assert ([one.cause for one in told], CANARY in repr(told)) == (predicted, False)


def test_an_origin_that_is_not_listed() -> None:
    """What a .env file lists is compared."""
    assert causes(ws__env="ALLOWED_ORIGINS=https://other.example\n") == ["origin-refused"]


@pytest.mark.parametrize(
    ("text", "is_one"), [("A=1\n\n# c\nexport B='x'\n", True), ("A=1\nb: 2\n", False), ("", False), ("# only\n", False)]
)
def test_what_is_an_env_file(text: str, is_one: bool) -> None:
    """Nothing but assignments and comments, and at least one assignment."""
    assert is_env(text) is is_one
