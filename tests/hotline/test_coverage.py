"""Coverage tells what the sources hold and no entry tells; contradictions are found by figures."""

from dataclasses import replace

from bot.hotline.coverage import contradictions, gaps
from bot.hotline.knowledge import Aspect, Citation, Knowledge, KnowledgeEntry, PolicyDocument
from tests.hotline.test_verification import Clause, Source

SOURCE = Source(
    "云政规[2019]1号",
    "云江市市民卡管理办法",
    "",
    (
        Clause("第一条", "第一条 依据云政发〔2018〕3号，受理之日起15日内发卡。"),
        Clause("第二条", "第二条 收费如下:(一)首次免费。(二)补卡收20元。"),
        Clause("第二条(一)", "(一)首次免费。"),
        Clause("第二条(二)", "(二)补卡收20元。"),
        Clause("第三条", "第三条 市公安局负责制卡。"),
    ),
)
DOCUMENT = PolicyDocument("y.card", "y", "云江市市民卡管理办法", "云政规〔2019〕1号")
ENTRY = KnowledgeEntry(
    "y.card.time", "y", "card", Aspect.TIME_LIMIT, "市民卡多久发？", "15日内发卡。", (Citation("y.card", ("第一条",)),)
)


def left_out(*entries: KnowledgeEntry) -> list[tuple[str, tuple[str, ...]]]:
    return [(gap.path, gap.figures) for gap in gaps(Knowledge(1, {"y.card": DOCUMENT}, entries), [SOURCE])]


def test_figures_and_duties_that_no_entry_tells_are_gaps() -> None:
    assert left_out(ENTRY) == [("第二条(二)", ("20",)), ("第三条", ())]


def test_an_answer_counts_for_the_provisions_below_the_one_it_cites() -> None:
    fee = replace(ENTRY, id="y.card.fee", answer="补卡20元。", citations=(Citation("y.card", ("第二条",)),))
    duty = replace(ENTRY, id="y.card.duty", answer="公安局。", citations=(Citation("y.card", ("第三条",)),))
    assert left_out(ENTRY, fee, duty) == []


def test_citing_a_provision_without_its_figure_leaves_a_gap() -> None:
    assert left_out(replace(ENTRY, answer="很快。"))[0] == ("第一条", ("15",))


def test_entries_that_ask_alike_and_differ_in_their_figures_contradict_each_other() -> None:
    other = replace(ENTRY, id="y.card.other", question="市民卡多久能发？", answer="20日内发卡。")
    found = list(contradictions(Knowledge(1, {"y.card": DOCUMENT}, [ENTRY, other])))
    assert [(pair.first.id, pair.second.id) for pair in found] == [("y.card.time", "y.card.other")]
    same = replace(other, answer="15日内就能发。")
    elsewhere = replace(other, jurisdiction="z")
    another_aspect = replace(other, aspect=Aspect.FEE)
    for harmless in (same, elsewhere, another_aspect):
        assert not list(contradictions(Knowledge(1, {"y.card": DOCUMENT}, [ENTRY, harmless])))
