"""Drafts from provisions: questions by rule, figures of the provision, and no answer."""

from __future__ import annotations

import pytest

from bot.editing.drafts import as_content, aspect_of, from_content, proposal, subject_of, told_figures
from bot.hotline.knowledge import Aspect, PolicyDocument, Provision

DOCUMENT = PolicyDocument("y.pool", "y", "云江市人民政府关于印发云江市游泳馆管理办法的通知")


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("成人票每次20元，儿童票每次10元。", Aspect.AMOUNT),
        ("借期30日，可以续借1次。", Aspect.TIME_LIMIT),
        ("申请人应当提交下列材料：身份证。", Aspect.MATERIALS),
        ("本办法所称游泳馆，是指公共游泳场所。", Aspect.DEFINITION),
        ("不得在馆内吸烟。", Aspect.REQUIREMENT),
        ("文化局负责管理工作。", Aspect.RESPONSIBILITY),
    ],
)
def test_the_aspect_comes_from_the_words(text: str, aspect: Aspect) -> None:
    assert aspect_of(text) is aspect


def test_a_draft_asks_and_does_not_answer() -> None:
    made = proposal(DOCUMENT, Provision(DOCUMENT.id, "第二条", "成人票每次20元。"))
    assert subject_of(DOCUMENT) == "云江市游泳馆管理"
    assert made.entry.question == "云江市游泳馆管理的标准是多少？"
    assert made.entry.answer == ""
    assert made.entry.citations[0].provisions == ("第二条",)
    assert from_content(as_content(made.entry)) == made.entry


def test_figures_come_with_their_units() -> None:
    assert told_figures("2024年6月1日起，每次20元，最多5册，15个工作日，电话0716-12345。") == [
        "2024年6月1日", "20元", "5册", "15个工作日", "0716-12345",
    ]  # fmt: skip
