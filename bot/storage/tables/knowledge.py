"""Tables of the knowledge (知识). Nothing an answer may have cited is ever deleted: it is retired or superseded."""

from __future__ import annotations

import sqlalchemy as sa

from bot.hotline.knowledge import AnswerKind, Aspect
from bot.storage.tables.base import metadata, moment, number, one_of, refer, retirement, stamp, text

INTEGRATIONS = ("merged", "transferred")  # 直接合并, 呼叫转接
NAME_KINDS = ("alias", "place", "suggested")

knowledge_version = sa.Table(
    "knowledge_version",
    metadata,
    number("id"),  # always 1: one row, locked by whoever changes the knowledge
    number("version"),
    sa.PrimaryKeyConstraint("id"),
    sa.CheckConstraint("id = 1", name="single_row"),
)

knowledge_changes = sa.Table(
    "knowledge_changes",
    metadata,
    number("version"),
    moment("changed_at"),
    text("changed_by"),
    text("reason"),
    sa.Column("summary", sa.JSON, nullable=False),
    sa.PrimaryKeyConstraint("version"),
)

jurisdictions = sa.Table(
    "jurisdictions",
    metadata,
    text("id"),
    text("name"),
    text("parent", null=True),
    sa.Column("covered", sa.Boolean, nullable=False),
    number("position"),
    *stamp(),
    sa.PrimaryKeyConstraint("id"),
    refer("parent", "jurisdictions"),
)

jurisdiction_names = sa.Table(
    "jurisdiction_names",
    metadata,
    text("jurisdiction"),
    text("kind"),
    text("name"),
    number("position"),
    sa.PrimaryKeyConstraint("jurisdiction", "kind", "name"),
    refer("jurisdiction", "jurisdictions"),
    one_of("kind", NAME_KINDS),
)

elsewhere = sa.Table(  # places that people name and nothing is known about
    "elsewhere",
    metadata,
    text("name"),
    number("position"),
    sa.PrimaryKeyConstraint("name"),
)

departments = sa.Table(
    "departments",
    metadata,
    text("id"),
    text("jurisdiction"),
    text("name"),
    *stamp(),
    sa.PrimaryKeyConstraint("id"),
    refer("jurisdiction", "jurisdictions"),
)

department_aliases = sa.Table(
    "department_aliases",
    metadata,
    text("department"),
    text("alias"),
    number("position"),
    sa.PrimaryKeyConstraint("department", "alias"),
    refer("department", "departments"),
)

service_items = sa.Table(
    "service_items",
    metadata,
    text("id"),
    text("name"),
    *stamp(),
    sa.PrimaryKeyConstraint("id"),
)

service_item_aliases = sa.Table(
    "service_item_aliases",
    metadata,
    text("item"),
    text("alias"),
    number("position"),
    sa.PrimaryKeyConstraint("item", "alias"),
    refer("item", "service_items"),
)

knowledge_entries = sa.Table(  # the current state is the highest version, unless the entry is retired
    "knowledge_entries",
    metadata,
    text("id"),
    text("jurisdiction"),
    text("topic"),
    moment("created_at"),
    *retirement(),
    sa.PrimaryKeyConstraint("id"),
    refer("jurisdiction", "jurisdictions"),
)

entry_versions = sa.Table(
    "knowledge_entry_versions",
    metadata,
    text("entry"),
    number("version"),
    text("aspect"),
    text("kind"),
    text("question"),
    text("answer"),
    sa.Column("similar", sa.JSON, nullable=False),
    sa.Column("accepted", sa.Boolean, nullable=True),
    text("department", null=True),
    text("reason"),
    *stamp(),
    sa.PrimaryKeyConstraint("entry", "version"),
    refer("entry", "knowledge_entries"),
    refer("department", "departments"),
    one_of("aspect", [aspect.value for aspect in Aspect]),
    one_of("kind", [kind.value for kind in AnswerKind]),
    sa.CheckConstraint("version >= 1", name="version_from_one"),
)

entry_items = sa.Table(
    "knowledge_entry_items",
    metadata,
    text("entry"),
    number("version"),
    number("position"),
    text("item"),
    sa.PrimaryKeyConstraint("entry", "version", "position"),
    refer(["entry", "version"], "knowledge_entry_versions", ["entry", "version"]),
    refer("item", "service_items"),
)

citations = sa.Table(  # one row for each provision, or one without a path for the document as a whole
    "citations",
    metadata,
    text("entry"),
    number("version"),
    number("position"),
    text("document"),
    text("path", null=True),
    sa.PrimaryKeyConstraint("entry", "version", "position"),
    refer(["entry", "version"], "knowledge_entry_versions", ["entry", "version"]),
    refer("document", "policy_documents"),
    refer(["document", "path"], "provisions", ["document", "path"]),
)

hotline_lines = sa.Table(  # never changed in place: a new row replaces the retired one, so that answers can be replayed
    "hotline_lines",
    metadata,
    sa.Column("row_id", sa.Integer, primary_key=True),
    text("jurisdiction"),
    text("number"),
    text("department"),
    text("name"),
    text("integration"),
    text("document"),
    text("provision"),
    sa.Column("matters", sa.JSON, nullable=False),
    *stamp(),
    *retirement(),
    refer("jurisdiction", "jurisdictions"),
    refer("department", "departments"),
    refer("document", "policy_documents"),
    refer(["document", "provision"], "provisions", ["document", "path"]),
    one_of("integration", INTEGRATIONS),
)

routing_rules = sa.Table(  # never changed in place, like hotline_lines
    "routing_rules",
    metadata,
    sa.Column("row_id", sa.Integer, primary_key=True),
    text("jurisdiction"),
    text("id"),
    text("category"),
    text("department"),
    sa.Column("assisting", sa.JSON, nullable=False),
    sa.Column("keywords", sa.JSON, nullable=False),
    sa.Column("examples", sa.JSON, nullable=False),
    text("document"),
    text("provision"),
    text("hotline", null=True),
    text("note", null=True),
    *stamp(),
    *retirement(),
    refer("jurisdiction", "jurisdictions"),
    refer("department", "departments"),
    refer("document", "policy_documents"),
    refer(["document", "provision"], "provisions", ["document", "path"]),
)

_CURRENT = sa.text("retired_at IS NULL")
for _table, _columns in (
    (hotline_lines, ("jurisdiction", "number", "department")),
    (routing_rules, ("jurisdiction", "id")),
):
    sa.Index(
        f"uq_{_table.name}_current",
        *(_table.c[column] for column in _columns),
        unique=True,
        sqlite_where=_CURRENT,
        postgresql_where=_CURRENT,
    )
