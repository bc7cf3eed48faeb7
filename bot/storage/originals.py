"""Imported documents as they were printed, to hold entries against and to read while writing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.hotline.knowledge import PolicyDocument, Provision
from bot.storage.loading import load_documents
from bot.storage.tables import console as c
from bot.storage.tables import documents as d


@dataclass(frozen=True)
class StoredOriginal:
    """An imported document: number and title as we hold them, text and provisions as they were printed."""

    number: str | None
    title: str
    text: str
    provisions: tuple[Provision, ...]
    imported_at: dt.datetime
    imported_by: str


@dataclass(frozen=True)
class DocumentRow:
    """A document with how far it is imported; ``open_drafts`` wait for a person."""

    document: PolicyDocument
    provisions: int
    imported_at: dt.datetime | None
    open_drafts: int


def read_originals(connection: Connection, documents: Iterable[str]) -> dict[str, StoredOriginal]:
    """Return id → original, for those of ``documents`` that were imported."""
    wanted = list(dict.fromkeys(documents))
    held = load_documents(connection)
    table, p = d.document_sources, d.provisions.c
    sources = connection.execute(sa.select(table).where(table.c.document.in_(wanted))).all()
    found: dict[str, list[Provision]] = {row.document: [] for row in sources}
    query = sa.select(d.provisions).where(p.document.in_(found), p.text.isnot(None), p.superseded_at.is_(None))
    for row in connection.execute(query.order_by(p.document, p.position)):
        found[row.document].append(Provision(row.document, row.path, row.text, row.heading, row.position))
    return {
        row.document: StoredOriginal(
            held[row.document].number, held[row.document].title, row.source_text, tuple(found[row.document]),
            row.imported_at, row.imported_by,
        )
        for row in sources
    }  # fmt: skip


def list_documents(connection: Connection) -> list[DocumentRow]:
    """Return every document, by place and number."""
    p, drafts = d.provisions.c, c.entry_drafts.c
    standing = sa.select(p.document, sa.func.count()).where(p.text.isnot(None), p.superseded_at.is_(None))
    counted = dict(connection.execute(standing.group_by(p.document)).all())
    sources = d.document_sources.c
    imported = dict(connection.execute(sa.select(sources.document, sources.imported_at)).all())
    waiting = sa.select(drafts.document, sa.func.count()).where(drafts.state == "open").group_by(drafts.document)
    waits = dict(connection.execute(waiting).all())
    documents = sorted(
        load_documents(connection).values(), key=lambda one: (one.jurisdiction, one.number or "", one.id)
    )
    return [DocumentRow(one, counted.get(one.id, 0), imported.get(one.id), waits.get(one.id, 0)) for one in documents]
