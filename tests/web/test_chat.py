"""``POST /chat``: what is passed on to Rasa, what is refused, and what the citizen reads when Rasa fails."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from tests.web.conftest import ANSWER, StandIn

CONVERSATION = "conversation-0123456789"


async def ask(client: TestClient, message: str = "督查事项要多久办结？", **more: Any) -> tuple[int, Any]:
    response = await client.post("/chat", json={"conversation": CONVERSATION, "message": message} | more)
    return response.status, await response.json()


async def test_a_message_goes_to_rasa_and_its_replies_come_back(client: TestClient, rasa: StandIn) -> None:
    assert await ask(client) == (200, {"messages": [{"text": ANSWER[0]["text"]}, {"custom": ANSWER[1]["custom"]}]})
    assert rasa.received == [{"sender": f"web-{CONVERSATION}", "message": "督查事项要多久办结？", "metadata": {}}]


async def test_the_place_goes_along_as_metadata(client: TestClient, rasa: StandIn) -> None:
    await ask(client, jurisdiction="jilin")
    assert rasa.received[0]["metadata"] == {"jurisdiction": "jilin"}


async def test_choices_come_back_and_what_the_page_does_not_know_stays_behind(
    client: TestClient, rasa: StandIn
) -> None:
    buttons = [{"title": "甲？", "payload": "甲？"}]
    rasa.answers([{"recipient_id": "web-x", "text": "您是想问：", "buttons": buttons, "tracker": {"events": []}}])
    assert await ask(client) == (200, {"messages": [{"text": "您是想问：", "buttons": buttons}]})


async def test_characters_that_no_encoder_takes_are_passed_on(client: TestClient, rasa: StandIn) -> None:
    status, _ = await ask(client, "居住证\ud800\u0000")
    assert status == 200
    assert rasa.received[0]["message"] == "居住证\ud800\u0000"


FAILURES = {
    "500 with a trace": ("Traceback (most recent call last)", 500), "404": ({"error": "x"}, 404),
    "not JSON": ("<html>", 200), "half JSON": ('[{"text": "x"', 200), "nothing": ("", 200), "null": ("null", 200),
    "an object": ({"text": "x"}, 200), "an empty list": ([], 200), "a list of text": (["x"], 200),
    "no text": ([{"custom": {}}], 200), "blank text": ([{"text": " "}], 200), "text that is none": ([{"text": 3}], 200),
    "deep": ("[" * 100_000, 200),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
async def test_whatever_rasa_does_wrong_the_citizen_reads_a_polite_sentence(
    client: TestClient, rasa: StandIn, name: str
) -> None:
    rasa.answers(*FAILURES[name])
    status, content = await ask(client)
    assert status == 200
    assert "12345" in content["messages"][0]["text"]
    assert content["messages"][1]["custom"]["kind"] == "handoff"
    assert "Traceback" not in json.dumps(content)


@pytest.mark.parametrize("name", FAILURES)
async def test_whatever_rasa_does_wrong_danger_gets_its_number(client: TestClient, rasa: StandIn, name: str) -> None:
    rasa.answers(*FAILURES[name])
    status, content = await ask(client, "我家着火了快来人")
    assert status == 200
    assert "119" in content["messages"][0]["text"]
    assert content["messages"][1]["custom"]["kind"] == "emergency"


async def test_a_rasa_that_hangs_is_given_up(client: TestClient, rasa: StandIn) -> None:
    rasa.hangs()
    assert (await ask(client))[1]["messages"][1]["custom"]["kind"] == "handoff"
    assert (await ask(client, "我爸突然倒地没有呼吸了"))[1]["messages"][1]["custom"]["kind"] == "emergency"


async def test_without_rasa_a_citizen_still_reads_a_polite_sentence(alone: TestClient) -> None:
    assert "12345" in (await ask(alone))[1]["messages"][0]["text"]
    assert "119" in (await ask(alone, "我家着火了快来人"))[1]["messages"][0]["text"]


async def test_it_recovers_when_rasa_does(client: TestClient, rasa: StandIn) -> None:
    rasa.answers("", 500)
    assert (await ask(client))[1]["messages"][1]["custom"]["kind"] == "handoff"
    rasa.answers(ANSWER)
    assert (await ask(client))[1]["messages"][1]["custom"]["kind"] == "answer"


GOOD = {"conversation": CONVERSATION, "message": "居住证"}
BAD = {
    "an empty message": GOOD | {"message": ""}, "blanks": GOOD | {"message": " \n\t"}, "no message": {"conversation": CONVERSATION},
    "message null": GOOD | {"message": None}, "message number": GOOD | {"message": 1}, "message list": GOOD | {"message": ["x"]},
    "too long": GOOD | {"message": "长" * 2001}, "no conversation": {"message": "x"}, "short": GOOD | {"conversation": "c" * 15},
    "long": GOOD | {"conversation": "c" * 65}, "odd characters": GOOD | {"conversation": "会话" * 10},
    "line break": GOOD | {"conversation": CONVERSATION + "\n"}, "conversation number": GOOD | {"conversation": 1},
    "place number": GOOD | {"jurisdiction": 1}, "place path": GOOD | {"jurisdiction": "../x"}, "place empty": GOOD | {"jurisdiction": ""},
    "place long": GOOD | {"jurisdiction": "j" * 65}, "a list": [], "a text": "x", "null": None, "a number": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
async def test_what_is_no_message_is_refused_and_never_reaches_rasa(
    client: TestClient, rasa: StandIn, name: str
) -> None:
    response = await client.post("/chat", data=json.dumps(BAD[name]))
    assert response.status == 400
    assert any("\u4e00" <= character <= "\u9fff" for character in (await response.json())["error"])
    assert rasa.received == []


async def test_the_longest_message_is_taken(client: TestClient, rasa: StandIn) -> None:
    assert (await ask(client, "长" * 2000))[0] == 200
    assert len(rasa.received[0]["message"]) == 2000


@pytest.mark.parametrize("body", [b"", b"{", b"{}{}", b"\xff\xfe\x00", b"[" * 60_000, b"a=b"], ids=range(6))
async def test_what_is_not_json_is_refused(client: TestClient, body: bytes) -> None:
    response = await client.post("/chat", data=body)
    assert response.status == 400
    assert (await response.json())["error"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/json; charset=no-such", "application/x-www-form-urlencoded"]
)
async def test_the_declared_type_of_a_body_changes_nothing(client: TestClient, kind: str) -> None:
    body = json.dumps(GOOD, ensure_ascii=False).encode()
    assert (await client.post("/chat", data=body, headers={"Content-Type": kind})).status == 200


async def test_a_huge_body_is_refused(client: TestClient, rasa: StandIn) -> None:
    response = await client.post("/chat", json=GOOD | {"message": "长" * 100_000})
    assert response.status == 413
    assert (await response.json()) == {"error": "内容太大。"}
    assert rasa.received == []
