"""Which departments may handle a matter (派单建议), how likely each is, and a reason that a person can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.hotline.knowledge import AnswerKind, Department, Knowledge, RoutingRule
from bot.hotline.ranking import Ranked


@dataclass(frozen=True)
class Suggestion:
    """A department that may handle a matter. ``confidence`` is the probability that it does."""

    rule: RoutingRule
    department: Department
    confidence: float
    mentioned: tuple[str, ...]  # words of the message that speak for it

    @property
    def reason(self) -> str:
        """Return ``提到“占道、摊贩” → 城市管理/占道经营 → 荆州市城市管理局 12319``."""
        words = f"提到“{'、'.join(self.mentioned)}” → " if self.mentioned else ""
        return f"{words}{self.rule.category} → {self.department.name}{f' {self.rule.hotline}' if self.rule.hotline else ''}"


def suggest_departments(text: str, ranked: Sequence[Ranked], knowledge: Knowledge, most: int = 3) -> list[Suggestion]:
    """Return at most ``most`` different departments for normalised ``text``, the likeliest first.

    ``ranked`` are the entries that may answer, with their probabilities; routing rules among them count.
    """
    rules = {f"{rule.jurisdiction}.routing.{rule.id}": rule for rule in knowledge.routing_rules}
    found: dict[str, Suggestion] = {}
    for one in ranked:
        rule = rules.get(one.entry.id) if one.entry.kind is AnswerKind.ROUTE else None
        if rule and rule.department not in found and len(found) < most:
            mentioned = tuple(word for word in rule.keywords if word in text)[:3]
            department = knowledge.departments[rule.department]
            found[rule.department] = Suggestion(rule, department, one.confidence, mentioned)
    return list(found.values())
