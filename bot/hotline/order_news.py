"""What a citizen is told by itself when something happens to their work order."""

from __future__ import annotations

from bot.hotline.work_orders import Event, Move, Role, WorkOrder


def order_news(order: WorkOrder, event: Event) -> str:
    """Return what those who raised the matter read after ``event`` made it ``order``; empty where it is not for them.

    A department's answer is told once it is reviewed. What a citizen did is answered in the talk in which it was said.
    """
    if event.role is Role.CITIZEN:
        return ""
    words = {
        Move.DISPATCH: "已派到承办单位。",
        Move.REASSIGN: "已改派到另一承办单位。",
        Move.EXTEND: f"经批准延期{event.details.get('days')}个工作日。",
        Move.MERGE: "与另一张工单是同一件事，已合并办理，结果会一并告诉您。",
        Move.REVIEW: f"有了办理结果：{order.answer}\n您可以说“工单{order.number}评价5分”，1分为最低。",
        Move.REWORK: "已发回重新办理，结果会再告诉您。",
        Move.CLOSE: f"已办结。如果没有解决，请说“工单{order.number}没有解决”并写明情况。",
    }
    said = words.get(Move(event.move))
    return f"您的工单 {order.number}（{order.title}）{said}" if said else ""
