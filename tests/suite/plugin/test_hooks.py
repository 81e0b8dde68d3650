"""The plug-in tells what each case sent, whatever the client, and changes nothing about the suite."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

CLIENTS = {
    "httpx": "import httpx\ndef test_it(): assert httpx.get(REST + '/health').status_code == 200",
    "httpx async": """
        import asyncio, httpx
        async def ask():
            async with httpx.AsyncClient() as client:
                return (await client.get(REST + '/health')).status_code
        def test_it(): assert asyncio.run(ask()) == 200""",
    "requests": "import requests\ndef test_it(): assert requests.get(REST + '/health').status_code == 200",
    "aiohttp": """
        import asyncio, aiohttp
        async def ask():
            async with aiohttp.ClientSession() as session, session.get(REST + '/health') as answer:
                return answer.status
        def test_it(): assert asyncio.run(ask()) == 200""",
    "urllib3": "import urllib3\ndef test_it(): assert urllib3.PoolManager().request('GET', REST + '/health').status == 200",
    "urllib": "import urllib.request\ndef test_it(): urllib.request.urlopen(REST + '/health').read()",
    "trio": """
        import httpx, trio
        async def ask():
            async with httpx.AsyncClient() as client:
                return (await client.get(REST + '/health')).status_code
        def test_it(): assert trio.run(ask) == 200""",
    "raw socket": r"""
        import socket
        def test_it():
            host, port = REST.removeprefix('http://').split(':')
            with socket.create_connection((host, int(port))) as sock:
                sock.sendall(b'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
                assert b'200 OK' in sock.recv(1000)""",
}
SOCKETS = {
    "websockets": """
        import asyncio, websockets
        async def talk():
            async with websockets.connect(WS) as socket:
                await socket.send('ping'); return await socket.recv()
        def test_it(): assert asyncio.run(talk()) == 'ping'""",
    "websockets sync": """
        from websockets.sync.client import connect
        def test_it():
            with connect(WS) as socket:
                socket.send('ping'); assert socket.recv() == 'ping'""",
    "websocket-client": """
        import websocket
        def test_it():
            socket = websocket.create_connection(WS)
            socket.send('ping'); assert socket.recv() == 'ping'; socket.close()""",
    "aiohttp": """
        import asyncio, aiohttp
        async def talk():
            async with aiohttp.ClientSession() as session, session.ws_connect(WS) as socket:
                await socket.send_str('ping'); return (await socket.receive()).data
        def test_it(): assert asyncio.run(talk()) == 'ping'""",
}
ADDRESSES = "import os\nREST, WS = os.environ['REST'], os.environ['WS']\n"


def source(text):
    import textwrap

    return ADDRESSES + textwrap.dedent(text)


@pytest.mark.parametrize("client", CLIENTS)
def test_rest_requests_are_seen_for_every_client(run, client):
    """One connection, one request, one status, and bytes in both directions."""
    once = run(source(CLIENTS[client]))
    case = next(iter(once.cases.values()))
    assert (case.outcome, case.statuses, case.channels) == ("passed", (200,), ("rest",))
    assert (case.traffic.connections, case.traffic.rest_requests, case.traffic.handshakes) == (1, 1, 0)
    assert case.traffic.bytes_out > 20
    assert case.traffic.bytes_in > 20


@pytest.mark.parametrize("client", SOCKETS)
def test_handshakes_and_frames_are_seen_for_every_client(run, client):
    """One handshake with its 101, one frame sent and one received."""
    case = next(iter(run(source(SOCKETS[client])).cases.values()))
    assert (case.outcome, case.statuses, case.channels) == ("passed", (101,), ("websocket",))
    assert (case.traffic.handshakes, case.traffic.frames, case.traffic.rest_requests) == (1, 2, 0)


def test_imports_and_fixtures_are_counted_apart(run):
    """What the module, a fixture and a fixture's thread send is not the case's."""
    once = run(
        source("""
        import pytest, threading, urllib.request
        def ask(): urllib.request.urlopen(REST + '/health').read()
        ask()
        @pytest.fixture
        def ready(): ask(); yield; ask()
        @pytest.fixture
        def poller():
            go = threading.Event()
            thread = threading.Thread(target=lambda: (go.wait(5), ask()))
            thread.start()
            yield lambda: (go.set(), thread.join())
        def test_it(ready, poller): poller()
        """)
    )
    assert [case.traffic.connections for case in once.cases.values()] == [0]
    assert {apart.name: apart.traffic.rest_requests for apart in once.apart} == {"import": 1, "fixtures": 3, "late": 0}


def test_a_server_inside_the_suite_is_not_counted_twice(run):
    """Only what the client side sends and receives belongs to the case."""
    case = next(
        iter(
            run("""
            import socket, threading
            def test_it():
                server = socket.create_server(('127.0.0.1', 0))
                def serve():
                    peer, _ = server.accept()
                    peer.sendall(peer.recv(10) * 2)
                thread = threading.Thread(target=serve); thread.start()
                client = socket.create_connection(server.getsockname())
                client.sendall(b'abc'); thread.join()
                assert client.recv(10) == b'abcabc'
            """).cases.values()
        )
    )
    assert (case.traffic.connections, case.traffic.bytes_out, case.traffic.bytes_in) == (1, 3, 6)


def test_under_xdist_the_same_is_told(run):
    """Distributed over two workers, each case has its own traffic, and imports are told of each process."""
    text = source("import urllib.request\nimport pytest\n@pytest.mark.parametrize('n', range(4))\ndef test_it(n):\n") + (
        "    for _ in range(n): urllib.request.urlopen(REST + '/health').read()\n"
    )
    once = run(text, args=["-n", "2"])
    assert {case.name: case.traffic.rest_requests for case in once.cases.values()} == {f"test_it[{n}]": n for n in range(4)}
    assert once.collected == 4


def test_alone_it_writes_what_may_be_kept(settings, target, tmp_path):
    """`-p lib.suite.plugin --traffic PATH` without our runner: one line a case, without credentials, query values or bodies."""
    suite = settings(
        "import urllib.request\ndef test_it():\n    urllib.request.urlopen(urllib.request.Request("
        f"{target.rest + '/health?token=hidden-in-query'!r}, headers={{'Authorization': 'Bearer hidden-in-header'}})).read()\n"
    )
    told = tmp_path / "told.jsonl"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "lib.suite.plugin", "--traffic", str(told), suite.path]
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    lines = [json.loads(line) for line in told.read_text().splitlines()]
    case = next(line for line in lines if line["event"] == "case")
    assert (case["outcome"], case["statuses"], case["traffic"]["rest_requests"]) == ("passed", [200], 1)
    assert "hidden" not in told.read_text()


def test_outcomes_are_those_of_pytest(run):
    """Passed, failed, broken before and after, skipped, and expected failures are told as pytest sees them."""
    once = run("""
        import pytest
        @pytest.fixture
        def before(): raise RuntimeError('before')
        @pytest.fixture
        def after(): yield; raise RuntimeError('after')
        def test_passed(): pass
        def test_failed(): assert 1 == 2
        def test_before(before): pass
        def test_after(after): pass
        def test_skipped(): pytest.skip('why')
        @pytest.mark.xfail
        def test_expected(): assert False
        @pytest.mark.xfail
        def test_unexpected(): pass
        class TestGroup:
            @pytest.mark.parametrize('a', ['x::y', 'z'])
            def test_each(self, a): pass
    """)
    outcomes = {case.name: case.outcome for case in once.cases.values()}
    assert outcomes == {
        "test_passed": "passed", "test_failed": "failed", "test_before": "error", "test_after": "error",
        "test_skipped": "skipped",
        "test_expected": "skipped", "test_unexpected": "passed", "test_each[x::y]": "passed", "test_each[z]": "passed",
    }  # fmt: skip
    signatures = {case.name: case.signature for case in once.cases.values() if case.signature}
    assert signatures == {
        "test_failed": "assert 1 == 2",
        "test_before": "RuntimeError: before",
        "test_after": "RuntimeError: after",
    }


LOOPS = {
    "a loop for the session": (
        "import pytest_asyncio\nfixture = pytest_asyncio.fixture(scope='session')\n",
        ["asyncio_mode=auto", "asyncio_default_fixture_loop_scope=session", "asyncio_default_test_loop_scope=session"],
    ),
    "anyio's runner": (
        "pytestmark = pytest.mark.anyio\nfixture = pytest.fixture(scope='module')\n"
        "@pytest.fixture(scope='module')\ndef anyio_backend(): return 'asyncio'\n",
        ["asyncio_mode=strict"],
    ),
}


@pytest.mark.parametrize("loop", LOOPS)
def test_cases_that_share_a_loop_and_a_client_are_told_apart(run, loop):
    """One open connection used by fixture and cases in turn: every request is whose it is, and a silent case has none."""
    head, options = LOOPS[loop]
    text = (
        ADDRESSES
        + "import asyncio, httpx, pytest\n"
        + head
        + """
@fixture
async def client(anyio_backend):
    async with httpx.AsyncClient(base_url=REST) as made:
        await made.get('/health')
        yield made
async def test_1(client): await client.get('/health')
async def test_2(client): await asyncio.gather(client.get('/health'), client.get('/health'))
async def test_0(client): await asyncio.sleep(0)
"""
    ).replace("client(anyio_backend)", "client(anyio_backend)" if "anyio" in head else "client()")
    once = run(text, args=[part for option in options for part in ("-o", option)])
    assert {case.outcome for case in once.cases.values()} == {"passed"}
    assert {case.name: case.traffic.rest_requests for case in once.cases.values()} == {"test_1": 1, "test_2": 2, "test_0": 0}
    assert next(apart.traffic.rest_requests for apart in once.apart if apart.name == "fixtures") == 1


def test_a_suite_with_a_lib_of_its_own_keeps_it(tmp_path):
    """`-p lib.suite.plugin` in our interpreter leaves the name to the suite."""
    tmp_path.joinpath("lib").mkdir()
    tmp_path.joinpath("lib/__init__.py").touch()
    tmp_path.joinpath("lib/adding.py").write_text("ONE = 1\n")
    tmp_path.joinpath("conftest.py").write_text("from lib.adding import ONE\n")
    tmp_path.joinpath("test_it.py").write_text("from lib.adding import ONE\ndef test_a(): assert ONE == 1\n")
    program = (
        "import pytest, sys; sys.path.remove(''); sys.exit(pytest.main(['-q', '-p', 'lib.suite.plugin', '--traffic', 'out']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_enters_other_processes_is_python_3_9():
    """No later syntax, and nothing of ours by its name."""
    import ast
    from pathlib import Path

    from lib.suite import plugin

    for path in Path(plugin.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(), feature_version=(3, 9))
        imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
        imported += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        assert not [name for name in imported if name.partition(".")[0] == "lib"], path
