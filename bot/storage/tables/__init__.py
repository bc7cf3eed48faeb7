"""All tables, by subject. Importing this package makes ``metadata`` complete."""

from __future__ import annotations

from bot.storage.tables import connections, documents, knowledge, ledger, work_orders
from bot.storage.tables.base import metadata

__all__ = ["connections", "documents", "knowledge", "ledger", "metadata", "work_orders"]
