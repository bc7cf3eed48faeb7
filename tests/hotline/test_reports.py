"""The published figures, and the periods they are for."""

from __future__ import annotations

import pytest

from bot.hotline.reports import Counts, figures_of, month_of


def test_the_figures_follow_from_the_counts() -> None:
    counts = Counts(received=4, answered=2, overdue=2, in_time=1, reworked=1, rated=2, satisfied=1)
    figures = figures_of("dep.city", counts, {"占道": 3, "噪声": 1, "油烟": 1}, 2)
    assert figures.on_time == pytest.approx(1 / 3)
    assert figures.rework == pytest.approx(1 / 2)
    assert figures.satisfaction == pytest.approx(1 / 2)
    assert figures.visited == 1.0
    assert figures.topics == (("占道", 3), ("噪声", 1))


def test_nothing_counted_is_no_rate() -> None:
    figures = figures_of(None, Counts(received=1), {}, 5)
    assert (figures.on_time, figures.rework, figures.satisfaction, figures.visited) == (None, None, None, None)


def test_counts_of_disjoint_sets_add_up() -> None:
    assert Counts(1, 2, 3, 4, 5, 6, 7) + Counts(1, 1, 1, 1, 1, 1, 1) == Counts(2, 3, 4, 5, 6, 7, 8)


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2026-11", "2026-11-01", "2026-12-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026", "2026-01-01", "2027-01-01"),
    ],
)
def test_a_period_is_a_month_or_a_year(text: str, first: str, end: str) -> None:
    assert [moment.date().isoformat() for moment in month_of(text)] == [first, end]


@pytest.mark.parametrize("text", ["", "2026-13", "上月", "2026-1-1"])
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(ValueError):
        month_of(text)
