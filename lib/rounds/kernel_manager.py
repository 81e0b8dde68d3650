"""Kernels forked from a warmed parent, as jupyter_client sees kernels: a provisioner, a manager, a client that is ready when
the kernel is.

A stock kernel costs a process start and every import again, and jupyter_client then waits a fixed 200 ms and polls each 100 ms.
Where forking is not safe (another platform, a parent with threads) `KernelParent` says so and the stock kernels are used.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from queue import Empty
from typing import Any, cast

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager, KernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from lib.rounds.fork_server_client import KernelParent

READY_TIMEOUT_S = 30.0


class ForkedProvisioner(LocalProvisioner):
    """Launches kernels by asking a `KernelParent`."""

    source: KernelParent
    undisturbed = False

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Forks instead of starting a process."""
        environment = {key: str(value) for key, value in (kwargs.get("env") or os.environ).items()}
        directory = str(kwargs.get("cwd") or Path.cwd())
        fork = partial(self.source.fork, environment=environment, directory=directory, undisturbed=self.undisturbed)
        assert self.parent is not None  # the manager that made this provisioner
        kernel = await asyncio.to_thread(fork, self.parent.connection_file)
        self.process = cast("subprocess.Popen[Any]", kernel)  # the part of one that jupyter_client uses
        self.pid = self.pgid = kernel.pid
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

    def __init__(self, source: KernelParent, *, undisturbed: bool = False):
        folder = tempfile.mkdtemp(prefix="kernel-")
        super().__init__(transport="ipc", ip=f"{folder}/socket", connection_file=f"{folder}/connection.json")
        self.client_class = f"{__name__}.PromptClient"
        self._folder = Path(folder)
        self._kernel_spec = KernelSpec(argv=[sys.executable], display_name="Python 3", language="python")
        self.provisioner = ForkedProvisioner(kernel_id=self.kernel_id, kernel_spec=self._kernel_spec, parent=self)
        self.provisioner.source, self.provisioner.undisturbed = source, undisturbed
        self._clients: list[AsyncKernelClient] = []

    def client(self, **kwargs: Any) -> AsyncKernelClient:  # type: ignore[override]  # as jupyter_client overrides it itself
        """One whose threads and sockets `discard` ends."""
        made = super().client(**kwargs)
        self._clients.append(made)
        return made

    def discard(self) -> None:
        """Ends what this process holds of a kernel that nobody asks any more; the kernel itself ends with its parent.

        nbclient tidies up only after managers that it has made itself.
        """
        for client in self._clients:
            if not client.context.closed:  # as it is where nbclient has given up on a kernel that did not start
                client.stop_channels()  # the heartbeat's thread first, then the context
        self._clients.clear()
        KernelManager.cleanup_resources(self)  # the one that waits
        shutil.rmtree(self._folder, ignore_errors=True)
