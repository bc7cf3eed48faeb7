"""The citizen's page and the address that it sends messages to."""

from __future__ import annotations

import asyncio
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from jinja2 import Environment, FileSystemLoader

from bot.errors import StorageUnavailable
from bot.hotline.jurisdictions import Jurisdiction
from bot.hotline.replies import outage_reply, payload_of
from bot.storage import Database, load_places
from bot.web.keys import DATABASE, RASA, SETTINGS

_LONGEST = 2000  # characters a citizen may send at once
_CONVERSATION = re.compile(r"[A-Za-z0-9_-]{16,64}")
_PLACE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SHOWN = ("text", "buttons", "custom")  # of a message of Rasa's


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


async def page(request: web.Request) -> web.Response:
    """Show the chat page of the place in the address, ``?jurisdiction=tianmen``, else of the default one."""
    default, wanted = request.app[SETTINGS].jurisdiction, request.query.get("jurisdiction", "")
    place = await asyncio.to_thread(_place, request.app[DATABASE], default, wanted)
    html = _templates().get_template("page.html").render(longest=_LONGEST, place=place)
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


async def chat(request: web.Request) -> web.Response:
    """Pass one message to Rasa and return its replies as ``{"messages": [...]}``.

    The body is ``{"conversation": "...", "message": "...", "jurisdiction": "..."}``; 400 with the reason otherwise.
    """
    conversation, message, place = await _read(request)
    body = {"sender": f"web-{conversation}", "message": message, "metadata": {"jurisdiction": place} if place else {}}
    url = f"{request.app[SETTINGS].rasa_url}/webhooks/rest/webhook"
    try:
        async with request.app[RASA].post(url, json=body) as response:
            messages = _shown(await response.json()) if response.status == 200 else []
    except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, RecursionError):
        messages = []
    if not messages:  # said to the citizen; danger in the message is still answered
        reply = outage_reply(message)
        messages = [{"text": reply.text}, {"custom": payload_of(reply, None)}]
    return web.json_response({"messages": messages})


def _shown(content: Any) -> list[dict[str, Any]]:
    """Return what of Rasa's reply goes to the page; nothing unless it is a list of messages with some text."""
    if not isinstance(content, list) or not all(isinstance(message, dict) for message in content):
        return []
    if not any(isinstance(message.get("text"), str) and message["text"].strip() for message in content):
        return []
    return [{name: message[name] for name in _SHOWN if name in message} for message in content]


async def _read(request: web.Request) -> tuple[str, str, str | None]:
    try:
        content: Any = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise _refused("请求正文不是有效的 JSON。") from None
    if not isinstance(content, dict):
        raise _refused("请求正文应是一个 JSON 对象。")
    conversation, message, place = content.get("conversation"), content.get("message"), content.get("jurisdiction")
    if not isinstance(conversation, str) or not _CONVERSATION.fullmatch(conversation):
        raise _refused("缺少 conversation，或它不是 16 到 64 个字母数字。")
    if not isinstance(message, str) or not message.strip():
        raise _refused("缺少 message，或它是空的。")
    if len(message) > _LONGEST:
        raise _refused(f"一次最多 {_LONGEST} 个字，请分几次发送。")
    if place is not None and not (isinstance(place, str) and _PLACE.fullmatch(place)):
        raise _refused("jurisdiction 应是辖区代号。")
    return conversation, message, place


def _refused(reason: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=reason, content_type="application/json")
