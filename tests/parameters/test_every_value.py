"""Every parameter meets values of every form that YAML has: it is taken, or refused in one sentence."""

from __future__ import annotations

import json

import pytest

from lib.parameters.loading import ROOT, BadInput, dotted_keys, load, parse_value, read_yaml

BASE = read_yaml(ROOT / "params" / "base.yaml")
KEYS = [
    *dotted_keys(BASE),
    *(name for name, value in BASE.items() if isinstance(value, dict)),
    *("token.oauth2.url", "token.login.request", "session.send", "session.timeout_s", "evidence.users.url", "logs.fields"),
    *("performance.load.users", "performance.figures.a", "objectives.x", "suite.env.X", "headers.X", "token.claims.exp"),
]
VALUES = [
    *("null", "true", "3", "-1", "1.5", ".inf", "-.inf", ".nan", "1e400", "9" * 400, "0x" + "f" * 500, "1_000", "1:30", "10**9"),
    *(
        "text",
        "''",
        '"\\0"',
        '"a\\nb"',
        '"\\u202e"',
        '"\\ud800"',
        "x" * 9000,
        "'١٢'",
        "ｐｒｏｄ",
        "=",
        "<<",
        "!x y",
        "!!binary x",
    ),
    *("2024-13-45", "2024-01-01", "2024-01-01T00:00:00+25:00", "!!timestamp x", "!!int x", "!!float x", "!!bool x", "!!set {a}"),
    *("[]", "[1]", "[null]", "[[[]]]", "[a, a]", "&a [*a]", "[" * 200 + "]" * 200, "!!omap [a: 1]", "!!pairs [a: 1]"),
    *("{}", "{a: 1}", "{1: 2}", "{null: 3}", "{[1]: 2}", "{a: 1, a: 2}", "{<<: 3}", "!!python/object:os.system {}"),
    *("file:~nouser/x", "env:", "env:A B", "file:", "file:/dev/zero", "file:/nowhere/at/all", '"file:a\\0b"'),
]
EACH = 3
"""So many of them meet each key, others each: all do in turn."""
MET = [(key, VALUES[(number * EACH + turn) % len(VALUES)]) for number, key in enumerate(KEYS) for turn in range(EACH)]


@pytest.mark.parametrize("part", range(4))
def test_a_value_of_any_form_is_taken_or_refused(part: int) -> None:
    """No value ends in another exception, a refusal is one line, and what is taken can be handed on."""
    for key, text in MET[part::4]:
        refusal = None
        try:
            taken = load("embedded", {key: parse_value(text, key=key)})
        except BadInput as found:
            refusal = str(found)
        assert refusal is None or (refusal and "\n" not in refusal and len(refusal) < 2000), (key, text)
        assert refusal is not None or json.dumps(taken.model_dump(mode="json", by_alias=True)), (key, text)
