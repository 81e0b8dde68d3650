"""Independent async cases run at the same time, in one event loop, each with its own traffic and its own duration.

For suites that choose it (our ten modules do, in their conftest). A case may ask for session fixtures only. pytest then goes
through the cases as always and finds each one running or finished already.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import time
from collections.abc import Coroutine
from typing import Any

import pytest

TASK = pytest.StashKey["asyncio.Task[None]"]()


class AtOnce:
    """A pytest plug-in: `config.pluginmanager.register(AtOnce())`."""

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        if not inspect.iscoroutinefunction(pyfuncitem.obj):
            return None
        if self._runner is None:
            self._runner = asyncio.Runner()
            gc.freeze()  # What was imported stays; looking through it again and again takes a tenth of the run.
            for item in pyfuncitem.session.items:
                if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
                    self._start(item, self._runner, pyfuncitem._request)
        task = pyfuncitem.stash[TASK]
        self._runner.run(asyncio.wait([task]))
        task.result()
        return True

    def _start(self, item: pytest.Function, runner: asyncio.Runner, running: pytest.FixtureRequest) -> None:
        definitions = item._fixtureinfo.name2fixturedefs
        own = [name for name in item._fixtureinfo.argnames if name not in definitions or definitions[name][-1].scope != "session"]
        if own:
            raise pytest.UsageError(f"{item.nodeid} asks for {own[0]}: cases that run at once share session fixtures only")
        watch = item.config.pluginmanager.get_plugin("traffic-watch")
        values = {name: running.getfixturevalue(name) for name in item._fixtureinfo.argnames}
        context = watch.context_of(item) if watch else contextvars.copy_context()
        item.stash[TASK] = runner.get_loop().create_task(_timed(item, item.obj(**values), watch), context=context)

    def pytest_sessionfinish(self) -> None:
        if self._runner is not None:
            self._runner.close()


async def _timed(item: pytest.Function, case: Coroutine[Any, Any, None], watch: Any) -> None:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(watch.limit_s(item) if watch else None):
            await case
    finally:
        if watch:
            watch.case_ended(item, time.perf_counter() - started)


def install(config: pytest.Config) -> None:
    """Runs this session's async cases at once; `-p no:at-once` leaves them to pytest-asyncio, one after another."""
    if config.pluginmanager.is_blocked("at-once"):
        return
    config.option.asyncio_mode = "strict"
    config.pluginmanager.register(AtOnce(), "at-once")
