"""The web process with a small stand-in for Rasa behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.settings import Settings
from bot.web.app import create_app

ANSWER = [
    {"recipient_id": "web-x", "text": "应在30个工作日内办结。"},
    {"recipient_id": "web-x", "custom": {"kind": "answer", "jurisdiction": "jingzhou", "citations": []}},
]


@dataclass
class StandIn:
    """Rasa and the action server as far as the web process sees them: what they answer and what they were sent."""

    reply: Callable[[], Awaitable[web.StreamResponse]]
    healthy: dict[str, bool] = field(default_factory=lambda: {"rasa": True, "actions": True})
    received: list[dict[str, Any]] = field(default_factory=list)

    def answers(self, content: Any, status: int = 200) -> None:
        """Answer every turn with ``content`` as JSON, or as it is where it is text."""

        async def reply() -> web.StreamResponse:
            if isinstance(content, str):
                return web.Response(text=content, status=status, content_type="application/json")
            return web.json_response(content, status=status)

        self.reply = reply

    def hangs(self) -> None:
        """Never answer."""

        async def reply() -> web.StreamResponse:
            await asyncio.Event().wait()
            raise AssertionError

        self.reply = reply

    def application(self) -> web.Application:
        async def webhook(request: web.Request) -> web.StreamResponse:
            self.received.append(await request.json())
            return await self.reply()

        async def health(request: web.Request) -> web.StreamResponse:
            name = "rasa" if request.path.startswith("/webhooks") else "actions"
            return web.json_response({}, status=200 if self.healthy[name] else 500)

        app = web.Application()
        app.router.add_post("/webhooks/rest/webhook", webhook)
        app.router.add_get("/webhooks/rest/", health)
        app.router.add_get("/health", health)
        return app


@pytest.fixture
def rasa() -> StandIn:
    stand_in = StandIn(reply=lambda: asyncio.sleep(0, web.Response()))
    stand_in.answers(ANSWER)
    return stand_in


@pytest.fixture
async def client(rasa: StandIn, aiohttp_server: Any, aiohttp_client: Any) -> TestClient:
    """A client of the web process, whose patience with Rasa is short."""
    server: TestServer = await aiohttp_server(rasa.application())
    settings = Settings(rasa_port=server.port, actions_port=server.port)
    return await aiohttp_client(create_app(settings, patience=0.5))


@pytest.fixture
async def alone(aiohttp_client: Any, unused_tcp_port: int) -> TestClient:
    """A client of the web process while neither Rasa nor the action server is there."""
    return await aiohttp_client(create_app(Settings(rasa_port=unused_tcp_port, actions_port=unused_tcp_port)))
