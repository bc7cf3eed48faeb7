"""A complaint gets departments with a reason; what is unsure goes to a person."""

from __future__ import annotations

import pytest

from bot.hotline.answering import Assistant, Turn
from bot.hotline.dialogue import Dialogue
from bot.hotline.routing import Dispatcher, Matter, suggest_departments
from bot.hotline.understanding import Understanding
from bot.training.dispatcher import train_dispatcher
from tests.hotline.conftest import KNOWLEDGE, MATTERS, NOISE, SCHOOL, STALLS


@pytest.fixture(scope="module")
def dispatcher() -> Dispatcher:
    return train_dispatcher(MATTERS)


def test_the_likeliest_department_comes_with_a_reason_that_a_person_can_read(assistant: Assistant) -> None:
    first, *_ = assistant.suggest_departments("有人占道摆摊", "yunjiang")
    assert first.department
    assert first.department.name == "云江市城市管理局"
    assert first.reason in {
        f"提到“{words}” → 城市管理/占道经营 → 云江市城市管理局 12319" for words in ("占道、摆摊", "摆摊、占道")
    }
    assert 0.5 < first.confidence <= 1


def test_a_matter_that_the_catalogue_lacks_has_no_department(assistant: Assistant) -> None:
    first, *_ = assistant.suggest_departments("老师下课后让学生去家里补课", "yunjiang")
    assert (first.category, first.department, first.rule) == (SCHOOL, None, None)
    assert "没有承办单位" in first.reason


def test_a_place_without_a_catalogue_suggests_nothing(assistant: Assistant) -> None:
    assert assistant.suggest_departments("有人占道摆摊", "haitian") == []


def test_the_citizen_reads_the_reason_too(assistant: Assistant) -> None:
    reply = assistant.answer(Turn("夜市摊子占道把路占满了", Understanding({"report_problem": 0.95}), Dialogue()))
    assert reply.kind == "route"
    assert "判断理由：提到“" in reply.text


def test_an_unsure_complaint_goes_to_a_person_with_what_it_might_be(assistant: Assistant) -> None:
    reply = assistant.answer(Turn("隔壁天天养鸽子掉毛", Understanding({"report_problem": 0.95}), Dialogue()))
    assert reply.kind in {"handoff", "clarify"}, "no department is named as the one"
    assert "登记工单" in [choice.title for choice in reply.choices]


def test_probabilities_sum_to_one_and_the_words_that_count_are_named(dispatcher: Dispatcher) -> None:
    matters = dispatcher.matters("音响吵得孩子作业写不了")
    assert sum(m.probability for m in matters) == pytest.approx(1)
    assert {m.category for m in matters} == {STALLS, NOISE, SCHOOL}
    assert set(next(m for m in matters if m.category == NOISE).mentioned) == {"音响", "吵"}


def test_a_word_within_a_longer_one_does_not_count_twice(dispatcher: Dispatcher) -> None:
    assert set(dispatcher.evidence.words_in("烧烤摊占道")) == {"烧烤摊", "占道"}


@pytest.mark.parametrize("text", ["", "？？", "x" * 5000])
def test_any_text_is_judged(dispatcher: Dispatcher, text: str) -> None:
    assert len(dispatcher.matters(text)) == 3


def test_the_matters_of_one_department_add_up() -> None:
    likely = [Matter(STALLS, 0.4, ("占道",)), Matter(NOISE, 0.35, ()), Matter(SCHOOL, 0.25, ())]
    first, second, third = suggest_departments(likely, KNOWLEDGE, "yunjiang")
    assert [s.confidence for s in (first, second, third)] == [0.4, 0.35, 0.25]
    assert second.department is None
