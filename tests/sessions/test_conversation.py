"""A session is granted or refused by what came and when."""

from __future__ import annotations

from lib.sessions.conversation import Conversation
from lib.sessions.scripts import script_of

EXPECTING = {"send": ["hello"], "expect": "ready", "refuse": {"text": "go away", "close": [4401]}, "timeout_s": 5}


def talk(settings, *frames, began_s=0.0):
    conversation = Conversation(script_of(settings, "abc"), began_s=began_s)
    said = [*conversation.begin()]
    for at_s, frame in frames:
        said += conversation.take(frame, at_s)
    return conversation, said


def granted(conversation, *, now_s, ended_at_s=None, close_code=None):
    return conversation.granted(ended_at_s=ended_at_s, close_code=close_code, now_s=now_s)


def test_the_expected_frame_grants():
    """Open until it comes; granted once it has, and for as long as it is not taken back at once."""
    conversation, said = talk(EXPECTING, (1.0, "welcome"))
    assert (said, granted(conversation, now_s=2.0), conversation.settled) == (["hello"], None, False)
    conversation.take("ready", 2.0)
    assert (granted(conversation, now_s=2.1), conversation.settled) == (True, True)
    assert granted(conversation, now_s=9.0, ended_at_s=2.2, close_code=1000) is False
    assert granted(conversation, now_s=9.0, ended_at_s=6.0, close_code=1000) is True
    assert granted(conversation, now_s=9.0, ended_at_s=6.0, close_code=4401) is True


def test_silence_a_refusal_and_a_close_refuse():
    """What grants must be seen: its time is over, the refusing text came, or the server left."""
    assert granted(talk(EXPECTING)[0], now_s=5.0) is False
    assert granted(talk(EXPECTING, (1.0, "go away"))[0], now_s=1.0) is False
    assert granted(talk(EXPECTING)[0], now_s=1.0, ended_at_s=1.0, close_code=1008) is False


def test_a_complaint_shortens_the_wait():
    """After an error the expected frame has half a second left; if it comes, the session is granted all the same."""
    conversation, _ = talk(EXPECTING, (1.0, '{"type":"error"}'))
    assert conversation.decides_at_s == 1.5
    assert (granted(conversation, now_s=1.4), granted(conversation, now_s=1.5)) == (None, False)
    conversation.take("ready", 1.4)
    assert granted(conversation, now_s=3.0) is True


def test_without_an_expected_frame_time_grants():
    """Not refused in all of its time is granted; ended or complained of within it is not."""
    settings = {"send": ["hello"], "timeout_s": 2}
    assert [granted(talk(settings)[0], now_s=at_s) for at_s in (1.0, 2.0)] == [None, True]
    assert granted(talk(settings)[0], now_s=9.0, ended_at_s=1.0, close_code=1008) is False
    assert granted(talk(settings, (0.5, '{"type":"error"}'))[0], now_s=9.0) is False
    named = {**settings, "refuse": {"close": [4401]}}
    ends = [(1.0, 4401), (1.0, 1000), (0.2, 1000)]
    assert [granted(talk(named)[0], now_s=9.0, ended_at_s=at_s, close_code=code) for at_s, code in ends] == [False, True, False]


def test_a_preset_waits_for_its_turn_and_answers_pings():
    """Socket.IO speaks after the open packet, answers each ping, and is granted by the packet of its own namespace."""
    conversation, said = talk({"protocol": "socket.io", "payload": {"token": "{token}"}}, (0.1, '0{"sid":"x"}'), (0.2, "2"))
    assert said == ['40{"token":"abc"}', "3"]
    conversation.take('40{"sid":"y"}', 0.3)
    assert granted(conversation, now_s=0.4) is True


def test_a_preset_knows_its_refusals():
    """Each protocol's own no is read: connection_error, 44, disconnect, reject_subscription."""
    cable = {"protocol": "actioncable", "channel": "Chat"}
    reject = '{"identifier":"{\\"channel\\":\\"Chat\\"}","type":"reject_subscription"}'
    for settings, frame in [
        ({"protocol": "graphql-transport-ws"}, '{"type":"connection_error","payload":{"message":"no"}}'),
        ({"protocol": "socket.io"}, '44{"message":"no"}'),
        (cable, '{"type":"disconnect","reason":"unauthorized","reconnect":false}'),
        (cable, reject),
    ]:
        assert granted(talk(settings, (1.0, frame))[0], now_s=1.0) is False
