"""Work orders in the database: filed once, moved by one person at a time, read with the caller's contact hidden."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import MoveRefused, NotFound
from bot.hotline.deadlines import ZONE, Pause
from bot.hotline.work_orders import Actor, Event, Move, RequestKind, Role, State, WorkOrder, make_move
from bot.storage.tables import work_orders as t

_FIELDS = tuple(field.name for field in fields(WorkOrder))
_CHANGED_MEANWHILE = "刚刚有人操作过这张工单，请刷新后再试。"


@dataclass(frozen=True)
class Caller:
    """Somebody who raised a matter (来电人). Empty fields were not given, or are gone since they were anonymised."""

    name: str | None
    phone: str | None
    conversation: str | None
    channel: str
    at: dt.datetime


@dataclass(frozen=True)
class ContactView:
    """That somebody looked at a caller's contact."""

    by: str
    role: Role
    purpose: str
    at: dt.datetime


def file_order(connection: Connection, order: WorkOrder, caller: Caller, place: str) -> WorkOrder:
    """Store a new work order with its caller and return it with id and number; both are given out here.

    ``place`` are the letters that its number begins with, such as ``JZ``.

    Raises KnowledgeInvalid where the jurisdiction or the department is not there.
    """
    prefix = f"{place}{order.received.astimezone(ZONE):%Y%m%d}"
    filed = replace(order, id=uuid.uuid4().hex, number=f"{prefix}{_next_number(connection, prefix):04d}")
    connection.execute(sa.insert(t.work_orders).values(**_as_row(filed)))
    add_caller(connection, filed.id, caller)
    return filed


def add_caller(connection: Connection, order: str, caller: Caller) -> None:
    """Keep ``caller`` as one more person who raised the matter of ``order``."""
    count = sa.select(sa.func.count()).where(t.callers.c.work_order == order)
    position = connection.execute(count).scalar_one()
    row = {name: getattr(caller, name) for name in ("name", "phone", "conversation", "channel", "at")}
    connection.execute(sa.insert(t.callers).values(work_order=order, position=position, **row))


def get_order(connection: Connection, order: str) -> WorkOrder:
    """Return the work order with this id or number. Raises NotFound."""
    wanted = sa.or_(t.work_orders.c.id == order, t.work_orders.c.number == order.upper())
    row = connection.execute(sa.select(t.work_orders).where(wanted)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"没有编号为 {order[:40]} 的工单，请核对编号。")
    return _from_row(row)


def orders_of(connection: Connection, conversation: str, limit: int = 5) -> list[WorkOrder]:
    """Return the newest work orders that were raised in ``conversation``."""
    own = sa.select(t.callers.c.work_order).where(t.callers.c.conversation == conversation)
    query = sa.select(t.work_orders).where(t.work_orders.c.id.in_(own))
    rows = connection.execute(query.order_by(t.work_orders.c.received.desc()).limit(limit)).mappings()
    return [_from_row(row) for row in rows]


def find_orders(
    connection: Connection,
    *,
    jurisdiction: str | None = None,
    states: Sequence[State] = (),
    department: str | None = None,
    received_from: dt.datetime | None = None,
    received_before: dt.datetime | None = None,
    limit: int = 10_000,
) -> list[WorkOrder]:
    """Return the work orders that fit everything given, oldest first."""
    c = t.work_orders.c
    query = sa.select(t.work_orders)
    if jurisdiction:
        query = query.where(c.jurisdiction == jurisdiction)
    if states:
        query = query.where(c.state.in_([state.value for state in states]))
    if department:
        query = query.where(c.department == department)
    if received_from:
        query = query.where(c.received >= received_from)
    if received_before:
        query = query.where(c.received < received_before)
    return [_from_row(row) for row in connection.execute(query.order_by(c.received).limit(limit)).mappings()]


def move_order(
    connection: Connection,
    order: str,
    move: Move,
    actor: Actor,
    at: dt.datetime,
    *,
    version: int | None = None,
    **given: Any,
) -> WorkOrder:
    """Make ``move`` and record it; ``version`` is the one that the person saw.

    Of two who act on the same version one is refused: the row is changed only where its version is still the same.
    Raises MoveRefused with the reason, NotFound.
    """
    before = get_order(connection, order)
    if version is not None and version != before.version:
        raise MoveRefused(_CHANGED_MEANWHILE)
    after, event = make_move(before, move, actor, at, **given)
    same = sa.and_(t.work_orders.c.id == before.id, t.work_orders.c.version == before.version)
    done = connection.execute(sa.update(t.work_orders).where(same).values(**_as_row(after)))
    if done.rowcount != 1:
        raise MoveRefused(_CHANGED_MEANWHILE)
    connection.execute(sa.insert(t.work_order_events).values(**_event_row(event)))
    if move is Move.MERGE and after.merged_into:
        for caller in _callers(connection, before.id):
            add_caller(connection, after.merged_into, caller)
    return after


