"""What a citizen hears of their work order without asking: each step that matters to them, in plain words."""

from __future__ import annotations

import datetime as dt

from bot.hotline.deadlines import ZONE
from bot.hotline.work_orders import Move, WorkOrder

SCORES = ("很不满意", "不满意", "一般", "满意", "很满意")  # from 1 to 5


def order_news(order: WorkOrder, move: Move, now: dt.datetime, *, department: str = "", into: str = "") -> str:
    """Return what is said of ``order`` after ``move``, empty where the citizen need not know.

    A department's answer is told once it is reviewed.

    ``department`` is the name of who handles it, ``into`` the number of the order that it was merged into.
    """
    head = f"您的工单 {order.number}（{order.title}）"
    words = {
        Move.DISPATCH: f"已派给{department}办理，应于{_last_day(order, now)}前办结。",
        Move.REASSIGN: f"已改由{department}办理，应于{_last_day(order, now)}前办结。",
        Move.REVIEW: f"的办理结果：\n{order.answer}\n您对办理结果满意吗？{rating_words(order)}",
        Move.REWORK: f"的办理结果没有通过审核，已发回{department}重新办理，有结果马上告诉您。",
        Move.REOPEN: f"已重新打开，由{department}重新办理，有结果马上告诉您。",
        Move.EXTEND: f"的办理期限经批准延长，应于{_last_day(order, now)}前办结。",
        Move.PAUSE: "正在等待补充材料或第三方，办理时限暂停计算。",
        Move.RESUME: f"继续办理，应于{_last_day(order, now)}前办结。",
        Move.CLOSE: f"已办结。还没有解决的话，请回复“工单{order.number}没解决”。",
        Move.MERGE: f"和工单 {into} 反映的是同一件事，已合并办理，结果会一并告诉您。",
    }
    return head + words[move] if move in words else ""


def rating_words(order: WorkOrder) -> str:
    """Return how to rate ``order`` in a message."""
    return f"请打1到5分，5分为很满意，例如回复“{rating_of(order, 5)}”。"


def rating_of(order: WorkOrder, score: int) -> str:
    """Return the message that rates ``order``."""
    return f"工单{order.number}打{score}分"


def _last_day(order: WorkOrder, now: dt.datetime) -> str:
    day = (order.due(now).at - dt.timedelta(seconds=1)).astimezone(ZONE)
    return f"{day.month}月{day.day}日"
