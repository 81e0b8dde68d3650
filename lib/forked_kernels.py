"""Kernels forked from a warmed parent, as jupyter_client sees kernels: a provisioner, a manager, a client that is ready when the kernel is.

A stock kernel costs a process start and every import again, and jupyter_client then waits a fixed 200 ms and polls each 100 ms.
Where forking is not safe (another platform, a parent with threads) `KernelParent.start` says so and the stock kernels are used.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from lib import params

READY_TIMEOUT_S = 30.0


class NotForkable(Exception):
    """Kernels cannot be forked here; carries why. The stock kernels can be used instead."""


class KernelParent:
    """A running `lib.kernel_parent`: forks kernels on request and knows which have ended."""

    def __init__(self, process: subprocess.Popen[str]):
        self._process = process
        self._changed = threading.Condition()
        self._started: list[int] = []
        self._ended: dict[int, int] = {}
        self._ready: dict[str, Any] | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    @classmethod
    def start(cls) -> KernelParent:
        """A parent that is importing; the first kernel waits until it is ready. Raises `NotForkable` where there is no fork."""
        if not hasattr(os, "fork") or sys.platform == "darwin":
            # macOS has fork, but its system libraries abort in forked children that use them.
            raise NotForkable(f"{sys.platform} does not fork safely")
        environment = {**os.environ, "PYTHONPATH": str(params.ROOT)}
        process = subprocess.Popen(
            [sys.executable, "-m", "lib.kernel_parent"],
            cwd=params.ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        return cls(process)

    def fork(self, connection_file: str, *, environment: dict[str, str], directory: str) -> ForkedKernel:
        """One kernel process; raises `NotForkable` when the parent is not fit or gone."""
        self._wait_ready()
        with self._changed:
            before = len(self._started)
            request = {"connection_file": connection_file, "environment": environment, "directory": directory}
            try:
                self._process.stdin.write(json.dumps(request) + "\n")  # type: ignore[union-attr]
                self._process.stdin.flush()  # type: ignore[union-attr]
            except OSError:
                raise NotForkable("the warmed parent has ended") from None
            if not self._changed.wait_for(lambda: len(self._started) > before or self._gone, READY_TIMEOUT_S) or self._gone:
                raise NotForkable("the warmed parent does not answer")
            return ForkedKernel(self, self._started[-1])

    def fit(self) -> bool:
        """Whether kernels can be forked from it; waits until it has imported what it imports."""
        try:
            self._wait_ready()
        except NotForkable:
            return False
        return True

    def _wait_ready(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ready is not None or self._gone, READY_TIMEOUT_S)
            if not self._ready:
                raise NotForkable("the warmed parent did not come up")
            if self._ready["threads"] > 1:
                raise NotForkable(f"the warmed parent has {self._ready['threads']} threads")

    @property
    def _gone(self) -> bool:
        return self._process.poll() is not None

    def _listen(self) -> None:
        for line in self._process.stdout:  # type: ignore[union-attr]
            message = json.loads(line)
            with self._changed:
                if "ready" in message:
                    self._ready = message
                elif "started" in message:
                    self._started.append(message["started"])
                else:
                    self._ended[message["ended"]] = message["status"]
                self._changed.notify_all()
        self._process.wait()
        with self._changed:
            self._changed.notify_all()

    def ended(self, pid: int) -> int | None:
        """The exit status of a kernel that has ended, None while it runs; -9 for all when the parent itself is gone."""
        return -signal.SIGKILL if self._gone else self._ended.get(pid)

    def stop(self) -> None:
        """Ends the parent and with it every kernel that it forked."""
        try:
            self._process.stdin.close()  # type: ignore[union-attr]
        except OSError:
            pass
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class ForkedKernel:
    """The part of `subprocess.Popen` that jupyter_client uses, for a process that is not our child but our parent's."""

    stdin = stdout = stderr = None

    def __init__(self, parent: KernelParent, pid: int):
        self._parent, self.pid = parent, pid

    def poll(self) -> int | None:
        """The exit status, None while it runs."""
        return self._parent.ended(self.pid)

    def wait(self) -> int | None:
        """The exit status of a kernel that has ended."""
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Signals the kernel and what it started."""
        os.killpg(self.pid, number)


class ForkedProvisioner(LocalProvisioner):
    """Launches kernels by asking a `KernelParent`."""

    source: KernelParent

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Forks instead of starting a process."""
        environment = {key: str(value) for key, value in (kwargs.get("env") or os.environ).items()}
        directory = str(kwargs.get("cwd") or Path.cwd())
        self.process = await asyncio.to_thread(self.source.fork, self.parent.connection_file, environment=environment, directory=directory)
        self.pid = self.pgid = self.process.pid
        return self.connection_info

    async def wait(self) -> int | None:
        """Like the stock one, without its tenth of a second."""
        while self.process and self.process.poll() is None:  # noqa: ASYNC110  (not our child: nothing wakes us)
            await asyncio.sleep(0.003)
        self.process = None
        return 0


class PromptClient(AsyncKernelClient):
    """A client that is ready as soon as the kernel has answered and its output channel is heard."""

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        give_up = time.monotonic() + (timeout or READY_TIMEOUT_S)
        answered = heard = False
        while not (answered and heard):
            self.kernel_info()
            pause = time.monotonic() + 0.05
            while time.monotonic() < pause and not (answered and heard):
                answered = await self._took(self.shell_channel) or answered
                heard = await self._took(self.iopub_channel) or heard
            if time.monotonic() > give_up or not await self._async_is_alive():
                raise RuntimeError("the kernel did not become ready")
        while await self._took(self.iopub_channel, wait_s=0.002):
            pass  # what the questions above stirred up must not reach the first cell

    async def _took(self, channel: Any, wait_s: float = 0.005) -> bool:
        try:
            await channel.get_msg(timeout=wait_s)
        except Empty:
            return False
        return True

    wait_for_ready = _async_wait_for_ready


class ForkedKernelManager(AsyncKernelManager):
    """Manages one forked kernel over sockets in the file system: no ports to choose, so no two that collide."""

    def __init__(self, source: KernelParent):
        folder = tempfile.mkdtemp(prefix="kernel-")
        super().__init__(transport="ipc", ip=f"{folder}/socket", connection_file=f"{folder}/connection.json")
        self.client_class = f"{__name__}.PromptClient"
        self._folder = Path(folder)
        self._kernel_spec = KernelSpec(argv=[sys.executable], display_name="Python 3", language="python")
        self.provisioner = ForkedProvisioner(kernel_id=self.kernel_id, kernel_spec=self._kernel_spec, parent=self)
        self.provisioner.source = source

    def discard(self) -> None:
        """Removes the sockets and the connection file of a kernel that has ended."""
        shutil.rmtree(self._folder, ignore_errors=True)
