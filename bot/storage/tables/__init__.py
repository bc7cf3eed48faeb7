"""All tables, by subject. Importing this package makes ``metadata`` complete."""

from __future__ import annotations

from bot.storage.tables import connections, console, conversations, documents, knowledge, ledger, staff, work_orders
from bot.storage.tables.base import metadata

__all__ = [
    "connections",
    "console",
    "conversations",
    "documents",
    "knowledge",
    "ledger",
    "metadata",
    "staff",
    "work_orders",
]
