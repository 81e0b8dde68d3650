"""`session` of the parameters becomes what is sent, and the frames that decide."""

from __future__ import annotations

import json

import pytest

from lib.facts import Sign
from lib.sessions import scripts

AUTH = {
    "send": ['{"type":"auth","token":"{token}","v":1}'],
    "expect": {"type": "auth_ok"},
    "refuse": {"text": "no", "close": [4401]},
}


def test_the_free_form_carries_the_token_where_it_stands():
    """A text is sent as it stands but for the token; what is expected and refused is as it was given."""
    script = scripts.script_of(AUTH, "abc")
    assert script.messages == ('{"type":"auth","token":"abc","v":1}',)
    assert (script.granting, script.refusing, script.closes) == (
        (Sign("json", {"type": "auth_ok"}),),
        (Sign("holds", "no"),),
        (4401,),
    )


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        ('{"type":"auth","token":"{token}"}', '{"type":"auth"}'),
        ({"type": "auth", "data": {"token": "Bearer {token}"}}, '{"type":"auth","data":{}}'),
        ("AUTH {token}", "AUTH "),
        ('["login","{token}"]', '["login"]'),
        ("hello", "hello"),
    ],
)
def test_without_a_token_what_would_carry_it_is_left_out(message, sent):
    """The message itself still goes out: it is the credential that is missing, not the message."""
    assert scripts.script_of({"send": [message]}, None).messages == (sent,)


def test_an_opaque_token_breaks_no_message():
    """A quote in a token stays a quote in JSON, and is itself in plain text."""
    script = scripts.script_of({"send": ['{"token": "{token}"}', "AUTH {token}"]}, 'a"b')
    assert json.loads(script.messages[0]) == {"token": 'a"b'}
    assert script.messages[1] == 'AUTH a"b'


PRESETS = [
    ({"protocol": "graphql-transport-ws", "payload": {"Authorization": "Bearer {token}"}},
     '{"type":"connection_init","payload":{"Authorization":"Bearer abc"}}'),
    ({"protocol": "graphql-transport-ws"}, '{"type":"connection_init"}'),
    ({"protocol": "socket.io", "payload": {"token": "{token}"}}, '40{"token":"abc"}'),
    ({"protocol": "socket.io", "channel": "chat"}, "40/chat,"),
    ({"protocol": "socket.io", "channel": "/chat", "payload": {"token": "{token}"}}, '40/chat,{"token":"abc"}'),
    ({"protocol": "actioncable", "channel": "ChatChannel", "payload": {"token": "{token}"}},
     '{"command":"subscribe","identifier":"{\\"channel\\":\\"ChatChannel\\",\\"token\\":\\"abc\\"}"}'),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "sent"), PRESETS)
def test_a_preset_says_what_its_clients_say(settings, sent):
    """The first message is the protocol's own, with the payload in its place."""
    assert scripts.script_of(settings, "abc").messages == (sent,)


def test_an_action_cable_without_a_channel_is_granted_by_its_welcome():
    """There is nothing to subscribe to, so nothing is sent."""
    script = scripts.script_of({"protocol": "actioncable"}, "abc")
    assert (script.messages, script.granting) == ((), (Sign("json", {"type": "welcome"}),))


def test_what_a_protocol_always_offers_is_offered():
    """The subprotocol and the query of its clients are there, unless others are configured."""
    assert scripts.offered({"protocol": "actioncable"}, ()) == ("actioncable-v1-json",)
    assert scripts.offered({"protocol": "graphql-transport-ws"}, ("graphql-ws",)) == ("graphql-ws",)
    assert scripts.offered(None, ()) == ()
    wanted = "ws://a/socket.io/?EIO=4&transport=websocket"
    assert scripts.address({"protocol": "socket.io"}, "ws://a/socket.io/") == wanted
    assert scripts.address({"protocol": "socket.io"}, "ws://a/?x=1&EIO=3") == "ws://a/?x=1&EIO=3&transport=websocket"
    assert scripts.address(None, "ws://a/") == "ws://a/"


def test_a_script_shows_no_token():
    """Its representation leaves out whatever may hold one."""
    shown = repr(scripts.script_of({"protocol": "actioncable", "channel": "C", "payload": {"t": "{token}"}}, "hidden-token"))
    assert "hidden-token" not in shown
