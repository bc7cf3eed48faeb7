"""Bringing the database to what the knowledge files say, without touching what people changed in the console."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import KnowledgeInvalid
from bot.hotline.jurisdictions import Jurisdiction
from bot.hotline.knowledge import KnowledgeEntry, PolicyDocument
from bot.knowledge_files import KnowledgeFiles
from bot.storage import loading, records
from bot.storage.changes import begin_change, record_change
from bot.storage.documents import find_document
from bot.storage.entries import comparable, current_version, mark_retired, write_version
from bot.storage.records import Stamp
from bot.storage.revisions import keep_revision, retired_records
from bot.storage.tables import documents as d
from bot.storage.tables import knowledge as k

_PEOPLE = "console"
_LINE_KEY = ("jurisdiction", "number", "department")
_RULE_KEY = ("jurisdiction", "id")
_Value = TypeVar("_Value")
_Tally = defaultdict[str, list[str]]  # what was done → to which records


@dataclass(frozen=True)
class Changes:
    """What saving did, by kind and id such as ``entry jingzhou.residence_permit.time_limit``; ``version`` after it."""

    version: int
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()  # a person changed it in the console, the files say otherwise
    missing: tuple[str, ...] = ()  # in the database, not in the files; still counts

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.retired)


@dataclass
class _Kind:
    """One kind of record: what the files want, what the database holds, and how to get from one to the other."""

    name: str
    wanted: Mapping[str, Any]
    stored: Mapping[str, Any]
    write: Callable[[Any], object]
    retire: Callable[[Any], object] | None = None
    keep: Callable[[Any], object] | None = None  # of those changed in place: what they said before
    from_people: frozenset[str] = frozenset()  # ids that a person wrote or retired last


def save_knowledge(
    connection: Connection,
    files: KnowledgeFiles,
    *,
    by: str,
    reason: str,
    overwrite: bool = False,
    retire_missing: bool = False,
) -> Changes:
    """Write what ``files`` say and return what changed; the same again changes nothing.

    What a person changed or retired in the console stays and is reported as ``kept``, unless ``overwrite``.
    Entries, lines and rules that the files no longer have stay and are ``missing``, unless ``retire_missing``.
    """
    version = begin_change(connection)
    stamp = Stamp(by, reason, "files")
    tally: _Tally = defaultdict(list)
    tally["changed"] += [f"document {id_}" for id_ in _adopt_imported(connection, files.documents)]
    for kind in _kinds(connection, files, stamp):
        _save(kind, tally, overwrite=overwrite, retire_missing=retire_missing)
    changes = Changes(version, **{what: tuple(dict.fromkeys(ids)) for what, ids in tally.items()})
    if not changes:
        return changes
    record_change(connection, version + 1, stamp, tally)
    return replace(changes, version=version + 1)


def _save(kind: _Kind, tally: _Tally, *, overwrite: bool, retire_missing: bool) -> None:
    for key, value in kind.wanted.items():
        if kind.stored.get(key) == value:
            continue
        if key in kind.from_people and not overwrite:
            tally["kept"].append(f"{kind.name} {key}")
            continue
        if key in kind.stored and kind.keep:
            kind.keep(kind.stored[key])
        kind.write(value)
        tally["changed" if key in kind.stored else "added"].append(f"{kind.name} {key}")
    for key in sorted(kind.stored.keys() - kind.wanted.keys() - kind.from_people):
        if kind.retire and retire_missing:
            kind.retire(kind.stored[key])
            tally["retired"].append(f"{kind.name} {key}")
        elif kind.retire:
            tally["missing"].append(f"{kind.name} {key}")


def _kinds(connection: Connection, files: KnowledgeFiles, stamp: Stamp) -> Iterator[_Kind]:
    """Yield every kind of record, those that others refer to first. The database is read when its turn comes."""
    yield _Kind(
        "jurisdiction",
        _keyed(_parents_first(files.jurisdictions)),
        _keyed(loading.load_jurisdictions(connection)),
        partial(records.write_jurisdiction, connection, stamp=stamp),
        keep=partial(keep_revision, connection, at=stamp.at),
        from_people=_by_people(connection, k.jurisdictions) | _retired(connection, "jurisdiction"),
    )
    yield _Kind(
        "elsewhere",
        {"places": tuple(dict.fromkeys(files.elsewhere))},
        {"places": loading.load_elsewhere(connection)},
        partial(records.write_elsewhere, connection),
    )
    yield _Kind(
        "department",
        _keyed(files.departments),
        loading.load_departments(connection),
        partial(records.write_department, connection, stamp=stamp),
        keep=partial(keep_revision, connection, at=stamp.at),
        from_people=_by_people(connection, k.departments) | _retired(connection, "department"),
    )
    yield _Kind(
        "document",
        _keyed(files.documents),
        loading.held_documents(connection),
        partial(records.write_document, connection, stamp=stamp),
        keep=partial(keep_revision, connection, at=stamp.at),
        from_people=_by_people(connection, d.policy_documents) | _retired(connection, "document"),
    )
    yield _Kind(
        "item",
        _keyed(files.items),
        loading.load_items(connection),
        partial(records.write_item, connection, stamp=stamp),
        keep=partial(keep_revision, connection, at=stamp.at),
        from_people=_by_people(connection, k.service_items) | _retired(connection, "item"),
    )
    yield _entry_kind(connection, files.entries, stamp)
    yield from _directory_kinds(connection, files, stamp)


def _directory_kinds(connection: Connection, files: KnowledgeFiles, stamp: Stamp) -> Iterator[_Kind]:
    yield _Kind(
        "hotline",
        _keyed(files.hotlines, *_LINE_KEY),
        _keyed(loading.load_hotlines(connection), *_LINE_KEY),
        partial(records.write_hotline, connection, stamp=stamp),
        partial(records.retire_hotline, connection, stamp=stamp),
        from_people=_by_people(connection, k.hotline_lines, *_LINE_KEY),
    )
    yield _Kind(
        "routing_rule",
        _keyed(files.routing_rules, *_RULE_KEY),
        _keyed(loading.load_routing_rules(connection), *_RULE_KEY),
        partial(records.write_routing_rule, connection, stamp=stamp),
        partial(records.retire_routing_rule, connection, stamp=stamp),
        from_people=_by_people(connection, k.routing_rules, *_RULE_KEY),
    )


def _entry_kind(connection: Connection, entries: Iterable[KnowledgeEntry], stamp: Stamp) -> _Kind:
    stored = _keyed(loading.current_entries(connection))
    return _Kind(
        "entry",
        {e.id: comparable(e, stored[e.id].version if e.id in stored else 1) for e in entries},
        stored,
        lambda entry: write_version(connection, entry, current_version(connection, entry.id) + 1, stamp),
        lambda entry: mark_retired(connection, entry.id, stamp),
        from_people=_by_people(connection, k.entry_versions, "entry") | _by_people(connection, k.knowledge_entries),
    )


def _keyed(values: Iterable[_Value], *names: str) -> dict[str, _Value]:
    """Return ``values`` under their ids, or under the fields that together are their id."""
    return {".".join(getattr(value, name) for name in names or ("id",)): value for value in values}


def _by_people(connection: Connection, table: sa.Table, *names: str) -> frozenset[str]:
    """Return the keys of the records that a person, not the files or an import, last wrote or retired."""
    last: dict[str, str | None] = {}
    for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings():
        last[".".join(row[name] for name in names or ("id",))] = row.get("retired_origin") or row.get("origin")
    return frozenset(key for key, origin in last.items() if origin == _PEOPLE)


def _retired(connection: Connection, kind: str) -> frozenset[str]:
    """Return the keys of the records of ``kind`` that a person retired."""
    return frozenset(retired_records(connection, kind))


def _parents_first(places: Iterable[Jurisdiction]) -> list[Jurisdiction]:
    """Return ``places`` with each after its parent. Raises KnowledgeInvalid where parents go round in a circle."""
    waiting, ordered = list(places), dict[str, Jurisdiction]()
    while waiting:
        ready = [p for p in waiting if p.parent is None or p.parent in ordered]
        if not ready:
            raise KnowledgeInvalid(f"辖区的上级不存在或互为上级：{'、'.join(p.id for p in waiting)}。")
        ordered.update((p.id, p) for p in ready)
        waiting = [p for p in waiting if p.id not in ordered]
    return list(ordered.values())


def _adopt_imported(connection: Connection, documents: Iterable[PolicyDocument]) -> Iterator[str]:
    """Give imported documents that nothing was known about the ids under which the files now know them; yield these."""
    held = loading.held_documents(connection)
    query = sa.select(d.policy_documents.c.id).where(d.policy_documents.c.origin == "gazette")
    imported = [held[id_] for id_ in connection.execute(query).scalars()]
    for document in documents:
        same = None if document.id in held else find_document(imported, document)
        if same:
            records.rename_document(connection, same.id, document.id)
            imported.remove(same)
            yield document.id
