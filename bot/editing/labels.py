"""Chinese names of what an entry is, as the console shows them."""

from __future__ import annotations

from collections.abc import Mapping

from bot.hotline.knowledge import AnswerKind, Aspect, Validity

ASPECTS: Mapping[Aspect, str] = {
    Aspect.ELIGIBILITY: "谁能办、条件",
    Aspect.MATERIALS: "材料",
    Aspect.PLACE: "在哪办",
    Aspect.PROCEDURE: "怎么办、流程",
    Aspect.TIME_LIMIT: "办理期限",
    Aspect.SCHEDULE: "时间安排",
    Aspect.FEE: "收费",
    Aspect.AMOUNT: "数额、标准",
    Aspect.BENEFIT: "待遇、好处",
    Aspect.RESPONSIBILITY: "谁负责",
    Aspect.CONTACT: "电话、网址",
    Aspect.DEFINITION: "是什么",
    Aspect.REQUIREMENT: "规定、要求",
    Aspect.VALIDITY: "文号、有效期",
    Aspect.SCOPE: "12345管不管",
    Aspect.ROUTING: "归谁管",
}
KINDS: Mapping[AnswerKind, str] = {
    AnswerKind.ANSWER: "政策问答",
    AnswerKind.SCOPE: "12345受理与否",
    AnswerKind.ROUTE: "归口部门",
}
VALIDITIES: Mapping[Validity, str] = {
    Validity.IN_FORCE: "现行有效",
    Validity.NOT_YET_IN_FORCE: "尚未施行",
    Validity.EXPIRED: "已过有效期",
    Validity.REPEALED: "已废止",
    Validity.UNKNOWN: "有效期不明",
}
