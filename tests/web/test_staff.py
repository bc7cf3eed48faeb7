"""Logging in, and that every address of desk and console is closed to whoever may not call it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from bot.bootstrap import now
from bot.hotline.staff import PERMISSIONS, STAFF_ROLES, Permission, StaffInvalid, StaffMember, check_password
from bot.hotline.work_orders import Role
from bot.passwords import hash_password, is_password
from bot.storage import Database, add_staff, list_deeds
from bot.storage.tables import staff as t
from bot.web.staff.access import PREFIXES
from bot.web.staff.sessions import COOKIE
from tests.web.staff import quick_hash

PASSWORD = "correct horse battery"
_SAFE = {"GET", "HEAD"}


def member(database: Database, role: Role = Role.ADMINISTRATOR, login: str = "wang", **more: Any) -> StaffMember:
    with database.begin() as connection:
        return add_staff(connection, StaffMember("", login, "小王", role, **more), quick_hash(PASSWORD), now())


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', page) or re.search(
        r'"X-CSRF-Token": "([^"]+)"', page
    )
    assert found, page[:500]
    return found[1]


async def log_in(client: TestClient, login: str = "wang", password: str = PASSWORD, **more: str) -> Any:
    page = await (await client.get("/staff/login")).text()
    given = {"login": login, "password": password, "csrf_token": token(page), **more}
    return await client.post("/staff/login", data=given, allow_redirects=False)


def address(resource: Any) -> str:
    """Return an address that ``resource`` takes."""
    pattern = resource.get_info().get("pattern")
    values = ("1", "csv", "routing_rule", "hotline", "department")
    paths = [re.sub(r"\{[^}]*\}", value, resource.canonical) for value in values]
    return next(path for path in paths if pattern is None or pattern.fullmatch(path))


def staff_routes(client: TestClient) -> list[tuple[str, str, Any]]:
    """Every method and address under the guarded prefixes, with its handler."""
    app = client.server.app  # type: ignore[union-attr]
    return [
        (route.method, address(route.resource), route.handler)
        for route in app.router.routes()
        if route.resource and route.resource.canonical.startswith(PREFIXES) and route.method != "HEAD"
    ]


async def test_who_knows_the_password_gets_in_and_out_again(client: TestClient, database: Database) -> None:
    member(database)
    answer = await log_in(client)
    assert (answer.status, answer.headers["Location"]) == (303, "/admin")
    cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in cookie
    page = await (await client.get("/staff/password")).text()
    assert "小王" in page
    assert (await client.post("/staff/logout", data={"csrf_token": token(page)}, allow_redirects=False)).status == 303
    assert (await client.get("/staff/password", allow_redirects=False)).headers["Location"].startswith("/staff/login")


async def test_a_login_takes_another_cookie_and_the_one_before_opens_nothing(
    client: TestClient, database: Database
) -> None:
    member(database)
    await client.get("/staff/login")
    before = client.session.cookie_jar.filter_cookies(client.make_url("/"))[COOKIE].value
    await log_in(client)
    after = client.session.cookie_jar.filter_cookies(client.make_url("/"))[COOKIE].value
    assert before != after
    client.session.cookie_jar.update_cookies({COOKIE: before})
    assert (await client.get("/staff/password", allow_redirects=False)).status == 303


@pytest.mark.parametrize(
    ("login", "password"), [("wang", "wrong password"), ("nobody", PASSWORD), ("", ""), ("w'--", "x")]
)
async def test_a_wrong_password_and_a_wrong_name_look_the_same(
    client: TestClient, database: Database, login: str, password: str
) -> None:
    member(database)
    answer = await log_in(client, login, password)
    page = await answer.text()
    assert answer.status in (400, 403)
    assert "小王" not in page
    assert ("登录名或密码不对。" in page) == bool(login and password)


async def test_five_wrong_passwords_lock_the_account_and_are_recorded(client: TestClient, database: Database) -> None:
    member(database)
    for _ in range(5):
        answer = await log_in(client, password="wrong password")
    assert "锁定" in await answer.text()
    assert "锁定" in await (await log_in(client)).text()
    with database.read() as connection:
        deeds = [deed.deed for deed in list_deeds(connection)]
    assert deeds.count("登录失败") == 5
    assert "账号锁定" in deeds


async def test_a_new_account_has_to_choose_its_own_password_first(client: TestClient, database: Database) -> None:
    member(database, must_change_password=True)
    await log_in(client)
    answer = await client.get("/admin/staff", allow_redirects=False)
    assert answer.headers["Location"] == "/staff/password"
    page = await (await client.get("/staff/password")).text()
    given = {"old": PASSWORD, "new": "another long phrase", "again": "another long phrase", "csrf_token": token(page)}
    assert (await client.post("/staff/password", data=given, allow_redirects=False)).headers["Location"] == "/admin"
    assert (await client.get("/admin/staff")).status == 200


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"old": "wrong"}, "现在的密码不对"),
        ({"again": "x"}, "不一样"),
        ({"new": "short", "again": "short"}, "至少10个"),
    ],
)
async def test_a_password_is_changed_only_for_a_good_one(
    client: TestClient, database: Database, changed: dict[str, str], said: str
) -> None:
    member(database)
    await log_in(client)
    page = await (await client.get("/staff/password")).text()
    given = {"old": PASSWORD, "new": "another long phrase", "again": "another long phrase", "csrf_token": token(page)}
    answer = await client.post("/staff/password", data=given | changed)
    assert answer.status == 400
    assert said in await answer.text()


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/desk//evil", "/\\evil", "javascript:x", "/chat"]
)
async def test_a_login_never_leads_to_another_site(client: TestClient, database: Database, target: str) -> None:
    member(database)
    assert (await log_in(client, next=target)).headers["Location"] == "/admin"


async def test_no_address_of_the_staff_opens_without_a_login(client: TestClient, database: Database) -> None:
    for method, path, handler in staff_routes(client):
        answer = await client.request(method, path, allow_redirects=False)
        if getattr(handler, "__permissions__", ()) is None:
            assert answer.status in (200, 403), (method, path)
        elif method in _SAFE:
            location = answer.headers.get("Location", "")
            assert answer.status == 401 or (answer.status == 303 and location.startswith("/staff/login")), (
                method,
                path,
            )
        else:
            assert answer.status in (401, 403), (method, path)


async def test_every_handler_says_what_it_needs(client: TestClient) -> None:
    for method, path, handler in staff_routes(client):
        assert hasattr(handler, "__permissions__"), (method, path)


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_no_role_opens_what_the_table_does_not_give_it(
    client: TestClient, database: Database, role: Role
) -> None:
    department = None
    if role is Role.HANDLER:
        with database.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO departments (id, jurisdiction, name, changed_at, changed_by, origin) "
                "VALUES ('yunjiang.city', 'yunjiang', '城管局', '2026-01-01', 'x', 'files')"
            )
        department = "yunjiang.city"
    member(database, role, department=department)
    await log_in(client)
    page = await (await client.get("/staff/password")).text()
    forged, right = {"X-CSRF-Token": "2099##00"}, {"X-CSRF-Token": token(page)}
    for method, path, handler in staff_routes(client):
        needed = handler.__permissions__
        if not needed or any(role in PERMISSIONS[p] for p in needed):
            if method not in _SAFE and path != "/staff/logout":
                assert (await client.request(method, path, headers=forged)).status == 403, (method, path)
            continue
        answer = await client.request(method, path, headers=right, allow_redirects=False)
        assert answer.status == 403, (role, method, path)
        assert "没有权限" in (await answer.json())["error"]


async def test_nothing_is_changed_by_another_sites_page(client: TestClient, database: Database) -> None:
    member(database)
    await log_in(client)
    page = await (await client.get("/staff/password")).text()
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await client.post("/staff/logout", data={"csrf_token": token(page)}, headers=headers)
        assert answer.status == 403, headers
    assert (await client.get("/staff/password", allow_redirects=False)).status == 200


async def test_a_disabled_account_is_out_at_once(client: TestClient, database: Database) -> None:
    member(database)
    await log_in(client)
    with database.begin() as connection:
        connection.execute(t.staff.update().values(disabled=True))
    assert (await client.get("/admin/staff", allow_redirects=False)).status == 303
    assert (await log_in(client)).status == 403


async def test_an_administrator_makes_changes_and_switches_off_accounts(client: TestClient, database: Database) -> None:
    member(database)
    await log_in(client)
    headers = {"X-CSRF-Token": token(await (await client.get("/admin/staff/new")).text())}
    given = {
        "login": "op2",
        "name": "<script>alert(1)</script>",
        "role": "operator",
        "jurisdiction": "yunjiang",
        "department": "",
    }
    made = await client.post("/admin/staff/new", data=given, headers=headers)
    page = await made.text()
    assert made.status == 200
    assert re.search(r'data-testid="password">[\w-]{16}<', page)
    assert "<script>alert" not in page
    listed = await (await client.get("/admin/staff")).text()
    assert "<script>alert" not in listed
    assert "&lt;script&gt;" in listed
    found = re.findall(r'href="/admin/staff/([0-9a-f]{32})" aria-label="修改 op2"', listed)[0]
    off = given | {"disabled": "y", "version": "1"}
    assert (await client.post(f"/admin/staff/{found}", data=off, headers=headers, allow_redirects=False)).status == 303
    again = await client.post(f"/admin/staff/{found}", data=off, headers=headers)
    assert "刚刚有人改过" in await again.text()
    assert "已停用" in await (await client.get("/admin/staff")).text()
    assert (await client.post(f"/admin/staff/{'0' * 32}", data=off, headers=headers)).status == 404
    audit = await (await client.get("/admin/audit?deed=账号")).text()
    assert "新建账号" in audit
    assert "修改账号" in audit


async def test_a_page_that_is_not_there_is_said_as_a_page_to_people(client: TestClient, database: Database) -> None:
    member(database)
    await log_in(client)
    answer = await client.get(f"/admin/staff/{'0' * 32}", headers={"Accept": "text/html"})
    assert answer.status == 404
    assert "没有这个账号" in await answer.text()
    assert answer.content_type == "text/html"


def test_passwords_are_kept_as_slow_hashes() -> None:
    hashed = hash_password(PASSWORD)
    assert hashed.startswith("$argon2id$")
    assert is_password(PASSWORD, hashed)
    assert not is_password("other", hashed)
    assert not is_password(PASSWORD, None)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "wangwang12345", "x" * 300])
def test_passwords_that_are_easily_guessed_are_refused(password: str) -> None:
    with pytest.raises(StaffInvalid):
        check_password(password, "wang")


def test_every_permission_has_somebody() -> None:
    assert set(PERMISSIONS) == set(Permission)
    assert all(PERMISSIONS.values())
