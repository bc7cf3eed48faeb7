"""The OpenAPI document of the conversation against the running program: what it says is what is taken and told."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient
from jsonschema import Draft202012Validator, FormatChecker, RefResolver, ValidationError

from bot.storage import Database
from bot.web.widget import sessions
from bot.web.widget.views import contract
from tests.web.conftest import StandIn, reply_of
from tests.web.test_widget import picture, somebody_is_on_duty

Frame = dict[str, Any]
CLIENT_NAMES = {
    option["$ref"].rpartition("/")[2] for option in contract()["components"]["schemas"]["ClientFrame"]["oneOf"]
}


def fits(value: Any, name: str) -> None:
    """Fail unless ``value`` is what the document calls ``name``."""
    schema = {"$ref": f"#/components/schemas/{name}"}
    Draft202012Validator(schema, resolver=RefResolver("", contract()), format_checker=FormatChecker()).validate(value)


def type_of(name: str) -> str:
    return str(contract()["components"]["schemas"][name]["properties"]["type"]["const"])


class App:
    """An app without sockets that checks all it is told against the document."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.headers: dict[str, str] = {}
        self.seen = 0
        self.types: set[str] = set()

    async def put(self, *frames: Frame) -> list[Frame]:
        for frame in frames:
            fits(frame, "ClientFrame")
        return await self._read(await self.client.post("/chat/frames", json=list(frames), headers=self.headers))

    async def listen(self, count: int) -> tuple[list[Frame], Frame]:
        """Return what is new, ``count`` messages, and the state after them."""
        found: list[Frame] = []
        while True:
            *messages, state = await self.ask()
            found += messages
            if len(found) >= count:
                return found, state

    async def ask(self) -> list[Frame]:
        """Ask once what is new."""
        frames = await self._read(await self.client.get(f"/chat/frames?after={self.seen}", headers=self.headers))
        self.seen = max([self.seen, *(frame["seq"] for frame in frames if frame["type"] == "message")])
        return frames

    async def _read(self, response: Any) -> list[Frame]:
        content = await response.json()
        assert response.status == 200, content
        fits(content, "Frames")
        self.types |= {frame["type"] for frame in content["frames"]}
        return list(content["frames"])

    async def begin(self) -> Frame:
        (welcome,) = await self.put({"type": "hello", "token": None, "jurisdiction": "yunjiang", "after": 0})
        self.headers = {"Authorization": f"Bearer {welcome['token']}"}
        return welcome


def say(text: str) -> Frame:
    return {"type": "say", "id": str(uuid.uuid4()), "text": text}


async def test_the_document_is_open_and_valid(client: TestClient) -> None:
    response = await client.get("/chat/openapi.json")
    assert (response.status, await response.json()) == (200, contract())
    for schema in contract()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_it_names_every_address_and_every_frame(client: TestClient) -> None:
    paths = {
        (route.resource.canonical, route.method.lower())
        for route in client.app.router.routes()
        if route.resource and route.resource.canonical.startswith(("/chat/frames", "/chat/files", "/files/"))
    }
    named = {(path, method) for path, item in contract()["paths"].items() for method in item}
    assert named == {(path, method) for path, method in paths if method != "head"}
    assert {type_of(name) for name in CLIENT_NAMES} == {*sessions._HANDLERS, "hello"}


