"""The policy database: the only place that imports SQLAlchemy.

Open a ``Database``, take a unit of work, call functions:

>>> database = Database(settings.database_url)      # doctest: +SKIP
>>> with database.begin() as connection:            # doctest: +SKIP
...     write_ledger(connection, row)
"""

from __future__ import annotations

from bot.storage.database import Database
from bot.storage.entries import EntryVersion, entry_history, get_entry, retire_entry, save_entry
from bot.storage.figures import (
    Alarm,
    acknowledge_alarm,
    department_figures,
    find_bursts,
    list_alarms,
    raise_alarms,
)
from bot.storage.gazettes import ImportedDocument, ImportReport, save_gazette
from bot.storage.ledgers import delete_ledger_before, entry_versions, read_ledger, write_ledger
from bot.storage.loading import knowledge_version, load_elsewhere, load_jurisdictions, load_knowledge, load_places
from bot.storage.migrating import check, downgrade, migrate
from bot.storage.provisions import ProvisionChanges, quote
from bot.storage.saving import Changes, save_knowledge
from bot.storage.tokens import ApiToken, add_token, find_token, list_tokens, note_use, revoke_token
from bot.storage.webhooks import (
    Delivery,
    Webhook,
    add_webhook,
    claim_delivery,
    delete_deliveries_before,
    due_deliveries,
    list_webhooks,
    note_delivery,
    order_view,
    retire_webhook,
)
from bot.storage.work_orders import (
    Caller,
    ContactView,
    OrderFilter,
    add_caller,
    anonymise_before,
    belongs_to,
    contact_views,
    count_by_state,
    count_callers,
    file_order,
    filed_under,
    find_orders,
    get_order,
    move_order,
    open_alike,
    order_events,
    orders_near_due,
    orders_of,
    orders_owing_progress,
    redispatched_orders,
    refresh_due,
    reveal_callers,
)

__all__ = [
    "Alarm",
    "ApiToken",
    "Caller",
    "Changes",
    "ContactView",
    "Database",
    "Delivery",
    "EntryVersion",
    "ImportReport",
    "ImportedDocument",
    "OrderFilter",
    "ProvisionChanges",
    "Webhook",
    "acknowledge_alarm",
    "add_caller",
    "add_token",
    "add_webhook",
    "anonymise_before",
    "belongs_to",
    "check",
    "claim_delivery",
    "contact_views",
    "count_by_state",
    "count_callers",
    "delete_deliveries_before",
    "delete_ledger_before",
    "department_figures",
    "downgrade",
    "due_deliveries",
    "entry_history",
    "entry_versions",
    "file_order",
    "filed_under",
    "find_bursts",
    "find_orders",
    "find_token",
    "get_entry",
    "get_order",
    "knowledge_version",
    "list_alarms",
    "list_tokens",
    "list_webhooks",
    "load_elsewhere",
    "load_jurisdictions",
    "load_knowledge",
    "load_places",
    "migrate",
    "move_order",
    "note_delivery",
    "note_use",
    "open_alike",
    "order_events",
    "order_view",
    "orders_near_due",
    "orders_of",
    "orders_owing_progress",
    "quote",
    "raise_alarms",
    "read_ledger",
    "redispatched_orders",
    "refresh_due",
    "retire_entry",
    "retire_webhook",
    "reveal_callers",
    "revoke_token",
    "save_entry",
    "save_gazette",
    "save_knowledge",
    "write_ledger",
]
