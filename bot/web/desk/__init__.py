"""The operators' desk (坐席台): conversations, phone intake, work orders, figures."""

from __future__ import annotations

from aiohttp import web

from bot.web.desk import alarms, callers, order, orders, reports
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import home


def add_routes(app: web.Application) -> None:
    """Add the routes of the desk to ``app``."""
    app.router.add_get("/desk", start)
    orders.add_routes(app)
    order.add_routes(app)
    callers.add_routes(app)
    alarms.add_routes(app)
    reports.add_routes(app)


@allowed()
async def start(request: web.Request) -> web.StreamResponse:
    """Lead to the first page that this person works on."""
    raise web.HTTPSeeOther(home(member_of(request)))
