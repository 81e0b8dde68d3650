"""Workloads, and the Services that choose them."""

from __future__ import annotations

import pytest

from tests.configuration.samples import causes, read

POD = """
apiVersion: v1
kind: Pod
metadata: {name: ws, labels: {app: ws}}
spec:
  containers:
  - env: [{name: ALLOWED_ORIGINS, value: "https://other.example"}]
    ports: [{containerPort: 8080}]
"""


@pytest.mark.parametrize(("selector", "chosen"), [("{app: ws}", ("ws",)), ("{app: other}", ()), ("{}", ())])
def test_selectors(selector: str, chosen: tuple[str, ...]) -> None:
    """A Service leads to the workloads whose labels it selects, and to none where it selects nothing."""
    service = f"apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{selector: {selector}}}\n"
    assert [one.addresses for one in read(a__yaml=POD, b__yaml=service).upstreams] == [chosen]


def test_a_pod() -> None:
    """A single workload is both services; what it lists is compared."""
    service = read(a__yaml=POD).services[0]
    assert (service.name, service.kind, service.variables, service.ports) == ("ws", "Pod", ("ALLOWED_ORIGINS",), (8080,))
    assert causes(a__yaml=POD) == ["origin-refused"]
