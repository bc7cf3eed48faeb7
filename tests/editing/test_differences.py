"""What changed between two texts, word by word."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.editing.differences import differences, entry_differences
from bot.hotline.knowledge import Aspect, Citation, KnowledgeEntry

ENTRY = KnowledgeEntry("a.b.c", "a", "b", Aspect.FEE, "多少钱？", "押金100元。", (Citation("a.b", ("第二条",)),))


def test_a_number_changes_as_a_whole() -> None:
    pieces = [(p.change, p.text) for p in differences("押金100元。", "押金120元。")]
    assert pieces == [("same", "押金"), ("removed", "100"), ("added", "120"), ("same", "元。")]


@given(st.text("押金1元，。\n", max_size=30), st.text("押金1元，。\n", max_size=30))
def test_both_texts_can_be_read_out_of_the_difference(before: str, after: str) -> None:
    pieces = differences(before, after)
    assert "".join(p.text for p in pieces if p.change != "added") == before
    assert "".join(p.text for p in pieces if p.change != "removed") == after


def test_only_the_fields_that_differ_are_named() -> None:
    after = replace(ENTRY, answer="不收。", citations=(Citation("a.b"),), accepted=False)
    assert [one.label for one in entry_differences(ENTRY, after)] == ["答复", "受理与否", "依据"]
    assert entry_differences(ENTRY, ENTRY) == []
