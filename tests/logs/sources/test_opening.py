"""Which source the parameters open."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lib.logs.sources.cloud import CloudSource
from lib.logs.sources.opening import NoSource, Source, open_source
from lib.logs.sources.reading import SourceRefused
from lib.parameters.loading import BadInput
from lib.parameters.model import LogSettings
from tests.logs.logging_server import LoggingServer, wire
from tests.logs.made_up import at


def settings(**given: object) -> LogSettings:
    """The logs' parameters, with defaults."""
    base = {
        "source": "none",
        "engine": "duckdb",
        "project": None,
        "filter": None,
        "path": None,
        "endpoint": None,
        "from": None,
        "to": None,
        "limit": 9,
    }
    return LogSettings.model_validate({**base, **given})


def opened(**given: object) -> Source:
    """The source of these parameters."""
    return open_source(settings(**given), project_root=Path("/nowhere"))


def test_without_a_source_nothing_is_read_and_nothing_concluded() -> None:
    """Silence of no source is no evidence."""
    reading = opened().read(start=at(0), end=None, limit=9)
    assert (reading.entries, reading.complete, reading.limit_hit, reading.source) == ((), False, None, "none")


def test_a_relative_path_starts_at_the_root(tmp_path: Path) -> None:
    """Relative paths start at the project's root, wherever the command runs."""
    (tmp_path / "x.json").write_text("[]")
    source = open_source(settings(source="file", path="x.json"), project_root=tmp_path)
    assert source.read(start=None, end=None, limit=1).entries == ()


def test_an_endpoint_in_plaintext_needs_no_credentials(
    serve: Callable[..., LoggingServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """http://host:port is read without credentials and without the environment's proxy."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server = serve([wire(1)])
    source = opened(source="cloud", project="p", endpoint=server.endpoint)
    assert [entry.insert_id for entry in source.read(start=at(0), end=None, limit=9).entries] == ["w00001"]
    assert list(server.asked[0].resource_names) == ["projects/p"]


def test_the_embedded_system_is_read_through_the_same_client(serve: Callable[..., LoggingServer]) -> None:
    """Its addresses are handed in; the edge in front of the service is asked for too."""
    server = serve([wire(1)])
    source = open_source(settings(source="embedded"), project_root=Path(), endpoint=server.endpoint, project="p", filter="a=b")
    assert len(source.read(start=at(0), end=None, limit=9).entries) == 1
    assert server.asked[0].filter.startswith('(a=b OR resource.type="http_load_balancer") AND timestamp>=')


def test_without_application_default_credentials_the_source_has_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Google's own endpoint wants credentials; without any the reading is refused, not empty."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(SourceRefused, match="credentials"):
        opened(source="cloud", project="p", endpoint="https://127.0.0.1:1").read(start=None, end=None, limit=1)


def test_credentials_behind_a_pipe_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Google's library would wait for it without end."""
    os.mkfifo(tmp_path / "pipe.json")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "pipe.json"))
    with pytest.raises(SourceRefused, match="no regular file"):
        opened(source="cloud", project="p", endpoint="https://127.0.0.1:1").read(start=None, end=None, limit=1)


@pytest.mark.parametrize("endpoint", ["ftp://h", "http://", "http://h:0", "http://h:x", "http://h/path"])
def test_an_endpoint_that_is_none_is_bad_input(endpoint: str) -> None:
    """It is refused with what is accepted."""
    with pytest.raises(BadInput, match=r"logs\.endpoint.*http://host:port"):
        opened(source="cloud", project="p", endpoint=endpoint)


def test_embedded_without_a_running_system_is_bad_input() -> None:
    """There is nothing to read from."""
    with pytest.raises(BadInput, match=r"logs\.source"):
        opened(source="embedded")


def test_kinds_are_named_as_the_contract_names_them() -> None:
    """The source's kind stands in the record."""
    assert isinstance(opened(), NoSource)
    cloud = opened(source="cloud", project="p", endpoint="http://127.0.0.1:9")
    assert isinstance(cloud, CloudSource)
    assert (cloud.kind, cloud.is_live, cloud.is_remote) == ("cloud", True, False)
