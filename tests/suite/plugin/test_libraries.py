"""Clients inside the process, stubs and clients outside Python are recognised by their calls, imported before or after."""

from __future__ import annotations

import sys
import types

import pytest

from lib.suite.plugin import attribution, libraries
from lib.suite.plugin.attribution import Scope


@pytest.fixture
def scope():
    made = Scope("case", "case")
    with attribution.on_behalf_of(made):
        yield made


def test_a_call_is_noted_for_whoever_makes_it(scope, monkeypatch):
    """A library that is imported already is watched, and does what it did."""
    module = types.ModuleType("wsgiadapter")
    module.WSGIAdapter = type("WSGIAdapter", (), {"send": lambda self, request: request * 2})
    monkeypatch.setitem(sys.modules, "wsgiadapter", module)
    libraries.install()()
    assert module.WSGIAdapter().send(21) == 42
    assert scope.tally.in_process == {"requests-wsgi-adapter": 1}


def test_a_library_imported_later_is_watched(scope, monkeypatch, tmp_path):
    """The import does what it did, and the class is watched from then on."""
    tmp_path.joinpath("wsgiadapter.py").write_text("class WSGIAdapter:\n    def send(self, request): return request * 2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "wsgiadapter", raising=False)
    undo = libraries.install()
    import wsgiadapter

    undo()
    wsgiadapter.WSGIAdapter().send(1)
    assert scope.tally.in_process == {"requests-wsgi-adapter": 1}
    monkeypatch.delitem(sys.modules, "wsgiadapter")


def test_a_class_written_in_c_is_watched_by_a_class_below_it(scope, monkeypatch):
    """What takes no attributes is replaced where people find it, and stays an instance of what it was."""
    module = types.ModuleType("pycurl")
    module.Curl = original = type("Curl", (), {"perform": lambda self: "done"})
    monkeypatch.setitem(sys.modules, "pycurl", module)
    libraries.install()()
    assert module.Curl().perform() == "done"
    assert isinstance(module.Curl(), original)
    assert scope.tally.unseen == {"pycurl": 1}


def test_httpx_as_it_is_installed(scope):
    """The table's names are those of the library."""
    import httpx

    libraries.install()()
    with httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200))) as client:
        client.get("http://staging.example/health")
    assert scope.tally.replayed == {"MockTransport": 1}
