"""Overview: how long citizens waited for a person, and indexes for what is counted of replies, orders and feedback."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_COUNTED = ["state", "jurisdiction", "category", "answered", "due", "reworked", "satisfaction"]
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
_ASSISTED = sa.text("CAST(assisting AS TEXT) != '[]'")


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
    op.drop_index("ix_work_orders_state_near", "work_orders")
    op.create_index("ix_work_orders_state_near", "work_orders", ["state", "near", "due", "category"])
    op.create_index("ix_work_orders_jurisdiction_state", "work_orders", ["jurisdiction", "state", "category"])
    op.drop_index("ix_work_orders_department_received", "work_orders")
    op.create_index("ix_work_orders_department", "work_orders", ["department", "received", *_COUNTED])
    op.drop_index("ix_work_orders_figures", "work_orders")
    op.create_index("ix_work_orders_figures", "work_orders", ["received", "department", *_COUNTED])
    op.create_index("ix_ledger_entries_overview", "ledger_entries", ["ledger", "position", "entry"])
    op.create_index(
        "ix_work_orders_assisted", "work_orders", ["id"], sqlite_where=_ASSISTED, postgresql_where=_ASSISTED
    )


def downgrade() -> None:
    op.drop_index("ix_ledger_entries_overview", "ledger_entries")
    op.drop_index("ix_work_orders_figures", "work_orders")
    op.create_index("ix_work_orders_figures", "work_orders", _FIGURES)
    op.drop_index("ix_work_orders_department", "work_orders")
    op.create_index("ix_work_orders_department_received", "work_orders", ["department", "received"])
    op.drop_index("ix_work_orders_assisted", "work_orders")
    op.drop_index("ix_work_orders_jurisdiction_state", "work_orders")
    op.drop_index("ix_work_orders_state_near", "work_orders")
    op.create_index("ix_work_orders_state_near", "work_orders", ["state", "near"])
    op.drop_index("ix_conversations_citizen", "conversations")
    op.create_index("ix_conversations_citizen", "conversations", ["citizen"])
    op.drop_index("ix_ledger_overview", "ledger")
    op.create_index("ix_ledger_at", "ledger", ["at"])
    op.drop_index("ix_message_feedback_at", "message_feedback")
    op.drop_table("conversation_waits")
