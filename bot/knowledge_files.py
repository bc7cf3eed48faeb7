"""Reading the knowledge files under ``data/knowledge`` (docs/knowledge-format.md). No database is needed for this."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, Union, get_type_hints

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
        jurisdictions=tuple(reading.jurisdictions),
        elsewhere=tuple(reading.elsewhere),
        documents=tuple(reading.documents),
        items=_merged(reading.items),
        entries=tuple(reading.entries),
        departments=tuple(reading.departments),
        hotlines=tuple(reading.hotlines),
        routing_rules=tuple(reading.rules),
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
    jurisdictions: list[Jurisdiction] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    documents: list[PolicyDocument] = field(default_factory=list)
    items: list[ServiceItem] = field(default_factory=list)
    entries: list[KnowledgeEntry] = field(default_factory=list)
    departments: list[Department] = field(default_factory=list)
    hotlines: list[HotlineLine] = field(default_factory=list)
    rules: list[RoutingRule] = field(default_factory=list)

    def problem(self, path: Path, where: str, rule: str) -> None:
        """Note that ``where`` in the file at ``path`` breaks ``rule``."""
        name = path.relative_to(self.directory)
        self.problems.append(f"{name}{f' [{where}]' if where else ''}：{rule}")

    def against(self, value: object, rule: str) -> None:
        """Note that ``value``, read before, breaks ``rule``."""
        self.problem(*self.origins[_identity(value)], rule)

    def read(self, path: Path) -> None:
        """Read one file; its folder and name say what is in it."""
        try:
            content = tomli.loads(path.read_text(encoding="utf-8"))
        except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
            return self.problem(path, "", f"不是有效的 UTF-8 TOML 文件：{error}")
        place = path.parent.name
        if path.parent == self.directory:
            self._keep_all(path, self._tables(path, content, "jurisdiction"), Jurisdiction, self.jurisdictions)
            for row in self._tables(path, content, "elsewhere"):
                self.elsewhere += row.pop("places", [])
        elif content.pop("jurisdiction", place) != place:
            self.problem(path, "", f"jurisdiction 应与所在目录一致，为 {place}")
        elif path.name == "departments.toml":
            self._keep_all(path, self._tables(path, content, "department"), Department, self.departments, place)
        elif path.name == "hotlines.toml":
            self._keep_all(path, self._tables(path, content, "hotline"), HotlineLine, self.hotlines, place)
        elif path.name == "routing.toml":
            self._keep_all(path, self._tables(path, content, "routing_rule"), RoutingRule, self.rules, place)
        else:
            self._document(path, content, place)
        for key in content:
            self.problem(path, "", f"不认识的项 {key}")

    def _document(self, path: Path, content: _Row, place: str) -> None:
        topic = str(content.pop("topic", ""))
        document = f"{place}.{topic}"
        own, entries = self._tables(path, content, "document"), self._tables(path, content, "entry")
        if not topic or len(own) != 1 or own[0].get("id") != document:
            self.problem(path, "document", f"应有 topic 和一个 [document]，其 id 为“辖区.主题”：{document}")
        for row in own:
            if "number" in row:
                row["number"] = normalise_document_number(str(row["number"]))
        self._keep_all(path, own, PolicyDocument, self.documents, place)
        self._keep_all(path, self._tables(path, content, "item"), ServiceItem, self.items)
        for row in entries:
            paths = row.pop("provisions", None)
            if not isinstance(paths, list) or not all(isinstance(p, str) and _is_path(p) for p in paths):
                self.problem(path, f"entry {row.get('id')}", "provisions 应为条款路径的列表，数字和括号用半角，不含空格")
                paths = []
            row["id"] = f"{document}.{row.get('id', '')}"
            row |= {"topic": topic, "citations": (Citation(document, tuple(paths)),), "version": 1}
        self._keep_all(path, entries, KnowledgeEntry, self.entries, place)

    def _tables(self, path: Path, content: _Row, key: str) -> list[_Row]:
        """Take the table or tables under ``key`` out of ``content``."""
        found = content.pop(key, [])
        tables = found if isinstance(found, list) else [found]
        if all(isinstance(table, dict) for table in tables):
            return tables
        self.problem(path, "", f"{key} 应写作 [{key}] 或 [[{key}]]")
        return []

    def _keep_all(
        self, path: Path, rows: Iterable[_Row], kind: type[_Value], kept: list[_Value], place: str | None = None
    ) -> None:
        """Keep one ``kind`` for each row, all of jurisdiction ``place`` where one is given."""
        for row in rows:
            where = f"{kind.__name__} {row.get('id') or row.get('number') or '?'}"
            if place:
                row["jurisdiction"] = place
            value, rules = _build(kind, row)
            if _identity(value) in self.origins and not (isinstance(value, ServiceItem) and not self._is_in(value, path)):
                file, other = self.origins[_identity(value)]
                rules.append(f"编号重复，已用于 {file.relative_to(self.directory)} [{other}]")
            for rule in rules:
                self.problem(path, where, rule)
            self.origins[_identity(value)] = (path, where)
            kept.append(value)

    def _is_in(self, value: object, path: Path) -> bool:
        return self.origins[_identity(value)][0] == path

    def check(self) -> None:
        """Check what only shows when every file is read: references, questions asked twice, fields that must agree."""
        known: dict[type, set[str]] = {
            Jurisdiction: {j.id for j in self.jurisdictions},
            PolicyDocument: {d.id for d in self.documents},
            Department: {d.id for d in self.departments},
            ServiceItem: {i.id for i in self.items},
        }
        for value, kind, reference in self._references():
            if reference not in known[kind]:
                self.against(value, f"引用了不存在的 {kind.__name__}：{reference}")
        names: dict[str, str] = {}
        for item in self.items:
            if names.setdefault(item.id, item.name) != item.name:
                self.against(item, f"同一事项名称不一：{names[item.id]}、{item.name}")
        for entry in self.entries:
            if (entry.kind is AnswerKind.SCOPE) != (entry.accepted is not None):
                self.against(entry, 'accepted 必须且只能与 kind = "scope" 一起写')
        for document in self.documents:
            starts, ends = document.effective_from or document.issued_on, document.effective_until
            if starts and ends and ends <= starts:
                self.against(document, "effective_until 应晚于施行日期和印发日期")
        for row in (*self.hotlines, *self.rules):
            if not _is_path(row.provision):
                self.against(row, "provision 应为条款路径，数字和括号用半角，不含空格")
        for line in self.hotlines:
            if line.integration not in _INTEGRATIONS:
                self.against(line, f"integration 应为 {'、'.join(_INTEGRATIONS)} 之一")
        self._check_questions()

    def _references(self) -> Iterator[tuple[object, type, str]]:
        for place in self.jurisdictions:
            if place.parent:
                yield place, Jurisdiction, place.parent
        for owned in (*self.documents, *self.departments):
            yield owned, Jurisdiction, owned.jurisdiction
        for row in (*self.hotlines, *self.rules):
            yield row, PolicyDocument, row.document
            yield row, Department, row.department
        for entry in self.entries:
            yield from ((entry, ServiceItem, item) for item in entry.items)
            if entry.department:
                yield entry, Department, entry.department

    def _check_questions(self) -> None:
        asked: dict[tuple[str, str], KnowledgeEntry] = {}
        for entry in self.entries:
            key = (entry.jurisdiction, wording_key(entry.question))
            if (first := asked.setdefault(key, entry)) is not entry:
                self.against(entry, f"问题“{entry.question}”与条目 {first.id} 重复")
        for entry in self.entries:
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
    rules, values, hints = [], {}, get_type_hints(kind)
    for name in (f.name for f in fields(kind)):  # type: ignore[arg-type]
        if name in row and (problem := _mismatch(row[name], hints[name])):
            rules.append(f"{name} {problem}")
        elif name in row:
            values[name] = _converted(row[name], hints[name])
    for spec in fields(kind):  # type: ignore[arg-type]
        if spec.default is MISSING and spec.name not in values:
            values[spec.name] = () if hints[spec.name] == tuple[str, ...] else _empty(hints[spec.name])
            if spec.name not in row:
                rules.append(f"缺少 {spec.name}")
    rules += [f"不认识的项 {name}" for name in row if name not in hints]
    return kind(**values), rules


def _mismatch(value: object, hint: Any) -> str:
    """Return what is wrong with ``value`` for a field of type ``hint``, empty where nothing is."""
    if isinstance(hint, type) and issubclass(hint, Enum):
        allowed = [member.value for member in hint]
        return "" if value in allowed else f"应为 {'、'.join(allowed)} 之一，不是“{value}”"
    if hint in (str, Union[str, None]):
        return "" if isinstance(value, str) and value.strip() else "应为非空文字"
    if hint == tuple[str, ...]:
        good = isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value)
        return "" if good else "应为非空文字的列表"
    if hint == Union[dt.date, None]:
        return "" if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else "应为日期，如 2017-07-17"
    if hint in (bool, Union[bool, None]):
        return "" if isinstance(value, bool) else "应为 true 或 false"
    return ""


def _converted(value: Any, hint: Any) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    return tuple(value) if isinstance(value, list) else value


def _empty(hint: Any) -> Any:
    return next(iter(hint)) if isinstance(hint, type) and issubclass(hint, Enum) else ""


def _identity(value: Any) -> object:
    """Return what must be different between two values of one kind."""
    if isinstance(value, HotlineLine):
        return HotlineLine, value.jurisdiction, value.number, value.department
    if isinstance(value, RoutingRule):
        return RoutingRule, value.jurisdiction, value.id
    return type(value), value.id


def _is_path(path: str) -> bool:
    return bool(path) and path == unicodedata.normalize("NFKC", path) and not any(c.isspace() for c in path)


def _merged(items: Iterable[ServiceItem]) -> tuple[ServiceItem, ...]:
    """Return the items with those of one id, defined in several files, made one with all their aliases."""
    merged: dict[str, ServiceItem] = {}
    for item in items:
        before = merged.get(item.id, item)
        merged[item.id] = ServiceItem(item.id, item.name, tuple(dict.fromkeys((*before.aliases, *item.aliases))))
    return tuple(merged.values())
