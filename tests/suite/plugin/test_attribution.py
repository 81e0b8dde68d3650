"""Code runs on behalf of whoever started it, in threads, pools and tasks."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.suite.plugin import attribution
from lib.suite.plugin.attribution import IMPORT, LATE, Scope, current, enter_task, on_behalf_of


@pytest.fixture(autouse=True)
def installed():
    undo = attribution.install()
    yield
    undo()


def in_thread(function):
    seen = []
    thread = threading.Thread(target=lambda: seen.append(function()))
    thread.start()
    thread.join()
    return seen[0]


def test_outside_of_everything_it_is_the_import():
    """Before any case traffic belongs to the import."""
    assert current() is IMPORT


def test_a_thread_belongs_to_its_starter():
    """A thread that a case starts runs for the case; one that a fixture started goes on running for the fixture."""
    case, fixture = Scope("case", "case"), Scope("fixture", "fixture")
    asked, answer = threading.Event(), []
    with on_behalf_of(fixture):
        worker = threading.Thread(target=lambda: (asked.wait(5), answer.append(current())))
        worker.start()
    with on_behalf_of(case):
        assert in_thread(current) is case
        asked.set()
        worker.join()
    assert answer == [fixture]


def test_a_pools_job_belongs_to_its_submitter():
    """Whoever started the pool's thread, a job runs for the scope that submitted it."""
    first, second = Scope("first", "case"), Scope("second", "case")
    with ThreadPoolExecutor(1) as pool:
        with on_behalf_of(first):
            assert pool.submit(current).result() is first
        first.open = False
        with on_behalf_of(second):
            assert pool.submit(current).result() is second


async def test_tasks_that_run_at_once_keep_their_own():
    """Two tasks that take turns each run for the scope that they entered."""

    async def task(scope: Scope) -> list[Scope]:
        enter_task(scope)
        seen = []
        for _ in range(3):
            await asyncio.sleep(0)
            seen.append(current())
        return seen

    scopes = [Scope(str(number), "case") for number in range(2)]
    assert await asyncio.gather(*map(task, scopes)) == [[scope] * 3 for scope in scopes]


def test_after_its_end_a_case_owns_nothing():
    """What a thread does after its case has ended is late, not the case's and not the next one's."""
    case, following = Scope("case", "case"), Scope("following", "case")
    go, seen = threading.Event(), []
    with on_behalf_of(case):
        thread = threading.Thread(target=lambda: (go.wait(5), seen.append(current())))
        thread.start()
    case.open = False
    with on_behalf_of(following):
        go.set()
        thread.join()
    assert seen == [LATE]
