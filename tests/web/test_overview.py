"""The overview: figures of a small hand-made week, the talks behind each of them, and transcripts that show nothing personal."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from aiohttp.test_utils import TestClient

from bot.bootstrap import now
from bot.hotline.conversations import Author, Conversation, Reason, leave_queue, queue, take
from bot.hotline.ledger import LedgerRow, new_ledger_id
from bot.hotline.work_orders import Role
from bot.storage import (
    Database,
    Saying,
    change_conversation,
    give_feedback,
    list_deeds,
    open_conversation,
    receive_message,
    say,
    write_ledger,
)
from tests.web.orders import STREETS, with_departments
from tests.web.staff import logged_in

ENTRY = "yunjiang.routing.stalls"
SECRET = "13812345678"


def reply(
    database: Database, citizen: str, kind: str, *, ago: int = 0, entry: str = "", place: str = "yunjiang"
) -> None:
    """Write a reply of ``kind`` that was given ``ago`` days before."""
    row = LedgerRow(
        new_ledger_id(), now() - dt.timedelta(days=ago, seconds=1), place, citizen, f"{citizen}问：摊贩占道归谁管", kind,
        "由城管局办理。", entries=((entry, 1),) if entry else (),
    )  # fmt: skip
    with database.begin() as connection:
        write_ledger(connection, row)


def conversation(database: Database, name: str, channel: str = "web", place: str = "yunjiang") -> None:
    """Open the conversation of the citizen ``name`` and let both sides talk."""
    at = now()
    new = Conversation(f"{channel}-{name}", channel, name, place, at, at)
    with database.begin() as connection:
        open_conversation(connection, new)
        receive_message(connection, new, f"我叫张小云，电话{SECRET}", at, id="m1")
        say(connection, new.id, Saying(Author.BOT, "请问在哪里？"), at)


@pytest.fixture(autouse=True)
def week(database: Database) -> None:
    """Five replies of today, two of eight days ago, one unhelpful, one who waited ten minutes, one who gave up."""
    with_departments(database)
    for name, channel, place in (("a", "web", "yunjiang"), ("b", "wechat", "yunjiang"), ("c", "web", "beihe")):
        conversation(database, name, channel, place)
    for citizen, kind in (("a", "answer"), ("a", "unsupported"), ("b", "handoff"), ("rest", "emergency")):
        reply(database, citizen, kind, entry=ENTRY if kind == "answer" else "")
    for _ in range(3):
        reply(database, "c", "route", entry="beihe.routing.x", place="beihe")
    reply(database, "a", "answer", ago=8, entry=ENTRY)
    at = now()
    with database.begin() as connection:
        give_feedback(connection, "web-a", 2, False, "答非所问", at)
        began, later = at - dt.timedelta(minutes=10), at - dt.timedelta(minutes=1)
        for key in ("web-a", "wechat-b"):
            change_conversation(connection, key, lambda c: queue(c, Reason.ASKED, began), at)
        change_conversation(connection, "web-a", lambda c: take(c, "op", "1号"), at)
        change_conversation(connection, "wechat-b", leave_queue, at)
        change_conversation(connection, "web-c", lambda c: queue(c, Reason.MISSED, later), at)


async def read(client: TestClient, path: str, status: int = 200) -> str:
    response = await client.get(path)
    assert response.status == status, await response.text()
    return await response.text()


def cards(page: str) -> dict[str, str]:
    found = re.findall(r'figure-card"[^>]*><strong>([^<]*)</strong><span>([^<]*)', page)
    return {name: value for value, name in found}


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR])
async def test_whoever_may_sees_it(client: TestClient, database: Database, role: Role) -> None:
    await logged_in(client, database, role)
    for path in ("/admin", "/admin/conversations", "/admin/conversations/a"):
        await read(client, path)


async def test_a_handler_and_strangers_are_refused(client: TestClient, database: Database) -> None:
    assert (await client.get("/admin", allow_redirects=False)).status == 303
    await logged_in(client, database, Role.HANDLER, department=STREETS)
    for path in ("/admin", "/admin/conversations", "/admin/conversations/a"):
        await read(client, path, 403)


async def test_the_figures_are_those_counted_by_hand(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.SUPERVISOR)
    page = await read(client, "/admin?days=7")
    found = cards(page)
    expected = {
        "会话": "4",
        "已答复": "4",
        "转人工": "1",
        "未答上": "1",
        "险情": "1",
        "评为没帮助": "1",
        "正在排队": "1",
    }
    assert {name: found[name] for name in expected} == expected
    assert found["现在等待 中位数；95%不超过 1分"] == "1分"
    assert found["已接通1次 等待中位数；95%不超过 10分"] == "10分"
    assert found["没等到接通"] == "1"
    assert cards(await read(client, "/admin?days=30"))["已答复"] == "5"
    plots = [json.loads(one.replace("&#34;", '"')) for one in re.findall(r"data-chart='([^']+)'", page)]
    days, places, channels = plots
    assert len(days["names"]) == 7
    assert [sum(series["values"]) for series in days["series"]] == [4, 1, 1, 1, 1]
    assert dict(zip(places["names"], places["series"][0]["values"])) == {"云江市": 1, "北河市": 3}
    assert dict(zip(channels["names"], channels["series"][0]["values"])) == {"网页": 4, "微信": 0, "接口": 0}
    assert "新出现" in page, "three questions that nobody asked the week before"


async def test_each_number_leads_to_the_talks_behind_it(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.ADMINISTRATOR)
    today = f"{now() + dt.timedelta(hours=8):%Y-%m-%d}"

    async def talks(query: str) -> set[str]:
        page = await read(client, f"/admin/conversations?{query}&from={today}&to={today}")
        return set(re.findall(r"/admin/conversations/(\w+)\"", page))

    assert await talks("") == {"a", "b", "c", "rest"}
    assert await talks("group=missed") == {"a"}
    assert await talks("group=handoff") == {"b"}
    assert await talks("group=unhelpful") == {"a"}
    assert await talks("place=beihe") == {"c"}
    assert await talks("channel=wechat") == {"b"}
    assert await talks("channel=none") == {"rest"}
    assert await talks(f"entry={ENTRY}") == {"a"}
    assert await talks("q=b问") == {"b"}
    page = await read(client, "/admin")
    for link in {one.replace("&amp;", "&") for one in re.findall(r'href="(/admin/conversations[^"]*)"', page)}:
        await read(client, link)


async def test_long_lists_have_pages_that_neither_skip_nor_repeat(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.ADMINISTRATOR)
    for n in range(55):
        reply(database, f"n{n}", "answer")
    page = await read(client, "/admin/conversations?days=1")
    first = set(re.findall(r"/admin/conversations/(\w+)\"", page))
    more = re.search(r'href="([^"]+)" data-key="n"', page)
    assert more
    second = set(re.findall(r"/admin/conversations/(\w+)\"", await read(client, more[1].replace("&amp;", "&"))))
    assert (len(first), len(second), first & second) == (50, 9, set())


async def test_a_transcript_is_masked_and_that_somebody_looked_is_recorded(
    client: TestClient, database: Database
) -> None:
    await logged_in(client, database, Role.OPERATOR)
    page = await read(client, "/admin/conversations/a")
    assert "〔电话〕" in page
    assert SECRET not in page
    assert "张小云" not in page
    with database.read() as connection:
        assert [deed.object for deed in list_deeds(connection, deed="查看会话")] == ["a"]
    assert "由城管局办理" in await read(client, "/admin/conversations/rest"), "from the ledger where there is no more"
    await read(client, "/admin/conversations/nobody", 404)


async def test_a_person_of_one_place_counts_and_reads_only_that(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.OPERATOR, jurisdiction="beihe")
    found = cards(await read(client, "/admin"))
    assert {found["会话"], found["已答复"], found["转人工"], found["评为没帮助"], found["正在排队"]} == {"1", "3", "0"}
    page = await read(client, "/admin/conversations")
    assert set(re.findall(r"/admin/conversations/(\w+)\"", page)) == {"c"}
    for citizen in ("a", "b", "rest"):
        await read(client, f"/admin/conversations/{citizen}", 404)
    await read(client, "/admin/conversations/c")


async def test_an_empty_time_and_a_wrong_one_say_so(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.SUPERVISOR)
    page = await read(client, "/admin?from=2020-01-01&to=2020-01-02")
    assert "这段时间没有会话" in page
    for query in ("days=x", "from=&to=", "from=9999-99-99&to=1", "from=2026-02-01&to=2026-01-01", "from=0001-01-01&to=9999-12-31"):  # fmt: skip
        await read(client, f"/admin?{query}")
        await read(client, f"/admin/conversations?{query}&before=x&citizen=y")
