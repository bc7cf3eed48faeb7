"""The labelled questions that everything learns from, read without Rasa."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.errors import KnowledgeInvalid


@dataclass(frozen=True)
class Example:
    """A labelled text. ``about`` is its metadata: ``entry``, ``category``, ``danger``, ``place``."""

    text: str
    intent: str
    about: Mapping[str, Any] = field(default_factory=dict)


def read_nlu_examples(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield (text, intent) for each example in the Rasa NLU YAML files of ``folder``.

    Raises `KnowledgeInvalid` naming the file where it is not Rasa training data.
    """
    for path in sorted(folder.glob("*.yml")):
        yield from ((example.text, example.intent) for example in parse_examples(_text_of(path), str(path)))


def read_taught(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the texts that are labelled with an entry, by its id. Raises `KnowledgeInvalid`."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        for example in parse_examples(_text_of(path), str(path)):
            if entry := example.about.get("entry"):
                found.setdefault(str(entry), []).append(example.text)
    return {entry: tuple(texts) for entry, texts in sorted(found.items())}


def parse_examples(content: str, name: str) -> Iterator[Example]:
    """Yield the examples in ``content``, Rasa NLU YAML in either of its two forms; ``name`` is what errors call it.

    Raises `KnowledgeInvalid`.
    """
    try:
        for block in (yaml.safe_load(content) or {}).get("nlu", []):
            if "intent" not in block:
                continue
            examples = block["examples"]
            if isinstance(examples, str):
                lines = (line for line in examples.splitlines() if line.startswith("- "))
                yield from (Example(line[2:].strip(), str(block["intent"])) for line in lines)
            else:
                for one in examples:
                    yield Example(str(one["text"]).strip(), str(block["intent"]), dict(one.get("metadata") or {}))
    except (yaml.YAMLError, AttributeError, TypeError, KeyError, ValueError) as error:
        raise KnowledgeInvalid(f"{name} 不是有效的 Rasa 训练数据：{error}") from error


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf8")
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeInvalid(f"{path} 读不出来：请检查文件是否存在、编码是否为 UTF-8。") from error
