"""A citizen's journeys on our own page in a real browser, with everything running behind it."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Locator, Page, expect

from bot.hotline import conversations as talk
from bot.hotline.conversations import Author, Conversation
from bot.hotline.work_orders import Actor, Move, Role
from bot.storage import (
    Database,
    Saying,
    change_conversation,
    find_orders,
    load_knowledge,
    move_order,
    note_presence,
    queued_conversations,
    say,
)
from tests.browser.conftest import DESKTOP, PHONE, ask, shoot, until, violations
from tests.conftest import System, send

pytestmark = pytest.mark.slow
OpenPage = Callable[..., Any]

SUPERVISION = "督查事项要多久办结？"
VAGUE = ("督查", "居住证", "热线", "公司", "合同", "经费")  # at least one of them is asked back
CUT = ("WebSocket", "ERR_INTERNET_DISCONNECTED", "Failed to load resource")


class Colleague:
    """An operator at the desk, acting through the database as another process would."""

    def __init__(self, system: System) -> None:
        self.database = Database(f"sqlite:///{system.database}")
        self._away = threading.Event()
        self.be_there()
        threading.Thread(target=self._stay, daemon=True).start()

    def be_there(self, taking: bool = True) -> None:
        with self.database.begin() as connection:
            note_presence(connection, "operator-08", "08号话务员", taking, _now())

    def go(self) -> None:
        self._away.set()
        self.be_there(taking=False)

    def waiting(self) -> list[Conversation]:
        with self.database.read() as connection:
            return queued_conversations(connection)

    def take(self, conversation: str) -> None:
        with self.database.begin() as connection:
            change_conversation(connection, conversation, lambda c: talk.take(c, "operator-08", "08号话务员"), _now())

    def say(self, conversation: str, text: str) -> None:
        with self.database.begin() as connection:
            say(connection, conversation, Saying(Author.OPERATOR, text, name="08号话务员"), _now())

    def close(self, conversation: str) -> None:
        with self.database.begin() as connection:
            change_conversation(
                connection, conversation, lambda c: talk.close(c, "operator-08", "已解答", _now()), _now()
            )
            say(connection, conversation, Saying(Author.SYSTEM, talk.ENDED), _now())

    def _stay(self) -> None:
        while not self._away.wait(10):
            self.be_there()


@pytest.fixture
def colleague(system: System) -> Iterator[Colleague]:
    """An operator who takes conversations while the test runs."""
    there = Colleague(system)
    yield there
    there.go()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


async def last_answer(page: Page, count: int) -> Locator:
    """Wait for the ``count``-th answer and return it."""
    await expect(page.locator(".answer")).to_have_count(count)
    return page.locator(".answer").nth(count - 1)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_asking_following_up_reading_the_source_and_going_to_a_person(
    open_page: OpenPage, colleague: Colleague, size: dict[str, int]
) -> None:
    page: Page = await open_page(size)
    await expect(page).to_have_title("荆州市 12345 智能助手")
    await shoot(page, f"page-welcome-{size['width']}")
    answer = await ask(page, "居住证多久能办好")
    await expect(answer.locator(".caution")).to_contain_text("届满")
    answer = await ask(page, "那要交钱吗")
    await expect(answer).to_contain_text("居住证")
    await answer.locator("details.sources summary").click()
    await expect(answer.locator(".document").first).to_have_text("《荆州市居住证制度实施细则》")
    await shoot(page, f"page-source-{size['width']}")
    await answer.get_by_role("button", name="没帮助").click()
    await answer.get_by_label("看不懂").check()
    await answer.get_by_role("button", name="提交").click()
    await expect(answer.locator(".thanks")).to_be_visible()

    await page.locator(".person").click()
    await expect(page.locator(".notice.queue")).to_contain_text("第 1 位")
    await until(lambda: len(colleague.waiting()) == 1)
    conversation = colleague.waiting()[0].id
    await asyncio.to_thread(colleague.take, conversation)
    await expect(page.locator(".presence")).to_have_text("08号话务员 正在为您服务")
    await page.fill("#message", "补办要收多少钱？")
    await page.press("#message", "Enter")
    await expect(page.locator(".mine").last).to_contain_text("补办要收多少钱")
    await asyncio.to_thread(colleague.say, conversation, "补领收工本费，请带身份证。")
    await expect(page.locator(".answer.operator").last).to_contain_text("工本费")
    await shoot(page, f"page-operator-{size['width']}")
    await asyncio.to_thread(colleague.close, conversation)
    await page.get_by_label("非常满意").check()
    await page.get_by_role("button", name="提交").click()
    await expect(page.locator(".rating.thanks")).to_be_visible()
    await page.reload()
    await expect(page.locator(".answer.operator").last).to_contain_text("工本费")
    await expect(page.locator(".mine").last).to_contain_text("补办要收多少钱")


async def test_with_nobody_at_the_desk_the_citizen_is_told_so_and_the_bot_goes_on(open_page: OpenPage) -> None:
    page: Page = await open_page()
    await page.locator(".person").click()
    await expect(page.locator(".log, #log")).to_contain_text("现在没有话务员在线")
    await expect(await ask(page, SUPERVISION)).to_contain_text("30个工作日")


async def test_a_work_order_is_filed_with_a_photo_asked_for_and_news_of_it_come(
    open_page: OpenPage, system: System
) -> None:
    page: Page = await open_page()
    await page.locator(".report").click()
    await page.get_by_label("什么事").fill("小区门口的路灯坏了三盏，晚上看不见路")
    await page.get_by_label("在哪里").fill("沙市区北京路百货大楼门口")
    await page.get_by_label("什么时候").fill("三天前")
    await page.get_by_label("联系电话").fill("13800001111")
    await page.set_input_files("#order-photos", [{"name": "路灯.png", "mimeType": "image/png", "buffer": _photo()}])
    await page.get_by_role("button", name="开始登记").click()
    await expect(page.locator(".answer").last).to_contain_text("照片或文件：1个", timeout=30_000)
    confirm = page.get_by_role("button", name="确认提交")
    await expect(confirm.last).to_be_visible(timeout=30_000)
    await shoot(page, "page-order-summary")
    await confirm.last.click()
    last = page.locator(".answer").last
    await expect(last).to_contain_text("工单")
    await expect(last).to_contain_text("编号")
    await shoot(page, "page-order-filed")
    state = await ask(page, "我的工单办得怎么样了")
    await expect(state).to_contain_text("受理")
    await asyncio.to_thread(_dispatch, Database(f"sqlite:///{system.database}"))
    await expect(page.locator("#log, .log")).to_contain_text("已派给")  # told by itself


def _photo() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (320, 240), "orange").save(made, "PNG")
    return made.getvalue()


def _dispatch(database: Database) -> None:
    with database.begin() as connection:
        order = find_orders(connection, limit=1)[0]
        department = order.department or next(iter(load_knowledge(connection).departments))
        move_order(
            connection, order.id, Move.DISPATCH, Actor("operator-08", Role.OPERATOR), _now(), department=department
        )


async def test_the_elder_version_by_keyboard_alone(open_page: OpenPage) -> None:
    page: Page = await open_page()
    await expect(page.locator("#message")).to_be_focused()
    for _ in range(40):
        await page.keyboard.press("Shift+Tab")
        if await page.locator(".elder-switch").evaluate("e => e.getRootNode().activeElement === e"):
            break
    await page.keyboard.press("Enter")
    await expect(page.locator(".elder-switch")).to_have_attribute("aria-pressed", "true")
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.locator("#message").evaluate("e => e.getRootNode().activeElement === e"):
            break
    await page.keyboard.type(SUPERVISION)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")
    await expect(await last_answer(page, 1)).to_contain_text("30个工作日")
    size = await page.locator(".answer .words p").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert size >= 22
    await shoot(page, "page-elder")


async def test_offline_and_back_nothing_is_lost_or_doubled(open_page: OpenPage) -> None:
    page: Page = await open_page(expected=CUT)
    await ask(page, "你好")
    await page.context.set_offline(True)
    await expect(page.locator(".notice.offline")).to_be_visible(timeout=15_000)
    await page.fill("#message", SUPERVISION)
    await page.press("#message", "Enter")
    await expect(page.locator(".mine.pending")).to_have_count(1)
    await page.context.set_offline(False)
    await expect(await last_answer(page, 2)).to_contain_text("30个工作日")
    await expect(page.locator(".mine")).to_have_count(2)


async def test_a_reload_keeps_the_conversation_and_deleting_forgets_it(open_page: OpenPage) -> None:
    page: Page = await open_page()
    await ask(page, "居住证丢了怎么补")
    await page.reload()
    await expect(page.locator(".mine")).to_have_count(1)
    await expect(await ask(page, "那要交钱吗")).to_contain_text("居住证")
    await page.locator(".menu-switch").click()
    await page.get_by_role("menuitem", name="删除").or_(page.get_by_role("button", name="删除")).first.click()
    await page.get_by_role("button", name="删除").last.click()
    await expect(page.locator(".mine")).to_have_count(0)
    await page.reload()
    await expect(page.locator(".mine")).to_have_count(0)


async def test_danger_is_called_with_one_tap(open_page: OpenPage) -> None:
    page: Page = await open_page(PHONE)
    danger = await ask(page, "我家着火了快来人")
    call = danger.get_by_role("link", name="拨打 119")
    await expect(call).to_have_attribute("href", "tel:119")
    await expect(call).to_be_in_viewport()
    await shoot(page, "page-emergency")


async def test_an_offered_question_is_picked_with_its_button(open_page: OpenPage) -> None:
    page: Page = await open_page()
    for vague in VAGUE:
        choices = (await ask(page, vague)).locator(".offers button")
        if await choices.count():
            break
    title = (await choices.first.inner_text()).splitlines()[0].rpartition("】")[2]
    before = await page.locator(".answer").count()
    await choices.first.click()
    await expect(page.locator(".mine").last).to_contain_text(title)
    await last_answer(page, before + 1)


async def test_the_place_in_the_address_is_the_widgets(open_page: OpenPage) -> None:
    page: Page = await open_page(query="?jurisdiction=jilin")
    await expect(page).to_have_title("吉林省 12345 智能助手")
    await expect(page.locator("#title")).to_contain_text("吉林省")
    page = await open_page(query="?jurisdiction=../../x")
    await expect(page.locator("#title")).to_contain_text("荆州市")


async def test_another_site_may_not_use_the_widget_unless_the_settings_say_so(system: System) -> None:
    for path in ("/chat/frames", "/chat/socket"):
        status, _ = send(
            f"{system.web}{path}",
            b'{"type": "hello"}',
            "POST" if "frames" in path else "GET",
            Origin="https://evil.example",
        )
        assert status == 403


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_no_barrier(open_page: OpenPage, scheme: str, size: dict[str, int]) -> None:
    page: Page = await open_page(size, scheme)
    for text in ("你好", "火星移民局的签证怎么办理", "我家着火了快来人", "居住证多久能办好"):
        await ask(page, text)
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    await shoot(page, f"page-conversation-{scheme}-{size['width']}")
