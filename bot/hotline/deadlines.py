"""The clock of a work order (办理时限): when it is due, and how close that is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

import tomli

from bot.errors import KnowledgeInvalid
from bot.hotline.working_days import add_working_days, is_announced, working_days_after

ZONE = ZoneInfo("Asia/Shanghai")


class Lamp(Enum):
    """How close a due time is (红黄绿灯)."""

    GREEN = "green"
    YELLOW = "yellow"  # due soon
    RED = "red"  # overdue


@dataclass(frozen=True)
class TimeLimit:
    """How long a kind of request may take. ``document`` and ``provision`` say where that is laid down.

    ``answer_hours``, where given, counts hours by the clock instead of working days: for failures that cannot wait.
    """

    dispatch_days: int
    answer_days: int
    answer_hours: int | None = None
    warn_days: int = 2  # working days before the due day from which the lamp is yellow
    progress_days: int | None = None  # beyond `answer_days`, how often progress is reported, in days
    document: str = ""
    provision: str = ""


@dataclass(frozen=True)
class Pause:
    """A time that does not count: the department waits for the citizen or for a third party."""

    began: dt.datetime
    ended: dt.datetime | None = None


@dataclass(frozen=True)
class Due:
    """Until when something must be done, and from when on that is near.

    ``provisional``: holidays on the way there are not announced yet.
    """

    at: dt.datetime
    near: dt.datetime
    provisional: bool = False


@dataclass(frozen=True)
class TimeLimits:
    """Every time limit: by jurisdiction and kind of request, then by jurisdiction, then the default."""

    limits: Mapping[tuple[str, str], TimeLimit]

    def of(self, jurisdiction: str, kind: str) -> TimeLimit:
        """Return the limit for this kind of request (``urgent`` is a kind of its own) in this place."""
        for key in ((jurisdiction, kind), ("", kind), (jurisdiction, ""), ("", "")):
            if key in self.limits:
                return self.limits[key]
        raise KeyError("read_time_limits makes sure of a default")


def dispatch_due(received: dt.datetime, limit: TimeLimit) -> Due:
    """Return until when a request must be handed over to a department."""
    return _end_of_working_day(received, limit.dispatch_days, limit.warn_days)


def answer_due(
    received: dt.datetime,
    limit: TimeLimit,
    *,
    extended_days: int = 0,
    pauses: Sequence[Pause] = (),
    now: dt.datetime | None = None,
) -> Due:
    """Return until when the department must have answered.

    The day of receipt does not count; the last day ends at midnight in China. Working days that begin and end within a
    pause are added, an open pause counting until ``now``; with a limit in hours the paused time itself is added.
    """
    if limit.answer_hours is not None and not extended_days:
        paused = sum((_end(p, now) - p.began for p in pauses), dt.timedelta())
        end = received + dt.timedelta(hours=limit.answer_hours) + paused
        return Due(end, end - dt.timedelta(hours=max(1.0, limit.answer_hours / 4)))
    waited = sum(max(0, working_days_after(_day(p.began), _day(_end(p, now)))) for p in pauses)
    return _end_of_working_day(received, limit.answer_days + extended_days + waited, limit.warn_days)


def lamp(due: Due, now: dt.datetime, finished: dt.datetime | None = None) -> Lamp:
    """Return the lamp at ``now``; what is finished keeps the one that it had then."""
    if (finished or now) > due.at:
        return Lamp.RED
    return Lamp.YELLOW if not finished and now >= due.near else Lamp.GREEN


def left_words(due: Due, now: dt.datetime) -> str:
    """Return how much time is left, or how long it is over: 还剩2个工作日, 今天到期, 超期1天."""
    hours = (due.at - now).total_seconds() / 3600
    if hours < 0:
        return f"超期{-int(hours // 24)}天" if hours <= -24 else f"超期{max(1, round(-hours))}小时"
    if hours < 24 and due.at != _midnight(_day(due.at)):  # a limit in hours
        return f"还剩{max(1, round(hours))}小时"
    days = working_days_after(_day(now), _day(due.at - dt.timedelta(seconds=1)))
    return f"还剩{days}个工作日" if days > 0 else "今天到期"


def read_time_limits(path: Path) -> TimeLimits:
    """Return the limits in a TOML file of ``[[limit]]`` tables.

    Raises `KnowledgeInvalid` naming the file where it cannot be read, repeats a limit or has no default.
    """
    known = {field.name for field in fields(TimeLimit)}
    limits: dict[tuple[str, str], TimeLimit] = {}
    try:
        for row in tomli.loads(path.read_text(encoding="utf8"))["limit"]:
            key = (row.pop("jurisdiction", ""), row.pop("kind", ""))
            if key in limits or row.keys() - known:
                raise KnowledgeInvalid(f"{path.name}：{key} 的时限重复，或有不认识的项 {sorted(row.keys() - known)}")
            limits[key] = TimeLimit(**row)
    except (OSError, tomli.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise KnowledgeInvalid(f"{path.name} 不是有效的时限文件：{type(error).__name__} {error}") from error
    if ("", "") not in limits:
        raise KnowledgeInvalid(f"{path.name} 缺少默认时限（不写 jurisdiction 和 kind 的一项）")
    return TimeLimits(limits)


def _end_of_working_day(received: dt.datetime, days: int, warn_days: int) -> Due:
    day = add_working_days(_day(received), days)
    warn_days = min(warn_days, max(days - 1, 0))  # what has just begun is not near its end
    near = day
    while working_days_after(near - dt.timedelta(days=1), day) <= warn_days:
        near -= dt.timedelta(days=1)
    return Due(_midnight(day + dt.timedelta(days=1)), _midnight(near), provisional=not is_announced(day))


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZONE).astimezone(dt.timezone.utc)


def _day(moment: dt.datetime) -> dt.date:
    return moment.astimezone(ZONE).date()


def _end(pause: Pause, now: dt.datetime | None) -> dt.datetime:
    return pause.ended or now or pause.began
