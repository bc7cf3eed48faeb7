"""What the training pages draw, as frontend/staff/charts.ts takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.hotline.learning import ModelVersion


def history_plot(versions: Sequence[ModelVersion]) -> str:
    """Return how the measured versions did, oldest first; empty where there are fewer than two."""
    measured = [version for version in reversed(versions) if version.figures.get("measures")]
    if len(measured) < 2:
        return ""
    shares = [("通过", "passed"), ("答错", "wrong"), ("意图准确率", "intent_accuracy")]
    return json.dumps(
        {
            "kind": "line",
            "names": [f"第{version.id}版" for version in measured],
            "series": [
                {"name": name, "values": [version.figures["measures"].get(key) for version in measured]}
                for name, key in shares
            ],
            "links": [f"/admin/training/{version.id}" for version in measured],
            "percent": True,
        },
        ensure_ascii=False,
    )


def risk_plot(figures: Mapping[str, Any]) -> str:
    """Return how many answers would be wrong, the more are given."""
    series = [
        {
            "name": curve["name"],
            "values": [list(pair) for pair in zip(curve["risk"]["coverage"], curve["risk"]["risk"])],
        }
        for curve in figures.get("curves", [])
    ]
    return _scatter(series, "作答的比例", "其中答错的比例", diagonal=False)


def calibration_plot(figures: Mapping[str, Any]) -> str:
    """Return how often answers of each confidence are right."""
    series = [
        {
            "name": curve["name"],
            "values": [list(pair) for pair in zip(curve["calibration"]["confidence"], curve["calibration"]["right"])],
        }
        for curve in figures.get("curves", [])
    ]
    return _scatter(series, "机器人的把握", "实际答对的比例", diagonal=True)


def _scatter(series: Sequence[Mapping[str, Any]], x: str, y: str, *, diagonal: bool) -> str:
    if not series:
        return ""
    plot = {"kind": "scatter", "series": series, "percent": True, "x": x, "y": y, "diagonal": diagonal}
    return json.dumps(plot, ensure_ascii=False)
