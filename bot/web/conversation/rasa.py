"""Asking Rasa over its REST channel."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import aiohttp

from bot.channels.wechat.wording import with_choices
from bot.errors import HotlineError
from bot.hotline.conversations import Author, Conversation
from bot.storage import Saying


class RasaDown(HotlineError):
    """Nothing was answered; asking again later helps."""


class RasaClient:
    """Asks the Rasa server at ``url``; the session's timeout is how long a turn may take."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url}/webhooks/rest/webhook"

    async def ask(self, conversation: Conversation, text: str, message: str) -> list[Saying]:
        """Return the replies to ``text``, at least one. Asked again under the same ``message`` they are the same.

        Raises RasaDown.
        """
        metadata = {"channel": conversation.channel, "jurisdiction": conversation.jurisdiction, "message_id": message}
        body = {"sender": conversation.id, "message": text, "metadata": metadata}
        try:
            async with self._session.post(self._url, json=body) as response:
                content = await response.json() if response.status == 200 else None
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, RecursionError) as error:
            raise RasaDown(type(error).__name__) from error
        replies = sayings(content)
        if not replies or any((reply.custom or {}).get("outage") for reply in replies):
            raise RasaDown("no reply")
        return replies


def sayings(content: Any) -> list[Saying]:
    """Return Rasa's list of messages as what the bot says: text, buttons and ``custom`` come in messages of their own.

    Nothing is returned unless ``content`` is such a list with some text in it.
    """
    if not isinstance(content, Sequence) or not all(isinstance(message, dict) for message in content):
        return []
    found: list[Saying] = []
    for message in content:
        text, custom = message.get("text"), message.get("custom")
        if isinstance(text, str) and text.strip():
            buttons = tuple(message.get("buttons") or ())
            found.append(
                Saying(
                    Author.BOT, text.strip(), custom=custom, buttons=buttons, pushed=with_choices(text.strip(), buttons)
                )
            )
        elif isinstance(custom, dict) and found and found[-1].custom is None:
            last = found[-1]
            found[-1] = replace(last, custom=custom)
    return found


def kind_of(replies: Sequence[Saying]) -> str:
    """Return what kind of answer the replies give, one of CONTRACT.md's; empty where they do not say."""
    kinds = [str((reply.custom or {}).get("kind", "")) for reply in replies]
    return next(filter(None, kinds), "")
