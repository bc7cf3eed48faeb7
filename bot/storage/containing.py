"""Which texts hold others, without regard to the case of Latin letters.

SQLite compares strings several times faster than it matches patterns, which counts where every row has to be looked at.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


def holds(column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    """Return the condition that ``text`` stands in ``column``."""
    if text.lower() != text.upper():
        column, text = sa.func.lower(column), text.lower()
    return _place_in(column, sa.literal(text, sa.Text())) > 0


class _place_in(FunctionElement):  # type: ignore[misc]
    """The place of the second text in the first, from 1; 0 where it is not in it."""

    type = sa.Integer()
    name = "place_in"
    inherit_cache = True


@compiles(_place_in, "sqlite")
def _sqlite(element: _place_in, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(_place_in, "postgresql")
def _postgresql(element: _place_in, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"
