"""Knowledge entries with every version and what they cite, hotline lines, routing rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "knowledge_entries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.Text(), nullable=True),
        sa.Column("retired_reason", sa.Text(), nullable=True),
        sa.Column("retired_origin", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "retired_origin IN ('files', 'console', 'gazette')", name=op.f("ck_knowledge_entries_retired_origin")
        ),
        sa.ForeignKeyConstraint(
            ["jurisdiction"],
            ["jurisdictions.id"],
            name=op.f("fk_knowledge_entries_jurisdiction_jurisdictions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_entries")),
    )
    op.create_table(
        "knowledge_entry_versions",
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("aspect", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("similar", sa.JSON(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "aspect IN ('eligibility', 'materials', 'place', 'procedure', 'time_limit', 'schedule', 'fee', 'amount', "
            "'benefit', 'responsibility', 'contact', 'definition', 'requirement', 'validity', 'scope', 'routing')",
            name=op.f("ck_knowledge_entry_versions_aspect"),
        ),
        sa.CheckConstraint("kind IN ('answer', 'scope', 'route')", name=op.f("ck_knowledge_entry_versions_kind")),
        sa.CheckConstraint(
            "origin IN ('files', 'console', 'gazette')", name=op.f("ck_knowledge_entry_versions_origin")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_knowledge_entry_versions_version_from_one")),
        sa.ForeignKeyConstraint(
            ["department"],
            ["departments.id"],
            name=op.f("fk_knowledge_entry_versions_department_departments"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["entry"],
            ["knowledge_entries.id"],
            name=op.f("fk_knowledge_entry_versions_entry_knowledge_entries"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("entry", "version", name=op.f("pk_knowledge_entry_versions")),
    )
    op.create_table(
        "citations",
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document", "path"],
            ["provisions.document", "provisions.path"],
            name=op.f("fk_citations_document_path_provisions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["document"],
            ["policy_documents.id"],
            name=op.f("fk_citations_document_policy_documents"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["entry", "version"],
            ["knowledge_entry_versions.entry", "knowledge_entry_versions.version"],
            name=op.f("fk_citations_entry_version_knowledge_entry_versions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("entry", "version", "position", name=op.f("pk_citations")),
    )
    op.create_table(
        "hotline_lines",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("integration", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("provision", sa.Text(), nullable=False),
        sa.Column("matters", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.Text(), nullable=True),
        sa.Column("retired_reason", sa.Text(), nullable=True),
        sa.Column("retired_origin", sa.Text(), nullable=True),
        sa.CheckConstraint("integration IN ('merged', 'transferred')", name=op.f("ck_hotline_lines_integration")),
        sa.CheckConstraint("origin IN ('files', 'console', 'gazette')", name=op.f("ck_hotline_lines_origin")),
        sa.CheckConstraint(
            "retired_origin IN ('files', 'console', 'gazette')", name=op.f("ck_hotline_lines_retired_origin")
        ),
        sa.ForeignKeyConstraint(
            ["department"],
            ["departments.id"],
            name=op.f("fk_hotline_lines_department_departments"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["document", "provision"],
            ["provisions.document", "provisions.path"],
            name=op.f("fk_hotline_lines_document_provision_provisions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["document"],
            ["policy_documents.id"],
            name=op.f("fk_hotline_lines_document_policy_documents"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["jurisdiction"],
            ["jurisdictions.id"],
            name=op.f("fk_hotline_lines_jurisdiction_jurisdictions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_hotline_lines")),
    )
    op.create_index(
        "uq_hotline_lines_current",
        "hotline_lines",
        ["jurisdiction", "number", "department"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "knowledge_entry_items",
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry", "version"],
            ["knowledge_entry_versions.entry", "knowledge_entry_versions.version"],
            name=op.f("fk_knowledge_entry_items_entry_version_knowledge_entry_versions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["item"],
            ["service_items.id"],
            name=op.f("fk_knowledge_entry_items_item_service_items"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("entry", "version", "position", name=op.f("pk_knowledge_entry_items")),
    )
    op.create_table(
        "routing_rules",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("examples", sa.JSON(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("provision", sa.Text(), nullable=False),
        sa.Column("hotline", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.Text(), nullable=True),
        sa.Column("retired_reason", sa.Text(), nullable=True),
        sa.Column("retired_origin", sa.Text(), nullable=True),
        sa.CheckConstraint("origin IN ('files', 'console', 'gazette')", name=op.f("ck_routing_rules_origin")),
        sa.CheckConstraint(
            "retired_origin IN ('files', 'console', 'gazette')", name=op.f("ck_routing_rules_retired_origin")
        ),
        sa.ForeignKeyConstraint(
            ["department"],
            ["departments.id"],
            name=op.f("fk_routing_rules_department_departments"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["document", "provision"],
            ["provisions.document", "provisions.path"],
            name=op.f("fk_routing_rules_document_provision_provisions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["document"],
            ["policy_documents.id"],
            name=op.f("fk_routing_rules_document_policy_documents"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["jurisdiction"],
            ["jurisdictions.id"],
            name=op.f("fk_routing_rules_jurisdiction_jurisdictions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_routing_rules")),
    )
    op.create_index(
        "uq_routing_rules_current",
        "routing_rules",
        ["jurisdiction", "id"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_routing_rules_current",
        table_name="routing_rules",
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.drop_table("routing_rules")
    op.drop_table("knowledge_entry_items")
    op.drop_index(
        "uq_hotline_lines_current",
        table_name="hotline_lines",
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.drop_table("hotline_lines")
    op.drop_table("citations")
    op.drop_table("knowledge_entry_versions")
    op.drop_table("knowledge_entries")
