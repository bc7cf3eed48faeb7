from dataclasses import dataclass, replace

import pytest

from bot.hotline.knowledge import Aspect, Citation, Knowledge, KnowledgeEntry, PolicyDocument
from bot.hotline.verification import figures, verify


@dataclass(frozen=True)
class Clause:
    path: str
    text: str


@dataclass(frozen=True)
class Source:
    number: str | None
    title: str
    text: str
    provisions: tuple[Clause, ...]


SOURCE = Source(
    "云政规[2019]1号",
    "云江市市民卡 管理办法",
    "云江市市民卡管理办法 第一条 受理之日起十五日内发卡。第二条 (一)免费。(二)补卡收20元。",
    (Clause("第一条", "受理之日起十五日内发卡。"), Clause("第二条", "(一)免费。(二)补卡收20元。"),
     Clause("第二条(一)", "免费。"), Clause("第二条(二)", "补卡收20元。")),
)  # fmt: skip
DOCUMENT = PolicyDocument("y.card", "y", "云江市市民卡管理办法", "云政规〔2019〕1号")
ENTRY = KnowledgeEntry(
    "y.card.time", "y", "card", Aspect.TIME_LIMIT, "多久？", "15日内发卡。", (Citation("y.card", ("第一条",)),)
)


def faults(**changes: object) -> list[str]:
    entry = replace(ENTRY, **changes)  # type: ignore[arg-type]
    report = verify(Knowledge(1, {"y.card": DOCUMENT}, [entry]), [SOURCE])
    return [problem.fault for problem in report.problems]


def test_a_figure_that_stands_in_the_provision_is_right_in_either_numerals() -> None:
    assert faults() == []
    assert faults(answer="十五日内发卡。") == []


@pytest.mark.parametrize(
    "answer", ["16日内发卡。", "15日内发卡，收20元。", "15日内发卡，电话8510000。", "15日内，合格率99%。"]
)
def test_a_figure_that_does_not_stand_there_is_a_fault(answer: str) -> None:
    assert len(faults(answer=answer)) == 1


def test_a_provision_that_does_not_exist_is_a_fault() -> None:
    assert any("第九条" in fault for fault in faults(citations=(Citation("y.card", ("第一条", "第九条")),)))


def test_an_entry_without_citation_is_a_fault() -> None:
    assert faults(citations=())


def test_the_number_of_points_below_a_provision_may_be_said() -> None:
    assert faults(answer="分2种情况。", citations=(Citation("y.card", ("第二条",)),)) == []


def test_the_documents_own_number_and_the_hotlines_may_be_named() -> None:
    assert faults(answer="依据云政规〔2019〕1号，15日内发卡，可打12345。") == []


def test_a_document_that_is_not_among_the_sources_is_named_as_missing() -> None:
    report = verify(Knowledge(1, {"y.card": DOCUMENT}, [ENTRY]), [])
    assert (report.checked, report.missing) == (0, ("y.card",))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("三十个工作日", {"30"}),
        ("二〇一七年", {"2017"}),
        ("1,000元", {"1000"}),
        ("２０％", {"20%"}),
        ("一个窗口", set()),
        ("十二项", {"12"}),
        ("2017 年7 月7日", {"2017", "7"}),
    ],
)
def test_numbers_are_read_in_every_spelling(text: str, found: set[str]) -> None:
    assert figures(text) == found
