"""The figures about work orders that the scheme requires to be published (月度、年度通报)."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.hotline.deadlines import ZONE, Lamp, TimeLimits
from bot.hotline.work_orders import State, WorkOrder

_SATISFIED = 4  # of 5, from which a citizen counts as satisfied


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


def department_figures(orders: Iterable[WorkOrder], limits: TimeLimits, now: dt.datetime) -> list[Figures]:
    """Return the figures of all orders together (department ``None``), then of each department by name of its id.

    Merged orders count once, as the order that they were merged into.
    """
    by_department: Mapping[str | None, list[WorkOrder]] = defaultdict(list)
    for order in orders:
        if order.state is not State.MERGED:
            by_department[None].append(order)
            if order.department:
                by_department[order.department].append(order)
    names = sorted(by_department, key=lambda name: (name is not None, name or ""))
    return [_figures(name, by_department[name], limits, now) for name in names]


def _figures(department: str | None, orders: Sequence[WorkOrder], limits: TimeLimits, now: dt.datetime) -> Figures:
    answered = [o for o in orders if o.answered]
    red = {o.id for o in orders if o.lamp(limits.of(o.jurisdiction, o.time_kind), now) is Lamp.RED}
    settled = [o for o in orders if o.answered or o.id in red]
    rated = [o.satisfaction for o in orders if o.satisfaction]
    return Figures(
        department=department,
        received=len(orders),
        answered=len(answered),
        overdue=len(red),
        on_time=_share(sum(o.id not in red for o in settled), len(settled)),
        rework=_share(sum(o.reworked > 0 for o in answered), len(answered)),
        satisfaction=_share(sum(rating >= _SATISFIED for rating in rated), len(rated)),
        visited=_share(len(rated), len(answered)),
        topics=tuple(Counter(o.category for o in orders).most_common(5)),
    )


def _share(count: int, of: int) -> float | None:
    return count / of if of else None
