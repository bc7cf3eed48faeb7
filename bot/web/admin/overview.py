"""The overview (总览): what the hotline answered, what it missed, who waits, what is asked most, and where it grows."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
from aiohttp import web
from multidict import MultiMapping

from bot.bootstrap import now
from bot.hotline.deadlines import ZONE
from bot.hotline.directory import all_entries
from bot.hotline.knowledge import Knowledge
from bot.hotline.staff import Permission, StaffMember
from bot.storage import (
    Database,
    EntryCount,
    ReplyCount,
    ReplyFilter,
    Waits,
    count_channels,
    count_entries,
    count_replies,
    count_talks,
    count_unhelpful,
    count_waits,
    list_alarms,
)
from bot.web.desk.order_scope import CHANNEL_NAMES
from bot.web.desk.orders import open_alarms
from bot.web.keys import DATABASE, REFERENCE
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render

LONGEST = 366  # days of a period
_ALARM_DAYS = 7
_SPLIT = 12  # places or channels shown
_HOT, _RISING, _ENOUGH = 10, 10, 3  # entries listed; questions from which growth means something
# What the figures are called → the kinds of reply that they count.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "answered": ("answer", "scope", "route", "work_order"),
    "handoff": ("handoff",),
    "missed": ("unsupported", "clarify"),
    "emergency": ("emergency",),
}
GROUP_NAMES = {
    "answered": "已答复",
    "handoff": "转人工",
    "missed": "未答上",
    "emergency": "险情",
    "unhelpful": "评为没帮助",
}


@dataclass(frozen=True)
class Period:
    """Days from ``first`` to ``last`` inclusive, in China."""

    first: dt.date
    last: dt.date
    choice: str = ""  # 1, 7, 30, or empty for days of one's own

    @property
    def days(self) -> list[str]:
        """Every day of it, as text."""
        return [str(self.first + dt.timedelta(days=n)) for n in range((self.last - self.first).days + 1)]

    def filter(self, member: StaffMember, **wanted: Any) -> ReplyFilter:
        """Return the filter of this period within what ``member`` may see."""
        end = self.last + dt.timedelta(days=1)
        return ReplyFilter(_midnight(self.first), _midnight(end), scope=member.jurisdiction, **wanted)

    def link(self, **wanted: str) -> str:
        """Return the address of the talks behind a number."""
        return f"/admin/conversations?{urlencode({'from': self.first, 'to': self.last, **wanted})}"


def add_routes(app: web.Application) -> None:
    """Add the route of this module to ``app``."""
    app.router.add_get("/admin", show)


@allowed(Permission.SEE_OVERVIEW)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the figures of a period."""
    member, at, period = member_of(request), now(), period_of(request.query, now())
    read = await _read(request.app[DATABASE], member, period, at)
    reference = request.app[REFERENCE]
    knowledge, places = await asyncio.to_thread(lambda: (reference.knowledge(), reference.places()))
    counts: list[ReplyCount] = read["replies"]
    entries: list[EntryCount] = read["entries"]
    waits: Waits = read["waits"]
    place_names = {place.id: place.name for place in places.by_id.values()}
    by_place: dict[str, Counter[str]] = defaultdict(Counter)
    for c in counts:
        by_place[c.place][c.kind] += c.count
    return await render(
        request, "admin/overview.html", period=period, figures=_figures(counts, read["unhelpful"]), talks=read["talks"],
        questions=await asyncio.to_thread(_questions, knowledge, entries), hot=entries[:_HOT], rising=_rising(entries),
        days=_by_day(period, counts, read["unhelpful"]), by_place=_by("place", by_place, place_names, period),
        by_channel=_by("channel", read["channels"], CHANNEL_NAMES, period), waiting_now=_spread(waits.now),
        waited=_spread(waits.ended), given_up=waits.given_up, alarms=read["alarms"], places=places, names=GROUP_NAMES,
    )  # fmt: skip


async def _read(database: Database, member: StaffMember, period: Period, at: dt.datetime) -> dict[str, Any]:
    """Count everything, each on a connection of its own: they need not wait for each other."""
    wanted = period.filter(member)
    since = at - dt.timedelta(days=_ALARM_DAYS)
    counts: dict[str, Callable[[Any], Any]] = {
        "replies": lambda connection: count_replies(connection, wanted),
        "channels": lambda connection: count_channels(connection, wanted),
        "talks": lambda connection: count_talks(connection, wanted),
        "unhelpful": lambda connection: count_unhelpful(connection, wanted),
        "entries": lambda connection: count_entries(connection, wanted),
        "waits": lambda connection: count_waits(connection, wanted, at),
        "alarms": lambda connection: open_alarms(member, list_alarms(connection, since)),
    }

    def run(count: Callable[[Any], Any]) -> Any:
        with database.read() as connection:
            return count(connection)

    return dict(zip(counts, await asyncio.gather(*(asyncio.to_thread(run, count) for count in counts.values()))))


