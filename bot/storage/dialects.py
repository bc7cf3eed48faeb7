"""Expressions that SQLite and PostgreSQL write in their own ways."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class china_day(FunctionElement):  # type: ignore[misc]
    """The date in China of a time that is stored in UTC, as text: 2026-11-28. China has known no summer time since 1991."""

    type = sa.Text()
    name = "china_day"
    inherit_cache = True


class unindexed(FunctionElement):  # type: ignore[misc]
    """The column, by which SQLite is not to look rows up nor to order them: it would rather use an index than be fast.

    See "6.2 Disqualifying WHERE clause terms", https://www.sqlite.org/optoverview.html.
    """

    name = "unindexed"
    inherit_cache = True

    def __init__(self, column: sa.ColumnElement[Any]) -> None:
        self.type = column.type
        super().__init__(column)


class _place_in(FunctionElement):  # type: ignore[misc]
    """The place of the second text in the first, from 1; 0 where it is not in it."""

    type = sa.Integer()
    name = "place_in"
    inherit_cache = True


def holds(column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    """Return the condition that ``text`` stands in ``column``, whatever the case of Latin letters.

    SQLite compares strings several times faster than it matches patterns, which counts where every row is looked at.
    """
    if text.lower() != text.upper():
        column, text = sa.func.lower(column), text.lower()
    return _place_in(column, sa.literal(text, sa.Text())) > 0


def _written(element: type[FunctionElement], **forms: str) -> None:
    """Have ``element`` written in each dialect as its form says, with ``{}`` for the arguments."""
    for dialect, form in forms.items():

        def write(one: FunctionElement, compiler: Any, *, form: str = form, **options: Any) -> str:
            return form.format(compiler.process(one.clauses, **options))

        compiles(element, dialect)(write)


_written(china_day, sqlite="date({}, '+8 hours')", postgresql="to_char({} AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')")
_written(unindexed, sqlite="(+{})", postgresql="{}")
_written(_place_in, sqlite="instr({})", postgresql="strpos({})")
