"""Present danger is found whatever way it is told; what merely speaks of danger is not taken for it."""

from __future__ import annotations

import json
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.hotline.emergencies import Alarm, Danger, Emergency, detect_emergency
from bot.settings import PROJECT_ROOT
from bot.text.normalise import normalise

_LINES = (PROJECT_ROOT / "data" / "emergencies" / "examples.jsonl").read_text(encoding="utf-8").splitlines()
_CASES: list[dict[str, Any]] = [case for line in _LINES if "split" in (case := json.loads(line))]
_RECALL_ON_UNSEEN = 0.93  # what was reached on the half whose single lines the signs were not tuned on
_FALSE_ALARMS = 0.03  # of sentences written to look like danger, both halves
_FALSE_ALARMS_ON_UNSEEN = 0.06


def _numbers(text: str) -> tuple[str, ...]:
    found = detect_emergency(normalise(text))
    return found.numbers if found else ()


def _cases(*, danger: bool, split: str = "") -> list[dict[str, Any]]:
    return [case for case in _CASES if bool(case["danger"]) == danger and split in ("", case["split"])]


def test_no_danger_that_the_signs_were_made_from_is_missed() -> None:
    assert [case["text"] for case in _cases(danger=True, split="dev") if not _numbers(case["text"])] == []


def test_dangers_told_in_words_that_the_signs_were_not_made_from_are_found() -> None:
    unseen = _cases(danger=True, split="test")
    assert sum(bool(_numbers(case["text"])) for case in unseen) / len(unseen) >= _RECALL_ON_UNSEEN


def test_questions_complaints_and_stories_rarely_raise_an_alarm() -> None:
    assert [case["text"] for case in _cases(danger=False, split="dev") if _numbers(case["text"])] == []
    for split, bound in (("", _FALSE_ALARMS), ("test", _FALSE_ALARMS_ON_UNSEEN)):
        harmless = _cases(danger=False, split=split)
        assert sum(bool(_numbers(case["text"])) for case in harmless) / len(harmless) <= bound


@pytest.mark.parametrize("case", _cases(danger=True, split="dev"), ids=lambda case: case["text"])
def test_the_first_number_is_one_that_answers_the_danger(case: dict[str, Any]) -> None:
    assert _numbers(case["text"])[0] in case["danger"]


@pytest.mark.parametrize("text", ["我不想活了", "有人要跳楼", "我女儿割腕了", "他留了遗书"])
def test_who_wants_to_die_needs_the_police_and_a_doctor(text: str) -> None:
    assert set(_numbers(text)) >= {"110", "120"}


def test_a_traffic_accident_needs_a_doctor_too() -> None:
    assert Emergency((Danger.TRAFFIC,)).numbers == ("122", "120")


def test_a_shout_that_names_no_danger_gets_every_number() -> None:
    assert set(_numbers("救命啊")) == {"110", "119", "120"}


@pytest.mark.parametrize("text", ["着伙了快来人", "zhaohuo了", "zhao huo le", "起火哒", "火燭呀", "就命"])
def test_danger_is_recognised_by_its_sound_and_in_dialect(text: str) -> None:
    assert _numbers(text)


@pytest.mark.parametrize("text", ["期货怎么买", "我就明白了", "专车多少钱", "中度残疾", "货车货物超载", "养老金上调"])
def test_everyday_words_that_sound_like_danger_are_left_alone(text: str) -> None:
    assert _numbers(text) == ()


@pytest.mark.parametrize("text", ["他头上血管一直往外喷", "血流了一地", "静脉血管破了止不住"])
def test_what_bleeds_is_danger(text: str) -> None:
    assert _numbers(text) == ("120",)


@pytest.mark.parametrize("text", ["我妈高血压好多年了", "血糖好多年都偏高", "血管造影好多钱"])
def test_blood_that_only_belongs_to_a_word_is_none(text: str) -> None:
    assert _numbers(text) == ()


def test_danger_in_one_clause_counts_though_another_complains() -> None:
    assert _numbers("我要投诉物业，电梯里现在困着人呢快喘不过气了")[0] == "119"


def test_what_happened_before_counts_again_once_something_happens_now() -> None:
    assert _numbers("我爸去年中风过") == ()
    assert _numbers("我爸去年中风过，现在突然又不会说话了") == ("120",)


def test_a_classifier_finds_what_no_sign_knows_and_takes_back_what_it_is_sure_is_none() -> None:
    def judged(text: str, probability: float) -> Emergency | None:
        return detect_emergency(text, Alarm(probability, {"119": probability * 0.9, "120": probability * 0.1}))

    assert judged("呜呜呜好黑", 0.9) == Emergency((Danger.FIRE,))
    assert judged("呜呜呜好黑", 0.1) is None
    assert judged("我爸没有呼吸了", 0.9) == Emergency((Danger.FIRE, Danger.MEDICAL))
    assert judged("我爸没有呼吸了", 0.01) is None


@pytest.mark.parametrize("unit", ["我", "着火", "如果着火，", "a", "jiuming ", "被车", "我要反映小区路灯不亮，"])
def test_reading_time_grows_with_the_length_and_not_faster(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        detect_emergency(text)
        best = float("inf")
        for _ in range(3):
            start = process_time()
            detect_emergency(text)
            best = min(best, process_time() - start)
        return best

    assert seconds(12_000) < 12 * max(seconds(3_000), 1e-3)  # four times the text; quadratic would be sixteen


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_read(text: str) -> None:
    for reading in (text, normalise(text)):
        found = detect_emergency(reading)
        assert found is None or found.numbers
