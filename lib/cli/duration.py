"""A duration as people write it on a command line: `90s`, `15m`, `2h`, `1h30m`."""

from __future__ import annotations

import re

from lib.parameters.errors import BadInput

LONGEST_S = 7 * 86_400
_UNITS = {"d": 86_400, "h": 3600, "m": 60, "min": 60, "s": 1}
_PART = r"\d+(?:\.\d+)?\s*(?:min|d|h|m|s)"


def seconds_of(text: str, *, option: str) -> float:
    """The seconds of a duration; raises `BadInput` in the option's name."""
    written = text.strip().lower()
    whole = re.fullmatch(rf"{_PART}(?:\s*{_PART})*", written, re.ASCII) if len(written) <= 40 else None
    parts = re.findall(r"([\d.]+)\s*([a-z]+)", written) if whole else []
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if not 1 <= seconds <= LONGEST_S or len({_UNITS[unit] for _, unit in parts}) < len(parts):
        raise BadInput(option, f"{text[:40]!r} is no duration", "one from 1s to 7d, such as 90s, 15m, 2h or 1h30m")
    return seconds
