"""What these ask by other programs cannot be seen: their passes are not judged."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ASK = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5).read()"


def test_with_a_child(rest):
    subprocess.run([sys.executable, "-c", ASK, f"{rest}/health"], check=True)


def test_with_its_output(rest):
    assert subprocess.check_output([sys.executable, "-c", ASK + "; print('ok')", f"{rest}/health"]).strip() == b"ok"


def test_with_a_shell(rest):
    assert os.system(f"{sys.executable} -c '{ASK}' {rest}/health") == 0  # noqa: S605 - cases as people write them


@pytest.mark.parametrize("path", ["/health", "/health?verbose=1"])
def test_each_path(rest, path):
    assert subprocess.call([sys.executable, "-c", ASK, rest + path]) == 0


def test_with_popen(rest):
    with subprocess.Popen([sys.executable, "-c", ASK, f"{rest}/health"]) as child:
        assert child.wait(20) == 0
