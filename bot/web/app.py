"""Builds the aiohttp application. Nothing is started at import."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor

import aiohttp
from aiohttp import web

from bot.bootstrap import Application, Reference, now
from bot.hotline.working_hours import read_working_hours
from bot.settings import Settings, read_secret
from bot.storage import Database
from bot.web import admin, api, desk, health, middleware, staff, wechat, widget
from bot.web.conversation.feed import Feed
from bot.web.conversation.limits import RateLimit
from bot.web.conversation.rasa import RasaClient
from bot.web.conversation.switchboard import Switchboard
from bot.web.desk.advice import ADVICE, Advice
from bot.web.desk.live import LIVE, Live
from bot.web.keys import APPLICATION, DATABASE, RASA, REFERENCE, SETTINGS, SWITCHBOARD
from bot.web.widget.doors import ADDRESSES, cross_origin
from bot.web.widget.sessions import WIDGET, Doors
from bot.web.widget.suggestions import Suggestions

_LARGEST_REQUEST = 128 * 1024  # bytes
_THREADS = 32  # for what blocks: the database, mostly
_PATIENCE = 25.0  # seconds for Rasa to answer; it gives up on a turn itself before


def create_app(settings: Settings, patience: float = _PATIENCE) -> web.Application:
    """Return the application with every route; Rasa gets ``patience`` seconds for a turn."""
    app = web.Application(
        client_max_size=_LARGEST_REQUEST,
        middlewares=[middleware.measure, middleware.errors, middleware.headers, cross_origin],
    )
    app[SETTINGS] = settings
    app[DATABASE] = Database(settings.database_url)
    app[APPLICATION] = Application(settings)
    app[REFERENCE] = Reference(app[APPLICATION])
    app[ADVICE] = Advice(app[APPLICATION], app[REFERENCE])
    app[ADDRESSES] = RateLimit(settings.address_rate)
    app.cleanup_ctx.append(_rasa_client(patience))
    app.cleanup_ctx.append(_conversations)
    staff.add_routes(app)
    desk.add_routes(app)
    admin.add_routes(app)
    health.add_routes(app)
    widget.add_routes(app)
    api.add_routes(app)
    wechat.add_routes(app)
    return app


def _rasa_client(patience: float) -> Callable[[web.Application], AsyncIterator[None]]:
    async def keep(app: web.Application) -> AsyncIterator[None]:
        timeout = aiohttp.ClientTimeout(total=patience, connect=3)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            app[RASA] = session
            yield

    return keep


async def _conversations(app: web.Application) -> AsyncIterator[None]:
    """Keep the switchboard working while the application runs."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="web"))
    settings, database = app[SETTINGS], app[DATABASE]
    feed = Feed(database, now)
    hours = read_working_hours(settings.working_hours_file)
    switchboard = Switchboard(database, RasaClient(app[RASA], settings.rasa_url), feed, now, hours)
    app[SWITCHBOARD] = switchboard
    app[LIVE] = Live(database, feed, app[REFERENCE], app[ADVICE])
    app[WIDGET] = Doors(
        database, switchboard, Suggestions(app[REFERENCE]), app[REFERENCE].places, settings.jurisdiction,
        read_secret(settings.secret_file), RateLimit(settings.citizen_rate), now,
    )  # fmt: skip
    tasks = [
        asyncio.create_task(feed.run()),
        asyncio.create_task(switchboard.run()),
        asyncio.create_task(app[LIVE].run()),
    ]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await app[ADVICE].close()
    await switchboard.stop()
