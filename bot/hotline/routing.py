"""Which departments may handle a matter (派单建议): how likely each is, and a reason that a person can read.

A dispatcher knows the matters (事项类别) of any city from example texts and from the words that people name; the dispatch
catalogue (派单目录) of a place, its routing rules, says which department handles which matter there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bot.hotline.knowledge import Department, Knowledge, RoutingRule
from bot.hotline.ranking import Weights
from bot.text.arrays import Array
from bot.text.classify import TextClassifier
from bot.text.normalise import normalise
from bot.text.similarity import TextIndex, character_grams, sound_grams
from bot.text.wording import Wording

# What is known about each matter for a text, in the order of the columns.
FEATURES = (
    "classifier",  # margin by which a linear classifier on n-grams of characters and sounds holds it for this one
    "words",  # how much the named words speak for it together
    "best_word",  # how much the strongest of them does
    "examples",  # how close the examples of the matter are, by characters
    "sounding",  # how close the closest is by sound
)
SURE = 0.6  # confidence from which a matter is taken as recognised; below it a person decides
_LISTED, _SEEN, _ELSEWHERE = 1.0, 0.5, 0.02  # what a listed word, an example and nothing count for a matter
_LONGEST_WORD = 8
_LONGEST_TEXT = 2000  # characters that are read


@dataclass(frozen=True)
class Matter:
    """A kind of matter that a text may be about, with its probability and the words that speak for it."""

    category: str
    probability: float
    mentioned: tuple[str, ...]


@dataclass(frozen=True)
class Suggestion:
    """A department that may handle a matter. ``confidence`` is the probability that it does.

    Without a ``department`` the catalogue of the place names none for the ``category``: a person has to decide.
    """

    category: str
    rule: RoutingRule | None
    department: Department | None
    confidence: float
    mentioned: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Return ``提到“占道、摊贩” → 城市管理/占道经营 → 荆州市城市管理局 12319``."""
        words = f"提到“{'、'.join(self.mentioned)}” → " if self.mentioned else ""
        line = f" {self.rule.hotline}" if self.rule and self.rule.hotline else ""
        return f"{words}{self.category} → {self.department.name if self.department else '目录中没有承办单位'}{line}"


@dataclass(frozen=True)
class MatterTexts:
    """What a dispatcher is made from: words of each matter, and labelled texts as ``(normalised text, category)``."""

    words: Mapping[str, Sequence[str]]
    examples: Sequence[tuple[str, str]]

    @property
    def all_texts(self) -> list[tuple[str, str]]:
        """The examples, then every word as a text of its own."""
        return [*self.examples, *((word, category) for category, words in self.words.items() for word in words)]


@dataclass
class MatterEvidence:
    """Gives the `FEATURES` of every matter for a text."""

    texts: MatterTexts
    classifier: TextClassifier
    categories: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.categories = tuple(self.texts.words)
        number = {category: i for i, category in enumerate(self.categories)}
        known = self.texts.all_texts
        self._matter_of = np.asarray([number[category] for _, category in known])
        self._grams = TextIndex([text for text, _ in known], character_grams)
        self._sounds = TextIndex([text for text, _ in known], sound_grams)
        self._label_of = [self.classifier.labels.index(category) for category in self.categories]
        self._strength = _word_strength(self.texts, number)

    def features(self, text: str) -> Array:
        """Return the evidence for normalised ``text``, shape ``(matters, len(FEATURES))``."""
        margins = self.classifier.scores([text])[0][self._label_of]
        strengths = [self._strength[word] * min(1.5, len(word) / 2) for word in self.words_in(text)]
        found = np.stack(strengths) if strengths else np.zeros((1, len(self.categories)))
        close, sounding = self._grams.scores(text), self._sounds.scores(text)
        near, near_sound = np.zeros(len(self.categories)), np.zeros(len(self.categories))
        np.add.at(near, self._matter_of, close**2)
        np.maximum.at(near_sound, self._matter_of, sounding)
        together = found.sum(axis=0) / np.sqrt(len(found))
        return np.stack([margins, together, found.max(axis=0), np.sqrt(near), near_sound], axis=1)

    def words_in(self, text: str) -> list[str]:
        """Return the known words that stand in ``text``, none that only stands within another one."""
        found = {
            text[start:end]
            for start in range(len(text))
            for end in range(start + 1, min(start + _LONGEST_WORD, len(text)) + 1)
            if text[start:end] in self._strength
        }
        return [word for word in found if not any(word != other and word in other for other in found)]

    def speaking_for(self, words: Iterable[str], category: str, most: int = 3) -> tuple[str, ...]:
        """Return those of ``words`` that speak for ``category`` more than for most others, the strongest first."""
        number = self.categories.index(category)
        listed = set(self.texts.words[category])
        strong = [(float(self._strength[word][number]), word) for word in words if word in listed]
        return tuple(word for _, word in sorted(strong, key=lambda pair: (-pair[0], pair[1]))[:most])


