"""The widget's frames over both ways: what citizens are told, once and in order, whatever breaks in between."""

from __future__ import annotations

import datetime as dt
import io
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, FormData, WSMsgType
from aiohttp.test_utils import TestClient
from PIL import Image

from bot.hotline.conversations import Author, Holder, Reason
from bot.settings import Settings
from bot.storage import Database, Saying, lease, note_presence, queued_conversations
from bot.web.app import create_app
from bot.web.keys import SWITCHBOARD
from tests.web.conftest import StandIn, reply_of

Frame = dict[str, Any]


class Widget:
    """A citizen's widget: remembers what it was told, as a browser would."""

    def __init__(self, socket: ClientWebSocketResponse, welcome: Frame) -> None:
        self.socket = socket
        self.welcome = welcome
        self.token: str = welcome["token"]
        self.messages: list[Frame] = list(welcome["messages"])
        self.others: list[Frame] = []

    async def send(self, **frame: Any) -> None:
        await self.socket.send_json(frame)

    async def say(self, text: str, id: str | None = None) -> str:
        id = id or str(uuid.uuid4())
        await self.send(type="say", id=id, text=text)
        return id

    async def receive(self) -> Frame:
        frame: Frame = await self.socket.receive_json(timeout=5)
        if frame["type"] == "message":
            self.messages.append(frame)
        else:
            self.others.append(frame)
        return frame

    async def until(self, kind: str, **fields: Any) -> Frame:
        """Return the first frame of ``kind`` with these fields."""
        while True:
            frame = await self.receive()
            if frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items()):
                return frame

    async def reply(self) -> Frame:
        """Return the next message that is not the citizen's."""
        while True:
            frame = await self.until("message")
            if frame["from"] != "citizen":
                return frame


@asynccontextmanager
async def widget(client: TestClient, token: str | None = None, after: int = 0, **hello: Any) -> AsyncIterator[Widget]:
    async with client.ws_connect("/chat/socket") as socket:
        await socket.send_json({"type": "hello", "token": token, "jurisdiction": "yunjiang", "after": after, **hello})
        welcome = await socket.receive_json(timeout=5)
        assert welcome["type"] == "welcome"
        yield Widget(socket, welcome)


def somebody_is_on_duty(database: Database, taking: bool = True) -> None:
    with database.begin() as connection:
        note_presence(connection, "u1", "1号话务员", taking, dt.datetime.now(dt.timezone.utc))


async def test_a_newcomer_is_welcomed_with_place_and_questions(client: TestClient) -> None:
    async with widget(client) as citizen:
        assert citizen.welcome["place"] == "云江市"
        assert citizen.welcome["suggested"] == ["办证要带什么？"]
        assert citizen.welcome["messages"] == []
        assert citizen.welcome["state"]["holder"] == "bot"


@pytest.mark.parametrize(
    ("wanted", "place"), [("beihe", "北河市"), ("elsewhere", "云江市"), ("x", "云江市"), (7, "云江市")]
)
async def test_a_page_of_another_place_gets_that_place(client: TestClient, wanted: Any, place: str) -> None:
    async with widget(client, jurisdiction=wanted) as citizen:
        assert citizen.welcome["place"] == place


async def test_a_question_is_echoed_and_answered_with_what_rasa_says(client: TestClient, rasa: StandIn) -> None:
    async with widget(client) as citizen:
        id = await citizen.say("多久办结？")
        answer = await citizen.reply()
        assert [m["from"] for m in citizen.messages] == ["citizen", "bot"]
        assert citizen.messages[0]["id"] == id
        assert answer["text"] == "应在30个工作日内办结。"
        assert answer["custom"]["kind"] == "answer"
        assert {"type": "typing", "from": "bot"} in citizen.others
    asked = rasa.received[0]
    assert asked["message"] == "多久办结？"
    assert asked["metadata"]["channel"] == "web"
    assert asked["metadata"]["jurisdiction"] == "yunjiang"
    assert citizen.token not in json.dumps(rasa.received)


