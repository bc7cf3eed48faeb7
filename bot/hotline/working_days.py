"""Working days (工作日) in China, with the days that the State Council moves between weekends and holidays (调休).

The arrangement of a year is announced in the November before; until it is, a day is judged by the weekend and the
holidays whose date the law itself fixes (《全国年节及纪念日放假办法》), and everything built on it is provisional.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import chinese_calendar

_FIXED = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}  # month and day


@lru_cache(maxsize=4096)
def is_working_day(day: dt.date) -> bool:
    """Return whether offices work on ``day``."""
    if is_announced(day):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5 and (day.month, day.day) not in _FIXED


@lru_cache(maxsize=64)
def _announced(year: int) -> bool:
    try:
        chinese_calendar.is_workday(dt.date(year, 6, 1))
    except NotImplementedError:
        return False
    return True


def is_announced(day: dt.date) -> bool:
    """Return whether the holidays of the year of ``day`` have been announced."""
    return _announced(day.year)


def add_working_days(day: dt.date, count: int) -> dt.date:
    """Return the ``count``-th working day after ``day``; the day itself is not counted.

    Raises ValueError where ``count`` is negative.
    """
    if count < 0:
        raise ValueError("a time limit cannot be negative")
    while count:
        day += dt.timedelta(days=1)
        count -= is_working_day(day)
    return day


def working_days_after(first: dt.date, last: dt.date) -> int:
    """Return how many working days lie after ``first`` up to and including ``last``, negative where it is earlier."""
    if last < first:
        return -working_days_after(last, first)
    return sum(is_working_day(first + dt.timedelta(days=n)) for n in range(1, (last - first).days + 1))
