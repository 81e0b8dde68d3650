"""These ask others than the target, or by ways that cannot be seen: their passes are not judged."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest
import requests

ASK = "import sys, urllib.request; sys.exit(urllib.request.urlopen(sys.argv[1], timeout=5).status != 200)"


@pytest.fixture
def nobody():
    """A port on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


def test_unknown_by_a_child(rest):
    subprocess.run([sys.executable, "-c", ASK, f"{rest}/health"], check=True, timeout=20)


def test_unknown_by_a_child_beside_a_request(rest):
    assert requests.get(f"{rest}/health", timeout=4).status_code < 600
    assert subprocess.call([sys.executable, "-c", ASK, f"{rest}/health"], timeout=20) == 0


def test_unknown_by_grpc(nobody):
    with grpc.insecure_channel(nobody) as channel, pytest.raises(grpc.RpcError):
        channel.unary_unary("/health.Check/Check")(b"", timeout=1)


def test_no_traffic_nobody_listens(nobody):
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://{nobody}/health", timeout=4)


def test_no_traffic_nobody_listens_by_hand(nobody):
    host, port = nobody.split(":")
    with socket.socket() as made:
        assert made.connect_ex((host, int(port))) != 0


@pytest.fixture
def other():
    """A server in this process that is not the target."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/__init__.py"
    server.shutdown()
    server.server_close()


def test_positive_beside_another_server(other, rest):
    assert requests.get(other, timeout=5).status_code == 404
    assert requests.get(f"{rest}/health", timeout=4).ok


def test_rejection_beside_another_server(other, rest):
    assert requests.get(other, timeout=5).status_code == requests.get(f"{rest}/nothing", timeout=4).status_code == 404


def test_in_process_over_a_socket_in_the_file_system(tmp_path):
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)
        client.sendall(b"ping")
        assert server.accept()[0].recv(9) == b"ping"
