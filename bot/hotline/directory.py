"""The hotline directory (热线目录) and the routing rules (派单规则) as entries, so that one ranking finds them all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bot.hotline.knowledge import AnswerKind, Aspect, Citation, Department, HotlineLine, Knowledge, KnowledgeEntry

_INTEGRATION = {
    "merged": "已直接并入12345",
    "transferred": "以呼叫转接方式与12345互通",
}


def all_entries(knowledge: Knowledge) -> list[KnowledgeEntry]:
    """Return everything that can answer: the written entries, the hotline directory and the routing rules."""
    return [*knowledge.entries, *directory_entries(knowledge), *routing_entries(knowledge)]


def directory_entries(knowledge: Knowledge) -> Iterator[KnowledgeEntry]:
    """Yield one entry for each department with public lines: its numbers, and what became of them."""
    lines: dict[str, list[HotlineLine]] = defaultdict(list)
    for line in knowledge.hotlines:
        lines[line.department].append(line)
    for department_id, own in lines.items():
        yield _lines_of(knowledge.departments[department_id], own)


def item_names(knowledge: Knowledge, place: str) -> dict[str, tuple[str, ...]]:
    """Return item id → its names, the canonical one first, for the things that entries of ``place`` are about.

    Departments with a line and its number are items too.
    """
    used = {item for entry in knowledge.entries if entry.jurisdiction == place for item in entry.items}
    names = {i.id: (i.name, *i.aliases) for i in knowledge.items.values() if i.id in used}
    lines = [line for line in knowledge.hotlines if line.jurisdiction == place]
    departments = (knowledge.departments[line.department] for line in lines)
    names |= {d.id: (d.name, *d.aliases) for d in departments}
    return names | {line.number: (line.number,) for line in lines}


def _lines_of(department: Department, lines: list[HotlineLine]) -> KnowledgeEntry:
    numbers = "、".join(line.number for line in lines)
    fates = {_INTEGRATION[line.integration] for line in lines}
    answer = f"{department.name}的热线是{numbers}，{'；'.join(sorted(fates))}，打12345也能转到。"
    names = (department.name, *department.aliases)
    similar: dict[str, None] = {}
    for name in names:
        for pattern in ("{}电话是多少", "{}的热线号码", "{}有没有专线", "怎么打电话联系{}"):
            similar[pattern.format(name)] = None
    for line in lines:
        for pattern in ("{}是哪个单位的热线", "{}打过去是哪里接", "{}是管什么的电话", "{}还能打吗"):
            similar[pattern.format(line.number)] = None
        if line.name:
            similar[f"{line.name}是多少号"] = None
        for matter in line.matters:
            similar[f"{matter}打什么电话"] = None
            similar[f"{matter}的热线"] = None
    return KnowledgeEntry(
        id=f"{department.id}.lines",
        jurisdiction=department.jurisdiction,
        topic="hotline_directory",
        aspect=Aspect.CONTACT,
        question=f"{department.name}的热线电话是多少？",
        answer=answer,
        citations=_citations((line.document, line.provision) for line in lines),
        similar=tuple(similar),
        items=(department.id, *(line.number for line in lines)),
        department=department.id,
    )


def routing_entries(knowledge: Knowledge) -> Iterator[KnowledgeEntry]:
    """Yield one entry for each routing rule: which department handles the matter and how to reach it."""
    for rule in knowledge.routing_rules:
        department = knowledge.departments[rule.department]
        phone = f"可以拨打{rule.hotline}，也可以" if rule.hotline else "可以"
        note = f"{rule.note.rstrip('。')}。" if rule.note else ""
        yield KnowledgeEntry(
            id=f"{rule.jurisdiction}.routing.{rule.id}",
            jurisdiction=rule.jurisdiction,
            topic="routing",
            aspect=Aspect.ROUTING,
            question=f"{rule.category.split('/')[-1]}归哪个部门管？",
            answer=f"这类问题由{department.name}负责，{phone}直接打12345登记，由12345转办。{note}",
            citations=(Citation(rule.document, (rule.provision,)),),
            similar=(*rule.examples, *(f"{keyword}找谁反映" for keyword in rule.keywords)),
            kind=AnswerKind.ROUTE,
            department=rule.department,
        )


def _citations(pairs: Iterator[tuple[str, str]]) -> tuple[Citation, ...]:
    cited: dict[str, dict[str, None]] = defaultdict(dict)
    for document, provision in pairs:
        cited[document][provision] = None
    return tuple(Citation(document, tuple(provisions)) for document, provisions in cited.items())
