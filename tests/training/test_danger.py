"""Danger is found, and only danger, in messages that were written apart from all training and are never trained on."""

from __future__ import annotations

import pytest

from bot.example_files import read_danger_examples, train_danger_classifier
from bot.settings import PROJECT_ROOT
from bot.training.danger import judge_dangers
from bot.training.examples import read_nlu_examples

_HELD_OUT = PROJECT_ROOT / "tests" / "hotline" / "held_out_dangers.jsonl"
_FALSE_ALARMS = 0.02


def test_no_message_that_was_held_out_is_trained_on() -> None:
    trained = {
        example.text for example in read_danger_examples(PROJECT_ROOT / "data" / "emergencies" / "examples.jsonl")
    }
    trained |= {text for text, _ in read_nlu_examples(PROJECT_ROOT / "data" / "nlu")}
    assert not trained & {example.text for example in read_danger_examples(_HELD_OUT)}


@pytest.mark.slow
def test_every_danger_is_found_and_few_other_messages_raise_an_alarm() -> None:
    data = PROJECT_ROOT / "data"
    classifier = train_danger_classifier(data, read_nlu_examples(data / "nlu"), seed=20170717)
    score = judge_dangers(classifier, read_danger_examples(_HELD_OUT))
    assert score.dangers >= 120
    assert score.harmless >= 120
    assert score.missed == ()
    assert score.false_share <= _FALSE_ALARMS, score.false_alarms
