"""The operators' desk (坐席台): conversations, phone intake, work orders, figures."""

from __future__ import annotations

from aiohttp import web

from bot.web.desk import (
    alarms,
    callers,
    conversations,
    filing,
    history,
    intake,
    live,
    order,
    orders,
    reports,
    suggestions,
)


def add_routes(app: web.Application) -> None:
    """Add the routes of the desk to ``app``."""
    live.add_routes(app)
    intake.add_routes(app)
    history.add_routes(app)
    suggestions.add_routes(app)
    filing.add_routes(app)
    conversations.add_routes(app)
    orders.add_routes(app)
    order.add_routes(app)
    callers.add_routes(app)
    alarms.add_routes(app)
    reports.add_routes(app)
