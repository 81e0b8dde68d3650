"""Under sabotage a case meets another server than the target, while everything around the case stays as it was."""

from __future__ import annotations

import ssl
import threading
from http.server import ThreadingHTTPServer

import pytest

from lib.suite.run import run_suite
from lib.suite.sabotage import certificate
from tests.suite.conftest import investigation_for
from tests.suite.target_server import Addresses, Rest, target_server

HEAD = "import os, time, httpx, requests, pytest\nREST, WS = os.environ['REST'], os.environ['WS']\n"


def worths(run):
    return {case.name: case.worth for case in run.cases}


def test_fixtures_are_left_alone(judged):
    """A login in a fixture meets the true target, so that a case which then asserts nothing is found out."""
    run = judged(
        HEAD
        + """
@pytest.fixture
def token():
    return httpx.post(REST + '/login', json={}).raise_for_status().json()['token']
def test_asserts_nothing(token): requests.get(REST + '/me')
def test_asserts(token):
    me = requests.get(REST + '/me', headers={'Authorization': 'Bearer ' + token}).json()
    assert me['user'] == 'someone'
"""
    )
    assert worths(run) == {"test_asserts_nothing": "any-answer", "test_asserts": "positive"}


def test_a_case_that_swallows_everything_is_ended_and_red(judged):
    """What retries for ever is ended after its time, although it catches all exceptions."""
    run = judged(
        HEAD
        + """
def test_retries_until_it_works():
    while True:
        try:
            assert requests.get(REST + '/health').status_code == 200
            return
        except Exception:
            time.sleep(0.05)
"""
    )
    assert worths(run) == {"test_retries_until_it_works": "positive"}


def test_a_case_that_cannot_be_stopped_spoils_no_other(judged):
    """Not even a bare except keeps a case from its end, and those after it are judged."""
    run = judged(
        HEAD
        + """
def test_catches_all():
    while True:
        try:
            assert requests.get(REST + '/health').status_code == 200
            return
        except: pass
def test_next(): assert requests.get(REST + '/me').status_code in (401, 403)
"""
    )
    assert worths(run) == {"test_catches_all": "positive", "test_next": "rejection"}


@pytest.mark.parametrize("args", [["-x"], ["--maxfail=1"]])
def test_a_suite_that_stops_at_its_first_failure_is_judged_whole(judged, args):
    """Under sabotage red ends no run."""
    source = HEAD + "\n".join(f"def test_{name}(): assert requests.get(REST + '/health').ok" for name in "abc")
    assert set(worths(judged(source, args=args)).values()) == {"positive"}


KEPT_OPEN = """
import http.client, ssl, websockets.sync.client
from urllib.parse import urlsplit
TLS = {'context': ssl.create_default_context(cafile=os.environ['CA'])} if 'CA' in os.environ else {}
@pytest.fixture(scope='module')
def kept():
    parts = urlsplit(REST)
    made = (http.client.HTTPSConnection if TLS else http.client.HTTPConnection)(parts.hostname, parts.port, **TLS)
    ask(made, '/health')
    yield made
@pytest.fixture(scope='session')
def session():
    with requests.Session() as made:
        made.verify, made.trust_env = os.environ.get('CA', True), False
        made.get(REST + '/health')
        yield made
def ask(kept, path):
    kept.request('GET', path)
    answer = kept.getresponse()
    answer.read()
    return answer.status
def test_kept_positive(kept): assert ask(kept, '/health') == 200
def test_kept_rejection(kept): assert ask(kept, '/admin') == 403
def test_kept_any(kept): ask(kept, '/me')
def test_session_positive(session): assert session.get(REST + '/health').ok
def test_session_rejection(session): assert session.get(REST + '/admin').status_code == 403
def test_session_any(session): session.get(REST + '/health')
"""


def assert_named_after_their_worth(run):
    for case in run.cases:
        assert case.outcome == "passed", case.message
        assert case.worth == case.name.rpartition("_")[2].replace("any", "any-answer"), case.name


def test_a_connection_that_a_fixture_opened_leads_to_the_saboteur_too(judged):
    """A case that speaks over a fixture's connection is answered there, neither by the target nor by nobody."""
    assert_named_after_their_worth(judged(HEAD + KEPT_OPEN))


def test_a_secured_connection_that_a_fixture_opened_leads_to_the_saboteur_too(settings, secure):
    """Also where TLS had taken the connection over."""
    addresses, trusted = secure
    env = {"REST": addresses.rest, "WS": addresses.ws, "CA": str(trusted)}
    run = run_suite(settings(HEAD + KEPT_OPEN, sabotage=True, env=env), investigation=investigation_for(addresses))
    assert_named_after_their_worth(run)


def test_a_case_that_asks_somebody_else_is_not_judged(judged):
    """What a server other than the target answers stays as it was, so that staying green shows nothing."""
    with target_server() as other:
        run = judged(HEAD + f"def test_asks_another(): assert requests.get('{other.rest}/health').ok\n")
    assert worths(run) == {"test_asks_another": None}
    assert "nothing asked the target" in next(iter(run.judgements.values())).because


def test_a_case_whose_child_asks_as_well_is_not_judged(judged):
    """A child process meets the true target, so that the case may be green by its answer."""
    run = judged(
        HEAD
        + """
import subprocess, sys
def test_child():
    requests.get(REST + '/health')
    subprocess.run([sys.executable, '-c', f"import urllib.request; urllib.request.urlopen('{REST}/health')"], check=True)
"""
    )
    assert worths(run) == {"test_child": None}


