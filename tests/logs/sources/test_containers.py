"""Objects that hold many entries: what stands beside the entries is handed down to each."""

from __future__ import annotations

from lib.logs.sources.containers import contained, may_contain


def test_lokis_streams_hand_their_labels_down() -> None:
    """Each line of a stream knows the stream's labels."""
    answer = {"data": {"result": [{"stream": {"app": "api"}, "values": [["1771536804000000000", "boom"]]}]}}
    found = contained(answer)
    assert found is not None
    entry = next(found[1])
    assert (entry["ts"], entry["line"], entry["stream"]) == ("1771536804000000000", "boom", {"app": "api"})


def test_otlps_pairs_become_an_object() -> None:
    """Attributes come as a list of keys and typed values."""
    record = {"body": {"stringValue": "x"}, "attributes": [{"key": "a", "value": {"intValue": 1}}]}
    found = contained({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]})
    assert found is not None
    assert next(found[1])["attributes"] == {"a": 1}


def test_an_object_without_a_known_path_holds_nothing() -> None:
    """A field of the same name that leads nowhere is no container."""
    assert may_contain({"data": 1})
    assert contained({"data": 1}) is None
    assert not may_contain({"message": "x"})