async def test_a_whole_conversation_is_as_the_document_says(
    client: TestClient, rasa: StandIn, database: Database
) -> None:
    somebody_is_on_duty(database)
    app = App(client)
    assert (await app.begin())["state"]["holder"] == "bot"
    citation = {"document_number": "云政〔2017〕1号", "title": "办法", "provision": "第一条", "status": "expired"}
    rasa.answers([
        {"text": "应在30个工作日内办结。", "buttons": [{"title": "一", "payload": "二"}]},
        {"custom": {"kind": "answer", "confidence": 0.9, "citations": [citation]}},
    ])  # fmt: skip
    assert await app.put(say("多久办结？")) == []
    (_, answer), _ = await app.listen(2)
    assert answer["custom"]["citations"] == [citation]
    assert await app.put({"type": "choose", "id": str(uuid.uuid4()), "title": "一", "payload": "二"}) == []
    await app.listen(2)
    told = await app.put(
        {"type": "typing", "text": "办证要带"}, {"type": "seen", "seq": 4}, {"type": "ping"},
        {"type": "feedback", "message": answer["seq"], "helpful": False, "reason": "看不懂"},
        {"type": "feedback", "message": 999, "helpful": True},
    )  # fmt: skip
    assert [frame["type"] for frame in told] == ["suggest", "pong", "error"]
    rasa.answers(reply_of("handoff", citations=[]))
    await app.put({"type": "handoff"})
    assert (await app.listen(3))[1]["position"] == 1
    await app.put({"type": "rate", "score": 5, "comment": "谢谢"})
    app.seen = 0
    assert (await app.ask())[-1]["rated"]
    assert [frame["type"] for frame in await app.put({"type": "forget"})] == ["forgotten"]
    assert app.types == {"welcome", "message", "state", "suggest", "pong", "error", "forgotten"}


async def test_over_a_socket_the_frames_are_the_same(client: TestClient, rasa: StandIn, database: Database) -> None:
    somebody_is_on_duty(database)
    rasa.answers(reply_of("handoff", citations=[]))
    seen: set[str] = set()
    async with client.ws_connect("/chat/socket") as socket:
        await socket.send_json({"type": "hello", "jurisdiction": "yunjiang"})
        await socket.send_json(say("多久办结？"))
        while not {"welcome", "message", "typing", "state"} <= seen:
            frame = await socket.receive_json(timeout=5)
            fits(frame, "ServerFrame")
            seen.add(frame["type"])


BAD: list[Any] = [
    {}, {"type": "boom"}, {"type": "say", "text": "x"}, {"type": "say", "id": "短", "text": "x"},
    {"type": "say", "id": "a" * 65, "text": "x"}, {"type": "say", "id": "a" * 8, "text": " "},
    {"type": "say", "id": "a" * 8, "text": "字" * 2001}, {"type": "choose", "id": "a" * 8, "title": "x"},
    {"type": "rate", "score": 0}, {"type": "rate", "score": 6}, {"type": "rate"}, {"type": "feedback", "message": 1},
    {"type": "feedback", "message": "1", "helpful": True},
]  # fmt: skip


@pytest.mark.parametrize("frame", BAD, ids=lambda frame: str(frame)[:40])
async def test_what_the_document_forbids_is_refused(client: TestClient, frame: Frame) -> None:
    with pytest.raises(ValidationError):
        fits(frame, "ClientFrame")
    app = App(client)
    await app.begin()
    response = await client.post("/chat/frames", json=frame, headers=app.headers)
    (error,) = (await response.json())["frames"]
    fits(error, "Error")


async def test_photos_and_refusals_are_as_the_document_says(client: TestClient) -> None:
    app = App(client)
    await app.begin()
    form = FormData()
    form.add_field("file", picture(), filename="照片.jpg", content_type="image/jpeg")
    response = await client.post("/chat/files", data=form, headers=app.headers)
    schema = contract()["paths"]["/chat/files"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator(schema).validate(await response.json())
    refused = contract()["components"]["responses"]["Refused"]["content"]["application/json"]["schema"]
    asked = {
        401: client.get("/chat/frames"), 400: client.post("/chat/frames", data=b"{"),
        403: client.post("/chat/frames", json={"type": "hello"}, headers={"Origin": "https://evil.example"}),
        404: client.get("/files/x.jpg"),
    }  # fmt: skip
    for status, request in asked.items():
        response = await request
        assert response.status == status
        Draft202012Validator(refused).validate(await response.json())
