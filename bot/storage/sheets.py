"""Taking over a spreadsheet of entries: first what it would change, then all of it or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from bot.editing.differences import FieldDifference, entry_differences
from bot.editing.review import Review, review
from bot.editing.sheets import Row, read_rows
from bot.errors import ChangedMeanwhile, KnowledgeInvalid
from bot.hotline.knowledge import KnowledgeEntry
from bot.storage.browsing import EntryFilter, find_entries
from bot.storage.entries import comparable, retire_entry, save_entry
from bot.storage.loading import load_departments, load_documents, load_items
from bot.storage.originals import read_originals
from bot.storage.publishing import placed


@dataclass(frozen=True)
class Planned:
    """A row of the spreadsheet and what it does: ``new``, ``changed``, ``retired``, ``restored``, ``same`` or ``wrong``."""

    number: int
    entry: KnowledgeEntry | None
    does: str
    differences: tuple[FieldDifference, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def plan_sheet(
    connection: Connection, content: bytes, name: str, now: dt.datetime, may: Callable[[str], bool]
) -> list[Planned]:
    """Return what the spreadsheet would do, row by row, to places that the person ``may`` change. Writes nothing.

    Raises KnowledgeInvalid where it is no spreadsheet that we read.
    """
    rows, _ = find_entries(connection, EntryFilter(state="all"), now)
    known = {row.entry.id: row.entry for row in rows}
    retired = {row.entry.id for row in rows if row.retired_at is not None}
    references = _References(connection)
    seen: dict[str, int] = {}
    plans = []
    for row in read_rows(content, name, known):
        problems = list(row.problems)
        if row.entry and row.entry.id and (first := seen.setdefault(row.entry.id, row.number)) != row.number:
            problems.append(f"与第{first}行编号重复。")
        plans.append(_plan(row, known, retired, problems, references, may))
    return plans


def apply_sheet(
    connection: Connection,
    content: bytes,
    name: str,
    now: dt.datetime,
    may: Callable[[str], bool],
    *,
    by: str,
    reason: str,
) -> list[Planned]:
    """Do what `plan_sheet` says and return it. Raises KnowledgeInvalid, with nothing written, where anything is wrong."""
    plans = plan_sheet(connection, content, name, now, may)
    if wrong := sum(plan.does == "wrong" for plan in plans):
        raise KnowledgeInvalid(f"有{wrong}行有问题，什么都没有写入。")
    for plan in plans:
        entry = plan.entry
        if entry is None or plan.does == "same":
            continue
        if plan.does == "retired":
            retire_entry(connection, entry.id, by=by, reason=reason)
        else:
            whole = entry if entry.id else placed(connection, entry)
            seen = None if plan.does == "restored" else entry.version
            try:
                save_entry(connection, whole, by=by, reason=reason, expected_version=seen)
            except ChangedMeanwhile as error:
                raise ChangedMeanwhile(f"第{plan.number}行：{error}") from error
    return plans


class _References:
    """What a row may refer to."""

    def __init__(self, connection: Connection) -> None:
        self._documents = load_documents(connection)
        self._originals = read_originals(connection, self._documents)
        self._items = load_items(connection)
        self._departments = load_departments(connection)

    def place(self, entry: KnowledgeEntry) -> str:
        """Return the place of an entry, that of its document where it is new."""
        document = self._documents.get(entry.citations[0].document) if entry.citations else None
        return entry.jurisdiction or (document.jurisdiction if document else "")

    def review(self, entry: KnowledgeEntry) -> Review:
        """Return what is to be said about ``entry`` before it is published."""
        return review(entry, self._documents, self._originals)

    def problems(self, entry: KnowledgeEntry) -> list[str]:
        """Return what ``entry`` refers to and is not there."""
        found = [f"没有文件 {c.document}。" for c in entry.citations if c.document not in self._documents]
        found += [f"没有事项 {item}。" for item in entry.items if item not in self._items]
        if entry.department and entry.department not in self._departments:
            found.append(f"没有承办单位 {entry.department}。")
        return found


def _plan(
    row: Row, known: dict[str, KnowledgeEntry], retired: set[str], problems: list[str],
    references: _References, may: Callable[[str], bool],
) -> Planned:  # fmt: skip
    entry = row.entry
    if entry is None:
        return Planned(row.number, None, "wrong", (), tuple(problems))
    before = known.get(entry.id)
    does = _does(entry, before, wants_retired=row.retired, is_retired=entry.id in retired)
    differences = tuple(entry_differences(before, entry)) if before else ()
    if does == "retired" and differences:
        problems.append("要停用的条目不要同时改内容。")
    place = references.place(entry)
    if place and not may(place):
        problems.append("这是别的辖区的内容，您不能修改。")
    warnings: tuple[str, ...] = ()
    if does in ("new", "changed", "restored"):
        missing = references.problems(entry)
        problems += missing
        if not missing:
            found = references.review(entry)
            problems += found.faults
            warnings = found.warnings
    return Planned(row.number, entry, "wrong" if problems else does, differences, tuple(problems), warnings)


def _does(entry: KnowledgeEntry, before: KnowledgeEntry | None, *, wants_retired: bool, is_retired: bool) -> str:
    if before is None:
        return "new"
    if wants_retired:
        return "same" if is_retired else "retired"
    if is_retired:
        return "restored"
    return "same" if comparable(entry, before.version) == before else "changed"
