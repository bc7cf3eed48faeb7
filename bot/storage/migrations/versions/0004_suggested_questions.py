"""Questions that a place shows to somebody who has not asked yet."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NAME = "ck_jurisdiction_names_kind"


def upgrade() -> None:
    with op.batch_alter_table("jurisdiction_names") as table:
        table.drop_constraint(op.f(_NAME), type_="check")
        table.create_check_constraint(op.f(_NAME), "kind IN ('alias', 'place', 'suggested')")


def downgrade() -> None:
    op.execute("DELETE FROM jurisdiction_names WHERE kind = 'suggested'")
    with op.batch_alter_table("jurisdiction_names") as table:
        table.drop_constraint(op.f(_NAME), type_="check")
        table.create_check_constraint(op.f(_NAME), "kind IN ('alias', 'place')")