def test_a_case_that_skips_itself_when_refused_is_not_judged(judged):
    """A skip is neither red nor green: such a pass has no worth that could be told."""
    run = judged(
        HEAD
        + """
def test_skips():
    if requests.get(REST + '/health').status_code != 200: pytest.skip('not available')
"""
    )
    assert worths(run) == {"test_skips": None}
    assert "could not be told" in next(iter(run.judgements.values())).because


def test_names_of_the_target_are_all_diverted(judged, target):
    """localhost, 127.0.0.1 and an IPv6 socket lead to the same target, and so to the same saboteur."""
    run = judged(
        HEAD
        + """
import socket
PORT = REST.rpartition(':')[2]
@pytest.mark.parametrize('host', ['localhost', '127.0.0.1'])
def test_by_name(host): assert requests.get(f'http://{host}:{PORT}/health').ok
def test_mapped():
    sock = socket.socket(socket.AF_INET6); sock.connect(('::ffff:127.0.0.1', int(PORT)))
    sock.sendall(b'GET /health HTTP/1.0\\r\\n\\r\\n'); assert b' 200 ' in sock.recv(100)
"""
    )
    assert set(worths(run).values()) == {"positive"}


def test_what_hypothesis_sees_fail_under_sabotage_is_not_kept(judged, tmp_path):
    """Its examples in the suite's folder are those of runs against the true target."""
    run = judged(
        HEAD
        + """
from hypothesis import given, settings, strategies as st
@settings(max_examples=2, deadline=None)
@given(st.sampled_from(['/health', '/health?again']))
def test_positive(path): assert requests.get(REST + path).json()['status'] == 'healthy'
"""
    )
    assert worths(run) == {"test_positive": "positive"}
    assert run.notes == ()
    assert not list((tmp_path / "it").glob(".hypothesis/examples/*/*"))


def test_no_sabotage_no_worth(judged):
    """With `suite.sabotage: false` only silence can be told."""
    run = judged(HEAD + "def test_a(): requests.get(REST + '/health')\ndef test_b(): pass\n", sabotage=False)
    assert worths(run) == {"test_a": None, "test_b": "no-traffic"}


def test_proxies_do_not_come_between(judged, target):
    """Under sabotage a proxy of the environment is out of the way: it would hide where the case connects."""
    changes = {"env": {"REST": target.rest, "WS": target.ws, "http_proxy": target.rest, "no_proxy": ""}}
    run = judged(HEAD + "def test_a(): assert requests.get(REST + '/health').ok\n", **changes)
    assert worths(run) == {"test_a": "positive"}


@pytest.fixture
def secure(tmp_path):
    """The target over https; yields its address and the file of its authority."""
    folder = tmp_path / "authority"
    folder.mkdir()
    trusted, context = certificate.make(["127.0.0.1"], folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Rest)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Addresses(f"https://127.0.0.1:{server.server_port}", f"wss://127.0.0.1:{server.server_port}/ws"), trusted
    server.shutdown()
    server.server_close()


def test_tls_targets_are_replaced_by_one_that_is_trusted(settings, secure):
    """Over https each client trusts the saboteur as it trusts the target, so that it sees refusals and not certificates."""
    addresses, trusted = secure
    source = """
import os, ssl, asyncio, aiohttp, httpx, requests, urllib3, websockets
from websockets.sync.client import connect
REST, WS, CA = os.environ['REST'], os.environ['WS'], os.environ['CA']
def test_requests_rejection(): assert requests.get(REST + '/me', verify=CA).status_code in (401, 403)
def test_httpx_rejection(): assert httpx.get(REST + '/me', verify=ssl.create_default_context(cafile=CA)).status_code in (401, 403)
def test_urllib3_positive(): assert urllib3.PoolManager(ca_certs=CA).request('GET', REST + '/health', retries=False).status == 200
def test_aiohttp_rejection():
    async def ask():
        async with aiohttp.ClientSession() as session:
            async with session.get(REST + '/me', ssl=ssl.create_default_context(cafile=CA)) as answer:
                return answer.status
    assert asyncio.run(ask()) in (401, 403)
def test_handshake_any():
    try: connect(WS, ssl=ssl.create_default_context(cafile=CA)).close()
    except websockets.InvalidStatus as refused: assert refused.response.status_code in (200, 403, 404)
"""
    env = {"REST": addresses.rest, "WS": addresses.ws, "CA": str(trusted)}
    run = run_suite(settings(source, sabotage=True, env=env), investigation=investigation_for(addresses))
    assert_named_after_their_worth(run)
    statuses = {case.name: case.statuses for case in run.cases}
    assert statuses["test_requests_rejection"] == statuses["test_aiohttp_rejection"] == (401,)
    assert all(case.traffic.connections and case.traffic.bytes_in for case in run.cases)


def test_the_authority_is_nobody_elses(tmp_path):
    """A client that was not told of the throw-away authority refuses what it signed."""
    _, context = certificate.make(["127.0.0.1"], tmp_path)
    server = context.wrap_bio(ssl.MemoryBIO(), out := ssl.MemoryBIO(), server_side=True)
    client_in, client_out = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(client_in, client_out, server_hostname="127.0.0.1")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    incoming = ssl.MemoryBIO()
    server = context.wrap_bio(incoming, out, server_side=True)
    incoming.write(client_out.read())
    with pytest.raises(ssl.SSLWantReadError):
        server.do_handshake()
    client_in.write(out.read())
    with pytest.raises(ssl.SSLCertVerificationError):
        client.do_handshake()
