"""The figures about work orders that the scheme requires to be published (月度、年度通报)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import astuple, dataclass

from bot.hotline.deadlines import ZONE

SATISFIED = 4  # of 5, from which a citizen counts as satisfied


@dataclass(frozen=True)
class Figures:
    """One department's figures for a period; a rate is ``None`` where nothing counts for it yet.

    ``on_time`` 按时办结率: of the orders answered or overdue, those answered in time. ``rework`` 发回重办率: of the orders
    answered, those sent back. ``satisfaction`` 群众满意度: of the ratings, those of four or five. ``visited`` 回访率: of the
    orders answered, those with a rating or a visit. ``topics``: the categories with most orders.
    """

    department: str | None
    received: int
    answered: int
    overdue: int
    on_time: float | None
    rework: float | None
    satisfaction: float | None
    visited: float | None
    topics: tuple[tuple[str, int], ...]


def month_of(text: str) -> tuple[dt.datetime, dt.datetime]:
    """Return beginning and end (exclusive) in China of a month ``2026-11`` or a year ``2026``.

    Raises ValueError for anything else.
    """
    year, _, month = text.partition("-")
    first = dt.datetime(int(year), int(month or 1), 1, tzinfo=ZONE)
    following = (first.year + (first.month == 12), first.month % 12 + 1) if month else (first.year + 1, 1)
    return first, dt.datetime(*following, 1, tzinfo=ZONE)


@dataclass(frozen=True)
class Counts:
    """What is counted of a set of orders; counts of disjoint sets add up."""

    received: int = 0
    answered: int = 0
    overdue: int = 0  # answered after the due time, or not answered and past it
    in_time: int = 0  # answered in time
    reworked: int = 0  # of the answered ones
    rated: int = 0
    satisfied: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(mine + its for mine, its in zip(astuple(self), astuple(other))))


def figures_of(department: str | None, counts: Counts, topics: Mapping[str, int], most: int) -> Figures:
    """Return the figures that follow from ``counts``, with the ``most`` frequent categories of ``topics``."""
    return Figures(
        department=department,
        received=counts.received,
        answered=counts.answered,
        overdue=counts.overdue,
        on_time=_share(counts.in_time, counts.in_time + counts.overdue),
        rework=_share(counts.reworked, counts.answered),
        satisfaction=_share(counts.satisfied, counts.rated),
        visited=_share(counts.rated, counts.answered),
        topics=tuple(sorted(topics.items(), key=lambda topic: (-topic[1], topic[0]))[:most]),
    )


def _share(count: int, of: int) -> float | None:
    return count / of if of else None
