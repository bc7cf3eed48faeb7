"""How likely a message reports present danger, and which number answers it, learnt from examples.

The signs of `bot.hotline.emergencies` know words; this knows wordings, and so also scenes in which no such word occurs.
It reads what the signs make of a message along with it, so that it knows what their word is worth.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bot.hotline.emergencies import Alarm, speaks_of_past, with_marks
from bot.text.classify import TextClassifier
from bot.text.normalise import normalise

_HARMLESS = "none"
_CLAUSE = re.compile(r"[^，。！？；、\s~…]+[，。！？；、\s~…]*")
_STORY = 30  # characters from which danger may stand in one part of a message among other things
_PART_SURE = 0.85  # probability from which a part is believed by itself
_MOST_CLAUSES = 100  # the last ones; what is pressing comes at the end of a story


@dataclass(frozen=True)
class DangerExample:
    """A message and the numbers that are right for it, the main one first; none where there is no danger."""

    text: str
    numbers: tuple[str, ...] = ()


class DangerClassifier:
    """Judges messages as a whole and, where they tell a story, part by part."""

    def __init__(self, classifier: TextClassifier) -> None:
        self._classifier = classifier
        self._harmless = classifier.labels.index(_HARMLESS)

    @classmethod
    def train(cls, examples: Iterable[DangerExample], harmless: Iterable[str], *, seed: int) -> DangerClassifier:
        """Learn from ``examples`` and from ``harmless`` texts of other kinds (questions, complaints)."""
        pairs = [(example.text, example.numbers[0] if example.numbers else _HARMLESS) for example in examples]
        pairs += [(text, _HARMLESS) for text in harmless]
        texts = [with_marks(normalise(text)) for text, _ in pairs]
        return cls(TextClassifier(seed=seed).fit(texts, [label for _, label in pairs]))

    def judge(self, text: str) -> Alarm:
        """Return how likely ``text`` reports danger, and the probabilities of the numbers."""
        whole = normalise(text)
        parts = [with_marks(part, past=past) for part, past in _parts(whole)]
        scores = self._classifier.probabilities([with_marks(whole), *parts])
        danger = 1.0 - scores[:, self._harmless]
        best = 1 + int(np.argmax(danger[1:])) if len(danger) > 1 else 0
        row = best if danger[best] >= _PART_SURE and danger[best] > danger[0] else 0
        numbers = {n: float(p) for n, p in zip(self._classifier.labels, scores[row]) if n != _HARMLESS}
        return Alarm(float(danger[row]), numbers)


def _parts(text: str) -> Sequence[tuple[str, bool]]:
    """Return each two clauses of a long ``text`` that follow each other, with whether they tell of the past.

    One clause is too little: 我妈高血压好多年了 would be an alarm in a question about prescriptions.
    """
    found = list(_CLAUSE.finditer(text))[-_MOST_CLAUSES:]
    if len(text) <= _STORY or len(found) < 3:
        return ()
    clauses = [(match[0], speaks_of_past(text[: match.start()])) for match in found]
    return list(dict.fromkeys((first + second, past) for (first, past), (second, _) in pairwise(clauses)))
