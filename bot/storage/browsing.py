"""Finding knowledge entries in the console: by place, document, topic, aspect, state and words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.hotline.knowledge import KnowledgeEntry
from bot.storage.dialects import holds
from bot.storage.loading import entries_in
from bot.storage.tables import knowledge as k

STATES = ("in_use", "retired", "recent", "all")
_RECENT = dt.timedelta(days=7)
_MOST_WORDS = 8


@dataclass(frozen=True)
class EntryFilter:
    """What is looked for; empty values do not narrow. ``words`` must all stand in question, similar ones or answer."""

    place: str = ""
    document: str = ""
    topic: str = ""
    aspect: str = ""
    state: str = "in_use"
    words: str = ""


@dataclass(frozen=True)
class EntryRow:
    """The newest version of an entry with who made it, when and why, and whether it answers no longer."""

    entry: KnowledgeEntry
    changed_at: dt.datetime
    changed_by: str
    reason: str
    origin: str
    retired_at: dt.datetime | None = None
    retired_by: str | None = None
    retired_reason: str | None = None


def find_entries(
    connection: Connection, wanted: EntryFilter, now: dt.datetime, *, limit: int | None = None, offset: int = 0
) -> tuple[list[EntryRow], int]:
    """Return the entries that ``wanted`` selects, newest change first where recent ones are wanted, and how many there are."""
    v, e = k.entry_versions.c, k.knowledge_entries.c
    newest = sa.select(v.entry, sa.func.max(v.version).label("version")).group_by(v.entry).subquery()
    joined = k.entry_versions.join(newest, sa.and_(newest.c.entry == v.entry, newest.c.version == v.version)).join(
        k.knowledge_entries, e.id == v.entry
    )
    conditions = _conditions(wanted, now)
    total = connection.execute(sa.select(sa.func.count()).select_from(joined).where(*conditions)).scalar_one()
    changed = sa.func.coalesce(e.retired_at, v.changed_at)
    order = (changed.desc(), v.entry) if wanted.state == "recent" else (v.entry,)
    columns = (v.entry, v.version, v.changed_at, v.changed_by, v.reason, v.origin)
    query = sa.select(*columns, e.retired_at, e.retired_by, e.retired_reason).select_from(joined).where(*conditions)
    rows = connection.execute(query.order_by(*order).limit(limit).offset(offset)).all()
    return _filled(connection, rows), int(total)


def find_entry(connection: Connection, entry: str) -> EntryRow | None:
    """Return the newest version of ``entry`` with what is known around it."""
    v, e = k.entry_versions.c, k.knowledge_entries.c
    columns = (v.entry, v.version, v.changed_at, v.changed_by, v.reason, v.origin)
    query = sa.select(*columns, e.retired_at, e.retired_by, e.retired_reason).join(k.knowledge_entries, e.id == v.entry)
    rows = connection.execute(query.where(v.entry == entry).order_by(v.version.desc()).limit(1)).all()
    return next(iter(_filled(connection, rows)), None)


def citing_entries(connection: Connection, document: str) -> dict[str | None, list[str]]:
    """Return path → ids of the current entries that cite it; ``None`` for the document as a whole."""
    v, c, e = k.entry_versions.c, k.citations.c, k.knowledge_entries.c
    newest = sa.select(v.entry, sa.func.max(v.version).label("version")).group_by(v.entry).subquery()
    same = sa.and_(newest.c.entry == c.entry, newest.c.version == c.version)
    query = sa.select(c.path, c.entry).select_from(k.citations).join(newest, same)
    query = query.join(k.knowledge_entries, e.id == c.entry).where(c.document == document, e.retired_at.is_(None))
    found: dict[str | None, list[str]] = {}
    for row in connection.execute(query.order_by(c.entry)):
        found.setdefault(row.path, []).append(row.entry)
    return found


def _filled(connection: Connection, rows: Sequence[sa.engine.Row]) -> list[EntryRow]:
    if not rows:
        return []
    wanted = sa.tuple_(k.entry_versions.c.entry, k.entry_versions.c.version)
    keys = sa.select(k.entry_versions.c.entry, k.entry_versions.c.version)
    entries: dict[str, KnowledgeEntry] = {}
    for start in range(0, len(rows), 400):  # as many as SQLite takes in one statement
        pairs = [(row.entry, row.version) for row in rows[start : start + 400]]
        entries |= {entry.id: entry for entry in entries_in(connection, keys.where(wanted.in_(pairs)))}
    names = ("changed_at", "changed_by", "reason", "origin", "retired_at", "retired_by", "retired_reason")
    return [EntryRow(entries[row.entry], **{name: row._mapping[name] for name in names}) for row in rows]


def _conditions(wanted: EntryFilter, now: dt.datetime) -> list[sa.sql.ColumnElement]:
    v, e = k.entry_versions.c, k.knowledge_entries.c
    found = [e.jurisdiction == wanted.place] if wanted.place else []
    found += [e.topic == wanted.topic] if wanted.topic else []
    found += [v.aspect == wanted.aspect] if wanted.aspect else []
    if wanted.document:
        cited = sa.exists().where(
            k.citations.c.entry == v.entry,
            k.citations.c.version == v.version,
            k.citations.c.document == wanted.document,
        )
        found.append(cited)
    if wanted.state == "in_use":
        found.append(e.retired_at.is_(None))
    elif wanted.state == "retired":
        found.append(e.retired_at.isnot(None))
    elif wanted.state == "recent":
        found.append(sa.or_(v.changed_at >= now - _RECENT, e.retired_at >= now - _RECENT))
    text = v.question + "\n" + v.answer + "\n" + sa.cast(v.similar, sa.Text) + "\n" + v.entry
    for word in wanted.words.split()[:_MOST_WORDS]:
        found.append(holds(text, word))
    return found
