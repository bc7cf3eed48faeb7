"""Everybody can use the widget: by keyboard, by ear, enlarged, in the elder version (适老化), in the dark, on a phone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, ask, shoot, until, violations
from tests.browser.widget.stand_in import StandIn

pytestmark = pytest.mark.slow
OpenChat = Callable[..., Any]

HEAR = (
    "window.heard = []; const f = {speak: u => { heard.push(u.text); f.last = u }, cancel: () => { heard.push('-') }, getVoices: () => []};"
    "Object.defineProperty(window, 'speechSynthesis', {value: f});"
)
SMALLEST = """() => {
  const root = document.querySelector('hotline-chat').shadowRoot, found = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const on = node.parentElement;
    if (!node.data.trim() || !on.getClientRects().length || on.closest('.unseen,style')) continue;
    found.push([parseFloat(getComputedStyle(on).fontSize), node.data.trim().slice(0, 20)]);
  }
  return found.sort((a, b) => a[0] - b[0])[0];
}"""
TARGETS = """least => [...document.querySelector('hotline-chat').shadowRoot.querySelectorAll(
  'button, .call, summary, textarea, input:not([type=radio]):not([type=checkbox]):not(.unseen), [role=option],' +
  'label:has(input[type=radio],input[type=checkbox])')].filter(e => e.getClientRects().length).map(e => {
    const {width, height} = e.getBoundingClientRect();
    return [Math.min(width, height), e.textContent || e.id];
  }).filter(([size]) => size < least - 0.01)"""
SCREENS = ["start", "talk", "emergency", "menu", "order", "forget", "rate", "queue", "offline"]


async def show(page: Page, screen: str, server: StandIn) -> None:
    """Bring the widget to one of its screens."""
    if screen == "talk":
        answer = await ask(page, "居住证要多久")
        await answer.locator("summary").click()
        await answer.get_by_role("button", name="没帮助").click()
        await ask(page, "督查")
        await ask(page, "火星移民局")
        await page.fill("#message", "居住")
        await page.locator("[role=option]").first.wait_for()
        await page.keyboard.press("ArrowDown")
    elif screen == "emergency":
        await ask(page, "我家着火了")
    elif screen == "menu":
        await page.locator(".menu-switch").click()
    elif screen == "order":
        await page.locator(".report").click()
        await page.get_by_role("button", name="开始登记").click()
    elif screen == "forget":
        await page.locator(".menu-switch").click()
        await page.locator(".menu .delete").click()
    elif screen == "rate":
        await ask(page, "你好")
        server.state(server.only, "bot", closed=True)
        await page.get_by_role("button", name="提交").click()
    elif screen == "queue":
        server.delay = 3
        await page.locator(".person").click()
        await page.locator(".notice.queue").wait_for()
    elif screen == "offline":
        await page.context.set_offline(True)
        await page.fill("#message", "居住证怎么办")
        await page.press("#message", "Enter")
        await page.locator(".mine.pending").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("path", "size"),
    [("/", DESKTOP), ("/", PHONE), ("/?elder", DESKTOP), ("/?elder", PHONE), ("/page", DESKTOP)],
    ids=["desktop", "phone", "elder", "elder-phone", "page"],
)
async def test_axe_finds_nothing_wrong_on_any_screen(
    open_chat: OpenChat, server: StandIn, path: str, size: dict[str, int], scheme: str
) -> None:
    wrong: list[Any] = []
    for screen in SCREENS:
        page: Page = await open_chat(path, size=size, scheme=scheme, expected=("ERR_INTERNET", "WebSocket", "Failed"))
        await show(page, screen, server)
        wrong += [[screen, *item] for item in await violations(page)]
        if "elder" in path:
            wrong += [[screen, *item] for item in await violations(page, ["color-contrast-enhanced"])]
        wide = await page.evaluate(
            "document.querySelector('hotline-chat').shadowRoot.querySelector('.panel').scrollWidth"
        )
        if wide > size["width"]:
            wrong.append([screen, "wider than the window"])
        small = await page.evaluate(TARGETS, 60 if "elder" in path else 44)
        wrong += [[screen, "small target", *item] for item in small]
        await shoot(page, f"widget-{path.strip('/?') or 'panel'}-{size['width']}-{scheme}-{screen}")
        await page.context.close()
    assert wrong == [], json.dumps(wrong, ensure_ascii=False, indent=1)[:6000]


async def test_the_closed_widget_has_nothing_wrong(open_chat: OpenChat) -> None:
    page: Page = await open_chat(opened=False)
    await page.locator(".launcher").wait_for()
    assert await violations(page) == []


async def test_the_elder_version_is_used_by_keyboard_alone(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat(opened=False, script=HEAR)
    await page.locator(".launcher").wait_for()
    await page.focus("#host")
    press = page.keyboard.press
    await press("Tab")
    await expect(page.locator(".launcher")).to_be_focused()
    await press("Enter")
    await expect(page.locator("#message")).to_be_focused()
    await page.locator(".presence.open").wait_for()
    for _ in range(40):
        await press("Shift+Tab")
        if await page.locator(".elder-switch").evaluate("e => e.getRootNode().activeElement === e"):
            break
    await press("Enter")
    await expect(page.locator(".elder-switch")).to_have_attribute("aria-pressed", "true")
    order = []
    for _ in range(40):
        await press("Tab")
        order.append(
            await page.evaluate(
                "(() => { const e = document.querySelector('hotline-chat').shadowRoot.activeElement; return e && (e.className || e.id || e.tagName) })()"
            )
        )
        if await page.locator("#message").evaluate("e => e.getRootNode().activeElement === e"):
            break
    assert order == ["menu-switch", "close", "log", *["hot"] * 4, "report", "person", "call", "message"]
    await page.keyboard.type("居住证要多久")
    await page.locator("[role=option]").first.wait_for()
    await press("Escape")  # closes only the suggestions
    await press("Enter")
    answer = page.locator(".answer").first
    await expect(answer).to_be_visible()
    for name in ("call", "person", "report", "没帮助", "有帮助", "朗读"):
        await press("Shift+Tab")
        focused = await page.evaluate(
            "(() => { const e = document.querySelector('hotline-chat').shadowRoot.activeElement; return e.className + e.textContent })()"
        )
        assert name in focused
        outline = await page.evaluate(
            "getComputedStyle(document.querySelector('hotline-chat').shadowRoot.activeElement).outlineStyle"
        )
        assert outline == "solid"
    await press("Enter")
    assert await page.evaluate("window.heard") == [
        "一般15天内办好，偏远地区不超过30天。\n材料不齐的，会一次告诉您要补什么。"
    ]
    await expect(answer.locator(".listen")).to_have_text("停止朗读")
    await press("Space")
    assert (await page.evaluate("window.heard"))[-1] == "-"
    await press("Shift+Tab")  # the source
    await press("Enter")
    await expect(answer.locator("blockquote")).to_be_visible()
    for _ in range(3):
        await press("Tab")
    await press("Enter")
    await expect(answer.locator("input[type=radio]").first).to_be_focused()
    await press("Space")
    await press("ArrowDown")
    await expect(answer.get_by_label("看不懂")).to_be_checked()
    await press("Enter")
    await until(lambda: server.got("feedback"))
    assert server.got("feedback")[0]["reason"] == "看不懂"
    await press("Escape")
    await expect(page.locator(".launcher")).to_be_focused()
    await page.reload()
    await page.locator(".launcher").click()
    await expect(page.locator(".elder-switch")).to_have_attribute("aria-pressed", "true")  # remembered


@pytest.mark.parametrize("screen", SCREENS)
async def test_nothing_in_the_elder_version_is_smaller_than_22_pixels(
    open_chat: OpenChat, server: StandIn, screen: str
) -> None:
    page: Page = await open_chat("/?elder", size=PHONE, expected=("ERR_INTERNET", "WebSocket", "Failed"))
    await show(page, screen, server)
    size, text = await page.evaluate(SMALLEST)
    assert size >= 22, text
    await expect(page.locator(".elder-switch")).to_have_text("标准版")


async def test_the_focus_goes_back_to_where_it_came_from(open_chat: OpenChat) -> None:
    page: Page = await open_chat()
    answer = await ask(page, "居住证要多久")
    press = page.keyboard.press
    reasons = answer.get_by_role("button", name="没帮助")
    await reasons.press("Enter")
    await press("Escape")
    await expect(reasons).to_be_focused()
    await page.locator(".report").press("Enter")
    await press("Escape")
    await expect(page.locator(".report")).to_be_focused()
    await page.locator(".menu-switch").press("Enter")
    await press("Escape")
    await expect(page.locator(".menu-switch")).to_be_focused()
    await press("Enter")
    await page.get_by_role("button", name="评价服务").press("Enter")
    await expect(page.locator(".rating input").first).to_be_focused()
    await page.get_by_role("button", name="取消").press("Enter")
    await expect(page.locator("#message")).to_be_focused()
    await press("Escape")
    await expect(page.locator(".launcher")).to_be_focused()


async def test_lines_and_paragraphs_of_the_elder_version_stand_apart(open_chat: OpenChat) -> None:
    page: Page = await open_chat("/?elder")
    words = (await ask(page, "居住证要多久")).locator(".words p")
    line = await words.first.evaluate("e => parseFloat(getComputedStyle(e).lineHeight)")
    size = await words.first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert line >= 1.3 * size
    gap = await words.nth(1).evaluate("e => parseFloat(getComputedStyle(e).marginTop)")
    assert line + gap >= 1.3 * line


@pytest.mark.parametrize("size", [(683, 384), (320, 480), (640, 360)], ids=["200%", "400%", "phone-on-its-side"])
@pytest.mark.parametrize("path", ["/", "/page"])
async def test_it_can_be_enlarged(open_chat: OpenChat, size: tuple[int, int], path: str) -> None:
    page: Page = await open_chat(path, size={"width": size[0], "height": size[1]}, device_scale_factor=2)
    await ask(page, "居住证要多久")
    await expect(page.locator(".send")).to_be_in_viewport(ratio=1)
    await expect(page.locator(".ways .call")).to_be_in_viewport(ratio=1)
    log = await page.locator(".log").bounding_box()
    assert log is not None
    assert log["height"] >= 120
    assert await page.locator(".panel").evaluate("e => e.scrollWidth <= e.clientWidth && e.clientWidth <= innerWidth")
    await shoot(page, f"widget-enlarged-{size[0]}{path.strip('/')}")


async def test_on_a_phone_the_panel_keeps_the_focus_and_covers_the_page(open_chat: OpenChat) -> None:
    page: Page = await open_chat(size=PHONE, has_touch=True, is_mobile=True)
    panel = page.locator(".panel")
    await expect(panel).to_have_attribute("aria-modal", "true")
    await expect(panel).to_be_focused()  # not the field: its keyboard would hide the questions
    assert await panel.bounding_box() == {"x": 0, "y": 0, **PHONE}
    for _ in range(20):
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.tagName") == "HOTLINE-CHAT"
    for _ in range(20):
        await page.keyboard.press("Shift+Tab")
        assert await page.evaluate("document.activeElement.tagName") == "HOTLINE-CHAT"


async def test_the_chosen_suggestion_is_seen_in_the_systems_own_colours(open_chat: OpenChat) -> None:
    page: Page = await open_chat(forced_colors="active")
    await page.locator("#message").press_sequentially("居住")
    await page.locator("[role=option]").first.wait_for()
    await page.keyboard.press("ArrowDown")
    outlines = await page.locator("[role=option]").evaluate_all("all => all.map(e => getComputedStyle(e).outlineStyle)")
    assert outlines == ["solid", "none", "none"]


async def test_who_wants_no_motion_sees_none(open_chat: OpenChat, server: StandIn) -> None:
    server.delay = 2
    for wish, moving in (("reduce", "none"), ("no-preference", "beat")):
        page: Page = await open_chat(reduced_motion=wish)
        await page.fill("#message", "你好")
        await page.press("#message", "Enter")
        name = await page.locator(".dots i").first.evaluate("e => getComputedStyle(e).animationName")
        assert name == moving
        await page.context.close()
