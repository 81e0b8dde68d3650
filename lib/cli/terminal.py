"""What reaches a terminal or standard output: without secrets, and without characters that a terminal would obey."""

from __future__ import annotations

import os
import re
from typing import Any

from lib.parameters.loading import secrets_by_name
from lib.parameters.secrets import resolved
from lib.redaction.redact import redact_text, redact_value

_OBEYED = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]")


def printable(text: str) -> str:
    """The text as it may be printed: redacted, with control and invisible characters as their codes."""
    return _OBEYED.sub(lambda match: match[0].encode("unicode_escape").decode(), redact_text(text, _known()))


def shown(document: dict[str, Any]) -> dict[str, Any]:
    """A document as it may be printed or written where its reader asked for it."""
    redacted: dict[str, Any] = redact_value(document, _known())
    return redacted


def _known() -> tuple[str, ...]:
    return tuple(dict.fromkeys([*resolved(), *secrets_by_name(os.environ)]))
