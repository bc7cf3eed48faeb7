"""Filing work orders and answering what citizens ask of theirs: the use cases between conversation and database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.errors import MoveRefused, NotFound
from bot.hotline.deadlines import ZONE, TimeLimit, TimeLimits
from bot.hotline.duplicates import same_matter
from bot.hotline.filing import Asking, Draft, OrderRequest
from bot.hotline.knowledge import Knowledge
from bot.hotline.replies import Reply
from bot.hotline.routing import SURE, Suggestion
from bot.hotline.work_orders import (
    MOVE_NAMES,
    ROLE_NAMES,
    STATE_NAMES,
    Actor,
    Event,
    Move,
    RequestKind,
    Role,
    State,
    WorkOrder,
    time_kind,
)
from bot.storage import (
    Caller,
    ContactView,
    Database,
    add_caller,
    belongs_to,
    contact_views,
    file_order,
    filed_under,
    get_order,
    move_order,
    open_alike,
    order_events,
    orders_of,
)

_UNSORTED = "待分类"
_ALIKE_DAYS = 30  # how far back the same matter is looked for
_SUPPLY = ("公用事业",)  # categories whose sudden failures cannot wait
_FAILURE = ("停水", "停电", "停气", "没水", "没电", "没气", "断水", "断电", "爆管", "漏气")
_NOT_YOURS = "没有找到您的这张工单。请说出工单编号和登记时留的电话后四位，例如“JZ202611230001 1234 查进度”。"
_NO_ORDERS = "这里没有您登记过的工单。要登记请说“登记工单”；用电话登记的，请说出工单编号和电话后四位。"
_TOLD = (State.REVIEWED, State.FOLLOWED_UP, State.CLOSED, State.ARCHIVED)  # from when on citizens read the answer
_MOVES = {
    Asking.URGE: Move.URGE,
    Asking.ADD: Move.ADD,
    Asking.RATE: Move.RATE,
    Asking.REOPEN: Move.REOPEN,
}
Suggest = Callable[[str, str], Sequence[Suggestion]]  # text and place → departments


@dataclass(frozen=True)
class Filed:
    """The order that a citizen's matter became, or that it ``joined``; ``department``: who will likely get it."""

    order: WorkOrder
    department: str
    joined: bool = False


