"""Console: what records said before, retired departments and items, uploaded files, drafts of entries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLES = ("entry_drafts", "uploads", "record_retirements", "record_revisions")
_KINDS = "'jurisdiction', 'department', 'item', 'document'"
_ORIGINS = "'files', 'console', 'gazette'"


def _moment(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=null)


def _refer(table: str, columns: list[str], to: str, targets: list[str]) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{'_'.join(columns)}_{to}")
    others = [f"{to}.{target}" for target in targets]
    return sa.ForeignKeyConstraint(columns, others, name=name, ondelete="RESTRICT", onupdate="CASCADE")


def _one_of(table: str, column: str, values: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({values})", name=op.f(f"ck_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "record_revisions",
        sa.Column("row_id", sa.Integer(), nullable=False),
        _text("kind"),
        _text("key"),
        sa.Column("content", sa.JSON(), nullable=False),
        _moment("changed_at"),
        _text("changed_by"),
        _text("origin"),
        _moment("replaced_at"),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_record_revisions")),
        _one_of("record_revisions", "origin", _ORIGINS),
        _one_of("record_revisions", "kind", _KINDS),
    )
    op.create_index("ix_record_revisions_kind_key", "record_revisions", ["kind", "key"])
    op.create_table(
        "record_retirements",
        _text("kind"),
        _text("key"),
        _moment("retired_at"),
        _text("retired_by"),
        _text("retired_reason"),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_record_retirements")),
        _one_of("record_retirements", "kind", _KINDS),
    )
    op.create_table(
        "uploads",
        _text("id"),
        _text("kind"),
        _text("name"),
        _text("jurisdiction", null=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _moment("created_at"),
        _text("created_by"),
        _moment("done_at", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        _refer("uploads", ["jurisdiction"], "jurisdictions", ["id"]),
        _one_of("uploads", "kind", "'gazette', 'entries'"),
    )
    op.create_table(
        "entry_drafts",
        _text("id"),
        _text("document"),
        _text("path"),
        sa.Column("content", sa.JSON(), nullable=False),
        _text("state"),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        _moment("created_at"),
        _moment("changed_at"),
        _text("changed_by"),
        _text("entry", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_drafts")),
        _refer("entry_drafts", ["document", "path"], "provisions", ["document", "path"]),
        _refer("entry_drafts", ["entry"], "knowledge_entries", ["id"]),
        _one_of("entry_drafts", "state", "'open', 'published', 'discarded'"),
    )
    op.create_index("ix_entry_drafts_document_state", "entry_drafts", ["document", "state"])


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
