"""lib/performance/load.py, with Locust's own processes against the built-in staging system."""

from __future__ import annotations

import pytest

from lib.facts import utc_now
from lib.handshake import carrying, configured, credential
from lib.performance import load
from lib.performance.load import LoadFailed
from tests.performance.conftest import measured, parameters_for


async def test_two_workers_land_in_the_same_tables(healthy):
    """Locust runs headless with two worker processes; its samples are rows beside the others, and the figures are judged on
    them."""
    under_load = {"users": 4, "workers": 2, "duration_s": 4}
    found = await measured(healthy.addresses["rest_url"], healthy.addresses["ws_url"], performance__load=under_load)
    assert {row["loop"] for row in found.rows()} == {"closed", "load"}
    assert {figure.loop for figure in found.figures} == {"load"}
    assert all(figure.summary.n >= 4 for figure in found.figures)
    assert found.load.requests_per_s > 2
    assert any(sample.warmup for sample in found.load.samples)


async def test_one_process_needs_no_master(healthy):
    """The default is one process of Locust, with both kinds of users."""
    parameters = parameters_for(
        healthy.addresses["rest_url"], healthy.addresses["ws_url"], performance__load={"users": 2, "duration_s": 2}
    )
    found = await load.run(parameters, configured(parameters), progress=lambda text: None)
    assert found.failures == 0
    assert {sample.figure for sample in found.samples} == set(parameters.objectives)


async def test_users_send_the_token_that_has_taken_the_place_of_another(healthy):
    """A token that is got anew while the load goes on reaches the processes that send it."""
    load_for = {"performance__load": {"users": 2, "duration_s": 2}}
    parameters = parameters_for(healthy.addresses["rest_url"], healthy.addresses["ws_url"], **load_for)
    minting, given = configured(parameters), []

    def renewed():
        given.append(credential(minting, now=utc_now()) if given else "one-that-is-over")
        return given[-1]

    handshake = carrying(minting, token="one-that-is-over", renewed_by=renewed, token_from="token.command")
    assert (await load.run(parameters, handshake, progress=lambda text: None)).failures == 0


async def test_a_target_that_is_gone_is_counted_as_failures(unused_tcp_port):
    """Nothing listens: the samples of the load say so, each with its reason and without a number."""
    url = f"127.0.0.1:{unused_tcp_port}"
    gone = {"performance__load": {"users": 2, "duration_s": 2}, "token__secret": None}
    parameters = parameters_for(f"http://{url}", f"ws://{url}/ws", **gone)
    found = await load.run(parameters, configured(parameters), progress=lambda text: None)
    assert found.requests_per_s == 0
    assert found.failures > 0
    assert {sample.ms for sample in found.samples} == {None}


async def test_a_locust_that_fails_is_our_failure(healthy, monkeypatch):
    """A process that does not start: the error names it and repeats its last words."""
    parameters = parameters_for(
        healthy.addresses["rest_url"], healthy.addresses["ws_url"], performance__load={"users": 2, "duration_s": 2}
    )
    monkeypatch.setattr(load, "_roles", lambda wanted, files: [("process", ["--no-such-option"], files[0])])
    with pytest.raises(LoadFailed, match="no-such-option"):
        await load.run(parameters, configured(parameters), progress=lambda text: None)
