"""All tables, by subject. Importing this package makes ``metadata`` complete."""

from __future__ import annotations

from bot.storage.tables import (
    connections,
    console,
    conversations,
    desk,
    documents,
    knowledge,
    learning,
    ledger,
    staff,
    work_orders,
)
from bot.storage.tables.base import metadata

__all__ = [
    "connections",
    "console",
    "conversations",
    "desk",
    "documents",
    "knowledge",
    "learning",
    "ledger",
    "metadata",
    "staff",
    "work_orders",
]
