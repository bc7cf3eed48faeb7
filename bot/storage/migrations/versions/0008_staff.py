"""Staff: accounts, who is logged in, and the record of what each of them did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLES = ("audit_log", "staff_logins", "staff")
_ROLES = "'operator', 'supervisor', 'department_handler', 'administrator'"


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


def upgrade() -> None:
    op.create_table(
        "staff",
        _text("id"),
        _text("login"),
        _text("name"),
        _text("role"),
        _text("jurisdiction", null=True),
        _text("department", null=True),
        _text("password_hash"),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        _number("failures"),
        _moment("locked_until", null=True),
        _moment("created"),
        _moment("last_login", null=True),
        _number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
        _refer("staff", "jurisdiction", "jurisdictions"),
        _refer("staff", "department", "departments"),
        sa.CheckConstraint(f"role IN ({_ROLES})", name=op.f("ck_staff_role")),
    )
    op.create_table(
        "staff_logins",
        _text("digest"),
        _text("staff", null=True),
        sa.Column("content", sa.JSON(), nullable=False),
        _moment("created"),
        _moment("seen"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_staff_logins")),
        _refer("staff_logins", "staff", "staff"),
    )
    op.create_index("ix_staff_logins_seen", "staff_logins", ["seen"])
    op.create_index("ix_staff_logins_staff", "staff_logins", ["staff"])
    op.create_table(
        "audit_log",
        sa.Column("row_id", sa.Integer(), nullable=False),
        _moment("at"),
        _text("staff", null=True),
        _text("login"),
        _text("role", null=True),
        _text("deed"),
        _text("object"),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_audit_log")),
        _refer("audit_log", "staff", "staff"),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_index("ix_audit_log_staff_at", "audit_log", ["staff", "at"])
    op.create_index("ix_audit_log_object", "audit_log", ["object"])


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
