"""What happened to a work order, step by step, in words: who, when, what, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.hotline.deadlines import Lamp
from bot.hotline.work_orders import MOVE_NAMES, ROLE_NAMES, STATE_NAMES, Event, Move, Role, WorkOrder
from bot.web.desk.order_scope import CHANNEL_NAMES, LAMP_NAMES


@dataclass(frozen=True)
class Step:
    """One step; ``state`` is where it led, empty where the state stayed."""

    at: dt.datetime
    what: str
    who: str
    state: str
    why: str = ""
    details: Sequence[str] = ()


def story(
    order: WorkOrder, events: Sequence[Event], staff: Mapping[str, str], departments: Mapping[str, str], into: str
) -> list[Step]:
    """Return the steps, newest first; ``staff`` and ``departments`` are names, ``into`` the number it was merged into."""
    channel = CHANNEL_NAMES.get(order.channel, order.channel)
    steps = [Step(order.received, "受理登记", channel, "已受理")]
    for event in events:
        move = next((m for m in Move if m.value == event.move), None)
        what = MOVE_NAMES[move] if move else event.move
        led = STATE_NAMES[event.after] if event.after is not event.before else ""
        details = _details(event.details, departments, into)
        steps.append(Step(event.at, what, _who(event, staff), led, event.reason, details))
    return steps[::-1]


def _who(event: Event, staff: Mapping[str, str]) -> str:
    if event.role in (Role.CITIZEN, Role.SYSTEM):
        return ROLE_NAMES[event.role]
    return f"{staff.get(event.by, '其他系统')}（{ROLE_NAMES[event.role]}）"


def _details(details: Mapping[str, Any], departments: Mapping[str, str], into: str) -> list[str]:
    def name(department: str) -> str:
        return departments.get(department, department)

    words = {
        "department": lambda value: f"承办单位：{name(value)}",
        "assisting": lambda value: f"协办单位：{'、'.join(name(each) for each in value)}",
        "category": lambda value: f"类别：{value}",
        "handover": lambda value: f"转办内容：{value}",
        "answer": lambda value: f"办理结果：{value}",
        "text": lambda value: str(value),
        "days": lambda value: f"{value}个工作日",
        "satisfaction": lambda value: f"满意度：{value}分",
        "into": lambda value: f"并入 {into}",
        "lamp": lambda value: LAMP_NAMES[Lamp(value)] if value in {lamp.value for lamp in Lamp} else str(value),
    }
    return [words[key](value) for key, value in details.items() if key in words and value not in ("", [], None)]
