"""What a user's record says of why they are refused."""

from __future__ import annotations

from typing import Any

import pytest

from lib.whys.evidence.user_record import may_open, prediction, roles_apart, yes_or_no


@pytest.mark.parametrize(("record", "speaks_for", "against"), [
    (None, {"user-unknown"}, set()),
    ({}, set(), {"user-unknown"}),
    ({"active": True, "websocket": True}, set(), {"user-unknown", "user-inactive", "permission-missing"}),
    ({"active": 0}, {"user-inactive"}, {"user-unknown"}),
    ({"active": "suspended", "websocket": 1}, {"user-inactive"}, {"user-unknown", "permission-missing"}),
    ({"active": "t", "websocket": ["read"]}, {"permission-missing"}, {"user-unknown", "user-inactive"}),
    ({"active": False, "websocket": False}, {"user-inactive", "permission-missing"}, {"user-unknown"}),
    ({"active": "gold", "roles": "admin"}, set(), {"user-unknown"}),
])  # fmt: skip
def test_a_record_speaks_for_what_it_says_and_against_what_it_denies(
    record: dict[str, Any] | None, speaks_for: set[str], against: set[str]
) -> None:
    """No record, inactive, without permission; what is not mapped, or is no yes and no no, says nothing."""
    said = prediction("ann", record, source="s", place="s")
    assert (set(said.speaks_for), set(said.speaks_against), said.user) == (speaks_for, against, "ann")


def test_the_words_hold_the_user_and_the_mapped_fields_alone() -> None:
    """What a reader is told is what was mapped."""
    record = {"active": False, "roles": ["viewer"], "websocket": None}
    assert prediction("ann", record, source="s", place="s").words == 'the user ann is there: active false, roles ["viewer"]'
    assert prediction("ann", None, source="s", place="s").words == "there is no user ann"


@pytest.mark.parametrize(("value", "told"), [
    (True, True), (1, True), ("1", True), ("Active", True), (b"t", None), ("Y", True), ("enabled ", True),
    (False, False), (0, False), ("f", False), ("DISABLED", False), ("locked", False),
    (None, None), ("", None), (2, None), ("gold", None), ([], None),
])  # fmt: skip
def test_yes_and_no_as_databases_write_them(value: Any, told: bool | None) -> None:
    """Booleans, numbers, letters, words; anything else says neither."""
    assert yes_or_no(value) is told


@pytest.mark.parametrize(("value", "told"), [
    (["read", "websocket"], True), ('["read", "websocket:connect"]', True), ("{read,ws}", True), ("read write realtime", True),
    (["read"], False), ("[]", False), ("{read,write}", False), ("read, write", False), (["*"], True),
    (True, True), ("no", False), (None, None), ("", None), ("[oops", None),
    ("[" * 20_000, None),
])  # fmt: skip
def test_permissions_name_websockets_or_do_not(value: Any, told: bool | None) -> None:
    """A list in any of its writings, or a plain yes or no."""
    assert may_open(value) is told


@pytest.mark.parametrize(
    ("own", "others", "said", "speaks_for"),
    [
        ("member", "member,realtime", "user-1 lacks realtime", ("permission-missing",)),
        (["a", "b"], ["a"], "user-2 lacks b", ()),
        ('["a"]', "{a}", "", ()),
        (None, "a", "", ()),
    ],
)
def test_roles_that_differ(own: object, others: object, said: str, speaks_for: tuple[str, ...]) -> None:
    """What the first user's roles lack beside the second's is told, and leads to a missing permission without naming it."""
    found = roles_apart({"user-1": {"roles": own}, "user-2": {"roles": others}}, source="the database")
    assert [(said in one.words, one.speaks_for, one.is_plain) for one in found] == ([(True, speaks_for, False)] if said else [])
