"""Who holds a conversation (会话), the bot or an operator, and how it passes from one to the other.

While an operator holds it the bot is silent, except in danger. While a citizen waits in the queue the bot goes on
answering: waiting costs nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from bot.errors import MoveRefused

MISSES = 2  # replies in a row that did not help, from which a person is brought in
_MISSED = {"unsupported", "clarify"}


class Holder(str, Enum):
    """Who answers the citizen."""

    BOT = "bot"
    QUEUE = "queue"  # the bot, until an operator takes it
    OPERATOR = "operator"


class Author(str, Enum):
    """Who said a message."""

    CITIZEN = "citizen"
    BOT = "bot"
    OPERATOR = "operator"
    SYSTEM = "system"  # what happens around the talk: queueing, news of a work order


class Reason(str, Enum):
    """Why a conversation waits for a person, the most urgent first."""

    EMERGENCY = "emergency"
    OUTAGE = "outage"
    PASSED = "passed"
    ASKED = "asked"
    ANGRY = "angry"
    MISSED = "missed"


REASON_NAMES = {
    Reason.EMERGENCY: "险情",
    Reason.OUTAGE: "系统故障，未能答复",
    Reason.PASSED: "话务员转接",
    Reason.ASKED: "要求人工",
    Reason.ANGRY: "情绪激动",
    Reason.MISSED: "连续没有答上",
}
_URGENCY = {reason: place for place, reason in enumerate(Reason)}

LEFT = "已取消排队，我继续为您查询。"
GIVEN_BACK = "话务员已处理完毕，接下来由智能助手为您服务。需要时可再回复“转人工”。"
ENDED = "本次服务已结束。请为这次服务打分；还有问题随时可以再问。"
OUTAGE = "系统暂时查不到答案。您的消息已经收到，恢复后马上答复，不用重发。急事请拨打12345（24小时）。"
OUTAGE_QUEUED = "系统还没有恢复，已把您的消息转给话务员。"


@dataclass(frozen=True)
class Conversation:
    """One citizen's talk with the hotline over one channel.

    ``citizen`` is the digest under which the ledger and work orders know them; ``address`` is where the channel pushes
    to, ``None`` where the citizen's own program fetches. ``version`` grows with every change, ``seq`` with every message.
    """

    id: str
    channel: str
    citizen: str
    jurisdiction: str
    created: dt.datetime
    last: dt.datetime
    address: str | None = None
    holder: Holder = Holder.BOT
    reason: Reason | None = None
    queued: dt.datetime | None = None
    operator: str | None = None
    operator_name: str = ""
    note: str = ""  # what the last operator left for the next
    closed: dt.datetime | None = None
    outcome: str = ""  # how it was closed
    misses: int = 0
    score: int | None = None
    comment: str = ""
    version: int = 1
    seq: int = 0


@dataclass(frozen=True)
class Message:
    """Something said in a conversation. ``id`` is the sender's own, so that sending again says nothing twice."""

    conversation: str
    seq: int
    author: Author
    text: str
    at: dt.datetime
    id: str | None = None
    name: str | None = None
    custom: Mapping[str, Any] | None = None
    buttons: Sequence[Mapping[str, str]] = field(default_factory=tuple)


def after_message(conversation: Conversation) -> Conversation:
    """Return the conversation when the citizen says something: one that was over begins anew with the bot."""
    if conversation.closed is None:
        return conversation
    return replace(
        conversation, closed=None, outcome="", holder=Holder.BOT, operator=None, operator_name="", misses=0, score=None,
        comment="",
    )  # fmt: skip


def after_reply(conversation: Conversation, kind: str, *, angry: bool, on_duty: bool, now: dt.datetime) -> Conversation:
    """Return the conversation after the bot replied with ``kind``: it may now wait for a person.

    ``kind`` is one of CONTRACT.md's. Without anybody on duty it stays with the bot.
    """
    misses = conversation.misses + 1 if kind in _MISSED else 0
    counted = replace(conversation, misses=misses)
    reason = _wanted(kind, misses, angry)
    return queue(counted, reason, now) if reason and on_duty else counted


def _wanted(kind: str, misses: int, angry: bool) -> Reason | None:
    if kind == "emergency":
        return Reason.EMERGENCY
    if kind == "handoff":
        return Reason.ASKED
    if misses >= MISSES:
        return Reason.ANGRY if angry else Reason.MISSED
    return None


def queue(conversation: Conversation, reason: Reason, now: dt.datetime) -> Conversation:
    """Return the conversation waiting for an operator; one that waits already keeps its place, the graver reason counts."""
    if conversation.holder is Holder.OPERATOR:
        return conversation
    if conversation.holder is Holder.QUEUE and conversation.reason is not None:
        graver = min(reason, conversation.reason, key=_URGENCY.__getitem__)
        return replace(conversation, reason=graver)
    return replace(conversation, holder=Holder.QUEUE, reason=reason, queued=now)


