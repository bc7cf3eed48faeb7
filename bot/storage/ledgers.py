"""The ledger (账本) in the database: written once, read by id, removed only when its time is over."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.sql import Select

from bot.errors import NotFound
from bot.hotline.directory import directory_entries, routing_entries
from bot.hotline.knowledge import Knowledge, KnowledgeEntry
from bot.hotline.ledger import LedgerRow
from bot.storage import loading
from bot.storage.tables import knowledge as k
from bot.storage.tables import ledger as t

_COLUMNS = tuple(column.name for column in t.ledger.columns)


def write_ledger(connection: Connection, row: LedgerRow) -> None:
    """Write one reply. Raises KnowledgeInvalid at an id that is taken or a jurisdiction that is not there."""
    values = {name: getattr(row, name) for name in _COLUMNS}
    values |= {"intent_scores": dict(row.intent_scores), "context": dict(row.context)}
    connection.execute(sa.insert(t.ledger).values(**values))
    stored = {(r.entry, r.version) for r in connection.execute(_versions([entry for entry, _ in row.entries]))}
    for position, (entry, version) in enumerate(row.entries):
        connection.execute(
            sa.insert(t.ledger_entries).values(
                ledger=row.id,
                position=position,
                entry=entry,
                version=version,
                stored_entry=entry if (entry, version) in stored else None,
            )
        )


def read_ledger(connection: Connection, ledger: str) -> LedgerRow:
    """Return the reply with this id. Raises NotFound."""
    found = connection.execute(sa.select(t.ledger).where(t.ledger.c.id == ledger)).mappings().one_or_none()
    if found is None:
        raise NotFound(f"账本中没有编号为 {ledger} 的答复，可能已超过保留期限。")
    used = connection.execute(
        sa.select(t.ledger_entries.c.entry, t.ledger_entries.c.version)
        .where(t.ledger_entries.c.ledger == ledger)
        .order_by(t.ledger_entries.c.position)
    )
    return LedgerRow(**found, entries=tuple((entry, version) for entry, version in used))


def replies_in(connection: Connection, conversation: str, limit: int = 200) -> list[LedgerRow]:
    """Return the newest ``limit`` replies to the citizen with this digest, oldest first, without their entries."""
    query = sa.select(t.ledger).where(t.ledger.c.conversation == conversation).order_by(t.ledger.c.at.desc())
    return [LedgerRow(**row) for row in connection.execute(query.limit(limit)).mappings()][::-1]


def delete_ledger_before(connection: Connection, day: dt.date) -> int:
    """Delete what was replied before ``day`` began in UTC; return how many replies that were."""
    limit = dt.datetime.combine(day, dt.time(), dt.timezone.utc)
    old = sa.select(t.ledger.c.id).where(t.ledger.c.at < limit)
    connection.execute(sa.delete(t.ledger_entries).where(t.ledger_entries.c.ledger.in_(old)))
    return int(connection.execute(sa.delete(t.ledger).where(t.ledger.c.at < limit)).rowcount)


def entry_versions(connection: Connection, row: LedgerRow) -> tuple[KnowledgeEntry, ...]:
    """Return the entries that ``row`` was made from, each in exactly the version that was used.

    Entries made from hotline lines and routing rules are made again from those of that time.
    Raises NotFound where one cannot be found any more.
    """
    keys = [entry for entry, _ in row.entries]
    found = {(e.id, e.version): e for e in loading.entries_in(connection, _versions(keys))}
    if any(key not in found for key in row.entries):
        found |= {(e.id, e.version): e for e in _derived(connection, row.at)}
    for entry, version in row.entries:
        if (entry, version) not in found:
            raise NotFound(f"找不到答复 {row.id} 所用的条目 {entry} 第 {version} 版。")
    return tuple(found[key] for key in row.entries)


def _versions(entries: list[str]) -> Select:
    columns = k.entry_versions.c
    return sa.select(columns.entry, columns.version).where(columns.entry.in_(entries))


def _derived(connection: Connection, at: dt.datetime) -> tuple[KnowledgeEntry, ...]:
    knowledge = Knowledge(
        version=0,
        documents={},
        entries=(),
        departments=loading.load_departments(connection),
        hotlines=loading.load_hotlines(connection, at),
        routing_rules=loading.load_routing_rules(connection, at),
    )
    return (*directory_entries(knowledge), *routing_entries(knowledge))
