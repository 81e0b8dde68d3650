"""The tap counts connections and bytes at the socket, and leaves sockets as it found them."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from lib.suite.plugin import attribution, sockets
from lib.suite.plugin.attribution import Scope


@pytest.fixture
def case():
    undo = sockets.install()
    scope = Scope("case", "case")
    with attribution.on_behalf_of(scope):
        yield scope
    undo()


@pytest.fixture
def echo():
    """A server that sends back the first bytes of each connection; its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            with peer:
                peer.sendall(peer.recv(100))

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def test_blocking_sockets(case, echo):
    """One connection, its bytes out and in."""
    with socket.create_connection(("127.0.0.1", echo)) as sock:
        sock.sendall(b"hello")
        assert sock.recv(100) == b"hello"
    assert (case.tally.connections, case.tally.bytes_out, case.tally.bytes_in) == (1, 5, 5)


def test_who_sends_over_anothers_connection_asks_its_host(case, echo):
    """A case that uses the connection which a fixture opened has asked there, and has opened none."""
    with attribution.on_behalf_of(Scope("fixtures", "fixture")):
        opened = socket.create_connection(("127.0.0.1", echo))
    with opened:
        opened.sendall(b"ping")
    assert case.tally.hosts == {f"127.0.0.1:{echo}": 0}
    assert case.tally.connections == 0


def test_files_and_parts(case, echo):
    """makefile reads and sendmsg writes are counted too."""
    with socket.create_connection(("127.0.0.1", echo)) as sock:
        sock.sendmsg([b"hel", b"lo"])
        assert sock.makefile("rb").read() == b"hello"
    assert (case.tally.bytes_out, case.tally.bytes_in) == (5, 5)


def test_asyncio_streams(case, echo):
    """Transports go through the same sockets."""

    async def talk():
        reader, writer = await asyncio.open_connection("127.0.0.1", echo)
        writer.write(b"hello")
        assert await reader.read() == b"hello"
        writer.close()
        await writer.wait_closed()

    asyncio.run(talk())
    assert (case.tally.connections, case.tally.bytes_out, case.tally.bytes_in) == (1, 5, 5)


def test_a_socket_in_the_file_system_is_somebody_who_is_asked(case, tmp_path):
    """Its path is the host, and a server that is bound there in this process is one inside; Python's own processes are nobody."""
    for name, inside in (("s", True), ("pymp-1", False)):
        (tmp_path / name).mkdir()
        path = str(tmp_path / name / "listener")
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
            server.bind(path)
            server.listen()
            client.connect(path)
            client.sendall(b"hello")
        assert (f"unix:{path}" in case.tally.hosts) == (f"unix:{path}" in case.tally.inside) == inside
    assert (case.tally.connections, case.tally.bytes_out) == (1, 5)
    assert case.tally.in_process == {sockets.OWN_SERVER: 2}


def test_a_refused_connection_is_none(case):
    """Where nobody listens nothing stands and nothing is sent."""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 1), timeout=5)
    assert (case.tally.connections, case.tally.bytes_out) == (0, 0)


def test_datagrams_are_bytes_without_a_connection(case):
    """What goes out by UDP is traffic."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"ping", ("127.0.0.1", 9))
    assert (case.tally.connections, case.tally.bytes_out) == (0, 4)


def test_undone_it_leaves_nothing_behind():
    """After undo the classes are as they were."""
    before = {name: getattr(socket.socket, name) for name in ("connect", "send", "recv", "recv_into")}
    sockets.install()()
    assert {name: getattr(socket.socket, name) for name in before} == before
    assert "recv" not in vars(socket.socket)
