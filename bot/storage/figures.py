"""Counting work orders in the database: the published figures, and what is raised more often than usual."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import NotFound
from bot.hotline.bursts import USUAL_DAYS, WINDOW_HOURS, Burst, bursts
from bot.hotline.reports import SATISFIED, Counts, Figures, figures_of
from bot.hotline.work_orders import State
from bot.storage.dialects import unindexed
from bot.storage.tables import work_orders as t

_TOPICS = 5
_MANY_DAYS = dt.timedelta(days=92)  # from which a report is about most of the orders


@dataclass(frozen=True)
class Alarm:
    """A burst that somebody has to look at, until it is acknowledged."""

    id: str
    jurisdiction: str
    category: str
    work_order: str | None
    count: int
    since: dt.datetime
    raised_at: dt.datetime
    acknowledged_at: dt.datetime | None = None
    acknowledged_by: str | None = None


def department_figures(
    connection: Connection,
    first: dt.datetime,
    end: dt.datetime,
    now: dt.datetime,
    jurisdiction: str | None = None,
    department: str | None = None,
) -> list[Figures]:
    """Return the figures of the orders received from ``first`` to before ``end``: of all together, then by department.

    With ``department`` only its own are counted.

    Merged orders count once, as the order that they were merged into. Nothing received: an empty list.
    """
    c = t.work_orders.c
    inside = _received(first, end, jurisdiction, of_most=end - first > _MANY_DAYS)
    query = sa.select(c.department, c.category, *_numbers(now)).where(*inside)
    if department:
        query = query.where(c.department == department)
    rows = connection.execute(query.group_by(c.department, c.category))
    sums: dict[str | None, Counts] = defaultdict(Counts)
    topics: dict[str | None, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for owner_of_row, category, *numbers in rows:
        for owner in {None, owner_of_row}:
            sums[owner] += Counts(*numbers)
            topics[owner][category] += numbers[0]
    order = sorted(sums, key=lambda name: (name is not None, name or ""))
    return [figures_of(name, sums[name], topics[name], _TOPICS) for name in order]


def month_counts(
    connection: Connection,
    months: Sequence[tuple[dt.datetime, dt.datetime]],
    now: dt.datetime,
    jurisdiction: str | None = None,
    department: str | None = None,
) -> list[Counts]:
    """Return what is counted of the orders received in each of ``months``, beginning and end; of one department or all."""
    own = [t.work_orders.c.department == department] if department else []
    found = []
    for first, end in months:  # each alone: nothing has to be sorted, as it would in one query for all
        query = sa.select(*_numbers(now)).where(*_received(first, end, jurisdiction), *own)
        found.append(Counts(*connection.execute(query).one()))
    return found


def _received(first: dt.datetime, end: dt.datetime, jurisdiction: str | None, *, of_most: bool = False) -> list[Any]:
    """Return the conditions on orders received in that time. ``of_most`` keeps SQLite from finding them by time.

    Where most orders are counted, reading them in the order of their groups is faster than sorting those of the time.
    """
    c = t.work_orders.c
    received = unindexed(c.received) if of_most else c.received
    inside = [received >= first, received < end, c.state != State.MERGED.value]
    return [*inside, c.jurisdiction == jurisdiction] if jurisdiction else inside


def _numbers(now: dt.datetime) -> list[Any]:
    """Return the columns of `Counts` in their order."""
    c = t.work_orders.c

    def count(*conditions: Any) -> Any:
        return sa.func.count().filter(sa.and_(*conditions))

    answered = c.answered.is_not(None)
    return [
        sa.func.count(),
        sa.func.count(c.answered),
        count(sa.func.coalesce(c.answered, now) > c.due),
        count(answered, sa.or_(c.due.is_(None), c.answered <= c.due)),
        count(answered, c.reworked > 0),
        sa.func.count(c.satisfaction),
        count(c.satisfaction >= SATISFIED),
    ]


def find_bursts(connection: Connection, now: dt.datetime) -> list[Burst]:
    """Return what citizens raised far more often than usual within the window before ``now``."""
    orders, callers = t.work_orders.c, t.callers.c
    window, usual = now - dt.timedelta(hours=WINDOW_HOURS), now - dt.timedelta(hours=WINDOW_HOURS, days=USUAL_DAYS)
    raised = sa.select(orders.jurisdiction, orders.category, orders.id, sa.func.count()).join(
        t.callers, callers.work_order == orders.id
    )
    raised = raised.where(orders.state != State.MERGED.value)  # its callers are kept under the order it was merged into
    matters: dict[tuple[str, str, str], int] = {}
    categories: dict[tuple[str, str], int] = defaultdict(int)
    recent = raised.where(callers.at > window, callers.at <= now).group_by(orders.id)
    for place, category, order, number in connection.execute(recent):
        matters[place, category, order] = number
        categories[place, category] += number
    earlier = (
        sa.select(orders.jurisdiction, orders.category, sa.func.count())
        .join(t.callers, callers.work_order == orders.id)
        .where(callers.at > usual, callers.at <= window)
        .group_by(orders.jurisdiction, orders.category)
    )
    windows = USUAL_DAYS * 24 / WINDOW_HOURS
    return bursts(matters, categories, {(p, c): n / windows for p, c, n in connection.execute(earlier)})


def raise_alarms(connection: Connection, found: list[Burst], now: dt.datetime) -> list[Alarm]:
    """Keep an alarm for each of ``found`` that has none yet within its window, and return the new ones."""
    since = now - dt.timedelta(hours=WINDOW_HOURS)
    known = {(a.jurisdiction, a.category, a.work_order) for a in list_alarms(connection, since)}
    new = [
        Alarm(uuid.uuid4().hex, b.jurisdiction, b.category, b.order, b.count, since, now)
        for b in found
        if (b.jurisdiction, b.category, b.order) not in known
    ]
    if new:
        connection.execute(sa.insert(t.alarms), [vars(alarm) for alarm in new])
    return new


def list_alarms(connection: Connection, since: dt.datetime) -> list[Alarm]:
    """Return the alarms raised from ``since`` on, newest first."""
    query = sa.select(t.alarms).where(t.alarms.c.raised_at >= since).order_by(t.alarms.c.raised_at.desc())
    return [Alarm(**row) for row in connection.execute(query).mappings()]


def get_alarm(connection: Connection, alarm: str) -> Alarm:
    """Return the alarm. Raises NotFound."""
    row = connection.execute(sa.select(t.alarms).where(t.alarms.c.id == alarm)).mappings().one_or_none()
    if row is None:
        raise NotFound("没有这条预警。")
    return Alarm(**row)


def acknowledge_alarm(connection: Connection, alarm: str, by: str, at: dt.datetime) -> bool:
    """Keep that ``by`` has seen the alarm; return whether nobody had before."""
    open_one = (t.alarms.c.id == alarm) & t.alarms.c.acknowledged_at.is_(None)
    done = connection.execute(sa.update(t.alarms).where(open_one).values(acknowledged_at=at, acknowledged_by=by))
    return bool(done.rowcount)
