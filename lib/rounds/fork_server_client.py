"""The driver's end of `lib.rounds.fork_server`: starts it, asks it for kernels, and knows which of them have ended.

No library is imported here, so that the parent is at work before its driver has imported anything.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any

from lib.parameters import loading as params
from lib.rounds import parent_death

ANSWER_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 0.7
"""It may be in the middle of an import that no signal breaks off; killed, it takes its kernels with it all the same."""


class NotForkable(Exception):
    """Kernels cannot be forked here; carries why. The stock kernels can be used instead."""


class KernelParent:
    """A running `lib.rounds.fork_server`: forks kernels on request and knows which have ended."""

    def __init__(self, process: subprocess.Popen[str]):
        self._process = process
        self._changed = threading.Condition()
        self._answers: list[dict[str, Any]] = []
        self._ended: dict[int, int] = {}
        self._ready: dict[str, Any] | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    @classmethod
    def start(cls) -> KernelParent:
        """A parent that is importing; the first kernel waits until it is ready. Raises `NotForkable` where there is no fork."""
        if not hasattr(os, "fork") or sys.platform == "darwin":
            # macOS has fork, but its system libraries abort in forked children that use them.
            raise NotForkable(f"{sys.platform} does not fork safely")
        environment = {**os.environ, **parent_death.environment(), "PYTHONPATH": str(params.ROOT)}
        process = subprocess.Popen(
            [sys.executable, "-m", "lib.rounds.fork_server"],
            cwd=params.ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        return cls(process)

    @property
    def pid(self) -> int:
        """The parent's own process id."""
        return self._process.pid

    def fork(
        self, connection_file: str, *, environment: dict[str, str], directory: str, undisturbed: bool = False
    ) -> ForkedKernel:
        """One kernel process; raises `NotForkable` when the parent is not fit or gone.

        `undisturbed`: nothing is prepared for later kernels while this one runs, because it measures.
        """
        self._wait_ready()
        request = {
            "connection_file": connection_file,
            "environment": environment,
            "directory": directory,
            "undisturbed": undisturbed,
        }
        with self._changed:
            before = len(self._answers)
            try:
                self._process.stdin.write(json.dumps(request) + "\n")  # type: ignore[union-attr]  # a pipe, as asked for
                self._process.stdin.flush()  # type: ignore[union-attr]  # a pipe, as asked for
            except OSError:
                raise NotForkable("the warmed parent has ended") from None
            self._changed.wait_for(lambda: len(self._answers) > before or self._gone, ANSWER_TIMEOUT_S)
            if len(self._answers) == before:
                raise NotForkable("the warmed parent does not answer")
            answer = self._answers[-1]
        if "started" not in answer:
            raise NotForkable(f"the warmed parent has {answer['unfit']} threads")
        return ForkedKernel(self, answer["started"])

    def fit(self) -> bool:
        """Whether kernels can be forked from it; waits until it has imported what the first one needs."""
        try:
            self._wait_ready()
        except NotForkable:
            return False
        return not self._gone

    def _wait_ready(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ready is not None or self._gone, ANSWER_TIMEOUT_S)
            if not self._ready:
                raise NotForkable("the warmed parent did not come up")
            if self._ready["threads"] > 1:
                raise NotForkable(f"the warmed parent has {self._ready['threads']} threads")

    @property
    def _gone(self) -> bool:
        return self._process.poll() is not None

    def _listen(self) -> None:
        for line in self._process.stdout:  # type: ignore[union-attr]  # a pipe, as asked for
            message = json.loads(line)
            if "missing" in message:
                print(f"{message['missing']} cannot be imported ahead: {message['because']}", file=sys.stderr, flush=True)
                continue
            with self._changed:
                if "ready" in message:
                    self._ready = message
                elif "ended" in message:
                    self._ended[message["ended"]] = message["status"]
                else:
                    self._answers.append(message)
                self._changed.notify_all()
        self._process.wait()
        with self._changed:
            self._changed.notify_all()

    def ended(self, pid: int) -> int | None:
        """The exit status of a kernel that has ended, None while it runs; -9 for all when the parent itself is gone."""
        return -signal.SIGKILL if self._gone else self._ended.get(pid)

    def stop(self) -> None:
        """Ends the parent and with it every kernel that it forked, whatever it is importing."""
        try:
            self._process.stdin.close()  # type: ignore[union-attr]  # a pipe, as asked for
        except OSError:
            pass
        self._process.terminate()
        try:
            self._process.wait(timeout=STOP_TIMEOUT_S)
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
        """Signals the kernel alone, which is asked for where it has no process group yet."""
        os.kill(self.pid, number)
