"""What a follower's doing means for their conversation, and what of the answer goes over their own request.

The platform gives five seconds (https://developers.weixin.qq.com/doc/offiaccount/Message_Management/
Passive_user_reply_message.html). What is ready by then is the passive reply; what is not is pushed as soon as it is
there, or, for an account that may not push, kept for the follower's next message.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from bot.channels.wechat.account import Account
from bot.channels.wechat.protocol import Incoming, What
from bot.channels.wechat.wording import first_piece
from bot.errors import HotlineError
from bot.hotline.conversations import Author, Conversation
from bot.hotline.jurisdictions import Jurisdiction, Places
from bot.hotline.ledger import conversation_hash
from bot.storage import (
    Database,
    Parcel,
    Saying,
    drop_parcels,
    find_conversation,
    forget_conversation,
    get_conversation,
    is_answered,
    is_owed,
    note_replied,
    put_back,
    replied,
    take_parcels,
)
from bot.web.conversation.limits import RateLimit
from bot.web.conversation.switchboard import Switchboard
from bot.web.wechat.sender import CHANNEL

logger = logging.getLogger(__name__)

# How many messages may be pushed after what a follower does, and for how long (quotas of customer-service messages).
_AFTER_MESSAGE = (5, dt.timedelta(hours=48))
_AFTER_PRESS = (3, dt.timedelta(minutes=1))
_PRESSES = (What.CLICK, What.SUBSCRIBE, What.SCAN)
GRACE = dt.timedelta(seconds=0.25)  # for the database to say what goes over a request whose time is over
_SPARE = dt.timedelta(seconds=5)  # between the platform's clock and ours

_KINDLY = "没有听清您的语音，请打字告诉我您想问什么；急事请拨打12345（24小时）。"
_UNREADABLE = "这里看不了视频和文件，请打字告诉我您想问什么，照片可以直接发来。"
_SLOW = "正在为您查询。请稍等几秒，回复任意一个字查看答复。"
_MORE = "（未完，回复“继续”看下文）"
_TOO_FAST = "您发得太快了，请稍等几秒再发。"
_FORGOTTEN = "已删除您在这里的全部聊天记录。已登记的工单是办理依据，仍会保留。"
_FORGET = re.compile(r"^(?:请|帮我|我要)?(?:删除|清除|清空)(?:我的)?(?:全部)?(?:聊天|对话|会话|咨询)?记录[。！!]?$")
_NUDGE = re.compile(r"^(?:继续|看?答复|好的?|嗯|在吗|[\w\W])[。！!？?]?$")


@dataclass(frozen=True)
class Settled:
    """What goes over a follower's own request, and the parcels of the outbox that it was taken from."""

    text: str = ""
    parcels: tuple[Parcel, ...] = ()


