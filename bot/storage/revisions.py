"""What records that are changed in place said before (历次内容), and which of them are retired."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.editing.records import Record, as_json, from_json, key_of, kind_of
from bot.storage.records import Stamp
from bot.storage.tables import console as c
from bot.storage.tables import documents as d
from bot.storage.tables import knowledge as k

TABLES: Mapping[str, sa.Table] = {
    "jurisdiction": k.jurisdictions,
    "department": k.departments,
    "item": k.service_items,
    "document": d.policy_documents,
}


@dataclass(frozen=True)
class RecordVersion:
    """A record as it was or is, with who made it so, when and why; ``origin`` as in ``Stamp``."""

    record: Record
    changed_at: dt.datetime
    changed_by: str
    origin: str
    reason: str = ""
    retired_at: dt.datetime | None = None
    retired_by: str | None = None
    retired_reason: str | None = None


def keep_revision(connection: Connection, record: Record, at: dt.datetime) -> None:
    """Keep what ``record`` says now, before it is changed in place."""
    kind, key = kind_of(record), key_of(record)
    table = TABLES[kind]
    row = connection.execute(
        sa.select(table.c.changed_at, table.c.changed_by, table.c.origin).where(table.c.id == key)
    ).one()
    values = {"kind": kind, "key": key, "content": as_json(record), **row._mapping, "replaced_at": at}
    connection.execute(sa.insert(c.record_revisions).values(**values))


def revisions_of(connection: Connection, kind: str, key: str) -> list[RecordVersion]:
    """Return what the record said before, the newest first, without reasons."""
    own = sa.select(c.record_revisions).where(c.record_revisions.c.kind == kind, c.record_revisions.c.key == key)
    rows = connection.execute(own.order_by(c.record_revisions.c.row_id.desc()))
    return [RecordVersion(from_json(kind, r.content), r.changed_at, r.changed_by, r.origin) for r in rows]


def retired_records(connection: Connection, kind: str) -> dict[str, sa.engine.Row]:
    """Return key → who retired it, when and why, for the retired records of ``kind``."""
    table = c.record_retirements
    return {row.key: row for row in connection.execute(sa.select(table).where(table.c.kind == kind))}


def set_retired(connection: Connection, kind: str, key: str, stamp: Stamp) -> None:
    """Let the record no longer be offered."""
    values = {"retired_at": stamp.at, "retired_by": stamp.by, "retired_reason": stamp.reason}
    connection.execute(sa.insert(c.record_retirements).values(kind=kind, key=key, **values))


def unset_retired(connection: Connection, kind: str, key: str) -> bool:
    """Let the record be offered again; return whether it was retired."""
    table = c.record_retirements
    own = sa.delete(table).where(table.c.kind == kind, table.c.key == key)
    return bool(connection.execute(own).rowcount)
