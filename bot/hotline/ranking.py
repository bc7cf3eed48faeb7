"""Which entry answers a question: evidence for every entry, weighed by a small calibrated model (docs/answering.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bot.hotline.knowledge import KnowledgeEntry
from bot.hotline.lexicon import Lexicon
from bot.hotline.understanding import Understanding, readings
from bot.text.arrays import Array
from bot.text.similarity import DocumentIndex, TextIndex, character_grams, characters, sound_grams

# What is known about each entry for a question, in the order of the columns.
SCORES = (
    "question_grams",  # best cosine with one of the entry's questions, character n-grams
    "question_sounds",  # the same by sound, so that homophones count
    "all_characters",  # BM25 of the entry's whole text: single characters,
    "all_grams",  # character n-grams,
    "all_words",  # words,
    "all_sounds",  # sounds
    "answer_characters",  # BM25 of the question and answer alone
    "answer_grams",
    "answer_words",
)
FEATURES = (
    *SCORES,
    *(f"lead_{name}" for name in SCORES),  # how far ahead of the best other entry
    "intent",  # probability of the entry's intent
    "item_shared",  # the question names one of the entry's items
    "item_missed",  # the question names items, none of them the entry's
    "number_missed",  # the question names public numbers, none of them the entry's
    "is_route",
    "is_scope",
    "is_directory",
    "length",  # log of the question's length
)


def intent_of(entry: KnowledgeEntry) -> str:
    """Return the intent that a question answered by ``entry`` has."""
    if entry.kind.value == "route":
        return "report_problem"
    return f"ask_{entry.aspect.value}"


# What is known about the best entry when it comes to whether it really answers.
DOUBTS = (
    "best",  # logit of its probability
    "rival",  # logit of the best other provision's probability
    "unsupported",  # probability that nothing here answers such a question
    "intent",  # probability of its intent
    *(f"best_{name}" for name in SCORES),
    "length",
)


@dataclass(frozen=True)
class Logistic:
    """A logistic regression: sigmoid(bias + weights · (values - means) / scales)."""

    weights: tuple[float, ...]
    bias: float
    means: tuple[float, ...]
    scales: tuple[float, ...]

    def probabilities(self, values: Array) -> Array:
        """Return probabilities for ``values`` of shape ``(rows, len(weights))``."""
        standard = (values - np.asarray(self.means)) / np.asarray(self.scales)
        return 1.0 / (1.0 + np.exp(-(standard @ np.asarray(self.weights) + self.bias)))


@dataclass(frozen=True)
class Ranker:
    """What was trained: which entry fits best, and how sure it is that the best one answers.

    ``fit`` weighs `FEATURES` of every entry, ``trust`` weighs `DOUBTS` about the best. ``synonyms`` maps a word to the
    one that stands for all of its meaning.
    """

    fit: Logistic
    trust: Logistic
    synonyms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ranked:
    """An entry with the probability that it answers the question (of the best one, calibrated)."""

    entry: KnowledgeEntry
    confidence: float


class EntryIndex:
    """The entries of one place, prepared for ranking. Built once for each version of the knowledge."""

    def __init__(self, entries: Sequence[KnowledgeEntry], lexicon: Lexicon) -> None:
        self.entries = tuple(entries)
        self.lexicon = lexicon
        canonical = lexicon.canonical
        questions: list[str] = []
        starts: list[int] = []
        for entry in self.entries:
            starts.append(len(questions))
            questions.extend(canonical(q) for q in entry.questions)
        self._starts = np.asarray(starts, dtype=np.int64)
        self._questions = (TextIndex(questions, character_grams), TextIndex(questions, sound_grams))
        whole = [" ".join(map(canonical, (*e.questions, e.answer))) for e in self.entries]
        short = [f"{canonical(e.question)} {canonical(e.answer)}" for e in self.entries]
        self._documents = [DocumentIndex(whole, a) for a in (characters, character_grams, lexicon.words, sound_grams)]
        self._documents += [DocumentIndex(short, a) for a in (characters, character_grams, lexicon.words)]
        self._rests = [e.citations for e in self.entries]
        self._item_sets = [frozenset(e.items) for e in self.entries]
        self._intents = [intent_of(e) for e in self.entries]
        self._kinds = np.asarray(
            [[e.kind.value == "route", e.kind.value == "scope", e.topic == "hotline_directory"] for e in self.entries],
            dtype=np.float32,
        ).reshape(len(self.entries), 3)

    def features(self, text: str, understanding: Understanding) -> Array:
        """Return the evidence for every entry, shape ``(len(entries), len(FEATURES))``.

        ``text`` is canonical. A story is read in several ways and each entry keeps its best reading.
        """
        ways = readings(text)
        scores = [self._best([index.scores(way) for way in ways]) for index in self._questions]
        scores += [np.max([index.scores(way) for way in ways], axis=0) for index in self._documents]
        found = self.lexicon.items_in(text)
        numbers = frozenset(item for item in found if item.isdigit())
        items = found - numbers
        shared = np.asarray([bool(found & own) for own in self._item_sets], dtype=np.float32)
        missed = np.asarray([bool(items and own and not items & own) for own in self._item_sets], dtype=np.float32)
        other = np.asarray([bool(numbers and not numbers & own) for own in self._item_sets], dtype=np.float32)
        intent = np.asarray([understanding.probability(name) for name in self._intents], dtype=np.float32)
        length = np.full(len(self.entries), math.log(1 + len(text)), dtype=np.float32)
        columns = [*scores, *map(_lead, scores), intent, shared, missed, other, *self._kinds.T, length]
        return np.stack(columns, axis=1)

    def rank(self, text: str, understanding: Understanding, ranker: Ranker, top: int = 5) -> list[Ranked]:
        """Return the ``top`` entries for canonical ``text``, most probable first."""
        return self._ranked(self.features(text, understanding), understanding, ranker, top)

    def rank_follow_up(
        self, own: str, joined: str, topic: str | None, understanding: Understanding, ranker: Ranker
    ) -> list[Ranked]:
        """Rank for a message that leans on what went before: ``own`` words count besides the ``joined`` text.

        Where a topic is under discussion only its entries take part.
        """
        features = self.features(joined, understanding)
        if own:
            features = (features + self.features(own, understanding)) / 2
        outside = [bool(topic) and e.topic != topic for e in self.entries]
        return self._ranked(features, understanding, ranker, 5, outside)

    def _ranked(
        self,
        features: Array,
        understanding: Understanding,
        ranker: Ranker,
        top: int,
        outside: Sequence[bool] | None = None,
    ) -> list[Ranked]:
        if not self.entries:
            return []
        fits = ranker.fit.probabilities(features)
        # A message that names a public number is never answered with another department's line.
        mistaken = features[:, FEATURES.index("number_missed")] * features[:, FEATURES.index("is_directory")]
        fits = np.where(mistaken, 1e-6, fits)
        if outside is not None:
            fits = np.where(outside, 1e-6, fits)
        order = np.argsort(-fits)[:top]
        trust = float(ranker.trust.probabilities(self.doubts(features, fits, understanding)[None])[0])
        share = trust / float(fits[order[0]])
        return [Ranked(self.entries[i], float(fits[i]) * share) for i in order]

    def doubts(self, features: Array, fits: Array, understanding: Understanding) -> Array:
        """Return `DOUBTS` about the entry that fits best, shape ``(len(DOUBTS),)``."""
        best = int(np.argmax(fits))
        rivals = fits[[self._rests[i] != self._rests[best] for i in range(len(fits))]]
        rival = float(rivals.max()) if len(rivals) else 1e-6
        column = FEATURES.index("intent")
        return np.asarray(
            [
                _logit(float(fits[best])),
                _logit(rival),
                understanding.probability("ask_unsupported"),
                features[best, column],
                *features[best, : len(SCORES)],
                features[best, -1],
            ]
        )

    def _best(self, scores: Sequence[Array]) -> Array:
        return np.maximum.reduceat(np.max(scores, axis=0), self._starts)


def _logit(probability: float) -> float:
    clipped = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(clipped / (1 - clipped))


def _lead(scores: Array) -> Array:
    """Return how far each score is ahead of the best other one (negative: behind it)."""
    if len(scores) < 2:
        return scores.copy()
    first, second = np.argsort(-scores)[:2]
    best_other = np.full(len(scores), scores[first], dtype=np.float32)
    best_other[first] = scores[second]
    return scores - best_other
