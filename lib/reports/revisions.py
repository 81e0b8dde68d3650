"""Which revision answered, as far as an answer names it (pure)."""

from __future__ import annotations

import re

from lib.facts import Exchange

HEADERS = (
    "x-revision",
    "x-git-sha",
    "x-git-commit",
    "x-commit-sha",
    "x-commit",
    "x-build-id",
    "x-release",
    "x-app-version",
    "x-version",
)
KEYS = (
    "revision",
    "git_sha",
    "gitSha",
    "sha",
    "commit",
    "git_commit",
    "gitCommit",
    "commit_sha",
    "build",
    "build_id",
    "release",
    "version",
)
"""What health routes call it in their JSON, the most telling first."""
MAX_LENGTH = 200


def revision_of(exchange: Exchange) -> str | None:
    """The revision by a header of any answer, or by a key in what the health route says."""
    named = next((value for name in HEADERS if (value := exchange.header(name))), None)
    if named or exchange.kind != "rest" or exchange.label != "health" or not 200 <= (exchange.status or 0) < 300:
        return named
    for key in KEYS:
        if found := re.search(rf'"{key}"\s*:\s*(?:"([^"\\]{{1,{MAX_LENGTH}}})"|(\d[\d.]*))', exchange.body_excerpt):
            return found[1] or found[2]
    return None
