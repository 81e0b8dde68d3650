"""Trace ids: what is sent is what is found again."""

from __future__ import annotations

import pytest

from lib.clients import trace_context


def test_a_trace_id_survives_its_header():
    """The header carries the id; each header has its own span."""
    trace_id = trace_context.new_trace_id()
    first, second = trace_context.traceparent(trace_id), trace_context.traceparent(trace_id)
    assert (trace_context.trace_id_of(first), trace_context.trace_id_of(f" {second} ")) == (trace_id, trace_id)
    assert first != second


INVALID = ["", "nonsense", "00-abc-def-01", "00-" + "0" * 32 + "-" + "1" * 16 + "-01", "00-" + "a" * 32 + "-" + "0" * 16 + "-01"]


@pytest.mark.parametrize("header", INVALID)
def test_what_is_no_traceparent_has_no_trace_id(header: str):
    """Zero ids and other shapes are not valid."""
    assert trace_context.trace_id_of(header) is None


def test_the_first_valid_traceparent_among_headers_counts():
    """Names are compared without case; invalid ones are passed over."""
    valid = trace_context.traceparent("a" * 32)
    assert trace_context.trace_id_among([("Traceparent", "x"), ("TRACEPARENT", valid)]) == "a" * 32
    assert trace_context.trace_id_among([("x", valid)]) is None
