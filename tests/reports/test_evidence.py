"""What a report says of credentials, of how real the run was, and of the areas that were investigated."""

from __future__ import annotations

import pytest

from lib.reports.evidence import areas, authentication, clock_difference, services, sessions, tokens_sent
from lib.whys.catalogue.index import AREAS, CATALOGUE, of_area
from tests import sample_round as sample


def by_area(diagnosis):
    return {area["area"]: area for area in areas(diagnosis)}


def test_each_cause_of_the_contract_is_in_one_area():
    """No cause is asked about twice, none is forgotten."""
    listed = [cause for area in AREAS for cause in of_area(area)]
    assert len(listed) == len(set(listed)) == len(CATALOGUE)


def test_an_area_is_confirmed_by_its_cause():
    """A cause answers its area, with its evidence; what else is in the area stays listed as open."""
    area = by_area(sample.diagnosis())["User permissions"]
    assert (area["state"], area["answer"]["text"]) == ("confirmed", "Confirmed: user-unknown (proved).")
    assert area["answer"]["evidence"] == ["whys-4", "whys-5"]
    assert "user-inactive" in area["open"]


def test_an_area_is_excluded_only_when_all_of_it_is():
    """One cause that no observation rules out keeps the question open."""
    ids = of_area("After acceptance")
    whole = sample.diagnosis(excluded=[{"id": cause, "by": [f"by-{cause}"]} for cause in ids])
    half = sample.diagnosis(excluded=[{"id": ids[0], "by": ["o"]}])
    assert by_area(whole)["After acceptance"]["state"] == "excluded"
    assert by_area(whole)["After acceptance"]["answer"]["evidence"] == [f"by-{cause}" for cause in ids]
    assert by_area(half)["After acceptance"]["state"] == "open"
    assert by_area(half)["After acceptance"]["open"] == list(ids[1:])


def test_an_open_area_names_the_candidates_first():
    """Where the diagnosis has candidates, those are what is open."""
    area = by_area(sample.diagnosis("ambiguous", excluded=[]))["CORS and security policy"]
    assert area["answer"]["text"] == "Open: edge-policy, origin-refused."


def test_an_accepted_handshake_answers_every_area():
    """When the configured handshake is accepted, that observation is the answer."""
    assert {(area["state"], area["answer"]["evidence"][0]) for area in areas(sample.diagnosis("healthy"))} == {
        ("excluded", "whys-1")
    }


def test_what_was_not_looked_for_is_open_although_the_handshake_was_accepted():
    """An accepted handshake says nothing of a session that nobody watched for long."""
    healthy = sample.diagnosis("healthy") | {"healthy": {"not_tried": ["idle-closed"]}}
    (area,) = (area for area in areas(healthy) if area["state"] != "excluded")
    assert (area["area"], area["open"]) == ("After acceptance", ["idle-closed"])
    assert area["answer"]["text"].endswith("nothing here refuses it. Not looked for: idle-closed.")


def test_what_a_proof_does_not_need_is_no_open_question():
    """Where changing the proved factors opened the socket, other areas are not needed to explain the refusal, and not called
    excluded."""
    pair = {"refused": "whys-1", "accepted": "whys-4", "difference": ["key", "user"]}
    area = by_area(sample.diagnosis(minimal_pair=pair))["After acceptance"]
    assert (area["state"], area["answer"]["evidence"]) == ("not needed", ["whys-4"])
    assert by_area(sample.diagnosis("inferred", minimal_pair=None))["After acceptance"]["state"] == "open"


def test_without_a_diagnosis_every_area_is_open():
    """Nothing is answered by not asking."""
    assert {area["state"] for area in areas(None)} == {"open"}