async def test_a_pressed_button_shows_its_title_and_asks_its_payload(client: TestClient, rasa: StandIn) -> None:
    async with widget(client) as citizen:
        await citizen.send(type="choose", id=str(uuid.uuid4()), title="第一个", payload="居住证多久办好？")
        await citizen.reply()
        assert citizen.messages[0]["text"] == "第一个"
        assert rasa.received[0]["message"] == "居住证多久办好？"


async def test_the_same_message_sent_again_is_answered_once(client: TestClient, rasa: StandIn) -> None:
    async with widget(client) as citizen:
        id = await citizen.say("多久办结？")
        await citizen.reply()
        await citizen.say("多久办结？", id)
        await citizen.say("还有呢？")
        await citizen.reply()
        assert [m["text"] for m in citizen.messages if m["from"] == "citizen"] == ["多久办结？", "还有呢？"]
        assert len(rasa.received) == 2


async def test_messages_in_a_row_are_answered_in_their_order(client: TestClient, rasa: StandIn) -> None:
    rasa.echoes(0.02)
    async with widget(client) as citizen:
        for number in range(10):
            await citizen.say(f"第{number}问")
        while sum(m["from"] == "bot" for m in citizen.messages) < 10:
            await citizen.receive()
        assert [m["text"] for m in citizen.messages if m["from"] == "bot"] == [f"答：第{n}问" for n in range(10)]
        assert [m["seq"] for m in citizen.messages] == list(range(1, 21))


async def test_a_reload_brings_back_what_was_said(client: TestClient) -> None:
    async with widget(client) as citizen:
        await citizen.say("多久办结？")
        await citizen.reply()
    async with widget(client, citizen.token) as again:
        assert again.token == citizen.token
        assert [m["text"] for m in again.messages] == ["多久办结？", "应在30个工作日内办结。"]
    async with widget(client, citizen.token, after=1) as later:
        assert [m["seq"] for m in later.messages] == [2]


async def test_a_strange_token_opens_nothing_of_anybody(client: TestClient) -> None:
    async with widget(client) as citizen:
        await citizen.say("我的事")
        await citizen.reply()
    for token in ("yunjiang." + "A" * 43, citizen.token[:-1], citizen.token.upper(), "x", {"a": 1}):
        async with widget(client, token) as other:
            assert other.messages == []


async def test_two_windows_of_one_citizen_show_the_same(client: TestClient) -> None:
    async with widget(client) as one, widget(client, one.token) as two:
        await one.say("多久办结？")
        assert (await two.reply())["text"] == "应在30个工作日内办结。"


async def test_while_rasa_is_down_the_citizen_is_told_once_and_answered_later(
    client: TestClient, rasa: StandIn
) -> None:
    rasa.answers({"error": "x"}, 500)
    async with widget(client) as citizen:
        await citizen.say("多久办结？")
        told = await citizen.reply()
        assert (told["from"], "恢复后马上答复" in told["text"]) == ("system", True)
        await citizen.say("还有一件事")
        rasa.echoes()
        assert (await citizen.reply())["text"] == "答：多久办结？"
        assert (await citizen.reply())["text"] == "答：还有一件事"
        assert sum(m["from"] == "system" for m in citizen.messages) == 1


async def test_the_bots_own_outage_is_asked_again_too(client: TestClient, rasa: StandIn) -> None:
    rasa.answers(reply_of("handoff", "系统暂时不可用。", outage=True))
    async with widget(client) as citizen:
        await citizen.say("多久办结？")
        assert (await citizen.reply())["from"] == "system"
        rasa.answers(reply_of("answer", "三十天。"))
        assert (await citizen.reply())["text"] == "三十天。"


async def test_danger_is_answered_at_once_while_rasa_is_down(alone: TestClient) -> None:
    async with widget(alone) as citizen:
        await citizen.say("救命，我家着火了")
        reply = await citizen.reply()
        assert "119" in reply["text"]
        assert reply["custom"]["kind"] == "emergency"