def _spread(seconds: Sequence[float]) -> Mapping[str, Any]:
    """Return how many, the median and the 95th percentile; ``None`` where there is nothing."""
    if not seconds:
        return {"count": 0, "median": None, "p95": None}
    return {"count": len(seconds), "median": float(np.median(seconds)), "p95": float(np.percentile(seconds, 95))}


def _figures(counts: Sequence[ReplyCount], unhelpful: Mapping[str, int]) -> dict[str, int]:
    found = {group: sum(c.count for c in counts if c.kind in kinds) for group, kinds in GROUPS.items()}
    return {**found, "unhelpful": sum(unhelpful.values())}


def _by_day(period: Period, counts: Sequence[ReplyCount], unhelpful: Mapping[str, int]) -> Mapping[str, Any]:
    """Return table and plot of each day."""
    totals = Counter[tuple[str, str]]()
    for c in counts:
        for group, kinds in GROUPS.items():
            if c.kind in kinds:
                totals[group, c.day] += c.count
    rows: list[tuple[Any, ...]] = [
        (day, *(totals[group, day] for group in GROUPS), unhelpful.get(day, 0)) for day in period.days
    ]
    series = {GROUP_NAMES[group]: [row[place] for row in rows] for place, group in enumerate((*GROUPS, "unhelpful"), 1)}
    links = [f"/admin/conversations?{urlencode({'from': day, 'to': day})}" for day in period.days]
    return {"rows": rows, "links": links, "plot": _plot("line", [day[5:] for day in period.days], series, links)}


def _by(
    what: str, counts: Mapping[str, Mapping[str, int]], names: Mapping[str, str], period: Period
) -> Mapping[str, Any]:
    """Return table and plot of the replies by ``what``: place or channel, those with most first."""
    keys = sorted(counts, key=lambda key: (-sum(counts[key].values()), key))[:_SPLIT]
    rows: list[tuple[Any, ...]] = [
        (names.get(key, key), period.link(**{what: key or "none"}),
         *(sum(counts[key].get(kind, 0) for kind in kinds) for kinds in GROUPS.values()))
        for key in keys
    ]  # fmt: skip
    series = {GROUP_NAMES[group]: [row[place] for row in rows] for place, group in enumerate(GROUPS, 2)}
    plot = _plot("bar", [row[0] for row in rows], series, [row[1] for row in rows], stack="all")
    return {"rows": rows, "plot": plot}


def _plot(
    kind: str, names: Sequence[str], series: Mapping[str, Sequence[Any]], links: Sequence[str], stack: str = ""
) -> str:
    shown = [{"name": name, "values": list(v)} | ({"stack": stack} if stack else {}) for name, v in series.items()]
    return json.dumps({"kind": kind, "names": list(names), "series": shown, "links": list(links)}, ensure_ascii=False)


def _rising(entries: Sequence[EntryCount]) -> list[EntryCount]:
    """Return the entries that are asked more than in the period before, those that grew most first."""
    grown = [e for e in entries if e.count >= _ENOUGH and e.count > e.before]
    return sorted(grown, key=lambda e: (e.before - e.count, e.entry))[:_RISING]


def _questions(knowledge: Knowledge, entries: Sequence[EntryCount]) -> Mapping[str, str]:
    """Return the questions that ``entries`` answer; those made from lines and rules have one too."""
    wanted = {each.entry for each in entries}
    return {entry.id: entry.question for entry in all_entries(knowledge) if entry.id in wanted}


def period_of(query: MultiMapping[str], at: dt.datetime) -> Period:
    """Return the period that ``query`` asks for: days=1, 7 or 30, or from and to; seven days where it is not clear."""
    today = at.astimezone(ZONE).date()
    first, last = _date(query.get("from", "")), _date(query.get("to", ""))
    if first and last and first <= last:
        return Period(max(first, last - dt.timedelta(days=LONGEST)), last)
    choice = query.get("days", "7")
    days = int(choice) if choice in ("1", "7", "30") else 7
    return Period(today - dt.timedelta(days=days - 1), today, str(days))


def _date(text: str) -> dt.date | None:
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZONE)
