"""Codes tell causes apart, values do not."""

from __future__ import annotations

import pytest

from lib.logs.incidents.codes import code_of
from lib.logs.incidents.incidents import find_incidents
from lib.logs.incidents.templates import template
from tests.logs.made_up import entry

CODES = [
    ("ORA-{}: x", "01017 28000"),
    ("call failed (SQLSTATE {})", "08006 28P01 53300"),
    ("SQLSTATE[{}]: x", "08006 28P01"),
    ("FATAL: {}: x", "28P01 3D000"),
    ("ERROR {} (HY000)", "1045 2002"),
    ("OperationalError ({}, 'x')", "1045 2003"),
    ("connect() failed ({}: x) while connecting", "110 111"),
    ("[Errno {}] x", "24 111"),
    ("x (os error {})", "24 111"),
    ("errno: -{}", "61 111"),
    ("AADSTS{}: x", "50011 7000215"),
    ('type="LOGIN_ERROR", error="{}"', "expired_code user_not_found"),
    ('token request: {{"error":"{}","x":"y"}}', "invalid_grant invalid_client"),
    ("Unexpected server response: {}", "401 403 502"),
    ("upstream returned {}", "502 503 504"),
    ("{} Client Error: x for url: https://a.example", "401 404"),
    ("rpc failed: grpc-status: {}", "4 14"),
    ("closed with code {}", "1006 1008 4401"),
    ("close {} (abnormal closure)", "1006 1011"),
    ("exited with status {}", "1 137"),
    ("Error code: {}", "P1001 P2025"),
    ("AH0{}: x", "0957 1114"),
    ("failed: {}", "0x80070005 0x80131500"),
    ("LDAP: error code 49 - x, data {}, v2580", "52e 775"),
    ("curl: ({}) x", "6 28"),
    ("ssl alert number {}", "40 48"),
    ("GET /ws HTTP {}", "401.1 401.2 503"),
    ("GET /ws HTTP 503 ({} App)", "H10 H12"),
]
VALUES = [
    ("Order {} failed", "12345 99"),
    ("REQ-{} failed", "12345 12346"),
    ("failed after {} attempts", "3 4"),
    ("got {} bytes, closed", "403 504"),
    ("returned in {} ms", "403 504"),
    ("dial tcp 10.0.0.1:{}: refused", "5432 6379"),
    ("worker (pid:{}) was killed", "15 17"),
    ("Status Code: 403; Request ID: {}", "4442587FB7D0A2F9 79104EXAMPLEB723"),
    ("RequestID: x, HostID: {}", "vlR7PnpV2Ce81l0P+Rw= IOWQ4fDEXAMPLEQM7+="),
    ("error 403 in {} s", "5 6"),
    ("no user '{}'", "a b"),
]


@pytest.mark.parametrize(("words", "codes"), CODES)
def test_another_code_is_another_cause(words: str, codes: str) -> None:
    """As many incidents as codes, however alike the words are."""
    entries = [entry(15 * at, words.format(code)) for at, code in enumerate(codes.split())]
    assert len(find_incidents(entries)) == len(entries)


@pytest.mark.parametrize(("words", "values"), VALUES)
def test_another_value_is_the_same_cause(words: str, values: str) -> None:
    """What varies from one time to the next is masked as before."""
    assert len({template(words.format(value)) for value in values.split()}) == 1


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"code": "E401"}, "code E401"),
        ({"error": {"code": 1045}}, "code 1045"),
        ({"reason": "token expired"}, "reason token expired"),
        ({"code": "E401", "reason": "expired"}, "reason expired, code E401"),
        ({"code": 200}, ""),
        ({"code": "ok", "user": 7}, ""),
    ],
)
def test_a_payloads_code_belongs_to_its_words(payload: dict[str, object], code: str) -> None:
    """A field that names a code or a reason, unless it says that all is well."""
    assert code_of(payload, "auth failed") == code
    assert len(find_incidents([entry(0, "auth failed", payload=payload), entry(15, "auth failed")])) == (2 if code else 1)
