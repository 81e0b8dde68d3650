"""Moments in every usual spelling, as aware datetimes in UTC, and what had to be assumed of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from dateutil import parser

EARLIEST, LATEST = datetime(1971, 1, 1, tzinfo=UTC), datetime(2261, 1, 1, tzinfo=UTC)
"""Moments outside are told by broken clocks, and other programs cannot hold them."""
_NUMBER = re.compile(r"\d{9,19}(?:\.\d{1,9})?|\d(?:\.\d+)?[eE]\+?\d{1,2}")
_ACCESS = re.compile(r"(\d{1,2}/[A-Za-z]{3}/\d{4}):(\d\d:\d\d:\d\d.*)")
ZONES = {
    "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "IST": 5.5,
    "SGT": 8, "HKT": 8, "AWST": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "EST": -5,
    "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip
"""Hours ahead of UTC of the names that logs give to zones; where a name means several, as in English-speaking countries."""
_OFFSETS = {name: int(hours * 3600) for name, hours in ZONES.items()}
_ZONE = re.compile(rf"(?:Z|\b(?:{'|'.join(ZONES)})|[+-]\d\d:?\d\d)\s*\]?$")
_WITH_DATE = re.compile(r"\d{4}|\d/\d|\d-\d|[A-Z][a-z]{2} +\d|\d \w{3}\b")
_KLOG = re.compile(r"(\d\d)(\d\d) (\d\d:\d\d:\d\d.*)")

_DOTNET = re.compile(r"/Date\((\d{10,16})(?:[+-]\d{4})?\)/")
_SHORT = re.compile(r"(\d\d)(\d\d)(\d\d) ( ?\d\d?:\d\d:\d\d.*)")
_BARE = re.compile(
    r"((?:\d\d)?\d\d)-?(\d\d)-?(\d\d)[-_ T](\d\d?)[:.]?(\d\d?)[:.]?(\d\d?)(?:[:.,](\d{1,9}))?( ?(?:Z|[+-]\d\d:?\d\d)?)"
)
"""081109 203518, 20171223-22:15:29:606, 20260219T213324Z, 2026-02-19-21.33.24.123456."""
_AGE = re.compile(r"(?=\d)(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,8})s)? ago")
_DOTTED = re.compile(r"(\d\d)\.(\d\d)(?:\.(\d{4}))?,? (\d\d:\d\d:\d\d.*)")
_TWO_DIGITS = re.compile(r"(\d\d)/(\d\d)/(\d\d),? (\d\d:\d\d:\d\d.*)")


class Unreadable(ValueError):
    """An entry that has no moment in time, or is not an entry at all."""


def moment(value: Any, *, near: datetime | None = None) -> datetime:
    """An aware moment in UTC from text, an epoch number in seconds, milliseconds, micro- or nanoseconds,
        or a seconds/nanos object.

    A text without a zone is UTC; without a date or year it is the last such moment before `near`. Raises `Unreadable`.
    """
    if type(value) is datetime and value.tzinfo is UTC and EARLIEST < value < LATEST:
        return value
    try:
        found = _read(value, near)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, ArithmeticError, OSError, TypeError, AttributeError):
        raise Unreadable("the entry has no time stamp that can be read") from None
    if not EARLIEST < found < LATEST:
        raise Unreadable("the entry's time stamp is no moment that a server can have written at")
    return found


def is_without_zone(value: Any) -> bool:
    """Whether a text says no zone, so that UTC is assumed."""
    return (
        isinstance(value, str) and not is_age(value) and not _NUMBER.fullmatch(value.strip()) and not _ZONE.search(value.strip())
    )


def is_age(value: Any) -> bool:
    """Whether a text says how long ago it was, as `5m ago`."""
    return isinstance(value, str) and value.endswith(" ago") and _AGE.fullmatch(value) is not None


def _read(value: Any, near: datetime | None) -> datetime:
    if isinstance(value, str):
        text = value.strip().strip("[]\"'")
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return _text(text, near)
    if isinstance(value, datetime):
        return value
    if isinstance(value, Mapping):
        inner = next((value[name] for name in ("$date", "epochSecond", "$numberLong", "seconds") if name in value), None)
        if "$date" in value or "$numberLong" in value:
            return _read(inner, near)
        nanos = value.get("nanoOfSecond", value.get("nanos", 0))
        return datetime.fromtimestamp(int(str(inner)) + int(nanos) / 1e9, UTC)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
        return _epoch(value)
    raise Unreadable("the entry has no time stamp")


def _epoch(value: float) -> datetime:
    # Seconds have ten digits from 2001 to 2286, and each finer unit three more.
    if isinstance(value, int) and value > 1e14:
        value, unit = value // 1000 if value > 1e17 else value, 1e6
        return datetime.fromtimestamp(value // 1_000_000, UTC) + timedelta(microseconds=value % 1_000_000)
    unit = 1e9 if value > 1e17 else 1e6 if value > 1e14 else 1e3 if value > 1e11 else 1
    return datetime.fromtimestamp(value / unit, UTC)


def _text(text: str, near: datetime | None) -> datetime:
    if _NUMBER.fullmatch(text):
        return _epoch(float(text) if "." in text or "e" in text.lower() else int(text))
    if age := _AGE.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in age.groups())
        return (near or datetime.now(UTC)) - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if len(text) > 60 or sum(character.isdigit() for character in text) < 4:
        raise Unreadable("the entry has no time stamp that can be read")
    if dotnet := _DOTNET.fullmatch(text):
        return _epoch(int(dotnet.group(1)))
    reference = near or datetime.now(UTC)
    if klog := _KLOG.fullmatch(text):
        text = f"{reference.year}-{klog.group(1)}-{klog.group(2)} {klog.group(3)}"
    elif short := _SHORT.fullmatch(text):
        text = f"20{short.group(1)}-{short.group(2)}-{short.group(3)} {short.group(4).strip()}"
    elif bare := _BARE.fullmatch(text):
        year, month, day, hour, minute, second, fraction, zone = bare.groups()
        text = f"{year if len(year) == 4 else f'20{year}'}-{month}-{day} {hour}:{minute}:{second}.{fraction or 0}{zone}"
    elif two := _TWO_DIGITS.fullmatch(text):
        one, other, last, clock = two.groups()
        dates = [(f"20{one}", other, last), (f"20{last}", one, other), (f"20{last}", other, one)]
        return _last_before(reference, [f"{'-'.join(date)} {clock}" for date in dates])
    elif dotted := _DOTTED.fullmatch(text):
        one, other, said, clock = dotted.groups()
        years = [said] if said else [str(reference.year), str(reference.year - 1)]
        orders = [(other, one)] if said else [(one, other), (other, one)]  # where a year follows, the day comes first
        return _last_before(reference, [f"{year}-{month}-{day} {clock}" for year in years for month, day in orders])
    elif access := _ACCESS.fullmatch(text):
        text = f"{access.group(1)} {access.group(2)}"
    text = text.replace(" UTC", "+00:00").replace(",", ".") if re.search(r":\d\d,\d", text) else text.replace(" UTC", "+00:00")
    text = text.replace(" - ", " ").replace(" @ ", " ")
    midnight = reference.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    found = parser.parse(text, default=midnight, ignoretz=False, tzinfos=_OFFSETS.get)
    if klog or not re.search(r"\d{4}", text):
        found = _not_later(found, reference, by_day=not klog and not _WITH_DATE.search(text))
    return found


def _last_before(reference: datetime, spelled: Iterable[str]) -> datetime:
    """Of the moments that a date can be which does not tell its parts apart, the last one that is not in the future."""
    found = []
    for text in spelled:
        with suppress(ValueError):
            at = parser.parse(text, tzinfos=_OFFSETS)
            found.append(at if at.tzinfo else at.replace(tzinfo=UTC))
    if not found:
        raise Unreadable("the entry has no time stamp that can be read")
    return max((at for at in found if at <= reference + timedelta(days=1)), default=found[0])


def _not_later(found: datetime, reference: datetime, *, by_day: bool) -> datetime:
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    if aware <= reference + (timedelta(hours=1) if by_day else timedelta(days=1)):
        return found
    return found - timedelta(days=1) if by_day else found.replace(year=found.year - 1)
