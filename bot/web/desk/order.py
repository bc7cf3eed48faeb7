"""One work order: the whole matter, what happened to it, the moves that this person may make, and who called."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.bootstrap import now
from bot.errors import HotlineError, MoveRefused, NotFound
from bot.hotline.staff import Permission, StaffMember
from bot.hotline.work_orders import MOVE_NAMES, OPEN, STATE_NAMES, Move, Role, WorkOrder, possible_moves
from bot.storage import (
    Database,
    contact_views,
    count_callers,
    find_orders,
    get_order,
    move_order,
    note_deed,
    open_alike,
    order_events,
    staff_names,
)
from bot.web.desk.callers import PURPOSES
from bot.web.desk.moves import OTHER, MoveForm, button_of, given_of
from bot.web.desk.order_scope import CHANNEL_NAMES, LAMP_NAMES, filter_for, get_own, line_for
from bot.web.desk.order_story import Step, story
from bot.web.keys import DATABASE, REFERENCE
from bot.web.staff.access import allowed, form_meta, member_of
from bot.web.staff.pages import render

logger = logging.getLogger(__name__)
_PHOTO = re.compile(r"(?:^|/)files/([A-Za-z0-9_-]{32}\.jpg)$")
_ALIKE_DAYS = 30
_MOST_ALIKE = 10


@dataclass(frozen=True)
class Opened:
    """A form that was sent and refused: it is shown again with what was written."""

    move: Move
    form: MoveForm
    problem: str


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/desk/orders/{number}", show)
    app.router.add_post("/desk/orders/{number}/moves/{move}", move)
    app.router.add_get("/desk/orders/{number}/suggestions", suggest)
    app.router.add_get("/desk/orders/{number}/alike", alike)


@allowed(Permission.SEE_ORDERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the order."""
    return await _page(request, None)


@allowed(Permission.SEE_ORDERS)
async def move(request: web.Request) -> web.StreamResponse:
    """Make a move; where it is refused, show the order as it is now with what was written."""
    member, number = member_of(request), request.match_info["number"]
    wanted = next((m for m in Move if m.value == request.match_info["move"]), None)
    if wanted is None:
        raise NotFound("没有这个操作。")
    form = await _form(request, await _own(request), await request.post())
    if not form.validate():
        problem = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return await _page(request, Opened(wanted, form, problem), status=400)
    reference = request.app[REFERENCE]
    try:
        after = await asyncio.to_thread(_move, request.app[DATABASE], reference, member, number, wanted, form)
    except MoveRefused as refusal:
        return await _page(request, Opened(wanted, form, str(refusal)), status=409)
    gone = member.role is Role.HANDLER and member.department not in (after.department, *after.assisting)
    raise web.HTTPSeeOther("/desk/orders" if gone else f"/desk/orders/{after.number}")


def _move(
    database: Database, reference: Any, member: StaffMember, number: str, wanted: Move, form: MoveForm
) -> WorkOrder:
    knowledge, mask = reference.knowledge(), reference.desk().mask
    with database.begin() as connection:
        order = get_own(connection, member, number)
        given = given_of(form, wanted, order, knowledge, mask)
        if wanted is Move.MERGE and (form.into.data or "").strip():
            given["into"] = _target(connection, member, order, form.into.data.strip())
        after = move_order(connection, order.id, wanted, member.actor, now(), version=form.version.data or 0, **given)
        note_deed(connection, member, f"工单{MOVE_NAMES[wanted]}", order.number, at=now())
        return after


def _target(connection: Any, member: StaffMember, order: WorkOrder, number: str) -> str:
    """Return the id of the order to merge into. Raises MoveRefused where nobody works on it."""
    into = get_own(connection, member, number)
    if into.state not in OPEN or into.jurisdiction != order.jurisdiction:
        raise MoveRefused(f"工单 {into.number} {STATE_NAMES[into.state]}，只能并入同一辖区还在办的工单。")
    return into.id


@allowed(Permission.SEE_ORDERS)
async def suggest(request: web.Request) -> web.StreamResponse:
    """Show the likeliest departments with their reasons, to choose one."""
    order = await _for_desk(request)
    reference = request.app[REFERENCE]
    try:
        found = await asyncio.to_thread(reference.suggest, order.content, order.jurisdiction)
    except HotlineError as error:
        logger.error("no departments can be suggested: %s", error)
        found = []
    named = [each for each in found if each.department and each.rule]
    names = (await asyncio.to_thread(reference.knowledge)).departments
    return await render(request, "desk/routes.html", suggestions=named, other=OTHER, names=names)


