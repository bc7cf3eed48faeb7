"""The citizen's page in a real browser, with everything running behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from bot.settings import PROJECT_ROOT
from tests.browser.conftest import DESKTOP, PHONE, ask, shoot

pytestmark = pytest.mark.slow
OpenPage = Callable[..., Any]

AXE = PROJECT_ROOT / "node_modules" / "axe-core" / "axe.min.js"
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
SUPERVISION = "督查事项要多久办结？"
VAGUE = ("督查", "居住证", "热线", "公司", "合同", "经费")  # at least one of them is asked back


async def offered(page: Page) -> Any:
    """Return a reply that offers choices."""
    for vague in VAGUE:
        reply = await ask(page, vague)
        if await reply.locator(".choices button").count():
            return reply
    pytest.fail("none of the vague questions was asked back")


async def conversation(page: Page) -> None:
    """Hold a conversation that shows every kind of reply at once."""
    await ask(page, "你好")
    await offered(page)
    await ask(page, "火星移民局的签证怎么办理")
    await ask(page, "我家着火了快来人")
    await ask(page, "居住证多久能办好")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_page_greets_and_offers_questions(open_page: OpenPage, size: dict[str, int]) -> None:
    page: Page = await open_page(size)
    await expect(page).to_have_title("荆州市 12345 智能助手")
    await expect(page.locator("#welcome")).to_be_visible()
    await expect(page.locator("#message")).to_be_focused()
    await expect(page.locator("#restart")).to_be_hidden()
    await expect(page.get_by_role("link", name="拨打 12345")).to_have_attribute("href", "tel:12345")
    await shoot(page, f"welcome-{size['width']}")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("large", [False, True], ids=["usual", "large"])
async def test_nothing_is_wider_than_the_window(open_page: OpenPage, size: dict[str, int], large: bool) -> None:
    page: Page = await open_page(size)
    if large:
        await page.click("#larger")
    await conversation(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert await page.evaluate(
        "document.querySelector('main').scrollWidth <= document.querySelector('main').clientWidth"
    )
    box = await page.locator("form button[type=submit]").bounding_box()
    assert box["x"] + box["width"] <= size["width"]
    assert box["y"] + box["height"] <= size["height"]
    await shoot(page, f"conversation-{size['width']}{'-large' if large else ''}")


async def test_what_can_be_pressed_is_large_enough_for_a_finger(open_page: OpenPage) -> None:
    page: Page = await open_page(PHONE)
    await offered(page)
    for control in await page.locator("button:visible, a.call:visible, textarea:visible").all():
        box = await control.bounding_box()
        assert min(box["width"], box["height"]) >= 44, await control.text_content()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_an_answer_shows_its_source_and_whether_that_still_applies(
    open_page: OpenPage, size: dict[str, int]
) -> None:
    page: Page = await open_page(size)
    reply = await ask(page, "居住证多久能办好")
    source = reply.locator(".sources > li").first
    await expect(source.locator(".title")).to_contain_text("《荆州市居住证制度实施细则》")
    await expect(source.locator(".meta")).to_contain_text("荆政规〔2017〕2号")
    await expect(source.locator(".badge")).to_have_text("有效期已满")
    await expect(source.locator(".note")).to_contain_text("2022年8月1日")
    assert (await reply.inner_text()).count("荆政规〔2017〕2号") == 1
    await expect(reply).to_be_in_viewport()
    await expect(page.locator("#welcome")).to_be_hidden()
    await expect(page.locator("#message")).to_have_value("")
    await expect(page.locator("#message")).to_be_focused()
    await shoot(page, f"answer-{size['width']}")


async def test_an_answer_shows_no_machine_words(open_page: OpenPage) -> None:
    page: Page = await open_page()
    await conversation(page)
    shown = await page.locator("body").inner_text()
    for word in ("jingzhou", "undefined", "null", "NaN", "[object", "action_", "confidence", "ledger", "unknown"):
        assert word not in shown


async def test_a_suggested_question_is_asked_by_a_click(open_page: OpenPage) -> None:
    page: Page = await open_page()
    suggested = page.locator("#welcome button").first
    question = await suggested.text_content()
    await suggested.click()
    await expect(page.locator("#log > .mine")).to_contain_text(question)
    await expect(page.locator("#log > .reply")).to_be_visible()


async def test_choices_are_buttons_that_work_by_keyboard(open_page: OpenPage) -> None:
    page: Page = await open_page()
    reply = await offered(page)
    choices = reply.locator(".choices button")
    title = await choices.first.text_content()
    assert (await reply.inner_text()).count(title) == 1
    await shoot(page, "choices")
    await page.keyboard.press("Shift+Tab")
    for _ in range(await choices.count() - 1):
        await page.keyboard.press("Shift+Tab")
    await expect(choices.first).to_be_focused()
    before = await page.locator("#log > .reply").count()
    await page.keyboard.press("Enter")
    await expect(page.locator("#log > .reply")).to_have_count(before + 1)
    await expect(page.locator("#log > .mine").last).to_contain_text(title)
    await expect(page.locator("#log > .reply").last.locator(".choices")).to_have_count(0)


async def test_danger_looks_different_and_can_be_called_with_one_tap(open_page: OpenPage) -> None:
    page: Page = await open_page(PHONE)
    usual = await ask(page, "你好")
    danger = await ask(page, "我家着火了快来人")
    await expect(danger.locator(".headline")).to_have_text("紧急情况")
    await expect(danger.get_by_role("link", name="拨打 119")).to_have_attribute("href", "tel:119")
    colours = [await reply.evaluate("e => getComputedStyle(e).backgroundColor") for reply in (usual, danger)]
    assert colours[0] != colours[1]
    await expect(danger.get_by_role("link", name="拨打 119")).to_be_in_viewport()
    await shoot(page, "emergency")


async def test_what_is_not_known_offers_a_person(open_page: OpenPage) -> None:
    page: Page = await open_page()
    reply = await ask(page, "火星移民局的签证怎么办理")
    await expect(reply.get_by_role("link", name="拨打 12345")).to_be_visible()
    await reply.get_by_role("button", name="转人工").click()
    await expect(page.locator("#log > .reply")).to_have_count(2)
    await expect(page.locator("#log > .reply").last).to_contain_text("人工")


async def test_large_type_stays_after_a_reload(open_page: OpenPage) -> None:
    page: Page = await open_page()
    small = await page.evaluate("parseFloat(getComputedStyle(document.querySelector('textarea')).fontSize)")
    await page.get_by_role("button", name="大字").click()
    await page.reload()
    await expect(page.get_by_role("button", name="大字")).to_have_attribute("aria-pressed", "true")
    assert (
        await page.evaluate("parseFloat(getComputedStyle(document.querySelector('textarea')).fontSize)") >= small * 1.3
    )
    await page.get_by_role("button", name="大字").click()
    await page.reload()
    await expect(page.get_by_role("button", name="大字")).to_have_attribute("aria-pressed", "false")


async def test_enter_sends_and_shift_enter_breaks_the_line(open_page: OpenPage) -> None:
    page: Page = await open_page()
    await page.keyboard.type("督查事项")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("要多久办结？")
    await expect(page.locator("#message")).to_have_value("督查事项\n要多久办结？")
    assert await page.locator("#log > li").count() == 0
    await page.keyboard.press("Enter")
    await expect(page.locator("#log > .reply")).to_contain_text("30个工作日")
    assert await page.locator("#log > .mine").count() == 1


async def test_enter_while_an_input_method_composes_does_not_send(open_page: OpenPage) -> None:
    page: Page = await open_page()
    await page.fill("#message", "居住")
    for composing in ({"isComposing": True, "keyCode": 13}, {"keyCode": 229}):
        event = {"key": "Enter", "bubbles": True, "cancelable": True} | composing
        await page.evaluate("e => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', e))", event)
    assert await page.locator("#log > li").count() == 0
    await expect(page.locator("#message")).to_have_value("居住")


async def test_blanks_are_not_sent(open_page: OpenPage) -> None:
    page: Page = await open_page()
    await page.fill("#message", "   \n ")
    await page.press("#message", "Enter")
    assert await page.locator("#log > li").count() == 0


async def test_offline_the_message_stays_in_the_box_with_a_clear_sentence(open_page: OpenPage) -> None:
    page: Page = await open_page(expected_faults=True)
    await page.context.set_offline(True)
    await page.fill("#message", SUPERVISION)
    await page.press("#message", "Enter")
    await expect(page.get_by_role("alert")).to_contain_text("网络连不上")
    await expect(page.locator("#message")).to_have_value(SUPERVISION)
    await expect(page.locator("#log > li")).to_have_count(0)
    await shoot(page, "offline")
    await page.context.set_offline(False)
    await page.press("#message", "Enter")
    await expect(page.locator("#log > .reply")).to_contain_text("30个工作日")
    await expect(page.locator("#problem")).to_be_hidden()


@pytest.mark.parametrize(
    ("status", "body", "shown"),
    [(502, "<html>502 Bad Gateway</html>", "系统出了点问题"), (500, '{"error": "系统出错了，请稍后再试。"}', "系统出错了"),
     (413, '{"error": "内容太大。"}', "内容太大"), (200, "", "系统出了点问题"), (200, "{}", "系统出了点问题")],
    ids=range(5),
)  # fmt: skip
async def test_a_broken_reply_is_said_in_chinese_and_nothing_is_lost(
    open_page: OpenPage, status: int, body: str, shown: str
) -> None:
    page: Page = await open_page(expected_faults=True)
    await page.route("**/chat", lambda route: route.fulfill(status=status, body=body))
    await page.fill("#message", SUPERVISION)
    await page.press("#message", "Enter")
    await expect(page.get_by_role("alert")).to_contain_text(shown)
    await expect(page.locator("#message")).to_have_value(SUPERVISION)


async def test_a_long_wait_shows_that_it_goes_on(open_page: OpenPage) -> None:
    page: Page = await open_page()
    release = asyncio.Event()

    async def held(route: Route) -> None:
        await release.wait()
        await route.continue_()

    await page.clock.install()
    await page.route("**/chat", held)
    await page.fill("#message", SUPERVISION)
    await page.press("#message", "Enter")
    waiting = page.locator("#log > .waiting")
    await page.clock.run_for(100)
    await expect(waiting).to_have_text("正在查找……")
    await expect(page.get_by_role("button", name="查找中")).to_have_attribute("aria-disabled", "true")
    await page.clock.run_for(5_000)
    await expect(waiting).to_contain_text("还在查找")
    await page.clock.run_for(10_000)
    await expect(waiting).to_contain_text("12345")
    await shoot(page, "waiting")
    await page.fill("#message", "第二句")
    await page.press("#message", "Enter")
    assert await page.locator("#log > .mine").count() == 1
    release.set()
    await expect(page.locator("#log > .reply")).to_contain_text("30个工作日")
    await expect(waiting).to_have_count(0)
    await expect(page.locator("#message")).to_have_value("第二句")


async def test_a_reply_that_never_comes_is_given_up(open_page: OpenPage) -> None:
    page: Page = await open_page()
    await page.clock.install()
    await page.route("**/chat", lambda route: None)
    await page.fill("#message", SUPERVISION)
    await page.press("#message", "Enter")
    await expect(page.locator("#log > .waiting")).to_have_count(1)
    await page.clock.run_for(60_000)
    await expect(page.get_by_role("alert")).to_contain_text("没有回音")
    await expect(page.locator("#message")).to_have_value(SUPERVISION)


async def test_a_reload_keeps_the_conversation_and_its_context(open_page: OpenPage) -> None:
    page: Page = await open_page()
    await ask(page, "居住证丢了怎么补")
    before = await page.locator("#log").inner_text()
    await page.reload()
    assert await page.locator("#log").inner_text() == before
    await expect(await ask(page, "那要交钱吗")).to_contain_text("居住证")


async def test_starting_again_forgets_the_conversation(open_page: OpenPage) -> None:
    page: Page = await open_page()
    await ask(page, "居住证多久能办好")
    known = await page.evaluate("sessionStorage.getItem('conversation')")
    await page.get_by_role("button", name="重新开始").click()
    await expect(page.locator("#welcome")).to_be_visible()
    await page.reload()
    assert await page.locator("#log > li").count() == 0
    assert await page.evaluate("sessionStorage.getItem('conversation')") != known


async def test_two_windows_are_two_conversations(open_page: OpenPage) -> None:
    first, second = await open_page(), await open_page()
    script = "sessionStorage.getItem('conversation')"
    assert await first.evaluate(script) != await second.evaluate(script)


async def test_what_is_typed_and_what_comes_back_is_text_and_never_markup(open_page: OpenPage) -> None:
    page: Page = await open_page()
    attack = "<img src=x onerror=\"document.title='x'\"><script>document.title='x'</script>"
    spoilt = [
        {"text": f"{attack}\n依据：《{attack}》第一条。", "buttons": [{"title": attack, "payload": attack}]},
        {"custom": {"kind": "answer", "citations": [{"title": attack, "provision": attack, "status": attack, "quote": attack}]}},
    ]  # fmt: skip
    await page.route("**/chat", lambda route: route.fulfill(json={"messages": spoilt}))
    await ask(page, attack)
    await expect(page.locator("#log > .mine")).to_contain_text(attack)
    assert await page.locator("#log img, #log script").count() == 0
    await expect(page).to_have_title("荆州市 12345 智能助手")
    await page.reload()
    assert await page.locator("#log img, #log script").count() == 0


async def test_the_original_words_open_below_the_source(open_page: OpenPage) -> None:
    page: Page = await open_page(PHONE)
    citation = {"document_number": "荆政发〔2017〕13号", "title": "办法", "provision": "第七条", "status": "in_force"}
    messages = [
        {"text": "三十日。\n依据：《办法》（荆政发〔2017〕13号）第七条。"},
        {"custom": {"kind": "answer", "citations": [citation | {"quote": "第七条　原文如此。"}]}},
    ]
    await page.route("**/chat", lambda route: route.fulfill(json={"messages": messages}))
    reply = await ask(page, SUPERVISION)
    await expect(reply.locator(".badge")).to_have_text("现行有效")
    await expect(reply.locator(".note")).to_have_count(0)
    await expect(reply.locator("blockquote")).to_be_hidden()
    await reply.get_by_text("查看第七条原文").click()
    await expect(reply.locator("blockquote")).to_have_text("第七条　原文如此。")


async def test_the_place_in_the_address_goes_along_and_nonsense_there_is_ignored(open_page: OpenPage) -> None:
    for query, expected in (("?jurisdiction=jilin", "jilin"), ("?jurisdiction=../../x", None)):
        page: Page = await open_page(query=query)
        async with page.expect_request("**/chat") as request:
            await ask(page, "居住证多久能办好")
        assert (await request.value).post_data_json.get("jurisdiction") == expected


async def test_it_works_where_the_browser_stores_nothing(open_page: OpenPage) -> None:
    page: Page = await open_page()
    await page.context.add_init_script(
        "for (const name of ['sessionStorage', 'localStorage'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });"
    )
    await page.reload()
    await expect(await ask(page, SUPERVISION)).to_contain_text("30个工作日")


MODES = [
    ("light", False, DESKTOP), ("dark", False, DESKTOP), ("light", True, DESKTOP),
    ("light", False, PHONE), ("dark", True, PHONE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("scheme", "large", "size"), MODES, ids=[f"{s}{'-large' * big}-{at['width']}" for s, big, at in MODES]
)
async def test_axe_finds_no_barrier(open_page: OpenPage, scheme: str, large: bool, size: dict[str, int]) -> None:
    page: Page = await open_page(size, scheme)
    if large:
        await page.click("#larger")
    assert await barriers(page) == []
    await conversation(page)
    assert await barriers(page) == []
    await page.evaluate("setProblem('网络连不上。'); showWaiting(); setBusy(true)")
    assert await barriers(page) == []
    await shoot(page, f"axe-{scheme}-{size['width']}{'-large' if large else ''}")


async def barriers(page: Page) -> list[str]:
    """Return what axe-core finds against WCAG 2.1 A and AA."""
    assert AXE.is_file(), "axe-core is missing. Install it: npm ci"
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf8"))  # not a script tag: the page's own policy forbids those
    found = await page.evaluate(
        "async tags => (await axe.run(document, { runOnly: { type: 'tag', values: tags } })).violations", STANDARD
    )
    return [f"{v['id']}: {node['html'][:200]}" for v in found for node in v["nodes"]]
