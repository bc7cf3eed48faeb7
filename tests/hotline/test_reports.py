"""The published figures, counted by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.hotline.deadlines import ZONE, TimeLimit, TimeLimits
from bot.hotline.reports import department_figures, month_of
from bot.hotline.work_orders import RequestKind, State, WorkOrder

T0 = dt.datetime(2026, 11, 2, 10, 0, tzinfo=ZONE)
NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
LIMITS = TimeLimits({("", ""): TimeLimit(1, 5)})


def order(number: int, **changes: Any) -> WorkOrder:
    values: dict[str, Any] = {
        "id": str(number), "number": str(number), "jurisdiction": "jingzhou", "kind": RequestKind.COMPLAINT,
        "category": "城市管理/占道经营", "title": "", "content": "", "place": "", "happened": "", "channel": "web",
        "received": T0, "department": "dep.city", "state": State.DISPATCHED,
    }  # fmt: skip
    return WorkOrder(**{**values, **changes})


ORDERS = [
    order(1, answered=T0 + dt.timedelta(days=2), state=State.CLOSED, satisfaction=5),
    order(2, answered=T0 + dt.timedelta(days=20), state=State.CLOSED, satisfaction=2, reworked=1),  # late
    order(3),  # overdue
    order(4, received=NOW),  # not due yet
    order(5, state=State.MERGED, merged_into="1"),
    order(6, received=NOW, department="dep.water", category="公用事业/停水漏水水质"),
]


def test_the_figures_are_those_counted_by_hand() -> None:
    everything, city, water = department_figures(ORDERS, LIMITS, NOW)
    assert (everything.department, everything.received) == (None, 5)
    assert (city.received, city.answered, city.overdue) == (4, 2, 2)
    assert city.on_time == pytest.approx(1 / 3)
    assert city.rework == pytest.approx(1 / 2)
    assert city.satisfaction == pytest.approx(1 / 2)
    assert city.visited == 1.0
    assert city.topics == (("城市管理/占道经营", 4),)
    assert (water.on_time, water.rework, water.satisfaction) == (None, None, None)


def test_no_orders_are_no_figures() -> None:
    assert department_figures([], LIMITS, NOW) == []


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2026-11", "2026-11-01", "2026-12-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026", "2026-01-01", "2027-01-01"),
    ],
)
def test_a_period_is_a_month_or_a_year(text: str, first: str, end: str) -> None:
    assert [moment.date().isoformat() for moment in month_of(text)] == [first, end]


@pytest.mark.parametrize("text", ["", "2026-13", "上月", "2026-1-1"])
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(ValueError):
        month_of(text)
