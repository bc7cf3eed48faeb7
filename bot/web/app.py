"""Builds the aiohttp application. Nothing is started at import."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import aiohttp
from aiohttp import web

from bot.settings import Settings
from bot.storage import Database
from bot.web import api, health, middleware, widget
from bot.web.keys import DATABASE, RASA, SETTINGS

_LARGEST_REQUEST = 128 * 1024  # bytes
_PATIENCE = 25.0  # seconds for Rasa to answer; it gives up on a turn itself before


def create_app(settings: Settings, patience: float = _PATIENCE) -> web.Application:
    """Return the application with every route; Rasa gets ``patience`` seconds for a turn."""
    app = web.Application(
        client_max_size=_LARGEST_REQUEST, middlewares=[middleware.measure, middleware.errors, middleware.headers]
    )
    app[SETTINGS] = settings
    app[DATABASE] = Database(settings.database_url)
    app.cleanup_ctx.append(_rasa_client(patience))
    health.add_routes(app)
    widget.add_routes(app)
    api.add_routes(app)
    return app


def _rasa_client(patience: float) -> Callable[[web.Application], AsyncIterator[None]]:
    async def keep(app: web.Application) -> AsyncIterator[None]:
        timeout = aiohttp.ClientTimeout(total=patience, connect=3)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            app[RASA] = session
            yield

    return keep