@dataclass(frozen=True)
class OrderDesk:
    """Does what the conversation decided about work orders."""

    database: Database
    limits: TimeLimits
    mask: Callable[[str], str]
    letters: Callable[[str], str]  # a place's id → what its numbers begin with, such as JZ
    suggest: Suggest
    now: Callable[[], dt.datetime]

    def fulfil(self, reply: Reply, knowledge: Knowledge, conversation: str, channel: str) -> Reply:
        """Return ``reply`` with the words for what was done; a reply that asks nothing of the desk comes back as it is.

        Raises StorageUnavailable where the database cannot be written: then nothing was filed.
        """
        if reply.draft:
            filed = self.file(reply.draft, reply.jurisdiction, knowledge, conversation, channel)
            return replace(reply, text=filed_words(filed, self.now()))
        if reply.order_request:
            return replace(reply, text=self._answer(reply.order_request, conversation))
        return reply

    def file(
        self,
        draft: Draft,
        place: str,
        knowledge: Knowledge,
        conversation: str,
        channel: str,
        kind: RequestKind | None = None,
        *,
        decided: bool = False,
    ) -> Filed:
        """File ``draft``, or join the open order about the same fact. Filing the same draft again changes nothing.

        ``conversation`` is a digest that tells the citizen from others. ``decided``: a person chose the draft's rule.
        """
        now = self.now()
        order, department = self._order(draft, place, knowledge, channel, kind or draft.kind, decided)
        phone = draft.phone if any(c.isdigit() for c in draft.phone) else None
        caller = Caller(draft.name or None, phone, conversation, channel, now)
        with self.database.begin() as connection:
            if not filed_under(connection, draft.key):
                alike = open_alike(connection, order, now - dt.timedelta(days=_ALIKE_DAYS))
                if same := same_matter(order, alike):
                    add_caller(connection, same.id, caller)
                    return Filed(same, department, joined=True)
            order = file_order(connection, order, caller, self.letters(place), key=draft.key)
        return Filed(order, department)

    def _order(
        self, draft: Draft, place: str, knowledge: Knowledge, channel: str, kind: RequestKind, decided: bool
    ) -> tuple[WorkOrder, str]:
        """Return the order to file and the name of the department that will likely get it, empty where that is unsure."""
        category, department = self._matter(draft, place, knowledge, decided)
        urgent = category.split("/")[0] in _SUPPLY and any(word in draft.what for word in _FAILURE)
        content = self.mask(draft.what)
        order = WorkOrder(
            id="",
            number="",
            jurisdiction=place,
            kind=kind,
            category=category,
            title=content[:30],
            content=content,
            place=draft.where,
            happened=draft.when,
            channel=channel,
            received=self.now(),
            limit=self.limits.of(place, time_kind(kind, urgent=urgent)),
            urgent=urgent,
            confidential=draft.confidential,
            attachments=draft.links,
        )
        return order, department

    def _matter(self, draft: Draft, place: str, knowledge: Knowledge, decided: bool) -> tuple[str, str]:
        """Return category and department: what a person decided or the text surely is about, else what was told."""
        rules = {f"{rule.jurisdiction}.routing.{rule.id}": rule for rule in knowledge.routing_rules}
        rule = rules.get(draft.rule)
        best = None if decided and rule else next(iter(self.suggest(draft.what, place)), None)
        if best and best.confidence >= SURE:
            return best.category, best.department.name if best.department else ""
        return (rule.category, knowledge.departments[rule.department].name) if rule else (_UNSORTED, "")

    def _answer(self, request: OrderRequest, conversation: str) -> str:
        try:
            with self.database.begin() as connection:
                own = orders_of(connection, conversation)
                if not request.number and len(own) > 1 and request.asking is Asking.STATUS:
                    return "\n".join(["您的工单：", *(f"{o.number} {o.title}：{STATE_NAMES[o.state]}" for o in own)])
                order = get_order(connection, request.number) if request.number else next(iter(own), None)
                if order is None:
                    return _NO_ORDERS
                if not belongs_to(connection, order.id, conversation, request.phone_end):
                    return _NOT_YOURS
                if request.asking is Asking.VIEWS:
                    return _views(order, contact_views(connection, order.id))
                if move := _MOVES.get(request.asking):
                    return self._moved(connection, order, move, request, conversation)
                return self._status(order, order_events(connection, order.id), self.now())
        except NotFound:
            return _NOT_YOURS
        except MoveRefused as refusal:
            return str(refusal)

    def _moved(self, connection: Any, order: WorkOrder, move: Move, request: OrderRequest, conversation: str) -> str:
        text = self.mask(request.text)
        given: dict[str, Any] = {"text": text, "reason": text, "satisfaction": request.satisfaction}
        needed = {name: value for name, value in given.items() if value}
        order = move_order(connection, order.id, move, Actor(conversation, Role.CITIZEN), self.now(), **needed)
        return f"工单 {order.number} 已{MOVE_NAMES[move]}，会转给承办单位。目前：{STATE_NAMES[order.state]}。"

    def _status(self, order: WorkOrder, events: Sequence[Event], now: dt.datetime) -> str:
        lines = [f"工单 {order.number}（{order.title}）：{STATE_NAMES[order.state]}。"]
        shown = [e for e in events if e.before is not e.after][-4:]
        lines += [f"{_day(e.at)} {STATE_NAMES[e.after]}" for e in shown]
        if order.answer and order.state in _TOLD:
            lines.append(f"办理结果：{order.answer}")
        elif order.state is State.ANSWERED:
            lines.append("承办单位已反馈办理结果，正在审核，审核通过后马上告诉您。")
        elif order.paused:
            lines.append("正在等待补充材料或第三方，办理时限暂停计算。")
        elif order.state in (State.DISPATCHED, State.SIGNED, State.IN_PROGRESS):
            due = order.due(now)
            lines.append(f"应于{_last_day(due.at)}前办结{'（节假日安排公布后可能调整）' if due.provisional else ''}。")
        return "\n".join(lines)


def filed_words(filed: Filed, now: dt.datetime) -> str:
    """Return what a citizen reads once their matter is filed: the number, who gets it, until when."""
    order = filed.order
    if filed.joined:
        return (
            f"您反映的事已有工单 {order.number} 在办（{STATE_NAMES[order.state]}），已把您加为反映人，结果会一并告诉您。\n"
            f"随时可以说“查工单 {order.number}”看进度。如果不是同一件事，请拨打12345说明。"
        )
    unit = f"拟转{filed.department}，" if filed.department else ""
    return (
        f"已登记，工单编号 {order.number}，请记下来。\n{unit}最迟{_last_day(order.due(now).at)}派到承办单位，"
        f"办理时限从受理之日起算（{_limit_text(order.limit)}）。\n"
        f"随时可以说“查工单 {order.number}”看进度，也可以补充、催办、评价。"
    )


def _views(order: WorkOrder, views: Sequence[ContactView]) -> str:
    if not views:
        return "没有人查看过您的联系方式。"
    seen = [f"{_day(v.at)} {ROLE_NAMES[v.role]}，用途：{v.purpose}" for v in views]
    return "\n".join([f"查看过工单 {order.number} 联系方式的有：", *seen])


def _limit_text(limit: TimeLimit) -> str:
    return f"{limit.answer_hours}小时" if limit.answer_hours else f"{limit.answer_days}个工作日"


def _day(moment: dt.datetime) -> str:
    day = moment.astimezone(ZONE)
    return f"{day.month}月{day.day}日"


def _last_day(due: dt.datetime) -> str:
    """Return the last day on which something that is due at ``due``, the end of a day, is in time."""
    return _day(due - dt.timedelta(seconds=1))
