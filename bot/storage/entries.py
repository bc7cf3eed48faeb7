"""Knowledge entries (知识条目): every version is kept, the highest is the current one, none is ever deleted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import ChangedMeanwhile, KnowledgeInvalid, NotFound
from bot.hotline.knowledge import Citation, KnowledgeEntry
from bot.storage.changes import begin_change, record_change
from bot.storage.loading import entries_in
from bot.storage.records import Stamp, ensure_provision
from bot.storage.tables import knowledge as k


@dataclass(frozen=True)
class EntryVersion:
    """One version of an entry with who made it, when and why; ``origin`` as in ``Stamp``."""

    entry: KnowledgeEntry
    changed_at: datetime
    changed_by: str
    reason: str
    origin: str


def save_entry(
    connection: Connection, entry: KnowledgeEntry, *, by: str, reason: str, expected_version: int | None = None
) -> KnowledgeEntry:
    """Make ``entry`` the current version, as an administrator edited it, and return it with its version.

    A retired entry counts again. Unchanged content makes no version. With ``expected_version`` (0: a new entry)
    the edit is refused where somebody else was faster (ChangedMeanwhile). Raises KnowledgeInvalid; also, when the unit of work
    ends, for references to a department, item or document that is not there.
    """
    for name, value in (("问题", entry.question), ("答复", entry.answer)):
        if not value.strip():
            raise KnowledgeInvalid(f"条目 {entry.id}：{name}不能为空。")
    if not entry.citations:
        raise KnowledgeInvalid(f"条目 {entry.id}：必须写明依据的文件。")
    before = begin_change(connection)
    current = current_version(connection, entry.id)
    if expected_version is not None and expected_version != current:
        raise ChangedMeanwhile(f"条目 {entry.id} 已被他人改到第 {current} 版，请刷新后在新版本上修改。")
    if current and not is_retired(connection, entry.id):
        stored = get_entry(connection, entry.id, current)
        if comparable(entry, current) == stored:
            return stored
    stamp = Stamp(by, reason, "console")
    saved = write_version(connection, entry, current + 1, stamp)
    record_change(connection, before + 1, stamp, {"changed" if current else "added": [entry.id]})
    return saved


def retire_entry(connection: Connection, entry: str, *, by: str, reason: str) -> None:
    """Let ``entry`` answer no longer; its versions stay. Again: changes nothing. Raises NotFound."""
    before = begin_change(connection)
    if is_retired(connection, entry):
        return
    stamp = Stamp(by, reason, "console")
    mark_retired(connection, entry, stamp)
    record_change(connection, before + 1, stamp, {"retired": [entry]})


def get_entry(connection: Connection, entry: str, version: int | None = None) -> KnowledgeEntry:
    """Return one version of ``entry``, the newest where none is given, also of a retired one. Raises NotFound."""
    number = version or current_version(connection, entry)
    versions = k.entry_versions.c
    query = sa.select(versions.entry, versions.version).where(versions.entry == entry, versions.version == number)
    found = entries_in(connection, query)
    if not found:
        raise NotFound(f"没有知识条目 {entry} 的第 {number} 版。")
    return found[0]


def entry_history(connection: Connection, entry: str) -> tuple[EntryVersion, ...]:
    """Return every version of ``entry``, the newest first. Raises NotFound."""
    versions = k.entry_versions.c
    keys = sa.select(versions.entry, versions.version).where(versions.entry == entry)
    texts = {found.version: found for found in entries_in(connection, keys)}
    if not texts:
        raise NotFound(f"没有知识条目 {entry}。")
    rows = connection.execute(
        sa.select(versions.version, versions.changed_at, versions.changed_by, versions.reason, versions.origin)
        .where(versions.entry == entry)
        .order_by(versions.version.desc())
    )
    return tuple(EntryVersion(texts[r.version], r.changed_at, r.changed_by, r.reason, r.origin) for r in rows)


def current_version(connection: Connection, entry: str) -> int:
    """Return the number of the newest version of ``entry``, 0 where there is none."""
    newest = sa.select(sa.func.max(k.entry_versions.c.version)).where(k.entry_versions.c.entry == entry)
    return int(connection.execute(newest).scalar_one() or 0)


def is_retired(connection: Connection, entry: str) -> bool:
    """Return whether ``entry`` answers no longer. Raises NotFound."""
    row = connection.execute(
        sa.select(k.knowledge_entries.c.retired_at).where(k.knowledge_entries.c.id == entry)
    ).one_or_none()
    if row is None:
        raise NotFound(f"没有知识条目 {entry}。")
    return row.retired_at is not None


def comparable(entry: KnowledgeEntry, version: int) -> KnowledgeEntry:
    """Return ``entry`` as it would come back from the database as ``version``: citations of one document joined."""
    cited: dict[str, dict[str, None]] = {}
    for citation in entry.citations:
        cited.setdefault(citation.document, {}).update(dict.fromkeys(citation.provisions))
    return replace(entry, citations=tuple(Citation(doc, tuple(paths)) for doc, paths in cited.items()), version=version)


def write_version(connection: Connection, entry: KnowledgeEntry, version: int, stamp: Stamp) -> KnowledgeEntry:
    """Write ``entry`` as its newest ``version`` and let it count again if it was retired. Bumps nothing."""
    entry = comparable(entry, version)
    counts = {"retired_at": None, "retired_by": None, "retired_reason": None, "retired_origin": None}
    values = {"jurisdiction": entry.jurisdiction, "topic": entry.topic, **counts}
    known = sa.update(k.knowledge_entries).where(k.knowledge_entries.c.id == entry.id).values(**values)
    if not connection.execute(known).rowcount:
        connection.execute(sa.insert(k.knowledge_entries).values(id=entry.id, created_at=stamp.at, **values))
    connection.execute(
        sa.insert(k.entry_versions).values(
            entry=entry.id,
            version=version,
            aspect=entry.aspect.value,
            kind=entry.kind.value,
            question=entry.question,
            answer=entry.answer,
            similar=list(entry.similar),
            accepted=entry.accepted,
            department=entry.department,
            reason=stamp.reason,
            **stamp.columns,
        )
    )
    key = {"entry": entry.id, "version": version}
    items = [{**key, "position": i, "item": item} for i, item in enumerate(entry.items)]
    if items:
        connection.execute(sa.insert(k.entry_items), items)
    cited = [(c.document, path) for c in entry.citations for path in c.provisions or (None,)]
    for document, path in cited:
        if path:
            ensure_provision(connection, document, path)
    rows = [{**key, "position": i, "document": document, "path": path} for i, (document, path) in enumerate(cited)]
    if rows:
        connection.execute(sa.insert(k.citations), rows)
    return entry


def mark_retired(connection: Connection, entry: str, stamp: Stamp) -> None:
    """Let ``entry`` answer no longer. Bumps nothing."""
    chosen = sa.update(k.knowledge_entries).where(k.knowledge_entries.c.id == entry)
    connection.execute(chosen.values(**stamp.retirement))
