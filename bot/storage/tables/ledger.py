"""Tables of the ledger (账本): every reply with what it was made from. Rows go only when their time is over."""

from __future__ import annotations

import sqlalchemy as sa

from bot.hotline.ledger import KINDS
from bot.storage.tables.base import metadata, moment, number, one_of, refer, text

ledger = sa.Table(
    "ledger",
    metadata,
    text("id"),
    moment("at"),
    text("jurisdiction"),
    text("conversation"),
    text("message_masked"),
    text("model", null=True),
    text("intent", null=True),
    sa.Column("intent_scores", sa.JSON, nullable=False),
    text("kind"),
    sa.Column("confidence", sa.Float, nullable=True),
    text("text_shown"),
    sa.Column("context", sa.JSON, nullable=False),
    sa.PrimaryKeyConstraint("id"),
    refer("jurisdiction", "jurisdictions"),
    one_of("kind", KINDS),
)
sa.Index(  # all that the overview counts, so that it need not read the replies themselves
    "ix_ledger_overview", ledger.c.at, ledger.c.kind, ledger.c.jurisdiction, ledger.c.conversation, ledger.c.id
)
sa.Index("ix_ledger_kind_at", ledger.c.kind, ledger.c.at)
sa.Index("ix_ledger_jurisdiction_at", ledger.c.jurisdiction, ledger.c.at)
sa.Index("ix_ledger_conversation", ledger.c.conversation)

ledger_entries = sa.Table(
    "ledger_entries",
    metadata,
    text("ledger"),
    number("position"),
    text("entry"),
    number("version"),
    text("stored_entry", null=True),  # the entry again, unless it was made from hotline lines or routing rules
    sa.PrimaryKeyConstraint("ledger", "position"),
    refer("ledger", "ledger"),
    refer(["stored_entry", "version"], "knowledge_entry_versions", ["entry", "version"]),
    sa.CheckConstraint("stored_entry IS NULL OR stored_entry = entry", name="stored_entry"),
)
sa.Index("ix_ledger_entries_entry", ledger_entries.c.entry)
sa.Index("ix_ledger_entries_overview", ledger_entries.c.ledger, ledger_entries.c.position, ledger_entries.c.entry)
