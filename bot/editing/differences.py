"""What changed between two texts or entries (差异), by words: a run of digits or letters, else one character."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from bot.editing.labels import ASPECTS, KINDS
from bot.hotline.knowledge import KnowledgeEntry

_WORD = re.compile(r"\d+(?:\.\d+)?%?|[A-Za-z_.]+|\s+|.", re.DOTALL)
_NAMES: dict[object, str] = {True: "受理", False: "不受理", **dict(ASPECTS.items()), **dict(KINDS.items())}
_LABELS = {
    "question": "问题",
    "answer": "答复",
    "similar": "相似问",
    "aspect": "方面",
    "kind": "类型",
    "accepted": "受理与否",
    "department": "承办单位",
    "items": "事项",
    "citations": "依据",
}


@dataclass(frozen=True)
class Piece:
    """A part of a text; ``change`` is ``same``, ``added`` or ``removed``."""

    change: str
    text: str


@dataclass(frozen=True)
class FieldDifference:
    """How one field of a record changed."""

    label: str
    pieces: tuple[Piece, ...]


def differences(before: str, after: str) -> tuple[Piece, ...]:
    """Return ``after`` and what it left out of ``before``, in order."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    pieces: list[Piece] = []
    for operation, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if operation == "equal":
            pieces.append(Piece("same", "".join(old[a:b])))
            continue
        pieces += [Piece("removed", "".join(old[a:b]))] if a < b else []
        pieces += [Piece("added", "".join(new[c:d]))] if c < d else []
    return tuple(pieces)


def entry_differences(before: KnowledgeEntry, after: KnowledgeEntry) -> list[FieldDifference]:
    """Return the fields that differ between two versions of an entry."""
    return field_differences(spelt(before), spelt(after))


def field_differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[FieldDifference]:
    """Return the fields, by label, whose text differs."""
    labels = dict.fromkeys([*before, *after])
    pairs = ((label, before.get(label, ""), after.get(label, "")) for label in labels)
    return [FieldDifference(label, differences(a, b)) for label, a, b in pairs if a != b]


def spelt(entry: KnowledgeEntry) -> dict[str, str]:
    """Return the fields of ``entry`` that can be edited, as text under their Chinese names."""
    return {label: "\n".join(_lines(getattr(entry, name))) for name, label in _LABELS.items()}


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, tuple):
        for one in value:
            yield f"{one.document} {'、'.join(one.provisions)}".strip() if hasattr(one, "provisions") else str(one)
    elif value is not None:
        yield _NAMES.get(value) or str(value)
