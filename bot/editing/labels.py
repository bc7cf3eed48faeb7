"""Chinese names of what an entry, an intent or a golden question is, as the console shows them."""

from __future__ import annotations

from collections.abc import Mapping

from bot.hotline.knowledge import AnswerKind, Aspect, Validity
from bot.hotline.understanding import COMPLAINT_INTENT

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
INTENTS: Mapping[str, str] = {
    **{f"ask_{aspect.value}": f"问{name}" for aspect, name in ASPECTS.items()},
    "ask_unsupported": "问库里没有的事",
    "ask_about_emergency": "问急救、消防的事",
    "ask_identity": "问机器人是谁",
    COMPLAINT_INTENT: "投诉、求助",
    "report_emergency": "正在发生的险情",
    "request_human": "找人工",
    "say_greeting": "问好",
    "say_thanks": "道谢",
    "say_goodbye": "告别",
    "express_anger": "发火",
    "affirm_offer": "答应",
    "deny_offer": "不要",
}  # as in domain.yml
QUESTION_KINDS: Mapping[str, str] = {
    "answer": "知识",
    "service": "办事",
    "hotline": "热线号码",
    "validity": "效力",
    "scope": "受理范围",
    "route": "派单",
    "followup": "追问",
    "emergency": "险情",
    "unsupported": "应当说不知道",
    "chitchat": "闲聊",
}
STYLES: Mapping[str, str] = {
    "formal": "书面",
    "colloquial": "口语",
    "terse": "简短",
    "narrative": "讲经过",
    "indirect": "拐弯问",
    "typo": "有错字",
    "traditional": "繁体",
    "mixed": "夹拼音、英文",
    "dialect": "方言",
    "dialect-ish": "方言",
    "double": "一次问两件",
    "angry": "带情绪",
    "english": "英文",
    "console": "控制台新增",
}
