"""Several configurations as one."""

from __future__ import annotations

import pytest

from lib.configuration.shape import Configuration, Count, Header, Place, Revision, Secret, Service, merged
from tests.configuration.samples import CANARY

HERE, THERE = Place("a.yaml", 3), Place("b.json", path="services/ws")


def test_places() -> None:
    """A place reads as a file and a line, or as a file and a path."""
    assert [str(HERE), str(THERE), str(Place("x"))] == ["a.yaml:3", "b.json services/ws", "x"]


def test_a_service_told_of_twice() -> None:
    """Its policy and a revision's secrets, told apart from it, become the same service's; percentages stay."""
    secret = Secret(variable="JWT", name="jwt", version="3", place=THERE)
    one = Service(name="ws", kind="cloud-run", place=HERE, revisions=(Revision(name="ws-1", place=HERE, percent=50),))
    other = Service(
        name="ws",
        kind="cloud-run",
        place=THERE,
        invoker="some",
        revisions=(Revision(name="ws-1", place=THERE, secrets=(secret,)),),
    )
    service = merged([Configuration(services=(one,)), Configuration(services=(other,))]).services[0]
    assert (service.invoker, service.place, service.revisions[0].percent, service.revisions[0].secrets) == (
        "some",
        HERE,
        50,
        (secret,),
    )


def test_counts() -> None:
    """What is unread is counted by kind with its first place, over several readers too."""
    count = Count()
    count("x", HERE)
    count("x", THERE)
    whole = merged([Configuration(unread=count.all()), Configuration(unread=count.all())])
    assert [(one.what, one.count, one.example) for one in whole.unread] == [("x", 4, "a.yaml:3")]


@pytest.mark.parametrize(
    ("name", "value", "action", "shown"),
    [
        ("Host ", "api.example", "set", "api.example"),
        ("Host", "{client_host}", "set", None),
        ("X-Forwarded-Proto", "%PROTOCOL%", "set", None),
        ("X-Api-Key", CANARY, "set", None),
        ("Origin", "", "removed", None),
    ],
)
def test_a_header_that_gets_a_value(name: str, value: str, action: str, shown: str | None) -> None:
    """An empty value removes a header; of what decides a plain value is kept, of all others and of variables the name."""
    header = Header.given(name, value, Place("a", 1))
    assert (header.name, header.action, header.value) == (name.strip().lower(), action, shown)
