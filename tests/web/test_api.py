"""The HTTP API against its own contract, with a real database: what other systems can do and what is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from jsonschema import Draft202012Validator, RefResolver

from bot.hotline.jurisdictions import Jurisdiction
from bot.hotline.knowledge import Department, PolicyDocument, RoutingRule
from bot.knowledge_files import KnowledgeFiles
from bot.settings import Settings
from bot.storage import (
    Database,
    add_token,
    contact_views,
    get_order,
    list_tokens,
    migrate,
    revoke_token,
    save_knowledge,
)
from bot.training.dispatcher import save_dispatcher, train_dispatcher
from bot.training.ranker import RankerSettings, TrainedRanker, save_ranker, train_ranker
from bot.web.api import contract
from bot.web.app import create_app
from tests.hotline.conftest import EXAMPLES, KNOWLEDGE, MATTERS, SCHOOL, STALLS

NEW = {
    "content": "夜市摊贩占道，我的电话13812345678",
    "place": "北京路8号门口",
    "name": "王女士",
    "phone": "13812345678",
}
CITY, WATER = "yunjiang.city", "yunjiang.water"
EVERYTHING = ("orders:read", "orders:file", "orders:move", "contacts:read", "routing:read", "reports:read")
NOW = dt.datetime.now(dt.timezone.utc)

FILES = KnowledgeFiles(
    jurisdictions=(Jurisdiction("yunjiang", "云江市", None, ("云江",), (), covered=True),),
    documents=(PolicyDocument("yunjiang.hotline", "yunjiang", "热线方案"),),
    departments=(Department(CITY, "yunjiang", "云江市城市管理局"), Department(WATER, "yunjiang", "云江市自来水公司")),
    routing_rules=(
        RoutingRule("stalls", "yunjiang", STALLS, CITY, ("占道",), ("摊子占道",), "yunjiang.hotline", "三", "12319"),
    ),
)


class Caller:
    """One system that calls with a token, and checks every answer against the contract."""

    def __init__(self, client: TestClient, secret: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {secret}"}

    async def __call__(self, method: str, path: str, status: int, **request: Any) -> Any:
        headers = {**self.headers, **request.pop("headers", {})}
        response = await self.client.request(method, f"/api/v1{path}", headers=headers, **request)
        content = await response.json()
        assert response.status == status, content
        if status >= 400:
            assert set(content) == {"error"}
            assert content["error"].endswith("。")
        return content


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path}/api.sqlite3")
    migrate(database)
    with database.begin() as connection:
        save_knowledge(connection, FILES, by="loader", reason="start")
    return database


@pytest.fixture(scope="module")
def trained() -> TrainedRanker:
    return train_ranker(KNOWLEDGE, EXAMPLES, {}, RankerSettings(folds=3))


@pytest.fixture
async def client(tmp_path: Path, database: Database, trained: TrainedRanker, aiohttp_client: Any) -> TestClient:
    (tmp_path / "model.tar.gz").touch()
    save_dispatcher(train_dispatcher(MATTERS), tmp_path / "model.dispatcher.npz")
    save_ranker(trained, tmp_path / "model.ranker.json", {})
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/api.sqlite3",
        model=tmp_path / "model.tar.gz",
        secret_file=tmp_path / "key",
        jurisdiction="yunjiang",
    )
    return await aiohttp_client(create_app(settings))


@pytest.fixture
def caller(client: TestClient, database: Database) -> Callable[..., Caller]:
    def make(*scopes: str, department: str | None = None, days: int = 1) -> Caller:
        with database.begin() as connection:
            expires = NOW + dt.timedelta(days=days)
            _, secret = add_token(connection, "平台", scopes or EVERYTHING, "yunjiang", department, NOW, expires)
        return Caller(client, secret)

    return make


def filing(number: int = 1) -> dict[str, Any]:
    return {"json": NEW, "headers": {"Idempotency-Key": f"platform-{number:04d}"}}


async def test_an_order_goes_from_filing_to_answer(caller: Callable[..., Caller], database: Database) -> None:
    platform, city = caller(), caller(department=CITY)
    filed = await platform("POST", "/work-orders", 201, **filing())
    order = filed["work_order"]
    assert order["number"].startswith("YJ")
    assert order["category"] == STALLS, "recognised from its words"
    assert "13812345678" not in str(filed)
    assert "王女士" not in str(filed)
    path = f"/work-orders/{order['number']}"
    await city("GET", path, 404)
    dispatched = {"move": "dispatch", "version": 1, "department": CITY, "handover": "摊贩占道"}
    assert (await platform("POST", f"{path}/moves", 200, json=dispatched))["state"] == "dispatched"
    assert (await city("GET", path, 200))["work_order"]["content"] == "摊贩占道"
    await city("POST", f"{path}/moves", 200, json={"move": "sign", "version": 2})
    answered = await city("POST", f"{path}/moves", 200, json={"move": "answer", "version": 3, "answer": "已清理"})
    assert (answered["state"], answered["answer"]) == ("answered", "已清理")
    events = (await platform("GET", path, 200))["events"]
    assert [e["move"] for e in events] == ["dispatch", "sign", "answer"]
    assert [e["role"] for e in events] == ["supervisor", "department_handler", "department_handler"]


async def test_filing_again_under_the_same_key_files_nothing(caller: Callable[..., Caller]) -> None:
    platform = caller()
    first = await platform("POST", "/work-orders", 201, **filing())
    again = await platform("POST", "/work-orders", 200, **filing())
    assert again["work_order"]["number"] == first["work_order"]["number"]
    joined = await platform("POST", "/work-orders", 200, **filing(2))
    assert (joined["joined"], joined["work_order"]["number"]) == (True, first["work_order"]["number"])
    assert len((await platform("GET", "/work-orders", 200))["work_orders"]) == 1


async def test_pages_are_walked_without_a_gap(caller: Callable[..., Caller]) -> None:
    platform = caller()
    for n, what in enumerate(("路灯不亮", "水管爆了", "机器太吵", "油烟太大", "垃圾没人收")):
        body = NEW | {"place": f"北京路{n}号门口", "content": what}
        await platform("POST", "/work-orders", 201, json=body, headers={"Idempotency-Key": f"page-{n:04d}"})
    numbers, after = [], ""
    while True:
        page = await platform("GET", f"/work-orders?limit=2{after}", 200)
        numbers += [order["number"] for order in page["work_orders"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 5
    found = await platform("GET", "/work-orders?q=水管&state=accepted&state=signed&lamp=green", 200)
    assert len(found["work_orders"]) == 1


async def test_moves_are_refused_with_the_reason(caller: Callable[..., Caller]) -> None:
    platform = caller()
    order = (await platform("POST", "/work-orders", 201, **filing()))["work_order"]
    moves = f"/work-orders/{order['number']}/moves"
    refused = await platform("POST", moves, 409, json={"move": "close", "version": 1})
    assert "不能办结" in refused["error"]
    assert "刷新" in (await platform("POST", moves, 409, json={"move": "urge", "version": 9}))["error"]
    unknown = {"move": "dispatch", "version": 1, "department": "yunjiang.none"}
    assert "没有承办单位" in (await platform("POST", moves, 409, json=unknown))["error"]
    await platform("POST", "/work-orders/YJ000000000000/moves", 404, json={"move": "urge", "version": 1})


async def test_a_contact_needs_a_purpose_and_is_kept(caller: Callable[..., Caller], database: Database) -> None:
    platform = caller()
    number = (await platform("POST", "/work-orders", 201, **filing()))["work_order"]["number"]
    await platform("POST", f"/work-orders/{number}/contact-views", 400, json={"purpose": ""})
    shown = await platform("POST", f"/work-orders/{number}/contact-views", 200, json={"purpose": "回访"})
    assert shown["callers"][0]["phone"] == "13812345678"
    with database.read() as connection:
        views = contact_views(connection, get_order(connection, number).id)
    assert [v.purpose for v in views] == ["回访"]


async def test_a_department_never_sees_who_asked_for_secrecy(caller: Callable[..., Caller]) -> None:
    platform, city = caller(), caller(department=CITY)
    secret = {"json": NEW | {"confidential": True}, "headers": {"Idempotency-Key": "secret-01"}}
    number = (await platform("POST", "/work-orders", 201, **secret))["work_order"]["number"]
    await platform(
        "POST", f"/work-orders/{number}/moves", 200, json={"move": "dispatch", "version": 1, "department": CITY}
    )
    refused = await city("POST", f"/work-orders/{number}/contact-views", 409, json={"purpose": "联系"})
    assert "保密" in refused["error"]


async def test_departments_are_suggested_with_confidence_and_reason(caller: Callable[..., Caller]) -> None:
    platform = caller("routing:read")
    found = await platform("POST", "/routing", 200, json={"text": "夜市摊贩占道没法走"})
    assert found["sure"]
    assert found["suggestions"][0]["department"] == CITY
    assert "占道" in found["suggestions"][0]["reason"]
    other = await platform("POST", "/routing", 200, json={"text": "老师下课收钱补课"})
    assert (other["suggestions"][0]["category"], other["suggestions"][0]["department"]) == (SCHOOL, None)


async def test_the_report_is_the_one_of_the_command(caller: Callable[..., Caller]) -> None:
    platform = caller()
    assert (await platform("GET", "/reports/2026-11", 200))["figures"] == []
    await platform("POST", "/work-orders", 201, **filing())
    (figures,) = (await platform("GET", f"/reports/{NOW:%Y}", 200))["figures"]
    assert (figures["department"], figures["received"], figures["on_time"]) == (None, 1, None)
    await platform("GET", "/reports/2026-13", 400)


@pytest.mark.parametrize(
    ("method", "path", "request_", "said"),
    [
        ("POST", "/work-orders", {"json": {}}, "Idempotency-Key"),
        ("POST", "/work-orders", filing() | {"json": {}}, "缺少 content"),
        ("POST", "/work-orders", filing() | {"json": NEW | {"x": 1}}, "不认识的项 x"),
        ("POST", "/work-orders", filing() | {"json": NEW | {"content": "短"}}, "太短"),
        ("POST", "/work-orders", filing() | {"json": NEW | {"kind": "joke"}}, "之一"),
        ("POST", "/work-orders", filing() | {"json": NEW | {"attachments": ["javascript:x"]}}, "attachments.0"),
        ("POST", "/work-orders", {"data": b"{", "headers": {"Idempotency-Key": "broken-01"}}, "JSON"),
        ("POST", "/work-orders", filing() | {"json": []}, "JSON 对象"),
        ("GET", "/work-orders?limit=0", {}, "limit 不能小于 1"),
        ("GET", "/work-orders?limit=many", {}, "limit 应为整数"),
        ("GET", "/work-orders?state=lost", {}, "state"),
        ("GET", "/work-orders?nonsense=1", {}, "不认识的参数"),
        ("GET", "/work-orders?received_from=yesterday", {}, "时间"),
    ],
)
async def test_a_request_that_breaks_the_contract_is_told_why(
    caller: Callable[..., Caller], method: str, path: str, request_: dict[str, Any], said: str
) -> None:
    assert said in (await caller()(method, path, 400, **request_))["error"]


async def test_without_token_scope_or_time_nothing_is_said(
    client: TestClient, caller: Callable[..., Caller], database: Database
) -> None:
    for path, method, operation in contract.operations():
        address = path.replace("{number}", "YJ1").replace("{period}", "2026")
        assert (await client.request(method, f"/api/v1{address}")).status == 401, operation["operationId"]
        await Caller(client, "hl_wrong")(method, address, 401)
        await caller(days=-1)(method, address, 401)
        others = [scope for scope in EVERYTHING if scope != operation["x-scope"]]
        await caller(*others)(method, address, 403)


async def test_a_revoked_token_ends_at_once(caller: Callable[..., Caller], database: Database) -> None:
    platform = caller()
    await platform("GET", "/work-orders", 200)
    with database.begin() as connection:
        revoke_token(connection, list_tokens(connection)[0].id, NOW)
    await platform("GET", "/work-orders", 401)


async def test_the_contract_is_open_and_valid(client: TestClient) -> None:
    response = await client.get("/api/v1/openapi.json")
    assert response.status == 200
    document = await response.json()
    assert document["openapi"].startswith("3.1")
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


async def test_answers_fit_the_contract(caller: Callable[..., Caller]) -> None:
    platform = caller()
    order = await platform("POST", "/work-orders", 201, **filing())
    number = order["work_order"]["number"]
    move = {"move": "dispatch", "version": 1, "department": CITY}
    answers = {
        "fileWorkOrder": order,
        "moveWorkOrder": await platform("POST", f"/work-orders/{number}/moves", 200, json=move),
        "listWorkOrders": await platform("GET", "/work-orders", 200),
        "getWorkOrder": await platform("GET", f"/work-orders/{number}", 200),
        "viewContacts": await platform("POST", f"/work-orders/{number}/contact-views", 200, json={"purpose": "回访"}),
        "suggestDepartments": await platform("POST", "/routing", 200, json={"text": "摊贩占道"}),
        "getReport": await platform("GET", f"/reports/{NOW:%Y-%m}", 200),
    }
    resolver = RefResolver("", contract.document())
    for _, _, operation in contract.operations():
        answer = operation["responses"].get("201") or operation["responses"]["200"]
        schema = answer["content"]["application/json"]["schema"]
        Draft202012Validator(schema, resolver=resolver).validate(answers.pop(operation["operationId"]))
    assert not answers
