"""What the source of a case says of it."""

from __future__ import annotations

import pytest

from lib.suite.source_analysis import read, reading_of


def of(body, name="test_it"):
    lines = "\n".join("    " + line for line in body.splitlines())
    return read(f"async def {name}(client):\n{lines}\n", f"test_a.py::{name}")


@pytest.mark.parametrize(
    ("body", "trait", "expected"),
    [
        ("assert answer.status == 200", "asserts_success", True),
        ("assert answer.status in (200, 403)", "asserts_success", False),
        ("assert answer.status in (200, 403)", "accepts_errors", True),
        ("assert answer.status >= 400", "accepts_errors", True),
        ("assert answer.status < 400", "accepts_errors", False),
        ("targets = {'a': 1}\nfor name, value in {'a': 0}.items():\n    assert value <= targets[name]", "only_constants", True),
        ("seen = []\nseen.append(client.get('/'))\nassert seen == [1]", "only_constants", False),
        ("total = 0\ntotal += await client.count()\nassert total > 1", "only_constants", False),
        ("try:\n    await client.get('/')\nexcept Exception as error:\n    print(error)", "swallows", True),
        ("try:\n    await client.get('/')\nexcept Exception:\n    raise", "swallows", False),
        ("try:\n    await client.get('/')\nexcept Exception:\n    pytest.fail('no')", "swallows", False),
        ("with pytest.raises(ValueError):\n    await client.get('/')", "expects_raise", True),
        ("assert await client.get('/')", "calls_clients", True),
        ("assert sorted([2, 1]) == [1, 2]", "calls_clients", False),
        ("client.get('/')", "forgotten_awaits", ("client.get('/')",)),
        ("await client.get('/')", "forgotten_awaits", ()),
    ],
)
def test_traits(body, trait, expected):
    """Each trait is seen where it is, and not where it is not."""
    assert getattr(of(body), trait) == expected


def test_methods_of_classes_are_found():
    """A node id with classes and parameters leads to its function; unittest's assertions count."""
    source = "class TestA:\n    class TestB:\n        def test_c(self):\n            self.assertEqual(1, 1)\n"
    assert read(source, "test_a.py::TestA::TestB::test_c[x]").only_constants


@pytest.mark.parametrize("source", ["def broken(:", "x = 1", "(" * 10_000])
def test_what_cannot_be_read_is_none(source):
    """No source, no reading, no error."""
    assert read(source, "test_a.py::test_it") is None


def test_a_missing_file_is_none(tmp_path):
    """A case whose file cannot be found has no reading."""
    assert reading_of(tmp_path, "test_a.py::test_it") is None
    assert reading_of(None, "test_a.py::test_it") is None
