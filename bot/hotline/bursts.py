"""Recognising that something is raised far more often than usual (突发集中诉求), so that people look at it early."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

WINDOW_HOURS = 24  # in which citizens are counted
USUAL_DAYS = 28  # before the window, from which the usual number is taken
_SAME_MATTER = 5  # citizens who raise the same fact within the window
_FEWEST = 10  # appeals of one category from which a burst is worth an alarm
_SPREAD = 3.0  # standard deviations above the usual number: by a Poisson count one false alarm in some 700 windows


@dataclass(frozen=True)
class Burst:
    """That ``count`` citizens raised one matter (``order``) or one category within the window."""

    jurisdiction: str
    category: str
    order: str | None
    count: int


def bursts(
    matters: Mapping[tuple[str, str, str], int],
    categories: Mapping[tuple[str, str], int],
    usual: Mapping[tuple[str, str], float],
) -> list[Burst]:
    """Return the bursts, the largest first.

    ``matters`` counts the citizens of the window by place, category and order, ``categories`` by place and category;
    ``usual`` is the mean of such a window before.
    """
    found = [Burst(p, c, o, n) for (p, c, o), n in matters.items() if n >= _SAME_MATTER]
    explained = {(b.jurisdiction, b.category) for b in found}
    for (place, category), count in categories.items():
        mean = usual.get((place, category), 0.0)
        if (place, category) not in explained and count >= max(_FEWEST, mean + _SPREAD * math.sqrt(mean)):
            found.append(Burst(place, category, None, count))
    return sorted(found, key=lambda burst: -burst.count)
