"""Recognising that several citizens raise the same matter (同一事项), so that it becomes one work order."""

from __future__ import annotations

from collections.abc import Sequence

from bot.hotline.work_orders import WorkOrder
from bot.text.normalise import normalise
from bot.text.similarity import TextIndex, character_grams

_SAME_MATTER = 0.5  # likeness of what happened from which it is taken for the same
_SAME_PLACE = 0.5  # likeness of where; a place that nobody named is like no other


def same_matter(order: WorkOrder, others: Sequence[WorkOrder]) -> WorkOrder | None:
    """Return the one of ``others`` that is about the same fact in the same place, nothing where none surely is.

    Only orders of the same jurisdiction and category are compared; the likeness is the cosine of character n-grams.
    """
    near = [o for o in others if (o.jurisdiction, o.category) == (order.jurisdiction, order.category)]
    near = [o for o in near if _is_known(order.place) and _is_known(o.place)]
    if not near:
        return None
    what = TextIndex([normalise(o.content) for o in near], character_grams).scores(normalise(order.content))
    where = TextIndex([normalise(o.place) for o in near], character_grams).scores(normalise(order.place))
    best = max(range(len(near)), key=lambda i: what[i] + where[i])
    return near[best] if what[best] >= _SAME_MATTER and where[best] >= _SAME_PLACE else None


def _is_known(place: str) -> bool:
    return len(place) >= 3 and place != "不详"
