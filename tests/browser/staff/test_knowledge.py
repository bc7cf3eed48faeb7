"""The console in a browser: a wrong figure is seen while typing, the right one saved and undone; a gazette uploaded."""

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
from bot.hotline.work_orders import Role
from bot.passwords import hash_password
from bot.settings import Settings
from bot.storage import Database, add_staff, find_entry, migrate
from bot.web.app import create_app
from tests.browser.conftest import AXE, DESKTOP, STANDARD, shoot
from tests.web.library import DEPOSIT, fill
from tests.web.staff import PASSWORD

pytestmark = pytest.mark.slow
PHONE = {"width": 390, "height": 844}
POOL = """云江市人民政府关于印发云江市游泳馆管理办法的通知
云政规〔2024〕7号
各县(市、区)人民政府:
现将《云江市游泳馆管理办法》印发给你们。
云江市人民政府
2024年5月6日
云江市游泳馆管理办法
第一条 为了加强游泳馆管理,制定本办法。
第二条 成人票每次20元,儿童票每次10元。
第三条 未满12周岁的儿童应当由成人陪同。
"""


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path}/console.sqlite3")
    migrate(database)
    fill(database)
    with database.begin() as connection:
        add_staff(connection, StaffMember("", "admin", "王主任", Role.ADMINISTRATOR), hash_password(PASSWORD), now())
    return database


@pytest.fixture
async def console(
    browser: Browser, database: Database, tmp_path: Path, aiohttp_server: Any
) -> AsyncIterator[tuple[Page, str]]:
    """A page with an administrator logged in; what goes wrong on it fails the test."""
    settings = Settings(
        database_url=str(database.url), jurisdiction="yunjiang", secret_file=tmp_path / "key", files_dir=tmp_path
    )
    server: TestServer = await aiohttp_server(create_app(settings))
    address = str(server.make_url("")).rstrip("/")
    context = await browser.new_context(viewport=DESKTOP, locale="zh-CN", reduced_motion="reduce")  # type: ignore[arg-type]
    page = await context.new_page()
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)  # reading a gazette begins with starting a process
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda m: faults.append(m.text) if "Content Security Policy" in m.text else None)
    await page.goto(f"{address}/staff/login?next=/admin/knowledge")
    await page.fill("#login", "admin")
    await page.fill("#password", PASSWORD)
    await page.press("#password", "Enter")
    await expect(page.get_by_role("heading", name="知识")).to_be_visible()
    yield page, address
    assert faults == []


async def violations(page: Page) -> list[Any]:
    await page.evaluate(AXE.read_text("utf8"))
    found: list[Any] = await page.evaluate(
        "runOnly => axe.run({runOnly}).then(r => r.violations.flatMap(v => v.nodes.map(n => "
        "[v.id, n.target.flat().join(' '), n.failureSummary])))",
        STANDARD,
    )
    return found


async def looked_at(page: Page, name: str) -> None:
    """Nothing is wrong by WCAG 2.1 AA in light and dark, and nothing is cut off on a phone."""
    for scheme in ("dark", "light"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert await violations(page) == [], (name, scheme)
    await shoot(page, f"console-{name}")
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
    await shoot(page, f"console-{name}-phone")
    await page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]


async def test_an_entry_is_found_corrected_and_undone_by_keyboard(
    console: tuple[Page, str], database: Database
) -> None:
    page, _ = console
    await page.keyboard.press("/")
    await page.keyboard.type("押金")
    await expect(page.get_by_text("共 1 条")).to_be_visible()
    await looked_at(page, "list")
    await page.get_by_role("link", name=DEPOSIT.question).click()
    await expect(page.locator("#check")).to_contain_text("市民看到的")
    await page.fill("#answer", "每证押金150元。")
    await expect(page.locator("#check")).to_contain_text("“150” 不见于所引条款")
    await looked_at(page, "entry")
    await page.fill("#reason", "更正")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("alert").first).to_contain_text("“150” 不见于所引条款")
    await expect(page.locator("#answer")).to_have_value("每证押金150元。")
    await page.fill("#answer", "押金每证100元。")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("已保存为第2版")).to_be_visible()
    with database.read() as connection:
        row = find_entry(connection, DEPOSIT.id)
    assert row is not None
    assert row.entry.answer == "押金每证100元。"
    await page.get_by_role("button", name=re.compile("撤销")).click()
    await expect(page.locator("#answer")).to_have_value(DEPOSIT.answer)
    await page.get_by_role("link", name=re.compile("历次版本")).click()
    await expect(page.locator("ins").first).to_be_visible()
    await looked_at(page, "history")


async def test_a_gazette_is_uploaded_drafted_and_published(console: tuple[Page, str]) -> None:
    page, address = console
    await page.goto(f"{address}/admin/documents")
    if not await page.locator("#file").is_visible():
        await page.get_by_text("上传公报").click()
    await page.set_input_files("#file", {"name": "公报.txt", "mimeType": "text/plain", "buffer": b"%PDF-1.7"})
    await page.get_by_role("button", name="上传并查看").click()
    await expect(page.locator("#notices")).to_contain_text("PDF")
    gazette = {"name": "公报.txt", "mimeType": "text/plain", "buffer": POOL.encode("gb18030")}
    await page.set_input_files("#file", gazette)  # type: ignore[arg-type]
    await page.get_by_role("button", name="上传并查看").click()
    await expect(page.get_by_text("新文件")).to_be_visible()
    await looked_at(page, "upload")
    await page.get_by_role("button", name="导入选中的文件").click()
    await page.get_by_role("link", name="看条款、拟草稿").click()
    await page.get_by_role("button", name="为没写到的条款拟草稿").click()
    await expect(page.get_by_text("草稿不会回答市民")).to_be_visible()
    await looked_at(page, "drafts")
    await page.locator("tr", has_text="第二条").get_by_role("link").first.click()
    await page.fill("#answer", "成人票每次")
    await page.get_by_role("button", name="20元", exact=True).click()
    await expect(page.locator("#answer")).to_have_value("成人票每次20元")
    await expect(page.locator("#check")).to_contain_text("20 见 第二条")
    await looked_at(page, "draft")
    await page.get_by_role("button", name="发布").click()
    await expect(page.get_by_text("已保存为第1版")).to_be_visible()


async def test_the_directory_and_the_other_pages_are_for_everybody(console: tuple[Page, str]) -> None:
    page, address = console
    for name, path in {
        "lines": "/admin/directory", "rules": "/admin/directory?kind=routing_rule",
        "rule": "/admin/directory/routing_rule/yunjiang.noise", "documents": "/admin/documents",
        "document": "/admin/documents/yunjiang.library", "import": "/admin/knowledge/import",
    }.items():  # fmt: skip
        await page.goto(f"{address}{path}")
        await looked_at(page, name)
