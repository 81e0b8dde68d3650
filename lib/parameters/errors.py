"""What the user gave cannot be used: the one exception that ends in exit status 2."""

from __future__ import annotations

from lib.redaction.redact import redact_text


class BadInput(Exception):
    """Something that the user gave cannot be used: what, where, and what would be accepted. Exit status 2."""

    def __init__(self, where: str, found: str, accepted: str):
        # What was given may be a secret, in the place where a reference to it belongs or in an address.
        self.where, self.found, self.accepted = (redact_text(text) for text in (where, found, accepted))
        super().__init__(self.where, self.found, self.accepted)

    def __str__(self) -> str:
        return f"{self.where}: {self.found}; accepted: {self.accepted}"
