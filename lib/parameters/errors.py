"""What the user gave cannot be used: the one exception that ends in exit status 2."""

from __future__ import annotations


class BadInput(Exception):
    """Something that the user gave cannot be used: what, where, and what would be accepted. Exit status 2."""

    def __init__(self, where: str, found: str, accepted: str):
        super().__init__(where, found, accepted)
        self.where, self.found, self.accepted = where, found, accepted

    def __str__(self) -> str:
        return f"{self.where}: {self.found}; accepted: {self.accepted}"
