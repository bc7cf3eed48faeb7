"""The policy database: the only place that imports SQLAlchemy.

Open a ``Database``, take a unit of work, call functions:

>>> database = Database(settings.database_url)      # doctest: +SKIP
>>> with database.begin() as connection:            # doctest: +SKIP
...     write_ledger(connection, row)
"""

from __future__ import annotations

from bot.storage.database import Database
from bot.storage.entries import EntryVersion, entry_history, get_entry, retire_entry, save_entry
from bot.storage.gazettes import ImportedDocument, ImportReport, save_gazette
from bot.storage.ledgers import delete_ledger_before, entry_versions, read_ledger, write_ledger
from bot.storage.loading import knowledge_version, load_elsewhere, load_jurisdictions, load_knowledge, load_places
from bot.storage.migrating import check, downgrade, migrate
from bot.storage.provisions import ProvisionChanges, quote
from bot.storage.saving import Changes, save_knowledge
from bot.storage.work_orders import (
    Caller,
    ContactView,
    add_caller,
    anonymise_before,
    belongs_to,
    contact_views,
    count_callers,
    file_order,
    find_orders,
    get_order,
    move_order,
    order_events,
    orders_of,
    reveal_callers,
)

__all__ = [
    "Caller",
    "Changes",
    "ContactView",
    "Database",
    "EntryVersion",
    "ImportReport",
    "ImportedDocument",
    "ProvisionChanges",
    "add_caller",
    "anonymise_before",
    "belongs_to",
    "check",
    "contact_views",
    "count_callers",
    "delete_ledger_before",
    "downgrade",
    "entry_history",
    "entry_versions",
    "file_order",
    "find_orders",
    "get_entry",
    "get_order",
    "knowledge_version",
    "load_elsewhere",
    "load_jurisdictions",
    "load_knowledge",
    "load_places",
    "migrate",
    "move_order",
    "order_events",
    "orders_of",
    "quote",
    "read_ledger",
    "retire_entry",
    "reveal_callers",
    "save_entry",
    "save_gazette",
    "save_knowledge",
    "write_ledger",
]
