"""The tap on Python's sockets, whatever library uses them: those opened here, not those accepted. Standard library only."""

from __future__ import annotations

import _posixsubprocess
import _socket
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from . import attribution, libraries
from .attribution import MAX_EXCHANGES, Scope
from .conversation import Conversation, WireExchange

Address = Any
Divert = Callable[[socket.socket, Address], Address]


class Connection:
    """One connection that was opened here: who uses it, where it leads, what is said on it."""

    def __init__(self, sock: Any, address: Address, scope: Scope, *, counted: bool):
        self.owner, self.counted, self.kind = scope, counted, getattr(sock, "type", socket.SOCK_STREAM)
        self.host = _name_of(address)
        self.secure, self.led_elsewhere = False, False
        self.inside = _server_inside(address)
        self.conversation = Conversation(on_exchange=self._exchange, on_frame=self._frame)

    def established(self) -> None:
        """The connection stands; counted once, for whoever opened it."""
        if not self.counted and self.kind == socket.SOCK_STREAM:
            self.counted = True
            scope = self.owner if self.owner.open else attribution.LATE
            scope.tally.connections += 1
            scope.tally.hosts[self.host] = scope.tally.hosts.get(self.host, 0) + 1
            self._note_inside(scope)

    def sent(self, data: Any, count: int, *, counts_bytes: bool = True) -> None:
        """`count` bytes of `data` were accepted for sending."""
        self.established()
        self.owner = attribution.current()
        self.owner.tally.diverted += self.led_elsewhere
        self._note_inside(self.owner)
        if counts_bytes:
            self.owner.tally.bytes_out += count
            if self.kind == socket.SOCK_STREAM:
                self.owner.tally.hosts.setdefault(self.host, 0)  # Whoever sends asks, be it over another's connection.
        if count:
            self.conversation.sent(bytes(memoryview(data).cast("B")[:count]), owner=self.owner, now=time.time())

    def received(self, data: Any, *, counts_bytes: bool = True) -> None:
        """These bytes were read; empty at the end of the stream."""
        self.established()
        if counts_bytes:
            (self.owner if self.owner.open else attribution.LATE).tally.bytes_in += len(data)
        self.conversation.received(data, now=time.time())

    def _note_inside(self, scope: Scope) -> None:
        if self.inside is not None:
            kind, name = self.inside
            counted: dict[str, int] = getattr(scope.tally, kind)
            counted[name] = counted.get(name, 0) + 1
            scope.tally.inside.add(self.host)

    def _exchange(self, exchange: WireExchange) -> None:
        tally = exchange.owner.tally
        if exchange.handshake:
            tally.handshakes += 1
        else:
            tally.rest_requests += 1
        if len(tally.exchanges) < MAX_EXCHANGES:
            tally.exchanges.append((exchange, self))

    def _frame(self, owner: Scope) -> None:
        (owner if owner.open else attribution.LATE).tally.frames += 1


_bound: WeakSet[Any] = WeakSet()
_stubs: set[int] = set()
UNIX = getattr(socket, "AF_UNIX", None)
OWN_SERVER, STUB_SERVER = "a server in the suite's own process", "pytest-httpserver"


def _server_inside(address: Address) -> tuple[str, str] | None:
    """Kind and name of the server where one listens at this address inside this process."""
    for sock in list(_bound):
        try:
            if sock.fileno() != -1 and _leads_to(address, sock.getsockname()):
                stub = isinstance(address, tuple) and address[1] in _stubs
                return (libraries.REPLAYED, STUB_SERVER) if stub else (libraries.IN_PROCESS, OWN_SERVER)
        except (OSError, IndexError, TypeError):
            continue
    return None


def _leads_to(address: Address, bound: Address) -> bool:
    """Whether who connects to an address comes to a server that is bound so."""
    if isinstance(address, tuple) and isinstance(bound, tuple):
        return _is_here(str(address[0])) and bool(bound[1] == address[1])
    return not isinstance(address, tuple) and _name_of(address) == _name_of(bound)


def _name_of(address: Address) -> str:
    """An address in one piece: `host:port`, or `unix:` and the path of a socket in the file system."""
    if isinstance(address, tuple):
        return f"{address[0]}:{address[1]}" if len(address) > 1 else str(address)
    return f"unix:{os.fsdecode(address)}" if isinstance(address, (str, bytes)) else str(address)


def _is_a_target(family: int, address: Address) -> bool:
    """Whether a connection may lead to who is tested; sockets by which Python's own processes and the system's log are reached
    do not."""
    if family != UNIX:
        return family in (socket.AF_INET, socket.AF_INET6)
    path = os.fsdecode(address) if isinstance(address, (str, bytes)) else ""
    return path.startswith("/") and "/pymp-" not in path and path not in ("/dev/log", "/var/run/syslog")