def order_events(connection: Connection, order: str) -> list[Event]:
    """Return what happened to the work order with this id, oldest first."""
    query = sa.select(t.work_order_events).where(t.work_order_events.c.work_order == order)
    return [
        Event(
            row["work_order"], row["version"], row["move"], row["by"], Role(row["role"]), row["at"],
            State(row["before"]), State(row["after"]), row["reason"], row["details"],
        )
        for row in connection.execute(query.order_by(t.work_order_events.c.version)).mappings()
    ]  # fmt: skip


def count_callers(connection: Connection, order: str) -> int:
    """Return how many people raised the matter; that needs no purpose."""
    return int(connection.execute(sa.select(sa.func.count()).where(t.callers.c.work_order == order)).scalar_one())


def reveal_callers(connection: Connection, order: str, actor: Actor, purpose: str, at: dt.datetime) -> list[Caller]:
    """Return who raised the matter, and keep that ``actor`` looked and for what ``purpose``.

    Raises MoveRefused without a purpose, NotFound.
    """
    if len(purpose.strip()) < 2:
        raise MoveRefused("查看联系方式要写明用途。")
    found = get_order(connection, order)
    view = {"id": uuid.uuid4().hex, "work_order": found.id, "by": actor.id, "role": actor.role.value}
    connection.execute(sa.insert(t.caller_views).values(**view, purpose=purpose.strip(), at=at))
    return _callers(connection, found.id)


def contact_views(connection: Connection, order: str) -> list[ContactView]:
    """Return who looked at the callers' contacts, oldest first: the citizen may be told."""
    query = sa.select(t.caller_views).where(t.caller_views.c.work_order == order).order_by(t.caller_views.c.at)
    return [ContactView(row.by, Role(row.role), row.purpose, row.at) for row in connection.execute(query)]


def belongs_to(connection: Connection, order: str, conversation: str, phone_end: str = "") -> bool:
    """Return whether a caller of ``order`` is in ``conversation`` or left a phone that ends in ``phone_end``."""
    callers = _callers(connection, order)
    ends = len(phone_end) == 4 and phone_end.isdigit()
    return any(c.conversation == conversation or (ends and (c.phone or "").endswith(phone_end)) for c in callers)


def anonymise_before(connection: Connection, day: dt.date, at: dt.datetime) -> int:
    """Remove everything personal of the callers of orders closed before ``day``; return how many callers that were.

    The order's own words are masked when it is filed, so that the statistics can stay.
    """
    limit = dt.datetime.combine(day, dt.time(), ZONE)
    old = sa.select(t.work_orders.c.id).where(t.work_orders.c.closed < limit)
    gone = t.callers.c.anonymised.is_(None) & t.callers.c.work_order.in_(old)
    values = {"name": None, "phone": None, "conversation": None, "anonymised": at}
    return int(connection.execute(sa.update(t.callers).where(gone).values(**values)).rowcount)


def _callers(connection: Connection, order: str) -> list[Caller]:
    query = sa.select(t.callers).where(t.callers.c.work_order == order).order_by(t.callers.c.position)
    return [Caller(r.name, r.phone, r.conversation, r.channel, r.at) for r in connection.execute(query)]


def _next_number(connection: Connection, prefix: str) -> int:
    """Return the next number under ``prefix``; two who ask at once get two numbers."""
    numbers = t.work_order_numbers
    own = numbers.c.prefix == prefix
    if not connection.execute(sa.update(numbers).where(own).values(last=numbers.c.last + 1)).rowcount:
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(numbers).values(prefix=prefix, last=1))
        except sa.exc.IntegrityError:  # somebody else filed the first one of the day in the same moment
            connection.execute(sa.update(numbers).where(own).values(last=numbers.c.last + 1))
    return int(connection.execute(sa.select(numbers.c.last).where(own)).scalar_one())


def _as_row(order: WorkOrder) -> dict[str, Any]:
    row = {name: getattr(order, name) for name in _FIELDS}
    row |= {"kind": order.kind.value, "state": order.state.value, "assisting": list(order.assisting)}
    row["pauses"] = [[p.began.isoformat(), p.ended.isoformat() if p.ended else None] for p in order.pauses]
    return row


def _from_row(row: Any) -> WorkOrder:
    values = {name: row[name] for name in _FIELDS}
    values |= {"kind": RequestKind(row["kind"]), "state": State(row["state"]), "assisting": tuple(row["assisting"])}
    values["pauses"] = tuple(
        Pause(dt.datetime.fromisoformat(began), dt.datetime.fromisoformat(ended) if ended else None)
        for began, ended in row["pauses"]
    )
    return WorkOrder(**values)


def _event_row(event: Event) -> dict[str, Any]:
    row = {field.name: getattr(event, field.name) for field in fields(Event) if field.name != "order"}
    row |= {"work_order": event.order, "role": event.role.value, "before": event.before.value}
    return row | {"after": event.after.value, "details": dict(event.details)}
