"""What has to happen by itself: reminders before and after the due time, alarms, archiving, and forgetting."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bot.errors import MoveRefused
from bot.hotline.deadlines import Lamp
from bot.hotline.work_orders import Actor, Event, Move, Role, State, WorkOrder
from bot.settings import Settings
from bot.storage import (
    Database,
    OrderFilter,
    anonymise_before,
    delete_conversations_before,
    delete_deliveries_before,
    delete_ledger_before,
    delete_logins_before,
    find_bursts,
    find_orders,
    move_order,
    order_events,
    orders_near_due,
    orders_owing_progress,
    raise_alarms,
    refresh_due,
)

_WORKER = Actor("worker", Role.SYSTEM)
_DELIVERIES_KEPT = dt.timedelta(days=30)
_LOGINS_KEPT = dt.timedelta(days=1)  # longer than any of them counts
_REASONS = {Lamp.YELLOW: "临近办理时限", Lamp.RED: "已超过办理时限"}
_PROGRESS = "progress"


@dataclass(frozen=True)
class Round:
    """What one round did."""

    reminded: int = 0
    archived: int = 0
    alarms: int = 0
    anonymised: int = 0
    forgotten: int = 0
    conversations: int = 0


def make_round(database: Database, settings: Settings, now: dt.datetime) -> Round:
    """Do everything that is due at ``now``. Each order is handled in a unit of work of its own; doing it again is harmless."""
    with database.begin() as connection:
        refresh_due(connection, now)
    with database.read() as connection:
        near, owing = orders_near_due(connection, now), orders_owing_progress(connection, now)
        closed = OrderFilter(states=[State.CLOSED], closed_before=now - dt.timedelta(days=settings.archive_days))
        old = find_orders(connection, closed)
    reminded = sum(_remind(database, order, order.lamp(now).value, _REASONS[order.lamp(now)], now) for order in near)
    reminded += sum(_remind(database, order, _PROGRESS, "应当报告办理进展", now) for order in owing)
    archived = sum(_moved(database, order, Move.ARCHIVE, now) for order in old)
    with database.begin() as connection:
        alarms = raise_alarms(connection, find_bursts(connection, now), now)
        anonymised = anonymise_before(connection, (now - dt.timedelta(days=settings.contact_days)).date(), now)
        forgotten = delete_ledger_before(connection, (now - dt.timedelta(days=settings.ledger_days)).date())
        delete_deliveries_before(connection, now - _DELIVERIES_KEPT)
        delete_logins_before(connection, now - _LOGINS_KEPT)
        conversations = delete_conversations_before(connection, now - dt.timedelta(days=settings.conversation_days))
    return Round(reminded, archived, len(alarms), anonymised, forgotten, conversations)


def _remind(database: Database, order: WorkOrder, lamp: str, reason: str, now: dt.datetime) -> bool:
    """Record a reminder for ``order`` unless it was given already: once for a lamp in a state, once a period for progress."""
    with database.read() as connection:
        events = [e for e in order_events(connection, order.id) if e.move == Move.REMIND.value]
    if any(_covers(event, order, lamp, now) for event in events):
        return False
    return _moved(database, order, Move.REMIND, now, lamp=lamp, reason=reason)


def _covers(event: Event, order: WorkOrder, lamp: str, now: dt.datetime) -> bool:
    if event.details.get("lamp") != lamp:
        return False
    if lamp == _PROGRESS:
        return now - event.at < dt.timedelta(days=order.limit.progress_days or 0)
    return event.before is order.state


def _moved(database: Database, order: WorkOrder, move: Move, now: dt.datetime, **given: str) -> bool:
    """Make ``move`` unless a person has moved the order in the meantime."""
    try:
        with database.begin() as connection:
            move_order(connection, order.id, move, _WORKER, now, version=order.version, **given)
    except MoveRefused:
        return False
    return True
