"""Limits and due times with the order, what departments read, alarms, assisting departments, and other systems."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_LIMIT = '{"dispatch_days": 1, "answer_days": 30, "warn_days": 3, "progress_days": 30}'  # of every order until now
_NEW = ("filing_key", "handover", "attachments", "near", "due", "limit")


def _moment(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=null)


def _refer(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete="RESTRICT", onupdate="CASCADE"
    )


def _add(table: str, column: sa.Column, value: str) -> None:
    """Add a required column, which holds ``value`` in the rows that are there."""
    column.nullable = True
    op.add_column(table, column)
    op.execute(sa.text(f'UPDATE {table} SET "{column.name}" = :value').bindparams(value=value))
    with op.batch_alter_table(table) as batch:
        batch.alter_column(column.name, nullable=False)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, name, value in (
            ("routing_rules", "assisting", "[]"),
            ("work_orders", "limit", _LIMIT),
            ("work_orders", "attachments", "[]"),
        ):
            op.add_column(table, sa.Column(name, sa.JSON(), nullable=False, server_default=sa.text(f"'{value}'")))
            op.alter_column(table, name, server_default=None)
    else:
        _add("routing_rules", sa.Column("assisting", sa.JSON()), "[]")
        _add("work_orders", sa.Column("limit", sa.JSON()), _LIMIT)
        _add("work_orders", sa.Column("attachments", sa.JSON()), "[]")
    _add("work_orders", sa.Column("handover", sa.Text()), "")
    for column in (_moment("due", null=True), _moment("near", null=True), _text("filing_key", null=True)):
        op.add_column("work_orders", column)
    with op.batch_alter_table("work_orders") as batch:
        batch.create_unique_constraint(op.f("uq_work_orders_filing_key"), ["filing_key"])
    op.drop_index("ix_work_orders_state_department", "work_orders")
    op.create_index("ix_work_orders_received", "work_orders", ["received"])
    for column in ("state", "department"):
        op.create_index(f"ix_work_orders_{column}_received", "work_orders", [column, "received"])
    op.create_index("ix_work_orders_state_near", "work_orders", ["state", "near"])
    op.create_index("ix_work_order_callers_at", "work_order_callers", ["at"])
    _alarms()
    _connections()


def _alarms() -> None:
    op.create_table(
        "work_order_alarms",
        _text("id"),
        _text("jurisdiction"),
        _text("category"),
        _text("work_order", null=True),
        sa.Column("count", sa.Integer(), autoincrement=False, nullable=False),
        _moment("since"),
        _moment("raised_at"),
        _moment("acknowledged_at", null=True),
        _text("acknowledged_by", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_alarms")),
        _refer("work_order_alarms", "jurisdiction", "jurisdictions"),
        _refer("work_order_alarms", "work_order", "work_orders"),
    )
    op.create_index("ix_work_order_alarms_raised_at", "work_order_alarms", ["raised_at"])


def _connections() -> None:
    op.create_table(
        "api_tokens",
        _text("id"),
        _text("name"),
        _text("digest"),
        sa.Column("scopes", sa.JSON(), nullable=False),
        _text("jurisdiction"),
        _text("department", null=True),
        _moment("created_at"),
        *(_moment(name, null=True) for name in ("expires_at", "revoked_at", "last_used_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
        _refer("api_tokens", "jurisdiction", "jurisdictions"),
        _refer("api_tokens", "department", "departments"),
    )
    op.create_table(
        "webhooks",
        _text("id"),
        _text("jurisdiction"),
        _text("department", null=True),
        _text("url"),
        _text("secret"),
        _moment("created_at"),
        _moment("retired_at", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        _refer("webhooks", "jurisdiction", "jurisdictions"),
        _refer("webhooks", "department", "departments"),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("row_id", sa.Integer(), nullable=False),
        _text("id"),
        _text("webhook"),
        _text("event"),
        sa.Column("payload", sa.JSON(), nullable=False),
        _moment("created_at"),
        sa.Column("attempts", sa.Integer(), autoincrement=False, nullable=False),
        _moment("next_at", null=True),
        _moment("delivered_at", null=True),
        _text("error"),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("id", name=op.f("uq_webhook_deliveries_id")),
        _refer("webhook_deliveries", "webhook", "webhooks"),
    )
    op.create_index("ix_webhook_deliveries_next_at", "webhook_deliveries", ["next_at"])
    op.create_index("ix_webhook_deliveries_webhook_created", "webhook_deliveries", ["webhook", "created_at"])


def downgrade() -> None:
    for table in ("webhook_deliveries", "webhooks", "api_tokens", "work_order_alarms"):
        op.drop_table(table)
    op.drop_index("ix_work_order_callers_at", "work_order_callers")
    for name in ("state_near", "department_received", "state_received", "received"):
        op.drop_index(f"ix_work_orders_{name}", "work_orders")
    with op.batch_alter_table("work_orders") as batch:
        batch.drop_constraint(op.f("uq_work_orders_filing_key"), type_="unique")
        for name in _NEW:
            batch.drop_column(name)
    op.create_index("ix_work_orders_state_department", "work_orders", ["state", "department"])
    with op.batch_alter_table("routing_rules") as batch:
        batch.drop_column("assisting")
