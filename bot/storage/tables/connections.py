"""Tables for other systems that work with ours: who may call (令牌), whom we tell (网络回调), and what is still to be told."""

from __future__ import annotations

import sqlalchemy as sa

from bot.storage.tables.base import metadata, moment, number, refer, text

api_tokens = sa.Table(  # the token itself is shown once and never stored
    "api_tokens",
    metadata,
    text("id"),
    text("name"),
    text("digest"),
    sa.Column("scopes", sa.JSON, nullable=False),
    text("jurisdiction"),
    text("department", null=True),
    moment("created_at"),
    moment("expires_at", null=True),
    moment("revoked_at", null=True),
    moment("last_used_at", null=True),
    sa.PrimaryKeyConstraint("id"),
    sa.UniqueConstraint("digest"),
    refer("jurisdiction", "jurisdictions"),
    refer("department", "departments"),
)

webhooks = sa.Table(
    "webhooks",
    metadata,
    text("id"),
    text("jurisdiction"),
    text("department", null=True),
    text("url"),
    text("secret"),
    moment("created_at"),
    moment("retired_at", null=True),
    sa.PrimaryKeyConstraint("id"),
    refer("jurisdiction", "jurisdictions"),
    refer("department", "departments"),
)

deliveries = sa.Table(  # the outbox: written with what happened, in one transaction; sent by the worker
    "webhook_deliveries",
    metadata,
    sa.Column("row_id", sa.Integer, primary_key=True),  # the order in which things happened
    text("id"),
    text("webhook"),
    text("event"),
    sa.Column("payload", sa.JSON, nullable=False),
    moment("created_at"),
    number("attempts"),
    moment("next_at", null=True),  # none once it was delivered or given up
    moment("delivered_at", null=True),
    text("error"),
    sa.UniqueConstraint("id"),
    refer("webhook", "webhooks"),
)
sa.Index("ix_webhook_deliveries_next_at", deliveries.c.next_at)
sa.Index("ix_webhook_deliveries_webhook_created", deliveries.c.webhook, deliveries.c.created_at)
