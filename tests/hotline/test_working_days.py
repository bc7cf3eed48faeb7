"""Working days against the State Council's arrangements for two years, written down by hand."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.hotline.working_days import add_working_days, is_announced, is_working_day, working_days_after

# 国办发明电〔2024〕12号 and 国办发明电〔2025〕7号: days off (first, last) and weekend days that are worked.
_OFF = [
    ("2025-01-01", "2025-01-01"), ("2025-01-28", "2025-02-04"), ("2025-04-04", "2025-04-06"), ("2025-05-01", "2025-05-05"),
    ("2025-05-31", "2025-06-02"), ("2025-10-01", "2025-10-08"),
    ("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"), ("2026-04-04", "2026-04-06"), ("2026-05-01", "2026-05-05"),
    ("2026-06-19", "2026-06-21"), ("2026-09-25", "2026-09-27"), ("2026-10-01", "2026-10-07"),
]  # fmt: skip
_WORKED = {
    *("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"),
    *("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
}
_DAYS = [dt.date(2025, 1, 1) + dt.timedelta(days=n) for n in range(730)]
_TABLE = {
    day: day.isoformat() in _WORKED
    or (day.weekday() < 5 and not any(first <= day.isoformat() <= last for first, last in _OFF))
    for day in _DAYS
}


def test_every_day_of_two_years_is_as_announced() -> None:
    assert {day: is_working_day(day) for day in _DAYS} == _TABLE


@given(st.sampled_from(_DAYS[:600]), st.integers(min_value=0, max_value=60))
def test_no_due_day_is_wrong(received: dt.date, count: int) -> None:
    """The due day by walking the table, one day at a time."""
    expected, left = received, count
    while left:
        expected += dt.timedelta(days=1)
        left -= _TABLE[expected]
    assert add_working_days(received, count) == expected
    assert working_days_after(received, expected) == count


@pytest.mark.parametrize(
    ("received", "count", "due"),
    [
        ("2026-02-13", 1, "2026-02-14"),  # the Saturday before the Spring Festival is worked
        ("2026-02-14", 1, "2026-02-24"),  # the festival in between
        ("2026-09-30", 1, "2026-10-08"),
        ("2025-12-31", 1, "2026-01-04"),  # over the year's end
    ],
)
def test_known_cases(received: str, count: int, due: str) -> None:
    assert add_working_days(dt.date.fromisoformat(received), count) == dt.date.fromisoformat(due)


def test_a_year_without_arrangement_is_provisional() -> None:
    assert is_announced(dt.date(2026, 12, 31))
    assert not is_announced(dt.date(2031, 1, 1))
    assert not is_working_day(dt.date(2031, 10, 1))
    assert is_working_day(dt.date(2031, 10, 8))


def test_counting_back_is_negative() -> None:
    assert working_days_after(dt.date(2026, 11, 23), dt.date(2026, 11, 20)) == -1
    with pytest.raises(ValueError, match="negative"):
        add_working_days(dt.date(2026, 1, 1), -1)
