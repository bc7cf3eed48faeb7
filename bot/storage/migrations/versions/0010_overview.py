"""Overview: how long citizens waited for a person, and indexes for what is counted of replies, orders and feedback."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_FIGURES = [
    "received",
    "state",
    "jurisdiction",
    "department",
    "category",
    "answered",
    "due",
    "reworked",
    "satisfaction",
]


def upgrade() -> None:
    op.create_table(
        "conversation_waits",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("queued", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_conversation_waits")),
        sa.ForeignKeyConstraint(
            ["conversation"], ["conversations.id"], name=op.f("fk_conversation_waits_conversation_conversations"),
            ondelete="RESTRICT", onupdate="CASCADE",
        ),
    )  # fmt: skip
    op.create_index("ix_conversation_waits_ended", "conversation_waits", ["ended"])
    op.create_index("ix_conversation_waits_conversation", "conversation_waits", ["conversation"])
    op.create_index("ix_message_feedback_at", "message_feedback", ["at"])
    op.drop_index("ix_ledger_at", "ledger")
    op.create_index("ix_ledger_overview", "ledger", ["at", "kind", "jurisdiction", "conversation", "id"])
    op.drop_index("ix_conversations_citizen", "conversations")
    op.create_index("ix_conversations_citizen", "conversations", ["citizen", "channel", "jurisdiction"])
    op.drop_index("ix_work_orders_figures", "work_orders")
    op.create_index("ix_work_orders_figures", "work_orders", [*_FIGURES[:7], "near", *_FIGURES[7:]])


def downgrade() -> None:
    op.drop_index("ix_work_orders_figures", "work_orders")
    op.create_index("ix_work_orders_figures", "work_orders", _FIGURES)
    op.drop_index("ix_conversations_citizen", "conversations")
    op.create_index("ix_conversations_citizen", "conversations", ["citizen"])
    op.drop_index("ix_ledger_overview", "ledger")
    op.create_index("ix_ledger_at", "ledger", ["at"])
    op.drop_index("ix_message_feedback_at", "message_feedback")
    op.drop_table("conversation_waits")
