"""Telling other systems what happened to a work order: written down with it, in one transaction, and sent later.

What is told holds nothing of the callers, and of the matter only what the department may read.
"""

from __future__ import annotations

import base64
import datetime as dt
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.hotline.work_orders import WorkOrder
from bot.storage.tables import connections as c

_ERROR_LENGTH = 300


@dataclass(frozen=True)
class Webhook:
    """An address that is told of the work orders of a place, or of those of one department there."""

    id: str
    jurisdiction: str
    department: str | None
    url: str
    secret: str


@dataclass(frozen=True)
class Delivery:
    """One thing to be told. Its ``id`` stays the same however often it is sent, so that the other side can tell."""

    id: str
    url: str
    secret: str
    event: str
    payload: Mapping[str, Any]
    attempts: int
    next_at: dt.datetime


def add_webhook(
    connection: Connection, jurisdiction: str, department: str | None, url: str, at: dt.datetime
) -> Webhook:
    """Store a new address and return it with its secret. Raises KnowledgeInvalid where place or department is not there."""
    hook = Webhook(
        uuid.uuid4().hex, jurisdiction, department, url, f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    )
    connection.execute(sa.insert(c.webhooks).values(**vars(hook), created_at=at))
    return hook


def list_webhooks(connection: Connection) -> list[Webhook]:
    """Return the addresses in use, oldest first."""
    query = sa.select(c.webhooks).where(c.webhooks.c.retired_at.is_(None)).order_by(c.webhooks.c.created_at)
    return [_webhook(row) for row in connection.execute(query).mappings()]


def retire_webhook(connection: Connection, webhook: str, at: dt.datetime) -> bool:
    """Stop telling this address, what waits for it included; return whether it was in use."""
    using = (c.webhooks.c.id == webhook) & c.webhooks.c.retired_at.is_(None)
    done = connection.execute(sa.update(c.webhooks).where(using).values(retired_at=at)).rowcount
    waiting = (c.deliveries.c.webhook == webhook) & c.deliveries.c.next_at.is_not(None)
    connection.execute(sa.update(c.deliveries).where(waiting).values(next_at=None, error="回调地址已停用"))
    return bool(done)


def announce(
    connection: Connection,
    order: WorkOrder,
    event: str,
    at: dt.datetime,
    details: Mapping[str, Any] | None = None,
    *,
    reason: str = "",
) -> None:
    """Write down that ``event`` is to be told to every address that wants to know of ``order``."""
    own = c.webhooks.c.department.is_(None)
    for department in filter(None, (order.department, *order.assisting)):
        own = own | (c.webhooks.c.department == department)
    query = sa.select(c.webhooks.c.id).where(
        c.webhooks.c.retired_at.is_(None), c.webhooks.c.jurisdiction == order.jurisdiction, own
    )
    rows = [
        {
            "id": f"msg_{uuid.uuid4().hex}",
            "webhook": webhook,
            "event": event,
            "payload": {
                "type": event,
                "timestamp": at.isoformat(),
                "data": {"work_order": order_view(order, at), "reason": reason, "details": dict(details or {})},
            },
            "created_at": at,
            "attempts": 0,
            "next_at": at,
            "error": "",
        }
        for webhook in connection.execute(query).scalars().all()
    ]
    if rows:
        connection.execute(sa.insert(c.deliveries), rows)


def order_view(order: WorkOrder, at: dt.datetime) -> dict[str, Any]:
    """Return what other systems read of ``order`` as JSON values; nothing of who called."""
    due = order.due(at)
    return {
        "number": order.number,
        "version": order.version,
        "state": order.state.value,
        "kind": order.kind.value,
        "category": order.category,
        "jurisdiction": order.jurisdiction,
        "department": order.department,
        "assisting": list(order.assisting),
        "content": order.for_department,
        "place": order.place,
        "happened": order.happened,
        "attachments": list(order.attachments),
        "urgent": order.urgent,
        "confidential": order.confidential,
        "received": order.received.isoformat(),
        "due": None if order.paused else due.at.isoformat(),
        "due_provisional": due.provisional,
        "lamp": order.lamp(at).value,
        "answer": order.answer,
        "satisfaction": order.satisfaction,
        "urged": order.urged,
        "supervised": order.supervised,
        "returned": order.returned,
        "reworked": order.reworked,
    }


def due_deliveries(connection: Connection, now: dt.datetime, limit: int = 100) -> list[Delivery]:
    """Return what is to be sent at ``now``, oldest first."""
    d, w = c.deliveries.c, c.webhooks.c
    query = (
        sa.select(d.id, w.url, w.secret, d.event, d.payload, d.attempts, d.next_at)
        .join(c.webhooks, w.id == d.webhook)
        .where(d.next_at <= now)
        .order_by(d.row_id)
        .limit(limit)
    )
    return [Delivery(**row) for row in connection.execute(query).mappings()]


def claim_delivery(connection: Connection, delivery: Delivery, until: dt.datetime) -> bool:
    """Take ``delivery`` until then; return whether nobody else has taken or sent it meanwhile."""
    d = c.deliveries.c
    mine = (d.id == delivery.id) & (d.attempts == delivery.attempts) & (d.next_at == delivery.next_at)
    return bool(connection.execute(sa.update(c.deliveries).where(mine).values(next_at=until)).rowcount)


def note_delivery(
    connection: Connection, delivery: str, now: dt.datetime, *, error: str = "", next_at: dt.datetime | None = None
) -> None:
    """Keep that it was sent at ``now``: delivered where there is no ``error``, else when to try again, if ever."""
    values: dict[str, Any] = {
        "attempts": c.deliveries.c.attempts + 1,
        "next_at": next_at,
        "error": error[:_ERROR_LENGTH],
    }
    if not error:
        values["delivered_at"] = now
    connection.execute(sa.update(c.deliveries).where(c.deliveries.c.id == delivery).values(**values))


def delete_deliveries_before(connection: Connection, moment: dt.datetime) -> int:
    """Forget what was delivered or given up before ``moment``; return how many."""
    old = (c.deliveries.c.created_at < moment) & c.deliveries.c.next_at.is_(None)
    return int(connection.execute(sa.delete(c.deliveries).where(old)).rowcount)


def _webhook(row: Mapping[str, Any]) -> Webhook:
    return Webhook(row["id"], row["jurisdiction"], row["department"], row["url"], row["secret"])
