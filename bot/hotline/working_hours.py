"""When operators are at the desk (人工服务时间), and what a citizen is told while nobody is there."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import tomli

from bot.errors import KnowledgeInvalid
from bot.hotline.deadlines import ZONE
from bot.hotline.working_days import is_working_day

_SPAN = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")
_LOOKED_AHEAD = 30  # days; the longest holiday is far shorter
_WEEKDAYS = "一二三四五六日"
_MEANWHILE = "急事请拨打12345（24小时）；也可以回复“登记工单”，由工作人员与您联系。我会继续为您查询。"


@dataclass(frozen=True)
class Span:
    """A part of a day, in minutes since midnight."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{_clock(self.start)}—{_clock(self.end)}"


@dataclass(frozen=True)
class Hours:
    """The hours of one place."""

    working_days: tuple[Span, ...] = ()
    days_off: tuple[Span, ...] = ()

    def on(self, day: dt.date) -> tuple[Span, ...]:
        """Return the spans of ``day`` in which somebody is there."""
        return self.working_days if is_working_day(day) else self.days_off

    def are_open(self, at: dt.datetime) -> bool:
        """Return whether somebody should be at the desk at ``at``."""
        local = at.astimezone(ZONE)
        minute = local.hour * 60 + local.minute
        return any(span.start <= minute < span.end for span in self.on(local.date()))

    def next_opening(self, at: dt.datetime) -> dt.datetime | None:
        """Return when the desk opens next after ``at``; ``None`` where that is not within a month."""
        local = at.astimezone(ZONE)
        for ahead in range(_LOOKED_AHEAD + 1):
            day = local.date() + dt.timedelta(days=ahead)
            for span in self.on(day):
                opening = dt.datetime.combine(day, dt.time(*divmod(span.start, 60)), ZONE)
                if opening > local:
                    return opening
        return None

    @property
    def text(self) -> str:
        """The hours as a citizen reads them: 工作日8:30—12:00、14:00—17:30."""
        if self.working_days == self.days_off:
            return f"每天{_listed(self.working_days)}" if self.working_days else ""
        parts = [("工作日", self.working_days), ("休息日", self.days_off)]
        return "，".join(f"{name}{_listed(spans)}" for name, spans in parts if spans)


@dataclass(frozen=True)
class WorkingHours:
    """The hours of every place; ``default`` for those that have none of their own."""

    default: Hours = Hours((Span(0, 24 * 60),), (Span(0, 24 * 60),))
    places: Mapping[str, Hours] = field(default_factory=dict)

    def of(self, place: str) -> Hours:
        """Return the hours of ``place``."""
        return self.places.get(place, self.default)

    def absent_text(self, place: str, at: dt.datetime) -> str:
        """Return what a citizen of ``place`` reads who wants a person while nobody is at the desk."""
        hours = self.of(place)
        if hours.are_open(at):
            return f"现在没有话务员在线。{_MEANWHILE}"
        opening = hours.next_opening(at)
        back = f"，{_moment(opening, at)}恢复" if opening else ""
        when = f"，人工服务时间是{hours.text}" if hours.text else ""
        return f"现在没有话务员在线{when}{back}。{_MEANWHILE}"


def read_working_hours(path: Path) -> WorkingHours:
    """Return the hours in a TOML file of ``[[hours]]`` tables.

    Raises `KnowledgeInvalid` naming the file where it cannot be read, repeats a place or has no default.
    """
    found: dict[str, Hours] = {}
    try:
        for row in tomli.loads(path.read_text(encoding="utf8"))["hours"]:
            place = row.pop("jurisdiction", "")
            if place in found or row.keys() - {"working_days", "days_off"}:
                raise KnowledgeInvalid(f"{path.name}：{place or '默认'} 的服务时间重复，或有不认识的项 {sorted(row)}")
            found[place] = Hours(_spans(row.get("working_days", [])), _spans(row.get("days_off", [])))
    except (OSError, tomli.TOMLDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise KnowledgeInvalid(f"{path.name} 不是有效的服务时间文件：{type(error).__name__} {error}") from error
    if "" not in found:
        raise KnowledgeInvalid(f"{path.name} 缺少默认服务时间（不写 jurisdiction 的一项）")
    return WorkingHours(found.pop(""), found)


def _spans(texts: Sequence[Any]) -> tuple[Span, ...]:
    spans = tuple(_span(str(text)) for text in texts)
    if any(later.start < earlier.end for earlier, later in pairwise(spans)):
        raise ValueError(f"时段要从早到晚、互不重叠：{list(texts)}")
    return spans


def _span(text: str) -> Span:
    match = _SPAN.fullmatch(text)
    if not match:
        raise ValueError(f"“{text}”应写作 08:30-12:00")
    hours = [int(part) for part in match.groups()]
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if not 0 <= start < end <= 24 * 60 or hours[1] > 59 or hours[3] > 59:
        raise ValueError(f"“{text}”不是一天里的时段")
    return Span(start, end)


def _listed(spans: Sequence[Span]) -> str:
    return "全天" if spans == (Span(0, 24 * 60),) else "、".join(map(str, spans))


def _moment(opening: dt.datetime, at: dt.datetime) -> str:
    """Return 今天14:00, 明天8:30 or 12月1日（周一）8:30."""
    days = (opening.date() - at.astimezone(ZONE).date()).days
    near = {0: "今天", 1: "明天"}.get(days)
    day = near or f"{opening.month}月{opening.day}日（周{_WEEKDAYS[opening.weekday()]}）"
    return f"{day}{_clock(opening.hour * 60 + opening.minute)}"


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"
