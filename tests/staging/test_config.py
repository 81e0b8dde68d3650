"""The configuration line, without a process."""

from __future__ import annotations

import json

import pytest

from lib.staging.config import BadConfiguration, parse
from lib.staging.faults import policies_for

KEYS = {"jwt": "a" * 40, "jwt_websocket": "b" * 40, "bypass": "c" * 20, "service": "d" * 20}


def test_everything_but_the_keys_has_a_default():
    """Keys alone are a configuration."""
    config = parse(json.dumps({"keys": KEYS}))
    assert (config.faults, config.port, config.delays_ms, config.options.rate_limit) == ((), 0, {}, 4)


def test_keys_do_not_show_themselves():
    """Neither the keys nor what holds them print a value."""
    assert "aaaa" not in repr(parse(json.dumps({"keys": KEYS})))


@pytest.mark.parametrize(
    "change",
    [
        {"keys": None},
        {"port": True},
        {"port": 70_000},
        {"faults": "x"},
        {"faults": [1]},
        {"options": {"flush_s": None}},
        {"delays_ms": [1]},
    ],
)
def test_wrong_types_are_refused(change):
    """One sentence names the place."""
    with pytest.raises(BadConfiguration, match=next(iter(change))):
        parse(json.dumps({"keys": KEYS, **change}))


def test_faults_change_only_their_own_layer():
    """Policies of several faults merge; the other layers stay as they are."""
    plain, faulty = policies_for([]), policies_for(["secret-mismatch", "origin-refused", "edge-policy"])
    assert (faulty.socket.key, faulty.socket.origins, faulty.edge.denies_upgrade) == (
        "jwt_websocket",
        ("https://app.staging.example",),
        True,
    )
    assert (faulty.users, faulty.auth, faulty.platform, faulty.client) == (plain.users, plain.auth, plain.platform, plain.client)
