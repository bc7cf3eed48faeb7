"""Tables of learning: labels on messages, golden questions, versions of the model, and which of them serves."""

from __future__ import annotations

import sqlalchemy as sa

from bot.hotline.learning import LabelKind, VersionState
from bot.storage.tables.base import metadata, moment, number, one_of, refer, text

labels = sa.Table(  # never changed: one that is undone stays as such
    "message_labels",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    moment("at"),
    text("staff", null=True),
    text("login"),
    text("batch"),  # those that were made, and are undone, together
    text("jurisdiction"),
    text("text"),  # masked
    text("wording"),  # what equal messages share
    text("kind"),
    text("intent"),
    text("entry", null=True),
    text("category", null=True),
    sa.Column("numbers", sa.JSON, nullable=False),
    moment("undone", null=True),
    text("undone_by", null=True),
    refer("staff", "staff"),
    refer("jurisdiction", "jurisdictions"),
    one_of("kind", (kind.value for kind in LabelKind)),
)
_STANDING = sa.text("undone IS NULL")
sa.Index(
    "uq_message_labels_standing",
    labels.c.jurisdiction,
    labels.c.wording,
    unique=True,
    sqlite_where=_STANDING,
    postgresql_where=_STANDING,
)
sa.Index("ix_message_labels_at", labels.c.at)
sa.Index("ix_message_labels_batch", labels.c.batch)

golden_questions = sa.Table(
    "golden_questions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    moment("at"),
    text("staff", null=True),
    text("login"),
    text("kind"),
    text("jurisdiction"),
    sa.Column("turns", sa.JSON, nullable=False),
    sa.Column("must", sa.JSON, nullable=False),
    sa.Column("must_not", sa.JSON, nullable=False),
    moment("retired", null=True),
    refer("staff", "staff"),
    refer("jurisdiction", "jurisdictions"),
)

model_versions = sa.Table(
    "model_versions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    moment("created"),
    text("staff", null=True),
    text("login"),
    text("origin"),
    text("note"),
    text("state"),
    number("seed"),
    text("base"),
    text("model", null=True),
    sa.Column("files", sa.JSON, nullable=False),
    sa.Column("figures", sa.JSON, nullable=False),
    text("progress"),
    sa.Column("share", sa.Float, nullable=False),
    text("log"),
    text("problem"),
    sa.Column("cancel", sa.Boolean, nullable=False),
    moment("started", null=True),
    moment("finished", null=True),
    moment("heartbeat", null=True),
    number("knowledge"),
    number("labels"),
    refer("staff", "staff"),
    one_of("state", (state.value for state in VersionState)),
    one_of("origin", ("console", "command", "start")),
)
sa.Index("ix_model_versions_state", model_versions.c.state)

model_releases = sa.Table(  # the newest row says which version serves
    "model_releases",
    metadata,
    sa.Column("row_id", sa.Integer, primary_key=True),
    moment("at"),
    text("staff", null=True),
    text("login"),
    text("kind"),
    text("reason"),
    number("version"),
    sa.Column("previous", sa.Integer, nullable=True),
    refer("staff", "staff"),
    refer("version", "model_versions"),
    refer("previous", "model_versions"),
    one_of("kind", ("release", "rollback")),
)
