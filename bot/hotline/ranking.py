"""Which entry answers a question: evidence for every entry, weighed by a small calibrated model (docs/answering.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from bot.hotline.knowledge import Citation, KnowledgeEntry
from bot.hotline.lexicon import Lexicon
from bot.hotline.understanding import COMPLAINT_INTENT, Understanding, readings
from bot.text.arrays import Array
from bot.text.similarity import DocumentIndex, TextIndex, character_grams, characters, sound_grams
from bot.text.wording import WordingData

# What is known about each entry for a question, in the order of the columns.
SCORES = (
    "question_grams",  # best cosine with one of the entry's questions, character n-grams
    "question_sounds",  # the same by sound, so that homophones count
    "question_words",  # the same by words, synonyms counting as one
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
    "nearly_known",  # how far the best of the likenesses is above _NEAR
    "intent",  # probability of the entry's intent
    "item_shared",  # the question names one of the entry's items
    "item_missed",  # the question names items, none of them the entry's
    "number_missed",  # the question names public numbers, none of them the entry's
    "is_route",
    "is_scope",
    "is_directory",
)


def intent_of(entry: KnowledgeEntry) -> str:
    """Return the intent that a question answered by ``entry`` has."""
    if entry.kind.value == "route":
        return COMPLAINT_INTENT
    return f"ask_{entry.aspect.value}"


# What is known about the best entry when it comes to whether it really answers.
DOUBTS = (
    "share",  # log of its probability among all entries
    "lead",  # how far its score is ahead of the best one that rests on another provision
    "unsupported",  # probability that nothing here answers such a question, as far as the best one's own differ from it
)
_INTENT = FEATURES.index("intent")
_NEARLY_KNOWN = FEATURES.index("nearly_known")
_KEPT = 128  # texts whose evidence is kept
_NEAR = 0.7
_FARTHEST = 8.0  # a greater lead says no more
_TOLD = 2.0  # taken from the score of the entry that was given last when somebody asks on
_EXCLUDED = 50.0  # taken from the score of an entry that must not answer


@dataclass(frozen=True)
class Weights:
    """A weighing of evidence: ``bias + weights · (values - means) / scales``."""

    weights: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    bias: float = 0.0

    def scores(self, values: Array) -> Array:
        """Return one score for each row of ``values``, shape ``(rows, len(weights))``."""
        standard = (values - np.asarray(self.means)) / np.asarray(self.scales)
        return standard @ np.asarray(self.weights) + self.bias


@dataclass(frozen=True)
class Thresholds:
    """From which confidence an entry is given as the answer, and from which it is offered as one of several."""

    answer: float = 0.65
    offer: float = 0.03


@dataclass(frozen=True)
class Ranker:
    """What was trained: which entry fits best, and how sure it is that the best one answers.

    ``fit`` weighs `FEATURES` of every entry: its scores are the logits of a choice among the entries (conditional
    logit, McFadden 1974). ``trust`` weighs `DOUBTS` about the best: the logit that it answers. ``synonyms`` maps a word
    to the one that stands for all of its meaning. ``wording`` reads pinyin and misspelt words. ``thresholds``
    say what to do with a confidence. ``taught`` are further wordings of entries, from labels on real messages.
    """

    fit: Weights
    trust: Weights
    synonyms: Mapping[str, str] = field(default_factory=dict)
    wording: WordingData = field(default_factory=WordingData)
    thresholds: Thresholds = Thresholds()
    taught: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # KnowledgeEntry.id → texts


@dataclass(frozen=True)
class Ranked:
    """An entry with the probability that it answers the question (of the best one, calibrated)."""

    entry: KnowledgeEntry
    confidence: float


class EntryIndex:
    """The entries of one place, prepared for ranking. Built once for each version of the knowledge."""

    def __init__(self, entries: Sequence[KnowledgeEntry], lexicon: Lexicon, earlier: EntryIndex | None = None) -> None:
        """``earlier`` is the index before an edit: with the same lexicon, only new texts are read."""
        self.entries = tuple(entries)
        self.lexicon = lexicon
        canonical = lexicon.canonical
        questions: list[str] = []
        starts: list[int] = []
        for entry in self.entries:
            starts.append(len(questions))
            questions.extend(canonical(q) for q in entry.questions)
        self._starts = np.asarray(starts, dtype=np.int64)
        before = earlier if earlier and earlier.lexicon is lexicon else None
        old: Sequence[TextIndex | None] = before._questions if before else [None] * 3
        analyzers = (character_grams, sound_grams, lexicon.words)
        self._questions: list[TextIndex] = [TextIndex(questions, a, b) for a, b in zip(analyzers, old)]
        whole = [" ".join(map(canonical, (*e.questions, e.answer))) for e in self.entries]
        short = [f"{canonical(e.question)} {canonical(e.answer)}" for e in self.entries]
        texts = [(whole, a) for a in (characters, character_grams, lexicon.words, sound_grams)]
        texts += [(short, a) for a in (characters, character_grams, lexicon.words)]
        told: Sequence[DocumentIndex | None] = before._documents if before else [None] * len(texts)
        self._documents: list[DocumentIndex] = [DocumentIndex(text, a, b) for (text, a), b in zip(texts, told)]
        numbers: dict[tuple[Citation, ...], int] = {}
        self._evidence = lru_cache(maxsize=_KEPT)(self._compute_evidence)
        self._rests = np.asarray([numbers.setdefault(e.citations, len(numbers)) for e in self.entries])
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
        features = self._evidence(text).copy()
        features[:, _INTENT] = [understanding.probability(name) for name in self._intents]
        return features

    def _compute_evidence(self, text: str) -> Array:
        """Return `features` with the intent left out; kept for the last texts, since a follow-up is read many times."""
        ways = readings(text)
        scores = [self._best([index.scores(way) for way in ways]) for index in self._questions]
        scores += [np.max([index.scores(way) for way in ways], axis=0) for index in self._documents]
        found = self.lexicon.items_in(text)
        numbers = frozenset(item for item in found if item.isdigit())
        items = found - numbers
        shared = np.asarray([bool(found & own) for own in self._item_sets], dtype=np.float32)
        missed = np.asarray([bool(items and own and not items & own) for own in self._item_sets], dtype=np.float32)
        other = np.asarray([bool(numbers and not numbers & own) for own in self._item_sets], dtype=np.float32)
        near = np.maximum(np.max(scores[: len(self._questions)], axis=0) - _NEAR, 0.0)
        intent = np.zeros(len(self.entries), dtype=np.float32)
        return np.stack([*scores, near, intent, shared, missed, other, *self._kinds.T], axis=1)

    def rank(
        self, text: str, understanding: Understanding, ranker: Ranker, *, routes: bool = True, top: int = 5
    ) -> list[Ranked]:
        """Return the ``top`` entries for canonical ``text``, most probable first, routing rules only with ``routes``."""
        return self._ranked(self.features(text, understanding), understanding, ranker, top, self._shut_out(routes))

    def rank_follow_up(
        self,
        own: str,
        joined: str,
        topic: str | None,
        understanding: Understanding,
        ranker: Ranker,
        *,
        routes: bool,
        told: str | None = None,
    ) -> list[Ranked]:
        """Rank for a message that leans on what went before: ``own`` words count besides the ``joined`` text.

        Where a topic is under discussion only its entries take part. ``told`` is the entry that was given last: who asks
        on has read it and wants to know something else.
        """
        features = self.features(joined, understanding)
        if own:
            features = (features + self.features(own, understanding)) / 2
        outside = np.asarray([bool(topic) and e.topic != topic for e in self.entries])
        # What is asked only makes sense with what went before, so that it alone looks unanswerable says little.
        eased = dict(understanding.scores) | {"ask_unsupported": understanding.probability("ask_unsupported") / 2}
        less = np.asarray([_TOLD * (e.id == told) for e in self.entries])
        return self._ranked(features, Understanding(eased), ranker, 5, self._shut_out(routes) | outside, less)

    def _shut_out(self, routes: bool) -> Array:
        is_route = self._kinds[:, 0].astype(bool)
        return np.zeros_like(is_route) if routes else is_route

    def _ranked(
        self,
        features: Array,
        understanding: Understanding,
        ranker: Ranker,
        top: int,
        shut_out: Array,
        less: Array | float = 0.0,
    ) -> list[Ranked]:
        if not self.entries:
            return []
        # A message that names a public number is never answered with another department's line.
        mistaken = features[:, FEATURES.index("number_missed")] * features[:, FEATURES.index("is_directory")]
        scores = ranker.fit.scores(features) - _EXCLUDED * (shut_out | (mistaken > 0)) - less
        order = np.argsort(-scores)[:top]
        trust = float(sigmoid(ranker.trust.scores(self.doubts(features, scores, understanding)[None]))[0])
        return [Ranked(self.entries[i], trust * math.exp(scores[i] - scores[order[0]])) for i in order]

    def doubts(self, features: Array, scores: Array, understanding: Understanding) -> Array:
        """Return `DOUBTS` about the entry with the best of ``scores``, shape ``(len(DOUBTS),)``.

        Intents are learnt at training: about an entry that was published since, its own questions know better.
        """
        best = int(np.argmax(scores))
        lead = scores[best] - scores[self._rests != self._rests[best]].max(initial=-math.inf)
        share = -math.log(np.exp(scores - scores[best]).sum())
        unlike = 1.0 - min(float(features[best, _NEARLY_KNOWN]) / (1.0 - _NEAR), 1.0)
        return np.asarray([share, min(float(lead), _FARTHEST), understanding.probability("ask_unsupported") * unlike])

    def _best(self, scores: Sequence[Array]) -> Array:
        return np.maximum.reduceat(np.max(scores, axis=0), self._starts)


def sigmoid(logits: Array) -> Array:
    """Return the probabilities whose logits are ``logits``."""
    return 1.0 / (1.0 + np.exp(-logits))
