"""A complaint gets departments with a reason; what is unsure goes to a person."""

from __future__ import annotations

from bot.hotline.answering import Assistant, Turn
from bot.hotline.dialogue import Dialogue
from bot.hotline.understanding import Understanding


def test_the_likeliest_department_comes_with_a_reason_that_a_person_can_read(assistant: Assistant) -> None:
    turn = Turn("有人占道摆摊", Understanding({"report_problem": 0.9}), Dialogue())
    (first, *_) = assistant.suggest_departments(turn.text, turn)
    assert first.department.name == "云江市城市管理局"
    assert first.reason == "提到“摆摊、占道” → 城市管理/占道经营 → 云江市城市管理局 12319"
    assert 0 < first.confidence <= 1


def test_the_citizen_reads_the_reason_too(assistant: Assistant) -> None:
    reply = assistant.answer(Turn("夜市摊子占道把路占满了", Understanding({"report_problem": 0.95}), Dialogue()))
    assert reply.kind == "route"
    assert "判断理由：提到“占道”" in reply.text


def test_an_unsure_complaint_goes_to_a_person_with_what_it_might_be(assistant: Assistant) -> None:
    reply = assistant.answer(Turn("楼上半夜弹钢琴", Understanding({"report_problem": 0.95}), Dialogue()))
    assert reply.kind in {"handoff", "clarify"}, "no department is named as the one"
    assert "登记工单" in [choice.title for choice in reply.choices]
