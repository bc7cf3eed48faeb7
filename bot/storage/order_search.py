"""Finding and counting work orders: what a list shows, one page at a time, and the numbers beside its filters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.hotline.deadlines import Lamp
from bot.hotline.work_orders import State, WorkOrder
from bot.storage.dialects import holds
from bot.storage.tables import work_orders as t
from bot.storage.work_orders import order_from_row

_NEVER = dt.datetime(9999, 1, 1, tzinfo=dt.timezone.utc)  # when an order is due whose time stands still


@dataclass(frozen=True)
class OrderFilter:
    """Which work orders are wanted; what is empty does not narrow. ``text`` stands in number, matter or place.

    ``own`` is the department that looks: it sees only what it leads or assists, and finds what it may read.
    """

    jurisdiction: str | None = None
    states: Sequence[State] = ()
    department: str | None = None  # as lead or assisting
    category: str | None = None  # or the branch of the tree above it
    lamp: Lamp | None = None
    text: str = ""
    received_from: dt.datetime | None = None
    received_before: dt.datetime | None = None
    closed_before: dt.datetime | None = None
    own: str | None = None


def find_orders(
    connection: Connection,
    wanted: OrderFilter = OrderFilter(),
    *,
    now: dt.datetime | None = None,
    before: WorkOrder | None = None,
    limit: int = 10_000,
    by_due: bool = False,
) -> list[WorkOrder]:
    """Return at most ``limit`` orders that are ``wanted``, newest first, those after ``before`` for a further page.

    With ``by_due`` what is due first comes first, and last what waits for somebody. ``now`` is needed where a lamp is
    wanted.
    """
    c = t.work_orders.c
    query = sa.select(t.work_orders).where(*_conditions(wanted, now))
    due = sa.func.coalesce(c.due, sa.literal(_NEVER, c.due.type))
    if before and by_due:
        last = connection.execute(sa.select(due).where(c.id == before.id)).scalar_one()
        query = query.where(sa.tuple_(due, c.id) > sa.tuple_(sa.literal(last, c.due.type), before.id))
    elif before:
        query = query.where(
            sa.tuple_(c.received, c.id) < sa.tuple_(sa.bindparam(None, before.received, c.received.type), before.id)
        )
    # Words are looked for in every row: faster in the order in which the rows lie than in that of an index.
    received = sa.func.coalesce(c.received, c.received) if wanted.text.strip() else c.received
    order = (due, c.id) if by_due else (received.desc(), c.id.desc())
    return [order_from_row(row) for row in connection.execute(query.order_by(*order).limit(limit)).mappings()]


def count_by_state(
    connection: Connection, wanted: OrderFilter = OrderFilter(), now: dt.datetime | None = None
) -> dict[State, int]:
    """Return how many of the ``wanted`` orders stand in each state."""
    c = t.work_orders.c
    query = sa.select(c.state, sa.func.count()).where(*_conditions(wanted, now)).group_by(c.state)
    return {State(state): count for state, count in connection.execute(query)}


def count_by_lamp(connection: Connection, wanted: OrderFilter, now: dt.datetime) -> dict[Lamp, int]:
    """Return how many of the ``wanted`` orders show each lamp at ``now``."""
    counts = [sa.func.coalesce(sa.func.sum(sa.case((_shows(lamp, now), 1), else_=0)), 0) for lamp in Lamp]
    row = connection.execute(sa.select(*counts).select_from(t.work_orders).where(*_conditions(wanted, now))).one()
    return {lamp: int(count) for lamp, count in zip(Lamp, row)}


def _conditions(wanted: OrderFilter, now: dt.datetime | None) -> list[sa.sql.ColumnElement]:
    c = t.work_orders.c
    found: list[sa.sql.ColumnElement] = []
    if wanted.jurisdiction:
        found.append(c.jurisdiction == wanted.jurisdiction)
    if wanted.states:
        found.append(c.state.in_([state.value for state in wanted.states]))
    found += [_concerns(department) for department in (wanted.department, wanted.own) if department]
    if wanted.category:
        found.append(
            sa.or_(c.category == wanted.category, c.category.startswith(f"{wanted.category}/", autoescape=True))
        )
    if wanted.text.strip():
        found.append(_says(wanted.text.strip(), for_department=wanted.own is not None))
    if wanted.received_from:
        found.append(c.received >= wanted.received_from)
    if wanted.received_before:
        found.append(c.received < wanted.received_before)
    if wanted.closed_before:
        found.append(c.closed < wanted.closed_before)
    if wanted.lamp:
        if now is None:
            raise ValueError("a lamp is wanted as of when?")
        found.append(_shows(wanted.lamp, now))
    return found


def _concerns(department: str) -> sa.sql.ColumnElement:
    """Return the condition that ``department`` leads or assists."""
    c = t.work_orders.c
    other = t.work_orders.alias()
    names = sa.cast(other.c.assisting, sa.Text)
    helped = sa.select(other.c.id).where(
        names != sa.literal_column("'[]'"), names.contains(f'"{department}"', autoescape=True)
    )
    return sa.or_(c.department == department, c.id.in_(helped))


def _says(text: str, *, for_department: bool) -> sa.sql.ColumnElement:
    """Return the condition that number, matter or place hold ``text``; a department searches only what it may read."""
    c = t.work_orders.c
    matter = sa.case((c.handover != "", c.handover), else_=c.content) if for_department else c.content
    return sa.or_(*(holds(column, text) for column in (matter, c.place)), c.number == text.upper())


def _shows(lamp: Lamp, now: dt.datetime) -> sa.sql.ColumnElement:
    """Return the condition that an order's lamp is ``lamp`` at ``now``."""
    c = t.work_orders.c
    at = sa.literal(now, c.due.type)
    late = sa.and_(c.due.is_not(None), sa.func.coalesce(c.answered, at) > c.due)
    near = sa.and_(c.answered.is_(None), c.near.is_not(None), c.near <= at, ~late)
    return {Lamp.RED: late, Lamp.YELLOW: near, Lamp.GREEN: ~sa.or_(late, near)}[lamp]
