"""What the services behind the two addresses predict."""

from __future__ import annotations

import json

import pytest

from tests.configuration.samples import CANARY, causes, found, knative

POLICY = json.dumps(
    {"bindings": [{"role": "roles/run.invoker", "members": [f"user:{CANARY}@example.com"]}], "etag": "x", "version": 1}
)
SPLIT = "  traffic:\n  - percent: 50\n    revisionName: ws-00042\n  - percent: 50\n    revisionName: ws-00041\n"


def revision(version: str) -> str:
    """The other revision, exported by itself."""
    text = knative("ws-00041", version).partition("spec:\n  template:")[0].replace("kind: Service", "kind: Revision")
    env = f"[{{name: JWT_SECRET, valueFrom: {{secretKeyRef: {{key: '{version}', name: jwt-secret-staging}}}}}}]"
    return f"{text}  labels: {{serving.knative.dev/service: ws}}\nspec:\n  containers:\n  - env: {env}\n"


def test_services_that_read_the_same() -> None:
    """Nothing is predicted of two services that are reached by all and read the same secret."""
    assert found(rest__yaml=knative("rest"), ws__yaml=knative("ws")) == []


@pytest.mark.parametrize(
    ("written", "instead", "predicted"),
    [
        ("ingress: all", "ingress: internal", ["edge-policy"]),
        ("run.googleapis.com/operation-id: " + CANARY, "run.googleapis.com/iap-enabled: 'true'", ["edge-policy"]),
        ("name: http1", "name: h2c", ["edge-blocks-upgrade"]),
        ("timeoutSeconds: 3600", "timeoutSeconds: 60", ["idle-closed"]),
        ("https://app.staging.example,", "", ["origin-refused"]),
        ("name: jwt-secret-staging", "name: jwt-secret-old", ["secret-mismatch"]),
        ("key: '7'", "key: latest", ["secret-mismatch"]),
        ("- name: JWT_SECRET", "- name: JWT_SECRET_KEY", []),
        ("- name: DATABASE_URL", "- {name: JWT_ALGORITHM, value: HS512}\n        - name: DATABASE_URL", ["algorithm-mismatch"]),
        (
            "- name: DATABASE_URL",
            "- {name: JWT_AUDIENCE, value: netra-websocket}\n        - name: DATABASE_URL",
            ["audience-mismatch"],
        ),
        (
            "- name: DATABASE_URL",
            "- {name: ALLOWED_HOSTS, value: internal.example}\n        - name: DATABASE_URL",
            ["host-refused"],
        ),
    ],
)
def test_predictions(written: str, instead: str, predicted: list[str]) -> None:
    """Each way in which the WebSocket's service is set up for something else is predicted, with its line and no value."""
    told = found(rest__yaml=knative("rest"), ws__yaml=knative("ws").replace(written, instead))
    assert [one.cause for one in told] == predicted
    assert all("ws.yaml:" in one.place and CANARY not in repr(one) for one in told)


def test_no_invoker_for_everybody() -> None:
    """A policy without allUsers has the platform refuse before the service is asked; who is in it is not told."""
    told = found(rest__yaml=knative("rest"), ws__yaml=knative("ws"), ws__json=POLICY)
    assert ([one.cause for one in told], CANARY in repr(told)) == (["edge-policy"], False)


@pytest.mark.parametrize(("version", "predicted"), [("6", ["mixed-revisions"]), ("7", [])])
def test_traffic_between_revisions(version: str, predicted: list[str]) -> None:
    """Traffic that is split between revisions is a finding where they read different secrets."""
    split = knative("ws").partition("  traffic:")[0] + SPLIT
    assert causes(ws__yaml=split, other__yaml=revision(version)) == predicted


def test_traffic_between_revisions_of_which_one_is_unknown() -> None:
    """Where a revision is not told, the split alone is one that says less."""
    told = found(ws__yaml=knative("ws").partition("  traffic:")[0] + SPLIT)
    assert [(one.cause, one.is_plain) for one in told] == [("mixed-revisions", False)]


def test_secrets_under_different_names() -> None:
    """Two services that read their one token secret under different names and from different places are told."""
    told = found(rest__yaml=knative("rest"), ws__yaml=knative("ws", "8").replace("- name: JWT_SECRET", "- name: WS_JWT_KEY"))
    assert [one.cause for one in told] == ["secret-mismatch"]
    assert "jwt-secret-staging version 8 as WS_JWT_KEY" in told[0].words


@pytest.mark.parametrize(("variable", "plain"), [("JWT_SECRET", True), ("OPENAI_API_KEY", False), ("STRIPE_KEY", False)])
def test_a_key_to_something_else_says_nothing_plainly(variable: str, plain: bool) -> None:
    """Two versions of a key that no token is signed with are told, and name no cause."""
    rest, ws = (
        knative(name, version).replace("- name: JWT_SECRET", f"- name: {variable}")
        for name, version in (("rest", "7"), ("ws", "8"))
    )
    assert [(one.cause, one.is_plain) for one in found(rest__yaml=rest, ws__yaml=ws)] == [("secret-mismatch", plain)]


def test_a_service_for_the_load_balancer_alone() -> None:
    """An ingress for the load balancer refuses only who goes past it: said, and not plainly."""
    behind = knative("ws").replace("ingress: all", "ingress: internal-and-cloud-load-balancing")
    told = found(ws__yaml=behind)
    assert [(one.cause, one.is_plain) for one in told] == [("edge-policy", False)]


@pytest.mark.parametrize(
    ("value", "tried"),
    [("netra-websocket", True), ("https://login.staging.example", True), (CANARY, False), ("a8f3kq2z9x", False)],
)
def test_an_issuer_is_tried_where_it_is_an_address_or_plain_words(value: str, tried: bool) -> None:
    """What somebody may have drawn at random is compared, and neither tried nor shown."""
    named = f"- {{name: JWT_ISSUER, value: {value}}}\n        - name: DATABASE_URL"
    (one,) = found(rest__yaml=knative("rest"), ws__yaml=knative("ws").replace("- name: DATABASE_URL", named))
    assert (one.cause, one.tries) == ("issuer-mismatch", {"claims.iss": (value,)} if tried else {})
    assert (value in repr(one)) is tried


def test_the_latest_version_may_be_the_other_ones() -> None:
    """One service reads version 7 and the other the latest: that may be one key, so it leads and is not plain."""
    for version, plain in (("8", True), ("latest", False)):
        (one,) = found(a__yaml=knative("rest"), b__yaml=knative("netra-websocket", version))
        assert (one.cause, one.is_plain) == ("secret-mismatch", plain)
