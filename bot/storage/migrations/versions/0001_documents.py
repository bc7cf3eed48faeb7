"""Places, departments, service items, policy documents and their provisions; the version of the knowledge."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "elsewhere",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_elsewhere")),
    )
    op.create_table(
        "jurisdictions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("covered", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.CheckConstraint("origin IN ('files', 'console', 'gazette')", name=op.f("ck_jurisdictions_origin")),
        sa.ForeignKeyConstraint(
            ["parent"],
            ["jurisdictions.id"],
            name=op.f("fk_jurisdictions_parent_jurisdictions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jurisdictions")),
    )
    op.create_table(
        "knowledge_changes",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_knowledge_changes")),
    )
    op.create_table(
        "knowledge_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_knowledge_version_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_version")),
    )
    op.create_table(
        "service_items",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.CheckConstraint("origin IN ('files', 'console', 'gazette')", name=op.f("ck_service_items_origin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_items")),
    )
    op.create_table(
        "departments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.CheckConstraint("origin IN ('files', 'console', 'gazette')", name=op.f("ck_departments_origin")),
        sa.ForeignKeyConstraint(
            ["jurisdiction"],
            ["jurisdictions.id"],
            name=op.f("fk_departments_jurisdiction_jurisdictions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departments")),
    )
    op.create_table(
        "jurisdiction_names",
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.CheckConstraint("kind IN ('alias', 'place')", name=op.f("ck_jurisdiction_names_kind")),
        sa.ForeignKeyConstraint(
            ["jurisdiction"],
            ["jurisdictions.id"],
            name=op.f("fk_jurisdiction_names_jurisdiction_jurisdictions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("jurisdiction", "kind", "name", name=op.f("pk_jurisdiction_names")),
    )
    op.create_table(
        "policy_documents",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("issuing_authority", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("effective_until", sa.Date(), nullable=True),
        sa.Column("repealed_on", sa.Date(), nullable=True),
        sa.Column("repealed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_in_force_on", sa.Date(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.CheckConstraint("origin IN ('files', 'console', 'gazette')", name=op.f("ck_policy_documents_origin")),
        sa.ForeignKeyConstraint(
            ["jurisdiction"],
            ["jurisdictions.id"],
            name=op.f("fk_policy_documents_jurisdiction_jurisdictions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_documents")),
    )
    op.create_index("ix_policy_documents_number", "policy_documents", ["number"], unique=False)
    op.create_table(
        "service_item_aliases",
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["item"],
            ["service_items.id"],
            name=op.f("fk_service_item_aliases_item_service_items"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("item", "alias", name=op.f("pk_service_item_aliases")),
    )
    op.create_table(
        "department_aliases",
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["department"],
            ["departments.id"],
            name=op.f("fk_department_aliases_department_departments"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("department", "alias", name=op.f("pk_department_aliases")),
    )
    op.create_table(
        "document_sources",
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("issuing_authority", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("effective_until", sa.Date(), nullable=True),
        sa.Column("annexed_to", sa.Text(), nullable=True),
        sa.Column("source_text", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document"],
            ["policy_documents.id"],
            name=op.f("fk_document_sources_document_policy_documents"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("document", name=op.f("pk_document_sources")),
    )
    op.create_table(
        "provisions",
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(text IS NULL) = (imported_at IS NULL)", name=op.f("ck_provisions_text_with_import")),
        sa.ForeignKeyConstraint(
            ["document"],
            ["policy_documents.id"],
            name=op.f("fk_provisions_document_policy_documents"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("document", "path", name=op.f("pk_provisions")),
    )
    op.create_table(
        "repeals",
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("repealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document"],
            ["policy_documents.id"],
            name=op.f("fk_repeals_document_policy_documents"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("document", "repealed", name=op.f("pk_repeals")),
    )
    op.create_table(
        "provision_revisions",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["document", "path"],
            ["provisions.document", "provisions.path"],
            name=op.f("fk_provision_revisions_document_path_provisions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_provision_revisions")),
    )
    op.execute("INSERT INTO knowledge_version (id, version) VALUES (1, 0)")


def downgrade() -> None:
    op.drop_table("provision_revisions")
    op.drop_table("repeals")
    op.drop_table("provisions")
    op.drop_table("document_sources")
    op.drop_table("department_aliases")
    op.drop_table("service_item_aliases")
    op.drop_index("ix_policy_documents_number", table_name="policy_documents")
    op.drop_table("policy_documents")
    op.drop_table("jurisdiction_names")
    op.drop_table("departments")
    op.drop_table("service_items")
    op.drop_table("knowledge_version")
    op.drop_table("knowledge_changes")
    op.drop_table("jurisdictions")
    op.drop_table("elsewhere")
