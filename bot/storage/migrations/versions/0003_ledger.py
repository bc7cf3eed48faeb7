"""The ledger: every reply with what it was made from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("message_masked", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("intent", sa.Text(), nullable=True),
        sa.Column("intent_scores", sa.JSON(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("text_shown", sa.Text(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('answer', 'scope', 'route', 'work_order', 'emergency', "
            "'clarify', 'unsupported', 'handoff', 'chitchat')",
            name=op.f("ck_ledger_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["jurisdiction"],
            ["jurisdictions.id"],
            name=op.f("fk_ledger_jurisdiction_jurisdictions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
    )
    op.create_index("ix_ledger_at", "ledger", ["at"], unique=False)
    op.create_index("ix_ledger_conversation", "ledger", ["conversation"], unique=False)
    op.create_index("ix_ledger_jurisdiction_at", "ledger", ["jurisdiction", "at"], unique=False)
    op.create_index("ix_ledger_kind_at", "ledger", ["kind", "at"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stored_entry", sa.Text(), nullable=True),
        sa.CheckConstraint("stored_entry IS NULL OR stored_entry = entry", name=op.f("ck_ledger_entries_stored_entry")),
        sa.ForeignKeyConstraint(
            ["ledger"],
            ["ledger.id"],
            name=op.f("fk_ledger_entries_ledger_ledger"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["stored_entry", "version"],
            ["knowledge_entry_versions.entry", "knowledge_entry_versions.version"],
            name=op.f("fk_ledger_entries_stored_entry_version_knowledge_entry_versions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("ledger", "position", name=op.f("pk_ledger_entries")),
    )
    op.create_index("ix_ledger_entries_entry", "ledger_entries", ["entry"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_ledger_entries_entry", table_name="ledger_entries")
    op.drop_table("ledger_entries")
    op.drop_index("ix_ledger_kind_at", table_name="ledger")
    op.drop_index("ix_ledger_jurisdiction_at", table_name="ledger")
    op.drop_index("ix_ledger_conversation", table_name="ledger")
    op.drop_index("ix_ledger_at", table_name="ledger")
    op.drop_table("ledger")
