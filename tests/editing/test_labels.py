"""Whatever the console may have to show has a Chinese name."""

from __future__ import annotations

import yaml

from bot.editing.labels import ASPECTS, INTENTS, QUESTION_KINDS, STYLES
from bot.hotline.knowledge import Aspect
from bot.settings import PROJECT_ROOT
from bot.training.evaluation import CONSOLE, held_out_questions


def test_every_intent_of_the_domain_has_a_name() -> None:
    intents = yaml.safe_load((PROJECT_ROOT / "domain.yml").read_text(encoding="utf8"))["intents"]
    assert [intent for intent in intents if intent not in INTENTS] == []


def test_every_aspect_has_a_name() -> None:
    assert set(ASPECTS) == set(Aspect)


def test_every_golden_question_has_a_kind_and_a_style_with_a_name() -> None:
    questions = held_out_questions(PROJECT_ROOT)
    assert {question.kind for question in questions} <= QUESTION_KINDS.keys()
    assert {question.style for question in questions} | {CONSOLE} <= STYLES.keys()
