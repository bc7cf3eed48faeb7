"""Labels as ordinary Rasa NLU YAML, out and in; what Rasa does not know of stands in the metadata of each example."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import yaml

from bot.errors import KnowledgeInvalid
from bot.hotline.learning import INTENTS, Label, LabelKind
from bot.training.examples import Example, parse_examples

_ENTITY_MARKS = str.maketrans({"[": "［", "]": "］", "{": "｛", "}": "｝"})  # Rasa would read an annotated name
_HEAD = "# 人工标注的市民消息，已隐去个人信息。放进 data/nlu/ 就能用 rasa train 训练。\n"


def as_yaml(labels: Iterable[Label]) -> str:
    """Return the labels as a file for ``data/nlu``."""
    by_intent: dict[str, list[Label]] = defaultdict(list)
    for label in labels:
        by_intent[label.intent].append(label)
    content = {
        "version": "3.1",
        "nlu": [
            {"intent": intent, "examples": [_example(label) for label in own]} for intent, own in by_intent.items()
        ],
    }
    return _HEAD + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000)


def _example(label: Label) -> dict[str, Any]:
    about: dict[str, Any] = {"place": label.jurisdiction}
    if label.entry:
        about["entry"] = label.entry
    if label.category:
        about["category"] = label.category
    if label.kind in (LabelKind.EMERGENCY, LabelKind.HARMLESS):
        about["danger"] = list(label.numbers)
    return {"text": plain(label.text), "metadata": about}


def plain(text: str) -> str:
    """Return ``text`` on one line, without what Rasa reads as markup."""
    return " ".join(text.split()).translate(_ENTITY_MARKS)


def from_yaml(content: str, place: str, intents: Collection[str]) -> Iterator[Label]:
    """Yield the labels in a file such as `as_yaml` makes; examples without metadata are labels of their intent in ``place``.

    Raises KnowledgeInvalid where it is not Rasa training data or names an intent that is not in ``intents``.
    """
    found = False
    for example in parse_examples(content, "上传的文件"):
        found = True
        if example.intent not in intents:
            raise KnowledgeInvalid(f"上传的文件里有 domain.yml 没有的意图“{example.intent[:60]}”。")
        yield _label(example, place)
    if not found:
        raise KnowledgeInvalid("上传的文件里没有 nlu 例句，不是 Rasa 的训练数据。")


def _label(example: Example, place: str) -> Label:
    about = example.about
    numbers = about.get("danger")
    entry, category = about.get("entry"), about.get("category")
    if entry:
        kind = LabelKind.ENTRY
    elif category:
        kind = LabelKind.CATEGORY
    elif isinstance(numbers, list):
        kind = LabelKind.EMERGENCY if numbers else LabelKind.HARMLESS
    else:
        kind = LabelKind.UNSUPPORTED if example.intent == INTENTS[LabelKind.UNSUPPORTED] else LabelKind.INTENT
    return Label(
        text=example.text,
        jurisdiction=str(about.get("place") or place),
        kind=kind,
        intent=example.intent,
        entry=str(entry) if entry else None,
        category=str(category) if category else None,
        numbers=tuple(map(str, numbers)) if isinstance(numbers, list) else (),
    )
