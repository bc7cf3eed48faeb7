"""Which entry answers a question: evidence for every entry, weighed by a small calibrated model (docs/answering.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.hotline.knowledge import KnowledgeEntry
from bot.hotline.understanding import Understanding, readings
from bot.text.names import NameMatcher
from bot.text.normalise import normalise, strip_filler
from bot.text.similarity import TextIndex, character_grams, sound_grams

FEATURES = (
    "question_characters",  # best cosine with one of the entry's questions, characters
    "question_sounds",  # the same by sound, so that homophones count
    "question_coverage",  # share of the query that the entry's questions and answer hold
    "text_characters",  # cosine with the entry as a whole
    "intent",  # probability of the entry's intent
    "item_shared",  # the query names one of the entry's items
    "item_missed",  # the query names items, none of them the entry's
    "lead_characters",  # lead over the best other entry, characters
    "lead_sounds",
    "lead_coverage",
    "is_route",
    "is_scope",
    "is_directory",
    "length",  # log of the query's length
)


def intent_of(entry: KnowledgeEntry) -> str:
    """Return the intent that a question answered by ``entry`` has."""
    if entry.kind.value == "route":
        return "report_problem"
    return f"ask_{entry.aspect.value}"


@dataclass(frozen=True)
class RankerWeights:
    """Logistic regression over `FEATURES`: P(entry answers the query) = sigmoid(bias + weights · features)."""

    weights: tuple[float, ...]
    bias: float
    means: tuple[float, ...]
    scales: tuple[float, ...]

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Return probabilities for ``features`` of shape ``(entries, len(FEATURES))``."""
        standard = (features - np.asarray(self.means)) / np.asarray(self.scales)
        return 1.0 / (1.0 + np.exp(-(standard @ np.asarray(self.weights) + self.bias)))


@dataclass(frozen=True)
class Ranked:
    """An entry with the calibrated probability that it answers the question."""

    entry: KnowledgeEntry
    confidence: float


class EntryIndex:
    """The entries of one place, prepared for ranking. Built once for each version of the knowledge."""

    def __init__(self, entries: Sequence[KnowledgeEntry], item_names: Mapping[str, Sequence[str]]) -> None:
        """``item_names`` maps an item's id to its names, the canonical one first."""
        self.entries = tuple(entries)
        self._matcher = NameMatcher({name: item for item, names in item_names.items() for name in names})
        self._canonical = {item: normalise(names[0]) for item, names in item_names.items()}
        questions: list[str] = []
        starts: list[int] = []
        for entry in self.entries:
            starts.append(len(questions))
            questions.extend(self.canonical(q) for q in entry.questions)
        self._starts = np.asarray(starts, dtype=np.int64)
        self._characters = TextIndex(questions, character_grams)
        self._sounds = TextIndex(questions, sound_grams)
        texts = [self.canonical(" ".join((*e.questions, e.answer))) for e in self.entries]
        self._texts = TextIndex(texts, character_grams)
        self._item_sets = [frozenset(e.items) for e in self.entries]
        self._intents = [intent_of(e) for e in self.entries]
        self._kinds = np.asarray(
            [[e.kind.value == "route", e.kind.value == "scope", e.topic == "hotline_directory"] for e in self.entries],
            dtype=np.float32,
        ).reshape(len(self.entries), 3)

    def canonical(self, text: str) -> str:
        """Return ``text`` normalised, without filler, every item's alias written as the item's name."""
        return self._matcher.replace(strip_filler(normalise(text)), self._canonical)

    def items_in(self, text: str) -> frozenset[str]:
        """Return the ids of the items that normalised ``text`` names."""
        return frozenset(match.key for match in self._matcher.find(text))

    def features(self, text: str, understanding: Understanding) -> np.ndarray:
        """Return the evidence for every entry, shape ``(len(entries), len(FEATURES))``.

        ``text`` is canonical. A story is read in several ways and each entry keeps its best reading.
        """
        ways = readings(text)
        characters = self._best([self._characters.scores(way) for way in ways])
        sounds = self._best([self._sounds.scores(way) for way in ways])
        coverage = np.max([self._texts.coverage(way) for way in ways], axis=0)
        whole = np.max([self._texts.scores(way) for way in ways], axis=0)
        items = self.items_in(text)
        shared = np.asarray([bool(items & own) for own in self._item_sets], dtype=np.float32)
        missed = np.asarray([bool(items and own and not items & own) for own in self._item_sets], dtype=np.float32)
        intent = np.asarray([understanding.probability(name) for name in self._intents], dtype=np.float32)
        length = np.full(len(self.entries), math.log(1 + len(text)), dtype=np.float32)
        columns = [characters, sounds, coverage, whole, intent, shared, missed]
        columns += [_lead(characters), _lead(sounds), _lead(coverage), *self._kinds.T, length]
        return np.stack(columns, axis=1)

    def rank(self, text: str, understanding: Understanding, weights: RankerWeights, top: int = 5) -> list[Ranked]:
        """Return the ``top`` entries for canonical ``text``, most probable first."""
        if not self.entries:
            return []
        probabilities = weights.probabilities(self.features(text, understanding))
        order = np.argsort(-probabilities)[:top]
        return [Ranked(self.entries[i], float(probabilities[i])) for i in order]

    def rank_follow_up(
        self, own: str, joined: str, topic: str | None, understanding: Understanding, weights: RankerWeights
    ) -> list[Ranked]:
        """Rank for a message that leans on what went before: ``own`` words count besides the ``joined`` text.

        Where a topic is under discussion only its entries take part.
        """
        together = self.features(joined, understanding)
        features = (together + self.features(own, understanding)) / 2 if own else together
        probabilities = weights.probabilities(features)
        if topic:
            probabilities = np.where([e.topic == topic for e in self.entries], probabilities, 0.0)
        order = np.argsort(-probabilities)[:5]
        return [Ranked(self.entries[i], float(probabilities[i])) for i in order]

    def _best(self, scores: Sequence[np.ndarray]) -> np.ndarray:
        return np.maximum.reduceat(np.max(scores, axis=0), self._starts)


def _lead(scores: np.ndarray) -> np.ndarray:
    """Return how far each score is ahead of the best other one (negative: behind it)."""
    if len(scores) < 2:
        return scores.copy()
    first, second = np.argsort(-scores)[:2]
    best_other = np.full(len(scores), scores[first], dtype=np.float32)
    best_other[first] = scores[second]
    return scores - best_other
