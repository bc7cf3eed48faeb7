"""Importing official documents: their provisions become quotable, and what they state is held against what we hold.

What an original states never overwrites what the knowledge files or a person say; it fills what they leave open.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import KnowledgeInvalid
from bot.hotline.knowledge import PolicyDocument, normalise_document_number
from bot.storage import loading, records
from bot.storage.changes import begin_change, record_change
from bot.storage.documents import find_document, names_document, title_key
from bot.storage.provisions import ProvisionChanges, SourceProvision, save_provisions
from bot.storage.records import Stamp
from bot.storage.tables import documents as d
from bot.storage.tables import knowledge as k

_LABELS = {
    "number": "文号",
    "issuing_authority": "发文机关",
    "issued_on": "印发日期",
    "effective_from": "施行日期",
    "effective_until": "失效日期",
}
_COMPARED = tuple(_LABELS)


class SourceDocument(Protocol):
    """A document as read from a gazette."""

    @property
    def number(self) -> str | None: ...

    @property
    def title(self) -> str: ...

    @property
    def issuing_authority(self) -> str | None: ...

    @property
    def issued_on(self) -> dt.date | None: ...

    @property
    def effective_from(self) -> dt.date | None: ...

    @property
    def effective_until(self) -> dt.date | None: ...

    @property
    def repeals(self) -> tuple[str, ...]: ...

    @property
    def text(self) -> str: ...

    @property
    def annexed_to(self) -> str | None: ...

    @property
    def provisions(self) -> Sequence[SourceProvision]:
        """The provisions in the order of the document."""


class Gazette(Protocol):
    """What was read from one file."""

    @property
    def documents(self) -> Sequence[SourceDocument]:
        """The documents in the order of the file."""


@dataclass(frozen=True)
class ImportedDocument:
    """What importing one document did."""

    id: str
    title: str
    provisions: ProvisionChanges
    new: bool = False  # nothing was known about it before
    filled: tuple[str, ...] = ()  # what was open and the original states, such as ``印发日期 2017-07-17``
    conflicts: tuple[str, ...] = ()  # what the original states differently; not taken over
    repealed: tuple[str, ...] = ()  # ids of documents that it says no longer apply
    restated: bool = False  # what the original states, or its text, is new

    @property
    def touched(self) -> bool:
        """Whether the database is different now."""
        return bool(self.new or self.provisions or self.restated)


@dataclass(frozen=True)
class ImportReport:
    """What importing a gazette did, or would do; ``version`` of the knowledge after it."""

    version: int
    documents: tuple[ImportedDocument, ...]

    def __bool__(self) -> bool:
        return any(document.touched for document in self.documents)


def save_gazette(
    connection: Connection,
    gazette: Gazette,
    jurisdiction: str,
    *,
    by: str = "import-gazette",
    reason: str = "导入公报",
    dry_run: bool = False,
    only: Container[int] | None = None,
) -> ImportReport:
    """Write the documents of ``gazette`` with their provisions, ``only`` those at these places where given.

    The same again changes nothing.

    With ``dry_run`` the report says what would happen and the database stays. Raises KnowledgeInvalid for a
    jurisdiction that is not there; then, as after any other failure, nothing of the gazette is in the database.
    """
    if not connection.execute(sa.select(k.jurisdictions.c.id).where(k.jurisdictions.c.id == jurisdiction)).first():
        raise KnowledgeInvalid(f"辖区 {jurisdiction} 不存在，请先载入知识文件（python -m bot load-knowledge）。")
    with connection.begin_nested() as attempt:
        version = begin_change(connection)
        stamp = Stamp(by, reason, "gazette")
        report = ImportReport(version, _save_documents(connection, gazette.documents, jurisdiction, stamp, only))
        if report:
            report = ImportReport(version + 1, report.documents)
            record_change(connection, version + 1, stamp, {"imported": [x.id for x in report.documents if x.touched]})
        if dry_run:
            attempt.rollback()
    return report


def _save_documents(
    connection: Connection,
    sources: Sequence[SourceDocument],
    jurisdiction: str,
    stamp: Stamp,
    only: Container[int] | None,
) -> tuple[ImportedDocument, ...]:
    numbers = [source.number for source in sources]
    return tuple(
        _save_document(connection, source, jurisdiction, stamp, by_number=numbers.count(source.number) == 1)
        for number, source in enumerate(sources)
        if only is None or number in only
    )


def _save_document(
    connection: Connection, source: SourceDocument, jurisdiction: str, stamp: Stamp, *, by_number: bool
) -> ImportedDocument:
    number = normalise_document_number(source.number) if source.number else None
    wanted = PolicyDocument(_new_id(jurisdiction, number, source.title), jurisdiction, source.title, number)
    held = loading.held_documents(connection)
    known = held.get(wanted.id) or find_document(list(held.values()), wanted, by_number=by_number)
    if known is None:
        records.write_document(connection, wanted, stamp)
    document = known or wanted
    stated = {name: getattr(source, name) for name in _COMPARED} | {"number": number}
    return ImportedDocument(
        id=document.id,
        title=document.title,
        new=known is None,
        provisions=save_provisions(connection, document.id, source.provisions, stamp.at),
        filled=tuple(_named(name, stated[name]) for name in _open(document, stated)),
        conflicts=tuple(_conflicts(document, source.title, stated)),
        repealed=tuple(
            other.id
            for other in held.values()
            if other.id != document.id and any(names_document(other, r, jurisdiction) for r in source.repeals)
        ),
        restated=_save_source(connection, document.id, source, {**stated, "annexed_to": source.annexed_to}, stamp),
    )


def _new_id(jurisdiction: str, number: str | None, title: str) -> str:
    """Return the id of a document that nothing is known about: the same at each import."""
    key = f"{number or ''}|{title_key(title)}"
    return f"{jurisdiction}.imported.{hashlib.sha256(key.encode('utf-8')).hexdigest()[:12]}"


def _open(document: PolicyDocument, stated: Mapping[str, Any]) -> list[str]:
    return [name for name in _COMPARED if getattr(document, name) is None and stated[name] is not None]


def _conflicts(document: PolicyDocument, title: str, stated: Mapping[str, Any]) -> Iterator[str]:
    if title_key(title) != title_key(document.title):
        yield f"标题：库中“{document.title}”，原文“{title}”"
    for name in _COMPARED:
        held = getattr(document, name)
        if held is not None and stated[name] is not None and held != stated[name]:
            yield f"{_LABELS[name]}：库中 {held}，原文 {stated[name]}"


def _named(name: str, value: object) -> str:
    return f"{_LABELS[name]} {value}"


def _save_source(
    connection: Connection, document: str, source: SourceDocument, stated: Mapping[str, Any], stamp: Stamp
) -> bool:
    """Keep what the original states, its text, and what it repeals; return whether any of that is new."""
    values = {"title": source.title, "source_text": source.text, **stated}
    table = d.document_sources
    row = connection.execute(sa.select(table).where(table.c.document == document)).mappings().one_or_none()
    restated = row is None or any(row[name] != value for name, value in values.items())
    if restated:
        records.upsert(
            connection,
            table,
            {"document": document},
            {**values, "imported_at": stamp.at, "imported_by": stamp.by},
        )
    known = set(connection.execute(sa.select(d.repeals.c.repealed).where(d.repeals.c.document == document)).scalars())
    new = [repealed for repealed in dict.fromkeys(source.repeals) if repealed not in known]
    if new:
        connection.execute(sa.insert(d.repeals), [{"document": document, "repealed": repealed} for repealed in new])
    return restated or bool(new)
