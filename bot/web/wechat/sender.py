"""Pushes what followers are told later: what missed the five seconds, an operator's words, news of a work order."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable

from prometheus_client import Counter

from bot.channels.wechat.client import Fault, WechatClient, WechatFailed
from bot.channels.wechat.wording import first_piece
from bot.errors import HotlineError
from bot.storage import (
    Database,
    Parcel,
    claim_parcel,
    drop_parcels,
    due_parcels,
    hold_parcel,
    note_failed,
    note_pushed,
)

logger = logging.getLogger(__name__)

CHANNEL = "wechat"
_EVERY = 0.3  # seconds between looks
_CLAIMED = dt.timedelta(seconds=20)  # longer than a call takes; then another process may try
_RETRIES = (1, 2, 5, 10, 30, 60, 300, 900)  # seconds after each failure; after the last it waits for the follower
PUSHED = Counter("hotline_wechat_pushed_total", "Customer-service messages, by outcome", ["outcome"])


class Sender:
    """Works through the outbox of the official account."""

    def __init__(
        self, database: Database, client: WechatClient, now: Callable[[], dt.datetime], *, pushes: bool
    ) -> None:
        self._database = database
        self._client = client
        self._now = now
        self._pushes = pushes

    async def run(self) -> None:
        """Push what is due, until cancelled."""
        while True:
            try:
                await self.push_due()
            except HotlineError as error:
                logger.error("pushing is tried again: %s", error)
            await asyncio.sleep(_EVERY)

    async def push_due(self) -> None:
        """Push everything that is due now, each conversation in its order."""
        parcels = await asyncio.to_thread(self._due)
        await asyncio.gather(*(self._push(parcel) for parcel in parcels))

    def _due(self) -> list[Parcel]:
        with self._database.read() as connection:
            return due_parcels(connection, CHANNEL, self._now())

    async def _push(self, parcel: Parcel) -> None:
        if not await asyncio.to_thread(self._claim, parcel):
            return
        piece, rest = first_piece(parcel.text)
        try:
            await self._client.send_text(parcel.address, piece)
        except WechatFailed as failed:
            PUSHED.labels(failed.fault.value).inc()
            logger.warning("a message was not pushed: %d", failed.code)
            await asyncio.to_thread(self._note_failure, parcel, failed)
        else:
            PUSHED.labels("sent").inc()
            await asyncio.to_thread(self._note_pushed, parcel, rest)

    def _claim(self, parcel: Parcel) -> bool:
        now = self._now()
        with self._database.begin() as connection:
            if not self._pushes:
                hold_parcel(connection, parcel, "")
                return False
            return claim_parcel(connection, parcel, now, now + _CLAIMED)

    def _note_pushed(self, parcel: Parcel, rest: str) -> None:
        with self._database.begin() as connection:
            note_pushed(connection, parcel, rest, self._now())

    def _note_failure(self, parcel: Parcel, failed: WechatFailed) -> None:
        now = self._now()
        with self._database.begin() as connection:
            if failed.fault is Fault.GONE:
                drop_parcels(connection, parcel.conversation, now, str(failed))
            elif failed.fault in (Fault.LATER, Fault.TOKEN) and parcel.attempts < len(_RETRIES):
                wait = dt.timedelta(seconds=_RETRIES[parcel.attempts])
                note_failed(connection, parcel, str(failed), now + wait)
            else:
                hold_parcel(connection, parcel, str(failed))
