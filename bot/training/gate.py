"""The gate (发布门槛): whether a new model may take the place of the one that serves. The rules are data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tomli

from bot.errors import HotlineError

_EXACT = 1e-9  # shares are quotients


@dataclass(frozen=True)
class Rule:
    """By how much the figure ``measure`` may fall or rise; exactly one of both is given."""

    measure: str
    title: str
    down: float | None = None
    up: float | None = None


@dataclass(frozen=True)
class Verdict:
    """What a rule says: the figure before and after, and whether that is good enough."""

    title: str
    before: float | None
    after: float
    allowed: str
    passed: bool


def read_rules(path: Path) -> list[Rule]:
    """Return the rules in a TOML file. Raises `HotlineError` naming the rule that makes no sense."""
    try:
        rules = [Rule(**row) for row in tomli.loads(path.read_text(encoding="utf8"))["rule"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HotlineError(f"发布门槛文件 {path.name} 读不懂：{error}") from error
    for rule in rules:
        if (rule.down is None) == (rule.up is None):
            raise HotlineError(f"发布门槛文件 {path.name} 的“{rule.title}”应写 down 或 up 之一。")
    return rules


def judge(rules: Sequence[Rule], before: Mapping[str, float | None], after: Mapping[str, float]) -> list[Verdict]:
    """Return what each rule says of the figures ``after`` beside those ``before``."""
    return [_verdict(rule, before.get(rule.measure), after[rule.measure]) for rule in rules if rule.measure in after]


def _verdict(rule: Rule, before: float | None, after: float) -> Verdict:
    if rule.down is not None:
        allowed = "不许下降" if rule.down == 0 else f"最多下降 {rule.down:.1%}"
        passed = before is None or after >= before - rule.down - _EXACT
    else:
        assert rule.up is not None, "read_rules makes sure"
        allowed = "不许上升" if rule.up == 0 else f"最多上升 {rule.up:.1%}"
        passed = before is None or after <= before + rule.up + _EXACT
    return Verdict(rule.title, before, after, allowed, passed)


def as_rows(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Return the verdicts as they are stored."""
    return [asdict(verdict) for verdict in verdicts]


def refusal(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """Return why a model with these stored verdicts is refused, empty where it is not."""
    failed = [v for v in verdicts if not v["passed"]]
    told = "；".join(f"{v['title']}从 {v['before']:.1%} 变为 {v['after']:.1%}（{v['allowed']}）" for v in failed)
    return f"没有通过发布门槛：{told}。" if told else ""
