"""The citizen's page."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader

from bot.errors import StorageUnavailable
from bot.hotline.jurisdictions import Jurisdiction
from bot.storage import Database, load_places
from bot.web.keys import DATABASE, SETTINGS
from bot.web.widget.sessions import LONGEST


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


async def page(request: web.Request) -> web.Response:
    """Show the chat page of the place in the address, ``?jurisdiction=tianmen``, else of the default one."""
    default, wanted = request.app[SETTINGS].jurisdiction, request.query.get("jurisdiction", "")
    place = await asyncio.to_thread(_place, request.app[DATABASE], default, wanted)
    html = _templates().get_template("page.html").render(longest=LONGEST, place=place)
    return web.Response(text=html, content_type="text/html")


def _place(database: Database, default: str, wanted: str) -> Jurisdiction:
    """Return the place that the page is for, one without a name while the database cannot be read."""
    try:
        with database.read() as connection:
            places = load_places(connection).by_id
    except StorageUnavailable:
        return Jurisdiction(default, "")
    known = places.get(wanted)
    return (known if known and known.covered else places.get(default)) or Jurisdiction(default, "")
