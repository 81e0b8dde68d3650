"""Secrets replaced by stable pseudonyms, in every spelling."""
