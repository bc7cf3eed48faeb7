"""Days as they are in China, of times that are stored in UTC; China has known no summer time since 1991."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class china_day(FunctionElement):  # type: ignore[misc]
    """The date of a time in China as text, such as 2026-11-28."""

    type = sa.Text()
    name = "china_day"
    inherit_cache = True


@compiles(china_day, "sqlite")
def _sqlite(element: china_day, compiler: Any, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)}, '+8 hours')"


@compiles(china_day, "postgresql")
def _postgresql(element: china_day, compiler: Any, **options: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **options)} AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')"
