"""Which work orders somebody sees: those of their place, a department those that it leads or assists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import NotFound
from bot.hotline.deadlines import Lamp, left_words
from bot.hotline.staff import StaffMember
from bot.hotline.work_orders import Role, State, WorkOrder
from bot.storage import OrderFilter, get_order

LAMP_NAMES = {Lamp.RED: "超期", Lamp.YELLOW: "临期", Lamp.GREEN: "正常"}
UNANSWERED = (State.ACCEPTED, State.DISPATCHED, State.SIGNED, State.IN_PROGRESS)
CHANNEL_NAMES = {"web": "网页", "wechat": "微信", "phone": "电话", "api": "其他系统", "rest": "接口", "": "接口"}


@dataclass(frozen=True)
class OrderLine:
    """What is shown of an order to somebody who may see it; a department reads what was written for it."""

    order: WorkOrder
    title: str
    content: str
    lamp: Lamp
    due: str

    @property
    def marks(self) -> Sequence[str]:
        """What sets it apart from others."""
        order = self.order
        marks = [
            (order.urgent, "紧急"), (order.confidential, "保密"), (order.urged, f"催办{order.urged}次"),
            (order.supervised, "督办"), (order.reworked, f"重办{order.reworked}次"), (order.returned, f"退单{order.returned}次"),
            (order.asked_days, f"申请延期{order.asked_days}天"), (order.paused, "暂停计时"),
        ]  # fmt: skip
        return [name for given, name in marks if given]


def filter_for(member: StaffMember, **wanted: Any) -> OrderFilter:
    """Return the filter of what is ``wanted`` within what ``member`` may see."""
    if member.jurisdiction:
        wanted["jurisdiction"] = member.jurisdiction
    return OrderFilter(own=member.department if member.role is Role.HANDLER else None, **wanted)


def get_own(connection: Any, member: StaffMember, number: str) -> WorkOrder:
    """Return the order with this number. Raises NotFound also where ``member`` may not see it."""
    order = get_order(connection, number)
    elsewhere = member.jurisdiction is not None and order.jurisdiction != member.jurisdiction
    stranger = member.role is Role.HANDLER and member.department not in (order.department, *order.assisting)
    if elsewhere or stranger:
        raise NotFound(f"没有编号为 {number[:40]} 的工单，请核对编号。")
    return order


def line_for(member: StaffMember, order: WorkOrder, now: dt.datetime) -> OrderLine:
    """Return what ``member`` sees of ``order`` at ``now``."""
    handler = member.role is Role.HANDLER
    title = order.handover[:30] if handler and order.handover else order.title
    content = order.for_department if handler else order.content
    return OrderLine(order, title, content, order.lamp(now), _due_words(order, now))


def _due_words(order: WorkOrder, now: dt.datetime) -> str:
    if order.state is State.MERGED:
        return "—"
    if order.answered:
        return "超期反馈" if order.lamp(now) is Lamp.RED else "按时反馈"
    if order.paused and order.lamp(now) is not Lamp.RED:
        return "暂停计时"
    return left_words(order.due(now), now) + ("派单" if order.state is State.ACCEPTED else "")
