"""Records of the directory (热线、单位、事项、派单规则、辖区、文件): their names, their content as JSON, and when they are wrong."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

from bot.errors import KnowledgeInvalid
from bot.hotline.jurisdictions import Jurisdiction
from bot.hotline.knowledge import Department, HotlineLine, PolicyDocument, RoutingRule, ServiceItem

Record = Jurisdiction | Department | ServiceItem | HotlineLine | RoutingRule | PolicyDocument

TYPES: Mapping[str, type[Any]] = {
    "hotline": HotlineLine,
    "department": Department,
    "routing_rule": RoutingRule,
    "item": ServiceItem,
    "jurisdiction": Jurisdiction,
    "document": PolicyDocument,
}
TITLES: Mapping[str, str] = {
    "hotline": "热线号码",
    "department": "承办单位",
    "routing_rule": "派单规则",
    "item": "事项",
    "jurisdiction": "辖区",
    "document": "政策文件",
}
LABELS: Mapping[str, str] = {
    "name": "名称",
    "aliases": "别称",
    "number": "号码",
    "department": "承办单位",
    "integration": "整合方式",
    "document": "依据文件",
    "provision": "依据条款",
    "matters": "受理的事",
    "category": "目录",
    "assisting": "协办单位",
    "hotline": "热线",
    "keywords": "关键词",
    "examples": "例子",
    "note": "说明",
    "suggested": "大家常问",
    "places": "下属地名",
    "title": "标题",
    "issuing_authority": "发文机关",
    "issued_on": "印发日期",
    "effective_from": "施行日期",
    "effective_until": "失效日期",
    "repealed_on": "废止日期",
    "repealed_by": "由何文件废止",
    "confirmed_in_force_on": "核实有效的日期",
}
INTEGRATIONS = {"merged": "直接合并", "transferred": "呼叫转接"}
_LONGEST_NAME = 60
_LONGEST_LINE = 200
_MOST_LINES = 300


def kind_of(record: Record) -> str:
    """Return the name of the kind of ``record``."""
    return next(kind for kind, type_ in TYPES.items() if isinstance(record, type_))


def key_of(record: Record) -> str:
    """Return what identifies ``record`` among those of its kind."""
    if isinstance(record, HotlineLine):
        return f"{record.jurisdiction}.{record.number}.{record.department}"
    return f"{record.jurisdiction}.{record.id}" if isinstance(record, RoutingRule) else record.id


def place_of(record: Record) -> str | None:
    """Return the place that ``record`` belongs to."""
    if isinstance(record, Jurisdiction):
        return record.id
    return record.id.split(".", 1)[0] if isinstance(record, ServiceItem) else record.jurisdiction


def as_json(record: Record) -> dict[str, Any]:
    """Return the content of ``record`` as JSON takes it."""
    values = asdict(record)
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in values.items()}


def from_json(kind: str, content: Mapping[str, Any]) -> Record:
    """Return the record that `as_json` wrote."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
    }
    if kind == "document":
        days = [name for name in values if name.endswith(("_on", "_from", "_until")) and values[name]]
        values |= {name: dt.date.fromisoformat(values[name]) for name in days}
    record: Record = TYPES[kind](**values)
    return record


def fingerprint(record: Record) -> str:
    """Return a digest of the content, by which it is seen that somebody else changed it meanwhile."""
    text = json.dumps(as_json(record), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def spelt(record: Record) -> dict[str, str]:
    """Return the fields of ``record`` as text under their Chinese names, for comparing."""
    names = (f.name for f in fields(record) if f.name in LABELS)
    return {LABELS[name]: _text(name, getattr(record, name)) for name in names}


def check_record(record: Record) -> None:
    """Raise KnowledgeInvalid with everything that is wrong with ``record`` itself."""
    problems = [*_name_problems(record), *_CHECKS.get(type(record), lambda _: iter(()))(record)]
    if problems:
        raise KnowledgeInvalid(" ".join(problems))


def _text(name: str, value: object) -> str:
    if isinstance(value, tuple):
        return "\n".join(map(str, value))
    return INTEGRATIONS.get(str(value), str(value)) if value is not None else ""


def _name_problems(record: Record) -> Iterator[str]:
    name = getattr(record, "name", getattr(record, "title", getattr(record, "category", "")))
    longest = _LONGEST_LINE if isinstance(record, PolicyDocument) else _LONGEST_NAME
    if not name.strip() and not isinstance(record, HotlineLine):
        yield "名称不能为空。"
    if len(name) > longest:
        yield f"名称最多{longest}个字。"
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, tuple):
            if len(value) > _MOST_LINES:
                yield f"{LABELS.get(field.name, field.name)}最多{_MOST_LINES}条。"
            yield from (
                f"“{line[:20]}……”太长，一条最多{_LONGEST_LINE}个字。" for line in value if len(line) > _LONGEST_LINE
            )


def _line_problems(line: HotlineLine) -> Iterator[str]:
    if not (line.number.isdigit() and line.number.isascii() and 3 <= len(line.number) <= 12):
        yield "号码为3到12位数字。"
    if line.integration not in INTEGRATIONS:
        yield "请选择整合方式。"
    yield from _path_problems(line.provision)


def _rule_problems(rule: RoutingRule) -> Iterator[str]:
    if not all(part.strip() for part in rule.category.split("/")):
        yield "目录写成“大类/小类”，各级都不能为空。"
    if not (rule.keywords or rule.examples):
        yield "关键词和例子至少写一样，否则没有话能派到这里。"
    if rule.department in rule.assisting:
        yield "主办单位不能同时协办。"
    yield from _path_problems(rule.provision)


def _document_problems(document: PolicyDocument) -> Iterator[str]:
    starts = document.effective_from or document.issued_on
    if starts and document.effective_until and document.effective_until <= starts:
        yield "失效日期应晚于施行日期和印发日期。"
    if document.repealed_by and not document.repealed_on:
        yield "写了由何文件废止，也要写废止日期。"


def _path_problems(path: str) -> Iterator[str]:
    if not path or path != unicodedata.normalize("NFKC", path) or any(c.isspace() for c in path):
        yield "依据条款写成“第九条”或“三(二)2”的样子：数字和括号用半角，不含空格。"


_CHECKS: dict[type[Any], Callable[[Any], Iterator[str]]] = {
    HotlineLine: _line_problems,
    RoutingRule: _rule_problems,
    PolicyDocument: _document_problems,
}
