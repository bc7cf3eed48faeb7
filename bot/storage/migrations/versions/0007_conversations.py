"""Conversations: what was said, what is still to be answered and to be delivered, feedback, and who is at the desk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = ("channel_tokens", "presence", "message_feedback", "outbox", "messages", "conversations")
_FIGURES = "ix_work_orders_figures"


def _moment(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=null)


def _number(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), autoincrement=False, nullable=False)


def _refer(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete="RESTRICT", onupdate="CASCADE"
    )


def _one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({allowed})", name=op.f(f"ck_{table}_{column}"))


def upgrade() -> None:
    _conversations()
    _messages()
    _outbox()
    op.create_table(
        "message_feedback",
        _text("conversation"),
        _number("seq"),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        _text("reason"),
        _moment("at"),
        sa.PrimaryKeyConstraint("conversation", "seq", name=op.f("pk_message_feedback")),
        sa.ForeignKeyConstraint(
            ["conversation", "seq"],
            ["messages.conversation", "messages.seq"],
            name=op.f("fk_message_feedback_conversation_seq_messages"),
            ondelete="RESTRICT",
        ),
    )
    op.create_table(
        "presence",
        _text("operator"),
        _text("name"),
        _moment("seen"),
        sa.Column("taking", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("operator", name=op.f("pk_presence")),
    )
    op.create_table(
        "channel_tokens",
        _text("account"),
        _text("token"),
        _moment("expires", null=True),
        _moment("leased_until", null=True),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_channel_tokens")),
    )
    op.drop_index("ix_work_orders_received", "work_orders")
    # All that the yearly report reads, so that it need not read the orders themselves.
    op.create_index(
        _FIGURES,
        "work_orders",
        ["received", "state", "jurisdiction", "department", "category", "answered", "due", "reworked", "satisfaction"],
    )


def _conversations() -> None:
    op.create_table(
        "conversations",
        *(_text(name) for name in ("id", "channel", "citizen", "jurisdiction")),
        _text("address", null=True),
        _text("holder"),
        _text("reason", null=True),
        _moment("queued", null=True),
        _text("operator", null=True),
        _text("operator_name"),
        _text("note"),
        _moment("closed", null=True),
        _text("outcome"),
        _number("misses"),
        sa.Column("score", sa.Integer(), nullable=True),
        _text("comment"),
        *(_moment(name) for name in ("created", "last", "changed")),
        _number("version"),
        _number("seq"),
        _text("leased_by", null=True),
        _moment("leased_until", null=True),
        _number("push_left"),
        _moment("push_until", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        _refer("conversations", "jurisdiction", "jurisdictions"),
        _one_of("conversations", "holder", "bot", "queue", "operator"),
        _one_of("conversations", "reason", "emergency", "outage", "passed", "asked", "angry", "missed"),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_conversations_score")),
    )
    op.create_index("ix_conversations_changed", "conversations", ["changed"])
    op.create_index("ix_conversations_holder_queued", "conversations", ["holder", "queued"])
    op.create_index("ix_conversations_citizen", "conversations", ["citizen"])
    op.create_index("ix_conversations_last", "conversations", ["last"])


def _messages() -> None:
    op.create_table(
        "messages",
        _text("conversation"),
        _number("seq"),
        _text("id", null=True),
        _text("author"),
        _text("name", null=True),
        _text("text"),
        sa.Column("custom", sa.JSON(), nullable=True),
        sa.Column("buttons", sa.JSON(), nullable=False),
        _moment("at"),
        _text("payload", null=True),
        _moment("due", null=True),
        _number("attempts"),
        _moment("answer_by", null=True),
        _text("replied", null=True),
        sa.PrimaryKeyConstraint("conversation", "seq", name=op.f("pk_messages")),
        sa.UniqueConstraint("conversation", "id", name=op.f("uq_messages_conversation_id")),
        _refer("messages", "conversation", "conversations"),
        _one_of("messages", "author", "citizen", "bot", "operator", "system"),
    )
    op.create_index("ix_messages_due", "messages", ["due"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("row_id", sa.Integer(), nullable=False),
        _text("conversation"),
        _text("text"),
        _moment("created"),
        _moment("next_at", null=True),
        _number("attempts"),
        _text("error"),
        _moment("done", null=True),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_outbox")),
        _refer("outbox", "conversation", "conversations"),
    )
    op.create_index("ix_outbox_next_at", "outbox", ["next_at"])
    op.create_index("ix_outbox_conversation_done", "outbox", ["conversation", "done"])


def downgrade() -> None:
    op.drop_index(_FIGURES, "work_orders")
    op.create_index("ix_work_orders_received", "work_orders", ["received"])
    for table in _TABLES:
        op.drop_table(table)
