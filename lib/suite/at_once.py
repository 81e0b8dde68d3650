"""Independent async cases run at the same time, in one event loop, each with its own traffic and its own duration.

For suites that choose it (our ten modules do, in their conftest). A case may ask for session fixtures only. pytest then goes
through the cases as always and finds each one running or finished already.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from . import attribution
from .attribution import Scope
from .plugin import DURATION, SCOPE

TASK = pytest.StashKey["asyncio.Task[float]"]()


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
            for item in pyfuncitem.session.items:
                if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
                    self._start(item, self._runner)
        task = pyfuncitem.stash[TASK]
        self._runner.run(asyncio.wait([task]))
        task.result()
        return True

    def _start(self, item: pytest.Function, runner: asyncio.Runner) -> None:
        definitions = item._fixtureinfo.name2fixturedefs
        own = [name for name in item._fixtureinfo.argnames if name not in definitions or definitions[name][-1].scope != "session"]
        if own:
            raise pytest.UsageError(f"{item.nodeid} asks for {own[0]}: cases that run at once share session fixtures only")
        scope = item.stash[SCOPE] = Scope(item.nodeid, "case")
        limit_s = self._limit_s(item.config)
        coroutine = _timed(item, item.obj(**{name: item._request.getfixturevalue(name) for name in item._fixtureinfo.argnames}), limit_s)
        context = contextvars.copy_context()
        context.run(attribution.enter_task, scope)
        item.stash[TASK] = runner.get_loop().create_task(coroutine, context=context)

    @staticmethod
    def _limit_s(config: pytest.Config) -> float | None:
        watch = config.pluginmanager.get_plugin("traffic-watch")
        return watch.diversion.limit_s if watch is not None and watch.diversion else None

    def pytest_sessionfinish(self) -> None:
        if self._runner is not None:
            self._runner.close()


async def _timed(item: pytest.Function, case: Coroutine[Any, Any, None], limit_s: float | None) -> None:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(limit_s):
            await case
    finally:
        item.stash[DURATION] = time.perf_counter() - started
        item.stash[SCOPE].open = False


def install(config: pytest.Config) -> None:
    """Runs this session's async cases at once, unless pytest-asyncio is told to by a mark."""
    config.option.asyncio_mode = "strict"
    config.pluginmanager.register(AtOnce(), "at-once")
