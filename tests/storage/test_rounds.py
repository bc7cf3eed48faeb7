"""The worker's rounds: each reminder once, archiving and forgetting when their time has come."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bot.hotline.deadlines import ZONE, TimeLimit
from bot.hotline.work_orders import Actor, Move, RequestKind, Role, State, WorkOrder
from bot.knowledge_files import KnowledgeFiles
from bot.settings import Settings
from bot.storage import Caller, Database, file_order, get_order, move_order, order_events, save_knowledge
from bot.worker.rounds import Round, make_round

T0 = dt.datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
LIMIT = TimeLimit(1, 5, warn_days=2, progress_days=30)


@pytest.fixture
def filled(database: Database, files: KnowledgeFiles) -> Database:
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="start")
    return database


def filed(database: Database, **changes: Any) -> WorkOrder:
    values: dict[str, Any] = {
        "id": "", "number": "", "jurisdiction": "jingzhou", "kind": RequestKind.COMPLAINT, "category": "城管", "title": "占道",
        "content": "占道", "place": "", "happened": "", "channel": "web", "received": T0, "limit": LIMIT,
    }  # fmt: skip
    with database.begin() as connection:
        return file_order(
            connection, WorkOrder(**{**values, **changes}), Caller("张三", "13800000000", "c", "web", T0), "JZ"
        )


def test_each_lamp_is_reminded_of_once(filled: Database, files: KnowledgeFiles) -> None:
    order = filed(filled)
    with filled.begin() as connection:
        move_order(
            connection, order.id, Move.DISPATCH, Actor("o", Role.OPERATOR), T0, department=files.departments[0].id
        )
    assert make_round(filled, Settings(), T0).reminded == 0
    near, over = T0 + dt.timedelta(days=3), T0 + dt.timedelta(days=9)
    assert [make_round(filled, Settings(), at).reminded for at in (near, near, over, over)] == [1, 0, 1, 0]
    with filled.read() as connection:
        reasons = [e.reason for e in order_events(connection, order.id) if e.move == "remind"]
    assert reasons == ["临近办理时限", "已超过办理时限"]


def test_what_is_closed_is_archived_and_forgotten_in_time(filled: Database) -> None:
    order = filed(filled, state=State.CLOSED, closed=T0)
    settings = replace(Settings(), archive_days=15, contact_days=365)
    assert make_round(filled, settings, T0 + dt.timedelta(days=14)) == Round()
    assert make_round(filled, settings, T0 + dt.timedelta(days=16)).archived == 1
    with filled.read() as connection:
        assert get_order(connection, order.id).state is State.ARCHIVED
    assert make_round(filled, settings, T0 + dt.timedelta(days=367)).anonymised == 1


def test_beyond_the_limit_progress_is_asked_for_every_month(filled: Database, files: KnowledgeFiles) -> None:
    department = files.departments[0].id
    handler = Actor("h", Role.HANDLER, department)
    order = filed(filled)
    with filled.begin() as connection:
        move_order(connection, order.id, Move.DISPATCH, Actor("o", Role.OPERATOR), T0, department=department)
        move_order(connection, order.id, Move.SIGN, handler, T0)

    def reminders(day: int) -> list[str]:
        make_round(filled, Settings(), T0 + dt.timedelta(days=day))
        with filled.read() as connection:
            return [e.details["lamp"] for e in order_events(connection, order.id) if e.move == "remind"]

    assert reminders(30) == ["red"]
    assert reminders(45) == ["red", "progress"], "a month beyond the limit"
    assert reminders(46) == ["red", "progress"]
    with filled.begin() as connection:
        move_order(connection, order.id, Move.REPORT_PROGRESS, handler, T0 + dt.timedelta(days=50), text="正在施工")
    assert reminders(76) == ["red", "progress"], "told less than a month ago"
    assert reminders(81) == ["red", "progress", "progress"]


def test_a_burst_is_raised_by_a_round_once(filled: Database) -> None:
    for n in range(10):
        filed(filled, category="水/停水", place=str(n))
    assert make_round(filled, Settings(), T0 + dt.timedelta(hours=1)).alarms == 1
    assert make_round(filled, Settings(), T0 + dt.timedelta(hours=2)).alarms == 0