def leave_queue(conversation: Conversation) -> Conversation:
    """Return the conversation after the citizen does not want to wait any more. Raises MoveRefused."""
    if conversation.holder is not Holder.QUEUE:
        raise MoveRefused("您现在没有在排队。")
    return replace(conversation, holder=Holder.BOT, reason=None, queued=None, misses=0)


def take(conversation: Conversation, operator: str, name: str) -> Conversation:
    """Return the conversation held by ``operator``, whom the citizen knows as ``name``. Raises MoveRefused."""
    if conversation.holder is Holder.OPERATOR:
        raise MoveRefused(
            "您已经在接待这位市民。"
            if conversation.operator == operator
            else f"{conversation.operator_name}已经在接待这位市民。"
        )
    if conversation.closed:
        raise MoveRefused("这个会话已经结束。")
    return replace(conversation, holder=Holder.OPERATOR, operator=operator, operator_name=name, queued=None, misses=0)


def pass_on(conversation: Conversation, by: str, note: str, now: dt.datetime) -> Conversation:
    """Return the conversation back in the queue with a ``note`` for who takes it next. Raises MoveRefused."""
    _require_holder(conversation, by)
    waiting = replace(conversation, holder=Holder.BOT, operator=None, operator_name="", note=note.strip())
    return queue(waiting, Reason.PASSED, now)


def give_back(conversation: Conversation, by: str, note: str) -> Conversation:
    """Return the conversation held by the bot again. Raises MoveRefused."""
    _require_holder(conversation, by)
    return replace(
        conversation, holder=Holder.BOT, operator=None, operator_name="", reason=None, note=note.strip(), misses=0
    )


def close(conversation: Conversation, by: str, outcome: str, now: dt.datetime) -> Conversation:
    """Return the conversation closed with how it ended. Raises MoveRefused."""
    _require_holder(conversation, by)
    if not outcome.strip():
        raise MoveRefused("请写明结束的原因。")
    return replace(
        conversation, holder=Holder.BOT, operator=None, operator_name="", reason=None, closed=now,
        outcome=outcome.strip(), misses=0,
    )  # fmt: skip


def held_by(conversation: Conversation, operator: str) -> Conversation:
    """Return the conversation where ``operator`` holds it. Raises MoveRefused."""
    _require_holder(conversation, operator)
    return conversation


def rate(conversation: Conversation, score: int, comment: str) -> Conversation:
    """Return the conversation with the citizen's rating from 1 to 5. Raises MoveRefused."""
    if not 1 <= score <= 5:
        raise MoveRefused("请打1到5分。")
    return replace(conversation, score=score, comment=comment.strip())


def _require_holder(conversation: Conversation, operator: str) -> None:
    if conversation.holder is not Holder.OPERATOR or conversation.operator != operator:
        raise MoveRefused("您没有在接待这位市民，可能已由别人接手，请刷新。")


def queue_order(conversation: Conversation) -> tuple[bool, dt.datetime]:
    """Return where a waiting conversation stands in the queue: danger first, then whoever waits longest."""
    return conversation.reason is not Reason.EMERGENCY, conversation.queued or conversation.last


def queued_text(ahead: int) -> str:
    """Return what a citizen reads who now waits behind ``ahead`` others."""
    before = f"前面还有{ahead}位" if ahead else "您是下一位"
    return f"正在为您转接话务员，{before}。等待时可以继续提问，我照常回答。"


def taken_text(name: str) -> str:
    """Return what a citizen reads when an operator has come."""
    return f"{name}为您服务。"


_LEAVES = re.compile(
    r"^(?:那|我)?(?:取消|不|别|退出|算了)(?:要|用|需要|再)?(?:排队|等|转|找)?(?:了|转接|转人工|人工|人工了|排队|排队了)[吧。！!了]*$"
)
_ANGRY = re.compile(
    r"气死|火大|什么玩意|垃圾|废物|骗人|骗子|白痴|智障|傻|滚|妈的|他妈|混蛋|狗屁|放屁|没用|敷衍|踢皮球|推来推去|[!！]{2,}|[?？]{3,}"
)


def wants_to_leave(text: str) -> bool:
    """Return whether a waiting citizen says that they do not want to wait any more: 不用人工了, 取消排队."""
    return bool(_LEAVES.match(text.strip()))


def sounds_angry(text: str) -> bool:
    """Return whether ``text`` sounds angry; that only decides how soon a person looks at the conversation."""
    return bool(_ANGRY.search(text))
