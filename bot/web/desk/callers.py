"""Who called about a work order: shown for a purpose only, which is kept with who looked and when."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiohttp import web
from wtforms import SelectField, StringField
from wtforms.validators import Length

from bot.bootstrap import now
from bot.errors import MoveRefused
from bot.hotline.staff import Permission, StaffMember
from bot.hotline.work_orders import Role
from bot.storage import Caller, ContactView, Database, contact_views, note_deed, reveal_callers, staff_names
from bot.web.desk.order_scope import CHANNEL_NAMES, get_own
from bot.web.keys import DATABASE, REFERENCE
from bot.web.staff.access import StaffForm, allowed, form_meta, member_of
from bot.web.staff.pages import render

PURPOSES = ("联系反映人核实情况", "联系反映人补充材料", "上门或现场办理", "告知办理结果", "回访满意度", "其他")
_OTHER = PURPOSES[-1]


class PurposeForm(StaffForm):
    """What the contact is needed for."""

    purpose = SelectField("用途", choices=[("", "请选择用途"), *((each, each) for each in PURPOSES)])
    note = StringField("说明", [Length(max=100, message="说明最多100个字。")])


def add_routes(app: web.Application) -> None:
    """Add the route of this module to ``app``."""
    app.router.add_post("/desk/orders/{number}/callers", reveal)


@allowed(Permission.REVEAL_CONTACTS)
async def reveal(request: web.Request) -> web.StreamResponse:
    """Show who called, after keeping who looked and for what."""
    form = PurposeForm(await request.post(), meta=await form_meta(request))
    if not form.validate():
        raise MoveRefused("请选择查看联系方式的用途。")
    mask = (await asyncio.to_thread(request.app[REFERENCE].desk)).mask
    purpose = _purpose(form.purpose.data, mask((form.note.data or "").strip()))
    callers, views, staff = await asyncio.to_thread(
        _reveal, request.app[DATABASE], member_of(request), request.match_info["number"], purpose
    )
    return await render(request, "desk/callers.html", found=callers, views=views, staff=staff, channels=CHANNEL_NAMES)


def _purpose(chosen: str, note: str) -> str:
    """Return the purpose in words. Raises MoveRefused where none is given."""
    if not chosen:
        raise MoveRefused("请选择查看联系方式的用途。")
    if chosen == _OTHER and len(note) < 2:
        raise MoveRefused("用途选“其他”时请写明说明。")
    return "：".join(filter(None, (chosen, note)))


def _reveal(
    database: Database, member: StaffMember, number: str, purpose: str
) -> tuple[list[Caller], list[ContactView], Mapping[str, str]]:
    at = now()
    with database.begin() as connection:
        order = get_own(connection, member, number)
        if order.confidential and member.role is Role.HANDLER:
            raise web.HTTPForbidden(
                text="反映人要求保密，承办单位不能查看联系方式，请通过12345联系。", content_type="application/json"
            )
        callers = reveal_callers(connection, order.id, member.actor, purpose, at)
        note_deed(connection, member, "查看反映人联系方式", order.number, at=at, 用途=purpose)
        return callers, contact_views(connection, order.id), staff_names(connection)
