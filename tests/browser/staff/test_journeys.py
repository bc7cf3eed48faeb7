"""Both main jobs from one end to the other, in several people's browsers at once, with everything running."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from bot.bootstrap import now
from bot.hotline.staff import StaffMember
from bot.hotline.work_orders import Role, State
from bot.passwords import hash_password
from bot.storage import Database, add_staff, find_credentials, get_entry, get_order, save_entry
from tests.browser.conftest import DESKTOP, ask, shoot
from tests.conftest import System

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PASSWORD = "云江的水很清很清亮"
ENTRY = "jingzhou.residence_permit.time_limit"
GAZETTE = """荆州市人民政府关于印发荆州市公共冰场管理办法的通知
荆政规〔2024〕77号
各县(市、区)人民政府:
现将《荆州市公共冰场管理办法》印发给你们。
荆州市人民政府
2024年5月6日
荆州市公共冰场管理办法
第一条 为了加强公共冰场管理,制定本办法。
第二条 公共冰场成人票每次35元,儿童票每次15元。
第三条 未满10周岁的儿童应当由成人陪同。
"""
LogIn = Callable[..., Awaitable[Page]]


@pytest.fixture
def database(system: System) -> Database:
    return Database(f"sqlite:///{system.database}")


@pytest.fixture
async def log_in(browser: Browser, system: System, database: Database) -> AsyncIterator[LogIn]:
    """Give a function that opens a window in which somebody of a role is logged in; what goes wrong there fails the test."""
    faults: list[str] = []

    async def opened(role: Role, path: str, *, name: str, department: str | None = None) -> Page:
        login = f"journey-{role.value.replace('_', '-')}"
        with database.begin() as connection:
            if find_credentials(connection, login) is None:
                member = StaffMember("", login, name, role, department=department)
                add_staff(connection, member, hash_password(PASSWORD), now())
        context = await browser.new_context(viewport=DESKTOP, locale="zh-CN", reduced_motion="reduce")  # type: ignore[arg-type]
        page = await context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda m: faults.append(f"{m.text} {m.location}") if _is_fault(m) else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(f"{system.web}/staff/login?next={path}")
        await page.fill("#login", login)
        await page.fill("#password", PASSWORD)
        await page.press("#password", "Enter")
        await page.wait_for_url(f"{system.web}{path}")
        return page

    yield opened
    assert faults == []


def _is_fault(message: ConsoleMessage) -> bool:
    """Return whether the browser complains; that a part was still loading when the page was left is no fault."""
    return message.type in {"error", "warning"} and not message.text.startswith("htmx:")


async def make_move(page: Page, key: str, name: str, **fields: str) -> None:
    """Press ``key``, fill the form of the move called ``name`` and send it."""
    await page.keyboard.press(key)
    dialog = page.get_by_role("dialog", name=name, exact=True)
    for label, value in fields.items():
        field = dialog.get_by_label(label)
        await (field.select_option(value) if await field.evaluate("e => e.tagName") == "SELECT" else field.fill(value))
    await dialog.get_by_role("button", name=name, exact=True).click()
    await expect(page.locator(".timeline li").filter(has_text=name).first).to_be_visible()


async def test_from_a_citizen_who_wants_a_person_to_a_closed_work_order(
    open_page: Callable[..., Awaitable[Page]], log_in: LogIn, system: System, database: Database
) -> None:
    operator = await log_in(Role.OPERATOR, "/desk", name="9号话务员")
    await expect(operator.locator("body")).to_have_attribute("data-connected", "yes")
    citizen = await open_page()
    await ask(citizen, "你好，我想找人工客服")
    row = operator.locator("[data-live-list=queue] .talk-row", has_text="找人工客服")
    await row.get_by_role("button", name=re.compile("接听")).click()
    await expect(citizen.locator(".presence")).to_have_text("9号话务员 正在为您服务")

    await citizen.fill("#message", "居住证多久能办好")
    await citizen.press("#message", "Enter")
    await expect(operator.locator("#transcript")).to_contain_text("居住证多久能办好")
    await expect(operator.locator(".offer").first).to_contain_text("居住证", timeout=180_000)
    await operator.locator("#reply").focus()
    await operator.keyboard.press("Alt+1")
    await expect(operator.locator("#reply")).not_to_have_value("")
    await operator.press("#reply", "Enter")
    await expect(citizen.locator(".answer.operator").last).to_contain_text("日")

    await citizen.fill("#message", "还有，东门菜市场门口每天早上有人占道摆摊，路都走不了")
    await citizen.press("#message", "Enter")
    await expect(operator.locator("#transcript")).to_contain_text("占道摆摊")
    await operator.keyboard.press("Alt+w")
    form = operator.locator("dialog#order")
    await expect(form.locator("#what")).to_have_value(re.compile("占道"))
    await form.locator("#what").fill("东门菜市场门口每天早上有人占道摆摊，路走不了")
    await form.locator("#where").fill("东门菜市场")
    await form.locator("#phone").fill("13900001234")
    await form.get_by_role("button", name="登记").click()
    told = citizen.locator(".log, #log, main").get_by_text(re.compile(r"JZ\d{12}")).last
    await expect(told).to_be_visible()
    number = re.search(r"JZ\d{12}", await told.inner_text())
    assert number
    order = f"/desk/orders/{number[0]}"

    await operator.get_by_role("button", name=re.compile("交还机器人")).click()
    await operator.get_by_role("dialog", name="交还机器人").get_by_role("button", name="交还").click()
    await expect(citizen.get_by_text("接下来由智能助手为您服务").last).to_be_visible()

    await operator.goto(f"{system.web}{order}")
    await expect(operator.locator("main")).not_to_contain_text("13900001234")
    await operator.keyboard.press("d")
    dialog = operator.get_by_role("dialog", name="派单", exact=True)
    await expect(dialog.get_by_role("radio").first).to_be_checked()
    await dialog.get_by_role("button", name="派单", exact=True).click()
    await expect(operator.locator(".timeline li", has_text="派单").first).to_be_visible()
    await expect(citizen.get_by_text(re.compile("已派给")).last).to_be_visible()
    with database.read() as connection:
        department = get_order(connection, number[0]).department

    handler = await log_in(Role.HANDLER, order, name="李科长", department=department)
    await make_move(handler, "s", "签收")
    await make_move(handler, "f", "反馈", 办理结果="已劝离摊贩，并在早市时段安排人员值守。")
    await operator.reload()
    await make_move(operator, "v", "审核通过")
    await expect(citizen.get_by_text(re.compile("安排人员值守")).last).to_be_visible()
    await citizen.get_by_role("button", name="5分 很满意").last.click()
    await expect(citizen.get_by_text(re.compile("已评价")).last).to_be_visible()
    await shoot(citizen, "journey-rated")
    await operator.reload()
    await expect(operator.get_by_label("基本情况")).to_contain_text("5分")
    await make_move(operator, "h", "回访", 满意度="5")
    await make_move(operator, "c", "办结")
    await expect(citizen.get_by_text(re.compile("已办结")).last).to_be_visible()
    with database.read() as connection:
        closed = get_order(connection, number[0])
    assert closed.state is State.CLOSED
    assert closed.satisfaction == 5


async def test_a_corrected_figure_is_in_the_next_answer(
    open_page: Callable[..., Awaitable[Page]], log_in: LogIn, system: System, database: Database
) -> None:
    with database.begin() as connection:
        right = get_entry(connection, ENTRY)
        wrong = replace(right, answer=right.answer.replace("15日", "51日"))
        assert wrong != right
        save_entry(connection, wrong, by="test", reason="写错了")
    citizen = await open_page()
    await expect(await ask(citizen, right.question)).to_contain_text("51日")
    console = await log_in(Role.ADMINISTRATOR, f"/admin/knowledge/{ENTRY}", name="王主任")
    await expect(console.locator("#answer")).to_have_value(wrong.answer)
    await console.fill("#answer", right.answer)
    await console.fill("#reason", "数字写反了，按原文更正")
    await console.keyboard.press("Control+Enter")
    await expect(console.get_by_text(re.compile("已保存为第3版"))).to_be_visible()
    answer = await ask(citizen, right.question)
    await expect(answer).to_contain_text("15日")
    await expect(answer).not_to_contain_text("51日")


async def test_an_uploaded_gazette_is_answered_as_soon_as_an_entry_of_it_is_published(
    open_page: Callable[..., Awaitable[Page]], log_in: LogIn, system: System
) -> None:
    console = await log_in(Role.ADMINISTRATOR, "/admin/documents", name="王主任")
    if not await console.locator("#file").is_visible():
        await console.get_by_text("上传公报").click()
    gazette = {"name": "公报.txt", "mimeType": "text/plain", "buffer": GAZETTE.encode()}
    await console.set_input_files("#file", gazette)  # type: ignore[arg-type]
    await console.get_by_role("button", name="上传并查看").click()
    await expect(console.get_by_text("新文件")).to_be_visible(timeout=120_000)
    await console.get_by_role("button", name="导入选中的文件").click()
    await console.get_by_role("link", name="看条款、拟草稿").click()
    await console.get_by_role("button", name="为没写到的条款拟草稿").click()
    await expect(console.get_by_text("草稿不会回答市民")).to_be_visible()
    await console.locator("tr", has_text="第二条").get_by_role("link").first.click()
    await console.fill("#question", "公共冰场的门票多少钱一次？")
    await console.fill("#answer", "成人票每次35元，儿童票每次15元。")
    await console.fill(
        "#similar", "滑冰场门票多少钱\n公共冰场收费标准\n去冰场滑冰要多少钱\n冰场儿童票怎么收\n冰场成人票多少"
    )
    await expect(console.locator("#check")).to_contain_text("35 见 第二条")
    await console.get_by_role("button", name="发布").click()
    await expect(console.get_by_text("已保存为第1版")).to_be_visible()
    citizen = await open_page()
    answer = await ask(citizen, "公共冰场的门票多少钱一次？")
    await expect(answer).to_contain_text("35元")
    await expect(answer.locator("details.sources")).to_contain_text("荆州市公共冰场管理办法")
    await shoot(citizen, "journey-gazette")


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (Role.ADMINISTRATOR, "/desk/orders"),
        (Role.ADMINISTRATOR, "/desk/intake"),
        (Role.OPERATOR, "/admin/knowledge"),
        (Role.OPERATOR, "/admin/training"),
        (Role.OPERATOR, "/admin/inbox"),
        (Role.SUPERVISOR, "/admin/documents"),
        (Role.SUPERVISOR, "/admin/staff"),
    ],
)
async def test_who_may_not_do_a_job_is_told_so(log_in: LogIn, system: System, role: Role, path: str) -> None:
    page = await log_in(role, "/staff/password", name="某人")
    answer = await page.request.get(f"{system.web}{path}", headers={"Accept": "text/html"})
    assert answer.status == 403
    assert "没有权限" in await answer.text()
