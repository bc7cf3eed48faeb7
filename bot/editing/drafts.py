"""Drafts of entries from provisions (草稿), by rule: what a draft says stands in the provision, the answer a person writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.hotline.coverage import gaps
from bot.hotline.knowledge import (
    AnswerKind,
    Aspect,
    Citation,
    Knowledge,
    KnowledgeEntry,
    PolicyDocument,
    Provision,
)
from bot.hotline.verification import Original

# The first whose words stand in the provision says what it is about.
_SIGNS: tuple[tuple[Aspect, str], ...] = (
    (Aspect.DEFINITION, r"是指|所称|包括下列"),
    (Aspect.MATERIALS, r"提交(?:下列|以下)?(?:材料|资料)|下列材料|以下材料|证明材料|凭.{0,12}(?:证|单)"),
    (Aspect.CONTACT, r"电话|热线|邮箱|网址"),
    (Aspect.TIME_LIMIT, r"(?:\d|[一二三四五六七八九十])\s*个?(?:工作)?(?:日|天)内?|借期|期限|时限"),
    (Aspect.SCHEDULE, r"\d{4}年\s*\d{1,2}月"),
    (Aspect.FEE, r"收费|免费|费用|押金|工本费"),
    (Aspect.AMOUNT, r"\d\s*(?:万|亿)?元|\d+(?:\.\d+)?%|百分之"),
    (Aspect.ELIGIBILITY, r"条件|符合下列|可以申请|申请人"),
    (Aspect.PROCEDURE, r"程序|流程|步骤|申请、"),
    (Aspect.REQUIREMENT, r"应当|必须|不得|禁止|严禁"),
    (Aspect.RESPONSIBILITY, r"负责|牵头|责任单位"),
)
_QUESTIONS: Mapping[Aspect, tuple[str, ...]] = {
    Aspect.DEFINITION: ("{}是指什么？", "什么叫{}"),
    Aspect.MATERIALS: ("{}要带什么材料？", "{}需要哪些证件"),
    Aspect.CONTACT: ("{}的联系电话是多少？", "{}打什么电话"),
    Aspect.TIME_LIMIT: ("{}的期限是多久？", "{}要多少天"),
    Aspect.SCHEDULE: ("{}什么时候完成？", "{}的时间安排"),
    Aspect.FEE: ("{}收费吗？", "{}要多少钱"),
    Aspect.AMOUNT: ("{}的标准是多少？", "{}有多少"),
    Aspect.ELIGIBILITY: ("{}要符合什么条件？", "哪些人能办{}"),
    Aspect.PROCEDURE: ("{}怎么办理？", "{}的流程"),
    Aspect.REQUIREMENT: ("{}有什么规定？", "{}有哪些要求"),
    Aspect.RESPONSIBILITY: ("{}由谁负责？", "{}归哪个单位管"),
}
_NOTICE = re.compile(r"^.*?关于(?:印发|转发|发布|进一步)?(?=.)|的?通知$|\(试行\)|（试行）")
_RULES = re.compile(r"(?:实施)?(?:办法|细则|规定|方案|意见|制度)$")
_FIGURE = re.compile(
    r"(?:\d{4}年)?\d{1,2}月\d{1,2}日|\d[\d,.]*\s*(?:个工作日|万元|亿元|个月|周岁|[%年月日天元次册个人家项倍份周]|小时)|\d{3,4}-?\d{4,8}"
)


@dataclass(frozen=True)
class Proposal:
    """A draft to be stored: the provision it was made from, and the entry so far."""

    document: str
    path: str
    entry: KnowledgeEntry


def proposals(
    document: PolicyDocument, knowledge: Knowledge, original: Original, provisions: Mapping[str, Provision]
) -> Iterator[Proposal]:
    """Yield a draft for each provision of ``document`` whose figures or duties no entry tells yet."""
    for gap in gaps(knowledge, [original]):
        if gap.document == document.id and gap.path in provisions:
            yield proposal(document, provisions[gap.path])


def proposal(document: PolicyDocument, provision: Provision) -> Proposal:
    """Return the draft of an entry about ``provision``: its aspect and questions by rule, the answer left to a person."""
    aspect = aspect_of(provision.text)
    subject = provision.heading or subject_of(document)
    question, *similar = (pattern.format(subject) for pattern in _QUESTIONS[aspect])
    entry = KnowledgeEntry(
        id="",
        jurisdiction=document.jurisdiction,
        topic="",
        aspect=aspect,
        question=question,
        answer="",
        citations=(Citation(document.id, (provision.path,)),),
        similar=tuple(similar),
    )
    return Proposal(document.id, provision.path, entry)


def aspect_of(text: str) -> Aspect:
    """Return what a provision is about, by its words."""
    return next((aspect for aspect, words in _SIGNS if re.search(words, text)), Aspect.REQUIREMENT)


def subject_of(document: PolicyDocument) -> str:
    """Return what a document is about: its title without the notice around it and the kind of document."""
    plain = _NOTICE.sub("", document.title)
    return _RULES.sub("", plain) or plain


def told_figures(text: str) -> list[str]:
    """Return the figures, dates and numbers of a provision with their units, to be taken over into an answer."""
    return list(dict.fromkeys(match.strip() for match in _FIGURE.findall(text)))


def as_content(entry: KnowledgeEntry) -> dict[str, Any]:
    """Return ``entry`` as JSON."""
    return asdict(entry) | {"aspect": entry.aspect.value, "kind": entry.kind.value}


def from_content(content: Mapping[str, Any]) -> KnowledgeEntry:
    """Return the entry that `as_content` wrote."""
    lists = {name: tuple(content[name]) for name in ("similar", "items")}
    citations = tuple(Citation(c["document"], tuple(c["provisions"])) for c in content["citations"])
    kinds = {"aspect": Aspect(content["aspect"]), "kind": AnswerKind(content["kind"])}
    return KnowledgeEntry(**{**content, **lists, **kinds, "citations": citations})
