"""Sizes, times and states in words, in the language and the customs of the account."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QTime

from qubix_desktop import languages
from qubix_worker.errors import Problem

translate = QCoreApplication.translate
UNKNOWN = "\N{EN DASH}"
"""Shown where there is no figure."""


said = languages.said


def told(problem: Problem) -> str:
    """What happened and what to do, one after the other."""
    return f"{said(problem.happened)} {said(problem.todo)}".strip()


def size(size_bytes: float) -> str:
    """`16 GB`; in powers of 1024, as memory is sold."""
    return QLocale().formattedDataSize(
        round(size_bytes), _precision(size_bytes), QLocale.DataSizeFormat.DataSizeTraditionalFormat
    )


def size_within(size_bytes: float, whole_bytes: float) -> str:
    """`6.1`, where the whole is 9.8 MB: in the whole's unit, which is named with the whole only."""
    unit = _unit(whole_bytes)
    decimals = _decimals(size_bytes / unit) if unit > 1 else 0
    return QLocale().toString(size_bytes / unit, "f", decimals)


def _precision(size_bytes: float) -> int:
    """No decimals where they would be zero, or too small to matter."""
    return _decimals(size_bytes / _unit(size_bytes))


def _decimals(value: float) -> int:
    return 0 if value >= 100 or abs(value - round(value)) < 0.05 else 1


def _unit(size_bytes: float) -> int:
    unit = 1
    while size_bytes >= unit * 1024:
        unit *= 1024
    return unit


def percent(value: float) -> str:
    return translate("words", "{share} %").format(share=QLocale().toString(float(value), "f", 0))


def celsius(value: float) -> str:
    return translate("words", "{degrees} °C").format(
        degrees=QLocale().toString(float(value), "f", 0)
    )


def time_left(seconds: float) -> str:
    """Coarse on purpose: what does not jump is believed."""
    if seconds < 10:
        return translate("words", "A few seconds left")
    if seconds < 60:
        return translate("words", "Less than a minute left")
    return translate("words", "About %Ln minute(s) left", None, round(seconds / 60))


def span(seconds: float) -> str:
    """How long something took: `3.2 s`, `5 min`, `2 h`."""
    if seconds < 60:
        digits = 1 if seconds < 10 and seconds != round(seconds) else 0
        text = translate("words", "{time} s")
        return text.format(time=QLocale().toString(float(seconds), "f", digits))
    if seconds < 3600:
        text = translate("words", "{time} min")
        return text.format(time=QLocale().toString(round(seconds / 60)))
    text = translate("words", "{time} h")
    return text.format(time=QLocale().toString(seconds / 3600.0, "f", 1))


def clock(seconds_since_epoch: float) -> str:
    """The time of day here, `14:30`."""
    import datetime  # noqa: PLC0415 - the first page tells no time

    then = datetime.datetime.fromtimestamp(seconds_since_epoch)
    return QLocale().toString(QTime(then.hour, then.minute), QLocale.FormatType.ShortFormat)


def moment(seconds_since_epoch: float, now: float) -> str:
    """`14:30` today, `tomorrow, 08:00` after midnight, else with its date."""
    import datetime  # noqa: PLC0415

    then = datetime.datetime.fromtimestamp(seconds_since_epoch)
    days = (then.date() - datetime.datetime.fromtimestamp(now).date()).days
    time = clock(seconds_since_epoch)
    if days == 0:
        return time
    if days == 1:
        return translate("words", "tomorrow, {time}").format(time=time)
    day = QDate(then.year, then.month, then.day)
    date = QLocale().toString(day, QLocale.FormatType.ShortFormat)
    return f"{date}, {time}"


def outcome(kind: str) -> str:
    """How a job ended."""
    return {
        "completed": translate("words", "Completed"),
        "failed": translate("words", "Failed"),
        "cancelled": translate("words", "Cancelled"),
    }.get(kind, kind)
