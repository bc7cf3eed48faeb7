"""Tables of the policy documents (政策文件), what their imported originals state, and their provisions (条款)."""

from __future__ import annotations

import sqlalchemy as sa

from bot.storage.tables.base import day, metadata, moment, number, refer, stamp, text

policy_documents = sa.Table(  # what we hold to be true of a document, from the knowledge files or the console
    "policy_documents",
    metadata,
    text("id"),
    text("jurisdiction"),
    text("number", null=True),
    text("title"),
    text("issuing_authority", null=True),
    day("issued_on"),
    day("effective_from"),
    day("effective_until"),
    day("repealed_on"),
    text("repealed_by", null=True),
    day("confirmed_in_force_on"),
    *stamp(),
    sa.PrimaryKeyConstraint("id"),
    refer("jurisdiction", "jurisdictions"),
)
sa.Index("ix_policy_documents_number", policy_documents.c.number)

document_sources = sa.Table(  # what the imported original states; fills only what policy_documents leaves open
    "document_sources",
    metadata,
    text("document"),
    text("number", null=True),
    text("title"),
    text("issuing_authority", null=True),
    day("issued_on"),
    day("effective_from"),
    day("effective_until"),
    text("annexed_to", null=True),
    text("source_text"),
    moment("imported_at"),
    text("imported_by"),
    sa.PrimaryKeyConstraint("document"),
    refer("document", "policy_documents"),
)

repeals = sa.Table(  # a document says that another one, perhaps not in the database yet, no longer applies
    "repeals",
    metadata,
    text("document"),
    text("repealed"),  # the number or title as the repealing document writes it
    sa.PrimaryKeyConstraint("document", "repealed"),
    refer("document", "policy_documents"),
)

provisions = sa.Table(  # a row without a text is cited but not imported
    "provisions",
    metadata,
    text("document"),
    text("path"),
    text("heading", null=True),
    text("text", null=True),
    number("position"),
    moment("imported_at", null=True),
    moment("superseded_at", null=True),
    sa.PrimaryKeyConstraint("document", "path"),
    refer("document", "policy_documents"),
    sa.CheckConstraint("(text IS NULL) = (imported_at IS NULL)", name="text_with_import"),
)

provision_revisions = sa.Table(  # texts that a later import replaced
    "provision_revisions",
    metadata,
    sa.Column("row_id", sa.Integer, primary_key=True),
    text("document"),
    text("path"),
    text("heading", null=True),
    text("text"),
    moment("imported_at"),
    moment("replaced_at"),
    refer(["document", "path"], "provisions", ["document", "path"]),
)
