"""What a citizen's widget may say and is told, whichever way the frames travel (docs/widget.md describes them).

The token that the widget keeps is all that opens a conversation: it names the place, and its digest is the id.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import secrets
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.errors import HotlineError, StorageUnavailable
from bot.hotline import conversations as talk
from bot.hotline.conversations import Author, Conversation, Holder, Message
from bot.hotline.jurisdictions import Jurisdiction, Places
from bot.hotline.ledger import conversation_hash
from bot.storage import (
    Database,
    find_conversation,
    forget_conversation,
    give_feedback,
    messages_after,
    queue_position,
)
from bot.web.conversation.limits import RateLimit
from bot.web.conversation.switchboard import Switchboard
from bot.web.widget.suggestions import Suggestions

Frame = dict[str, Any]
LONGEST = 2000  # characters a citizen may send at once
_SHOWN_AGAIN = 200  # messages after a reload
_TOKEN = re.compile(r"([a-z][a-z0-9_]{0,63})\.[A-Za-z0-9_-]{43}")
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_LONGEST_REASON = 500
_BUSY = "系统暂时不可用，消息没有收到，请稍后再发。急事请拨打12345（24小时）。"


class FrameRefused(HotlineError):
    """A frame cannot be what it says; the reason is for the citizen."""


@dataclass(frozen=True)
class Doors:
    """What every session needs."""

    database: Database
    switchboard: Switchboard
    suggestions: Suggestions
    places: Callable[[], Places]
    default: str  # the place of a page that names none
    secret: bytes
    citizens: RateLimit
    now: Callable[[], dt.datetime]


WIDGET: web.AppKey[Doors] = web.AppKey("widget", Doors)


class Session:
    """One citizen's conversation as their widget sees it."""

    def __init__(self, doors: Doors, token: str, place: Jurisdiction) -> None:
        self.token = token
        self.place = place
        self.id = f"web-{conversation_hash(token, doors.secret)}"
        self._doors = doors

    async def welcome(self, after: int) -> Frame:
        """Return the first frame: the token to keep, what was said after ``after``, and who holds the conversation."""
        messages, state = await self.news(after)
        return {
            "type": "welcome",
            "token": self.token,
            "place": self.place.name,
            "suggested": list(self.place.suggested),
            "messages": messages,
            "state": state,
        }

    async def news(self, after: int) -> tuple[list[Frame], Frame]:
        """Return what was said after ``after`` and who holds the conversation. Raises StorageUnavailable."""

        def read() -> tuple[list[Frame], Frame]:
            with self._doors.database.read() as connection:
                conversation = find_conversation(connection, self.id)
                if conversation is None:
                    return [], _state(None, None)
                waits = conversation.holder is Holder.QUEUE
                position = queue_position(connection, conversation) + 1 if waits else None
                messages = messages_after(connection, self.id, after, _SHOWN_AGAIN)
                return [_shown(message) for message in messages], _state(conversation, position)

        return await asyncio.to_thread(read)

    async def handle(self, frame: Mapping[str, Any]) -> list[Frame]:
        """Do what the widget asks and return what it is told at once; news come separately. Never raises for bad input."""
        own = frame.get("id") if isinstance(frame.get("id"), str) else None
        handler = _HANDLERS.get(str(frame.get("type")))
        try:
            if handler is None:
                raise FrameRefused("这个操作不支持，请刷新页面。")
            return await handler(self, frame)
        except StorageUnavailable:
            return [{"type": "error", "text": _BUSY, "id": own}]
        except HotlineError as error:
            return [{"type": "error", "text": str(error), "id": own}]

    async def _say(self, frame: Mapping[str, Any]) -> list[Frame]:
        await self._receive(_text(frame, "text", LONGEST), _id(frame))
        return []

    async def _choose(self, frame: Mapping[str, Any]) -> list[Frame]:
        payload = _text(frame, "payload", LONGEST)
        await self._receive(_text(frame, "title", LONGEST), _id(frame), payload)
        return []

    async def _hand_over(self, frame: Mapping[str, Any]) -> list[Frame]:
        await self._receive("转人工", f"handoff-{uuid.uuid4().hex}")
        return []

    async def _receive(self, text: str, id: str, payload: str | None = None) -> None:
        if not await self._doors.citizens.allows(self.id):
            raise FrameRefused("您发得太快了，请稍等几秒再发。")
        at = self._doors.now()
        citizen = conversation_hash(self.id, self._doors.secret)
        new = Conversation(self.id, "web", citizen, self.place.id, at, at)
        await self._doors.switchboard.receive(new, text, id=id, payload=payload)

    async def _typing(self, frame: Mapping[str, Any]) -> list[Frame]:
        text = frame.get("text")
        if not isinstance(text, str) or not text.strip():
            return []
        self._doors.switchboard.feed.wake(self.id, Author.CITIZEN, text[:LONGEST])
        found = await asyncio.to_thread(self._doors.suggestions.for_text, text, self.place.id)
        return [{"type": "suggest", "for": text, "questions": found}]

    async def _feedback(self, frame: Mapping[str, Any]) -> list[Frame]:
        seq, helpful = frame.get("message"), frame.get("helpful")
        if not isinstance(seq, int) or not isinstance(helpful, bool):
            raise FrameRefused("评价没有收到，请再试一次。")
        reason = str(frame.get("reason") or "")[:_LONGEST_REASON]

        def store() -> None:
            with self._doors.database.begin() as connection:
                give_feedback(connection, self.id, seq, helpful, reason, self._doors.now())

        await asyncio.to_thread(store)
        return []

    async def _rate(self, frame: Mapping[str, Any]) -> list[Frame]:
        score = frame.get("score")
        if not isinstance(score, int) or isinstance(score, bool):
            raise FrameRefused("请打1到5分。")
        comment = str(frame.get("comment") or "")[:_LONGEST_REASON]
        await self._doors.switchboard.change(self.id, lambda c: talk.rate(c, score, comment))
        return []

    async def _forget(self, frame: Mapping[str, Any]) -> list[Frame]:
        def delete() -> None:
            with self._doors.database.begin() as connection:
                forget_conversation(connection, self.id)

        await asyncio.to_thread(delete)
        return [{"type": "forgotten"}]

    async def _nothing(self, frame: Mapping[str, Any]) -> list[Frame]:
        return []

    async def _ping(self, frame: Mapping[str, Any]) -> list[Frame]:
        return [{"type": "pong"}]


