"""The citizen's page, and the widget's script, which any allowed page may load."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web
from jinja2 import Environment, FileSystemLoader

from bot.errors import StorageUnavailable
from bot.hotline.jurisdictions import Jurisdiction
from bot.settings import PROJECT_ROOT
from bot.storage import Database, load_places
from bot.web.keys import DATABASE, SETTINGS

_SCRIPT = PROJECT_ROOT / "frontend" / "dist" / "widget.js"


@dataclass(frozen=True)
class _Script:
    """The widget's script as it travels."""

    plain: bytes
    packed: bytes
    tag: str


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


@lru_cache(maxsize=1)
def _script() -> _Script:
    plain = _SCRIPT.read_bytes()
    return _Script(plain, gzip.compress(plain, 9), hashlib.sha256(plain).hexdigest()[:20])


async def script(request: web.Request) -> web.Response:
    """Give ``widget.js``, packed where the browser can unpack it; a browser that has this version is told so."""
    wanted = _script()
    headers = {"ETag": f'"{wanted.tag}"', "Vary": "Accept-Encoding"}
    if any(tag.value in (wanted.tag, "*") for tag in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    if packed:
        headers["Content-Encoding"] = "gzip"
    body = wanted.packed if packed else wanted.plain
    return web.Response(body=body, content_type="text/javascript", charset="utf-8", headers=headers)


@lru_cache(maxsize=1)
def contract() -> dict[str, Any]:
    """Return the OpenAPI document of the conversation, for apps and mini-programs."""
    content: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "openapi.yaml").read_text(encoding="utf8"))
    return content


async def show_contract(request: web.Request) -> web.Response:
    """Give the contract to whoever wants to read it."""
    return web.json_response(contract())


async def page(request: web.Request) -> web.Response:
    """Show the chat page of the place in the address, ``?jurisdiction=tianmen``, else of the default one."""
    default, wanted = request.app[SETTINGS].jurisdiction, request.query.get("jurisdiction", "")
    place = await asyncio.to_thread(_place, request.app[DATABASE], default, wanted)
    html = _templates().get_template("page.html").render(place=place)
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
