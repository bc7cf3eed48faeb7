"""Inbox and training pages in a browser: by keyboard, in both sizes and both schemes, readable for everybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from bot.bootstrap import now
from bot.hotline.learning import VersionState
from bot.hotline.ledger import LedgerRow
from bot.hotline.staff import StaffMember
from bot.hotline.work_orders import Role
from bot.knowledge_files import read_knowledge_files
from bot.learning.releases import register
from bot.model_files import read_pointer, training_digest
from bot.passwords import hash_password
from bot.settings import PROJECT_ROOT, Settings
from bot.storage import (
    Database,
    add_staff,
    add_version,
    migrate,
    note_version,
    save_knowledge,
    standing_labels,
    write_ledger,
)
from tests.browser.conftest import AXE, shoot
from tests.conftest import Place, answers, new_place
from tests.conftest import until as wait_until
from tests.learning.conftest import write_model
from tests.web.test_training import FIGURES

pytestmark = pytest.mark.slow
_PASSWORD = "云江的水很清很清亮"
_WIDE, _NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
_RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
_MISSED = (
    ("暂住小本本多少天能拿到手", "unsupported", 3), ("暂住小本本多少天拿到手呀", "unsupported", 1),
    ("夜里装修电钻响到一点", "handoff", 2), ("办驾照要多少钱", "clarify", 1), ("月球旅游团在哪报名", "unsupported", 1),
)  # fmt: skip


def _fill(settings: Settings) -> Database:
    """Make a database with missed messages, a model that serves and one that may be released."""
    database = Database(settings.database_url)
    migrate(database)
    with database.begin() as connection:
        save_knowledge(connection, read_knowledge_files(settings.knowledge_dir), by="loader", reason="start")
        admin = StaffMember("", "admin", "管理员", Role.ADMINISTRATOR)
        add_staff(connection, admin, hash_password(_PASSWORD), now())
        for number, (text, kind, times) in enumerate(_MISSED):
            for turn in range(times):
                write_ledger(
                    connection,
                    LedgerRow(
                        f"{number}-{turn}", now() - dt.timedelta(hours=number + 1, minutes=turn), "jingzhou", f"c{number}",
                        text, kind, "抱歉，我这里暂时没有收录荆州市这方面的资料，不能乱答。", confidence=0.3,
                        intent="report_problem" if kind == "handoff" else "ask_time_limit",
                        intent_scores={"report_problem" if kind == "handoff" else "ask_time_limit": 0.8},
                    ),
                )  # fmt: skip
    first = register(database, settings, write_model(settings.models_dir / "one.tar.gz"), "首次启动", "b", now())
    files = write_model(settings.models_dir / "two.tar.gz")
    with database.begin() as connection:
        note_version(connection, first.id, figures=FIGURES | {"measures": {"passed": 0.7, "wrong": 0.12}})
        add_version(
            connection, None, now(), origin="console", seed=20170717, base=training_digest(PROJECT_ROOT), note="小本子的问法",
            state=VersionState.READY, model="two.tar.gz", files=files.digests(), figures=FIGURES | {"against": first.id},
            labels=4, log="05:00:00 训练意图识别、答案排序和派单……",
        )  # fmt: skip
    return database


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Database]]:
    """The web process alone, with a database that has something to show."""
    folder = tmp_path_factory.mktemp("console")
    place: Place = new_place(folder)
    (folder / "models").mkdir()
    place.environment["HOTLINE_MODELS_DIR"] = str(folder / "models")
    database = _fill(Settings.from_environment(place.environment))
    process = place.start("bot.web")
    try:
        wait_until(lambda: answers(f"{place.web}/staff/login"), 120, str(place.log))
        yield place, database
    finally:
        place.kill_all()
        process.wait(10)


async def opened(browser: Browser, place: Place, size: Any = _WIDE, scheme: Any = "light") -> Page:
    """Return a window in which an administrator is logged in."""
    context = await browser.new_context(viewport=size, color_scheme=scheme, locale="zh-CN", reduced_motion="reduce")
    page = await context.new_page()
    page.set_default_timeout(120_000)
    await page.goto(f"{place.web}/staff/login")
    await page.fill("[name=login]", "admin")
    await page.fill("[name=password]", _PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.wait_for_url("**/admin*")
    return page


def serving(place: Place) -> int:
    """Return the version that every process takes."""
    pointer = read_pointer(Path(place.environment["HOTLINE_RELEASE_FILE"]))
    assert pointer
    return pointer.version


async def faults_of(page: Page) -> list[str]:
    """Return what axe-core finds by WCAG 2.1 AA, and whether the page is wider than its window."""
    await page.evaluate(AXE.read_text("utf8"))
    found = await page.evaluate(
        "runOnly => axe.run({runOnly}).then(r => r.violations.flatMap(v => v.nodes.map(n => `${v.id} ${n.html}`)))",
        _RULES,
    )
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
    return [*map(str, found), *(["wider than the window"] if wide else [])]


async def test_messages_are_decided_by_keyboard_alone(browser: Browser, console: tuple[Place, Database]) -> None:
    place, database = console
    page = await opened(browser, place)
    await page.goto(f"{place.web}/admin/inbox")
    await page.locator(".inbox-choices button").first.wait_for()
    await shoot(page, "inbox")
    await page.keyboard.press("j")
    await page.wait_for_url("**group=*")
    await page.keyboard.press("k")
    await page.locator("h2", has_text="没有答上").wait_for()
    await page.locator(".inbox-choices button").first.wait_for()
    await page.keyboard.press("1")
    await page.wait_for_url("**done=*")
    await page.locator(".inbox-done", has_text="已把").wait_for()
    await page.keyboard.press("u")
    await page.locator(".inbox-done", has_text="已撤销").wait_for()
    with database.read() as connection:
        assert standing_labels(connection) == []
    await page.keyboard.press("/")
    await page.keyboard.type("居住证多久")
    await page.locator(".inbox-found button").first.wait_for()
    await page.keyboard.press("Escape")
    await page.keyboard.press("x")
    await page.locator(".inbox-done", has_text="不处理").wait_for()
    with database.read() as connection:
        assert standing_labels(connection)


@pytest.mark.parametrize(("size", "scheme"), [(_WIDE, "light"), (_WIDE, "dark"), (_NARROW, "light")])
async def test_every_page_is_readable(
    browser: Browser, console: tuple[Place, Database], size: Any, scheme: str
) -> None:
    place, _ = console
    page = await opened(browser, place, size, scheme)
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    for path in ("inbox", "inbox/decided", "training", "training/2", "training/golden", "training/labels"):
        await page.goto(f"{place.web}/admin/{path}")
        await page.wait_for_timeout(300)
        faults += [f"{path}: {fault}" for fault in await faults_of(page)]
        await shoot(page, f"{path.replace('/', '-')}-{size['width']}-{scheme}")
    assert faults == []


async def test_a_release_and_a_roll_back_in_the_browser(browser: Browser, console: tuple[Place, Database]) -> None:
    place, _ = console
    page = await opened(browser, place)
    await page.goto(f"{place.web}/admin/training/2")
    await page.fill("#reason", "学会了新的问法")
    await page.click("text=发布第 2 版")
    await page.locator(".tag", has_text="正在使用").wait_for()
    assert serving(place) == 2
    await page.goto(f"{place.web}/admin/training")
    await page.click("text=回退到第 1 版")
    await page.click("dialog[open] >> text=取消")
    assert serving(place) == 2
    await page.click("text=回退到第 1 版")
    await page.click("dialog[open] button.btn-primary")
    await page.locator("td", has_text="回退到第 1 版").wait_for()
    assert serving(place) == 1
