"""Work orders, report and overview in Chromium: a handler and a supervisor at work, checked by axe, with screenshots."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect

from bot.bootstrap import now
from bot.hotline.staff import StaffMember
from bot.hotline.work_orders import Role, State
from bot.knowledge_files import read_knowledge_files
from bot.passwords import hash_password
from bot.settings import PROJECT_ROOT, Settings
from bot.storage import Database, OrderFilter, add_staff, find_orders, migrate, save_knowledge
from bot.web.app import create_app
from tests.browser.conftest import AXE, DESKTOP, STANDARD, shoot
from tests.browser.staff.sample import fill
from tests.web.staff import PASSWORD

pytestmark = pytest.mark.slow
NARROW = {"width": 390, "height": 844}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path}/staff.sqlite3")
    migrate(database)
    files = read_knowledge_files(PROJECT_ROOT / "data" / "knowledge")
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="start")
        for role in (Role.SUPERVISOR, Role.HANDLER):
            own = files.routing_rules[0].department if role is Role.HANDLER else None
            member = StaffMember(
                "", role.value.replace("_", "-"), "王班长" if own is None else "李科长", role, department=own
            )
            add_staff(connection, member, hash_password(PASSWORD), now())
    fill(database, files)
    return database


@pytest.fixture
async def site(database: Database, tmp_path: Path) -> AsyncIterator[str]:
    """The address of the web process, without Rasa behind it; where a model is trained, it suggests departments."""
    own = {"database_url": str(database.url), "secret_file": tmp_path / "key"}
    server = TestServer(create_app(Settings(**vars(Settings.from_environment()) | own)))
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


async def log_in(browser: Browser, site: str, role: Role, faults: list[str], **more: Any) -> Page:
    context = await browser.new_context(viewport=DESKTOP, locale="zh-CN", reduced_motion="reduce", **more)
    page = await context.new_page()
    page.on("console", lambda m: faults.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    await page.goto(f"{site}/staff/login?next=/desk/orders")
    await page.get_by_label("登录名").fill(role.value.replace("_", "-"))
    await page.get_by_label("密码").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{site}/desk/orders")
    return page


async def check(page: Page, name: str) -> None:
    """Axe finds nothing by WCAG 2.1 AA, nothing sticks out on a narrow screen, and what is seen is kept."""
    await page.evaluate(AXE.read_text("utf8"))
    found = await page.evaluate(
        "runOnly => axe.run({runOnly}).then(r => r.violations.flatMap(v => v.nodes.map(n => [v.id, n.target.flat().join(' '), n.failureSummary])))",
        STANDARD,
    )
    assert found == [], name
    await shoot(page, name)
    await page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    wide = await page.evaluate("document.documentElement.scrollWidth")
    await shoot(page, f"{name}-narrow")
    await page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    assert wide <= NARROW["width"], name


async def test_a_supervisor_works_with_the_keyboard(browser: Browser, site: str, database: Database) -> None:
    faults: list[str] = []
    page = await log_in(browser, site, Role.SUPERVISOR, faults)
    await page.goto(f"{site}/desk/orders")
    await check(page, "orders-list")
    await page.keyboard.press("Alt+3")
    await page.wait_for_url(re.compile("lamp=red"))
    with database.read() as connection:
        waiting = find_orders(connection, OrderFilter(states=[State.ACCEPTED]), limit=1)[0]
    await page.goto(f"{site}/desk/orders/{waiting.number}")
    await check(page, "orders-order")
    await page.keyboard.press("d")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(page.get_by_label(re.compile("其他单位"))).to_be_visible(timeout=60_000)  # the model is read first
    await check(page, "orders-dispatch")
    await page.get_by_label(re.compile("其他单位")).check()
    await page.get_by_role("dialog").get_by_label("承办单位", exact=True).select_option(index=1)
    await page.get_by_role("dialog").get_by_role("button", name="派单", exact=True).click()
    await expect(page.locator(".timeline li").first).to_contain_text("派单")
    await page.get_by_label("用途").select_option("回访满意度")
    await page.get_by_role("button", name="查看联系方式").click()
    await expect(page.locator("#callers")).to_contain_text("13812345678")
    for path, name in (("/desk/reports?period=" + str(now().year), "orders-report"), ("/admin?days=7", "overview")):
        await page.goto(f"{site}{path}")
        await expect(page.locator(".chart canvas").first).to_be_visible()
        await check(page, name)
    await page.get_by_role("link", name=re.compile("未答上")).click()
    await page.wait_for_url(re.compile("group=missed"))
    await check(page, "overview-conversations")
    await page.locator("tbody a").first.click()
    await expect(page.get_by_role("region", name="会话记录")).to_contain_text("市民")
    assert faults == []


async def test_in_the_dark_it_is_readable_too(browser: Browser, site: str, database: Database) -> None:
    faults: list[str] = []
    page = await log_in(browser, site, Role.HANDLER, faults, color_scheme="dark")
    await expect(page).to_have_url(re.compile("/desk/orders"))
    await check(page, "orders-handler-dark")
    await page.goto(f"{site}/desk/reports?period={now().year}")
    await check(page, "orders-report-dark")
    assert faults == []
