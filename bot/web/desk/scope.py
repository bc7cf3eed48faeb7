"""Which conversations somebody at the desk may see, and how they are named there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from aiohttp import web

from bot.errors import NotFound
from bot.hotline.conversations import Conversation, Holder
from bot.hotline.staff import StaffMember
from bot.storage import get_conversation
from bot.web.keys import DATABASE
from bot.web.staff.access import member_of

T = TypeVar("T")
CHANNEL_NAMES = {"web": "网页", "wechat": "微信", "phone": "电话", "rest": "接口"}
_ELSEWHERE = "没有这个会话，或者它不在您负责的辖区。"


def require_scope(conversation: Conversation, member: StaffMember) -> Conversation:
    """Return the conversation where ``member`` may see it. Raises NotFound: what is out of scope is not there."""
    if member.jurisdiction and conversation.jurisdiction != member.jurisdiction:
        raise NotFound(_ELSEWHERE)
    return conversation


async def conversation_of(request: web.Request) -> Conversation:
    """Return the conversation that the address names, where whoever asks may see it. Raises NotFound."""
    wanted, member = request.match_info["id"], member_of(request)
    return require_scope(await reading(request, lambda c: get_conversation(c, wanted)), member)


async def reading(request: web.Request, read: Callable[[Any], T]) -> T:
    """Return what ``read`` finds in the database."""
    database = request.app[DATABASE]

    def run() -> T:
        with database.read() as connection:
            return read(connection)

    return await asyncio.to_thread(run)


async def writing(request: web.Request, write: Callable[[Any], T]) -> T:
    """Return what ``write`` makes of the database in one unit of work."""
    database = request.app[DATABASE]

    def run() -> T:
        with database.begin() as connection:
            return write(connection)

    return await asyncio.to_thread(run)


def stance(conversation: Conversation, member: StaffMember) -> str:
    """Return how ``member`` stands to the conversation: mine, queue, bot, other (operator's) or closed."""
    if conversation.holder is Holder.OPERATOR:
        return "mine" if conversation.operator == member.id else "other"
    return "closed" if conversation.closed else conversation.holder.value
