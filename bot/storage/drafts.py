"""Drafts of entries (草稿): made from provisions by rule, kept until a person publishes or discards them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.editing.drafts import Proposal, as_content, from_content
from bot.errors import ChangedMeanwhile, NotFound
from bot.hotline.knowledge import KnowledgeEntry
from bot.storage.tables import console as c


@dataclass(frozen=True)
class Draft:
    """A stored draft; ``entry`` is what it was published as."""

    id: str
    document: str
    path: str
    content: KnowledgeEntry
    state: str
    version: int
    changed_at: dt.datetime
    changed_by: str
    entry: str | None = None


def add_drafts(connection: Connection, proposals: Iterable[Proposal], *, by: str, at: dt.datetime) -> list[str]:
    """Store ``proposals`` for provisions that have no draft yet and return the ids of the new drafts."""
    table = c.entry_drafts
    taken = {(row.document, row.path) for row in connection.execute(sa.select(table.c.document, table.c.path))}
    rows: list[dict[str, Any]] = [
        {
            "id": uuid.uuid4().hex, "document": one.document, "path": one.path, "content": as_content(one.entry),
            "state": "open", "version": 1, "created_at": at, "changed_at": at, "changed_by": by,
        }
        for one in proposals
        if (one.document, one.path) not in taken
    ]  # fmt: skip
    if rows:
        connection.execute(sa.insert(table), rows)
    return [row["id"] for row in rows]


def list_drafts(connection: Connection, *, document: str = "", state: str = "open") -> list[Draft]:
    """Return the drafts in ``state``, in the order in which they were made."""
    table = c.entry_drafts
    wanted = [table.c.state == state] + ([table.c.document == document] if document else [])
    rows = connection.execute(
        sa.select(table).where(*wanted).order_by(table.c.document, table.c.created_at, table.c.path)
    )
    return [_draft(row) for row in rows]


def get_draft(connection: Connection, draft: str) -> Draft:
    """Return one draft. Raises NotFound."""
    row = connection.execute(sa.select(c.entry_drafts).where(c.entry_drafts.c.id == draft)).one_or_none()
    if row is None:
        raise NotFound("没有这份草稿。")
    return _draft(row)


def save_draft(
    connection: Connection, draft: str, content: KnowledgeEntry, *, version: int, by: str, at: dt.datetime
) -> Draft:
    """Keep what a person has written so far. Raises ChangedMeanwhile where it is not ``version`` any more, NotFound."""
    return _change(connection, draft, version, content=as_content(content), changed_by=by, changed_at=at)


def finish_draft(
    connection: Connection, draft: str, *, version: int, by: str, at: dt.datetime, entry: str | None = None
) -> Draft:
    """Keep that the draft was published as ``entry``, or discarded. Raises ChangedMeanwhile, NotFound."""
    state = "published" if entry else "discarded"
    return _change(connection, draft, version, state=state, entry=entry, changed_by=by, changed_at=at)


def reopen_draft(connection: Connection, draft: str, *, by: str, at: dt.datetime) -> Draft:
    """Let a discarded draft wait again. Raises NotFound."""
    known = get_draft(connection, draft)
    if known.state != "discarded":
        return known
    return _change(connection, draft, known.version, among="discarded", state="open", changed_by=by, changed_at=at)


def _change(connection: Connection, draft: str, version: int, *, among: str = "open", **values: object) -> Draft:
    table = c.entry_drafts
    own = sa.and_(table.c.id == draft, table.c.version == version, table.c.state == among)
    done = connection.execute(sa.update(table).where(own).values(version=version + 1, **values))
    now = get_draft(connection, draft)
    if not done.rowcount:
        raise ChangedMeanwhile(f"这份草稿刚刚被{now.changed_by}改过或处理了，请刷新后再改。")
    return now


def _draft(row: sa.engine.Row) -> Draft:
    names = ("id", "document", "path", "state", "version", "changed_at", "changed_by", "entry")
    return Draft(content=from_content(row.content), **{name: row._mapping[name] for name in names})
