"""The facts that decide are heard in citizens' words, and every way through a check ends in an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import KnowledgeInvalid
from bot.hotline.eligibility import Eligibility, Progress, asks_something_else, breaks_off, months_in, read_eligibility
from bot.knowledge_files import read_knowledge_files
from bot.settings import PROJECT_ROOT

CHECKS = {check.id: check for check in read_eligibility(PROJECT_ROOT / "data" / "eligibility")}
PERMIT = CHECKS["jingzhou.residence_permit"]
RELIEF = CHECKS["jingzhou.emergency_relief"]


def test_every_entry_that_a_check_rests_on_exists() -> None:
    entries = {e.id for e in read_knowledge_files(PROJECT_ROOT / "data" / "knowledge").entries}
    assert {check.id: check.entries - entries for check in CHECKS.values() if check.entries - entries} == {}


@pytest.mark.parametrize(
    "text",
    ["我能不能办居住证？", "我这种情况可以申领居住证吗", "来两年了，够不够条件办居住证", "帮我看看符不符合居住证条件"],
)
def test_asking_whether_one_may_begins_a_check(text: str) -> None:
    assert PERMIT.begun_by(text)


@pytest.mark.parametrize(
    "text", ["申领居住证要什么条件", "居住证多久能办好", "谁能办居住证", "居住证要带什么", "哪些人可以申领居住证"]
)
def test_asking_for_the_rule_does_not(text: str) -> None:
    assert not PERMIT.begun_by(text)


@pytest.mark.parametrize(
    ("check", "said", "asked", "facts"),
    [
        (PERMIT, "来了三个月", None, {"registered_half_year": "no"}),
        (PERMIT, "住了8个月，在厂里上班", None, {"registered_half_year": "yes", "ground": "work"}),
        (PERMIT, "一年半了，租的房子", None, {"registered_half_year": "yes", "ground": "home"}),
        (PERMIT, "还不到半年", None, {"registered_half_year": "no"}),
        (PERMIT, "是的", "registered_half_year", {"registered_half_year": "yes"}),
        (PERMIT, "没有", "registered_half_year", {"registered_half_year": "no"}),
        (PERMIT, "没有", "ground", {"ground": "none"}),
        (PERMIT, "是的", None, {}),
        (PERMIT, "都没有", "ground", {"ground": "none"}),
        (PERMIT, "我在大学念书", "ground", {"ground": "study"}),
        (PERMIT, "今天天气真好", "ground", {}),
        (RELIEF, "邻居车祸昏迷，付不起钱", None, {"critical": "yes", "means": "unable", "identity": "known"}),
        (RELIEF, "身份不明", "identity", {"identity": "unknown"}),
        (RELIEF, "是慢性病", "critical", {"critical": "no"}),
    ],
)
def test_facts_are_heard(check: Eligibility, said: str, asked: str | None, facts: dict[str, str]) -> None:
    assert check.facts_in(said, asked) == facts


def test_only_what_still_decides_is_asked() -> None:
    first = PERMIT.next_fact({})
    assert first is not None
    assert first.id == "registered_half_year"
    assert PERMIT.outcome({"registered_half_year": "no"}) is not None
    assert PERMIT.next_fact({"registered_half_year": "no"}) is None
    known = {"registered_half_year": "yes", "ground": "work"}
    outcome = PERMIT.outcome(known)
    assert outcome is not None
    assert "可以申领" in outcome.verdict


@pytest.mark.parametrize(
    ("text", "months"),
    [("三个月", 3), ("两年", 24), ("一年半", 18), ("半年", 6), ("45天", 1.5), ("十二个月", 12), ("很久", None)],
)
def test_durations_are_read_in_months(text: str, months: float | None) -> None:
    assert months_in(text) == (pytest.approx(months) if months is not None else None)


def test_breaking_off_and_asking_on_are_told_apart() -> None:
    assert breaks_off("算了不查了")
    assert not breaks_off("算上这个月有八个月")
    assert asks_something_else("要带什么材料")
    assert not asks_something_else("满半年了")


def test_progress_survives_the_slot() -> None:
    progress = Progress("a.b", {"x": "yes"}, "y")
    assert Progress.from_slot(progress.as_slot()) == progress
    assert Progress.from_slot({}) is None


_HEAD = 'id = "a.b"\nname = "甲"\nopening = "a.b.c"\nstarts = []\nasked_by = ["甲"]\n'
_FACT = '[[fact]]\nid = "x"\nask = "问"\n[[fact.option]]\nvalue = "yes"\nlabel = "是"\n[[fact.option]]\nvalue = "no"\nlabel = "否"\n'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[", "不是有效的"),
        (_HEAD, "fact"),
        (_HEAD + _FACT + '[[outcome]]\nwhen = { x = "yes" }\nverdict = "行"\nentries = []\n', "没有写明"),
        (_HEAD.replace('["甲"]', '["("]') + _FACT + "[[outcome]]\n", "不是有效的"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "broken.toml").write_text(content, encoding="utf8")
    with pytest.raises(KnowledgeInvalid, match=f"broken.toml.*{said}"):
        read_eligibility(tmp_path)
