"""What the hotline knows (知识): documents, provisions, entries, departments, lines, routing rules.

All values are frozen dataclasses. The database stores them, the knowledge files under
``data/knowledge`` spell them, and answering reads nothing else.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum


class Aspect(str, Enum):
    """What is asked *about* a thing. One intent ``ask_<aspect>`` belongs to each."""

    ELIGIBILITY = "eligibility"  # 谁能办、什么条件、我行不行
    MATERIALS = "materials"  # 要带什么材料
    PLACE = "place"  # 在哪办、哪个窗口、哪个网站
    PROCEDURE = "procedure"  # 怎么办、流程、步骤
    TIME_LIMIT = "time_limit"  # 多久办好、期限多长
    SCHEDULE = "schedule"  # 什么时候开始、哪天前完成
    FEE = "fee"  # 收不收费、多少钱
    AMOUNT = "amount"  # 多少、比例、标准、数量
    BENEFIT = "benefit"  # 能享受什么
    RESPONSIBILITY = "responsibility"  # 谁负责、谁牵头
    CONTACT = "contact"  # 电话、热线、网址
    DEFINITION = "definition"  # 是什么、什么意思、包括哪些
    REQUIREMENT = "requirement"  # 能不能、必须、不得、后果
    VALIDITY = "validity"  # 文号、何时印发、有效期
    SCOPE = "scope"  # 12345 管不管
    ROUTING = "routing"  # 这事归哪个部门


class AnswerKind(str, Enum):
    """What kind of reply an entry gives; the ``kind`` of CONTRACT.md."""

    ANSWER = "answer"
    SCOPE = "scope"
    ROUTE = "route"


class Validity(str, Enum):
    """Whether a document is in force (效力状态) on a given day."""

    IN_FORCE = "in_force"
    NOT_YET_IN_FORCE = "not_yet_in_force"
    EXPIRED = "expired"
    REPEALED = "repealed"
    UNKNOWN = "unknown"


_BRACKETS = str.maketrans({"[": "〔", "]": "〕", "【": "〔", "】": "〕", "﹝": "〔", "﹞": "〕", "(": "〔", ")": "〕"})


def normalise_document_number(number: str) -> str:
    """Return a document number (发文字号) in its standard spelling, ``荆政规〔2017〕2号``.

    The year stands in hexagonal brackets by GB/T 9704-2012 7.2.5; sources spell them in many ways.
    """
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", number))
    return text.translate(_BRACKETS)


@dataclass(frozen=True)
class PolicyDocument:
    """An official document (政策文件). ``id`` is ours, ``number`` is the issuer's and may be missing."""

    id: str
    jurisdiction: str
    title: str
    number: str | None = None
    issuing_authority: str | None = None
    issued_on: dt.date | None = None
    effective_from: dt.date | None = None
    effective_until: dt.date | None = None  # the first day on which it no longer applies
    repealed_on: dt.date | None = None
    repealed_by: str | None = None
    confirmed_in_force_on: dt.date | None = None  # an administrator checked with the issuer on this day

    def validity(self, day: dt.date) -> Validity:
        """Return whether the document applies on ``day``, ``UNKNOWN`` where nothing proves either."""
        if self.repealed_on and self.repealed_on <= day:
            return Validity.REPEALED
        if self.effective_from and day < self.effective_from:
            return Validity.NOT_YET_IN_FORCE
        if self.effective_until:
            return Validity.EXPIRED if self.effective_until <= day else Validity.IN_FORCE
        if self.confirmed_in_force_on and self.confirmed_in_force_on <= day:
            return Validity.IN_FORCE
        return Validity.UNKNOWN


@dataclass(frozen=True)
class Provision:
    """A clause (条款) of a document under a stable path such as ``第九条``, ``第十四条(二)`` or ``三(二)2``."""

    document: str  # PolicyDocument.id
    path: str
    text: str
    heading: str | None = None
    order: int = 0


@dataclass(frozen=True)
class ServiceItem:
    """A thing that citizens ask about (事项) with the names they use for it."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Department:
    """A body that handles matters (承办单位)."""

    id: str
    jurisdiction: str
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class HotlineLine:
    """A telephone number (热线号码) of a department and what became of it when lines were merged."""

    jurisdiction: str
    number: str
    department: str  # Department.id
    name: str
    integration: str  # "merged" 直接合并 or "transferred" 呼叫转接
    document: str
    provision: str
    matters: tuple[str, ...] = ()  # what people call it for, in everyday words


@dataclass(frozen=True)
class Citation:
    """Where an entry rests: a document and the provisions in it (none: the document as a whole)."""

    document: str
    provisions: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnowledgeEntry:
    """One question answered in plain Chinese (知识条目), the direct answer in the first sentence."""

    id: str  # "jingzhou.residence_permit.time_limit"
    jurisdiction: str
    topic: str
    aspect: Aspect
    question: str
    answer: str
    citations: tuple[Citation, ...]
    similar: tuple[str, ...] = ()  # 相似问
    items: tuple[str, ...] = ()  # ServiceItem.id
    kind: AnswerKind = AnswerKind.ANSWER
    accepted: bool | None = None  # for scope entries: does 12345 take the matter
    department: str | None = None  # for routing entries: the lead department
    version: int = 1

    @property
    def questions(self) -> tuple[str, ...]:
        """Every wording under which the entry is found."""
        return (self.question, *self.similar)


@dataclass(frozen=True)
class RoutingRule:
    """Which department handles a kind of matter (派单规则): one leaf of the dispatch catalogue (派单目录).

    ``category`` is its path in the tree, such as ``城市管理/占道经营``; ``assisting`` departments (协办单位) help the lead.
    """

    id: str
    jurisdiction: str
    category: str
    department: str  # Department.id
    keywords: tuple[str, ...]
    examples: tuple[str, ...]
    document: str
    provision: str
    hotline: str | None = None
    note: str | None = None
    assisting: tuple[str, ...] = ()  # Department.id


@dataclass(frozen=True)
class Knowledge:
    """Everything that answers are made from, at one version."""

    version: int
    documents: Mapping[str, PolicyDocument]
    entries: Sequence[KnowledgeEntry]
    items: Mapping[str, ServiceItem] = field(default_factory=dict)
    departments: Mapping[str, Department] = field(default_factory=dict)
    hotlines: Sequence[HotlineLine] = ()
    routing_rules: Sequence[RoutingRule] = ()
    provisions: Mapping[tuple[str, str], Provision] = field(default_factory=dict)  # (document id, path)
