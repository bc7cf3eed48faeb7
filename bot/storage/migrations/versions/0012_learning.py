"""Learning: labels on messages, golden questions, versions of the model, and which of them serves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TABLES = ("model_releases", "model_versions", "golden_questions", "message_labels")
_KINDS = "'entry', 'category', 'unsupported', 'emergency', 'harmless', 'intent', 'similar', 'dismissed'"
_STATES = "'queued', 'training', 'evaluating', 'ready', 'refused', 'failed', 'cancelled', 'released', 'retired'"
_STANDING = sa.text("undone IS NULL")


def _moment(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=null)


def _number(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), autoincrement=False, nullable=False)


def _json(name: str) -> sa.Column:
    return sa.Column(name, sa.JSON(), nullable=False)


def _refer(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete="RESTRICT", onupdate="CASCADE"
    )


def upgrade() -> None:
    _labels()
    op.create_table(
        "golden_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        _moment("at"),
        _text("staff", null=True),
        _text("login"),
        _text("kind"),
        _text("jurisdiction"),
        _json("turns"),
        _json("must"),
        _json("must_not"),
        _moment("retired", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_golden_questions")),
        _refer("golden_questions", "staff", "staff"),
        _refer("golden_questions", "jurisdiction", "jurisdictions"),
    )
    _versions()
    op.create_table(
        "model_releases",
        sa.Column("row_id", sa.Integer(), nullable=False),
        _moment("at"),
        _text("staff", null=True),
        _text("login"),
        _text("kind"),
        _text("reason"),
        _number("version"),
        sa.Column("previous", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_model_releases")),
        _refer("model_releases", "staff", "staff"),
        _refer("model_releases", "version", "model_versions"),
        _refer("model_releases", "previous", "model_versions"),
        sa.CheckConstraint("kind IN ('release', 'rollback')", name=op.f("ck_model_releases_kind")),
    )


def _labels() -> None:
    op.create_table(
        "message_labels",
        sa.Column("id", sa.Integer(), nullable=False),
        _moment("at"),
        _text("staff", null=True),
        _text("login"),
        _text("batch"),
        _text("jurisdiction"),
        _text("text"),
        _text("wording"),
        _text("kind"),
        _text("intent"),
        _text("entry", null=True),
        _text("category", null=True),
        _json("numbers"),
        _moment("undone", null=True),
        _text("undone_by", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_labels")),
        _refer("message_labels", "staff", "staff"),
        _refer("message_labels", "jurisdiction", "jurisdictions"),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name=op.f("ck_message_labels_kind")),
    )
    op.create_index(
        "uq_message_labels_standing", "message_labels", ["jurisdiction", "wording"], unique=True,
        sqlite_where=_STANDING, postgresql_where=_STANDING,
    )  # fmt: skip
    op.create_index("ix_message_labels_at", "message_labels", ["at"])
    op.create_index("ix_message_labels_batch", "message_labels", ["batch"])


def _versions() -> None:
    op.create_table(
        "model_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        _moment("created"),
        _text("staff", null=True),
        _text("login"),
        _text("origin"),
        _text("note"),
        _text("state"),
        _number("seed"),
        _text("base"),
        _text("model", null=True),
        _json("files"),
        _json("figures"),
        _text("progress"),
        sa.Column("share", sa.Float(), nullable=False),
        _text("log"),
        _text("problem"),
        sa.Column("cancel", sa.Boolean(), nullable=False),
        _moment("started", null=True),
        _moment("finished", null=True),
        _moment("heartbeat", null=True),
        _number("knowledge"),
        _number("labels"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_versions")),
        _refer("model_versions", "staff", "staff"),
        sa.CheckConstraint(f"state IN ({_STATES})", name=op.f("ck_model_versions_state")),
        sa.CheckConstraint("origin IN ('console', 'command', 'start')", name=op.f("ck_model_versions_origin")),
    )
    op.create_index("ix_model_versions_state", "model_versions", ["state"])


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
