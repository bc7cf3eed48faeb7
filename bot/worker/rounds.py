"""What has to happen by itself: reminders before and after the due time, archiving, and forgetting."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bot.errors import MoveRefused
from bot.hotline.deadlines import Lamp, TimeLimits
from bot.hotline.work_orders import Actor, Move, Role, State, WorkOrder
from bot.settings import Settings
from bot.storage import (
    Database,
    anonymise_before,
    delete_ledger_before,
    find_orders,
    move_order,
    order_events,
)

_WORKER = Actor("worker", Role.SYSTEM)
_WATCHED = (State.ACCEPTED, State.DISPATCHED, State.SIGNED, State.IN_PROGRESS)


@dataclass(frozen=True)
class Round:
    """What one round did."""

    reminded: int = 0
    archived: int = 0
    anonymised: int = 0
    forgotten: int = 0


def make_round(database: Database, limits: TimeLimits, settings: Settings, now: dt.datetime) -> Round:
    """Do everything that is due at ``now``. Each order is handled in a unit of work of its own; doing it again is harmless."""
    with database.read() as connection:
        watched = find_orders(connection, states=_WATCHED)
        closed = find_orders(connection, states=[State.CLOSED])
    reminded = sum(_remind(database, order, limits, now) for order in watched)
    limit = now - dt.timedelta(days=settings.archive_days)
    archived = sum(_archive(database, order, now) for order in closed if order.closed and order.closed < limit)
    with database.begin() as connection:
        anonymised = anonymise_before(connection, (now - dt.timedelta(days=settings.contact_days)).date(), now)
        forgotten = delete_ledger_before(connection, (now - dt.timedelta(days=settings.ledger_days)).date())
    return Round(reminded, archived, anonymised, forgotten)


def _remind(database: Database, order: WorkOrder, limits: TimeLimits, now: dt.datetime) -> bool:
    """Record a reminder for ``order`` where its lamp is yellow or red and none was given for that lamp."""
    lamp = order.lamp(limits.of(order.jurisdiction, order.time_kind), now)
    if lamp is Lamp.GREEN:
        return False
    reason = "临近办理时限" if lamp is Lamp.YELLOW else "已超过办理时限"
    with database.begin() as connection:
        given = {
            (e.details.get("lamp"), e.before) for e in order_events(connection, order.id) if e.move == Move.REMIND.value
        }
        if (lamp.value, order.state) in given:
            return False
        return _moved(connection, order, Move.REMIND, now, lamp=lamp.value, reason=reason)


def _archive(database: Database, order: WorkOrder, now: dt.datetime) -> bool:
    with database.begin() as connection:
        return _moved(connection, order, Move.ARCHIVE, now)


def _moved(connection: object, order: WorkOrder, move: Move, now: dt.datetime, **given: object) -> bool:
    """Make ``move`` unless a person has moved the order in the meantime."""
    try:
        move_order(connection, order.id, move, _WORKER, now, version=order.version, **given)  # type: ignore[arg-type]
    except MoveRefused:
        return False
    return True
