"""Work orders at the desk: who sees which, who may do what, and that nothing of the callers shows without a purpose."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from bot.bootstrap import now
from bot.hotline.ledger import conversation_hash
from bot.hotline.work_orders import Move, Role, State
from bot.settings import Settings, read_secret
from bot.storage import (
    Alarm,
    Database,
    contact_views,
    get_order,
    list_alarms,
    list_deeds,
    messages_after,
)
from bot.storage.tables import work_orders as t
from tests.web.orders import NAME, PHONE, STREETS, WATER, answered, at_department, filed, moved, with_departments
from tests.web.staff import another_client, logged_in
from tests.web.test_widget import widget


@pytest.fixture(autouse=True)
def departments(database: Database) -> None:
    with_departments(database)


async def read(client: TestClient, path: str, status: int = 200) -> str:
    response = await client.get(path)
    assert response.status == status, await response.text()
    return (await response.read()).decode("utf8", "replace")


def stored(database: Database, order: Any) -> Any:
    with database.read() as connection:
        return get_order(connection, order.id)


@pytest.mark.parametrize(
    ("role", "orders", "reports"),
    [
        (Role.OPERATOR, 200, 403), (Role.SUPERVISOR, 200, 200), (Role.HANDLER, 200, 200), (Role.ADMINISTRATOR, 403, 200)
    ],
)  # fmt: skip
async def test_each_role_reaches_what_it_may(
    client: TestClient, database: Database, role: Role, orders: int, reports: int
) -> None:
    order = at_department(database)
    await logged_in(client, database, role, department=STREETS if role is Role.HANDLER else None)
    for path in ("/desk/orders", "/desk/orders.csv", f"/desk/orders/{order.number}"):
        await read(client, path, orders)
    for path in ("/desk/reports", "/desk/reports.csv", "/desk/reports.xlsx"):
        await read(client, path, reports)


async def test_without_a_login_nothing_is_shown(client: TestClient, database: Database) -> None:
    order = filed(database)
    for path in ("/desk/orders", "/desk/orders.csv", f"/desk/orders/{order.number}", "/desk/reports"):
        response = await client.get(path, allow_redirects=False)
        assert (response.status, order.title in await response.text()) == (303, False)
    response = await client.post(f"/desk/orders/{order.number}/callers", data={"purpose": "回访满意度"})
    assert response.status == 403
    assert PHONE not in await response.text()


async def test_a_list_is_narrowed_by_state_lamp_department_words_and_days(
    client: TestClient, database: Database
) -> None:
    await logged_in(client, database, Role.OPERATOR)
    new, sent = (
        filed(database),
        at_department(database, WATER, content="停水三天", title="停水三天", category="公用事业/供水"),
    )
    old = filed(database, received=now().replace(year=now().year - 1))
    everything = {new.number, sent.number, old.number}

    async def shown(query: str) -> set[str]:
        page = await read(client, f"/desk/orders?{query}")
        return {number for number in everything if number in page}

    assert await shown("") == everything
    assert await shown("state=dispatched") == {sent.number}
    assert await shown("lamp=red") == {old.number}
    assert await shown(f"department={WATER}") == {sent.number}
    assert await shown("category=公用事业") == {sent.number}
    assert await shown("q=停水") == {sent.number}
    assert await shown(f"q={new.number.lower()}") == {new.number}
    assert await shown(f"since={now().year}-01-01") == everything - {old.number}
    assert await shown(f"until={now().year - 1}-12-31") == {old.number}
    assert await shown("state=nonsense&lamp=blue&since=yesterday") == everything
    page = await read(client, "/desk/orders?sort=due")
    assert page.index(old.number) < page.index(new.number)
    assert ("超期" in page and "还剩" in page) or "今天到期" in page
    assert "没有符合条件的工单" in await read(client, "/desk/orders?q=没有这样的话")


async def test_long_lists_have_pages_that_neither_skip_nor_repeat(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.OPERATOR)
    numbers = [filed(database).number for _ in range(52)]
    first = await read(client, "/desk/orders")
    assert sum(number in first for number in numbers) == 50
    following = await read(client, f"/desk/orders?after={numbers[2]}")
    assert [number for number in numbers if number in following] == numbers[:2]
    by_due = await read(client, "/desk/orders?sort=due")
    last = max(numbers, key=by_due.rfind)
    rest = await read(client, f"/desk/orders?sort=due&after={last}")
    assert {n for n in numbers if n in rest} == {n for n in numbers if n not in by_due}


async def test_a_handler_sees_only_its_own_and_reads_what_was_written_for_it(
    client: TestClient, database: Database
) -> None:
    await logged_in(client, database, Role.HANDLER, department=STREETS)
    own = moved(
        database, filed(database, content="我是举报人，楼下占道", title="我是举报人，楼下占道"),
        (Move.DISPATCH, Role.OPERATOR, {"department": STREETS, "handover": "北京路有摊贩占道", "assisting": [WATER]}),
    )  # fmt: skip
    other, waiting = at_department(database, WATER), filed(database)
    helping = moved(
        database, filed(database), (Move.DISPATCH, Role.OPERATOR, {"department": WATER, "assisting": [STREETS]})
    )
    page = await read(client, "/desk/orders")
    assert own.number in page
    assert helping.number in page
    assert other.number not in page
    assert waiting.number not in page
    assert "举报人" not in page
    assert "举报人" not in await read(client, f"/desk/orders/{own.number}")
    assert "北京路有摊贩占道" in await read(client, f"/desk/orders/{own.number}")
    assert own.number not in (await read(client, "/desk/orders?q=举报人")).replace('value="举报人"', "")
    exported = await read(client, "/desk/orders.csv")
    assert "举报人" not in exported
    assert other.number not in exported
    for number in (other.number, waiting.number, "YJ000"):
        await read(client, f"/desk/orders/{number}", 404)
        assert (await client.post(f"/desk/orders/{number}/moves/sign", data={"version": "2"})).status == 404
        assert (await client.post(f"/desk/orders/{number}/callers", data={"purpose": "回访满意度"})).status == 404
        assert (await client.get(f"/desk/orders/{number}/alike")).status == 404
    for part in ("alike", "suggestions"):  # would tell of other orders and of the citizen's own words
        await read(client, f"/desk/orders/{own.number}/{part}", 403)


async def test_a_person_of_one_place_does_not_see_another(client: TestClient, database: Database) -> None:
    here, there = filed(database), filed(database, jurisdiction="beihe")
    await logged_in(client, database, Role.SUPERVISOR, jurisdiction="beihe")
    page = await read(client, "/desk/orders")
    assert there.number in page
    assert here.number not in page
    await read(client, f"/desk/orders/{here.number}", 404)
    assert here.number not in await read(client, "/desk/orders.csv")


async def test_the_buttons_are_the_moves_of_the_role(
    client: TestClient, database: Database, aiohttp_client: Any
) -> None:
    order = at_department(database)
    await logged_in(client, database, Role.OPERATOR)
    handler = await another_client(client, aiohttp_client)
    await logged_in(handler, database, Role.HANDLER, department=STREETS)
    at_desk, inside = [await read(c, f"/desk/orders/{order.number}") for c in (client, handler)]
    assert 'id="move-urge"' in at_desk
    assert 'id="move-sign"' not in at_desk
    assert 'id="move-supervise"' not in at_desk
    assert 'id="move-sign"' in inside
    assert 'id="move-return"' in inside
    assert 'id="move-urge"' not in inside
    refused = await client.post(f"/desk/orders/{order.number}/moves/sign", data={"version": order.version})
    assert refused.status == 409
    assert "话务员不能签收" in await refused.text()
    assert stored(database, order).state is State.DISPATCHED
    assert (await client.post(f"/desk/orders/{order.number}/moves/explode", data={"version": 1})).status == 404


async def test_an_order_goes_its_way_through_the_browser(
    client: TestClient, database: Database, aiohttp_client: Any
) -> None:
    order = filed(database)
    await logged_in(client, database, Role.OPERATOR, name="1号话务员")
    handler = await another_client(client, aiohttp_client)
    await logged_in(handler, database, Role.HANDLER, department=STREETS, name="城管小李")

    async def make(who: TestClient, move: str, **given: Any) -> None:
        version = stored(database, order).version
        response = await who.post(
            f"/desk/orders/{order.number}/moves/{move}", data={"version": version, **given}, allow_redirects=False
        )
        assert response.status == 303, await response.text()

    await make(client, "dispatch", plan="stalls", handover="请清理北京路夜市")
    assert (stored(database, order).department, stored(database, order).assisting) == (STREETS, (WATER,))
    await make(handler, "sign")
    await make(handler, "ask_extension", days=3, reason="要等设备")
    await make(handler, "answer", answer="已清理，联系13987654321")
    await make(client, "review")
    await make(client, "follow_up", satisfaction=4)
    await make(client, "close")
    after = stored(database, order)
    assert (after.state, after.satisfaction, after.handover) == (State.CLOSED, 4, "请清理北京路夜市")
    assert "13987654321" not in after.answer, "what citizens read is masked"
    page = await read(client, f"/desk/orders/{order.number}")
    for words in ("1号话务员（话务员）", "城管小李（承办人）", "要等设备", "满意度：4分", "承办单位：云江市城市管理局"):
        assert words in page
    with database.read() as connection:
        deeds = [deed.deed for deed in list_deeds(connection, object=order.number)]
    assert deeds == [f"工单{name}" for name in ("办结", "回访", "审核通过", "反馈", "申请延期", "签收", "派单")]


async def test_of_two_people_one_is_refused_and_sees_how_it_is_now(
    client: TestClient, database: Database, aiohttp_client: Any
) -> None:
    order = filed(database)
    await logged_in(client, database, Role.OPERATOR)
    other = await another_client(client, aiohttp_client)
    await logged_in(other, database, Role.SUPERVISOR)
    data = {"version": order.version, "plan": "other", "department": WATER}
    path = f"/desk/orders/{order.number}/moves/dispatch"
    assert (await client.post(path, data=data, allow_redirects=False)).status == 303
    refused = await other.post(path, data={**data, "department": STREETS})
    page = await refused.text()
    assert refused.status == 409
    assert "刚刚有人操作过这张工单" in page
    assert "已派单" in page
    assert stored(database, order).department == WATER


async def test_what_is_missing_is_said_and_what_was_written_is_kept(client: TestClient, database: Database) -> None:
    order = at_department(database)
    await logged_in(client, database, Role.SUPERVISOR)
    path = f"/desk/orders/{order.number}/moves/reassign"
    response = await client.post(path, data={"version": order.version, "plan": "other", "reason": "不归它管<b>"})
    page = await response.text()
    assert response.status == 409
    assert "改派要填写承办单位" in page
    assert "不归它管&lt;b&gt;" in page
    assert "data-open" in page
    response = await client.post(path, data={"version": order.version, "plan": "other", "department": "beihe.streets"})
    assert response.status == 400
    assert (await client.post(path, data={"version": "x", "plan": "gone"})).status == 400
    assert (await client.post(path, data={"version": order.version, "plan": "gone", "reason": "a"})).status == 409
    assert stored(database, order) == order


async def test_orders_are_merged_only_into_what_is_open_and_seen(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.OPERATOR, jurisdiction="yunjiang")
    one, two = filed(database), filed(database)
    done, elsewhere = answered(database), filed(database, jurisdiction="beihe")
    done = moved(
        database, done, (Move.REVIEW, Role.OPERATOR, {}), (Move.FOLLOW_UP, Role.OPERATOR, {"satisfaction": 5}),
        (Move.CLOSE, Role.OPERATOR, {}),
    )  # fmt: skip
    found = await read(client, f"/desk/orders/{one.number}/alike")
    assert two.number in found
    assert elsewhere.number not in found
    assert one.number not in found
    assert two.number in await read(client, f"/desk/orders/{one.number}/alike?q=占道")
    path = f"/desk/orders/{one.number}/moves/merge"
    for into, status in ((elsewhere.number, 404), (done.number, 409), (one.number, 409), ("", 409)):
        assert (await client.post(path, data={"version": one.version, "into": into})).status == status
    assert (await client.post(path, data={"version": one.version, "into": two.number})).status == 200
    assert stored(database, one).merged_into == two.id
    assert f"并入 {two.number}" in await read(client, f"/desk/orders/{one.number}")


async def test_contacts_need_a_purpose_that_is_kept(client: TestClient, database: Database) -> None:
    order = filed(database)
    await logged_in(client, database, Role.OPERATOR, name="1号话务员")
    path = f"/desk/orders/{order.number}"
    for page in (await read(client, path), await read(client, "/desk/orders"), await read(client, "/desk/orders.csv")):
        assert PHONE not in page
        assert NAME not in page
        assert PHONE[-4:] not in page
    for data in ({}, {"purpose": "好奇"}, {"purpose": "其他"}, {"purpose": "其他", "note": " "}):
        response = await client.post(f"{path}/callers", data=data)
        assert response.status == 409
        assert PHONE not in await response.text()
    with database.read() as connection:
        assert contact_views(connection, order.id) == []
    response = await client.post(f"{path}/callers", data={"purpose": "回访满意度", "note": "打13900001111没接"})
    shown = await response.text()
    assert (response.status, response.headers["Cache-Control"]) == (200, "no-store")
    assert PHONE in shown
    assert NAME in shown
    assert "1号话务员（话务员）" in shown
    with database.read() as connection:
        (view,) = contact_views(connection, order.id)
        (deed,) = list_deeds(connection, deed="查看反映人")
    assert view.purpose == "回访满意度：打〔电话〕没接"
    assert (deed.object, deed.details) == (order.number, {"用途": view.purpose})
    again = await read(client, path)
    assert "回访满意度" in again
    assert PHONE not in again


async def test_a_handler_never_sees_who_wants_to_stay_unknown(client: TestClient, database: Database) -> None:
    secret, plain = at_department(database, confidential=True), at_department(database)
    await logged_in(client, database, Role.HANDLER, department=STREETS)
    response = await client.post(f"/desk/orders/{secret.number}/callers", data={"purpose": "上门或现场办理"})
    assert response.status == 403
    assert PHONE not in await response.text()
    assert 'id="callers"' not in await read(client, f"/desk/orders/{secret.number}")
    response = await client.post(f"/desk/orders/{plain.number}/callers", data={"purpose": "上门或现场办理"})
    assert PHONE in await response.text()
    with database.read() as connection:
        assert contact_views(connection, secret.id) == []


async def test_an_export_holds_no_formula_no_contact_and_is_recorded(client: TestClient, database: Database) -> None:
    filed(database, content="=HYPERLINK(1)", title="=1+1", place="+86 13911112222")
    filed(database, content="@SUM(1)", title="-2")
    await logged_in(client, database, Role.SUPERVISOR)
    response = await client.get("/desk/orders.csv?q=")
    assert "attachment" in response.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO((await response.read()).decode("utf-8-sig"))))
    assert len(rows) == 3
    assert len({len(row) for row in rows}) == 1
    cells = [cell for row in rows for cell in row if cell]
    assert not [cell for cell in cells if cell[0] in "=+-@"]
    assert not [cell for cell in cells if "13911112222" in cell or PHONE in cell or NAME in cell]
    with database.read() as connection:
        assert [deed.deed for deed in list_deeds(connection, deed="导出")] == ["导出工单"]


async def test_photos_of_citizens_open_and_other_addresses_are_only_links(
    client: TestClient, database: Database
) -> None:
    name = "a" * 32 + ".jpg"
    order = filed(
        database,
        attachments=(f"https://hotline.example/files/{name}", "https://elsewhere.example/x.jpg", "javascript:alert(1)"),
    )
    await logged_in(client, database, Role.OPERATOR)
    page = await read(client, f"/desk/orders/{order.number}")
    assert f'src="/files/{name}"' in page
    assert 'href="https://elsewhere.example/x.jpg"' in page
    assert "javascript:" not in page
    assert 'src="https://elsewhere' not in page


async def test_script_in_any_text_stays_text(client: TestClient, database: Database) -> None:
    evil = "<script>alert(1)</script>'\"><img src=x onerror=alert(1)>"
    order = filed(database, content=evil, title=evil, place=evil, happened=evil, category=evil)
    await logged_in(client, database, Role.SUPERVISOR)
    await client.post(f"/desk/orders/{order.number}/moves/supervise", data={"version": order.version, "reason": evil})
    for path in (f"/desk/orders/{order.number}", "/desk/orders", "/desk/reports", f"/desk/orders/{order.number}/alike"):
        page = await read(client, path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page


async def test_suggestions_fall_back_to_choosing_where_there_is_no_model(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    order = filed(database)
    await logged_in(client, database, Role.OPERATOR)
    monkeypatch.setenv("HOTLINE_MODELS_DIR", str(tmp_path))
    page = await read(client, f"/desk/orders/{order.number}/suggestions")
    assert 'value="other" checked' in page or 'name="plan" value="stalls"' in page


async def test_an_alarm_is_acknowledged_by_a_supervisor_of_the_place(
    client: TestClient, database: Database, aiohttp_client: Any
) -> None:
    at = now()
    with database.begin() as connection:
        connection.execute(
            t.alarms.insert(),
            [vars(Alarm(place, place, "公用事业/供水", None, 9, at, at)) for place in ("yunjiang", "beihe")],
        )
    await logged_in(client, database, Role.OPERATOR)
    assert "突发集中诉求" in await read(client, "/desk/orders")
    assert (await client.post("/desk/alarms/yunjiang")).status == 403
    lead = await another_client(client, aiohttp_client)
    await logged_in(lead, database, Role.SUPERVISOR, jurisdiction="yunjiang")
    assert "北河市" not in await read(lead, "/desk/orders")
    assert (await lead.post("/desk/alarms/beihe")).status == 404
    assert (await lead.post("/desk/alarms/yunjiang", allow_redirects=False)).status == 303
    assert "突发集中诉求" not in await read(lead, "/desk/orders")
    with database.read() as connection:
        assert {a.id: a.acknowledged_by is not None for a in list_alarms(connection, at)} == {
            "yunjiang": True, "beihe": False
        }  # fmt: skip


async def test_a_citizen_hears_of_each_step_in_the_own_conversation_once(
    client: TestClient, database: Database, settings: Settings
) -> None:
    await logged_in(client, database, Role.OPERATOR)
    async with widget(client) as citizen:
        await citizen.say("楼下占道")
        await citizen.reply()
        secret = read_secret(settings.secret_file)
        conversation = f"web-{conversation_hash(citizen.token, secret)}"
        order = filed(database, conversation_hash(conversation, secret))
        path = f"/desk/orders/{order.number}/moves/dispatch"
        data = {"version": order.version, "plan": "other", "department": WATER}
        assert (await client.post(path, data=data)).status == 200
        news = await citizen.until("message", **{"from": "system"})
        assert order.number in news["text"]
        assert "已派给云江市水务集团" in news["text"]
        assert (await client.post(path, data=data)).status == 409, "refused: nothing is said"
        moved(
            database, order, (Move.SIGN, Role.HANDLER, {}), (Move.ANSWER, Role.HANDLER, {"answer": "已恢复供水"}),
            (Move.REVIEW, Role.OPERATOR, {}),
        )  # fmt: skip
        asked = await citizen.until("message", **{"from": "system"})
        assert "已恢复供水" in asked["text"]
        assert len(asked["buttons"]) == 5
        assert asked["buttons"][4]["payload"] == f"工单{order.number}打5分"
    with database.read() as connection:
        said = [m for m in messages_after(connection, conversation) if m.author.value == "system"]
    assert len(said) == 2, "the answer is told once, when it is reviewed"
