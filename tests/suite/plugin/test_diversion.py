"""While a case runs, its target is another server; around it nothing changes."""

from __future__ import annotations

import socket
import ssl

import pytest

from lib.suite.plugin import attribution, diversion, sockets
from lib.suite.plugin.attribution import Scope
from lib.suite.sabotage import certificate


@pytest.fixture
def ports():
    """Two listening sockets: the target's and the one that replaces it."""
    with socket.create_server(("127.0.0.1", 0)) as target, socket.create_server(("127.0.0.1", 0)) as stand_in:
        yield target.getsockname()[1], stand_in.getsockname()[1]


@pytest.fixture
def diverted(ports):
    """A diversion from the first to the second, in force."""
    made = diversion.Diversion(targets=[["127.0.0.1", *ports]], limit_s=5.0)
    undo = sockets.install(made.divert)
    yield made
    undo()


def reached(host, port):
    with socket.create_connection((host, port), timeout=5) as sock:
        return sock.getpeername()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_only_a_case_is_diverted(diverted, ports, host):
    """Import and fixture reach the target; a case reaches the other server under each of the target's names."""
    target, stand_in = ports
    assert reached(host, target) == target
    with attribution.on_behalf_of(Scope("case", "case")):
        assert reached(host, target) == stand_in


def test_other_ports_are_nobodys_target(diverted, ports):
    """What is not the target's port is not touched."""
    with attribution.on_behalf_of(Scope("case", "case")), socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert reached("127.0.0.1", port) == port


def test_what_fixtures_left_open_leads_to_the_other_server(diverted, ports):
    """A connection to the target from before the case leads to the other server, so that the case cannot ask the target over
    it."""
    sock = socket.create_connection(("127.0.0.1", ports[0]), timeout=5)
    with diverted.case("a"):
        assert sock.getpeername()[1] == ports[1]
    assert sock.gettimeout() == 5
    sock.close()


def test_what_an_event_loop_watches_is_cut(diverted, ports):
    """A connection that cannot be led elsewhere unnoticed is ended."""
    sock = socket.create_connection(("127.0.0.1", ports[0]), timeout=5)
    sock.setblocking(False)
    with diverted.case("a"):
        assert sock.recv(1) == b""
    sock.close()


def test_an_authority_is_trusted_by_clients_only(tmp_path):
    """After `trust`, any client context accepts what the authority signed, and one that verifies nothing is left alone."""
    trusted, _ = certificate.make(["staging.example"], tmp_path)
    before = {name: getattr(ssl.SSLContext, name) for name in ("wrap_socket", "wrap_bio")}
    try:
        diversion.trust(str(trusted))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="staging.example")
        assert [dict(pair[0] for pair in found["subject"])["commonName"] for found in context.get_ca_certs()] == ["Sabotage"]
    finally:
        for name, method in before.items():
            setattr(ssl.SSLContext, name, method)


def test_a_case_that_takes_longer_by_itself_has_a_longer_limit(tmp_path):
    """Its own limit where it has one, that of the rest otherwise."""
    made = diversion.Diversion(targets=[], limit_s=5.0, limits={"slow": 20.0})
    assert (made.limit_s("slow"), made.limit_s("other")) == (20.0, 5.0)
    assert not made.overran("slow", 6.0)
    assert made.overran("other", 6.0)
