"""The moves of a work order as forms: which fields each shows, and what is given to the state machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from bot.errors import MoveRefused
from bot.hotline.knowledge import Knowledge
from bot.hotline.order_news import SCORES
from bot.hotline.work_orders import RULES, Move, WorkOrder
from bot.web.staff.access import StaffForm

_LONGEST = 2000
OTHER = "other"  # instead of a suggestion
# Key, and whether it is what usually comes next.
KEYS: Mapping[Move, str] = {
    Move.DISPATCH: "d", Move.SIGN: "s", Move.START: "b", Move.RETURN: "t", Move.REASSIGN: "g", Move.ANSWER: "f",
    Move.REVIEW: "v", Move.REWORK: "w", Move.FOLLOW_UP: "h", Move.CLOSE: "c", Move.ARCHIVE: "a", Move.REOPEN: "o",
    Move.MERGE: "m", Move.ADD: "i", Move.URGE: "u", Move.SUPERVISE: "p", Move.REPORT_PROGRESS: "r",
    Move.ASK_EXTENSION: "e", Move.EXTEND: "y", Move.REFUSE_EXTENSION: "x", Move.PAUSE: "z", Move.RESUME: "z",
}  # fmt: skip
ONWARD = frozenset({Move.DISPATCH, Move.SIGN, Move.START, Move.ANSWER, Move.REVIEW, Move.FOLLOW_UP, Move.CLOSE})
HINTS: Mapping[Move, str] = {
    Move.DISPATCH: "市民会收到派单消息。承办单位读到的是转办内容，请不要写反映人的身份。",
    Move.ANSWER: "审核通过后市民会看到办理结果。个人信息会自动隐去，对外公布的热线号码保留。",
    Move.REVIEW: "审核通过后，市民会收到办理结果并被请求打分。",
    Move.REWORK: "发回承办单位重新办理，市民会收到消息。",
    Move.FOLLOW_UP: "记录回访到的满意度；市民已打分的按市民的打分。",
    Move.CLOSE: "办结后市民会收到消息，归档前仍可重新打开。",
    Move.ARCHIVE: "归档后不能再改。",
    Move.MERGE: "并入后这张工单不再单独办理，反映人转到并入的工单，不能撤销。",
    Move.RETURN: "退回话务员重新派单，请写明职责依据。",
    Move.PAUSE: "等待市民补充材料或第三方时暂停计时，市民会收到消息。",
}


class MoveForm(StaffForm):
    """What a move may need; the state machine says what is missing."""

    version = IntegerField("版本")
    plan = StringField("派单建议", default=OTHER)
    department = SelectField("承办单位", [Optional()])
    category = SelectField("类别", [Optional()])
    assisting = SelectMultipleField("协办单位", [Optional()])
    handover = TextAreaField("转办内容（承办单位读到的）", [Length(max=_LONGEST)])
    reason = TextAreaField("理由", [Length(max=_LONGEST)])
    answer = TextAreaField("办理结果", [Length(max=_LONGEST)])
    text = TextAreaField("内容", [Length(max=_LONGEST)])
    days = IntegerField("延长的工作日数", [Optional()])
    satisfaction = SelectField("满意度", [Optional()], coerce=lambda value: int(value) if value else None)
    into = StringField("并入的工单", [Length(max=40)])

    def offer(self, order: WorkOrder, knowledge: Knowledge) -> None:
        """Offer the departments and categories of the order's place."""
        units = sorted(
            (d for d in knowledge.departments.values() if d.jurisdiction == order.jurisdiction), key=lambda d: d.name
        )
        self.department.choices = [("", "请选择"), *((unit.id, unit.name) for unit in units)]
        self.assisting.choices = [(unit.id, unit.name) for unit in units]
        own = {rule.category for rule in knowledge.routing_rules if rule.jurisdiction == order.jurisdiction}
        self.category.choices = [("", "不改"), *((each, each) for each in sorted(own | {order.category}))]
        self.satisfaction.choices = [("", "请选择"), *((n, f"{n}分 {name}") for n, name in enumerate(SCORES, 1))]


@dataclass(frozen=True)
class MoveButton:
    """A move that may be made, as the page shows it."""

    move: Move
    key: str
    onward: bool
    fields: Sequence[str]
    hint: str


def button_of(move: Move) -> MoveButton:
    """Return how the page shows ``move``."""
    return MoveButton(move, KEYS.get(move, ""), move in ONWARD, fields_of(move), HINTS.get(move, ""))


def fields_of(move: Move) -> Sequence[str]:
    """Return the names of the fields that the form of ``move`` shows."""
    needs = list(RULES[move].needs)
    if "department" in needs:
        needs = ["plan", "department", "category", "assisting", "handover", *(n for n in needs if n != "department")]
    if move in (Move.URGE, Move.CLOSE, Move.REVIEW, Move.RESUME, Move.FOLLOW_UP, Move.EXTEND):
        needs.append("reason")
    return needs


def given_of(
    form: MoveForm, move: Move, order: WorkOrder, knowledge: Knowledge, mask: Callable[[str], str]
) -> dict[str, Any]:
    """Return what ``form`` gives to ``move``, with personal data masked. Raises MoveRefused for a plan of another time."""
    fields = fields_of(move)
    given: dict[str, Any] = {
        name: mask((form[name].data or "").strip())
        for name in ("reason", "answer", "text", "handover")
        if name in fields
    }
    given |= {name: form[name].data for name in ("days", "satisfaction") if name in fields}
    if "plan" in fields:
        given |= _handed_to(form, order, knowledge)
        given["handover"] = "" if given["handover"] == order.content.strip() else given["handover"]
    return {name: value for name, value in given.items() if value not in (None, "", [])}


def _handed_to(form: MoveForm, order: WorkOrder, knowledge: Knowledge) -> dict[str, Any]:
    """Return department, category and assisting departments: those of the suggestion that was taken, or chosen by hand."""
    plan = form.plan.data or OTHER
    if plan == OTHER:
        return {name: form[name].data for name in ("department", "category", "assisting")}
    rule = next((r for r in knowledge.routing_rules if r.jurisdiction == order.jurisdiction and r.id == plan), None)
    if rule is None:
        raise MoveRefused("派单目录刚刚有改动，请重新选择承办单位。")
    assisting = [each for each in rule.assisting if each != rule.department]
    return {"department": rule.department, "category": rule.category, "assisting": assisting}
