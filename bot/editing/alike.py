"""Questions that are asked twice, or nearly so, across entries of a place (重复与相近的问法)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.hotline.knowledge import KnowledgeEntry
from bot.knowledge_files import wording_key

NEAR = 0.8  # share of pairs of characters in common (Dice) from which two questions are nearly the same
_MOST = 20


@dataclass(frozen=True)
class Alike:
    """A question of the edited entry, and one of another entry that is like it; ``same``: but for punctuation."""

    question: str
    other: str
    entry: KnowledgeEntry
    likeness: float

    @property
    def same(self) -> bool:
        return self.likeness >= 1.0


class QuestionIndex:
    """Every wording of every entry, by the pairs of characters in it. Built once for each version of the knowledge."""

    def __init__(self, entries: Iterable[KnowledgeEntry]) -> None:
        self._asked: list[tuple[str, str, KnowledgeEntry]] = []  # wording, its key, entry
        self._holding: dict[str, list[int]] = defaultdict(list)
        self._sizes: list[int] = []
        for entry in entries:
            for question in entry.questions:
                pairs = _pairs(wording_key(question))
                for pair in pairs:
                    self._holding[pair].append(len(self._asked))
                self._asked.append((question, wording_key(question), entry))
                self._sizes.append(len(pairs))

    def alike(self, entry: KnowledgeEntry) -> list[Alike]:
        """Return what other entries of the same place ask like ``entry`` does, the likest first."""
        found: dict[tuple[str, str], Alike] = {}
        for question in dict.fromkeys(entry.questions):
            for one in self._near(question):
                key = (question, one.entry.id)
                if one.entry.id == entry.id or one.entry.jurisdiction != entry.jurisdiction:
                    continue
                if key not in found or found[key].likeness < one.likeness:
                    found[key] = one
        return sorted(found.values(), key=lambda one: -one.likeness)[:_MOST]

    def _near(self, question: str) -> Iterable[Alike]:
        key = wording_key(question)
        pairs = _pairs(key)
        shared = Counter(number for pair in pairs for number in self._holding.get(pair, ()))
        for number, count in shared.items():
            likeness = 2 * count / (len(pairs) + self._sizes[number])
            if likeness >= NEAR:
                other, other_key, entry = self._asked[number]
                yield Alike(question, other, entry, 1.0 if other_key == key else min(likeness, 0.99))


def repeated(questions: Sequence[str]) -> list[str]:
    """Return those of ``questions`` that repeat an earlier one but for punctuation, spacing, width or case."""
    seen: set[str] = set()
    again = []
    for question in questions:
        key = wording_key(question)
        again += [question] if key in seen else []
        seen.add(key)
    return again


def _pairs(key: str) -> set[str]:
    return {a + b for a, b in pairwise(f"^{key}$")}
