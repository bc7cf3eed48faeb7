"""Changing single records of the directory in the console: lines, departments, rules, items, places, documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.editing.records import TITLES, Record, check_record, fingerprint, key_of, kind_of
from bot.errors import ChangedMeanwhile, KnowledgeInvalid, NotFound
from bot.hotline.knowledge import HotlineLine, RoutingRule
from bot.storage import loading, records
from bot.storage.changes import begin_change, record_change
from bot.storage.records import Stamp
from bot.storage.revisions import (
    TABLES,
    RecordVersion,
    keep_revision,
    retired_records,
    revisions_of,
    set_retired,
    unset_retired,
)
from bot.storage.tables import knowledge as k

_IN_PLACE: Mapping[str, Callable[[Connection], Iterable[Any]]] = {
    "jurisdiction": loading.load_jurisdictions,
    "department": lambda connection: loading.load_departments(connection).values(),
    "item": lambda connection: loading.load_items(connection).values(),
    "document": lambda connection: loading.held_documents(connection).values(),
}
_BY_ROW: Mapping[str, tuple[sa.Table, type[Any]]] = {
    "hotline": (k.hotline_lines, HotlineLine),
    "routing_rule": (k.routing_rules, RoutingRule),
}
_WRITE: Mapping[str, Callable[[Connection, Any, Stamp], None]] = {
    "jurisdiction": records.write_jurisdiction,
    "department": records.write_department,
    "item": records.write_item,
    "document": records.write_document,
    "hotline": records.write_hotline,
    "routing_rule": records.write_routing_rule,
}


def list_records(connection: Connection, kind: str) -> list[RecordVersion]:
    """Return every record of ``kind`` as it is now, retired ones included."""
    if kind in _BY_ROW:
        newest: dict[str, RecordVersion] = {}
        for version in _row_versions(connection, kind):
            newest[key_of(version.record)] = version
        return list(newest.values())
    table, retired = TABLES[kind], retired_records(connection, kind)
    stamps = {row.id: row for row in connection.execute(sa.select(table))}
    return [_current(record, stamps[record.id], retired.get(record.id)) for record in _IN_PLACE[kind](connection)]


def get_record(connection: Connection, kind: str, key: str) -> RecordVersion:
    """Return one record as it is now. Raises NotFound."""
    found = next((one for one in list_records(connection, kind) if key_of(one.record) == key), None)
    if found is None:
        raise NotFound(f"没有这个{TITLES[kind]}：{key}。")
    return replace(found, reason=_reasons(connection, [found.changed_at]).get(found.changed_at, ""))


def record_history(connection: Connection, kind: str, key: str) -> tuple[RecordVersion, ...]:
    """Return every version of a record, the newest first. Raises NotFound."""
    if kind in _BY_ROW:
        found = [version for version in _row_versions(connection, kind) if key_of(version.record) == key][::-1]
    else:
        found = [get_record(connection, kind, key), *revisions_of(connection, kind, key)]
    if not found:
        raise NotFound(f"没有这个{TITLES[kind]}：{key}。")
    reasons = _reasons(connection, [version.changed_at for version in found])
    return tuple(replace(version, reason=reasons.get(version.changed_at, "")) for version in found)


def save_record(connection: Connection, record: Record, *, by: str, reason: str, expected: str | None = None) -> bool:
    """Make ``record`` what a person wrote in the console and return whether that changed anything.

    A retired one counts again. ``expected`` is the fingerprint of what the person saw, empty for a new record.
    Raises KnowledgeInvalid, and ChangedMeanwhile where somebody else was faster.
    """
    check_record(record)
    kind, key = kind_of(record), key_of(record)
    before = begin_change(connection)
    stamp = Stamp(by, reason, "console")
    known = next((one for one in list_records(connection, kind) if key_of(one.record) == key), None)
    seen = fingerprint(known.record) if known else ""
    if expected is not None and expected != seen:
        again = "刚刚有人改过" if known and expected else "已经有了" if known else "已经不在"
        raise ChangedMeanwhile(f"{TITLES[kind]}“{key}”{again}，请在最新内容上再改。")
    _refuse_same_name(connection, record)
    counts = known is not None and known.retired_at is None
    if known and counts and known.record == record:
        return False
    if known and kind in _IN_PLACE and known.record != record:
        keep_revision(connection, known.record, stamp.at)
    if known and kind in _IN_PLACE and not counts:
        unset_retired(connection, kind, key)
    _WRITE[kind](connection, record, stamp)
    record_change(connection, before + 1, stamp, {"changed" if known else "added": [f"{kind} {key}"]})
    return True


def retire_record(connection: Connection, kind: str, key: str, *, by: str, reason: str) -> None:
    """Let a record count no longer; again changes nothing. Raises KnowledgeInvalid where others still refer to it."""
    before = begin_change(connection)
    known = get_record(connection, kind, key)
    if known.retired_at is not None:
        return
    stamp = Stamp(by, reason, "console")
    if kind == "hotline" and isinstance(known.record, HotlineLine):
        records.retire_hotline(connection, known.record, stamp)
    elif kind == "routing_rule" and isinstance(known.record, RoutingRule):
        records.retire_routing_rule(connection, known.record, stamp)
    elif kind in ("department", "item"):
        _refuse_in_use(connection, kind, key)
        set_retired(connection, kind, key, stamp)
    else:
        raise KnowledgeInvalid(f"{TITLES[kind]}不能停用。")
    record_change(connection, before + 1, stamp, {"retired": [f"{kind} {key}"]})


def referring(connection: Connection, kind: str, key: str) -> list[str]:
    """Return what still refers to a department or item, each as ``条目 id`` and its like."""
    entries = loading.current_entries(connection)
    if kind == "item":
        return [f"条目 {entry.id}" for entry in entries if key in entry.items]
    found = [f"条目 {entry.id}" for entry in entries if entry.department == key]
    found += [f"热线 {line.number}" for line in loading.load_hotlines(connection) if line.department == key]
    rules = loading.load_routing_rules(connection)
    return found + [f"派单规则 {rule.category}" for rule in rules if key in (rule.department, *rule.assisting)]


def _refuse_in_use(connection: Connection, kind: str, key: str) -> None:
    if used := referring(connection, kind, key):
        more = f"等{len(used)}处" if len(used) > 5 else ""
        raise KnowledgeInvalid(f"还有内容用到它，请先改掉再停用：{'、'.join(used[:5])}{more}。")


def _refuse_same_name(connection: Connection, record: Record) -> None:
    """Raise KnowledgeInvalid where another department of the place, or another current rule, is called the same."""
    kind = kind_of(record)
    name = {"department": "name", "routing_rule": "category"}.get(kind)
    if name is None:
        return
    for other in list_records(connection, kind):
        same = getattr(other.record, name) == getattr(record, name)
        there = getattr(other.record, "jurisdiction", None) == getattr(record, "jurisdiction", None)
        if same and there and other.retired_at is None and key_of(other.record) != key_of(record):
            raise KnowledgeInvalid(f"已有同名的{TITLES[kind]}“{getattr(record, name)}”。")


def _row_versions(connection: Connection, kind: str) -> Iterable[RecordVersion]:
    """Yield every version of every record whose versions are rows of their own, the oldest first."""
    table, type_ = _BY_ROW[kind]
    names = [field.name for field in fields(type_)]
    for row in connection.execute(sa.select(table).order_by(table.c.row_id)).mappings():
        values = {name: tuple(row[name]) if isinstance(row[name], list) else row[name] for name in names}
        about = {
            name: row[name]
            for name in ("changed_at", "changed_by", "origin", "retired_at", "retired_by", "retired_reason")
        }
        yield RecordVersion(type_(**values), **about)


def _current(record: Record, row: sa.engine.Row, retired: sa.engine.Row | None) -> RecordVersion:
    ended = (retired.retired_at, retired.retired_by, retired.retired_reason) if retired else (None, None, None)
    return RecordVersion(record, row.changed_at, row.changed_by, row.origin, "", *ended)


def _reasons(connection: Connection, moments: list[dt.datetime]) -> dict[dt.datetime, str]:
    """Return why the changes of these moments were made: each change has one moment."""
    table = k.knowledge_changes
    rows = connection.execute(sa.select(table.c.changed_at, table.c.reason).where(table.c.changed_at.in_(moments)))
    return {row.changed_at: row.reason for row in rows}
