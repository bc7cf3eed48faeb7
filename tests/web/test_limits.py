"""How often and how much: each citizen, each network address, each photo; who is over the limit is told, and loses nothing."""

from __future__ import annotations

import io
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import FormData, WSServerHandshakeError
from aiohttp.test_utils import TestClient
from PIL import Image

from bot.settings import Settings
from bot.web.app import create_app
from bot.web.conversation.limits import RateLimit
from tests.web.conftest import StandIn
from tests.web.test_widget import picture, widget

Limited = Callable[..., Awaitable[TestClient]]
HELLO = {"type": "hello", "jurisdiction": "yunjiang"}


@pytest.fixture
def limited(rasa: StandIn, settings: Settings, aiohttp_server: Any, aiohttp_client: Any) -> Limited:
    """Make a client of a web process with these settings."""

    async def make(**changed: Any) -> TestClient:
        server = await aiohttp_server(rasa.application())
        own = {"rasa_port": server.port, "actions_port": server.port} | changed
        client: TestClient = await aiohttp_client(create_app(Settings(**vars(settings) | own)))
        return client

    return make


async def test_a_key_gets_its_number_a_minute_and_others_theirs() -> None:
    limit = RateLimit(3)
    assert [await limit.allows("a") for _ in range(4)] == [True, True, True, False]
    assert await limit.allows("b")


async def test_an_address_that_asks_too_often_is_refused_however_many_citizens_it_is(limited: Limited) -> None:
    client = await limited(address_rate=3)
    statuses = [(await client.post("/chat/frames", json=HELLO)).status for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    refused = await client.get("/chat/frames")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "10")
    assert "12345" in (await refused.json())["error"]
    assert (await client.post("/chat/files", data=b"x")).status == 429
    with pytest.raises(WSServerHandshakeError, match="429"):
        await client.ws_connect("/chat/socket")
    assert (await client.get("/")).status == 200  # the page with its telephone number stays


async def test_on_a_socket_too_who_is_refused_is_told_and_the_talk_goes_on(limited: Limited, rasa: StandIn) -> None:
    client = await limited(address_rate=4)
    async with widget(client) as citizen:  # the first request
        ids = [await citizen.say(f"第{number}句") for number in range(4)]
        error = await citizen.until("error")
        assert (error["id"], "太频繁" in error["text"]) == (ids[3], True)
        while sum(message["from"] == "bot" for message in citizen.messages) < 3:
            await citizen.receive()
    assert [received["message"] for received in rasa.received] == ["第0句", "第1句", "第2句"]


async def test_behind_a_proxy_the_address_it_names_counts(limited: Limited) -> None:
    client = await limited(address_rate=1, address_header="X-Real-IP")

    async def ask(address: str) -> int:
        return (await client.post("/chat/frames", json=HELLO, headers={"X-Real-IP": address})).status

    assert [await ask("192.0.2.1"), await ask("192.0.2.1"), await ask("192.0.2.2")] == [200, 429, 200]


async def test_without_a_proxy_nobody_chooses_their_address(limited: Limited) -> None:
    client = await limited(address_rate=1)
    headers = [{"X-Real-IP": f"192.0.2.{n}", "X-Forwarded-For": f"192.0.2.{n}"} for n in range(3)]
    assert [(await client.post("/chat/frames", json=HELLO, headers=h)).status for h in headers] == [200, 429, 429]


async def test_a_citizen_who_writes_too_fast_may_send_it_again_later(limited: Limited, rasa: StandIn) -> None:
    client = await limited(citizen_rate=2)
    async with widget(client) as one, widget(client) as other:
        for _ in range(2):
            await one.say("甲")
            await one.reply()
        refused = await one.say("乙")
        assert (await one.until("error"))["id"] == refused
        await other.say("丙")
        assert (await other.reply())["from"] == "bot"
    assert len(rasa.received) == 3


async def test_photos_have_limits_of_number_and_size(limited: Limited) -> None:
    client = await limited(citizen_rate=2)
    welcome = (await (await client.post("/chat/frames", json=HELLO)).json())["frames"][0]

    async def upload(content: bytes) -> tuple[int, Any]:
        form = FormData()
        form.add_field("file", content, filename="a.png", content_type="image/png")
        headers = {"Authorization": f"Bearer {welcome['token']}"}
        response = await client.post("/chat/files", data=form, headers=headers)
        return response.status, await response.json()

    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 100_000
    status, content = await upload(bomb.getvalue())
    assert status == 400
    assert "图片" in content["error"]
    assert (await upload(picture()))[0] == 200
    assert (await upload(picture()))[0] == 429


async def test_a_body_over_the_limit_is_refused_before_it_is_read(limited: Limited) -> None:
    client = await limited()
    response = await client.post("/chat/frames", data=b"[" + b"1," * 100_000)
    assert response.status == 413
    many = [{"type": "ping"}] * 21
    assert (await client.post("/chat/frames", json=[HELLO, *many])).status == 400


async def test_a_message_takes_two_thousand_characters_and_danger_at_their_end_is_answered(
    limited: Limited, rasa: StandIn
) -> None:
    rasa.answers("", 500)
    client = await limited()
    async with widget(client) as citizen:
        text = "我想反映楼下噪音的问题。" * 165 + "等一下，我家着火了，快来人救命！"
        assert 1990 < len(text) <= 2000
        await citizen.say(text)
        reply = await citizen.reply()
        assert (reply["custom"]["kind"], "119" in reply["text"]) == ("emergency", True)
        await citizen.send(type="say", id=str(uuid.uuid4()), text="字" * 2001)
        assert "2000" in (await citizen.until("error"))["text"]
