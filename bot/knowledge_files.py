"""Reading the knowledge files under ``data/knowledge`` (docs/knowledge-format.md). No database is needed for this."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import tomli

from bot.errors import KnowledgeInvalid
from bot.hotline.jurisdictions import Jurisdiction
from bot.hotline.knowledge import (
    AnswerKind,
    Citation,
    Department,
    HotlineLine,
    Knowledge,
    KnowledgeEntry,
    PolicyDocument,
    RoutingRule,
    ServiceItem,
    normalise_document_number,
)

_Value = TypeVar("_Value")
_Row = dict[str, Any]
_INTEGRATIONS = ("merged", "transferred")
_LISTS: dict[str, tuple[str, type]] = {
    "departments.toml": ("department", Department),
    "hotlines.toml": ("hotline", HotlineLine),
    "routing.toml": ("routing_rule", RoutingRule),
}
_IDENTITY = {HotlineLine: ("jurisdiction", "number", "department"), RoutingRule: ("jurisdiction", "id")}
_EMPTY: dict[Any, Any] = {tuple[str, ...]: (), str: "", bool: False}
_REFERRED_TO: tuple[type, ...] = (Jurisdiction, PolicyDocument, Department, ServiceItem)
_hints: Callable[[Any], dict[str, Any]] = cache(get_type_hints)
_PATH_RULE = "数字和括号用半角，不含空格"


@dataclass(frozen=True)
class KnowledgeFiles:
    """Everything the files say, checked. ``elsewhere`` are places that people name and nothing is known about."""

    jurisdictions: tuple[Jurisdiction, ...] = ()
    elsewhere: tuple[str, ...] = ()
    documents: tuple[PolicyDocument, ...] = ()
    items: tuple[ServiceItem, ...] = ()
    entries: tuple[KnowledgeEntry, ...] = ()
    departments: tuple[Department, ...] = ()
    hotlines: tuple[HotlineLine, ...] = ()
    routing_rules: tuple[RoutingRule, ...] = ()

    def as_knowledge(self) -> Knowledge:
        """Return the content as answering reads it, for work without a database such as training."""
        return Knowledge(
            version=0,
            documents={d.id: d for d in self.documents},
            entries=self.entries,
            items={i.id: i for i in self.items},
            departments={d.id: d for d in self.departments},
            hotlines=self.hotlines,
            routing_rules=self.routing_rules,
        )


def read_knowledge_files(directory: Path) -> KnowledgeFiles:
    """Return what the TOML files under ``directory`` say.

    Raises KnowledgeInvalid with every problem of every file, one a line: file, entry, rule.
    """
    reading = _Reading(directory)
    if not (directory / "jurisdictions.toml").is_file():
        reading.problem(directory / "jurisdictions.toml", "", "文件不存在，请恢复该文件")
    for path in sorted(directory.rglob("*.toml")):
        reading.read(path)
    reading.check()
    if reading.problems:
        raise KnowledgeInvalid("\n".join(reading.problems))
    return KnowledgeFiles(
        jurisdictions=tuple(reading.found[Jurisdiction]),
        elsewhere=tuple(reading.elsewhere),
        documents=tuple(reading.found[PolicyDocument]),
        items=tuple(reading.found[ServiceItem]),
        entries=tuple(reading.found[KnowledgeEntry]),
        departments=tuple(reading.found[Department]),
        hotlines=tuple(reading.found[HotlineLine]),
        routing_rules=tuple(reading.found[RoutingRule]),
    )


def wording_key(question: str) -> str:
    """Return what two questions share that differ only in punctuation, spacing, width or case."""
    return "".join(c for c in unicodedata.normalize("NFKC", question).casefold() if c.isalnum())


@dataclass
class _Reading:
    """What has been read so far, and what was wrong with it."""

    directory: Path
    problems: list[str] = field(default_factory=list)
    origins: dict[object, tuple[Path, str]] = field(default_factory=dict)  # identity → file and place in it
    found: dict[type, list[Any]] = field(default_factory=lambda: defaultdict(list))
    elsewhere: list[str] = field(default_factory=list)

    def problem(self, path: Path, where: str, rule: str) -> None:
        """Note that ``where`` in the file at ``path`` breaks ``rule``."""
        name = path.relative_to(self.directory)
        self.problems.append(f"{name}{f' [{where}]' if where else ''}：{rule}")

    def against(self, value: object, rule: str) -> None:
        """Note that ``value``, read before, breaks ``rule``."""
        self.problem(*self.place_of(value), rule)

    def place_of(self, value: object) -> tuple[Path, str]:
        """Return the file that ``value`` was read from, and where in it."""
        return self.origins[_identity(value)]

    def read(self, path: Path) -> None:
        """Read one file; its folder and name say what is in it."""
        try:
            content = tomli.loads(path.read_text(encoding="utf-8"))
        except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
            self.problem(path, "", f"不是有效的 UTF-8 TOML 文件：{error}")
            return
        place = path.parent.name
        if path.parent == self.directory:
            self._keep(path, content, "jurisdiction", Jurisdiction)
            for row in self._tables(path, content, "elsewhere"):
                self.elsewhere += map(str, row.pop("places", []))
        elif content.pop("jurisdiction", place) != place:
            self.problem(path, "", f"jurisdiction 应与所在目录一致，为 {place}")
        elif path.name in _LISTS:
            self._keep(path, content, *_LISTS[path.name], jurisdiction=place)
        else:
            self._document(path, content, place)
        for key in content:
            self.problem(path, "", f"不认识的项 {key}")

    def _document(self, path: Path, content: _Row, place: str) -> None:
        topic = str(content.pop("topic", ""))
        document = f"{place}.{topic}"
        own = content.get("document")
        if isinstance(own, dict) and "number" in own:
            own["number"] = normalise_document_number(str(own["number"]))
        self._keep(path, content, "document", PolicyDocument, jurisdiction=place)
        if not topic or [d.id for d in self.found[PolicyDocument] if self.place_of(d)[0] == path] != [document]:
            self.problem(path, "document", f"应有 topic 和一个 [document]，其 id 为“辖区.主题”：{document}")
        items = self._tables(path, content, "item")
        for row in items:
            row["id"] = f"{document}.{row.get('id', '')}"
        self._keep(path, {"item": items}, "item", ServiceItem)
        entries = self._tables(path, content, "entry")
        for row in entries:
            paths = row.pop("provisions", None)
            if not isinstance(paths, list) or not all(isinstance(p, str) and _is_path(p) for p in paths):
                self.problem(path, f"entry {row.get('id')}", f"provisions 应为条款路径的列表，{_PATH_RULE}")
                paths = []
            row["id"] = f"{document}.{row.get('id', '')}"
            if isinstance(row.get("items"), list):
                row["items"] = [f"{document}.{item}" for item in row["items"]]
            row["citations"] = (Citation(document, tuple(paths)),)
        self._keep(path, {"entry": entries}, "entry", KnowledgeEntry, jurisdiction=place, topic=topic, version=1)

    def _tables(self, path: Path, content: _Row, key: str) -> list[_Row]:
        """Take the table or tables under ``key`` out of ``content``."""
        found = content.pop(key, [])
        tables = found if isinstance(found, list) else [found]
        if all(isinstance(table, dict) for table in tables):
            return tables
        self.problem(path, "", f"{key} 应写作 [{key}] 或 [[{key}]]")
        return []

    def _keep(self, path: Path, content: _Row, key: str, kind: type[Any], **given: object) -> None:
        """Keep one ``kind`` for each table under ``key``; ``given`` are the fields that do not stand in it."""
        for row in self._tables(path, content, key):
            where = f"{key} {row.get('id') or row.get('number') or '?'}"
            value, rules = _build(kind, {**row, **given})
            first, other = self.origins.get(_identity(value), (None, ""))
            if first:
                rules.append(f"编号重复，已用于 {first.relative_to(self.directory)} [{other}]")
            for rule in rules:
                self.problem(path, where, rule)
            self.origins[_identity(value)] = (path, where)
            self.found[kind].append(value)

    def check(self) -> None:
        """Check what only shows when every file is read: references, questions asked twice, fields that must agree."""
        known = {kind: {value.id for value in self.found[kind]} for kind in _REFERRED_TO}
        for value, kind, reference in self._references():
            if reference not in known[kind]:
                self.against(value, f"引用了不存在的 {kind.__name__}：{reference}")
        for entry in self.found[KnowledgeEntry]:
            if (entry.kind is AnswerKind.SCOPE) != (entry.accepted is not None):
                self.against(entry, 'accepted 必须且只能与 kind = "scope" 一起写')
        for document in self.found[PolicyDocument]:
            starts, ends = document.effective_from or document.issued_on, document.effective_until
            if starts and ends and ends <= starts:
                self.against(document, "effective_until 应晚于施行日期和印发日期")
        for row in self.found[HotlineLine] + self.found[RoutingRule]:
            if not _is_path(row.provision):
                self.against(row, f"provision 应为条款路径，{_PATH_RULE}")
        for line in self.found[HotlineLine]:
            if line.integration not in _INTEGRATIONS:
                self.against(line, f"integration 应为 {'、'.join(_INTEGRATIONS)} 之一")
        self._check_questions()

    def _references(self) -> Iterator[tuple[Any, type, str]]:
        for place in self.found[Jurisdiction]:
            if place.parent:
                yield place, Jurisdiction, place.parent
        for owned in self.found[PolicyDocument] + self.found[Department]:
            yield owned, Jurisdiction, owned.jurisdiction
        for row in self.found[HotlineLine] + self.found[RoutingRule]:
            yield row, PolicyDocument, row.document
            yield row, Department, row.department
        for rule in self.found[RoutingRule]:
            yield from ((rule, Department, assisting) for assisting in rule.assisting)
        for entry in self.found[KnowledgeEntry]:
            yield from ((entry, ServiceItem, item) for item in entry.items)
            if entry.department:
                yield entry, Department, entry.department

    def _check_questions(self) -> None:
        asked: dict[tuple[str, str], KnowledgeEntry] = {}
        for entry in self.found[KnowledgeEntry]:
            key = (entry.jurisdiction, wording_key(entry.question))
            if (first := asked.setdefault(key, entry)) is not entry:
                self.against(entry, f"问题“{entry.question}”与条目 {first.id} 重复")
        for entry in self.found[KnowledgeEntry]:
            own: set[str] = {wording_key(entry.question)}
            for question in entry.similar:
                wording = wording_key(question)
                if wording in own:
                    self.against(entry, f"相似问“{question}”重复")
                elif (entry.jurisdiction, wording) in asked:
                    self.against(entry, f"相似问“{question}”就是条目 {asked[entry.jurisdiction, wording].id} 的问题")
                own.add(wording)


def _build(kind: type[_Value], row: Mapping[str, object]) -> tuple[_Value, list[str]]:
    """Return a ``kind`` from ``row`` by the types of its fields, and the rules that ``row`` breaks.

    What is missing or wrong is replaced by an empty value, so that the rest can still be checked.
    """
    rules, values, hints = [], {}, _hints(kind)
    for spec in fields(kind):  # type: ignore[arg-type]
        name, hint = spec.name, hints[spec.name]
        value = row.get(name)
        problem = _mismatch(value, hint) if name in row else ""
        if name in row and not problem:
            values[name] = hint(value) if _is_enum(hint) else tuple(value) if isinstance(value, list) else value
        elif name in row or spec.default is MISSING:
            values[name] = _EMPTY.get(hint)
            rules.append(f"{name} {problem}" if problem else f"缺少 {name}")
    rules += [f"不认识的项 {name}" for name in row if name not in hints]
    return kind(**values), rules


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)


def _mismatch(value: object, hint: Any) -> str:
    """Return what is wrong with ``value`` for a field of type ``hint``, empty where nothing is."""
    if _is_enum(hint):
        allowed = [member.value for member in hint]
        return "" if value in allowed else f"应为 {'、'.join(allowed)} 之一，不是“{value}”"
    if hint in (str, str | None):
        return "" if isinstance(value, str) and value.strip() else "应为非空文字"
    if hint == tuple[str, ...]:
        good = isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value)
        return "" if good else "应为非空文字的列表"
    if hint == dt.date | None:
        return "" if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else "应为日期，如 2017-07-17"
    if hint in (bool, bool | None):
        return "" if isinstance(value, bool) else "应为 true 或 false"
    return ""


def _identity(value: Any) -> object:
    """Return what must be different between two values of one kind."""
    return type(value), *(getattr(value, name) for name in _IDENTITY.get(type(value), ("id",)))


def _is_path(path: str) -> bool:
    return bool(path) and path == unicodedata.normalize("NFKC", path) and not any(c.isspace() for c in path)
