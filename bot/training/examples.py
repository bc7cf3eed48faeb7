"""The labelled questions that everything learns from, read without Rasa."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from bot.errors import KnowledgeInvalid


def read_nlu_examples(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield (text, intent) for each example in the Rasa NLU YAML files of ``folder``.

    Raises `KnowledgeInvalid` naming the file where it is not Rasa training data.
    """
    for path in sorted(folder.glob("*.yml")):
        try:
            content = yaml.safe_load(path.read_text(encoding="utf8")) or {}
            for block in content.get("nlu", []):
                if "intent" in block:
                    for line in block["examples"].splitlines():
                        if line.startswith("- "):
                            yield line[2:].strip(), block["intent"]
        except (yaml.YAMLError, AttributeError, TypeError, KeyError) as error:
            raise KnowledgeInvalid(f"{path} 不是有效的 Rasa 训练数据：{error}") from error
