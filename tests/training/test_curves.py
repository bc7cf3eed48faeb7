import pytest

from bot.training.curves import calibration, risk_coverage


def test_risk_falls_with_coverage_where_confidence_is_worth_something() -> None:
    curve = risk_coverage([0.1, 0.4, 0.6, 0.9], [False, False, True, True], steps=10)
    assert (curve.coverage[0], curve.risk[0]) == (1.0, 0.5)
    at_half = curve.thresholds.index(0.5)
    assert (curve.coverage[at_half], curve.risk[at_half]) == (0.5, 0.0)
    assert curve.thresholds[-1] == pytest.approx(0.9)


def test_the_lowest_threshold_keeps_the_risk() -> None:
    curve = risk_coverage([0.1, 0.4, 0.6, 0.9], [False, False, True, True], steps=10)
    assert curve.lowest_threshold(0.0) == pytest.approx(0.5)
    assert curve.lowest_threshold(1.0) == 0.0
    assert risk_coverage([0.9], [False]).lowest_threshold(0.1) == 1.0


def test_calibration_compares_confidence_with_what_was_right() -> None:
    bins = calibration([0.95, 0.95, 0.05, 1.0], [True, False, False, True])
    assert bins.count == (1, 3)
    assert bins.right == (0.0, pytest.approx(2 / 3))
    assert bins.error == pytest.approx((0.05 + 3 * abs(2.9 / 3 - 2 / 3)) / 4)


def test_nothing_asked_is_no_error() -> None:
    assert calibration([], []).error == 0.0
    assert risk_coverage([], []).thresholds == ()
