"""Rasa's REST channel under its usual address, made safe for what the outside sends.

The stock ``RestInput`` answers a malformed request with a stack trace, takes ``/restart`` and ``/any_intent`` from
anyone, logs the citizen's text when something fails, and answers with an empty list when the action server is down.
"""

from __future__ import annotations

import asyncio
import json
import logging
import unicodedata
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.channels.rest import RestInput
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.hotline.replies import Reply, empty_reply, outage_reply, payload_of
from bot.nlu.speedups import apply_speedups

logger = logging.getLogger(__name__)

_LARGEST_BODY = 256 * 1024  # bytes; a message of 10,000 characters takes 30 KB
_LONGEST_MESSAGE = 20_000  # characters that are accepted
_READ = 3_000  # characters that reach the model
_LONGEST_SENDER = 255
_REMEMBERED = 5_000  # senders whose last reply is kept
_PATIENCE = 20.0  # seconds before a turn counts as failed


class RequestRefused(Exception):
    """The request cannot be a message; ``status`` and the Chinese reason go back to the client."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Incoming:
    """A checked message: ``text`` holds no control characters and never starts with Rasa's ``/``."""

    sender: str
    text: str
    metadata: dict[str, Any]


def read_request(body: bytes) -> Incoming:
    """Return the message in a request's ``body``; raises `RequestRefused` with the reason otherwise."""
    if len(body) > _LARGEST_BODY:
        raise RequestRefused(413, "请求太大。")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise RequestRefused(400, "请求正文不是有效的 JSON。") from None
    if not isinstance(content, dict):
        raise RequestRefused(400, "请求正文应是一个 JSON 对象。")
    sender, text, metadata = content.get("sender"), content.get("message"), content.get("metadata") or {}
    if not isinstance(sender, str) or not sender.strip() or len(sender) > _LONGEST_SENDER:
        raise RequestRefused(400, f"缺少 sender，或它不是 1 到 {_LONGEST_SENDER} 个字符的字符串。")
    if not isinstance(text, str):
        raise RequestRefused(400, "缺少 message，或它不是字符串。")
    if len(text) > _LONGEST_MESSAGE:
        raise RequestRefused(413, f"消息超过 {_LONGEST_MESSAGE} 个字符，请分几次发送。")
    if not isinstance(metadata, dict):
        raise RequestRefused(400, "metadata 应是一个 JSON 对象。")
    return Incoming(_printable(sender), _harmless(text), metadata)


def _printable(text: str) -> str:
    """Return ``text`` without control characters and lone surrogates, which no encoder takes."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"} else " " for c in text)


def _harmless(text: str) -> str:
    text = _printable(text).strip()[:_READ]
    return f"／{text[1:]}" if text.startswith("/") else text


class HotlineRestInput(RestInput):
    """The REST channel of CONTRACT.md."""

    @classmethod
    def name(cls) -> str:
        return "rest"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes ``GET /`` (health) and ``POST /webhook``."""
        apply_speedups()
        turns = Turns(on_new_message)
        blueprint = Blueprint("hotline_rest_channel", __name__)

        @blueprint.route("/", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            try:
                incoming = read_request(request.body)
            except RequestRefused as refused:
                return response.json({"error": str(refused)}, status=refused.status)
            return response.json(await turns.answer(incoming))

        return blueprint


class Turns:
    """Lets the turns of one sender follow each other, and answers a message that is sent again with the same reply.

    Rasa's own lock looks only once a second. A message is the same where ``metadata`` names the same ``message_id`` as
    that of the sender's last one: who asked may have ended before the reply came.
    """

    def __init__(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> None:
        self._on_new_message = on_new_message
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._replied: OrderedDict[str, tuple[str, list[dict[str, Any]]]] = OrderedDict()

    async def answer(self, incoming: Incoming) -> list[dict[str, Any]]:
        """Return the messages that answer ``incoming``, also where the one before is still being answered."""
        return await asyncio.shield(self._in_turn(incoming))  # a turn that has begun is brought to its end

    async def _in_turn(self, incoming: Incoming) -> list[dict[str, Any]]:
        name = incoming.metadata.get("message_id")
        async with self._locks.setdefault(incoming.sender, asyncio.Lock()):
            last, messages = self._replied.get(incoming.sender, ("", []))
            if isinstance(name, str) and name == last:
                return messages
            messages = await answer(incoming, self._on_new_message)
            if isinstance(name, str) and not any((m.get("custom") or {}).get("outage") for m in messages):
                self._replied[incoming.sender] = name, messages
                self._replied.move_to_end(incoming.sender)
                while len(self._replied) > _REMEMBERED:
                    self._replied.popitem(last=False)
            return messages


async def answer(incoming: Incoming, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> list[dict[str, Any]]:
    """Return the messages that answer ``incoming``; when nothing could be made out, a polite one that says so."""
    if not incoming.text:
        return _messages(empty_reply(), incoming.sender)
    collector = CollectingOutputChannel()
    message = UserMessage(
        incoming.text, collector, incoming.sender, input_channel=HotlineRestInput.name(), metadata=incoming.metadata
    )
    try:
        await asyncio.wait_for(on_new_message(message), _PATIENCE)
    except Exception as error:
        logger.error("A turn failed: %s", type(error).__name__)  # the text stays out of the log
    return collector.messages or _messages(outage_reply(incoming.text), incoming.sender)


def _messages(reply: Reply, sender: str) -> list[dict[str, Any]]:
    return [{"recipient_id": sender, "text": reply.text}, {"recipient_id": sender, "custom": payload_of(reply, None)}]
