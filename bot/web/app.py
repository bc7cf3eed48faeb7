"""Builds the aiohttp application. Nothing is started at import."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from bot.settings import Settings
from bot.web import health, middleware, widget
from bot.web.keys import RASA, SETTINGS

_LARGEST_REQUEST = 128 * 1024  # bytes


def create_app(settings: Settings) -> web.Application:
    """Return the application with every route."""
    app = web.Application(
        client_max_size=_LARGEST_REQUEST, middlewares=[middleware.measure, middleware.errors, middleware.headers]
    )
    app[SETTINGS] = settings
    app.cleanup_ctx.append(_rasa_client)
    health.add_routes(app)
    widget.add_routes(app)
    return app


async def _rasa_client(app: web.Application) -> AsyncIterator[None]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=25, connect=3)) as session:
        app[RASA] = session
        yield
