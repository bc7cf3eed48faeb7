"""What each operation of the API does. Everything here runs in a thread and returns a status and JSON."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from dateutil.parser import isoparse

from bot.bootstrap import Reference
from bot.errors import KnowledgeInvalid, MoveRefused, NotFound
from bot.hotline.deadlines import Lamp
from bot.hotline.filing import Draft
from bot.hotline.reports import month_of
from bot.hotline.routing import SURE
from bot.hotline.work_orders import Actor, Move, RequestKind, Role, State, WorkOrder
from bot.storage import (
    ApiToken,
    Database,
    OrderFilter,
    department_figures,
    filed_under,
    find_orders,
    get_order,
    move_order,
    order_events,
    order_view,
    reveal_callers,
)
from bot.web.api.contract import Json

Answer = tuple[int, Json]


@dataclass(frozen=True)
class Call:
    """One checked request: who calls, and with what."""

    token: ApiToken
    parameters: Json
    body: Json
    database: Database
    reference: Reference
    now: dt.datetime

    @property
    def actor(self) -> Actor:
        """In whose name the caller acts: the handler of its department, else a supervisor."""
        role = Role.HANDLER if self.token.department else Role.SUPERVISOR
        return Actor(f"api:{self.token.id}", role, self.token.department)

    def order(self, connection: Any) -> WorkOrder:
        """Return the order in the address. Raises NotFound also where the caller may not see it."""
        order = get_order(connection, self.parameters["number"])
        mine = self.token.department in (None, order.department, *order.assisting)
        if order.jurisdiction != self.token.jurisdiction or not mine:
            raise NotFound(f"没有编号为 {self.parameters['number'][:40]} 的工单，请核对编号。")
        return order


def list_work_orders(call: Call) -> Answer:
    """Return one page of orders, newest first."""
    given = call.parameters
    wanted = OrderFilter(
        jurisdiction=call.token.jurisdiction,
        states=[State(state) for state in given.get("state", [])],
        department=call.token.department or given.get("department"),
        category=given.get("category"),
        lamp=Lamp(given["lamp"]) if "lamp" in given else None,
        text=given.get("q", ""),
        received_from=_moment(given.get("received_from")),
        received_before=_moment(given.get("received_before")),
    )
    limit = given["limit"]
    with call.database.read() as connection:
        last = get_order(connection, given["after"]) if "after" in given else None
        found = find_orders(connection, wanted, now=call.now, before=last, limit=limit + 1)
    page = found[:limit]
    more = page[-1].number if len(found) > limit else None
    return 200, {"work_orders": [order_view(order, call.now) for order in page], "next": more}


def file_work_order(call: Call) -> Answer:
    """File an order, or join the open one about the same fact."""
    body = call.body
    key = f"api:{call.token.id}:{call.parameters['Idempotency-Key']}"
    with call.database.read() as connection:
        there = filed_under(connection, key)
    if there:
        return 200, {"work_order": order_view(there, call.now), "joined": False}
    desk = call.reference.desk()
    draft = Draft(
        what=body["content"],
        where=desk.mask(body.get("place", "")),
        when=body.get("happened", ""),
        phone=body.get("phone", ""),
        name=body.get("name", ""),
        confidential=body.get("confidential", False),
        links=tuple(body.get("attachments", ())),
        key=key,
    )
    kind = RequestKind(body["kind"]) if "kind" in body else None
    filed = desk.file(draft, call.token.jurisdiction, call.reference.knowledge(), key, "api", kind)
    return (200 if filed.joined else 201), {
        "work_order": order_view(filed.order, call.now),
        "joined": filed.joined,
    }


def get_work_order(call: Call) -> Answer:
    """Return an order and what happened to it."""
    with call.database.read() as connection:
        order = call.order(connection)
        events = order_events(connection, order.id)
    shown = [
        {
            "version": e.version, "move": e.move, "role": e.role.value, "at": e.at.isoformat(), "before": e.before.value,
            "after": e.after.value, "reason": e.reason, "details": dict(e.details),
        }
        for e in events
    ]  # fmt: skip
    return 200, {"work_order": order_view(order, call.now), "events": shown}


def move_work_order(call: Call) -> Answer:
    """Make one move in the caller's name."""
    given = dict(call.body)
    move, version = Move(given.pop("move")), given.pop("version")
    _require_known(call, [given.get("department"), *given.get("assisting", ())])
    with call.database.begin() as connection:
        order = call.order(connection)
        if "into" in given:
            given["into"] = _target(connection, given["into"])
        order = move_order(connection, order.id, move, call.actor, call.now, version=version, **given)
    return 200, order_view(order, call.now)


def _target(connection: Any, number: str) -> str:
    try:
        return get_order(connection, number).id
    except NotFound as error:
        raise MoveRefused(f"不能并入：{error}") from error


def view_contacts(call: Call) -> Answer:
    """Return the callers, after keeping who looked and why."""
    with call.database.begin() as connection:
        order = call.order(connection)
        if order.confidential and call.token.department:
            raise MoveRefused("反映人要求保密，承办单位不能查看联系方式，请通过12345联系。")
        callers = reveal_callers(connection, order.id, call.actor, call.body["purpose"], call.now)
    return 200, {
        "callers": [{"name": c.name, "phone": c.phone, "channel": c.channel, "at": c.at.isoformat()} for c in callers]
    }


def suggest_departments(call: Call) -> Answer:
    """Return the three likeliest departments for a text."""
    found = call.reference.suggest(call.body["text"], call.token.jurisdiction)
    shown = [
        {
            "category": s.category,
            "department": s.department.id if s.department else None,
            "name": s.department.name if s.department else None,
            "hotline": s.rule.hotline if s.rule else None,
            "confidence": round(s.confidence, 4),
            "reason": s.reason,
        }
        for s in found
    ]
    return 200, {"sure": bool(found) and found[0].confidence >= SURE, "suggestions": shown}


def get_report(call: Call) -> Answer:
    """Return the figures of a month or a year; a department's token gets its own only."""
    period = call.parameters["period"]
    try:
        first, end = month_of(period)
    except ValueError:
        raise KnowledgeInvalid(f"“{period}”不是月份或年份，请写成 2026-11 或 2026。") from None
    with call.database.read() as connection:
        figures = department_figures(connection, first, end, call.now, call.token.jurisdiction)
    own = call.token.department
    return 200, {"figures": [asdict(f) for f in figures if own in (None, f.department)]}


def _moment(text: str | None) -> dt.datetime | None:
    """Return the time that ``text`` writes as RFC 3339 says, as near as the calendar reaches."""
    if text is None:
        return None
    try:
        moment = isoparse(text.replace(" ", "+"))
    except ValueError:
        moment = dt.datetime(1, 1, 1)  # noqa: DTZ001
    if moment.tzinfo is None:
        raise KnowledgeInvalid(f"时间“{text[:40]}”要写成 2026-11-23T10:00:00+08:00，带时区。")
    try:
        return moment.astimezone(dt.timezone.utc)
    except OverflowError:
        return dt.datetime(1 if moment.year == 1 else 9999, 1, 1, tzinfo=dt.timezone.utc)


def _require_known(call: Call, departments: list[str | None]) -> None:
    known = call.reference.knowledge().departments
    for department in filter(None, departments):
        if department not in known or known[department].jurisdiction != call.token.jurisdiction:
            raise MoveRefused(f"没有承办单位 {department}，代号见派单目录（python -m bot catalogue）。")
