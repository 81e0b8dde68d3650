"""Entries in one shape, whoever wrote them, with what is missing."""
