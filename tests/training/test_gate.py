"""The gate: rules are data, a worse model is refused with the figure that fell."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import HotlineError
from bot.settings import PROJECT_ROOT
from bot.training.gate import Rule, as_rows, judge, read_rules, refusal

RULES = [Rule("passed", "通过", down=0.01), Rule("wrong", "答错", up=0.0)]


@pytest.mark.parametrize(
    ("before", "after", "passed"),
    [((0.90, 0.05), (0.89, 0.05), [True, True]), ((0.90, 0.05), (0.88, 0.05), [False, True]),
     ((0.90, 0.05), (0.95, 0.06), [True, False]), ((None, None), (0.1, 0.9), [True, True]),
     ((0.1 + 0.2, 0.05), (0.29, 0.05), [True, True])],
)  # fmt: skip
def test_a_figure_may_move_as_far_as_the_rule_says(
    before: tuple[float, float], after: tuple[float, float], passed: list[bool]
) -> None:
    names = ("passed", "wrong")
    verdicts = judge(RULES, dict(zip(names, before)), dict(zip(names, after)))
    assert [verdict.passed for verdict in verdicts] == passed
    assert bool(refusal(as_rows(verdicts))) == (not all(passed))


def test_a_refusal_names_the_figures() -> None:
    told = refusal(as_rows(judge(RULES, {"passed": 0.9, "wrong": 0.05}, {"passed": 0.5, "wrong": 0.05})))
    assert told == "没有通过发布门槛：通过从 90.0% 变为 50.0%（最多下降 1.0%）。"


def test_the_shipped_rules_protect_dangers_completely() -> None:
    rules = {rule.measure: rule for rule in read_rules(PROJECT_ROOT / "data" / "gate.toml")}
    assert rules["emergency_recall"].down == 0.0
    assert {"passed", "wrong", "routing_first"} <= set(rules)


@pytest.mark.parametrize(
    "content",
    ["", "[[rule]]\nmeasure = 'a'\ntitle = 'b'\n", "[[rule]]\nmeasure = 'a'\ntitle = 'b'\nup = 1\ndown = 1\n", "x"],
)
def test_rules_that_make_no_sense_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "gate.toml").write_text(content, encoding="utf8")
    with pytest.raises(HotlineError, match=r"gate\.toml"):
        read_rules(tmp_path / "gate.toml")
