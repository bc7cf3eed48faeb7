"""Alembic's entry point: runs the steps on the connection that ``bot.storage.migrating`` opened."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from bot.storage.tables import metadata
from bot.storage.tables.base import UtcDateTime


def _rendered(kind: str, value: Any, _: Any) -> str | Literal[False]:
    """Write our time type as the plain one in new steps, so that old steps never depend on today's code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(value, UtcDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
    render_item=_rendered,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
