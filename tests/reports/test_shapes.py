"""The first place in a document that is of another type."""

from __future__ import annotations

import pytest

from lib.reports.shapes import SHAPES, misplaced
from tests import sample_round as sample


@pytest.mark.parametrize(
    ("document", "shape", "told"),
    [
        ({"a": None}, {"a?": str}, None),
        ({}, {"a": str}, None),
        ({"a": None}, {"a": str}, "d.a is null, and is to be a text"),
        ({"a": [1, "x"]}, {"a": [int]}, "d.a[1] is a text, and is to be a number"),
        ({"a": 0.5}, {"a": (int, float)}, None),
    ],
)
def test_another_type_is_told_by_its_place(document, shape, told):
    """A key that may be null or is missing is nobody's wrong type."""
    assert misplaced(document, shape, "d") == told


def test_what_a_round_writes_has_these_shapes():
    """The table refuses no sound document."""
    written = {"suite": sample.suite(), "diagnosis": sample.diagnosis("logged"), "performance": sample.performance()}
    assert [misplaced(document, SHAPES[name], name) for name, document in written.items()] == [None, None, None]
