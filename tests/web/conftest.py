"""The web process on a database of its own, with a small stand-in for Rasa behind it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.hotline.jurisdictions import Jurisdiction
from bot.hotline.knowledge import PolicyDocument
from bot.knowledge_files import KnowledgeFiles
from bot.settings import Settings
from bot.storage import Database, migrate, save_knowledge
from bot.web.app import create_app

ANSWER = [
    {"recipient_id": "web-x", "text": "应在30个工作日内办结。"},
    {"recipient_id": "web-x", "custom": {"kind": "answer", "jurisdiction": "jingzhou", "citations": []}},
]
PLACES = KnowledgeFiles(
    jurisdictions=(
        Jurisdiction("yunjiang", "云江市", None, ("云江",), (), covered=True, suggested=("办证要带什么？",)),
        Jurisdiction("beihe", "北河市", None, ("北河",), (), covered=True),
        Jurisdiction("elsewhere", "外地", None, (), (), covered=False),
    ),
    documents=(PolicyDocument("yunjiang.hotline", "yunjiang", "热线方案"),),
)


def reply_of(kind: str, text: str = "好的。", **custom: Any) -> list[dict[str, Any]]:
    """Return what Rasa sends for a reply of ``kind``."""
    return [{"recipient_id": "x", "text": text}, {"recipient_id": "x", "custom": {"kind": kind, **custom}}]


@dataclass
class StandIn:
    """Rasa and the action server as far as the web process sees them: what they answer and what they were sent."""

    reply: Callable[[], Awaitable[web.StreamResponse]]
    healthy: dict[str, bool] = field(default_factory=lambda: {"rasa": True, "actions": True})
    received: list[dict[str, Any]] = field(default_factory=list)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)

    def answers(self, content: Any, status: int = 200) -> None:
        """Answer every turn with ``content`` as JSON, or as it is where it is text."""

        async def reply() -> web.StreamResponse:
            if isinstance(content, str):
                return web.Response(text=content, status=status, content_type="application/json")
            return web.json_response(content, status=status)

        self.reply = reply

    def echoes(self, delay: float = 0.0) -> None:
        """Answer every turn with its own text after ``delay`` seconds."""

        async def reply() -> web.StreamResponse:
            text = self.received[-1]["message"]
            await asyncio.sleep(delay)
            return web.json_response(reply_of("answer", f"答：{text}"))

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
            self.was_asked.set()
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


@pytest.fixture(scope="session")
def places_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database that knows the places, to be copied: making one takes as long as most tests."""
    file = tmp_path_factory.mktemp("web") / "places.sqlite3"
    database = Database(f"sqlite:///{file}")
    migrate(database)
    with database.begin() as connection:
        save_knowledge(connection, PLACES, by="loader", reason="start")
    database.dispose()
    return file


@pytest.fixture
def database(tmp_path: Path, places_only: Path) -> Database:
    """A database that knows the places and nothing else."""
    file = tmp_path / "web.sqlite3"
    with sqlite3.connect(places_only) as source, sqlite3.connect(file) as copy:
        source.backup(copy)
    return Database(f"sqlite:///{file}")


@pytest.fixture
def settings(tmp_path: Path, database: Database) -> Settings:
    """Settings whose files all lie in a folder of the test."""
    return Settings(
        database_url=str(database.url), jurisdiction="yunjiang", secret_file=tmp_path / "secret.key",
        files_dir=tmp_path / "files", citizen_rate=1000, models_dir=tmp_path / "models",
        release_file=tmp_path / "released.json",
    )  # fmt: skip


@pytest.fixture
async def client(rasa: StandIn, settings: Settings, aiohttp_server: Any, aiohttp_client: Any) -> TestClient:
    """A client of the web process, whose patience with Rasa is short."""
    server: TestServer = await aiohttp_server(rasa.application())
    changed = Settings(**vars(settings) | {"rasa_port": server.port, "actions_port": server.port})
    return await aiohttp_client(create_app(changed, patience=2.0))


@pytest.fixture
async def alone(settings: Settings, aiohttp_client: Any, unused_tcp_port: int) -> TestClient:
    """A client of the web process while neither Rasa nor the action server is there."""
    changed = Settings(**vars(settings) | {"rasa_port": unused_tcp_port, "actions_port": unused_tcp_port})
    return await aiohttp_client(create_app(changed))
