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

__all__ = [
    "Changes",
    "Database",
    "EntryVersion",
    "ImportReport",
    "ImportedDocument",
    "ProvisionChanges",
    "check",
    "delete_ledger_before",
    "downgrade",
    "entry_history",
    "entry_versions",
    "get_entry",
    "knowledge_version",
    "load_elsewhere",
    "load_jurisdictions",
    "load_knowledge",
    "load_places",
    "migrate",
    "quote",
    "read_ledger",
    "retire_entry",
    "save_entry",
    "save_gazette",
    "save_knowledge",
    "write_ledger",
]
