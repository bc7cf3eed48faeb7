"""Recognising that several citizens raise the same matter (同一事项), so that it becomes one work order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.hotline.work_orders import WorkOrder
from bot.text.normalise import normalise
from bot.text.similarity import TextIndex, character_grams

_SAME_MATTER = 0.5  # likeness of what happened from which it is taken for the same
_NUMBER = re.compile(r"\d+|[一二三四五六七八九十]+(?=[号栋幢座楼单元组队村大中小支巷弄路街])")
_SAME_PLACE = 0.5  # likeness of where; a place that nobody named is like no other


def same_matter(order: WorkOrder, others: Sequence[WorkOrder]) -> WorkOrder | None:
    """Return the one of ``others`` that is about the same fact in the same place, nothing where none surely is.

    Only orders of the same jurisdiction and category are compared; the likeness is the cosine of character n-grams.
    """
    near = [o for o in others if (o.jurisdiction, o.category) == (order.jurisdiction, order.category)]
    near = [o for o in near if _is_known(order.place) and _is_known(o.place) and not _differ(order.place, o.place)]
    if not near:
        return None
    what = TextIndex([normalise(o.content) for o in near], character_grams).scores(normalise(order.content))
    where = TextIndex([normalise(o.place) for o in near], character_grams).scores(normalise(order.place))
    best = max(range(len(near)), key=lambda i: what[i] + where[i])
    return near[best] if what[best] >= _SAME_MATTER and where[best] >= _SAME_PLACE else None


def _differ(place: str, other: str) -> bool:
    """Return whether both places hold numbers, and not the same ones: 北京路8号 is not 北京路18号."""
    mine, its = (set(_NUMBER.findall(normalise(text))) for text in (place, other))
    return bool(mine and its and not (mine <= its or its <= mine))


def _is_known(place: str) -> bool:
    return len(place) >= 3 and place != "不详"
