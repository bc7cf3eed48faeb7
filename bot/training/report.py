"""The evaluation as one HTML page with tables and plots that needs no other file."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.training.curves import Calibration, RiskCoverage


@dataclass(frozen=True)
class Group:
    """How a group of questions fared: how many were asked, and which shares were answered, passed and wrong."""

    name: str
    asked: int
    answered: float
    passed: float
    wrong: float


@dataclass(frozen=True)
class Report:
    """Everything that the page shows. ``curves``: name, risk-coverage and calibration of each set of questions."""

    groups: Sequence[Group]
    failures: Sequence[Mapping[str, Any]]
    confusions: Sequence[tuple[str, str, int]]
    intent_accuracy: float
    curves: Sequence[tuple[str, RiskCoverage, Calibration]]
    threshold: float
    recorded: Mapping[str, float]


def as_html(report: Report) -> str:
    """Return the page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["percent"] = "{:.1%}".format
    plots = {"risk": _risk_plot(report), "calibration": _calibration_plot(report)}
    return environment.get_template("report.html.j2").render(report=report, plots=plots)


def _risk_plot(report: Report) -> Markup:
    figure, axes = _figure("作答的比例", "作答中答错的比例")
    for name, curve, _ in report.curves:
        line = axes.plot(curve.coverage, curve.risk, label=name)[0]
        at = min(range(len(curve.thresholds)), key=lambda i: abs(curve.thresholds[i] - report.threshold), default=None)
        if at is not None:
            axes.plot(curve.coverage[at], curve.risk[at], "o", color=line.get_color())
    axes.set(xlim=(0, 1), ylim=(0, None))
    axes.legend(loc="upper left")
    return _svg(figure)


def _calibration_plot(report: Report) -> Markup:
    figure, axes = _figure("机器人的把握", "实际答对的比例")
    axes.plot([0, 1], [0, 1], color="#999", linestyle="--")
    for name, _, bins in report.curves:
        axes.plot(bins.confidence, bins.right, marker="o", label=f"{name}（误差 {bins.error:.3f}）")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="upper left")
    return _svg(figure)


def _figure(x: str, y: str) -> tuple[Any, Any]:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.fonttype": "none", "font.size": 11}):
        figure = Figure(figsize=(6.2, 4.2), constrained_layout=True)
        axes = figure.add_subplot()
    axes.set(xlabel=x, ylabel=y)
    axes.grid(color="#ddd")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:.0%}")
    return figure, axes


def _svg(figure: Any) -> Markup:
    """Return the plot as SVG whose text the browser sets in its own fonts."""
    from matplotlib import rc_context

    out = io.StringIO()
    with rc_context({"svg.fonttype": "none"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the browser has the characters
        figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    return Markup(text[text.index("<svg") :].replace("DejaVu Sans", "sans-serif"))
