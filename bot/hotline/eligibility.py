"""Eligibility as a dialogue (资格自查): the few facts that decide are asked, and the branch that applies is answered.

What is asked and what follows stands in ``data/eligibility``; the words of every answer come from knowledge entries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from bot.errors import KnowledgeInvalid

_YES = re.compile(r"^(?:是|是的|对|对的|有|有的|嗯+|好|可以|没错|已经|满了|到了|够了|yes)[的了啊呀吧]?[。！]?$")
_NO = re.compile(r"^(?:不|不是|没有?|没呢|还没有?|否|不对|无|no)[的啊呀吧呢]?[。！]?$")
_STOP = re.compile(r"^(?:算了|不(?:查|问|用|想|需要)了?|不用查|取消|退出|停|别问了|不要问了)")
_OPEN = re.compile(r"什么|哪|多少|几天|怎么|多久|谁|如何|材料|电话|[吗呢][？。]?$")
_GENERAL = re.compile(r"什么|哪些|哪样|谁|怎么|怎样|如何|多久|多长|多少|随便")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?|[一二两三四五六七八九十半]+)\s*个?多?\s*(天|日|周|星期|月|年)(半)?")
_DIGITS = {c: n for n, c in enumerate("一二三四五六七八九十", 1)} | {"两": 2, "半": 0.5}
_MONTHS = {"天": 1 / 30, "日": 1 / 30, "周": 0.25, "星期": 0.25, "月": 1.0, "年": 12.0}


@dataclass(frozen=True)
class Option:
    """One value a fact can have. It is recognised by ``patterns`` or by a duration in months."""

    value: str
    label: str
    patterns: tuple[re.Pattern[str], ...]
    months_at_least: float | None = None
    months_below: float | None = None

    def meant_by(self, text: str) -> bool:
        """Return whether normalised ``text`` says this."""
        months = months_in(text)
        if months is not None and self.months_at_least is not None and months >= self.months_at_least:
            return True
        if months is not None and self.months_below is not None and months < self.months_below:
            return True
        return any(pattern.search(text) for pattern in self.patterns)


@dataclass(frozen=True)
class Fact:
    """Something that decides, with how it is asked."""

    id: str
    ask: str
    options: tuple[Option, ...]

    def value_in(self, text: str, *, asked: bool) -> str | None:
        """Return the value that normalised ``text`` gives; a bare yes or no counts only where this was ``asked``."""
        if asked:
            for option in self.options:
                if text.strip("。！？ ") == option.label or text == option.value:
                    return option.value
            values = {option.value for option in self.options}
            if _YES.match(text) and "yes" in values:
                return "yes"
            if _NO.match(text) and values & {"no", "none"}:
                return "no" if "no" in values else "none"
        return next((option.value for option in self.options if option.meant_by(text)), None)


@dataclass(frozen=True)
class Outcome:
    """What follows when the facts are as in ``when``: a verdict, and the entries that say and prove it."""

    when: Mapping[str, str]
    verdict: str
    entries: tuple[str, ...]


@dataclass(frozen=True)
class Eligibility:
    """One check (自查). ``opening`` is the entry with the whole rule; a question that ends like ``asked_by`` begins it, if it
    is not surely answered by an entry other than ``starts``.
    """

    id: str
    name: str
    opening: str
    starts: frozenset[str]
    asked_by: tuple[re.Pattern[str], ...]
    facts: tuple[Fact, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def place(self) -> str:
        """The jurisdiction whose rule it is."""
        return self.opening.split(".")[0]

    @property
    def entries(self) -> frozenset[str]:
        """The ids of the knowledge entries that are needed."""
        return frozenset({self.opening, *self.starts, *(entry for o in self.outcomes for entry in o.entries)})

    def begun_by(self, text: str) -> bool:
        """Return whether normalised ``text`` asks whether somebody may, not what the rule is."""
        return not _GENERAL.search(text) and any(pattern.search(text) for pattern in self.asked_by)

    def facts_in(self, text: str, asked: str | None) -> dict[str, str]:
        """Return the facts that normalised ``text`` states; ``asked`` is the fact that was asked last."""
        found = {fact.id: fact.value_in(text, asked=fact.id == asked) for fact in self.facts}
        return {fact: value for fact, value in found.items() if value}

    def outcome(self, facts: Mapping[str, str]) -> Outcome | None:
        """Return what follows from ``facts``, nothing while they do not decide."""
        return next((o for o in self.outcomes if all(facts.get(f) == v for f, v in o.when.items())), None)

    def next_fact(self, facts: Mapping[str, str]) -> Fact | None:
        """Return the first fact that is not known and still matters."""
        possible = [o for o in self.outcomes if all(facts.get(f, v) == v for f, v in o.when.items())]
        return next((f for f in self.facts if f.id not in facts and any(f.id in o.when for o in possible)), None)


@dataclass(frozen=True)
class Progress:
    """How far a check has come: the facts known so far, and the one that was asked last."""

    id: str
    facts: Mapping[str, str]
    asked: str | None = None

    @classmethod
    def from_slot(cls, value: Mapping[str, Any]) -> Progress | None:
        """Return what `as_slot` wrote, nothing for anything else."""
        return cls(value["id"], value.get("facts") or {}, value.get("asked")) if value.get("id") else None

    def as_slot(self) -> dict[str, Any]:
        """Return a JSON value that holds everything."""
        return {"id": self.id, "facts": dict(self.facts), "asked": self.asked}


def asks_something_else(text: str) -> bool:
    """Return whether normalised ``text`` asks an open question, so that it is no mere reply to what was asked."""
    return bool(_OPEN.search(text))


def breaks_off(text: str) -> bool:
    """Return whether normalised ``text`` ends the check."""
    return bool(_STOP.match(text))


def months_in(text: str) -> float | None:
    """Return the longest duration in ``text`` in months, ``None`` where there is none."""
    found = [
        (float(number) if number[0].isascii() else _chinese_number(number)) * _MONTHS[unit]
        + (6.0 if half and unit == "年" else 0)
        for number, unit, half in _DURATION.findall(text)
    ]
    return max(found, default=None)


def _chinese_number(text: str) -> float:
    """Return the value of a Chinese number below a hundred."""
    tens, ten, ones = text.partition("十")
    if ten:
        return 10.0 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0)
    return float(_DIGITS.get(text[-1], 0))


def read_eligibility(folder: Path) -> tuple[Eligibility, ...]:
    """Return the checks in the TOML files of ``folder``, sorted by file.

    Raises `KnowledgeInvalid` naming the file where it cannot be read or leaves a combination of facts without outcome.
    """
    return tuple(_read(path) for path in sorted(folder.glob("*.toml")))


def _read(path: Path) -> Eligibility:
    try:
        content = tomli.loads(path.read_text(encoding="utf8"))
        check = Eligibility(
            id=content["id"],
            name=content["name"],
            opening=content["opening"],
            starts=frozenset(content["starts"]),
            asked_by=tuple(re.compile(pattern) for pattern in content["asked_by"]),
            facts=tuple(_fact(row) for row in content["fact"]),
            outcomes=tuple(Outcome(o["when"], o["verdict"], tuple(o["entries"])) for o in content["outcome"]),
        )
    except (tomli.TOMLDecodeError, KeyError, TypeError, re.error) as error:
        raise KnowledgeInvalid(f"{path.name} 不是有效的资格自查文件：{type(error).__name__} {error}") from error
    if open_end := _without_outcome(check, {}):
        raise KnowledgeInvalid(f"{path.name} 没有写明这种情况的结论：{open_end}")
    return check


def _fact(row: Mapping[str, Any]) -> Fact:
    options = tuple(
        Option(
            o["value"],
            o["label"],
            tuple(re.compile(pattern) for pattern in o.get("patterns", ())),
            o.get("months_at_least"),
            o.get("months_below"),
        )
        for o in row["option"]
    )
    return Fact(row["id"], row["ask"], options)


def _without_outcome(check: Eligibility, facts: dict[str, str]) -> dict[str, str] | None:
    """Return facts that lead to no outcome, as they would be asked, nothing where every way ends in one."""
    if check.outcome(facts):
        return None
    fact = check.next_fact(facts)
    if fact is None:
        return facts
    ends = (_without_outcome(check, {**facts, fact.id: option.value}) for option in fact.options)
    return next((end for end in ends if end is not None), None)
