"""The operators' desk: how far an operator has read, and what became of suggested answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("read_seq", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "suggestion_outcomes",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("staff", "conversation", "jurisdiction")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("message_masked", "entry")),
        sa.Column("entry_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("outcome", "suggested", "final_masked")),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_suggestion_outcomes")),
        sa.ForeignKeyConstraint(
            ["staff"], ["staff.id"], name=op.f("fk_suggestion_outcomes_staff_staff"), ondelete="RESTRICT",
            onupdate="CASCADE",
        ),
        sa.CheckConstraint(
            "outcome IN ('adopted', 'edited', 'rejected')", name=op.f("ck_suggestion_outcomes_outcome")
        ),
    )  # fmt: skip
    op.create_index("ix_suggestion_outcomes_at", "suggestion_outcomes", ["at"])
    op.create_index("ix_suggestion_outcomes_conversation", "suggestion_outcomes", ["conversation"])


def downgrade() -> None:
    op.drop_table("suggestion_outcomes")
    op.drop_column("conversations", "read_seq")
