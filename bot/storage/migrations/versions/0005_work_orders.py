"""Work orders, their moves, who called, and who looked at that."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "work_order_numbers",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_work_order_numbers")),
    )
    op.create_table(
        "work_orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("happened", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("assisting", sa.JSON(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dispatched", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("extended_days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("asked_days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pauses", sa.JSON(), nullable=False),
        sa.Column("urged", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("supervised", sa.Boolean(), nullable=False),
        sa.Column("returned", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reworked", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('consultation', 'help', 'complaint', 'report', 'suggestion')", name=op.f("ck_work_orders_kind")
        ),
        sa.CheckConstraint(
            "state IN ('accepted', 'dispatched', 'signed', 'in_progress', 'answered', 'reviewed', 'followed_up', 'closed', 'archived', 'merged')",
            name=op.f("ck_work_orders_state"),
        ),
        sa.CheckConstraint("satisfaction BETWEEN 1 AND 5", name=op.f("ck_work_orders_satisfaction")),
        sa.ForeignKeyConstraint(
            ["department"],
            ["departments.id"],
            name=op.f("fk_work_orders_department_departments"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["jurisdiction"],
            ["jurisdictions.id"],
            name=op.f("fk_work_orders_jurisdiction_jurisdictions"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["merged_into"],
            ["work_orders.id"],
            name=op.f("fk_work_orders_merged_into_work_orders"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_work_orders_number")),
    )
    with op.batch_alter_table("work_orders", schema=None) as batch_op:
        batch_op.create_index("ix_work_orders_jurisdiction_received", ["jurisdiction", "received"], unique=False)
        batch_op.create_index("ix_work_orders_state_department", ["state", "department"], unique=False)

    op.create_table(
        "work_order_caller_views",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_order"],
            ["work_orders.id"],
            name=op.f("fk_work_order_caller_views_work_order_work_orders"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_caller_views")),
    )
    with op.batch_alter_table("work_order_caller_views", schema=None) as batch_op:
        batch_op.create_index("ix_work_order_caller_views_work_order", ["work_order"], unique=False)

    op.create_table(
        "work_order_callers",
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("conversation", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("anonymised", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["work_order"],
            ["work_orders.id"],
            name=op.f("fk_work_order_callers_work_order_work_orders"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("work_order", "position", name=op.f("pk_work_order_callers")),
    )
    with op.batch_alter_table("work_order_callers", schema=None) as batch_op:
        batch_op.create_index("ix_work_order_callers_conversation", ["conversation"], unique=False)

    op.create_table(
        "work_order_events",
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "role IN ('citizen', 'operator', 'supervisor', 'department_handler', 'administrator', 'system')",
            name=op.f("ck_work_order_events_role"),
        ),
        sa.ForeignKeyConstraint(
            ["work_order"],
            ["work_orders.id"],
            name=op.f("fk_work_order_events_work_order_work_orders"),
            onupdate="CASCADE",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("work_order", "version", name=op.f("pk_work_order_events")),
    )
    with op.batch_alter_table("work_order_events", schema=None) as batch_op:
        batch_op.create_index("ix_work_order_events_at", ["at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("work_order_events", schema=None) as batch_op:
        batch_op.drop_index("ix_work_order_events_at")

    op.drop_table("work_order_events")
    with op.batch_alter_table("work_order_callers", schema=None) as batch_op:
        batch_op.drop_index("ix_work_order_callers_conversation")

    op.drop_table("work_order_callers")
    with op.batch_alter_table("work_order_caller_views", schema=None) as batch_op:
        batch_op.drop_index("ix_work_order_caller_views_work_order")

    op.drop_table("work_order_caller_views")
    with op.batch_alter_table("work_orders", schema=None) as batch_op:
        batch_op.drop_index("ix_work_orders_state_department")
        batch_op.drop_index("ix_work_orders_jurisdiction_received")

    op.drop_table("work_orders")
    op.drop_table("work_order_numbers")
