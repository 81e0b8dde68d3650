"""What a captured request says of itself without its credentials, and which headers are nobody's own."""

from __future__ import annotations

import pytest

from lib.captures.request import JWT, Captured, basic, is_of_the_browser, is_of_the_protocol, with_cookies


@pytest.mark.parametrize(
    ("url", "headers", "is_handshake"),
    [
        ("wss://a.example/ws", (), True),
        ("https://a.example/ws", (("upgrade", "WebSocket"),), True),
        ("https://a.example/ws", (("Upgrade", "h2c"),), False),
    ],
)
def test_a_handshake_is_known(url: str, headers: tuple[tuple[str, str], ...], is_handshake: bool) -> None:
    """By its address, or by the upgrade that it asks for."""
    assert Captured(url=url, form="any", headers=headers).is_handshake is is_handshake


def test_what_is_shown_holds_no_credential() -> None:
    """The address loses user, password and query; the representation shows neither address nor headers."""
    captured = Captured(url="wss://ada:pw@a.example/ws?token=t0ken", form="any", headers=(("Cookie", "sid=s3cret"),))
    assert captured.address == "wss://a.example/ws"
    assert [secret for secret in ("pw@", "t0ken", "s3cret") if secret in repr(captured)] == []


@pytest.mark.parametrize(
    ("before", "is_token"), [("", True), ("jwt.", True), ("Bearer%20", True), ("%22", True), ("v1_", True), ("20", False)]
)
def test_a_token_begins_where_a_word_does(before: str, is_token: bool) -> None:
    """Also behind what stands for a blank or a quote in a cookie or an address."""
    found = JWT.search(f"{before}eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl")
    assert (found is not None and found.start() == len(before)) is is_token


@pytest.mark.parametrize(
    ("name", "of_the_protocol", "of_the_browser"),
    [
        ("Sec-WebSocket-Key", True, False), ("Host", True, False), (":path", True, False), ("Connection", True, False),
        ("User-Agent", False, True), ("Sec-Fetch-Mode", False, True), ("sec-ch-ua", False, True), ("Pragma", False, True),
        ("Origin", False, False), ("Sec-WebSocket-Protocol", False, False), ("X-Own", False, False), ("X-Host", False, False),
    ],
)  # fmt: skip
def test_headers_of_client_and_protocol_are_told_from_ones_own(name: str, of_the_protocol: bool, of_the_browser: bool) -> None:
    """What each client writes for itself, what browsers add, and what is neither."""
    assert (is_of_the_protocol(name), is_of_the_browser(name)) == (of_the_protocol, of_the_browser)


def test_cookies_become_one_header() -> None:
    """As a browser sends them, whatever the capture's headers are."""
    assert with_cookies([("cookie", "a=1"), ("X", "y")], ["b=2"]) == [("X", "y"), ("Cookie", "a=1; b=2")]
    assert with_cookies([("X", "y")], []) == [("X", "y")]


def test_user_and_password_are_one_header() -> None:
    """In UTF-8, as RFC 7617 wants them."""
    assert basic("Aladdin:open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
