"""Frames of strangers are read without harm: what they are, and whether they complain."""

from __future__ import annotations

import pytest

from lib.facts import Sign
from lib.sessions.matching import complains, json_of, matches

COMPLAINTS = [
    '{"type":"error","payload":{"message":"no"}}',
    '{"type":"connection_error","payload":{}}',
    '{"event":"auth_failed"}',
    '{"type":"auth","success":false}',
    '{"error":"token expired"}',
    '{"status":401,"message":"no"}',
    '44{"message":"not authorised"}',
    '[null,"1","room","phx_reply",{"status":"error"}]',
    '{"message":"Invalid token"}',
    "Unauthorized",
]
FRIENDLY = [
    '{"type":"auth_ok","error":null}',
    '{"type":"welcome"}',
    '{"type":"chat","message":"the error was mine"}',
    '{"type":"ack","success":true}',
    '40{"sid":"x"}',
    "[]",
    "",
    "0",
    '{"type":["error"]}',
]


@pytest.mark.parametrize("frame", COMPLAINTS)
def test_a_frame_complains_by_what_it_is(frame):
    """Its kind, an error member, a no to success or a status of refusal tells."""
    assert complains(frame)


@pytest.mark.parametrize("frame", FRIENDLY)
def test_a_frame_that_only_talks_is_no_complaint(frame):
    """What people say in it, and an error that is null, tells nothing."""
    assert not complains(frame)


@pytest.mark.parametrize(
    ("sign", "frame", "known"),
    [
        (Sign("holds", "ready"), "we are ready", True),
        (Sign("starts", "40"), '40{"sid":"x"}', True),
        (Sign("starts", "40"), '140{"sid":"x"}', False),
        (Sign("json", {"type": "ok", "data": {"a": 1}}), '{"type":"ok","data":{"a":1,"b":2},"more":[]}', True),
        (Sign("json", {"type": "ok"}), '{"kind":"ok"}', False),
        (Sign("json", {"ok": True}), '{"ok":1}', False),
        (Sign("json", {"a": [1, {"b": 2}]}), '{"a":[1,{"b":2,"c":3},4]}', True),
        (Sign("json", {"a": [1, 2]}), '{"a":[1]}', False),
        (Sign("json", {"message": "no"}), '44/chat,{"message":"no"}', True),
    ],
)
def test_a_sign_is_known_in_a_frame(sign, frame, known):
    """Text by standing in it, a packet by its beginning, JSON by the members that are asked for."""
    assert matches(sign, frame) is known


@pytest.mark.parametrize(
    "frame", ["[" * 60_000, '{"a":' * 30_000, "9" * 60_000, "\x00\ud800", '{"type":' + "9" * 5000 + "}", "44/" + "x" * 60_000]
)
def test_hostile_frames_are_harmless(frame):
    """Deep, long and broken frames neither raise nor are taken for anything."""
    assert not matches(Sign("json", {"type": "ok"}), frame)
    assert not complains(frame)
    json_of(frame)
