"""Work orders in a list (工单): by state, lamp, department and time, searched, a page at a time, and exported."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiMapping

from bot.bootstrap import now
from bot.errors import NotFound
from bot.hotline.deadlines import ZONE, Lamp
from bot.hotline.knowledge import Department, Knowledge
from bot.hotline.privacy import mask
from bot.hotline.staff import Permission, StaffMember
from bot.hotline.work_orders import STATE_NAMES, Role, State, WorkOrder
from bot.spreadsheets import csv_bytes
from bot.storage import (
    Alarm,
    Database,
    OrderFilter,
    count_by_lamp,
    count_by_state,
    find_orders,
    get_order,
    list_alarms,
    note_deed,
)
from bot.web.desk.order_scope import CHANNEL_NAMES, LAMP_NAMES, UNANSWERED, OrderLine, filter_for, line_for
from bot.web.keys import DATABASE, REFERENCE
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import moment, render

_PAGE = 50
_BATCH = 2000  # orders that an export reads at once
_ALARM_DAYS = 7
_HEADINGS = (
    "编号", "标题", "内容", "类别", "地点", "渠道", "状态", "时限", "承办单位", "协办单位", "受理时间", "应办结", "反馈时间", "办结时间",
    "满意度", "催办", "督办", "重办", "办理结果",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What the address of a list asks for; what it has wrong counts as not given."""

    state: str = ""  # empty: every state; open: what is not answered yet
    lamp: str = ""
    department: str = ""
    category: str = ""
    q: str = ""
    since: str = ""
    until: str = ""
    sort: str = ""

    @property
    def states(self) -> Sequence[State]:
        """The states that are wanted, all where there is none; what is due or late is looked for in what is still open."""
        if self.state == "open" or ((self.by_due or self.lamp) and not self.state):
            return UNANSWERED
        return [State(self.state)] if self.state else ()

    @property
    def by_due(self) -> bool:
        """Whether what is due first comes first."""
        return self.sort == "due"

    def filter(self, member: StaffMember) -> OrderFilter:
        """Return the filter, within what ``member`` may see."""
        until = _midnight(self.until)
        return filter_for(
            member, states=self.states, department=self.department or None, category=self.category or None,
            lamp=Lamp(self.lamp) if self.lamp else None, text=self.q, received_from=_midnight(self.since),
            received_before=until + dt.timedelta(days=1) if until else None,
        )  # fmt: skip

    def address(self, path: str = "/desk/orders", **changes: str) -> str:
        """Return the address of the same list but for ``changes``."""
        given = {name: value for name, value in {**vars(self), **changes}.items() if value}
        return f"{path}?{urlencode(given)}" if given else path


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/desk/orders", show)
    app.router.add_get("/desk/orders.csv", export)


