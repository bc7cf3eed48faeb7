"""How far a confidence can be trusted: risk-coverage and calibration curves (El-Yaniv & Wiener 2010; Guo et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.text.arrays import Array


@dataclass(frozen=True)
class RiskCoverage:
    """For each threshold: the share of questions answered at it (coverage), and the share of those answered wrong."""

    thresholds: tuple[float, ...]
    coverage: tuple[float, ...]
    risk: tuple[float, ...]

    def lowest_threshold(self, risk: float) -> float:
        """Return the lowest threshold from which no more than ``risk`` of the answers are wrong, 1.0 if there is none."""
        return next((t for t, found in zip(self.thresholds, self.risk) if found <= risk), 1.0)


@dataclass(frozen=True)
class Calibration:
    """For each bin of confidences: their mean, the share of answers that were right, and how many there are."""

    confidence: tuple[float, ...]
    right: tuple[float, ...]
    count: tuple[int, ...]

    @property
    def error(self) -> float:
        """The expected calibration error: the mean distance between confidence and share right."""
        distance = np.abs(np.asarray(self.confidence) - np.asarray(self.right))
        return float(np.average(distance, weights=self.count)) if self.count else 0.0


def risk_coverage(confidences: Sequence[float], right: Sequence[bool], steps: int = 100) -> RiskCoverage:
    """Return the curve over ``steps`` thresholds from 0, as far as anything is answered."""
    sure, hit = np.asarray(confidences, dtype=float), np.asarray(right, dtype=bool)
    thresholds = [t for t in np.arange(steps) / steps if (sure >= t).any()]
    answered: list[Array] = [sure >= t for t in thresholds]
    return RiskCoverage(
        tuple(float(t) for t in thresholds),
        tuple(float(a.mean()) for a in answered),
        tuple(float(1 - hit[a].mean()) for a in answered),
    )


def calibration(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> Calibration:
    """Return the calibration over ``bins`` equal ranges of confidence, empty ones left out."""
    sure, hit = np.asarray(confidences, dtype=float), np.asarray(right, dtype=bool)
    number = np.minimum((sure * bins).astype(int), bins - 1)
    filled = [number == n for n in range(bins) if (number == n).any()]
    return Calibration(
        tuple(float(sure[b].mean()) for b in filled),
        tuple(float(hit[b].mean()) for b in filled),
        tuple(int(b.sum()) for b in filled),
    )
