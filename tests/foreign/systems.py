"""Foreign systems as child processes: each on a free port of the loopback, each writing down what it received."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port

HERE = Path(__file__).parent
DEADLINE_S = 20
APACHE_MODULES = "/usr/lib/apache2/modules"
"""Where Debian's package keeps them."""


class System:
    """A running foreign system."""

    def __init__(self, command: list[str], folder: Path, port: int | None, *, seen: Path):
        self.seen_path = seen
        self._errors = folder / f"{seen.stem}.stderr"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, cwd=folder)
        if port is None:
            line = self._process.stdout.readline()
            assert line, self._errors.read_text()
            port = int(line)
        self.port = port
        self.authority = f"127.0.0.1:{port}"
        self.secure_port = 0
        self._wait()

    def _wait(self) -> None:
        until_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < until_s:
            assert self._process.poll() is None, self._errors.read_text()
            with socket.socket() as probe:
                probe.settimeout(0.2)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError(f"nothing listens on {self.port}: {self._errors.read_text()}")

    def seen(self, kind: str) -> list[dict[str, Any]]:
        """Requests of this kind that arrived here, in order."""
        lines = self.seen_path.read_text().splitlines() if self.seen_path.exists() else []
        return [entry for entry in map(json.loads, lines) if entry["kind"] == kind]

    def stop(self) -> None:
        """Ends it."""
        self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


class Started:
    """Starts foreign systems, and ends them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.systems: list[System] = []

    def python(self, name: str, **config: Any) -> System:
        """One of servers/."""
        return self._child([sys.executable, str(HERE / "servers" / f"{name}_app.py")], config)

    def node(self, **config: Any) -> System:
        """node/server.js."""
        return self._child([needed("node"), str(HERE / "node" / "server.js")], config)

    def nginx(self, server: str) -> System:
        """nginx with these directives in its server block; `%PORT%` there is its port, `%PORT2%` another that is free."""
        port, seen = free_port(), self._seen("nginx")
        text = (HERE / "nginx.conf").read_text().replace("%SERVER%", server)
        return self._proxy([needed("nginx"), "-p", str(self.folder), "-e", "stderr", "-c"], text, port, seen)

    def haproxy(self, front: str, back: str) -> System:
        """haproxy with these rules in its frontend and its backend."""
        port, seen = free_port(), self._seen("haproxy")
        text = (HERE / "haproxy.cfg").read_text().replace("%FRONT%", front).replace("%BACK%", back)
        return self._proxy([needed("haproxy"), "-db", "-f"], text, port, seen)

    def apache(self, server: str) -> System:
        """Apache's httpd with these directives."""
        port, seen = free_port(), self._seen("apache")
        text = (HERE / "apache.conf").read_text().replace("%MODULES%", APACHE_MODULES).replace("%SERVER%", server)
        return self._proxy([needed("apache2"), "-DFOREGROUND", "-f"], text, port, seen)

    def envoy(self, to: str, *, sockets: str | None = None, manager: str = "", route: str = "", cluster: str = "") -> System:
        """Envoy before this authority (of WebSockets, `sockets`), of whose connection manager, route and cluster this is said."""
        port, seen = free_port(), self._seen("envoy")
        text = (HERE / "envoy.yaml").read_text().replace("%TO%", port_of(to)).replace("%SOCKETS%", port_of(sockets or to))
        for place, said in (("%MANAGER%", manager), ("%ROUTE%", route), ("%CLUSTER%", cluster)):
            text = text.replace(place, said)
        command = [needed("envoy"), "--concurrency", "1", "--disable-hot-restart", "-l", "error", "-c"]
        return self._proxy(command, text, port, seen, suffix=".yaml")

    def _proxy(self, command: list[str], text: str, port: int, seen: Path, *, suffix: str = ".conf") -> System:
        config, secure = self.folder / f"{seen.stem}{suffix}", free_port()
        text = text.replace("%PORT%", str(port)).replace("%PORT2%", str(secure))
        config.write_text(text.replace("%FOLDER%", str(self.folder)).replace("%SEEN%", str(seen)))
        system = self._keep(System([*command, str(config)], self.folder, port, seen=seen))
        system.secure_port = secure
        return system

    def _child(self, command: list[str], config: Mapping[str, Any]) -> System:
        seen = self._seen("child")
        return self._keep(System([*command, json.dumps({**config, "seen": str(seen)})], self.folder, None, seen=seen))

    def _seen(self, name: str) -> Path:
        return self.folder / f"{name}-{len(self.systems)}.jsonl"

    def _keep(self, system: System) -> System:
        self.systems.append(system)
        return system

    def stop(self) -> None:
        """Ends them all."""
        while self.systems:
            self.systems.pop().stop()


def passing(to: str) -> str:
    """The directives with which nginx passes everything on, upgrades too."""
    upgrade = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;"
    return f"proxy_pass http://{to}; proxy_set_header Host $host; {upgrade}"


def port_of(authority: str) -> str:
    """The port behind the colon."""
    return authority.rpartition(":")[2]


def needed(program: str) -> str:
    """The path of a program; the test is skipped by its name where this machine lacks it."""
    beside = f"{Path(sys.executable).parent}:/usr/sbin:/usr/local/sbin:/sbin"
    found = shutil.which(program) or shutil.which(program, path=beside)
    if not found:
        pytest.skip(f"{program} is not installed")
    return found