def test_credentials_are_grouped_by_what_they_say():
    """Two tokens of one user and lifetime are one line; what became of them is counted by channel."""
    rest = sample.exchange(
        "r", kind="rest", status=200, credential="jwt:00000000 alg=HS256 sub=staging-e2e-user-001 exp in 899.5 s"
    )
    rows = tokens_sent([sample.exchange("a"), rest, sample.exchange("b", status=None, error="timed out", credential=None)])
    assert rows == [
        {"fingerprint": "alg=HS256 sub=staging-e2e-user-001", "n": 2, "handshakes": {"403": 1}, "rest": {"200": 1}},
        {"fingerprint": "none recorded", "n": 1, "handshakes": {"timed out": 1}, "rest": {}},
    ]


def test_authentication_says_what_is_sent_by_reference():
    """The configured credential is told by its reference, user and carrier."""
    first = authentication(sample.parameters(), sample.diagnosis(), [])["sentences"][0]["text"]
    assert "for staging-e2e-user-001, signed by env:EMBEDDED_JWT_SECRET (HS256), carried by authorization" in first
    none = authentication(sample.parameters(token={"secret": None}), None, [])["sentences"]
    assert "carries no credential" in none[0]["text"]
    assert "not investigated" in none[1]["text"]


def test_clocks_are_bounded_by_all_date_headers():
    """Each Date header allows a range of a second; what all allow is the difference, with its n."""
    found = clock_difference([sample.exchange("a"), sample.exchange("b", seconds=0.5)])
    assert found == {"low_s": -0.5, "high_s": 0.1, "n": 2, "consistent": True}


def test_clocks_that_disagree_are_said_to():
    """Two servers whose Date headers fit no single difference are not averaged."""
    late = sample.exchange("b", headers=(("date", "Tue, 24 Nov 2026 03:22:45 GMT"),))
    assert clock_difference([sample.exchange("a"), late])["consistent"] is False


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Nov 2026 03:20:45 GMT", "9" * 5000])
def test_what_is_no_date_is_not_a_clock(date):
    """A broken Date header measures nothing, and hurts nothing."""
    assert clock_difference([sample.exchange("a", headers=(("date", date),))]) is None


def test_services_count_what_was_really_exchanged():
    """Addresses, servers, statuses, bytes and sockets by channel are counts of exchanges and cases."""
    seen = services("staging", [sample.exchange("a"), sample.exchange("b", kind="rest", status=None, headers=())], sample.suite())
    assert seen["hosts"] == {"127.0.0.1:40001": 2}
    assert seen["servers"] == {"uvicorn": 1}
    assert seen["statuses"] == {"rest": {"no answer": 1}, "handshake": {"403": 1}}
    assert [(row["channel"], row["cases"], row["bytes_in"]) for row in seen["channels"]] == [
        ("websocket", 3, 600),
        ("rest", 4, 800),
    ]


def test_the_built_in_system_is_not_passed_off_as_a_cloud():
    """A record of the embedded system says that it is one."""
    assert "built-in one" in services("embedded", [sample.exchange("a")], None)["sentences"][1]["text"]


def test_nothing_sent_is_nothing_proved():
    """A round without traffic says that it sent nothing."""
    assert services("staging", [], None)["sentences"][0]["text"] == "Nothing was sent in this round."


@pytest.mark.parametrize(
    ("of", "codes", "worth", "found"),
    [
        ("control", (4401, 1008), None, (2, 2, True)),
        ("sample", (4401, None), None, (2, 1, False)),
        ("sample", (1000, 1001), None, (2, 0, False)),
        ("case", (4401, 4403), "positive", (2, 2, True)),
        ("case", (4401,), "rejection", None),
        ("probe", (4401,), None, None),
    ],
)
def test_sessions_that_the_server_closed_are_counted(of, codes, worth, found):
    """Only refusing codes count, of what the configured credential opened, or of cases none of which demands the refusal."""
    seen = [sample.exchange(f"e{n}", of=of, status=101, rung="session", close_code=code) for n, code in enumerate(codes)]
    counted = sessions(seen, sample.WS_URL, sample.suite(sample.case("m", "a", worth=worth)) if worth else None)
    assert (counted and (counted["opened"], counted["closed"], counted["all_closed"])) == found
