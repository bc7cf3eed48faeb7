"""Writing single records of the knowledge: places, departments, items, documents, lines, rules. No rules, only rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.hotline.jurisdictions import Jurisdiction
from bot.hotline.knowledge import Department, HotlineLine, PolicyDocument, RoutingRule, ServiceItem
from bot.storage.tables import documents as d
from bot.storage.tables import knowledge as k
from bot.storage.tables.base import now


@dataclass(frozen=True)
class Stamp:
    """Who changes something, why, and where it comes from: knowledge ``files``, ``console`` or ``gazette``."""

    by: str
    reason: str
    origin: str
    at: dt.datetime = field(default_factory=now)

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of a record that this change makes what it is."""
        return {"changed_at": self.at, "changed_by": self.by, "origin": self.origin}

    @property
    def retirement(self) -> dict[str, Any]:
        """The columns of a record that this change retires."""
        return {
            "retired_at": self.at,
            "retired_by": self.by,
            "retired_reason": self.reason,
            "retired_origin": self.origin,
        }


def write_jurisdiction(connection: Connection, place: Jurisdiction, stamp: Stamp) -> None:
    """Insert or update a place; its parent must be there. A new one comes after those that are there."""
    values = {"name": place.name, "parent": place.parent, "covered": place.covered, **stamp.columns}
    if not _update(connection, k.jurisdictions, {"id": place.id}, values):
        position = connection.execute(sa.select(sa.func.count()).select_from(k.jurisdictions)).scalar_one()
        connection.execute(sa.insert(k.jurisdictions).values(id=place.id, position=position, **values))
    connection.execute(sa.delete(k.jurisdiction_names).where(k.jurisdiction_names.c.jurisdiction == place.id))
    for kind, names in (("alias", place.aliases), ("place", place.places), ("suggested", place.suggested)):
        _insert_names(connection, k.jurisdiction_names, {"jurisdiction": place.id, "kind": kind}, "name", names)


def write_elsewhere(connection: Connection, names: Iterable[str]) -> None:
    """Replace the names of places that nothing is known about."""
    connection.execute(sa.delete(k.elsewhere))
    _insert_names(connection, k.elsewhere, {}, "name", names)


def write_department(connection: Connection, department: Department, stamp: Stamp) -> None:
    """Insert or update a department with its aliases."""
    values = {"jurisdiction": department.jurisdiction, "name": department.name, **stamp.columns}
    upsert(connection, k.departments, {"id": department.id}, values)
    connection.execute(sa.delete(k.department_aliases).where(k.department_aliases.c.department == department.id))
    _insert_names(connection, k.department_aliases, {"department": department.id}, "alias", department.aliases)


def write_item(connection: Connection, item: ServiceItem, stamp: Stamp) -> None:
    """Insert or update a service item with its aliases."""
    upsert(connection, k.service_items, {"id": item.id}, {"name": item.name, **stamp.columns})
    connection.execute(sa.delete(k.service_item_aliases).where(k.service_item_aliases.c.item == item.id))
    _insert_names(connection, k.service_item_aliases, {"item": item.id}, "alias", item.aliases)


def write_document(connection: Connection, document: PolicyDocument, stamp: Stamp) -> None:
    """Insert or update what is held of a document."""
    values = asdict(document)
    upsert(connection, d.policy_documents, {"id": values.pop("id")}, {**values, **stamp.columns})


def rename_document(connection: Connection, old: str, new: str) -> None:
    """Give a document another id; everything that refers to it follows."""
    connection.execute(sa.update(d.policy_documents).where(d.policy_documents.c.id == old).values(id=new))


def write_hotline(connection: Connection, line: HotlineLine, stamp: Stamp) -> None:
    """Make ``line`` the current one of its number and department; the one before is retired."""
    retire_hotline(connection, line, stamp)
    ensure_provision(connection, line.document, line.provision)
    connection.execute(sa.insert(k.hotline_lines).values(**_columns(line), **stamp.columns))


def retire_hotline(connection: Connection, line: HotlineLine, stamp: Stamp) -> None:
    """Let the current line of this number and department count no longer."""
    key = {"jurisdiction": line.jurisdiction, "number": line.number, "department": line.department}
    _update(connection, k.hotline_lines, {**key, "retired_at": None}, stamp.retirement)


def write_routing_rule(connection: Connection, rule: RoutingRule, stamp: Stamp) -> None:
    """Make ``rule`` the current one under its id; the one before is retired."""
    retire_routing_rule(connection, rule, stamp)
    ensure_provision(connection, rule.document, rule.provision)
    connection.execute(sa.insert(k.routing_rules).values(**_columns(rule), **stamp.columns))


def retire_routing_rule(connection: Connection, rule: RoutingRule, stamp: Stamp) -> None:
    """Let the current rule under this id count no longer."""
    key = {"jurisdiction": rule.jurisdiction, "id": rule.id, "retired_at": None}
    _update(connection, k.routing_rules, key, stamp.retirement)


def ensure_provision(connection: Connection, document: str, path: str) -> None:
    """Make sure that a row for the provision exists, without a text until its document is imported."""
    provisions = d.provisions
    there = sa.exists().where(provisions.c.document == document, provisions.c.path == path)
    stub = sa.select(sa.literal(document), sa.literal(path), sa.literal(0)).where(~there)
    connection.execute(sa.insert(provisions).from_select(["document", "path", "position"], stub))


def upsert(connection: Connection, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Update the row of ``table`` under ``key`` to ``values``, or insert it."""
    if not _update(connection, table, key, values):
        connection.execute(sa.insert(table).values(**key, **values))


def _update(connection: Connection, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    same = sa.and_(*(table.c[name].is_not_distinct_from(value) for name, value in key.items()))
    return bool(connection.execute(sa.update(table).where(same).values(**values)).rowcount)


def _insert_names(
    connection: Connection, table: sa.Table, owner: Mapping[str, str], column: str, names: Iterable[str]
) -> None:
    rows = [{**owner, column: name, "position": i} for i, name in enumerate(dict.fromkeys(names))]
    if rows:
        connection.execute(sa.insert(table), rows)


def _columns(value: HotlineLine | RoutingRule) -> dict[str, Any]:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in vars(value).items()}
