"""Times as people write them: `1h30m`, `18:00`, `tomorrow`; and as they read them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MORNING = "08:00"
"""`tomorrow` begins here: nobody means one minute after midnight."""
SECONDS_MOST = 366 * 86400


def duration(text: str) -> float:
    """Seconds of a time such as `90`, `30m`, `1h30m` or `2d`. Raises ValueError."""
    words = text.strip().lower().replace(" ", "")
    if words.isdecimal() and words.isascii():
        words += "s"
    if not re.fullmatch(r"([0-9]{1,8}[smhd])+", words):
        raise ValueError(f"{text!r} is not a time such as 30m, 1h, 1h30m or 2d")
    parts = re.findall(r"([0-9]+)([smhd])", words)
    seconds = sum(int(count) * UNITS[unit] for count, unit in parts)
    if not 0 < seconds <= SECONDS_MOST:
        raise ValueError(f"{text!r} is not between a second and a year")
    return float(seconds)


def moment(text: str, now: datetime) -> datetime:
    """The next moment, after `now` (local, or with its zone), that people call `text`: `18:00`,
    `tomorrow`, `tomorrow 9:30`, `mon 18:00`, `2026-11-25`, `2026-11-25 18:00`. Raises ValueError.
    """
    words = text.strip().lower()
    found = re.fullmatch(r"(?:([a-z]{3,9})\s*)?(\d{1,2}:\d{2})?", words, re.ASCII)
    if found and words:
        return _named(found[1], found[2], now, text)
    try:
        then = datetime.fromisoformat(words.replace(" ", "T", 1).upper())
    except ValueError as error:
        raise _unknown(text) from error
    if len(words) == len("2026-11-25"):
        then = _at(then, MORNING, text)
    if then.timestamp() <= now.timestamp():
        raise ValueError(f"{text!r} is past already")
    if then.timestamp() - now.timestamp() > SECONDS_MOST:
        raise ValueError(f"{text!r} is more than a year away")
    return then


def span(seconds: float) -> str:
    """About how long, such as `12 min`."""
    seconds = max(0, round(seconds))
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{round(seconds / 60)} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.0f} days"


def _named(day: str | None, clock: str | None, now: datetime, text: str) -> datetime:
    if day is None:
        then = _at(now, clock or MORNING, text)
        return then if then > now else _at(now + timedelta(days=1), clock or MORNING, text)
    if day == "tomorrow":
        return _at(now + timedelta(days=1), clock or MORNING, text)
    number = next((n for n, name in enumerate(DAYS) if name.startswith(day)), None)
    if number is None:
        raise _unknown(text)
    ahead = (number - now.weekday()) % 7
    then = _at(now + timedelta(days=ahead), clock or MORNING, text)
    return then if then > now else _at(now + timedelta(days=ahead + 7), clock or MORNING, text)


def _at(day: datetime, clock: str, text: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    if hour > 23 or minute > 59:
        raise ValueError(f"{text!r} has a time that no clock shows")
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


def _unknown(text: str) -> ValueError:
    return ValueError(
        f"{text!r} is not a time such as 18:00, tomorrow, 'fri 18:00' or '2026-11-25 18:00'"
    )
