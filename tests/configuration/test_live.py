"""Cloud Run read live, through the real client, of a server that answers as the API does."""

from __future__ import annotations

import pytest

from lib.configuration.findings.all import predictions
from lib.configuration.live import read_service
from lib.configuration.shape import Configuration
from lib.parameters.errors import BadInput
from tests.configuration.fake_cloud_run import SERVICE, Api, running
from tests.configuration.samples import ASKED, CANARY


def env(version: str) -> list[dict]:
    """A secret and a value, as the API writes them."""
    secret = {"name": "JWT_SECRET", "valueSource": {"secretKeyRef": {"secret": "jwt", "version": version}}}
    return [secret, {"name": "DATABASE_URL", "value": f"postgres://u:{CANARY}@db/app"}]


def api(**more: object) -> Api:
    """A service whose traffic is split between two revisions, the older one on the last page."""
    shares = [{"revision": "ws-00009", "percent": 60}, {"revision": "ws-00001", "percent": 40}]
    service = {
        "name": SERVICE,
        "uri": "https://ws-x-ew.a.run.app",
        "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY",
        "annotations": {"note": CANARY},
        "template": {"revision": "ws-00009", "timeout": "300s", "containers": [{"image": "i", "env": env("9")}]},
        "traffic": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", **share} for share in shares],
    }
    revisions = [
        {"name": f"{SERVICE}/revisions/ws-{n:05}", "containers": [{"image": "i", "env": env(str(n))}]} for n in range(9, 0, -1)
    ]
    policy = {"version": 1, "etag": "ACAB", "bindings": [{"role": "roles/run.invoker", "members": [f"user:{CANARY}@x.example"]}]}
    return Api(services={SERVICE: service}, policies={SERVICE: policy}, revisions=revisions, canary=CANARY, **more)


def read(served: Api, service: str = "ws") -> Configuration:
    """What the client makes of it."""
    return read_service("p", "europe-west1", service, endpoint=served.endpoint)


def test_a_service() -> None:
    """Service, policy and every serving revision are read, page by page and no further; no value of a variable, no member."""
    with running(api()) as served:
        whole = read(served)
    service = whole.services[0]
    assert (service.ingress, service.invoker, service.timeout_s, service.hosts) == (
        "internal",
        "some",
        300,
        ("ws-x-ew.a.run.app",),
    )
    assert {one.name: (one.percent, one.secrets[0].version) for one in service.revisions} == {
        "ws-00009": (60, "9"),
        "ws-00001": (40, "1"),
    }
    assert len([path for path in served.asked if "/revisions?" in path]) == 5
    assert (whole.refused, whole.sources[0].changed, CANARY in repr(whole)) == ((), None, False)


def test_what_it_predicts() -> None:
    """What was read, then the ingress, the missing invoker and the split, with the resource's path, as read just now."""
    with running(api()) as served:
        told = predictions(read(served), ASKED)
    assert [one.speaks_for for one in told] == [(), ("edge-policy",), ("edge-policy",), ("mixed-revisions",)]
    assert all(one.place.startswith(SERVICE) for one in told[1:])
    assert all(one.as_of is None for one in told)


@pytest.mark.parametrize(
    ("refuses", "needs", "read_still"),
    [
        ("service", "run.services.get", 0),
        ("getIamPolicy", "run.services.getIamPolicy", 1),
        ("revisions", "run.revisions.list", 1),
    ],
)
def test_a_permission_that_is_missing(refuses: str, needs: str, read_still: int) -> None:
    """What the account may not read is named with the permission, the rest is read, and the error's own words stay out."""
    with running(api(refuses=(refuses,))) as served:
        whole = read(served)
    assert len(whole.services) == read_still
    assert [needs in said and "403" in said for said in whole.refused] == [True]
    assert CANARY not in repr(whole)


def test_a_service_that_is_not_there() -> None:
    """An unknown service is refused by name; a server that is gone too."""
    with running(api()) as served:
        assert ["404" in said for said in read(served, "other").refused] == [True]
    assert len(read(served).refused) == 1


def test_an_endpoint_that_is_none() -> None:
    """An address that could not be asked is bad input, and is not shown."""
    with pytest.raises(BadInput) as refused:
        read_service("p", "r", "s", endpoint=f"http://u:{CANARY}@x")
    assert CANARY not in str(refused.value)
