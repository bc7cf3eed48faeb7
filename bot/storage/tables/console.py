"""Tables of the administrators' console: what records said before, uploaded files, drafts of entries (草稿)."""

from __future__ import annotations

import sqlalchemy as sa

from bot.storage.tables.base import metadata, moment, number, one_of, refer, stamp, text

# Records that are changed in place; of the others every version is a row of its own.
RECORD_KINDS = ("jurisdiction", "department", "item", "document")
UPLOAD_KINDS = ("gazette", "entries")
DRAFT_STATES = ("open", "published", "discarded")

record_revisions = sa.Table(  # what a record said before a change, and who had made it so
    "record_revisions",
    metadata,
    sa.Column("row_id", sa.Integer, primary_key=True),
    text("kind"),
    text("key"),
    sa.Column("content", sa.JSON, nullable=False),
    *stamp(),
    moment("replaced_at"),
    one_of("kind", RECORD_KINDS),
)
sa.Index("ix_record_revisions_kind_key", record_revisions.c.kind, record_revisions.c.key)

record_retirements = sa.Table(  # departments and items that are no longer offered; what refers to them stays readable
    "record_retirements",
    metadata,
    text("kind"),
    text("key"),
    moment("retired_at"),
    text("retired_by"),
    text("retired_reason"),
    sa.PrimaryKeyConstraint("kind", "key"),
    one_of("kind", RECORD_KINDS),
)

uploads = sa.Table(  # a file between being sent and being taken over; compressed
    "uploads",
    metadata,
    text("id"),
    text("kind"),
    text("name"),
    text("jurisdiction", null=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    moment("created_at"),
    text("created_by"),
    moment("done_at", null=True),
    sa.PrimaryKeyConstraint("id"),
    refer("jurisdiction", "jurisdictions"),
    one_of("kind", UPLOAD_KINDS),
)

entry_drafts = sa.Table(  # made from a provision by rule, finished by a person
    "entry_drafts",
    metadata,
    text("id"),
    text("document"),
    text("path"),
    sa.Column("content", sa.JSON, nullable=False),
    text("state"),
    number("version"),
    moment("created_at"),
    moment("changed_at"),
    text("changed_by"),
    text("entry", null=True),  # what it was published as
    sa.PrimaryKeyConstraint("id"),
    refer(["document", "path"], "provisions", ["document", "path"]),
    refer("entry", "knowledge_entries"),
    one_of("state", DRAFT_STATES),
)
sa.Index("ix_entry_drafts_document_state", entry_drafts.c.document, entry_drafts.c.state)
