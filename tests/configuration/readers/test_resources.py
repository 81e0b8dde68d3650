"""One resource and the places in it."""

from __future__ import annotations

from lib.configuration.located import documents
from lib.configuration.readers.resources import Resource


def test_a_resource() -> None:
    """Its kind, its name, its annotations, and the line or the path of what stands in it."""
    (document,) = documents("kind: Service\nmetadata:\n  name: ws\n  annotations: {a: b}\n")
    one = Resource(document, "a.yaml")
    assert (one.kind, one.name, dict(one.annotations)) == ("Service", "ws", {"a": "b"})
    assert str(one.place(document, "metadata")) == "a.yaml:2"
    (plain,) = documents('{"kind": "Service", "metadata": {"name": "ws"}}')
    assert str(Resource(plain, "a.json").place(plain, "metadata", "spec")) == "a.json Service/ws spec"
