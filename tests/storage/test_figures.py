"""Figures and bursts counted in the database, on both of them, against counts by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.hotline.deadlines import ZONE, TimeLimit
from bot.hotline.work_orders import RequestKind, State, WorkOrder
from bot.knowledge_files import KnowledgeFiles
from bot.storage import (
    Caller,
    Database,
    acknowledge_alarm,
    add_caller,
    department_figures,
    file_order,
    find_bursts,
    list_alarms,
    raise_alarms,
    save_knowledge,
)

T0 = dt.datetime(2026, 11, 2, 10, 0, tzinfo=ZONE)
NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
FIRST, END = dt.datetime(2026, 11, 1, tzinfo=ZONE), dt.datetime(2026, 12, 1, tzinfo=ZONE)


@pytest.fixture
def filled(database: Database, files: KnowledgeFiles) -> Database:
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="start")
    return database


def filed(database: Database, **changes: Any) -> WorkOrder:
    values: dict[str, Any] = {
        "id": "", "number": "", "jurisdiction": "jingzhou", "kind": RequestKind.COMPLAINT, "category": "城管/占道",
        "title": "", "content": "占道", "place": "", "happened": "", "channel": "web", "received": T0, "limit": TimeLimit(1, 5),
    }  # fmt: skip
    order = WorkOrder(**{**values, **changes})
    with database.begin() as connection:
        return file_order(connection, order, Caller(None, None, None, "web", order.received), "JZ")


def test_the_figures_are_those_counted_by_hand(filled: Database, files: KnowledgeFiles) -> None:
    city = files.departments[0].id
    days = dt.timedelta
    filed(filled, department=city, state=State.CLOSED, answered=T0 + days(days=2), satisfaction=5)
    filed(filled, department=city, state=State.CLOSED, answered=T0 + days(days=20), satisfaction=2, reworked=1)  # late
    filed(filled, department=city, state=State.DISPATCHED)  # overdue
    filed(filled, department=city, state=State.DISPATCHED, received=NOW)  # not due yet
    filed(filled, state=State.MERGED)
    filed(filled, received=NOW, category="水")
    filed(filled, received=T0 - days(days=30))  # another month
    with filled.read() as connection:
        everything, own = department_figures(connection, FIRST, END, NOW)
        assert department_figures(connection, FIRST, END, NOW, "tianmen") == []
    assert (everything.department, everything.received) == (None, 5)
    assert (own.received, own.answered, own.overdue) == (4, 2, 2)
    assert own.on_time == pytest.approx(1 / 3)
    assert own.rework == pytest.approx(1 / 2)
    assert own.satisfaction == pytest.approx(1 / 2)
    assert own.visited == 1.0
    assert own.topics == (("城管/占道", 4),)
    assert everything.topics == (("城管/占道", 4), ("水", 1))


def test_a_burst_raises_one_alarm_until_its_window_is_over(filled: Database) -> None:
    order = filed(filled, received=NOW)
    with filled.begin() as connection:
        for n in range(5):
            add_caller(connection, order.id, Caller(None, None, f"c{n}", "web", NOW))
        found = find_bursts(connection, NOW)
        assert [(b.order, b.count) for b in found] == [(order.id, 6)]
        assert len(raise_alarms(connection, found, NOW)) == 1
        assert raise_alarms(connection, found, NOW + dt.timedelta(hours=1)) == []
        (alarm,) = list_alarms(connection, NOW)
        assert acknowledge_alarm(connection, alarm.id, "op1", NOW)
        assert not acknowledge_alarm(connection, alarm.id, "op2", NOW)
        assert find_bursts(connection, NOW + dt.timedelta(days=2)) == []


def test_what_is_usual_is_no_burst(filled: Database) -> None:
    for day in range(1, 29):
        for _ in range(12):
            filed(filled, received=NOW - dt.timedelta(days=day, hours=1))
    for _ in range(14):
        filed(filled, received=NOW)
    with filled.read() as connection:
        assert find_bursts(connection, NOW) == []
