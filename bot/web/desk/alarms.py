"""Alarms that something is raised far more often than usual (突发集中诉求): a supervisor says that they look after it."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from bot.bootstrap import now
from bot.errors import NotFound
from bot.hotline.staff import Permission
from bot.storage import acknowledge_alarm, get_alarm, note_deed
from bot.web.keys import DATABASE
from bot.web.staff.access import allowed, member_of


def add_routes(app: web.Application) -> None:
    """Add the route of this module to ``app``."""
    app.router.add_post("/desk/alarms/{id}", acknowledge)


@allowed(Permission.HANDLE_ALARMS)
async def acknowledge(request: web.Request) -> web.StreamResponse:
    """Keep that this person looks after the alarm; it then shows no more."""
    member, database, wanted = member_of(request), request.app[DATABASE], request.match_info["id"]

    def store() -> None:
        with database.begin() as connection:
            alarm = get_alarm(connection, wanted)
            if member.jurisdiction not in (None, alarm.jurisdiction):
                raise NotFound("没有这条预警。")
            if acknowledge_alarm(connection, wanted, member.id, now()):
                note_deed(connection, member, "确认预警", alarm.category, at=now(), 人数=alarm.count)

    await asyncio.to_thread(store)
    back = urlsplit(request.headers.get(hdrs.REFERER, "")).path
    raise web.HTTPSeeOther("/admin" if back == "/admin" else "/desk/orders")
