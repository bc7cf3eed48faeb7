"""The whole platform for one account: followers act here, and the account's address and its API calls meet here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from aiohttp import web
from yarl import URL

from tests.wechat_platform.account import Account
from tests.wechat_platform.api import Api
from tests.wechat_platform.clock import Clock
from tests.wechat_platform.followers import Followers
from tests.wechat_platform.messages import Composer, Message
from tests.wechat_platform.pusher import Delivery, Pusher, Verification
from tests.wechat_platform.record import NOTICE, Entry, Kind, Record


class Platform:
    """One account with its followers. ``url`` is the account's address; ``speed`` 10 makes everything ten times faster.

    Use it as an asynchronous context manager, or call ``close`` at the end.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080/wechat",
        account: Account | None = None,
        *,
        speed: float = 1.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.account = account or Account()
        self.clock = Clock(speed)
        self.record = Record()
        self.followers = Followers(self.clock)
        self.compose = Composer(self.account, self.clock)
        self.pusher = Pusher(url, self.account, self.clock, wall=wall)
        self.api = Api(self.account, self.clock, self.followers, self.record)
        self.deliveries: list[Delivery] = []
        self._runners: list[web.AppRunner] = []

    async def __aenter__(self) -> Platform:
        return self

    async def __aexit__(self, *_exception: Any) -> None:
        await self.close()

    async def close(self) -> None:
        """End all connections and stop the API."""
        await self.pusher.close()
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()

    def connect(self, url: str) -> None:
        """Set the account's address, for an address that is known only after the API's."""
        self.pusher.url = URL(url)

    async def serve(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """Serve the API, on a free port unless one is given; gives its base address."""
        runner = web.AppRunner(self.api.application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, host, port).start()
        return f"http://{host}:{runner.addresses[-1][1]}"

    async def verify(self) -> Verification:
        """Verify the account's address, as saving it on the settings page does."""
        return await self.pusher.verify()

    async def act(self, message: Message) -> Delivery:
        """Let a follower do something: its effects, the push with its retries, and what the follower then sees."""
        openid = message.openid
        self._take_effect(message)
        if message.shown:
            self._note(openid, Kind.FOLLOWER, message.event or message.kind, message.shown)
        delivery = await self.pusher.push(message)
        self.show_reply(delivery)
        return delivery

    def show_reply(self, delivery: Delivery) -> None:
        """Show the follower what came of a push: the passive reply, or the notice that nobody answers."""
        self.deliveries.append(delivery)
        openid, event = delivery.message.openid, delivery.message.event
        if delivery.failure:
            shown = "" if event == "unsubscribe" else NOTICE
            self._note(openid, Kind.FAILURE, "notice", shown, delivery.failure)
        elif delivery.reply is not None and delivery.reply.text:
            self._note(openid, Kind.PASSIVE, delivery.reply.kind, delivery.reply.text)

    async def say(self, openid: str, text: str, menu_id: str = "") -> Delivery:
        """Let a follower type a message, or tap an item of a menu message."""
        return await self.act(self.compose.text(openid, text, menu_id))

    async def speak(self, openid: str, recognition: str | None = None, audio: bytes = b"#!AMR\n") -> Delivery:
        """Let a follower speak; the recording can be fetched with media/get."""
        kept = self.api.media.add("voice", audio, "audio/amr")
        return await self.act(self.compose.voice(openid, kept.media_id, recognition))

    async def show(self, openid: str, picture: bytes = b"\xff\xd8\xff\xd9") -> Delivery:
        """Let a follower send a picture; it can be fetched with media/get."""
        kept = self.api.media.add("image", picture, "image/jpeg")
        return await self.act(self.compose.image(openid, kept.media_id))

    async def click(self, openid: str, key: str) -> Delivery:
        """Let a follower tap a menu button."""
        return await self.act(self.compose.click(openid, key))

    async def follow(self, openid: str, scene: str = "") -> Delivery:
        """Let someone follow the account, with ``scene`` by scanning a code."""
        return await self.act(self.compose.subscribe(openid, scene))

    async def scan(self, openid: str, scene: str) -> Delivery:
        """Let a follower scan a code."""
        return await self.act(self.compose.scan(openid, scene))

    async def leave(self, openid: str) -> Delivery:
        """Let a follower leave the account."""
        return await self.act(self.compose.unsubscribe(openid))

    def _take_effect(self, message: Message) -> None:
        if message.event == "subscribe":
            key = str(dict(message.fields).get("EventKey", ""))
            self.followers.subscribe(message.openid, key.removeprefix("qrscene_"))
        elif message.event == "unsubscribe":
            self.followers.unsubscribe(message.openid)
        self.followers.interact(message.openid, message.opens)

    def _note(self, openid: str, kind: Kind, form: str, text: str, reason: str = "") -> None:
        self.record.add(Entry(openid, kind, form, text, self.clock.now(), reason))
