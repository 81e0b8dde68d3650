"""Cloud Run's services, revisions and policies, in each form in which they are exported."""

from __future__ import annotations

import json

from tests.configuration.samples import CANARY, knative, read

SERVICE = "projects/p/locations/europe-west1/services/ws"


def env(secret: str, version: str) -> list[dict]:
    """A variable from a secret, as the API writes it."""
    return [{"name": "JWT_SECRET", "valueSource": {"secretKeyRef": {"secret": secret, "version": version}}}]


V2 = {
    "name": SERVICE,
    "uri": "https://ws-abc-ew.a.run.app",
    "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY",
    "invokerIamDisabled": True,
    "iapEnabled": True,
    "template": {
        "timeout": "300s",
        "maxInstanceRequestConcurrency": 80,
        "revision": "ws-00002",
        "containers": [{"ports": [{"name": "h2c", "containerPort": 8080}], "env": env("projects/p/secrets/jwt", "latest")}],
    },
    "trafficStatuses": [{"revision": "ws-00002", "percent": 60}, {"revision": "ws-00001", "percent": 40}],
}
V2_REVISION = {"name": f"{SERVICE}/revisions/ws-00001", "service": "ws", "containers": [{"env": env("jwt", "1")}]}


def test_yaml_of_gcloud() -> None:
    """What `gcloud run services describe` writes: names of variables and secrets, versions, traffic, each with its line."""
    service = read(a__yaml=knative()).services[0]
    assert (service.name, service.ingress, service.timeout_s, service.http, service.hosts) == (
        "backend",
        "all",
        3600,
        "1.1",
        ("backend-abcdef-ew.a.run.app",),
    )
    assert service.variables == ("DATABASE_URL", "ALLOWED_ORIGINS", "JWT_SECRET")
    assert [(one.variable, one.name, one.version, str(one.place)) for one in service.secrets] == [
        ("JWT_SECRET", "jwt-secret-staging", "7", "a.yaml:33")
    ]
    assert [(one.name, one.percent, len(one.secrets)) for one in service.revisions] == [("backend-00042", 100, 1)]


def test_json_of_the_api() -> None:
    """The API's second version says the same in other words; a place in JSON is a path."""
    service = read(a__json=json.dumps(V2)).services[0]
    assert (service.name, service.ingress, service.invoker, service.timeout_s, service.http) == (
        "ws",
        "internal",
        "all",
        300,
        "2",
    )
    assert str(service.identity_proxy_at) == "a.json services/ws iapEnabled"
    assert [(one.name, one.version) for one in service.secrets] == [("jwt", "latest")]


def test_revisions_beside_their_service() -> None:
    """A revision that is exported by itself, or in a list, is told with the share that its service gives it."""
    service = read(a__json=json.dumps(V2), b__json=json.dumps({"revisions": [V2_REVISION]})).services[0]
    told = {one.name: (one.percent, [(secret.name, secret.version) for secret in one.secrets]) for one in service.revisions}
    assert told == {"ws-00002": (60, [("jwt", "latest")]), "ws-00001": (40, [("jwt", "1")])}


def test_a_tag_takes_no_share_away() -> None:
    """The revision that serves may stand a second time, under a tag and without a share, before its other item or behind it."""
    tagged = [{"revision": "ws-00002", "tag": "canary"}, *V2["trafficStatuses"], {"revision": "ws-00002", "tag": "green"}]
    service = read(a__json=json.dumps({**V2, "trafficStatuses": tagged})).services[0]
    assert {one.name: one.percent for one in service.revisions} == {"ws-00002": 60, "ws-00001": 40}


def test_lists_of_gcloud() -> None:
    """`gcloud run services list --format json` is an array, kubectl's export a list of items: both are services."""
    one, two = (
        json.dumps({"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": name}}) for name in ("a", "b")
    )
    assert [
        service.name for service in read(a__json=f"[{one}, {two}]", b__json=f'{{"kind": "List", "items": [{one}]}}').services
    ] == ["a", "b"]


def test_who_may_invoke() -> None:
    """Everybody only where allUsers has the role without a condition, or the check is switched off."""

    def invoker(members: list[str], **binding: object) -> str | None:
        policy = {"bindings": [{"role": "roles/run.invoker", "members": members, **binding}], "etag": "x", "version": 3}
        return read(a__yaml=knative(), p__json=json.dumps(policy)).services[0].invoker

    assert [
        invoker(["allUsers"]),
        invoker(["allAuthenticatedUsers"]),
        invoker([]),
        invoker(["allUsers"], condition={"title": "t"}),
    ] == ["all", "some", "some", "some"]
    two = [
        {"role": "roles/run.invoker", "members": ["allUsers"]},
        {"role": "roles/run.invoker", "members": ["user:a@example.com"], "condition": {"title": "t"}},
    ]
    assert read(a__yaml=knative(), p__json=json.dumps({"bindings": two, "etag": "x"})).services[0].invoker == "all"
    off = knative().replace(f"operation-id: {CANARY}", "invoker-iam-disabled: 'true'")
    assert read(a__yaml=off).services[0].invoker == "all"


def test_mounted_secrets() -> None:
    """A secret that is mounted as a file is one that the service reads, under its path."""
    items = "items: [{key: '4', path: jwt.pem}]"
    volume = f"      volumes:\n      - name: keys\n        secret: {{secretName: jwt-file, {items}}}\n  traffic:"
    secrets = read(a__yaml=knative().replace("  traffic:", volume)).services[0].secrets
    assert [(one.variable, one.name, one.version) for one in secrets][-1] == ("jwt.pem", "jwt-file", "4")
