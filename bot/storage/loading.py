"""Reading the knowledge out of the database into the values that answering works with."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from bot.hotline.jurisdictions import Jurisdiction, Places
from bot.hotline.knowledge import (
    AnswerKind,
    Aspect,
    Citation,
    Department,
    HotlineLine,
    Knowledge,
    KnowledgeEntry,
    PolicyDocument,
    Provision,
    RoutingRule,
    ServiceItem,
)
from bot.storage.documents import names_document
from bot.storage.tables import documents as d
from bot.storage.tables import knowledge as k

_STATED = ("number", "issuing_authority", "issued_on", "effective_from", "effective_until")  # what an original may add


def knowledge_version(connection: Connection) -> int:
    """Return the number that grows with each change of the knowledge. Cheap: ask before each answer."""
    return int(connection.execute(sa.select(k.knowledge_version.c.version)).scalar_one())


def load_knowledge(connection: Connection) -> Knowledge:
    """Return everything that answers are made from. Use a connection of ``Database.read``: one state throughout."""
    return Knowledge(
        version=knowledge_version(connection),
        documents=load_documents(connection),
        entries=current_entries(connection),
        items=load_items(connection),
        departments=load_departments(connection),
        hotlines=load_hotlines(connection),
        routing_rules=load_routing_rules(connection),
        provisions=load_provisions(connection),
    )


def load_places(connection: Connection) -> Places:
    """Return the places and how to find them in a text."""
    return Places(load_jurisdictions(connection), load_elsewhere(connection))


def load_jurisdictions(connection: Connection) -> tuple[Jurisdiction, ...]:
    """Return every place, in the order in which they were added."""
    names: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in connection.execute(sa.select(k.jurisdiction_names).order_by(k.jurisdiction_names.c.position)):
        names[row.jurisdiction, row.kind].append(row.name)
    rows = connection.execute(sa.select(k.jurisdictions).order_by(k.jurisdictions.c.position, k.jurisdictions.c.id))
    return tuple(
        Jurisdiction(
            r.id,
            r.name,
            r.parent,
            aliases=tuple(names[r.id, "alias"]),
            places=tuple(names[r.id, "place"]),
            covered=r.covered,
            suggested=tuple(names[r.id, "suggested"]),
        )
        for r in rows
    )


def load_elsewhere(connection: Connection) -> tuple[str, ...]:
    """Return the names of places that people mention and nothing is known about."""
    return tuple(connection.execute(sa.select(k.elsewhere.c.name).order_by(k.elsewhere.c.position)).scalars())


def load_departments(connection: Connection) -> dict[str, Department]:
    """Return the departments by id."""
    aliases = _grouped(connection, k.department_aliases, "department", "alias")
    rows = connection.execute(sa.select(k.departments).order_by(k.departments.c.id))
    return {r.id: Department(r.id, r.jurisdiction, r.name, aliases.get(r.id, ())) for r in rows}


def load_items(connection: Connection) -> dict[str, ServiceItem]:
    """Return the service items by id."""
    aliases = _grouped(connection, k.service_item_aliases, "item", "alias")
    rows = connection.execute(sa.select(k.service_items).order_by(k.service_items.c.id))
    return {r.id: ServiceItem(r.id, r.name, aliases.get(r.id, ())) for r in rows}


def held_documents(connection: Connection) -> dict[str, PolicyDocument]:
    """Return the documents as the files and the console have them, without what imported originals add."""
    names = PolicyDocument.__dataclass_fields__
    rows = connection.execute(sa.select(d.policy_documents).order_by(d.policy_documents.c.id))
    return {r.id: PolicyDocument(**{name: r[name] for name in names}) for r in rows.mappings()}


def load_documents(connection: Connection) -> dict[str, PolicyDocument]:
    """Return the documents by id; what is left open is filled from their originals and from repealing documents."""
    documents = held_documents(connection)
    for source in connection.execute(sa.select(*(d.document_sources.c[n] for n in ("document", *_STATED)))).mappings():
        held = documents[source["document"]]
        documents[held.id] = replace(held, **{n: source[n] for n in _STATED if getattr(held, n) is None})
    for repeal in connection.execute(sa.select(d.repeals).order_by(d.repeals.c.document)):
        repealing = documents[repeal.document]
        since = repealing.effective_from or repealing.issued_on
        for document in list(documents.values()):
            named = names_document(document, repeal.repealed, repealing.jurisdiction)
            if named and since and document.repealed_on is None and document.id != repealing.id:
                documents[document.id] = replace(document, repealed_on=since, repealed_by=_shown(repealing))
    return documents


def load_provisions(connection: Connection) -> dict[tuple[str, str], Provision]:
    """Return the imported provisions that still stand in their documents, by document and path."""
    table = d.provisions
    query = sa.select(table).where(table.c.text.is_not(None), table.c.superseded_at.is_(None))
    rows = connection.execute(query.order_by(table.c.document, table.c.position))
    return {(r.document, r.path): Provision(r.document, r.path, r.text, r.heading, r.position) for r in rows}


def load_hotlines(connection: Connection, at: dt.datetime | None = None) -> tuple[HotlineLine, ...]:
    """Return the lines that are current, or were at the time ``at``."""
    rows = connection.execute(sa.select(k.hotline_lines).where(_standing(k.hotline_lines, at)).order_by("row_id"))
    names = HotlineLine.__dataclass_fields__
    return tuple(HotlineLine(**{n: _value(r[n]) for n in names}) for r in rows.mappings())


def load_routing_rules(connection: Connection, at: dt.datetime | None = None) -> tuple[RoutingRule, ...]:
    """Return the routing rules that are current, or were at the time ``at``."""
    rows = connection.execute(sa.select(k.routing_rules).where(_standing(k.routing_rules, at)).order_by("row_id"))
    names = RoutingRule.__dataclass_fields__
    return tuple(RoutingRule(**{n: _value(r[n]) for n in names}) for r in rows.mappings())


def current_entries(connection: Connection) -> tuple[KnowledgeEntry, ...]:
    """Return the newest version of every entry that is not retired."""
    latest = (
        sa.select(k.entry_versions.c.entry, sa.func.max(k.entry_versions.c.version).label("version"))
        .group_by(k.entry_versions.c.entry)
        .subquery()
    )
    standing = sa.select(latest).join(k.knowledge_entries, k.knowledge_entries.c.id == latest.c.entry)
    chosen = standing.where(k.knowledge_entries.c.retired_at.is_(None)).subquery()
    return entries_in(connection, sa.select(chosen.c.entry, chosen.c.version))


def entries_in(connection: Connection, keys: sa.sql.Select) -> tuple[KnowledgeEntry, ...]:
    """Return the entries whose ``(entry, version)`` the query ``keys`` selects, by id and version."""
    chosen = keys.subquery()

    def rows_of(table: sa.Table, *order: str) -> Iterable[Row]:
        same = sa.and_(table.c.entry == chosen.c.entry, table.c.version == chosen.c.version)
        return connection.execute(sa.select(table).join(chosen, same).order_by(*(table.c[name] for name in order)))

    items: dict[tuple[str, int], list[str]] = defaultdict(list)
    for row in rows_of(k.entry_items, "position"):
        items[row.entry, row.version].append(row.item)
    cited: dict[tuple[str, int], dict[str, list[str]]] = defaultdict(dict)
    for row in rows_of(k.citations, "position"):
        cited[row.entry, row.version].setdefault(row.document, []).extend([row.path] if row.path else [])
    about = {r.id: r for r in connection.execute(sa.select(k.knowledge_entries))}
    entries = (
        _entry(row, about[row.entry], items[row.entry, row.version], cited[row.entry, row.version])
        for row in rows_of(k.entry_versions, "version")
    )
    return tuple(sorted(entries, key=lambda entry: (entry.id, entry.version)))


def _entry(row: Row, about: Row, items: Iterable[str], cited: Mapping[str, Iterable[str]]) -> KnowledgeEntry:
    return KnowledgeEntry(
        id=row.entry,
        jurisdiction=about.jurisdiction,
        topic=about.topic,
        aspect=Aspect(row.aspect),
        question=row.question,
        answer=row.answer,
        citations=tuple(Citation(document, tuple(paths)) for document, paths in cited.items()),
        similar=tuple(row.similar),
        items=tuple(items),
        kind=AnswerKind(row.kind),
        accepted=row.accepted,
        department=row.department,
        version=row.version,
    )


def _grouped(connection: Connection, table: sa.Table, key: str, value: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(sa.select(table.c[key], table.c[value]).order_by(table.c.position)):
        found[row[0]].append(row[1])
    return {name: tuple(values) for name, values in found.items()}


def _standing(table: sa.Table, at: dt.datetime | None) -> sa.sql.ColumnElement:
    if at is None:
        return table.c.retired_at.is_(None)
    return sa.and_(table.c.changed_at <= at, sa.or_(table.c.retired_at.is_(None), table.c.retired_at > at))


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _shown(document: PolicyDocument) -> str:
    return f"《{document.title}》" + (f"（{document.number}）" if document.number else "")