_HANDLERS: dict[str, Callable[[Session, Mapping[str, Any]], Awaitable[list[Frame]]]] = {
    "say": Session._say,
    "choose": Session._choose,
    "handoff": Session._hand_over,
    "typing": Session._typing,
    "feedback": Session._feedback,
    "rate": Session._rate,
    "forget": Session._forget,
    "seen": Session._nothing,
    "ping": Session._ping,
}


async def open_session(doors: Doors, token: Any, jurisdiction: Any) -> Session:
    """Return the session that ``token`` opens, a new one where it is none of ours. Raises StorageUnavailable."""
    places = (await asyncio.to_thread(doors.places)).by_id
    if isinstance(token, str) and (found := _TOKEN.fullmatch(token)):
        place = places.get(found[1])
        if place and place.covered:
            return Session(doors, token, place)
    wanted = places.get(jurisdiction) if isinstance(jurisdiction, str) else None
    place = wanted if wanted and wanted.covered else places[doors.default]
    return Session(doors, f"{place.id}.{secrets.token_urlsafe(32)}", place)


def _shown(message: Message) -> Frame:
    return {
        "seq": message.seq,
        "id": message.id if message.author is Author.CITIZEN else None,
        "from": message.author.value,
        "name": message.name,
        "text": message.text,
        "custom": message.custom,
        "buttons": list(message.buttons),
        "at": message.at.isoformat(),
    }


def _state(conversation: Conversation | None, position: int | None) -> Frame:
    held = conversation is not None and conversation.holder is Holder.OPERATOR
    return {
        "holder": conversation.holder.value if conversation else Holder.BOT.value,
        "position": position,
        "operator": conversation.operator_name if conversation and held else None,
        "closed": bool(conversation and conversation.closed),
        "rated": bool(conversation and conversation.score),
    }


def _text(frame: Mapping[str, Any], name: str, longest: int) -> str:
    value = frame.get(name)
    if not isinstance(value, str) or not value.strip():
        raise FrameRefused("没有看到文字内容，请输入后再发。")
    if len(value) > longest:
        raise FrameRefused(f"一次最多 {longest} 个字，请分几次发送。")
    return "".join(c for c in value if c in "\n\t" or c.isprintable()).strip() or "?"


def _id(frame: Mapping[str, Any]) -> str:
    value = frame.get("id")
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise FrameRefused("消息缺少编号，请刷新页面后再发。")
    return value