class Dispatcher:
    """Recognises what a complaint is about. Immutable."""

    def __init__(self, evidence: MatterEvidence, weights: Weights) -> None:
        self.evidence = evidence
        self.weights = weights

    def matters(self, text: str) -> list[Matter]:
        """Return every matter that normalised ``text`` may be about, the likeliest first; probabilities sum to one."""
        scores = self.weights.scores(self.evidence.features(text))
        likely = np.exp(scores - scores.max())
        likely /= likely.sum()
        words = self.evidence.words_in(text)
        return [
            Matter(category, float(likely[i]), self.evidence.speaking_for(words, category))
            for i, category in ((i, self.evidence.categories[i]) for i in np.argsort(-likely))
        ]


def suggest_departments(matters: Sequence[Matter], knowledge: Knowledge, place: str, most: int = 3) -> list[Suggestion]:
    """Return at most ``most`` different departments of ``place`` for ``matters``, the likeliest first.

    A department's confidence is that of all its matters together; its reason is the likeliest of them.
    """
    rules = {rule.category: rule for rule in knowledge.routing_rules if rule.jurisdiction == place}
    if not rules:
        return []
    confidence: dict[str, float] = defaultdict(float)
    first: dict[str, Matter] = {}
    for matter in matters:
        rule = rules.get(matter.category)
        key = rule.department if rule else matter.category
        confidence[key] += matter.probability
        first.setdefault(key, matter)
    found = []
    for key in sorted(first, key=lambda k: -confidence[k])[:most]:
        matter, rule = first[key], rules.get(first[key].category)
        department = knowledge.departments[rule.department] if rule else None
        found.append(Suggestion(matter.category, rule, department, confidence[key], matter.mentioned))
    return found


@dataclass(frozen=True)
class RoutingAdvice:
    """What operators, other systems and the conversation ask: which departments a text is for (派单建议)."""

    dispatcher: Dispatcher
    wording: Wording
    knowledge: Knowledge

    def suggest(self, text: str, place: str) -> list[Suggestion]:
        """Return the three likeliest departments of ``place`` for ``text``; none where it has no catalogue."""
        matters = self.dispatcher.matters(self.wording.plain(normalise(text[:_LONGEST_TEXT])))
        return suggest_departments(matters, self.knowledge, place)


def _word_strength(texts: MatterTexts, number: Mapping[str, int]) -> dict[str, Array]:
    """Return word → log share of each matter, from where it is listed and which examples hold it."""
    counts: dict[str, Array] = {}
    for category, words in texts.words.items():
        for word in words:
            counts.setdefault(word, np.full(len(number), _ELSEWHERE))[number[category]] += _LISTED
    by_start: dict[str, list[str]] = defaultdict(list)
    for word in counts:
        by_start[word[0]].append(word)
    for text, category in texts.examples:
        for word in {w for character in set(text) for w in by_start[character] if w in text}:
            counts[word][number[category]] += _SEEN
    return {word: np.log(count / count.sum()) for word, count in counts.items()}
