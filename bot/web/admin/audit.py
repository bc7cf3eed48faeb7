"""What everybody did (操作记录), to read."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

from aiohttp import web

from bot.hotline.staff import Permission, StaffMember
from bot.hotline.work_orders import ROLE_NAMES
from bot.storage import Deed, list_deeds, list_staff
from bot.web.keys import DATABASE
from bot.web.staff.access import allowed
from bot.web.staff.pages import render

_PAGE = 100


def add_routes(app: web.Application) -> None:
    """Add the route of this module to ``app``."""
    app.router.add_get("/admin/audit", show)


@allowed(Permission.SEE_AUDIT)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the newest deeds, narrowed by person, deed and object."""
    asked = {name: request.query.get(name, "").strip()[:100] for name in ("staff", "deed", "object")}
    before = _moment(request.query.get("before", ""))
    database = request.app[DATABASE]

    def read() -> tuple[list[StaffMember], Sequence[Deed]]:
        with database.read() as connection:
            deeds = list_deeds(connection, **asked, before=before, limit=_PAGE + 1)
            return list_staff(connection), deeds

    members, deeds = await asyncio.to_thread(read)
    return await render(
        request, "admin/audit.html", deeds=deeds[:_PAGE], more=len(deeds) > _PAGE, members=members, asked=asked,
        roles=ROLE_NAMES,
    )  # fmt: skip


def _moment(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
