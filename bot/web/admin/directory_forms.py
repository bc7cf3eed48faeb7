"""What is typed about a record of the directory, and the record it stands for."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.editing.records import INTEGRATIONS, LABELS, Record
from bot.errors import KnowledgeInvalid
from bot.hotline.knowledge import Department, HotlineLine, RoutingRule, ServiceItem
from bot.web.admin.knowledge_forms import Scene, lines


@dataclass(frozen=True)
class Field:
    """A field of the form; ``kind`` is ``text``, ``lines``, ``long``, ``choice`` or ``fixed``."""

    name: str
    label: str
    kind: str
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()


# Kind of record → its fields in the order of the form: name, kind, hint.
_FORMS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "hotline": (
        ("number", "text", "只写数字。"),
        ("name", "text", "热线叫什么，如“城管热线”。"),
        ("department", "choice", ""),
        ("integration", "choice", ""),
        ("matters", "lines", "人们为什么事打这个号码，用日常的话，一行一件。"),
        ("document", "choice", ""),
        ("provision", "text", "如“三(二)”。"),
    ),
    "department": (
        ("name", "text", "全称。"),
        ("aliases", "lines", "市民会用的叫法，一行一个。"),
    ),
    "routing_rule": (
        ("category", "text", "大类/小类，如“城市管理/占道经营”。新的目录要等下次训练后才认得准。"),
        ("department", "choice", "主办单位。"),
        ("assisting", "choices", "可选多个；没有就不选。"),
        ("hotline", "text", "可以直接拨打的号码，没有留空。"),
        ("keywords", "lines", "一行一个。"),
        ("examples", "lines", "市民会怎么说，一行一句，八句以上为好。"),
        ("note", "long", "补在答复后面的一句话，没有留空。"),
        ("document", "choice", ""),
        ("provision", "text", "如“三(二)”。"),
    ),
    "item": (
        ("name", "text", "正式名称。"),
        ("aliases", "lines", "市民会用的叫法，一行一个。"),
    ),
    "jurisdiction": (
        ("aliases", "lines", "简称，一行一个。"),
        ("places", "lines", "下属地名，提到它就是问这里，一行一个。"),
        ("suggested", "lines", "还没提问的人看到的问题，一行一个，五个左右。"),
    ),
}  # fmt: skip
_NAMED = {"note": "说明", "number": "号码"}


def form_fields(kind: str, here: Scene, place: str) -> list[Field]:
    """Return the fields of the form for a record of ``kind`` in ``place``."""
    units = sorted(here.knowledge.departments.values(), key=lambda unit: unit.name)
    of_place = tuple((unit.id, unit.name) for unit in units if unit.jurisdiction == place)
    documents = tuple((d.id, d.title) for d in here.documents.values() if d.jurisdiction == place)
    choices = {
        "department": of_place, "assisting": of_place, "document": documents, "integration": tuple(INTEGRATIONS.items()),
    }  # fmt: skip
    return [Field(n, _NAMED.get(n, LABELS[n]), k, hint, choices.get(n, ())) for n, k, hint in _FORMS[kind]]


def shown_values(record: Record | None, names: list[str]) -> dict[str, Any]:
    """Return what stands in the form for ``record``: lists as lines."""
    values = {name: getattr(record, name, None) if record else None for name in names}
    return {n: "\n".join(v) if isinstance(v, tuple) and n != "assisting" else v or "" for n, v in values.items()}


def typed_record(kind: str, place: str, given: Any, known: Record | None, form: list[Field]) -> Record:
    """Return the record that the form says; what it does not ask stays. Raises KnowledgeInvalid."""
    values: dict[str, Any] = {}
    for field in form:
        text = str(given.get(field.name, "")).replace("\r\n", "\n").strip()
        if len(text) > 40_000:
            raise KnowledgeInvalid(f"{field.label}太长。")
        allowed = {value for value, _ in field.choices}
        if field.kind == "lines":
            values[field.name] = tuple(dict.fromkeys(lines(text)))
        elif field.kind == "choices":
            values[field.name] = tuple(v for v in map(str, given.getall(field.name, [])) if v in allowed)
        else:
            values[field.name] = text
        if field.kind == "choice" and text not in allowed:
            raise KnowledgeInvalid(f"请选择{field.label}。")
    if kind == "routing_rule":
        values |= {name: values[name] or None for name in ("hotline", "note")}
    if known is not None:
        return replace(known, **values)
    return _new(kind, place, values)


def _new(kind: str, place: str, values: dict[str, Any]) -> Record:
    made = uuid.uuid4().hex[:8]
    if kind == "hotline":
        return HotlineLine(jurisdiction=place, **values)
    if kind == "department":
        return Department(id=f"{place}.unit_{made}", jurisdiction=place, **values)
    if kind == "routing_rule":
        return RoutingRule(id=f"rule_{made}", jurisdiction=place, **values)
    if kind == "item":
        return ServiceItem(id=f"{place}.item.{made}", **values)
    raise KnowledgeInvalid("辖区只能由安装者新增。")


def is_identity(kind: str, name: str) -> bool:
    """Return whether the field ``name`` says which record it is, and so cannot be changed later."""
    return kind == "hotline" and name in ("number", "department")
