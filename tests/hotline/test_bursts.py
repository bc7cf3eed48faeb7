"""What is raised far more often than usual is noticed, what is merely frequent is not."""

from __future__ import annotations

from bot.hotline.bursts import Burst, bursts

WATER = ("jingzhou", "公用事业/停水漏水水质")


def test_five_citizens_with_the_same_matter_are_a_burst() -> None:
    assert bursts({(*WATER, "o1"): 5, (*WATER, "o2"): 4}, {WATER: 9}, {}) == [Burst(*WATER, "o1", 5)]


def test_a_category_bursts_against_what_is_usual() -> None:
    assert bursts({}, {WATER: 10}, {}) == [Burst(*WATER, None, 10)]
    assert bursts({}, {WATER: 9}, {}) == []
    assert bursts({}, {WATER: 30}, {WATER: 20.0}) == [], "three standard deviations above 20 are 33.4"
    assert bursts({}, {WATER: 34}, {WATER: 20.0}) == [Burst(*WATER, None, 34)]


def test_one_matter_explains_its_category() -> None:
    assert bursts({(*WATER, "o1"): 12}, {WATER: 12}, {}) == [Burst(*WATER, "o1", 12)]