class WechatDesk:
    """Answers followers of one account."""

    def __init__(
        self,
        account: Account,
        database: Database,
        switchboard: Switchboard,
        places: Callable[[], Places],
        secret: bytes,
        citizens: RateLimit,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._account = account
        self._database = database
        self._switchboard = switchboard
        self._places = places
        self._secret = secret
        self._citizens = citizens
        self._now = now

    async def answer(
        self, incoming: Incoming, arrived: dt.datetime, deadline: dt.datetime, stored: asyncio.Event
    ) -> Settled:
        """Return what goes over the request that came with ``incoming``, if anything. Raises StorageUnavailable.

        From ``stored`` on it may be acknowledged: nothing of it is lost any more.
        """
        key = f"{CHANNEL}-{conversation_hash(incoming.openid, self._secret)}"
        if incoming.what is What.UNSUBSCRIBE:
            await self._in_unit(lambda c: drop_parcels(c, key, arrived, "unsubscribed"))
            return Settled()
        known, settled = await self._in_unit(
            lambda c: (find_conversation(c, key), replied(c, key, incoming.id)), reading=True
        )
        if settled is not None:
            return Settled(str(settled))  # it was sent again, since our answer did not arrive
        if _FORGET.match(incoming.text):
            await self._in_unit(lambda c: forget_conversation(c, key))
            return Settled(_FORGOTTEN)
        if not await self._citizens.allows(key):
            return Settled(_TOO_FAST)
        conversation = await self._conversation(key, known, incoming, arrived)
        said, payload, answers = await self._meaning(conversation, incoming)
        left, lasting = _AFTER_PRESS if incoming.what in _PRESSES else _AFTER_MESSAGE
        with self._switchboard.feed.listen(key) as listener:
            await self._switchboard.receive(
                conversation, said, id=incoming.id, payload=payload, answer_by=deadline, answers=answers,
                window=(left, arrived + lasting - _SPARE),
            )  # fmt: skip
            stored.set()
            while answers is None and (patience := (deadline - self._now()).total_seconds()) > 0:
                if await listener.news(patience) is Author.BOT:  # it has only begun
                    continue
                if await self._in_unit(lambda c: is_answered(c, key, incoming.id), reading=True):
                    break
        settled = await self._in_unit(lambda c: self._settle(c, key, incoming.id, deadline))
        return cast(Settled, settled)

    async def follow_up(self, answering: asyncio.Task[Settled]) -> None:
        """Have pushed what ``answering`` brings too late for the request, which was acknowledged meanwhile."""
        try:
            settled = await answering
            if settled.parcels:
                await self._in_unit(lambda c: self._put_back(c, settled.parcels))
        except HotlineError as error:
            logger.error("what was too late for a request was not settled: %s", error)

    async def _conversation(
        self, key: str, known: Conversation | None, incoming: Incoming, at: dt.datetime
    ) -> Conversation:
        """Return the follower's conversation; a code that they scanned may set its place."""
        scanned = incoming.text if incoming.what in (What.SUBSCRIBE, What.SCAN) else ""
        place = (await self._covered(scanned) if scanned else "") or (
            known.jurisdiction if known else self._account.jurisdiction
        )
        if known and known.jurisdiction != place:
            return await self._switchboard.change(key, lambda c: _at(c, place))
        citizen = conversation_hash(key, self._secret)
        return known or Conversation(key, CHANNEL, citizen, place, at, at, address=incoming.openid)

    async def _covered(self, place: str) -> str:
        known = (await asyncio.to_thread(self._places)).by_id.get(place)
        return known.id if known and known.covered else ""

    async def _meaning(
        self, conversation: Conversation, incoming: Incoming
    ) -> tuple[str, str | None, list[Saying] | None]:
        """Return what was said, what it stands for, and the answer where nobody has to be asked."""
        what, text = incoming.what, incoming.text
        if what in (What.SUBSCRIBE, What.SCAN):
            place = (await asyncio.to_thread(self._places)).by_id[conversation.jurisdiction]
            return "（关注）" if what is What.SUBSCRIBE else "（扫码）", None, [_welcome(place)]
        if what is What.VOICE and not text:
            return "（语音）", None, [Saying(Author.SYSTEM, _KINDLY)]
        if what is What.UNREADABLE or not text:
            return "（文件）", None, [Saying(Author.SYSTEM, _UNREADABLE)]
        if what is What.IMAGE:
            return f"照片：{text}", None, None
        if _NUDGE.match(text) and await self._in_unit(lambda c: is_owed(c, conversation.id), reading=True):
            return text, None, []  # only asks for what it is still owed
        return text, None, None

    def _settle(self, connection: Any, key: str, id: str, deadline: dt.datetime) -> Settled:
        """Take what can be said now for the request, leave the rest to be pushed or asked for, and keep what was decided."""
        get_conversation(connection, key, lock=True)
        if (before := replied(connection, key, id)) is not None:
            return Settled(before)  # it was sent again meanwhile, and that was settled first
        now = self._now()
        if now > deadline + GRACE and self._account.pushes:  # acknowledged meanwhile; all of it is pushed
            note_replied(connection, key, id, "")
            return Settled()
        parcels = take_parcels(connection, key, now)
        piece, rest = first_piece("\n\n".join(parcel.text for parcel in parcels))
        if parcels and rest:
            put_back(connection, parcels[-1], rest, now if self._account.pushes else None)
            piece = piece if self._account.pushes else f"{piece}\n{_MORE}"
        if not parcels and not self._account.pushes and not is_answered(connection, key, id):
            piece = _SLOW
        note_replied(connection, key, id, piece)
        return Settled(piece, tuple(parcels))

    def _put_back(self, connection: Any, parcels: tuple[Parcel, ...]) -> None:
        next_at = self._now() if self._account.pushes else None
        for parcel in parcels:
            put_back(connection, parcel, parcel.text, next_at)

    async def _in_unit(self, do: Callable[[Any], Any], *, reading: bool = False) -> Any:
        def run() -> Any:
            with self._database.read() if reading else self._database.begin() as connection:
                return do(connection)

        return await asyncio.to_thread(run)


def _at(conversation: Conversation, place: str) -> Conversation:
    return replace(conversation, jurisdiction=place)


def _welcome(place: Jurisdiction) -> Saying:
    examples = "\n".join(f"· {question}" for question in place.suggested[:3])
    text = f"您好，这里是{place.name}12345热线智能助手。政策、办事、投诉都可以直接问，每条答复都注明依据；答不了的帮您转人工。"
    return Saying(Author.SYSTEM, f"{text}\n\n您可以这样问：\n{examples}" if examples else text)
