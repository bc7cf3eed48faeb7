"""Questions that are asked twice, or nearly so."""

from __future__ import annotations

from dataclasses import replace

from bot.editing.alike import QuestionIndex, repeated
from bot.hotline.knowledge import Aspect, KnowledgeEntry

ONE = KnowledgeEntry("a.one", "a", "t", Aspect.FEE, "办借书证要交多少押金？", "", (), ("借书证收钱吗",))
TWO = replace(ONE, id="a.two", question="图书馆几点开门？", similar=("星期天开门吗",))


def test_the_same_but_for_punctuation_is_the_same() -> None:
    found = QuestionIndex([ONE, TWO]).alike(replace(TWO, similar=("办借书证，要交多少押金",)))
    assert [(one.entry.id, one.same) for one in found] == [("a.one", True)]


def test_nearly_the_same_is_found_and_not_called_the_same() -> None:
    found = QuestionIndex([ONE, TWO]).alike(replace(TWO, similar=("办个借书证要交多少押金？",)))
    assert [(one.other, one.same) for one in found] == [(ONE.question, False)]


def test_other_questions_other_places_and_oneself_are_not() -> None:
    index = QuestionIndex([ONE, TWO])
    assert index.alike(TWO) == []
    assert index.alike(replace(ONE, id="b.one", jurisdiction="b")) == []
    assert index.alike(replace(ONE, answer="x")) == []


def test_what_is_written_twice_in_one_entry_is_told() -> None:
    assert repeated(["借书证收钱吗", "多少钱", "借书证收钱吗？"]) == ["借书证收钱吗？"]
