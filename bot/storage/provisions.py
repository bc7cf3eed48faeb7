"""Provisions (条款) in the words of their documents. A text that a later import replaces is kept as a revision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from bot.hotline.knowledge import Provision
from bot.storage.tables import documents as d


class SourceProvision(Protocol):
    """A provision as read from a gazette (``bot.gazette``, which storage does not know)."""

    @property
    def path(self) -> str:
        """Where it stands, such as ``第十四条(二)``."""

    @property
    def heading(self) -> str | None:
        """Its own short title."""

    @property
    def text(self) -> str:
        """Its words."""

    @property
    def order(self) -> int:
        """Its place in the document."""


@dataclass(frozen=True)
class ProvisionChanges:
    """What an import did to the provisions of one document, by path."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()  # stood in an earlier import, not in this one
    absent: tuple[str, ...] = ()  # cited by the knowledge, not in the original: the citation is wrong

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.superseded)


def quote(connection: Connection, document: str, path: str) -> Provision | None:
    """Return a provision in the words of its document, ``None`` where that has not been imported."""
    table = d.provisions
    query = sa.select(table).where(table.c.document == document, table.c.path == path, table.c.text.is_not(None))
    row = connection.execute(query).one_or_none()
    return Provision(row.document, row.path, row.text, row.heading, row.position) if row else None


def save_provisions(
    connection: Connection, document: str, sources: Iterable[SourceProvision], at: dt.datetime
) -> ProvisionChanges:
    """Bring the provisions of ``document`` to what its original says and return what changed."""
    table = d.provisions
    rows = {row.path: row for row in connection.execute(sa.select(table).where(table.c.document == document))}
    printed = {source.path: source for source in sources}
    added, changed = [], []
    for path, source in printed.items():
        row = rows.get(path)
        if row is None or row.text is None:
            added.append(path)
        elif _differs(row, source):
            changed.append(path)
            _keep_revision(connection, row, at)
        else:
            continue
        _write(connection, document, source, at, there=row is not None)
    gone = [row for path, row in rows.items() if path not in printed]
    superseded = [row.path for row in gone if row.text is not None and row.superseded_at is None]
    if superseded:
        same = sa.and_(table.c.document == document, table.c.path.in_(superseded))
        connection.execute(sa.update(table).where(same).values(superseded_at=at))
    absent = [row.path for row in gone if row.text is None]
    return ProvisionChanges(tuple(added), tuple(changed), tuple(superseded), tuple(absent))


def _differs(row: Row, source: SourceProvision) -> bool:
    stored = (row.text, row.heading, row.position, row.superseded_at)
    return stored != (source.text, source.heading, source.order, None)


def _keep_revision(connection: Connection, row: Row, at: dt.datetime) -> None:
    kept = {name: getattr(row, name) for name in ("document", "path", "heading", "text", "imported_at")}
    connection.execute(sa.insert(d.provision_revisions).values(**kept, replaced_at=at))


def _write(connection: Connection, document: str, source: SourceProvision, at: dt.datetime, *, there: bool) -> None:
    table = d.provisions
    values = {
        "heading": source.heading,
        "text": source.text,
        "position": source.order,
        "imported_at": at,
        "superseded_at": None,
    }
    if there:
        same = sa.and_(table.c.document == document, table.c.path == source.path)
        connection.execute(sa.update(table).where(same).values(**values))
    else:
        connection.execute(sa.insert(table).values(document=document, path=source.path, **values))
