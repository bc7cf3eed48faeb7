"""The project that a model is trained on: the shipped files, the knowledge as it stands in the database, and the labels.

It is an ordinary Rasa project in a folder of its own, so that everything that trains from files needs no database.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from pathlib import Path
from typing import Any

from bot.hotline.knowledge import KnowledgeEntry, PolicyDocument, ServiceItem
from bot.hotline.learning import GoldenQuestion, Label, LabelKind
from bot.knowledge_files import KnowledgeFiles
from bot.learning.labelled import as_yaml
from bot.settings import PROJECT_ROOT

_LINKED = ("bot", "requirements", "config.yml", "domain.yml")
_COPIED = ("nlu", "emergencies", "catalogue")  # to which labels are added
_GIVEN = frozenset({"jurisdiction", "version", "topic", "citations"})  # fields that follow from folder and document


@dataclass(frozen=True)
class Taught:
    """What the database adds to the shipped files. ``knowledge`` is none where nobody changed anything there."""

    knowledge: KnowledgeFiles | None = None
    labels: Sequence[Label] = ()
    golden: Sequence[GoldenQuestion] = ()
    version: int = 0  # of the knowledge

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to learn but the shipped files."""
        return self.knowledge is None and not self.labels


def stage(folder: Path, taught: Taught, root: Path = PROJECT_ROOT) -> None:
    """Make ``folder`` a project of the files under ``root`` and of what is ``taught``."""
    data = folder / "data"
    data.mkdir(parents=True)
    for name in _LINKED:
        (folder / name).symlink_to(root / name)
    for path in sorted((root / "data").iterdir()):
        if path.name in _COPIED:
            shutil.copytree(path, data / path.name)
        elif path.name != "knowledge" or taught.knowledge is None:
            (data / path.name).symlink_to(path)
    if taught.knowledge is not None:
        write_knowledge(data / "knowledge", taught.knowledge)
    if taught.labels:
        (data / "nlu" / "labelled.yml").write_text(as_yaml(taught.labels), encoding="utf8")
    dangers = [label for label in taught.labels if label.kind in (LabelKind.EMERGENCY, LabelKind.HARMLESS)]
    _append(data / "emergencies" / "examples.jsonl", ({"text": x.text, "danger": list(x.numbers)} for x in dangers))
    routed = [label for label in taught.labels if label.kind is LabelKind.CATEGORY]
    _append(data / "catalogue" / "complaints.jsonl", ({"text": x.text, "category": x.category} for x in routed))


def _append(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if lines:
        content = path.read_text(encoding="utf8")
        path.write_text(content + ("" if content.endswith("\n") else "\n") + lines, encoding="utf8")


def write_knowledge(folder: Path, files: KnowledgeFiles) -> None:
    """Write ``files`` as docs/knowledge-format.md describes it, so that reading them gives the same again."""
    folder.mkdir(parents=True)
    places = [*_tables("jurisdiction", files.jurisdictions), *_table("[elsewhere]", {"places": list(files.elsewhere)})]
    _write(folder / "jurisdictions.toml", places)
    lists = (("departments", "department", files.departments), ("hotlines", "hotline", files.hotlines))
    for name, key, values in (*lists, ("routing", "routing_rule", files.routing_rules)):
        by_place: dict[str, list[Any]] = defaultdict(list)
        for value in values:
            by_place[value.jurisdiction].append(value)
        for place, own in by_place.items():
            _write(folder / place / f"{name}.toml", _tables(key, own, leave=frozenset({"jurisdiction"})))
    _write_documents(folder, files)


def _write_documents(folder: Path, files: KnowledgeFiles) -> None:
    """Write one file for each topic; a topic that entries have and no document stands for gets one of its own name."""
    documents = {document.id: document for document in files.documents}
    entries: dict[str, list[KnowledgeEntry]] = defaultdict(list)
    for entry in files.entries:
        entries[f"{entry.jurisdiction}.{entry.topic}"].append(entry)
        documents.setdefault(
            f"{entry.jurisdiction}.{entry.topic}",
            PolicyDocument(f"{entry.jurisdiction}.{entry.topic}", entry.jurisdiction, entry.topic),
        )
    for number, (key, document) in enumerate(sorted(documents.items())):
        topic = key.removeprefix(f"{document.jurisdiction}.")
        items = [item for item in files.items if item.id.startswith(f"{key}.")]
        known = {item.id for item in items}
        lines = [f"topic = {_value(topic)}", "", *_table("document", _row(document, frozenset({"jurisdiction"})))]
        for item in items:
            lines += _table("[item]", _row(ServiceItem(item.id.removeprefix(f"{key}."), item.name, item.aliases)))
        for entry in entries.get(key, ()):
            lines += _table("[entry]", _entry_row(entry, key, known))
        _write(folder / document.jurisdiction / f"{number:04}.toml", lines)


def _entry_row(entry: KnowledgeEntry, document: str, items: set[str]) -> dict[str, Any]:
    """Return what stands of ``entry`` in the file of ``document``; provisions of other documents go under their names."""
    paths = [
        path if citation.document == document else f"{citation.document}:{path}"
        for citation in entry.citations
        for path in citation.provisions
    ]
    return _row(entry, _GIVEN) | {
        "id": entry.id.removeprefix(f"{document}."),
        "items": [item.removeprefix(f"{document}.") for item in entry.items if item in items],
        "provisions": paths,
    }


def _tables(key: str, values: Iterable[Any], leave: frozenset[str] = frozenset()) -> Iterator[str]:
    for value in values:
        yield from _table(f"[{key}]", _row(value, leave))


def _row(value: Any, leave: frozenset[str] = frozenset()) -> dict[str, Any]:
    named = {field.name: getattr(value, field.name) for field in fields(value) if field.name not in leave}
    return {name: content for name, content in named.items() if content is not None}


def _table(key: str, row: Mapping[str, Any]) -> list[str]:
    return [f"[{key}]", *(f"{name} = {_value(content)}" for name, content in row.items()), ""]


def _value(content: Any) -> str:
    """Return ``content`` as TOML: its strings are those of JSON but for one character."""
    if isinstance(content, Enum):
        content = content.value
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, dt.date):
        return content.isoformat()
    if isinstance(content, (list, tuple)):
        return f"[{', '.join(map(_value, content))}]"
    return json.dumps(content, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write(path: Path, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf8")