async def test_danger_does_not_wait_behind_what_rasa_owes(
    client: TestClient, rasa: StandIn, database: Database
) -> None:
    somebody_is_on_duty(database)
    rasa.answers("", 500)
    async with widget(client) as citizen:
        await citizen.say("多久办结？")
        assert (await citizen.reply())["from"] == "system"
        await citizen.say("等等，我家着火了快来人")
        assert (await citizen.reply())["custom"]["kind"] == "emergency"
        assert (await citizen.until("state"))["holder"] == "queue"
        rasa.echoes()
        assert (await citizen.reply())["text"] == "答：多久办结？"
    assert all("着火" not in received["message"] for received in rasa.received)


async def test_danger_does_not_wait_for_a_rasa_that_hangs(
    rasa: StandIn, settings: Settings, aiohttp_server: Any, aiohttp_client: Any
) -> None:
    server = await aiohttp_server(rasa.application())
    changed = Settings(**vars(settings) | {"rasa_port": server.port, "actions_port": server.port})
    client = await aiohttp_client(create_app(changed, patience=60))
    rasa.hangs()
    async with widget(client) as first, widget(client) as second:
        await first.say("我家着火了快来人")  # nothing before it
        assert (await first.reply())["custom"]["kind"] == "emergency"
        await second.say("多久办结？")
        await rasa.was_asked.wait()
        await second.say("我家着火了快来人")  # behind a turn that hangs
        assert (await second.reply())["custom"]["kind"] == "emergency"


