"""How well danger is found in messages that neither the signs nor the classifier learnt from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.example_files import danger_texts
from bot.hotline.danger_classifier import DangerClassifier, DangerExample
from bot.hotline.emergencies import detect_emergency
from bot.text.normalise import normalise
from bot.training.examples import read_nlu_examples

_FOLDS = 5
_SEED = 20170717


@dataclass(frozen=True)
class DangerScore:
    """What became of the messages: how many there are of both kinds, and which were judged wrongly."""

    dangers: int
    harmless: int
    missed: tuple[str, ...]
    false_alarms: tuple[str, ...]
    other_number: tuple[str, ...]  # found, but the first number is none that was right

    @property
    def recall(self) -> float:
        """Share of the dangers that were found."""
        return 1 - len(self.missed) / self.dangers

    @property
    def false_share(self) -> float:
        """Share of the messages without danger that raised an alarm."""
        return len(self.false_alarms) / self.harmless


def measure_danger(data: Path, say: Callable[[str], None], folds: int = _FOLDS) -> DangerScore:
    """Return how the written examples in ``data`` fare when a classifier judges them that learnt from the other folds.

    The signs know the half of them marked ``dev``. Raises KnowledgeInvalid.
    """
    written, reported, harmless = danger_texts(data, read_nlu_examples(data / "nlu"), seed=_SEED)
    fold_of = np.random.default_rng(_SEED).permutation(len(written)) % folds
    scores = []
    for fold in range(folds):
        say(f"第 {fold + 1} 折，共 {folds} 折……")
        known = [example for example, at in zip(written, fold_of) if at != fold]
        classifier = DangerClassifier.train([*known, *reported], harmless, seed=_SEED)
        scores.append(judge_dangers(classifier, (e for e, at in zip(written, fold_of) if at == fold)))
    return DangerScore(
        sum(score.dangers for score in scores),
        sum(score.harmless for score in scores),
        tuple(text for score in scores for text in score.missed),
        tuple(text for score in scores for text in score.false_alarms),
        tuple(text for score in scores for text in score.other_number),
    )


def judge_dangers(classifier: DangerClassifier, examples: Iterable[DangerExample]) -> DangerScore:
    """Return how ``examples`` fare when signs and ``classifier`` decide together."""
    dangers = harmless = 0
    missed, false_alarms, other_number = [], [], []
    for example in examples:
        dangers += bool(example.numbers)
        harmless += not example.numbers
        found = detect_emergency(normalise(example.text), classifier.judge(example.text))
        if found and not example.numbers:
            false_alarms.append(example.text)
        elif example.numbers and not found:
            missed.append(example.text)
        elif found and found.numbers[0] not in example.numbers:
            other_number.append(example.text)
    return DangerScore(dangers, harmless, tuple(missed), tuple(false_alarms), tuple(other_number))
