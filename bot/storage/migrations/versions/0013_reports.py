"""What long reports add up lies in the order of their groups; PostgreSQL knows how few orders have assisting departments.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BEFORE = ["state", "jurisdiction", "category", "answered", "due", "reworked", "satisfaction"]
_COUNTED = ["state", "jurisdiction", "answered", "due", "reworked", "satisfaction"]


def upgrade() -> None:
    for name, first in (("figures", ["received", "department"]), ("department", ["department", "received"])):
        _replace(name, [*first, "category", *_COUNTED])
    op.create_index("ix_work_orders_topics", "work_orders", ["department", "category", "received", *_COUNTED])
    if op.get_bind().dialect.name == "postgresql":  # else it takes nearly every order for one with assistance
        op.execute("CREATE STATISTICS st_work_orders_assisting ON (CAST(assisting AS TEXT)) FROM work_orders")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP STATISTICS st_work_orders_assisting")
    op.drop_index("ix_work_orders_topics", "work_orders")
    for name, first in (("figures", ["received", "department"]), ("department", ["department", "received"])):
        _replace(name, [*first, *_BEFORE])


def _replace(name: str, columns: list[str]) -> None:
    op.drop_index(f"ix_work_orders_{name}", "work_orders")
    op.create_index(f"ix_work_orders_{name}", "work_orders", columns)
