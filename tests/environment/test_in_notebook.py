"""What a notebook that runs alone shows while a cell of it takes long, in a real kernel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from lib.parameters.loading import ROOT

TARGET = "environment: nobody\ntarget: {rest_url: 'http://127.0.0.1:1', ws_url: 'ws://127.0.0.1:1/ws'}\n"
OPEN = "from lib.environment import open_environment; here = open_environment({given})"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def kernel() -> Iterator[Any]:
    """The client of a kernel, in the folder of the notebooks."""
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(ROOT / "notebooks"), startup_timeout=120)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def outputs(kernel: Any, code: str) -> list[tuple[str, Any]]:
    """What a cell put out, message by message; text alone of what it displayed."""
    found: list[tuple[str, Any]] = []

    def heard(message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        if kind not in {"status", "execute_input"}:
            found.append((kind, content["data"]["text/plain"] if "data" in content else content.get("text", content)))

    kernel.execute_interactive(code, output_hook=heard, timeout=120)
    return found


def test_a_cell_says_what_is_asked_meanwhile_and_leaves_nothing_of_it(kernel: Any, tmp_path: Path) -> None:
    """One line is written over, and is empty at the end; whoever asks to be told is told instead."""
    (tmp_path / "nobody.yaml").write_text(TARGET)
    assert outputs(kernel, OPEN.format(given=repr(str(tmp_path / "nobody.yaml")))) == []
    kinds, texts = zip(*outputs(kernel, "found = await here.whys()"), strict=True)
    assert (kinds[0], set(kinds[1:])) == ("display_data", {"update_display_data"})
    assert any("h1 as configured → " in text for text in texts)
    assert (texts[0], texts[-1]) == ("", "")
    assert outputs(kernel, "told = []; found = await here.whys(told.append); print(len(told) > 0)") == [("stream", "True\n")]


def test_parameters_that_are_refused_leave_what_is_open(kernel: Any) -> None:
    """Opened again there is one built-in system, another one; a misspelt parameter ends none."""
    alive = "from lib.environment import opening; print([one.alive for one in opening._open.values()])"
    for _ in range(2):
        assert outputs(kernel, OPEN.format(given="")) == []
        assert outputs(kernel, alive) == [("stream", "[True]\n")]
    assert [kind for kind, _ in outputs(kernel, OPEN.format(given="overrides={'budget.handshaks': 5}"))] == ["error"]
    assert outputs(kernel, alive) == [("stream", "[True]\n")]


def test_bad_input_ends_a_cell_with_its_sentence_alone(kernel: Any) -> None:
    """No frame of ours stands in the record; another failure keeps its frames."""
    ((kind, told),) = outputs(kernel, OPEN.format(given="'no-such-place'"))
    assert (kind, told["ename"], len(told["traceback"])) == ("error", "BadInput", 1)
    assert told["traceback"][0] == f"bad input: {told['evalue']}"
    ((_, told),) = outputs(kernel, "1 / 0")
    assert len(told["traceback"]) > 1


def test_a_log_source_that_refuses_is_shown_and_raises_nothing(kernel: Any, tmp_path: Path) -> None:
    """A cell that cannot read the logs says so: red output would mean that the notebook is broken."""
    logs = "logs: {source: cloud, project: p, endpoint: 'http://127.0.0.1:1'}\n"
    (tmp_path / "nobody.yaml").write_text(TARGET + logs)
    opened = OPEN.format(given=repr(str(tmp_path / "nobody.yaml")))
    told = outputs(kernel, f"{opened}; print(here.logs([]).as_json()['unread'][0]['what'])")
    (said,) = (text for kind, text in told if kind == "stream")
    assert said.startswith("the log source refused: http://127.0.0.1:1: UNAVAILABLE")
