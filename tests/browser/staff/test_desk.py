"""An operator's work at the desk in a real browser, with the web process alone behind it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bot.bootstrap import now
from bot.hotline.conversations import Author, Conversation, Reason, queue
from bot.hotline.staff import StaffMember
from bot.hotline.work_orders import Role
from bot.knowledge_files import read_knowledge_files
from bot.passwords import hash_password
from bot.settings import PROJECT_ROOT
from bot.storage import (
    Database,
    Saying,
    add_staff,
    change_conversation,
    list_outcomes,
    messages_after,
    migrate,
    receive_message,
    save_knowledge,
)
from tests.browser.conftest import AXE, DESKTOP, SCREENSHOTS, STANDARD
from tests.conftest import answers, free_ports, until
from tests.web.staff import PASSWORD

pytestmark = pytest.mark.slow
_CITED = {
    "kind": "answer",
    "citations": [
        {"title": "荆州市居住证制度实施细则", "document_number": "荆政规〔2017〕2号", "provision": "第九条", "status": "expired", "quote": None}
    ],
}  # fmt: skip
_WAITING = (
    ("a", Reason.ASKED, ["你好", "居住证办下来要多久", "转人工"]),
    ("b", Reason.MISSED, ["东门菜市场路口每天早上有人占道摆摊，没人管，电话13712345678"]),
    ("c", Reason.EMERGENCY, ["楼下餐馆有很重的煤气味"]),
    ("d", Reason.ANGRY, ["问了三遍了还是没说清楚，到底谁管！！"]),
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Database]]:
    """The address of a web process with the shipped knowledge, an operator and four citizens who wait."""
    folder: Path = tmp_path_factory.mktemp("desk")
    database = Database(f"sqlite:///{folder / 'hotline.sqlite3'}")
    migrate(database)
    with database.begin() as connection:
        save_knowledge(connection, read_knowledge_files(some_knowledge(folder)), by="loader", reason="test")
        for login, name in (("op1", "3号话务员"), ("op2", "5号话务员")):
            add_staff(connection, StaffMember("", login, name, Role.OPERATOR), hash_password(PASSWORD), now())
    for name, reason, words in _WAITING:
        waiting(database, name, reason, words)
    port = free_ports(1)[0]
    environment = os.environ | {
        "DATABASE_URL": str(database.url), "HOTLINE_WEB_PORT": str(port), "HOTLINE_SECRET_FILE": f"{folder}/secret.key"
    }  # fmt: skip
    web = subprocess.Popen([sys.executable, "-m", "bot.web"], cwd=PROJECT_ROOT, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        until(lambda: answers(f"{address}/staff/login"), 120)
        yield address, database
    finally:
        web.terminate()
        web.wait(20)


def some_knowledge(folder: Path) -> Path:
    """Return a folder with a part of the shipped knowledge: the index of all of it takes long to build."""
    shipped, part = PROJECT_ROOT / "data" / "knowledge", folder / "knowledge"
    (part / "jingzhou").mkdir(parents=True)
    shutil.copy(shipped / "jurisdictions.toml", part)
    for name in ("departments", "hotlines", "routing", "residence_permit", "hotline_integration"):
        shutil.copy(shipped / "jingzhou" / f"{name}.toml", part / "jingzhou")
    return part


def waiting(database: Database, name: str, reason: Reason, words: list[str]) -> None:
    """Put a citizen into the queue."""
    key = f"web-{name}"
    with database.begin() as connection:
        new = Conversation(key, "web", key, "jingzhou", now(), now())
        for number, text in enumerate(words):
            cited = [Saying(Author.BOT, "受理之日起15日内制发。", custom=_CITED)] if "居住证" in text else []
            receive_message(connection, new, text, now(), id=f"{name}-message-{number}", answers=cited)
        change_conversation(connection, key, lambda c: queue(c, reason, now()), now())


@pytest.fixture
async def page(browser: Browser, desk: tuple[str, Database]) -> AsyncIterator[Page]:
    """The desk of the operator op1, in a window whose faults fail the test."""
    context = await browser.new_context(viewport=DESKTOP, locale="zh-CN", reduced_motion="reduce")  # type: ignore[arg-type]
    opened = await context.new_page()
    opened.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)
    faults: list[str] = []
    opened.on("console", lambda m: faults.append(m.text) if m.type in {"error", "warning"} else None)
    opened.on("pageerror", lambda error: faults.append(str(error.stack)[:1500]))
    await opened.goto(f"{desk[0]}/staff/login?next=/desk")
    await opened.fill("[name=login]", "op1")
    await opened.fill("[name=password]", PASSWORD)
    await opened.press("[name=password]", "Enter")
    await expect(opened.locator("body")).to_have_attribute("data-connected", "yes")
    yield opened
    assert not faults, "\n".join(faults)


async def shoot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")


async def violations(page: Page) -> list[str]:
    """Return what axe-core finds wrong by WCAG 2.1 AA, and load the page anew: axe leaves traces in it."""
    await page.evaluate(AXE.read_text("utf8"))
    found: list[str] = await page.evaluate(
        "runOnly => axe.run({runOnly}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ' ' + n.target)))",
        STANDARD,
    )
    await page.reload()
    await expect(page.locator("body")).to_have_attribute("data-connected", "yes")
    return found


async def test_an_operator_works_by_keyboard_from_the_queue_to_the_work_order(
    page: Page, desk: tuple[str, Database]
) -> None:
    database = desk[1]
    await shoot(page, "desk-queue")
    assert await violations(page) == []
    await page.keyboard.press("n")  # danger first
    await expect(page.locator("[data-stance=mine]")).to_have_attribute("data-conversation", "web-c")
    await expect(page.locator("#reply")).to_be_focused()
    await page.keyboard.press("Alt+c")
    await page.locator("#close-talk button[type=submit]").click()
    await expect(page.locator(".stance")).to_contain_text("已结束")
    await page.keyboard.press("n")
    await expect(page.locator("[data-stance=mine]")).to_have_attribute("data-conversation", "web-a")
    await expect(page.locator("#suggestions .offer").first).to_be_visible(timeout=240_000)  # the index is being built
    await expect(page.locator("#suggestions .offer").first).to_contain_text("居住证")
    await page.keyboard.press("Alt+1")
    await expect(page.locator("#reply")).to_have_value(re.compile("荆政规"))
    await shoot(page, "desk-conversation")
    await page.keyboard.press("Enter")
    await expect(page.locator(".said-operator")).to_be_visible()
    await expect(page.locator("#reply")).to_have_value("")
    with database.read() as connection:
        assert [o.outcome.value for _, o in list_outcomes(connection)] == ["adopted"]
    receive(database, "web-a", "谢谢，还要带什么材料")
    await expect(page.locator("#transcript")).to_contain_text("还要带什么材料")
    await expect(page.locator("#suggestions .offer").first).to_contain_text("材料")
    await page.fill("#search", "居住证 签注")
    await expect(page.locator("#results .offer").first).to_contain_text("签注")
    await shoot(page, "desk-search")
    assert await violations(page) == []


def receive(database: Database, key: str, text: str) -> None:
    with database.begin() as connection:
        new = Conversation(key, "web", key, "jingzhou", now(), now())
        receive_message(connection, new, text, now(), id=f"more-{text}", answers=[])


async def test_a_complaint_becomes_a_work_order_with_its_fields_filled_in(
    page: Page, desk: tuple[str, Database]
) -> None:
    row = page.locator("[data-row=web-b]")
    await row.locator("button").click()
    await expect(page.locator("[data-stance=mine]")).to_have_attribute("data-conversation", "web-b")
    await expect(page.locator(".routes")).to_contain_text("城市管理", timeout=240_000)
    await page.keyboard.press("Alt+w")
    await expect(page.locator("#order [name=what]")).to_have_value(re.compile("占道摆摊"))
    await expect(page.locator("#order [name=phone]")).to_have_value("13712345678")
    await shoot(page, "desk-order")
    assert await violations(page) == []
    await page.locator("[data-modal=order]").first.click()
    await expect(page.locator("#order [name=phone]")).to_have_value("13712345678")
    await page.locator("#order button[type=submit]").click()
    await expect(page.locator(".said-system").last).to_contain_text("JZ")
    with desk[1].read() as connection:
        assert "工单编号" in messages_after(connection, "web-b")[-1].text


async def test_phone_intake_helps_while_the_caller_talks(page: Page, desk: tuple[str, Database]) -> None:
    await page.goto(f"{desk[0]}/desk/intake")
    await page.locator("[name=what]").press_sequentially("居住证丢了怎么补", delay=20)
    await expect(page.locator("#suggestions .offer").first).to_contain_text("居住证", timeout=240_000)
    await page.keyboard.press("Alt+1")
    await expect(page.locator("#reply")).not_to_have_value("")
    await shoot(page, "desk-intake")
    await page.keyboard.press("Alt+c")
    await expect(page.locator(".alert-success")).to_contain_text("已答复")
    assert await violations(page) == []