@allowed(Permission.SEE_ORDERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Show one page of the list, with how many there are in each state and of each lamp."""
    asked, member, at = asked_of(request.query), member_of(request), now()
    after = request.query.get("after", "")[:40]
    read = await asyncio.to_thread(_read, request.app[DATABASE], member, asked, after, at)
    reference = request.app[REFERENCE]
    knowledge, places = await asyncio.to_thread(lambda: (reference.knowledge(), reference.places()))
    return await render(
        request, "desk/orders.html", **read, asked=asked, departments=departments_for(member, knowledge),
        names=knowledge.departments, categories=_categories(member, knowledge), places=places, states=STATE_NAMES,
        lamps=LAMP_NAMES, handler=member.role is Role.HANDLER,
    )  # fmt: skip


def _read(database: Database, member: StaffMember, asked: Asked, after: str, at: dt.datetime) -> dict[str, Any]:
    wanted = asked.filter(member)
    with database.read() as connection:
        last = _last(connection, after)
        found = find_orders(connection, wanted, now=at, before=last, limit=_PAGE + 1, by_due=asked.by_due)
        counts = _counts(connection, wanted, asked, at)
        alarms = list_alarms(connection, at - dt.timedelta(days=_ALARM_DAYS))
    lines = [line_for(member, order, at) for order in found[:_PAGE]]
    more = asked.address(after=found[_PAGE - 1].number) if len(found) > _PAGE else ""
    own = [] if member.role is Role.HANDLER else open_alarms(member, alarms)
    return {"lines": lines, "more": more, "paged": last is not None, "alarms": own, **counts}


def _last(connection: Any, number: str) -> WorkOrder | None:
    """Return the last order of the page before, ``None`` on the first page or where it is gone."""
    try:
        return get_order(connection, number) if number else None
    except NotFound:
        return None


def _counts(connection: Any, wanted: OrderFilter, asked: Asked, at: dt.datetime) -> dict[str, Any]:
    """Return the numbers beside states and lamps. A search in words reads every order: it goes without."""
    if wanted.text.strip():
        return {"by_state": {}, "by_lamp": {}, "open": None, "total": None}
    by_state = count_by_state(connection, replace(wanted, states=(), lamp=None))
    chosen = [state for state in asked.states or UNANSWERED if state in UNANSWERED]
    by_lamp = count_by_lamp(connection, replace(wanted, states=chosen, lamp=None), at) if chosen else {}
    total, waiting = sum(by_state.values()), sum(by_state.get(state, 0) for state in UNANSWERED)
    return {"by_state": by_state, "by_lamp": by_lamp, "open": waiting, "total": total}


def open_alarms(member: StaffMember, alarms: Sequence[Alarm]) -> list[Alarm]:
    """Return the alarms of ``member``'s place that nobody has acknowledged."""
    return [a for a in alarms if a.acknowledged_at is None and member.jurisdiction in (None, a.jurisdiction)]


@allowed(Permission.SEE_ORDERS)
async def export(request: web.Request) -> web.StreamResponse:
    """Send the whole filtered list as CSV: the matter masked, nothing of who called; that it was taken is recorded."""
    asked, member, database = asked_of(request.query), member_of(request), request.app[DATABASE]
    knowledge = await asyncio.to_thread(request.app[REFERENCE].knowledge)
    at = now()

    def record() -> None:
        with database.begin() as connection:
            given = {name: value for name, value in vars(asked).items() if value and name != "q"}
            note_deed(connection, member, "导出工单", at=at, **given, 检索=bool(asked.q))

    def batch(last: WorkOrder | None) -> list[WorkOrder]:
        with database.read() as connection:
            return find_orders(connection, asked.filter(member), now=at, before=last, limit=_BATCH, by_due=asked.by_due)

    await asyncio.to_thread(record)
    response = web.StreamResponse(headers=download(f"工单-{at.astimezone(ZONE):%Y%m%d-%H%M}.csv", "text/csv"))
    orders = await asyncio.to_thread(batch, None)
    await response.prepare(request)
    await response.write(csv_bytes([_HEADINGS]))
    while orders:
        rows = [_row(line_for(member, order, at), knowledge, at) for order in orders]
        await response.write(await asyncio.to_thread(csv_bytes, rows, first=False))
        orders = await asyncio.to_thread(batch, orders[-1]) if len(orders) == _BATCH else []
    await response.write_eof()
    return response


def download(name: str, content_type: str) -> dict[str, str]:
    """Return the headers with which a browser saves what is sent as ``name``."""
    quoted = urlencode({"": name})[1:].replace("+", "%20")
    return {
        "Content-Type": f"{content_type}; charset=utf-8" if content_type.startswith("text/") else content_type,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quoted}",
        "Cache-Control": "no-store",
    }


def _row(line: OrderLine, knowledge: Knowledge, at: dt.datetime) -> tuple[Any, ...]:
    order, public = line.order, frozenset(each.number for each in knowledge.hotlines)

    def name(department: str | None) -> str:
        known = knowledge.departments.get(department or "")
        return known.name if known else department or ""

    return (
        order.number, mask(line.title, public), mask(line.content, public), order.category, mask(order.place, public),
        CHANNEL_NAMES.get(order.channel, order.channel), STATE_NAMES[order.state], line.due, name(order.department),
        "、".join(name(each) for each in order.assisting), moment(order.received), moment(order.due(at).at),
        moment(order.answered), moment(order.closed), order.satisfaction, order.urged, "是" if order.supervised else "",
        order.reworked, mask(order.answer, public),
    )  # fmt: skip


def asked_of(query: MultiMapping[str]) -> Asked:
    """Return what ``query`` asks for."""
    given = {name: query.get(name, "").strip()[:100] for name in Asked.__dataclass_fields__}
    known = {"state": {"open", *(s.value for s in State)}, "lamp": {lamp.value for lamp in Lamp}, "sort": {"due"}}
    given |= {name: "" for name, values in known.items() if given[name] not in values}
    given |= {name: "" for name in ("since", "until") if _midnight(given[name]) is None}
    return Asked(**given)


def departments_for(member: StaffMember, knowledge: Knowledge) -> list[Department]:
    """Return the departments that ``member`` may choose, by name."""
    own = [d for d in knowledge.departments.values() if member.jurisdiction in (None, d.jurisdiction)]
    return sorted(own, key=lambda d: (d.jurisdiction, d.name))


def _categories(member: StaffMember, knowledge: Knowledge) -> Mapping[str, Sequence[str]]:
    """Return the branches of the category tree with their leaves."""
    rules = [rule for rule in knowledge.routing_rules if member.jurisdiction in (None, rule.jurisdiction)]
    branches: dict[str, set[str]] = {}
    for rule in rules:
        branches.setdefault(rule.category.split("/")[0], set()).add(rule.category)
    return {branch: sorted(branches[branch]) for branch in sorted(branches)}


def _midnight(text: str) -> dt.datetime | None:
    """Return the beginning of the day ``text`` in China."""
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), ZONE)
    except ValueError:
        return None
