"""Values that no token, request or record could carry are refused where they stand, before anything is sent."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.parameters import loading as params
from lib.parameters.loading import ROOT, BadInput
from lib.parameters.plain import NotPlain, check_plain

ENDLESS: dict[str, object] = {}
ENDLESS["a"] = ENDLESS

REFUSED = [
    ("token.claims.exp", float("inf"), r"token\.claims\.exp.*found inf.*finite"),
    ("token.claims", ENDLESS, "contains itself"),
    ("token.claims.n", 10**5000, r"token\.claims\.n.*64 bits"),
    ("token.claims.when", params.parse_value("2024-01-01", key="x"), "the date 2024-01-01"),
    ("token.claims", {1: 2}, r"token\.claims.*the key 1 is no text"),
    ("token.user", "a\ud800", "half of a surrogate pair"),
    ("suite.path", "a\0b", r"suite\.path.*NUL"),
    ("target.origin", "https://\ud800", "half of a surrogate pair"),
    ("headers", {"X-Name": "Łódź"}, r"headers.*ASCII"),
    ("target.ws_url", "wss://api.ｐｒｏｄ.example/ws", "looks like production"),
    ("target.ws_url", "wss://api.pr\u00adod.example/ws", "looks like production"),
    ("target.ws_url", "wss://api。prod。example/ws", "looks like production"),
    ("target.ws_url", "wss://" + "ü" * 80 + ".example/ws", r"target\.ws_url"),
    ("target.rest_url", "http://[::1", r"target\.rest_url"),
]


@pytest.mark.parametrize(("key", "value", "told"), REFUSED, ids=[f"{number}" for number in range(len(REFUSED))])
def test_what_cannot_be_carried_is_refused_where_it_stands(key: str, value: object, told: str) -> None:
    """One sentence names the key, instead of a crash or an unreachable target later."""
    with pytest.raises(BadInput, match=told):
        params.load("staging", {key: value})


def test_a_host_is_compared_as_it_is_looked_up() -> None:
    """However its letters are written, a name is the same name in `allow_hosts` and in the address."""
    overrides = {"target.ws_url": "wss://ＡＰＩ.bücher.example/ws", "target.rest_url": None}
    assert params.load("staging", overrides | {"target.allow_hosts": ["api.xn--bcher-kva.example"]}).own_hosts() == {
        "api.xn--bcher-kva.example"
    }


def test_an_origin_is_sent_as_browsers_send_it() -> None:
    """A browser writes an international name as punycode."""
    assert params.load("staging", {"target.origin": "https://bücher.example:8443"}).target.origin == (
        "https://xn--bcher-kva.example:8443"
    )


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "nobody's home", "NUL"])
def test_a_reference_to_no_regular_file_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    """A pipe that nobody writes to would be waited for without end, a device read without end."""
    os.mkfifo(tmp_path / "pipe")
    path = {"pipe": tmp_path / "pipe", "device": "/dev/zero", "folder": tmp_path, "nobody's home": "~nouser/x", "NUL": "a\0b"}
    with pytest.raises(BadInput, match=r"token\.secret: .*(no regular file|not known here|NUL)"):
        params.resolve(f"file:{path[kind]}", where="token.secret", root=ROOT)


@settings(max_examples=30, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)
    )
)
def test_any_document_is_plain_or_named(document: object) -> None:
    """Whatever stands in a document, the check ends with nothing or with a key and a sentence that can be printed."""
    told = ""
    try:
        check_plain(document)
    except NotPlain as refusal:
        told = f"{refusal.key}{refusal.found}{refusal.accepted}"
    assert told.encode() or json.loads(json.dumps(document)) == document
