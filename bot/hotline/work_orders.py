"""Work orders (工单): the states they pass through, who may move them, and what every move records.

Words and order of the stages are the field's: 受理、派单、签收、办理、反馈、审核、回访、办结、归档 (荆政办发〔2017〕26号 calls the
whole 一号受理、分类处置、单位承办、限时办结、跟踪督办、复核回访、办结归档).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from bot.errors import MoveRefused
from bot.hotline.deadlines import Due, Lamp, Pause, TimeLimit, answer_due, dispatch_due, lamp


class RequestKind(Enum):
    """What a citizen wants (诉求类型)."""

    CONSULTATION = "consultation"  # 咨询
    HELP = "help"  # 求助
    COMPLAINT = "complaint"  # 投诉
    REPORT = "report"  # 举报
    SUGGESTION = "suggestion"  # 建议


class State(Enum):
    """Where a work order stands."""

    ACCEPTED = "accepted"  # 已受理
    DISPATCHED = "dispatched"  # 已派单
    SIGNED = "signed"  # 已签收
    IN_PROGRESS = "in_progress"  # 办理中
    ANSWERED = "answered"  # 已反馈
    REVIEWED = "reviewed"  # 已审核
    FOLLOWED_UP = "followed_up"  # 已回访
    CLOSED = "closed"  # 已办结
    ARCHIVED = "archived"  # 已归档
    MERGED = "merged"  # 已并单


class Role(Enum):
    """Who may do something (角色). ``SYSTEM`` is the worker, ``CITIZEN`` the one who filed."""

    CITIZEN = "citizen"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    HANDLER = "department_handler"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


class Move(Enum):
    """What can be done with a work order."""

    DISPATCH = "dispatch"  # 派单
    SIGN = "sign"  # 签收
    START = "start"  # 开始办理
    RETURN = "return"  # 退单
    REASSIGN = "reassign"  # 改派
    ANSWER = "answer"  # 反馈
    REVIEW = "review"  # 审核通过
    REWORK = "rework"  # 发回重办
    FOLLOW_UP = "follow_up"  # 回访
    CLOSE = "close"  # 办结
    ARCHIVE = "archive"  # 归档
    REOPEN = "reopen"  # 重新打开
    MERGE = "merge"  # 并单
    ADD = "add"  # 补充
    URGE = "urge"  # 催办
    SUPERVISE = "supervise"  # 督办
    REPORT_PROGRESS = "report_progress"  # 报告进展
    ASK_EXTENSION = "ask_extension"  # 申请延期
    EXTEND = "extend"  # 同意延期
    REFUSE_EXTENSION = "refuse_extension"  # 不同意延期
    PAUSE = "pause"  # 暂停计时
    RESUME = "resume"  # 恢复计时
    RATE = "rate"  # 评价
    REMIND = "remind"  # 到期提醒


STATE_NAMES = {
    State.ACCEPTED: "已受理",
    State.DISPATCHED: "已派单",
    State.SIGNED: "已签收",
    State.IN_PROGRESS: "办理中",
    State.ANSWERED: "已反馈",
    State.REVIEWED: "已审核",
    State.FOLLOWED_UP: "已回访",
    State.CLOSED: "已办结",
    State.ARCHIVED: "已归档",
    State.MERGED: "已并单",
}
MOVE_NAMES = {
    Move.DISPATCH: "派单",
    Move.SIGN: "签收",
    Move.START: "开始办理",
    Move.RETURN: "退单",
    Move.REASSIGN: "改派",
    Move.ANSWER: "反馈",
    Move.REVIEW: "审核通过",
    Move.REWORK: "发回重办",
    Move.FOLLOW_UP: "回访",
    Move.CLOSE: "办结",
    Move.ARCHIVE: "归档",
    Move.REOPEN: "重新打开",
    Move.MERGE: "并单",
    Move.ADD: "补充",
    Move.URGE: "催办",
    Move.SUPERVISE: "督办",
    Move.REPORT_PROGRESS: "报告进展",
    Move.ASK_EXTENSION: "申请延期",
    Move.EXTEND: "同意延期",
    Move.REFUSE_EXTENSION: "不同意延期",
    Move.PAUSE: "暂停计时",
    Move.RESUME: "恢复计时",
    Move.RATE: "评价",
    Move.REMIND: "到期提醒",
}
ROLE_NAMES = {
    Role.CITIZEN: "市民",
    Role.OPERATOR: "话务员",
    Role.SUPERVISOR: "班长",
    Role.HANDLER: "承办人",
    Role.ADMINISTRATOR: "管理员",
    Role.SYSTEM: "系统",
}

_WITH_DEPARTMENT = (State.DISPATCHED, State.SIGNED, State.IN_PROGRESS)
OPEN = (State.ACCEPTED, *_WITH_DEPARTMENT, State.ANSWERED, State.REVIEWED, State.FOLLOWED_UP)
_STAFF = frozenset({Role.OPERATOR, Role.SUPERVISOR})
_LEAD = frozenset({Role.SUPERVISOR})
_HANDLER = frozenset({Role.HANDLER})


@dataclass(frozen=True)
class Rule:
    """From which states a move may be made, by whom, where it leads (``None``: nowhere), and what it must say."""

    states: Sequence[State]
    roles: frozenset[Role]
    to: State | None = None
    needs: Sequence[str] = ()  # names of what must be given: reason, department, answer, into, satisfaction, days


RULES: Mapping[Move, Rule] = {
    Move.DISPATCH: Rule((State.ACCEPTED,), _STAFF, State.DISPATCHED, ("department",)),
    Move.SIGN: Rule((State.DISPATCHED,), _HANDLER, State.SIGNED),
    Move.START: Rule((State.SIGNED,), _HANDLER, State.IN_PROGRESS),
    Move.RETURN: Rule((State.DISPATCHED, State.SIGNED), _HANDLER, State.ACCEPTED, ("reason",)),
    Move.REASSIGN: Rule(_WITH_DEPARTMENT, _LEAD, State.DISPATCHED, ("department", "reason")),
    Move.ANSWER: Rule((State.SIGNED, State.IN_PROGRESS), _HANDLER, State.ANSWERED, ("answer",)),
    Move.REVIEW: Rule((State.ANSWERED,), _STAFF, State.REVIEWED),
    Move.REWORK: Rule((State.ANSWERED, State.REVIEWED, State.FOLLOWED_UP), _STAFF, State.IN_PROGRESS, ("reason",)),
    Move.FOLLOW_UP: Rule((State.REVIEWED,), _STAFF, State.FOLLOWED_UP, ("satisfaction",)),
    Move.CLOSE: Rule((State.FOLLOWED_UP,), _STAFF, State.CLOSED),
    Move.ARCHIVE: Rule((State.CLOSED,), frozenset({Role.SUPERVISOR, Role.SYSTEM}), State.ARCHIVED),
    Move.REOPEN: Rule((State.CLOSED,), _STAFF | {Role.CITIZEN}, State.IN_PROGRESS, ("reason",)),
    Move.MERGE: Rule((State.ACCEPTED, *_WITH_DEPARTMENT), _STAFF | {Role.SYSTEM}, State.MERGED, ("into",)),
    Move.ADD: Rule(OPEN, _STAFF | {Role.CITIZEN}, None, ("text",)),
    Move.URGE: Rule((State.ACCEPTED, *_WITH_DEPARTMENT), _STAFF | {Role.CITIZEN, Role.SYSTEM}, None),
    Move.SUPERVISE: Rule((State.ACCEPTED, *_WITH_DEPARTMENT), _LEAD, None, ("reason",)),
    Move.REPORT_PROGRESS: Rule((State.SIGNED, State.IN_PROGRESS), _HANDLER, None, ("text",)),
    Move.ASK_EXTENSION: Rule((State.SIGNED, State.IN_PROGRESS), _HANDLER, None, ("days", "reason")),
    Move.EXTEND: Rule((State.SIGNED, State.IN_PROGRESS), _LEAD, None, ("days",)),
    Move.REFUSE_EXTENSION: Rule((State.SIGNED, State.IN_PROGRESS), _LEAD, None, ("reason",)),
    Move.PAUSE: Rule((State.SIGNED, State.IN_PROGRESS), _HANDLER | _LEAD, None, ("reason",)),
    Move.RESUME: Rule((State.SIGNED, State.IN_PROGRESS), _HANDLER | _LEAD, None),
    Move.RATE: Rule(
        (State.ANSWERED, State.REVIEWED, State.FOLLOWED_UP, State.CLOSED),
        frozenset({Role.CITIZEN}),
        None,
        ("satisfaction",),
    ),
    Move.REMIND: Rule((State.ACCEPTED, *_WITH_DEPARTMENT), frozenset({Role.SYSTEM}), None, ("lamp",)),
}
_NEEDED = {
    "reason": "理由",
    "department": "承办单位",
    "answer": "办理结果",
    "into": "并入的工单",
    "satisfaction": "满意度（1到5）",
    "days": "延长的工作日数",
    "text": "内容",
    "lamp": "灯色",
}


@dataclass(frozen=True)
class Actor:
    """Who makes a move. A department handler belongs to one ``department``."""

    id: str
    role: Role
    department: str | None = None


@dataclass(frozen=True)
class WorkOrder:
    """One matter of one or several citizens. ``version`` grows with every move, so that two at once cannot both win."""

    id: str
    number: str
    jurisdiction: str
    kind: RequestKind
    category: str
    title: str
    content: str
    place: str
    happened: str
    channel: str
    received: dt.datetime
    limit: TimeLimit  # what applied when it was received; a later change of the limits does not move it
    state: State = State.ACCEPTED
    department: str | None = None
    assisting: tuple[str, ...] = ()
    urgent: bool = False
    confidential: bool = False
    attachments: tuple[str, ...] = ()  # addresses of photos and files
    handover: str = ""  # what the department reads instead of the content, where that was redacted
    version: int = 1
    dispatched: dt.datetime | None = None
    answered: dt.datetime | None = None
    closed: dt.datetime | None = None
    answer: str = ""
    satisfaction: int | None = None
    extended_days: int = 0
    asked_days: int = 0
    pauses: tuple[Pause, ...] = ()
    urged: int = 0
    supervised: bool = False
    returned: int = 0
    reworked: int = 0
    merged_into: str | None = None

    @property
    def for_department(self) -> str:
        """What the department reads of the matter."""
        return self.handover or self.content

    @property
    def paused(self) -> bool:
        """Whether its time stands still."""
        return bool(self.pauses and self.pauses[-1].ended is None)

    def due(self, now: dt.datetime) -> Due:
        """Return until when the next duty is owed: hand-over while it is not dispatched, else the answer."""
        if self.state is State.ACCEPTED:
            return dispatch_due(self.received, self.limit)
        return answer_due(self.received, self.limit, extended_days=self.extended_days, pauses=self.pauses, now=now)

    def lamp(self, now: dt.datetime) -> Lamp:
        """Return how close the due time is; after the answer, how it was then."""
        return lamp(self.due(now), now, self.answered)


def time_kind(kind: RequestKind, *, urgent: bool) -> str:
    """Return the kind under which the time limit is found."""
    return "urgent" if urgent else kind.value


@dataclass(frozen=True)
class Event:
    """What the record keeps of a move: who, when, from where to where, and why."""

    order: str
    version: int
    move: str
    by: str
    role: Role
    at: dt.datetime
    before: State
    after: State
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def possible_moves(order: WorkOrder, actor: Actor) -> tuple[Move, ...]:
    """Return the moves that ``actor`` may make now, in the order of `Move`."""
    return tuple(move for move in Move if not _objection(order, move, actor))


def make_move(order: WorkOrder, move: Move, actor: Actor, at: dt.datetime, **given: Any) -> tuple[WorkOrder, Event]:
    """Return ``order`` after ``move`` and what the record keeps.

    ``given`` holds what the move needs: ``reason``, ``department``, ``answer``, ``into`` (the order it is merged into),
    ``satisfaction`` (1 to 5), ``days``, ``text``. A dispatch may bring ``category``, ``assisting`` departments and
    ``handover``, the words that the department reads instead of the content.

    Raises `MoveRefused` with the reason where the state, the role or something missing forbids it.
    """
    if objection := _objection(order, move, actor) or _missing(order, move, given):
        raise MoveRefused(objection)
    rule = RULES[move]
    after = replace(order, state=rule.to or order.state, version=order.version + 1, **_changes(order, move, at, given))
    details = {name: value for name, value in given.items() if name != "reason" and value is not None}
    event = Event(
        order.id, after.version, move.value, actor.id, actor.role, at, order.state, after.state,
        reason=str(given.get("reason") or ""), details=details,
    )  # fmt: skip
    return after, event


def _objection(order: WorkOrder, move: Move, actor: Actor) -> str:
    """Return why ``actor`` may not make ``move`` now, empty where nothing is against it."""
    rule = RULES[move]
    if actor.role not in rule.roles:
        allowed = "、".join(ROLE_NAMES[role] for role in Role if role in rule.roles)
        return f"{ROLE_NAMES[actor.role]}不能{MOVE_NAMES[move]}，可由{allowed}操作。"
    if order.state not in rule.states:
        allowed = "、".join(STATE_NAMES[state] for state in rule.states)
        return f"工单{STATE_NAMES[order.state]}，不能{MOVE_NAMES[move]}；只有{allowed}的工单可以。"
    if actor.role is Role.HANDLER and actor.department not in (order.department, *order.assisting):
        return "这张工单不是派给您所在单位的。"
    if actor.role is Role.HANDLER and actor.department != order.department and move is not Move.REPORT_PROGRESS:
        return f"协办单位只能报告进展，不能{MOVE_NAMES[move]}，请由主办单位操作。"
    if move is Move.PAUSE and order.paused:
        return "这张工单已经暂停计时。"
    if move is Move.RESUME and not order.paused:
        return "这张工单没有暂停计时。"
    if move in (Move.EXTEND, Move.REFUSE_EXTENSION) and not order.asked_days:
        return "承办单位没有申请延期。"
    return ""


def _missing(order: WorkOrder, move: Move, given: Mapping[str, Any]) -> str:
    """Return what ``given`` lacks or has wrong for ``move``, empty where it is complete."""
    for name in RULES[move].needs:
        value = given.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            return f"{MOVE_NAMES[move]}要填写{_NEEDED[name]}。"
    satisfaction, days = given.get("satisfaction"), given.get("days")
    if satisfaction is not None and satisfaction not in range(1, 6):
        return "满意度是1到5的整数，5为很满意。"
    if days is not None and (not isinstance(days, int) or not 1 <= days <= 60):
        return "延长的工作日数是1到60的整数。"
    if move is Move.MERGE and given["into"] == order.id:
        return "工单不能并入它自己。"
    if move is Move.REASSIGN and given["department"] == order.department:
        return "这张工单已经派给这个单位。"
    if given.get("department") in (given.get("assisting") or ()):
        return "主办单位不能同时是协办单位。"
    return ""


def _changes(order: WorkOrder, move: Move, at: dt.datetime, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that ``move`` changes besides state and version."""
    changes: dict[Move, dict[str, Any]] = {
        Move.DISPATCH: {**_handed_over(order, given), "dispatched": order.dispatched or at},
        Move.REASSIGN: _handed_over(order, given),
        Move.RETURN: {"department": None, "assisting": (), "returned": order.returned + 1},
        Move.ANSWER: {"answer": given.get("answer"), "answered": order.answered or at, "pauses": _resumed(order, at)},
        Move.REWORK: {"reworked": order.reworked + 1, "answered": None},
        Move.FOLLOW_UP: {"satisfaction": given.get("satisfaction")},
        Move.RATE: {"satisfaction": given.get("satisfaction")},
        Move.CLOSE: {"closed": at},
        Move.REOPEN: {"closed": None, "answered": None, "reworked": order.reworked + 1},
        Move.MERGE: {"merged_into": given.get("into")},
        Move.URGE: {"urged": order.urged + 1},
        Move.SUPERVISE: {"supervised": True},
        Move.ASK_EXTENSION: {"asked_days": given.get("days")},
        Move.EXTEND: {"extended_days": order.extended_days + (given.get("days") or 0), "asked_days": 0},
        Move.REFUSE_EXTENSION: {"asked_days": 0},
        Move.PAUSE: {"pauses": (*order.pauses, Pause(at))},
        Move.RESUME: {"pauses": _resumed(order, at)},
    }
    return changes.get(move, {})


def _handed_over(order: WorkOrder, given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "department": given.get("department"),
        "assisting": tuple(given.get("assisting") or ()),
        "category": given.get("category") or order.category,
        "handover": given.get("handover") or order.handover,
    }


def _resumed(order: WorkOrder, at: dt.datetime) -> tuple[Pause, ...]:
    if not order.pauses or order.pauses[-1].ended:
        return order.pauses
    return (*order.pauses[:-1], replace(order.pauses[-1], ended=at))
