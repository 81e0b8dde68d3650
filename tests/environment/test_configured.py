"""What `evidence.configuration` names, and the handshake that is compared with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib import handshake as hs
from lib.environment.configured import asked_of, configuration_of, configuration_within
from lib.environment.opening import close_all, open_parameters
from lib.facts import utc_now
from lib.parameters import loading as params
from lib.staging.config import Config, Keys
from lib.staging.faults import policies_for
from lib.staging.published import published
from lib.whys.evidence.predictions import OTHERWISE
from tests.configuration.fake_cloud_run import SERVICE, Api, running
from tests.configuration.samples import nginx
from tests.raw_servers import answering, raw

STAGING = {"target.origin": "https://app.staging.example", "token.secret": "env:CONFIGURED_KEY", "target.idle_s": 60}


def loaded(*sources: dict, **more: object) -> params.Parameters:
    """Parameters of a staging system with these sources of configuration."""
    return params.load("staging", {**STAGING, **more, "evidence.configuration": list(sources)})


def test_every_source(tmp_path: Path) -> None:
    """Files, a live service and the built-in system become one configuration."""
    (tmp_path / "a.conf").write_text(nginx())
    service = {"kind": "cloud-run", "project": "p", "region": "europe-west1", "service": "ws"}
    with running(Api(services={SERVICE: {"name": SERVICE, "template": {}}})) as api:
        parameters = loaded({"path": f"file:{tmp_path}"}, {**service, "endpoint": api.endpoint}, {"kind": "embedded"})
        whole = configuration_of(parameters, {"configuration": {"nginx.conf": nginx()}})
    assert [(one.name, one.format) for one in whole.sources] == [
        ("a.conf", "nginx"),
        (SERVICE, "cloud-run"),
        ("nginx.conf", "nginx"),
    ]


def test_what_cannot_be_read() -> None:
    """A path without anything behind it is bad input, named by its key; a built-in system that is not there is told."""
    with pytest.raises(params.BadInput) as refused:
        configuration_of(loaded({"kind": "embedded"}, {"path": "no/such/folder"}), {})
    assert refused.value.where == "evidence.configuration.1.path"
    assert len(configuration_of(loaded({"kind": "embedded"}), {}).refused) == 1


async def test_a_source_that_is_silent_loses_none_of_the_others(tmp_path: Path) -> None:
    """What takes longer than it may is told, by its key; what was read beside it counts."""
    (tmp_path / "a.conf").write_text(nginx())
    async with raw(answering(stay_s=600)) as silent:
        service = {"kind": "cloud-run", "project": "p", "region": "r", "service": "s", "endpoint": f"http://{silent}"}
        whole = await configuration_within(loaded(service, {"path": str(tmp_path)}), {}, within_s=8)
    assert [one.name for one in whole.sources] == ["a.conf"]
    assert whole.refused == ("evidence.configuration.0: no answer within 8 s",)


@pytest.mark.parametrize(
    ("carrier", "carries"),
    [("authorization", "authorization"), ("cookie", "cookie"), ("subprotocol", "sec-websocket-protocol"), ("query", None)],
)
def test_the_handshake_that_is_asked(monkeypatch: pytest.MonkeyPatch, carrier: str, carries: str | None) -> None:
    """Addresses, what carries the credential, and the longest line as it will be sent."""
    monkeypatch.setenv("CONFIGURED_KEY", "k" * 40)
    parameters = loaded(**{"token.carrier": carrier})
    asked = asked_of(parameters, hs.configured(parameters), now=utc_now())
    assert (asked.websocket.path, asked.carries, asked.idle_s) == ("/ws", carries, 60)
    assert getattr(asked.rest, "path", None) == parameters.target.protected_path
    assert (asked.longest_header_bytes or 0) > 200


def test_without_a_credential() -> None:
    """Where none is sent nothing can be taken off, and nothing is known of a token."""
    parameters = loaded(**{"token.secret": None})
    asked = asked_of(parameters, hs.configured(parameters), now=utc_now())
    assert (asked.carries, asked.algorithm, asked.claims) == (None, None, {})


def committed(*faults: str) -> dict[str, str]:
    """What a system with these faults publishes of itself."""
    keys = Keys(jwt="0" * 20, jwt_websocket="1" * 20, bypass="2" * 20, service="3" * 20)
    return published(Config(keys=keys), policies_for(faults), port=1, tls_port=None, revisions=["netra-00001"])


@pytest.mark.parametrize(
    ("is_so", "is_said", "named"),
    [
        ((), ("secret-mismatch", "origin-refused"), set()),
        (("secret-mismatch",), ("edge-blocks-upgrade", "audience-mismatch"), {"secret-mismatch"}),
        (("edge-policy",), ("edge-strips-credential",), {"edge-policy"}),
    ],
)
async def test_a_configuration_of_another_system(
    tmp_path: Path, is_so: tuple[str, ...], is_said: tuple[str, ...], named: set[str]
) -> None:
    """Files that are not what runs name nothing that is not so; what handshakes contradict is asked back."""
    for name, text in committed(*is_said).items():
        (tmp_path / name).write_text(text)
    given = {"embedded.faults": list(is_so), "logs.source": "none", "target.watch_s": 0.5, "budget.seconds": 60}
    here = open_parameters(params.load("embedded", {**given, "evidence.configuration": [{"path": str(tmp_path)}]}))
    try:
        diagnosis = await here.whys()
    finally:
        close_all()
    assert {cause.id for cause in diagnosis.causes} == named
    if not is_so:
        assert [lead.because for lead in diagnosis.leads if OTHERWISE in lead.because]
