"""The shipped example texts, one JSON object a line: messages about danger, and complaints by category; what they teach."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import KnowledgeInvalid
from bot.hotline.danger_classifier import DangerClassifier, DangerExample
from bot.hotline.directory import all_entries
from bot.hotline.emergencies import Danger, detect_emergency
from bot.hotline.understanding import COMPLAINT_INTENT
from bot.knowledge_files import read_knowledge_files
from bot.text.normalise import normalise

EMERGENCY_INTENT = "report_emergency"
_ENOUGH = 6000  # questions of the knowledge that are learnt from: more only take time
_EVERY = 3  # which complaint teaches the intent: all of them would outweigh the questions
_NUMBERS = frozenset(danger.value for danger in Danger)


def read_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where each line stands and its object, which has a ``text``. Raises KnowledgeInvalid naming the line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeInvalid(f"{path} 读不出来：请检查文件是否存在、编码是否为 UTF-8。") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path.name} 第 {number} 行"
        try:
            row = json.loads(line)
        except ValueError:
            raise KnowledgeInvalid(f"{where}：不是有效的 JSON。") from None
        if not isinstance(row, dict) or not isinstance(row.get("text"), str) or not row["text"].strip():
            raise KnowledgeInvalid(f"{where}：缺少 text。")
        yield where, row


def complaint_examples(catalogue: Path) -> list[tuple[str, str]]:
    """Return complaints from the dispatch catalogue at ``catalogue``, with the intent of those who complain.

    Raises KnowledgeInvalid.
    """
    return [(row["text"], COMPLAINT_INTENT) for _, row in list(read_lines(catalogue / "complaints.jsonl"))[::_EVERY]]


def read_danger_examples(path: Path) -> list[DangerExample]:
    """Return the examples of messages that report danger and of such that only sound like it.

    Raises KnowledgeInvalid naming the line where it is not ``{"text", "danger": [numbers]}``.
    """
    examples = []
    for where, row in read_lines(path):
        numbers = row.get("danger")
        if not isinstance(numbers, list) or not set(map(str, numbers)) <= _NUMBERS:
            raise KnowledgeInvalid(f"{where}：danger 应是 {'、'.join(sorted(_NUMBERS))} 的列表，没有险情时为空列表。")
        examples.append(DangerExample(row["text"], tuple(map(str, numbers))))
    return examples


def danger_texts(
    data: Path, spoken: Iterable[tuple[str, str]], *, seed: int
) -> tuple[list[DangerExample], list[DangerExample], list[str]]:
    """Return what the files in the folder ``data`` and ``spoken``, texts with their intents, teach of danger.

    These are the examples written for it, those of the intent that reports danger, under the numbers that their signs
    name, and texts of other kinds: questions of the knowledge and complaints. Raises KnowledgeInvalid.
    """
    written, reported, harmless = read_danger_examples(data / "emergencies" / "examples.jsonl"), [], []
    for text, intent in spoken:
        if intent != EMERGENCY_INTENT:
            harmless.append(text)
        elif (found := detect_emergency(normalise(text))) and len(found.dangers) < len(Danger) - 1:
            reported.append(DangerExample(text, found.numbers))
    files = read_knowledge_files(data / "knowledge")
    questions = [question for entry in all_entries(files.as_knowledge()) for question in entry.questions]
    if len(questions) > _ENOUGH:
        chosen = np.random.default_rng(seed).choice(len(questions), _ENOUGH, replace=False)
        questions = [questions[i] for i in chosen]
    complaints = [text for rule in files.routing_rules for text in rule.examples]
    complaints += [row["text"] for _, row in read_lines(data / "catalogue" / "complaints.jsonl")]
    return written, reported, [*harmless, *questions, *complaints]


def train_danger_classifier(data: Path, spoken: Iterable[tuple[str, str]], *, seed: int) -> DangerClassifier:
    """Return a classifier learnt from `danger_texts`. Raises KnowledgeInvalid."""
    written, reported, harmless = danger_texts(data, spoken, seed=seed)
    return DangerClassifier.train([*written, *reported], harmless, seed=seed)