def _is_here(host: str) -> bool:
    return host.startswith(("127.", "::ffff:127.")) or host in ("localhost", "::1", "0.0.0.0", "::", "")  # noqa: S104 - compared


def _watch_stub_server(module: Any) -> None:
    start = module.HTTPServerBase.start

    def start_and_tell(server: Any) -> None:
        start(server)
        _stubs.add(server.port)

    module.HTTPServerBase.start = start_and_tell


_connections: WeakKeyDictionary[Any, Connection] = WeakKeyDictionary()
_secured: WeakKeyDictionary[Any, Connection] = WeakKeyDictionary()


def install(divert: Divert | None = None) -> Callable[[], None]:
    """Watches every socket from now on; `divert(sock, address)` may send a connection elsewhere. Returns what undoes it."""
    restore: list[Callable[[], None]] = []

    def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        inherited = name not in vars(owner)
        original = getattr(owner, name)
        setattr(owner, name, make(original))
        restore.append((lambda: delattr(owner, name)) if inherited else (lambda: setattr(owner, name, original)))

    def watch_class(owner: Any) -> None:
        for name in ("connect", "connect_ex"):
            replace(owner, name, lambda original: _connecting(original, divert))
        for name in ("send", "sendall", "sendto"):
            replace(owner, name, _sending)
        replace(owner, "sendmsg", _sending_parts)
        replace(owner, "recv", _receiving)
        replace(owner, "recv_into", _receiving_into)
        replace(owner, "getsockopt", _asking_option)
        replace(owner, "bind", _binding)

    watch_class(socket.socket)
    libraries.also("gevent._socket3", lambda module: watch_class(module.socket))
    libraries.also("pytest_httpserver.httpserver", _watch_stub_server)
    restore.append(libraries.install())
    for name in ("send", "write"):
        replace(ssl.SSLSocket, name, _sending_tls)
    replace(ssl.SSLSocket, "read", _reading_tls)
    replace(ssl.SSLObject, "write", _writing_object)
    replace(ssl.SSLObject, "read", _reading_object)
    replace(subprocess.Popen, "__init__", _starting_process)
    for owner, names in ((os, ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system")), (_posixsubprocess, ("fork_exec",))):
        for name in names:
            if hasattr(owner, name):
                replace(owner, name, _starting_process)
    restore.append(attribution.install())

    def undo() -> None:
        for step in reversed(restore):
            step()

    return undo


def lead_elsewhere(sock: Any) -> None:
    """Notes that an open connection has come to lead to another server: whoever sends on it from now on has been diverted."""
    if connection := _connections.get(sock):
        connection.led_elsewhere = True


def is_websocket(sock: Any) -> bool:
    """Whether a WebSocket was opened on this connection."""
    connection = _connections.get(sock)
    return connection is not None and connection.conversation.is_websocket


def _connecting(original: Any, divert: Divert | None) -> Any:
    def connect(self: socket.socket, address: Address) -> Any:
        if not _is_a_target(self.family, address):
            return original(self, address)
        connection = Connection(self, address, attribution.current(), counted=False)
        _connections[self] = connection
        result = original(self, divert(self, address) if divert else address)
        if not result:
            connection.established()
        return result

    return connect


def _binding(original: Any) -> Any:
    def bind(self: socket.socket, address: Address) -> Any:
        result = original(self, address)
        if self.family in (socket.AF_INET, socket.AF_INET6, UNIX) and self.type == socket.SOCK_STREAM:
            _bound.add(self)
            port = address[1] if isinstance(address, tuple) and len(address) > 1 else 0
            if port:
                attribution.FIXED_PORTS.add(port)
        return result

    return bind


def _asking_option(original: Any) -> Any:
    def getsockopt(self: socket.socket, level: int, option: int, *size: int) -> Any:
        value = original(self, level, option, *size)
        # How asyncio and trio learn that a connection which was in progress now stands.
        if option == socket.SO_ERROR and level == socket.SOL_SOCKET and value == 0 and (connection := _connections.get(self)):
            connection.established()
        return value

    return getsockopt


def _sending(original: Any) -> Any:
    returns_count = original.__name__ != "sendall"

    def send(self: socket.socket, data: Any, *args: Any) -> Any:
        count = original(self, data, *args)
        connection = _connections.get(self)
        if connection is None and args and isinstance(args[-1], tuple):
            connection = _connections[self] = Connection(self, args[-1], attribution.current(), counted=False)
        if connection is not None:
            connection.sent(data, count if returns_count else memoryview(data).nbytes)
        return count

    return send


def _sending_parts(original: Any) -> Any:
    def sendmsg(self: socket.socket, buffers: Any, *args: Any) -> Any:
        parts = list(buffers)
        count = original(self, parts, *args)
        if connection := _connections.get(self):
            connection.sent(b"".join(parts), count)
        return count

    return sendmsg


def _receiving(original: Any) -> Any:
    def recv(self: socket.socket, size: int, flags: int = 0) -> bytes:
        data = original(self, size, flags)
        connection = _connections.get(self)
        if connection is not None and not flags & socket.MSG_PEEK and (data or size):
            connection.received(data)
        return data

    return recv


def _receiving_into(original: Any) -> Any:
    def recv_into(self: socket.socket, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        count = original(self, buffer, nbytes, flags)
        connection = _connections.get(self)
        if connection is not None and not flags & socket.MSG_PEEK:
            connection.received(bytes(memoryview(buffer).cast("B")[:count]))
        return count

    return recv_into


def _tls_socket(sock: ssl.SSLSocket) -> Connection | None:
    """The connection of a TLS socket, which took over the descriptor of the one that connected; None for a server's."""
    if sock._sslobj is None or sock.server_side:  # type: ignore[attr-defined]
        return None
    connection = _connections.get(sock)
    if connection is None:
        try:
            address = _socket.socket.getpeername(sock)
        except OSError:
            return None
        connection = _connections[sock] = Connection(sock, address, attribution.current(), counted=True)
    if not connection.secure:
        connection.secure = True
        connection.host = _named(connection.host, sock.server_hostname)
    return connection


def _named(host: str, name: str | None) -> str:
    return f"{name}:{host.rpartition(':')[2]}" if name else host


def _sending_tls(original: Any) -> Any:
    def send(self: ssl.SSLSocket, data: Any, *args: Any) -> Any:
        connection = _tls_socket(self)
        count = original(self, data, *args)
        if connection is not None:
            connection.sent(data, count)
        return count

    return send


def _reading_tls(original: Any) -> Any:
    def read(self: ssl.SSLSocket, size: int = 1024, buffer: Any = None) -> Any:
        connection = _tls_socket(self)
        result = original(self, size, buffer)
        if connection is not None:
            connection.received(result if buffer is None else bytes(memoryview(buffer).cast("B")[:result]))
        return result

    return read


def _tls_object(stream: ssl.SSLObject) -> Connection | None:
    # TLS over memory (asyncio, anyio, trio): its socket counts the bytes, as ciphertext; this layer reads what is said.
    if stream.server_side:
        return None
    connection = _secured.get(stream)
    if connection is None:
        connection = _secured[stream] = Connection(
            None, (stream.server_hostname or "tls", ""), attribution.current(), counted=True
        )
        connection.secure, connection.host = True, stream.server_hostname or "tls"
    return connection


def _writing_object(original: Any) -> Any:
    def write(self: ssl.SSLObject, data: Any) -> int:
        count = original(self, data)
        if connection := _tls_object(self):
            connection.sent(data, count, counts_bytes=False)
        return count

    return write


def _reading_object(original: Any) -> Any:
    def read(self: ssl.SSLObject, size: int = 1024, buffer: Any = None) -> Any:
        result = original(self, size, buffer)
        if connection := _tls_object(self):
            connection.received(result if buffer is None else bytes(memoryview(buffer).cast("B")[:result]), counts_bytes=False)
        return result

    return read


_ASKS_NOBODY = frozenset(
    [
        "uname",
        "lscpu",
        "ldconfig",
        "gcc",
        "cc",
        "ld",
        "objdump",
        "git",
        "ifconfig",
        "ip",
        "arp",
        "which",
        "stty",
        "tput",
        "lsb_release",
    ]
)
"""What Python's own platform, uuid, ctypes and terminal modules start, and pytest's plug-ins."""


def _starting_process(original: Any) -> Any:
    def start(*args: Any, **kwargs: Any) -> Any:
        program = _program(args, kwargs)
        if program not in _ASKS_NOBODY:
            tally = attribution.current().tally
            tally.processes += 1
            tally.programs[program] = tally.programs.get(program, 0) + 1
        return original(*args, **kwargs)

    return start


def _program(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """What is started, as far as the arguments of Popen, system, posix_spawn or fork tell."""
    given = [part for part in (*args, kwargs.get("args")) if isinstance(part, (str, bytes, os.PathLike, list, tuple)) and part]
    command = given[0] if given else "a fork"
    first = command[0] if isinstance(command, (list, tuple)) else command
    words = os.fsdecode(first).split() if isinstance(first, (str, bytes, os.PathLike)) else []
    return os.path.basename(words[0])[:40] if words else "a program"