@allowed(Permission.SEE_ORDERS)
async def alike(request: web.Request) -> web.StreamResponse:
    """Show the orders that this one may be merged into: those about the same, or what is searched for."""
    member, database = member_of(request), request.app[DATABASE]
    order, text = await _for_desk(request), request.query.get("q", "").strip()[:100]

    def read() -> list[WorkOrder]:
        with database.read() as connection:
            if text:
                wanted = filter_for(member, jurisdiction=order.jurisdiction, states=OPEN, text=text)
                found = find_orders(connection, wanted, limit=_MOST_ALIKE + 1)
            else:
                found = open_alike(connection, order, order.received - dt.timedelta(days=_ALIKE_DAYS))
            return [each for each in found if each.id != order.id][:_MOST_ALIKE]

    found = await asyncio.to_thread(read)
    return await render(
        request, "desk/alike.html", lines=[line_for(member, each, now()) for each in found], searched=text,
        states=STATE_NAMES,
    )  # fmt: skip


async def _for_desk(request: web.Request) -> WorkOrder:
    """Return the order for whoever dispatches it; a department is not told what the citizen's own words lead to."""
    order = await _own(request)
    if member_of(request).role is Role.HANDLER:
        raise web.HTTPForbidden(text="派单和并单由话务员和班长操作。", content_type="application/json")
    return order


async def _own(request: web.Request) -> WorkOrder:
    database, member, number = request.app[DATABASE], member_of(request), request.match_info["number"]

    def read() -> WorkOrder:
        with database.read() as connection:
            return get_own(connection, member, number)

    return await asyncio.to_thread(read)


async def _form(request: web.Request, order: WorkOrder, given: Any = None) -> MoveForm:
    form = MoveForm(
        given, data={"handover": order.for_department, "satisfaction": order.satisfaction},
        meta=await form_meta(request),
    )  # fmt: skip
    form.offer(order, await asyncio.to_thread(request.app[REFERENCE].knowledge))
    return form


async def _page(request: web.Request, opened: Opened | None, status: int = 200) -> web.StreamResponse:
    member, number, at = member_of(request), request.match_info["number"], now()
    reference = request.app[REFERENCE]
    read = await asyncio.to_thread(_read, request.app[DATABASE], reference, member, number, at)
    order: WorkOrder = read["line"].order
    moves = [button_of(each) for each in possible_moves(order, member.actor)]
    return await render(
        request, "desk/order.html", status, **read, moves=moves, form=await _form(request, order), opened=opened,
        states=STATE_NAMES, move_names=MOVE_NAMES, lamps=LAMP_NAMES, channels=CHANNEL_NAMES,
        purposes=PURPOSES, photos=_photos(order), links=_links(order), handler=member.role is Role.HANDLER,
    )  # fmt: skip


def _read(database: Database, reference: Any, member: StaffMember, number: str, at: dt.datetime) -> dict[str, Any]:
    knowledge, places = reference.knowledge(), reference.places()
    with database.read() as connection:
        order = get_own(connection, member, number)
        into = get_order(connection, order.merged_into).number if order.merged_into else ""
        events, staff = order_events(connection, order.id), staff_names(connection)
        views, callers = contact_views(connection, order.id), count_callers(connection, order.id)
    names: Mapping[str, str] = {d.id: d.name for d in knowledge.departments.values()}
    steps: Sequence[Step] = story(order, events, staff, names, into)
    return {
        "line": line_for(member, order, at), "steps": steps, "callers": callers, "into": into, "names": names,
        "views": views, "staff": staff, "place": places.name(order.jurisdiction), "due_at": order.due(at),
    }  # fmt: skip


def _photos(order: WorkOrder) -> list[str]:
    """Return our own addresses of the photos that citizens added, whatever host they were given under."""
    return [f"/files/{found[1]}" for each in order.attachments if (found := _PHOTO.search(each))]


def _links(order: WorkOrder) -> list[str]:
    """Return the other addresses that were given."""
    web_addresses = (each for each in order.attachments if each.startswith(("http://", "https://")))
    return [each for each in web_addresses if not _PHOTO.search(each)]
