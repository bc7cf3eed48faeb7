"""The operators' desk: who may take what, what the citizen and the colleagues see of it, and what is recorded."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient

from bot.bootstrap import now
from bot.hotline.conversations import Author, Conversation, Holder, Reason, queue
from bot.hotline.outcomes import Outcome
from bot.hotline.staff import StaffMember
from bot.hotline.work_orders import Role
from bot.storage import (
    Database,
    OrderFilter,
    anybody_on_duty,
    change_conversation,
    find_conversation,
    find_orders,
    get_conversation,
    list_deeds,
    list_outcomes,
    messages_after,
    receive_message,
)
from bot.storage.tables.staff import logins
from tests.web.staff import another_client, logged_in

Headers = {"HX-Request": "true"}
WORDS = "东门菜市场门口每天早上占道摆摊，没人管"


def waiting(
    database: Database, name: str = "one", place: str = "yunjiang", reason: Reason = Reason.ASKED, words: str = WORDS
) -> Conversation:
    """Put a citizen into the queue who said ``words``."""
    key = f"web-{name}"
    new = Conversation(key, "web", f"citizen-{name}", place, now(), now())
    with database.begin() as connection:
        receive_message(connection, new, words, now(), id=f"message-{name}-{uuid.uuid4().hex}", answers=[])
        return change_conversation(connection, key, lambda c: queue(c, reason, now()), now())


def held(database: Database, name: str = "one") -> Conversation:
    with database.read() as connection:
        return get_conversation(connection, f"web-{name}")


def said(database: Database, name: str = "one") -> list[tuple[Author, str]]:
    with database.read() as connection:
        return [(m.author, m.text) for m in messages_after(connection, f"web-{name}")]


def deeds(database: Database) -> list[tuple[str, str]]:
    with database.read() as connection:
        return [(d.deed, d.object) for d in list_deeds(connection)]


async def post(client: TestClient, path: str, status: int = 200, **form: Any) -> str:
    response = await client.post(path, data=form, headers=Headers)
    text = await response.text()
    assert response.status == status, text
    return str(json.loads(text)["error"]) if status >= 400 and text.startswith("{") else text


@pytest.fixture
async def operator(client: TestClient, database: Database) -> StaffMember:
    return await logged_in(client, database, Role.OPERATOR, name="3号话务员")


async def test_the_page_shows_who_waits_with_reason_place_and_masked_words(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    waiting(database, words="我叫欧阳建国，电话13712345678，要投诉")
    waiting(database, "two", reason=Reason.EMERGENCY)
    page = await (await client.get("/desk")).text()
    assert "险情" in page
    assert "要求人工" in page
    assert "云江市 · 网页" in page
    assert "13712345678" not in page
    assert "欧阳建国" not in page
    assert page.index("web-two") < page.index("web-one")  # danger first, however long the other waits


async def test_taking_tells_the_citizen_and_the_whole_talk_is_shown(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    waiting(database, words="电话13712345678，要投诉")
    pane = await post(client, "/desk/conversations/web-one/take")
    assert "13712345678" in pane  # who holds the conversation needs it
    assert held(database).operator == operator.id
    assert said(database)[-1] == (Author.SYSTEM, "3号话务员为您服务。")
    assert ("接听会话", "web-one") in deeds(database)


async def test_the_next_is_whoever_is_in_danger_then_whoever_waits_longest(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    for name, reason in (("a", Reason.MISSED), ("b", Reason.ASKED), ("c", Reason.EMERGENCY)):
        waiting(database, name, reason=reason)
    for name in ("c", "a", "b"):
        response = await client.post("/desk/next", headers=Headers)
        assert response.headers["HX-Push-Url"] == f"/desk/conversations/web-{name}"
    assert "现在没有等待的市民" in await post(client, "/desk/next", 409)


async def test_two_taking_at_once_one_gets_it_the_other_the_reason(
    client: TestClient, database: Database, operator: StaffMember, aiohttp_client: Any
) -> None:
    other = await another_client(client, aiohttp_client)
    await logged_in(other, database, Role.OPERATOR, login="second", name="5号话务员")
    for number in range(5):
        waiting(database, str(number))
        paths = f"/desk/conversations/web-{number}/take"
        both = await asyncio.gather(*(c.post(paths, headers=Headers) for c in (client, other)))
        assert sorted(response.status for response in both) == [200, 409]
        refused = next(response for response in both if response.status == 409)
        assert "话务员已经在接待这位市民" in (await refused.json())["error"]
        assert [text for _, text in said(database, str(number))].count("3号话务员为您服务。") + [
            text for _, text in said(database, str(number))
        ].count("5号话务员为您服务。") == 1


async def test_two_taking_the_next_at_once_get_two_different_ones(
    client: TestClient, database: Database, operator: StaffMember, aiohttp_client: Any
) -> None:
    other = await another_client(client, aiohttp_client)
    await logged_in(other, database, Role.OPERATOR, login="second")
    waiting(database, "a"), waiting(database, "b")
    both = await asyncio.gather(*(c.post("/desk/next", headers=Headers) for c in (client, other)))
    assert {response.headers["HX-Push-Url"] for response in both} == {
        "/desk/conversations/web-a", "/desk/conversations/web-b"
    }  # fmt: skip


async def test_what_is_sent_arrives_once_under_the_name_that_citizens_know(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    waiting(database)
    await post(client, "/desk/conversations/web-one/take")
    key = uuid.uuid4().hex
    for _ in range(2):  # the network was slow and it is sent again
        shown = await post(client, "/desk/conversations/web-one/say", key=key, text="您好，请说具体地点。", used="")
    assert "您好，请说具体地点。" in shown
    assert said(database).count((Author.OPERATOR, "您好，请说具体地点。")) == 1


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"text": "", "key": "a" * 8}, "请先写好要发送的内容"), ({"text": "好" * 2001, "key": "a" * 8}, "2000"),
        ({"text": "好", "key": "<"}, "编号"), ({"text": "好", "key": "a" * 8, "used": "{"}, "推荐答复的记录不完整"),
    ],
)  # fmt: skip
async def test_what_cannot_be_sent_is_refused_with_the_reason(
    client: TestClient, database: Database, operator: StaffMember, form: dict[str, str], reason: str
) -> None:
    waiting(database)
    await post(client, "/desk/conversations/web-one/take")
    before = said(database)
    assert reason in await post(client, "/desk/conversations/web-one/say", 400, **form)
    assert said(database) == before


async def test_who_does_not_hold_it_can_neither_talk_nor_end_it(
    client: TestClient, database: Database, operator: StaffMember, aiohttp_client: Any
) -> None:
    waiting(database)
    other = await another_client(client, aiohttp_client)
    await logged_in(other, database, Role.OPERATOR, login="second")
    await post(client, "/desk/conversations/web-one/take")
    for move, form in (
        ("say", {"key": "a" * 8, "text": "好"}), ("pass", {}), ("back", {}), ("close", {"outcome": "已解答"}),
        ("order", {"what": "占道经营"}),
    ):  # fmt: skip
        assert "没有在接待" in await post(other, f"/desk/conversations/web-one/{move}", 409, **form)
    assert held(database).holder is Holder.OPERATOR


async def test_passing_on_leaves_a_note_for_the_next_one(
    client: TestClient, database: Database, operator: StaffMember, aiohttp_client: Any
) -> None:
    waiting(database)
    await post(client, "/desk/conversations/web-one/take")
    await post(client, "/desk/conversations/web-one/pass", note="已核实地点")
    assert held(database).reason is Reason.PASSED
    other = await another_client(client, aiohttp_client)
    await logged_in(other, database, Role.OPERATOR, login="second")
    assert "已核实地点" in await post(other, "/desk/next")


async def test_giving_back_lets_the_bot_go_on_and_says_so(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    waiting(database)
    await post(client, "/desk/conversations/web-one/take")
    await post(client, "/desk/conversations/web-one/back", note="只是问路")
    assert (held(database).holder, held(database).note) == (Holder.BOT, "只是问路")
    assert "智能助手为您服务" in said(database)[-1][1]


async def test_closing_needs_a_reason_and_asks_for_a_rating(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    waiting(database)
    await post(client, "/desk/conversations/web-one/take")
    await post(client, "/desk/conversations/web-one/close", 400, outcome="随便")
    await post(client, "/desk/conversations/web-one/close", outcome="已解答", note="告知了办理窗口")
    assert held(database).outcome == "已解答：告知了办理窗口"
    assert "打分" in said(database)[-1][1]


async def test_a_colleague_of_another_place_neither_sees_nor_takes_it(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.OPERATOR, jurisdiction="beihe")
    waiting(database)
    assert "web-one" not in await (await client.get("/desk")).text()
    assert "没有等待的市民" in await post(client, "/desk/next", 409)
    for method, path in (
        ("GET", ""), ("GET", "/transcript"), ("GET", "/suggestions"), ("GET", "/order"), ("POST", "/take"),
        ("POST", "/say"), ("POST", "/pass"), ("POST", "/back"), ("POST", "/judged"), ("POST", "/order"),
    ):  # fmt: skip
        response = await client.request(
            method, f"/desk/conversations/web-one{path}", headers=Headers, data={"text": "x", "key": "a" * 8}
        )
        assert response.status == 404, path
    assert "web-one" not in await (await client.get("/desk/history?place=yunjiang&days=")).text()
    assert held(database).holder is Holder.QUEUE


PATHS = (
    ("GET", "/desk/live"), ("POST", "/desk/next"), ("GET", "/desk/search"), ("GET", "/desk/intake"), ("POST", "/desk/intake"),
    ("POST", "/desk/intake/suggestions"), *(
        (method, f"/desk/conversations/web-one{end}")
        for method, end in (
            ("POST", "/take"), ("POST", "/say"), ("POST", "/pass"), ("POST", "/back"), ("POST", "/close"),
            ("GET", "/suggestions"), ("POST", "/judged"), ("GET", "/order"), ("POST", "/order"),
        )
    ),
)  # fmt: skip


@pytest.mark.parametrize("role", [Role.HANDLER, Role.ADMINISTRATOR])
async def test_who_does_not_talk_is_refused_everywhere(client: TestClient, database: Database, role: Role) -> None:
    waiting(database)
    await logged_in(client, database, role, **({"department": department(database)} if role is Role.HANDLER else {}))
    for method, path in PATHS:
        assert (await client.request(method, path)).status == 403, path
    assert (await client.get("/desk", allow_redirects=False)).status == 303
    reads = 403 if role is Role.HANDLER else 200
    for path in ("/desk/conversations/web-one", "/desk/conversations/web-one/transcript?stance=queue", "/desk/history"):
        assert (await client.get(path)).status == reads


def department(database: Database) -> str:
    from dataclasses import replace

    from bot.hotline.knowledge import Department
    from bot.storage import save_knowledge
    from tests.web.conftest import PLACES

    unit = Department("yunjiang.city", "yunjiang", "云江市城管局", ())
    with database.begin() as connection:
        save_knowledge(connection, replace(PLACES, departments=(unit,)), by="loader", reason="test")
    return unit.id


async def test_nobody_gets_in_without_login_or_token(client: TestClient, database: Database) -> None:
    waiting(database)
    for method, path in PATHS:
        response = await client.request(method, path, allow_redirects=False)
        assert response.status in (303, 401, 403), path
    await logged_in(client, database, Role.OPERATOR)
    del client.session.headers["X-CSRF-Token"]
    for method, path in PATHS:
        if method == "POST":
            assert (await client.post(path)).status == 403, path
    assert held(database).holder is Holder.QUEUE


async def test_reading_a_conversation_that_one_does_not_hold_is_recorded_and_ones_own_is_not(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    waiting(database)
    await client.get("/desk/conversations/web-one")
    assert deeds(database).count(("查看会话", "web-one")) == 1
    await post(client, "/desk/conversations/web-one/take")
    await client.get("/desk/conversations/web-one")
    assert deeds(database).count(("查看会话", "web-one")) == 1


async def test_what_somebody_says_cannot_become_markup(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    waiting(database, words="<script>alert(1)</script><img src=x onerror=alert(1)>")
    for path in ("/desk", "/desk/conversations/web-one", "/desk/history?days="):
        page = await (await client.get(path)).text()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    await post(client, "/desk/conversations/web-one/take")
    pane = await post(client, "/desk/conversations/web-one/say", key="a" * 8, text="<b>粗</b>")
    assert "<b>粗" not in pane


async def test_a_page_whose_conversation_was_taken_over_is_shown_anew(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    waiting(database)
    await post(client, "/desk/conversations/web-one/take")
    response = await client.get("/desk/conversations/web-one/transcript?stance=queue", headers=Headers)
    assert response.status == 204
    assert response.headers["HX-Trigger"] == "holder-changed"
    response = await client.get("/desk/conversations/web-one/transcript?stance=mine", headers=Headers)
    assert response.status == 200


# Suggestions


USED = {"entry": "yunjiang.market.hours", "version": 2, "rank": 1, "confidence": 0.8, "text": "早市7点到9点。"}


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        ("早市7点到9点。", Outcome.ADOPTED), ("您好，早市7点到9点。\n还有问题吗？", Outcome.ADOPTED),
        ("早市7点到8点半。", Outcome.EDITED),
    ],
)  # fmt: skip
async def test_what_becomes_of_a_suggestion_is_kept_with_masked_texts(
    client: TestClient, database: Database, operator: StaffMember, sent: str, outcome: Outcome
) -> None:
    waiting(database, words="我电话13712345678，早市几点收")
    await post(client, "/desk/conversations/web-one/take")
    await post(
        client, "/desk/conversations/web-one/say", key="a" * 8, text=f"{sent}回电13712345678", used=json.dumps([USED])
    )
    with database.read() as connection:
        ((_, kept),) = list_outcomes(connection)
    assert (kept.outcome, kept.entry, kept.rank, kept.staff) == (outcome, USED["entry"], 1, operator.id)
    assert kept.suggested == USED["text"]
    assert "13712345678" not in kept.message_masked + kept.final_masked
    assert "早市几点收" in kept.message_masked
    assert sent in kept.final_masked


async def test_a_message_sent_again_is_judged_once(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    waiting(database)
    await post(client, "/desk/conversations/web-one/take")
    for _ in range(2):
        await post(client, "/desk/conversations/web-one/say", key="a" * 8, text="好的", used=json.dumps([USED]))
    with database.read() as connection:
        assert len(list_outcomes(connection)) == 1


async def test_suggestions_that_do_not_fit_are_kept_as_such(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    waiting(database)
    await post(client, "/desk/conversations/web-one/take")
    both = [USED, {**USED, "rank": 2, "entry": "yunjiang.market.fee"}]
    await post(client, "/desk/conversations/web-one/judged", 204, used=json.dumps(both))
    with database.read() as connection:
        kept = [outcome for _, outcome in list_outcomes(connection)]
    assert [(o.outcome, o.rank, o.final_masked) for o in kept] == [(Outcome.REJECTED, 1, ""), (Outcome.REJECTED, 2, "")]
    await post(client, "/desk/conversations/web-one/judged", 400, used="")


async def test_forgetting_a_conversation_forgets_its_evidence(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    from bot.storage import forget_conversation

    waiting(database)
    await post(client, "/desk/conversations/web-one/take")
    await post(client, "/desk/conversations/web-one/judged", 204, used=json.dumps([USED]))
    with database.begin() as connection:
        assert forget_conversation(connection, "web-one")
        assert list_outcomes(connection) == []


async def test_without_a_model_the_page_says_what_to_do(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    waiting(database)
    await post(client, "/desk/conversations/web-one/take")
    for _ in range(50):
        text = await (await client.get("/desk/conversations/web-one/suggestions", headers=Headers)).text()
        if "没有模型" in text:
            break
        await asyncio.sleep(0.1)
    assert "make train" in text


# Work orders and calls


async def test_a_work_order_is_filled_from_what_the_citizen_said_and_its_number_is_told(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    waiting(database, words="我在东门菜市场路口，每天早上有人占道摆摊，电话13712345678")
    await post(client, "/desk/conversations/web-one/take")
    form = await (await client.get("/desk/conversations/web-one/order", headers=Headers)).text()
    assert "占道摆摊" in form
    assert 'value="13712345678"' in form
    assert "每天" in form
    key = re.search(r'name="key"[^>]*value="([0-9a-f]{32})"', form)
    assert key
    given = {
        "key": key[1], "what": "有人占道摆摊，电话13712345678", "where": "东门菜市场路口", "when": "每天早上", "kind": "complaint",
        "rule": rule(database), "phone": "13712345678", "name": "",
    }  # fmt: skip
    for _ in range(2):  # pressed twice
        await post(client, "/desk/conversations/web-one/order", **given)
    with database.read() as connection:
        (order,) = find_orders(connection, OrderFilter())
    assert (order.place, order.channel, order.category) == ("东门菜市场路口", "web", "城市管理/占道经营")
    assert "13712345678" not in order.content
    told = [text for author, text in said(database) if author is Author.SYSTEM and order.number in text]
    assert len(told) == 1
    assert ("登记工单", order.number) in deeds(database)


async def test_an_order_that_lacks_what_happened_is_shown_again(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    waiting(database)
    await post(client, "/desk/conversations/web-one/take")
    given = {"key": uuid.uuid4().hex, "what": "", "kind": "complaint", "rule": "", "where": "东门"}
    response = await client.post("/desk/conversations/web-one/order", data=given, headers=Headers)
    assert response.headers["HX-Retarget"] == "#order"
    assert "请写明是什么事" in await response.text()


def rule(database: Database) -> str:
    from dataclasses import replace

    from bot.hotline.knowledge import Department, RoutingRule
    from bot.storage import save_knowledge
    from tests.web.conftest import PLACES

    unit = Department("yunjiang.city", "yunjiang", "云江市城管局", ())
    way = RoutingRule(
        "stalls", "yunjiang", "城市管理/占道经营", unit.id, ("占道",), ("门口摆摊",), "yunjiang.hotline", "第一条"
    )
    with database.begin() as connection:
        save_knowledge(
            connection, replace(PLACES, departments=(unit,), routing_rules=(way,)), by="loader", reason="test"
        )
    return way.id


async def call_form(client: TestClient) -> dict[str, str]:
    page = await (await client.get("/desk/intake")).text()
    hidden = dict(re.findall(r'id="(call|key)" name="\1" type="hidden" value="([^"]+)"', page))
    assert len(hidden) == 2, page[:3000]
    return {**hidden, "place": "yunjiang", "kind": "consultation", "rule": "", "used": ""}


async def test_a_call_that_was_answered_is_kept_as_a_conversation_that_is_over(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    form = await call_form(client)
    given = {**form, "what": "早市几点收", "answer": "早市7点到9点。", "ending": "answered", "used": json.dumps([USED])}
    for _ in range(2):
        response = await client.post("/desk/intake", data=given, allow_redirects=False)
        assert response.status == 303
    with database.read() as connection:
        kept = get_conversation(connection, f"phone-{form['call']}")
        talk = [(m.author, m.text) for m in messages_after(connection, kept.id)]
        outcomes = [outcome for _, outcome in list_outcomes(connection)]
    assert (kept.channel, kept.outcome, kept.operator) == ("phone", "已解答", operator.id)
    assert kept.closed
    assert talk == [(Author.CITIZEN, "早市几点收"), (Author.OPERATOR, "早市7点到9点。")]
    assert [(o.outcome, o.message_masked, o.conversation) for o in outcomes] == [
        (Outcome.ADOPTED, "早市几点收", kept.id)
    ]
    assert "电话" in await (await client.get("/desk/history")).text()


async def test_a_call_becomes_a_work_order_with_the_callers_number_kept_apart(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    way = rule(database)
    form = await call_form(client)
    given = {
        **form,
        "what": "东门菜市场有人占道摆摊",
        "answer": "",
        "ending": "filed",
        "rule": way,
        "phone": "137-1234-5678",
    }
    response = await client.post("/desk/intake", data=given, allow_redirects=False)
    with database.read() as connection:
        (order,) = find_orders(connection, OrderFilter())
        kept = get_conversation(connection, f"phone-{form['call']}")
    assert order.number in response.headers["Location"]
    assert order.channel == "phone"
    assert kept.outcome == f"已转工单：{order.number}"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"what": ""}, "请写明是什么事"), ({"answer": ""}, "请写下答复了什么"), ({"place": "elsewhere"}, "")],
)
async def test_a_call_that_lacks_something_loses_nothing(
    client: TestClient, database: Database, operator: StaffMember, changed: dict[str, str], reason: str
) -> None:
    form = await call_form(client)
    given = {**form, "what": "早市几点收市呢", "answer": "七点到九点", "ending": "answered", **changed}
    response = await client.post("/desk/intake", data=given)
    page = await response.text()
    assert response.status == 400
    assert reason in page
    assert given["what"] in page
    assert given["answer"] in page
    with database.read() as connection:
        assert find_conversation(connection, f"phone-{form['call']}") is None


async def test_a_call_for_another_place_is_refused(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.OPERATOR, jurisdiction="beihe")
    form = await call_form(client)
    given = {**form, "what": "早市几点收", "answer": "早市7点到9点。", "ending": "answered"}
    assert (await client.post("/desk/intake", data=given)).status == 400
    assert (await client.post("/desk/intake/suggestions", data=given, headers=Headers)).status == 404


# Live


async def frame(socket: ClientWebSocketResponse, wanted: str, within: float = 5.0) -> Any:
    """Return ``wanted`` of the next frame that has it."""
    while True:
        message = await asyncio.wait_for(socket.receive(), within)
        assert message.type is WSMsgType.TEXT, message
        content = json.loads(message.data)
        if wanted in content:
            return content[wanted]


async def test_an_open_page_is_being_at_the_desk_and_a_break_is_not(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    def on_duty() -> bool:
        with database.read() as connection:
            return anybody_on_duty(connection, now(), "yunjiang")

    assert not on_duty()
    async with client.ws_connect("/desk/live") as socket:
        assert await frame(socket, "taking") is True
        assert on_duty()
        await socket.send_json({"taking": False})
        assert await frame(socket, "taking") is False
        assert not on_duty()
    async with client.ws_connect("/desk/live") as socket:
        assert await frame(socket, "taking") is False  # a break outlives the page
        await socket.send_json({"taking": True})
        assert await frame(socket, "taking") is True


async def test_an_operator_of_another_place_is_not_on_duty_here(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.OPERATOR, jurisdiction="beihe")
    async with client.ws_connect("/desk/live") as socket:
        await frame(socket, "taking")
        with database.read() as connection:
            assert anybody_on_duty(connection, now(), "beihe")
            assert not anybody_on_duty(connection, now(), "yunjiang")


async def test_the_queue_follows_by_itself_and_each_sees_only_what_is_theirs(
    client: TestClient, database: Database, operator: StaffMember, aiohttp_client: Any
) -> None:
    other = await another_client(client, aiohttp_client)
    await logged_in(other, database, Role.OPERATOR, login="second", jurisdiction="beihe")
    async with client.ws_connect("/desk/live") as mine, other.ws_connect("/desk/live") as theirs:
        assert await frame(mine, "lists") == {"mine": [], "queue": []}
        assert await frame(theirs, "lists") == {"mine": [], "queue": []}
        waiting(database)  # as another process writes it
        assert (await frame(mine, "lists"))["queue"] == ["web-one"]
        waiting(database, "two", place="beihe")
        assert (await frame(theirs, "lists"))["queue"] == ["web-two"]
        await post(client, "/desk/conversations/web-one/take")
        assert await frame(mine, "lists") in (
            {"mine": ["web-one"], "queue": ["web-two"]}, {"mine": [], "queue": ["web-one", "web-two"]}
        )  # fmt: skip


async def test_nonsense_over_the_socket_changes_nothing(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    async with client.ws_connect("/desk/live") as socket:
        await frame(socket, "lists")
        for text in ("", "[]", "{", '{"taking": "no"}', '{"opened": 5}', "[" * 3000):
            await socket.send_str(text)
        await socket.send_json({"taking": False})
        assert await frame(socket, "taking") is False


async def test_what_a_citizen_says_is_told_to_whoever_holds_the_conversation_and_counted_until_read(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    waiting(database)
    async with client.ws_connect("/desk/live") as socket:
        await frame(socket, "lists")
        await post(client, "/desk/conversations/web-one/take")
        with database.begin() as connection:
            new = held(database)
            receive_message(connection, new, "还在吗", now(), id="again-again", answers=[])
        news: dict[str, Any] = {}
        while news.get("unread") != 1 or "conversation:web-one" not in news.get("topics", []):
            news |= json.loads((await asyncio.wait_for(socket.receive(), 5)).data)
        await client.get("/desk/conversations/web-one", headers=Headers)
        assert await frame(socket, "unread") == 0


async def test_another_site_cannot_open_the_socket(
    client: TestClient, database: Database, operator: StaffMember
) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await client.ws_connect("/desk/live", headers={"Origin": "https://elsewhere.example"})
    assert refused.value.status == 403


async def test_the_page_ends_with_the_login(
    client: TestClient, database: Database, operator: StaffMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.desk.live._BEAT", 0.1)
    async with client.ws_connect("/desk/live") as socket:
        await frame(socket, "lists")
        with database.begin() as connection:
            connection.execute(sa.delete(logins))
        message = await asyncio.wait_for(socket.receive(), 5)
        while message.type is WSMsgType.TEXT:
            message = await asyncio.wait_for(socket.receive(), 5)
        assert socket.close_code == 4401
