"""Exchanges beside entries, by trace or window, on any SQL engine."""
