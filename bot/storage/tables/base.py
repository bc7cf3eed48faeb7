"""What all tables share: names for constraints, times in UTC, JSON that keeps Chinese readable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

ORIGINS = ("files", "console", "gazette")  # who may have made a record: the knowledge files, a person, an import


class UtcDateTime(sa.types.TypeDecorator):  # type: ignore[misc]
    """An aware time, stored in UTC. A naive one is refused: nobody could tell what it means."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        """Return ``value`` in UTC; without its zone on SQLite, which has no type for one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone was given to the database")
        utc = value.astimezone(dt.timezone.utc)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        """Return the stored time as an aware one in UTC."""
        if value is None:
            return None
        return value.astimezone(dt.timezone.utc) if value.tzinfo else value.replace(tzinfo=dt.timezone.utc)


def now() -> dt.datetime:
    """Return this moment, aware, in UTC."""
    return dt.datetime.now(dt.timezone.utc)


def text(name: str, *, null: bool = False) -> sa.Column:
    """Return a text column; required unless ``null``."""
    return sa.Column(name, sa.Text, nullable=null)


def moment(name: str, *, null: bool = False) -> sa.Column:
    """Return a column for an aware time."""
    return sa.Column(name, UtcDateTime, nullable=null)


def day(name: str) -> sa.Column:
    """Return a column for a date that may be unknown."""
    return sa.Column(name, sa.Date, nullable=True)


def number(name: str) -> sa.Column:
    """Return a required integer column."""
    return sa.Column(name, sa.Integer, nullable=False, autoincrement=False)


def refer(columns: str | list[str], to: str, target: str | list[str] = "id") -> sa.ForeignKeyConstraint:
    """Return a foreign key from ``columns`` to ``target`` of table ``to``; what it points to cannot be deleted."""
    own = [columns] if isinstance(columns, str) else columns
    others = [target] if isinstance(target, str) else target
    return sa.ForeignKeyConstraint(own, [f"{to}.{other}" for other in others], ondelete="RESTRICT", onupdate="CASCADE")


def one_of(column: str, values: Iterable[str]) -> sa.CheckConstraint:
    """Return the constraint that ``column`` holds one of ``values``."""
    allowed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({allowed})", name=column)


def stamp() -> tuple[sa.Column | sa.CheckConstraint, ...]:
    """Return the columns that say who made the record what it is, and when."""
    return moment("changed_at"), text("changed_by"), text("origin"), one_of("origin", ORIGINS)


def retirement() -> tuple[sa.Column | sa.CheckConstraint, ...]:
    """Return the columns that say since when the record no longer counts, who decided that, and why."""
    columns = moment("retired_at", null=True), text("retired_by", null=True), text("retired_reason", null=True)
    return *columns, text("retired_origin", null=True), one_of("retired_origin", ORIGINS)