FAILURES = {
    "500 with a trace": ("Traceback (most recent call last)", 500), "404": ({"error": "x"}, 404),
    "not JSON": ("<html>", 200), "half JSON": ('[{"text": "x"', 200), "nothing": ("", 200), "null": ("null", 200),
    "an object": ({"text": "x"}, 200), "an empty list": ([], 200), "a list of text": (["x"], 200),
    "no text": ([{"custom": {}}], 200), "blank text": ([{"text": " "}], 200), "text that is none": ([{"text": 3}], 200),
    "deep": ("[" * 100_000, 200),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
async def test_whatever_rasa_does_wrong_counts_as_an_outage(client: TestClient, rasa: StandIn, name: str) -> None:
    rasa.answers(*FAILURES[name])
    async with widget(client) as citizen:
        await citizen.say("多久办结？")
        reply = await citizen.reply()
        assert reply["from"] == "system"
        assert "12345" in reply["text"]
        assert "Traceback" not in reply["text"]


async def test_who_asks_for_a_person_waits_in_the_queue_and_is_told_the_place(
    client: TestClient, rasa: StandIn, database: Database
) -> None:
    somebody_is_on_duty(database)
    rasa.answers(reply_of("handoff", "好的，为您转接人工。"))
    async with widget(client) as first, widget(client) as second:
        await first.say("转人工")
        assert (await first.until("state", holder="queue"))["position"] == 1
        await second.send(type="handoff")
        assert (await second.until("state", holder="queue"))["position"] == 2
        assert "前面还有1位" in second.messages[-1]["text"]
        with database.read() as connection:
            waiting = queued_conversations(connection)
        assert [c.reason for c in waiting] == [Reason.ASKED, Reason.ASKED]
        await client.app[SWITCHBOARD].take(waiting[0].id, "u1", "1号话务员")
        assert (await first.until("state", holder="operator"))["operator"] == "1号话务员"
        assert (await second.until("state", holder="queue"))["position"] == 1


async def test_without_anybody_on_duty_the_bot_says_so_and_goes_on(
    client: TestClient, rasa: StandIn, database: Database
) -> None:
    somebody_is_on_duty(database, taking=False)
    rasa.answers(reply_of("handoff"))
    async with widget(client) as citizen:
        await citizen.say("转人工")
        await citizen.reply()
        assert "没有话务员在线" in (await citizen.reply())["text"]
        with database.read() as connection:
            assert queued_conversations(connection) == []


async def test_while_an_operator_holds_it_nothing_goes_to_rasa_but_danger_is_answered(
    client: TestClient, rasa: StandIn, database: Database
) -> None:
    somebody_is_on_duty(database)
    rasa.answers(reply_of("handoff"))
    board = client.app[SWITCHBOARD]
    async with widget(client) as citizen:
        await citizen.say("转人工")
        await citizen.until("state", holder="queue")
        with database.read() as connection:
            held = queued_conversations(connection)[0].id
        await board.take(held, "u1", "1号话务员")
        await board.say_as_operator(held, "u1", Saying(Author.OPERATOR, "您好，请讲。"), id="op-1")
        await board.say_as_operator(held, "u1", Saying(Author.OPERATOR, "您好，请讲。"), id="op-1")
        said = await citizen.until("message", **{"from": "operator"})
        assert (said["name"], said["text"]) == ("1号话务员", "您好，请讲。")
        before = len(rasa.received)
        await citizen.say("我想问居住证")
        await citizen.say("等等，我家着火了，快来人")
        assert "119" in (await citizen.reply())["text"]
        assert len(rasa.received) == before
        rasa.echoes()
        await citizen.say("工单JZ202611290001打5分")  # a button under the result of an order
        assert (await citizen.reply())["text"] == "答：工单JZ202611290001打5分"
        assert sum(m["text"] == "您好，请讲。" for m in citizen.messages) == 1
        await board.close(held, "u1", "已答复")
        assert (await citizen.until("state"))["closed"]
        await citizen.send(type="rate", score=5, comment="谢谢")
        assert (await citizen.until("state"))["rated"]
        rasa.echoes()
        await citizen.say("再问一个")
        assert (await citizen.reply())["text"] == "答：再问一个"


async def test_who_waits_may_leave_the_queue(client: TestClient, rasa: StandIn, database: Database) -> None:
    somebody_is_on_duty(database)
    rasa.answers(reply_of("handoff"))
    async with widget(client) as citizen:
        await citizen.say("转人工")
        await citizen.until("state", holder="queue")
        await citizen.say("不用人工了")
        assert (await citizen.until("state"))["holder"] == Holder.BOT.value
        assert "已取消排队" in citizen.messages[-1]["text"]


async def test_two_replies_that_do_not_help_bring_in_a_person(
    client: TestClient, rasa: StandIn, database: Database
) -> None:
    somebody_is_on_duty(database)
    rasa.answers(reply_of("unsupported", "没有收录。"))
    async with widget(client) as citizen:
        await citizen.say("甲")
        await citizen.say("乙")
        await citizen.until("state", holder="queue")
        with database.read() as connection:
            assert queued_conversations(connection)[0].reason is Reason.MISSED


async def test_feedback_is_kept_and_only_for_answers(client: TestClient, database: Database) -> None:
    async with widget(client) as citizen:
        await citizen.say("多久办结？")
        answer = await citizen.reply()
        await citizen.send(type="feedback", message=answer["seq"], helpful=False, reason="答非所问")
        await citizen.send(type="feedback", message=1, helpful=True)
        assert "没有可以评价的" in (await citizen.until("error"))["text"]
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT seq, helpful, reason FROM message_feedback").all()
    assert [tuple(row) for row in rows] == [(answer["seq"], 0, "答非所问")]


async def test_a_citizen_can_have_everything_deleted(client: TestClient, database: Database) -> None:
    async with widget(client) as citizen:
        await citizen.say("多久办结？")
        answer = await citizen.reply()
        await citizen.send(type="feedback", message=answer["seq"], helpful=True)
        await citizen.send(type="forget")
        await citizen.until("forgotten")
    async with widget(client, citizen.token) as again:
        assert again.messages == []
    with database.read() as connection:
        for table in ("conversations", "messages", "message_feedback", "outbox"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0


BAD = {
    "no type": {}, "unknown type": {"type": "boom"}, "no id": {"type": "say", "text": "x"},
    "bad id": {"type": "say", "text": "x", "id": "../../etc"}, "no text": {"type": "say", "id": "a" * 8},
    "blank": {"type": "say", "id": "a" * 8, "text": " \n"}, "a list": {"type": "say", "id": "a" * 8, "text": ["x"]},
    "too long": {"type": "say", "id": "a" * 8, "text": "字" * 2001}, "score": {"type": "rate", "score": 9},
    "true score": {"type": "rate", "score": True}, "feedback": {"type": "feedback", "message": "1", "helpful": True},
    "no payload": {"type": "choose", "id": "a" * 8, "title": "x"},
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_frame_gets_a_reason_and_the_talk_goes_on(client: TestClient, name: str) -> None:
    async with widget(client) as citizen:
        await citizen.send(**BAD[name])
        error = await citizen.until("error")
        assert error["text"].endswith("。")
        await citizen.say("多久办结？")
        assert (await citizen.reply())["from"] == "bot"


@pytest.mark.parametrize("text", ["", "{", "[1]", "[" * 20_000, '"x"', '{"type": 1e999}'])
async def test_what_is_no_frame_gets_a_reason(client: TestClient, text: str) -> None:
    async with widget(client) as citizen:
        await citizen.socket.send_str(text)
        assert (await citizen.until("error"))["text"].endswith("。")


async def test_without_a_hello_the_door_closes(client: TestClient) -> None:
    async with client.ws_connect("/chat/socket") as socket:
        await socket.send_str("GET /")
        assert (await socket.receive(timeout=5)).type is WSMsgType.CLOSE


async def test_a_huge_frame_closes_the_door(client: TestClient) -> None:
    async with widget(client) as citizen:
        await citizen.socket.send_str("x" * 100_000)
        assert (await citizen.socket.receive(timeout=5)).type is WSMsgType.CLOSE


async def test_who_writes_too_fast_is_told_and_the_message_is_not_kept(
    aiohttp_client: Any, settings: Settings, rasa: StandIn
) -> None:
    client = await aiohttp_client(create_app(Settings(**vars(settings) | {"citizen_rate": 3})))
    async with widget(client) as citizen:
        ids = [await citizen.say(f"第{n}句") for n in range(4)]
        error = await citizen.until("error")
        assert error["id"] == ids[3]
        assert "太快" in error["text"]


@pytest.mark.parametrize(("origin", "status"), [("https://evil.example", 403), ("null", 403), (None, 200)])
async def test_only_allowed_sites_may_embed(client: TestClient, origin: str | None, status: int) -> None:
    headers = {"Origin": origin} if origin else {}
    response = await client.post("/chat/frames", json={"type": "hello"}, headers=headers)
    assert response.status == status
    assert "Access-Control-Allow-Origin" not in response.headers


async def test_an_allowed_site_may_read_the_answer(aiohttp_client: Any, settings: Settings) -> None:
    site = "https://www.example.gov.cn"
    changed = Settings(**vars(settings) | {"widget_origins": frozenset({site})})
    client = await aiohttp_client(create_app(changed))
    asked = await client.options("/chat/frames", headers={"Origin": site, "Access-Control-Request-Method": "POST"})
    assert asked.status == 204
    response = await client.post("/chat/frames", json={"type": "hello"}, headers={"Origin": site})
    assert response.headers["Access-Control-Allow-Origin"] == site


async def test_without_a_websocket_the_same_frames_travel_by_asking(client: TestClient, rasa: StandIn) -> None:
    hello = await (await client.post("/chat/frames", json={"type": "hello", "jurisdiction": "beihe"})).json()
    welcome = hello["frames"][0]
    bearer = {"Authorization": f"Bearer {welcome['token']}"}
    asked = {"type": "say", "id": str(uuid.uuid4()), "text": "多久办结？"}
    assert (await (await client.post("/chat/frames", json=asked, headers=bearer)).json()) == {"frames": []}
    seen, texts = 0, []
    while len(texts) < 2:
        content = await (await client.get(f"/chat/frames?after={seen}", headers=bearer)).json()
        for frame in content["frames"]:
            if frame["type"] == "message":
                seen = frame["seq"]
                texts.append(frame["text"])
    assert texts == ["多久办结？", "应在30个工作日内办结。"]
    assert rasa.received[0]["metadata"]["jurisdiction"] == "beihe"


@pytest.mark.parametrize("authorization", ["", "Bearer x", "Basic eDp5", f"Bearer nowhere.{'A' * 43}"])
async def test_asking_without_a_token_is_refused(client: TestClient, authorization: str) -> None:
    response = await client.get("/chat/frames", headers={"Authorization": authorization})
    assert response.status == 401
    assert set(await response.json()) == {"error"}


def picture(form: str = "JPEG", size: tuple[int, int] = (64, 48), **more: Any) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "red").save(made, form, **more)
    return made.getvalue()


async def upload(client: TestClient, content: bytes, name: str = "file") -> Any:
    hello = await (await client.post("/chat/frames", json={"type": "hello"})).json()
    form = FormData()
    form.add_field(name, content, filename="照片.jpg", content_type="image/jpeg")
    headers = {"Authorization": f"Bearer {hello['frames'][0]['token']}"}
    return await client.post("/chat/files", data=form, headers=headers)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_a_photo_is_kept_without_what_the_camera_wrote(client: TestClient, form: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    response = await upload(client, picture(form, exif=exif.tobytes()))
    assert response.status == 200
    url = (await response.json())["url"]
    shown = await client.get(url[url.index("/files/") :])
    content = await shown.read()
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert b"SecretCamera" not in content
    assert Image.open(io.BytesIO(content)).size == (64, 48)


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"<script>alert(1)</script>", picture()[:100], b"\xff\xd8" + b"\0" * 1000]
)
async def test_what_is_no_picture_is_refused(client: TestClient, content: bytes) -> None:
    response = await upload(client, content)
    assert response.status == 400
    assert "图片" in (await response.json())["error"]


async def test_a_photo_that_is_too_large_is_refused(client: TestClient) -> None:
    response = await upload(client, b"x" * (6 * 1024 * 1024))
    assert response.status == 413
    assert "5 MB" in (await response.json())["error"]


@pytest.mark.parametrize("name", ["../secret.key", "%2e%2e%2fsecret.key", "x.jpg", "A" * 32 + ".jpg"])
async def test_files_that_are_not_there_are_not_found(client: TestClient, name: str) -> None:
    assert (await client.get(f"/files/{name}")).status == 404


@pytest.mark.parametrize("killed", [False, True])
async def test_what_a_process_leaves_unanswered_the_next_one_answers(
    rasa: StandIn, settings: Settings, database: Database, aiohttp_server: Any, aiohttp_client: Any, killed: bool
) -> None:
    server = await aiohttp_server(rasa.application())
    changed = Settings(**vars(settings) | {"rasa_port": server.port, "actions_port": server.port})
    rasa.hangs()
    first = await aiohttp_client(create_app(changed))
    async with widget(first) as citizen:
        await citizen.say("多久办结？")
        await rasa.was_asked.wait()
    await first.close()
    if killed:  # then it has not given its lease back
        now = dt.datetime.now(dt.timezone.utc)
        with database.begin() as connection:
            assert lease(connection, str(rasa.received[0]["sender"]), "dead", now, now + dt.timedelta(seconds=2))
    rasa.echoes()
    second = await aiohttp_client(create_app(changed))
    async with widget(second, citizen.token, after=1) as again:
        answer = again.messages[0] if again.messages else await again.reply()  # it may be quicker than the widget
        assert answer["text"] == "答：多久办结？"
    messages = [received["metadata"]["message_id"] for received in rasa.received]
    assert len(messages) == 2
    assert len(set(messages)) == 1  # so Rasa can tell that it is the same message
