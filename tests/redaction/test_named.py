"""Secrets that the words before them give away."""

from __future__ import annotations

import json
import random

import pytest

from lib.redaction.redact import redact_text
from tests.redaction.canaries import BY_NAME, SPELLINGS, opaque


@pytest.mark.parametrize("notation", BY_NAME)
def test_the_name_gives_it_away_in_each_notation(notation: str):
    """JSON, YAML, variables, queries, prose, headers, cookies, addresses, Python, XML and options, all of it encoded too."""
    chance, left = random.Random(3), []
    for spelling, spell in SPELLINGS.items():
        secret = opaque(chance)
        told = redact_text(spell(BY_NAME[notation].format(secret)))
        spelt = spell(secret)
        if spelt[len(spelt) // 2 :][: len(spelt) // 3] in told or redact_text(told) != told:
            left.append((spelling, told))
    assert left == []


@pytest.mark.parametrize(
    "text",
    [
        "password: swordfish",
        '"password": "correct horse battery staple"',
        "export DB_PASSWORD=a,b;c&d)e",
        "sshpass -p 'letmein' ssh host",
        "postgres://app:p%40ss@db/app",
        "Authorization: Digest username=u, response=6629fae49393a05397450978507c4ef1",
        "SharedAccessSignature sr=x&sig=k3Jd8sKq0m1Zs8WqY4bV2n9Xc7Lp5RtGhJkMnBvCxZa1&se=1",
        '{"Authorization": ["Bearer 4f9aB2c7D1e8F3a6"]}',
    ],
)
def test_a_secret_of_words_and_signs_is_one_too(text: str):
    """Passwords are words, have blanks and all kinds of signs."""
    told = redact_text(text)
    assert "secret:" in told
    assert not [
        part for part in ("swordfish", "horse", "d)e", "letmein", "p%40ss", "6629fae4", "k3Jd8", "4f9aB2") if part in told
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("credential: alice.smith:1234", "credential: hunter2.conf", "password: nginx.conf:4", "bypass-key: 3f9aXk29Lq81"),
        *("token: 3f9aXk29.conf:9f", "secret: Zs8WqY4bV2n9.confidence:4", "edge-strips-credential-2: 3f9aXk29Lq81"),
    ],
)
def test_what_only_resembles_a_place_is_a_secret(text: str) -> None:
    """A place has a suffix of configurations and the number of a line; whoever has a password may call it as they like."""
    name, value = text.split(": ")
    assert redact_text(text).startswith(f"{name}: secret:")
    assert value not in redact_text(text)


@pytest.mark.parametrize(
    "line",
    [
        "curl 'http://127.0.0.1/ws?v=2&token='\"$TOKEN_QUERY\"'&api_key='\"$QUERY_api_key\"",
        "curl -H 'X-Client-Secret: '\"$CAPTURED_X\" --noproxy '*' -H 'Cookie: a='\"$A\"'; csrf='\"${B}\" http://h/ws",
        "-H 'Cookie: '\"$CAPTURED_COOKIE\" -H 'Authorization: Token '\"$OTHER\"",
        "TOKEN=${TOKEN:?export a token of token.login first}",
        "additional_headers=[('X-Client-Secret', os.environ[\"CAPTURED_X\"]), ('Cookie', 'sid=' + os.environ[\"SID\"])]",
    ],
)
@pytest.mark.parametrize("spelling", ["plain", "JSON"])
def test_a_variable_of_a_shell_is_no_secret_wherever_its_quotes_stand(line: str, spelling: str) -> None:
    """A line to be run stays as it was written, also inside a document."""
    text = json.dumps({"line": line}) if spelling == "JSON" else line
    assert redact_text(text) == text


def test_what_a_variable_has_for_want_of_another_value_is_a_secret() -> None:
    """A default that is written down, and a value that only begins like a variable."""
    told = redact_text('A_TOKEN=${A_TOKEN:-9fK2mQ8xL1} B_TOKEN=\'"$8xL19fK2m!c"')
    assert ("9fK2mQ8xL1" in told, "8xL19fK2m" in told) == (False, False)
