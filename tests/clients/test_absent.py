"""Libraries that are installed and not used are not imported by those that would use them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lib.clients.absent import absent
from lib.parameters.loading import ROOT


def test_a_module_cannot_be_imported_within_and_can_be_behind(monkeypatch: pytest.MonkeyPatch):
    """It is missing only for so long, and not where it has been imported before."""
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with absent("colorsys", "json"):
        import json

        with pytest.raises(ImportError):
            import colorsys
    import colorsys

    assert colorsys.rgb_to_hsv(1, 1, 1) == (0, 0, 1)
    assert json.loads("[]") == []


def test_a_client_brings_no_command_line_and_no_second_event_loop():
    """httpx and httpcore import both where they are installed: a quarter of a second before the first request."""
    program = (
        "import asyncio, sys; from lib.clients.rest import Rest; from lib.facts import Request\n"
        "asyncio.run(Rest().ask(Request(method='GET', url='http://127.0.0.1:9/', timeout_s=1)))\n"
        "print(sorted({'rich', 'click', 'trio', 'httpcore'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "['httpcore']"
