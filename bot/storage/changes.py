"""The knowledge's version: one number that grows with each change, and the log of who changed what and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.storage.records import Stamp
from bot.storage.tables import knowledge as k


def begin_change(connection: Connection) -> int:
    """Keep everybody else from changing the knowledge until this unit of work ends; return the present version."""
    return int(connection.execute(sa.select(k.knowledge_version.c.version).with_for_update()).scalar_one())


def record_change(connection: Connection, version: int, stamp: Stamp, summary: Mapping[str, Sequence[str]]) -> None:
    """Make ``version`` the knowledge's, which every answering process then loads, and log what was done."""
    connection.execute(sa.update(k.knowledge_version).values(version=version))
    connection.execute(
        sa.insert(k.knowledge_changes).values(
            version=version,
            changed_at=stamp.at,
            changed_by=stamp.by,
            reason=stamp.reason,
            summary={name: list(ids) for name, ids in summary.items() if ids},
        )
    )
