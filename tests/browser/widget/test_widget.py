"""What a citizen does with the widget, in a real browser, on a page with a strict policy and rude styles."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from bot.hotline.filing import begin, next_step
from tests.browser.conftest import ask, until
from tests.browser.widget.stand_in import HOSTILE, StandIn

pytestmark = pytest.mark.slow
OpenChat = Callable[..., Any]

CUT = ("WebSocket", "ERR_INTERNET_DISCONNECTED", "Failed to load resource")
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def test_asking_following_up_reading_the_source_and_going_to_a_person(
    open_chat: OpenChat, server: StandIn
) -> None:
    page: Page = await open_chat()
    answer = await ask(page, "居住证怎么办")
    await expect(answer.locator(".words p").first).to_have_text("可以到居住地派出所申请居住证。")
    await expect(answer.locator("a.tel")).to_have_attribute("href", "tel:07168253110")
    assert "依据：" not in await answer.inner_text()

    answer = await ask(page, "要多久")
    await expect(answer.locator(".caution")).to_contain_text("2022年8月1日届满")
    source = answer.locator("details.sources")
    await expect(source.locator("summary .badge")).to_have_text("有效期已满")
    await expect(source.locator("blockquote")).to_be_hidden()
    await source.locator("summary").click()
    await expect(source.locator(".document")).to_have_text("《荆州市居住证制度实施细则》")
    await expect(source.locator(".meta").first).to_have_text("荆政规〔2017〕2号　第九条")
    await expect(source).to_contain_text("2017年8月1日起施行")
    await expect(source.locator("blockquote")).to_contain_text("15日内制作发放居住证")

    await answer.get_by_role("button", name="没帮助").click()
    await answer.get_by_label("过时了").check()
    await answer.get_by_label("还想说的").fill("文件早就到期了")
    await answer.get_by_role("button", name="提交").click()
    await expect(answer.locator(".thanks")).to_be_focused()
    await until(lambda: server.got("feedback"))
    assert server.got("feedback") == [
        {"type": "feedback", "message": 4, "helpful": False, "reason": "过时了：文件早就到期了"}
    ]

    await page.locator(".person").click()
    await expect(page.locator(".notice.queue")).to_contain_text("您排在第 2 位")
    await expect(page.locator(".notice.queue")).to_contain_text("您排在第 1 位")
    await expect(page.locator(".waiting")).to_contain_text("话务员正在输入")
    await expect(page.locator(".answer.operator .who")).to_have_text("话务员08号")
    await expect(page.locator(".presence")).to_have_text("话务员08号 正在为您服务")
    assert len(server.got("handoff")) == 1
    server.state(server.only, "bot", closed=True)
    await page.get_by_role("button", name="提交").click()
    await expect(page.locator("#rate-missing")).to_have_text("请先选择一个满意程度。")
    await page.get_by_label("基本满意").check()
    await page.get_by_label("意见和建议").fill("快一点")
    await page.get_by_role("button", name="提交").click()
    await expect(page.locator(".rating.thanks")).to_be_focused()
    await until(lambda: server.got("rate"))
    assert server.got("rate") == [{"type": "rate", "score": 3, "comment": "快一点"}]


async def test_a_helpful_answer_is_told_so_with_one_press(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat()
    answer = await ask(page, "居住证怎么办")
    await answer.get_by_role("button", name="有帮助").click()
    await expect(answer.locator(".thanks")).to_have_text("谢谢您的反馈")
    await until(lambda: server.got("feedback"))
    assert server.got("feedback")[0]["helpful"] is True
    await page.reload()
    await page.locator(".launcher").click()
    await expect(page.locator(".answer .thanks")).to_be_visible()
    await expect(page.locator(".votes")).to_have_count(0)


async def test_a_work_order_is_filed_with_a_form(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat()
    answer = await ask(page, "故事路井盖丢了，很危险")
    await answer.get_by_role("button", name="登记工单").click()
    await expect(page.locator("#order-title")).to_be_focused()
    await expect(page.get_by_label("什么事")).to_have_value("故事路井盖丢了，很危险")
    await page.get_by_label("联系电话").fill("123")
    await page.get_by_role("button", name="开始登记").click()
    await expect(page.get_by_label("在哪里")).to_be_focused()
    await expect(page.locator("#fault-where")).to_be_visible()
    await expect(page.locator("#fault-phone")).to_be_visible()
    await page.get_by_label("在哪里").fill("故事一路\n百货大楼门口")
    await page.get_by_label("什么时候").fill("昨天晚上")
    await page.get_by_label("联系电话").fill("13800001111")
    await page.get_by_label("要求保密").check()
    await page.set_input_files("#order-photos", [{"name": "a.heic", "mimeType": "image/heic", "buffer": b"x"}])
    await expect(page.locator("#fault-photos")).to_have_text("只能上传 JPG、PNG 或 WebP 照片。")
    large = {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": b"x" * (5 * 1024 * 1024 + 1)}
    await page.set_input_files("#order-photos", [large])
    await expect(page.locator("#fault-photos")).to_have_text("照片太大，每张不能超过 5 MB。")
    await page.set_input_files("#order-photos", [{"name": "井盖.png", "mimeType": "image/png", "buffer": PIXEL}])
    await expect(page.locator(".photos li")).to_contain_text("井盖.png")
    await page.get_by_role("button", name="开始登记").click()
    last = page.locator(".answer").last
    await expect(last).to_contain_text("请核对")
    await expect(page.locator(".mine .photo")).to_have_text("照片")
    await expect(last).to_contain_text("照片：")
    await last.get_by_role("button", name="确认提交").click()
    await expect(page.locator(".answer").last).to_contain_text("工单编号JZ202611230001")
    assert server.files == [("image/png", len(PIXEL))]
    said = [frame["text"] for frame in server.got("say")]
    assert said[1:-1] == ["登记工单", "地点是：故事一路 百货大楼门口", "时间是：昨天晚上", "13800001111，要求保密"]
    assert said[-1].startswith(f"{server.origin}/chat/files/")
    assert_understood(said)


def assert_understood(said: list[str]) -> None:
    """What the form says is what the real dialogue understands."""
    draft = begin(said[1], said[0], "")
    for text in said[2:]:
        step = next_step(draft, text)
        assert step is not None
        assert step.draft is not None
        draft = step.draft
    assert draft.asked == "confirm"
    assert (draft.what, draft.where, draft.when) == (said[0], "故事一路 百货大楼门口", "昨天晚上")
    assert (draft.phone, draft.confidential, len(draft.links)) == ("13800001111", True, 1)


async def test_danger_in_the_form_ends_the_filing(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat()
    await page.locator(".report").click()
    await page.get_by_label("什么事").fill("对面楼着火了，快来人")
    await page.get_by_label("在哪里").fill("不清楚")
    await page.get_by_role("button", name="开始登记").click()
    await expect(page.locator(".answer.emergency")).to_be_visible()
    await page.wait_for_timeout(400)
    assert [frame["text"] for frame in server.got("say")] == ["对面楼着火了，快来人"]


async def test_a_reload_keeps_the_history_and_another_place_has_its_own(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat()
    await ask(page, "居住证怎么办")
    await page.reload()
    await page.locator(".launcher").click()
    await expect(page.locator(".mine")).to_have_text("您：居住证怎么办")
    await expect(page.locator(".answer")).to_have_count(1)
    assert await page.locator("#announcer p").count() == 0  # history is not read out again
    await page.goto(f"{server.origin}/?jurisdiction=tianmen")
    await page.locator(".launcher").click()
    await expect(page.locator("#title")).to_contain_text("天门市")
    await expect(page.locator(".answer")).to_have_count(0)
    assert len(server.conversations) == 2


async def test_what_is_said_offline_is_sent_once_when_the_network_is_back(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat(expected=CUT)
    await page.context.set_offline(True)
    await expect(page.locator(".notice.offline")).to_contain_text("您发的话已保存")
    await page.fill("#message", "居住证怎么办")
    await page.press("#message", "Enter")
    await expect(page.locator(".mine.pending .note")).to_contain_text("还没发出")
    assert server.said("居住证怎么办") == 0
    await page.context.set_offline(False)
    await expect(page.locator(".answer")).to_have_count(1)
    await expect(page.locator(".notice.offline")).to_have_count(0)
    await expect(page.locator(".mine")).to_have_count(1)
    await expect(page.locator(".mine.pending")).to_have_count(0)
    assert server.said("居住证怎么办") == 1


async def test_a_message_that_was_lost_on_the_way_is_sent_again(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat(expected=CUT)
    server.deaf = True
    await page.fill("#message", "居住证怎么办")
    await page.press("#message", "Enter")
    await until(lambda: server.got("say"))
    server.deaf = False
    await server.drop()
    await expect(page.locator(".answer")).to_have_count(1)
    assert len({frame["id"] for frame in server.got("say")}) == 1
    assert (len(server.got("say")), server.said("居住证怎么办")) == (2, 1)


async def test_a_message_whose_echo_was_lost_is_not_doubled(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat(expected=CUT)
    server.mute = True
    await page.fill("#message", "居住证怎么办")
    await page.press("#message", "Enter")
    await until(lambda: len(server.only.messages) == 2)
    server.mute = False
    await server.drop()
    await expect(page.locator(".answer")).to_have_count(1)
    await expect(page.locator(".mine")).to_have_count(1)
    assert (len(server.got("say")), server.said("居住证怎么办")) == (1, 1)


async def test_unsent_messages_outlive_a_reload(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat(expected=CUT)
    server.deaf = True
    for text in ("居住证怎么办", "督查"):
        await page.fill("#message", text)
        await page.press("#message", "Enter")
    await until(lambda: len(server.got("say")) == 2)
    server.deaf = False
    await page.reload()
    await page.locator(".launcher").click()
    await expect(page.locator(".answer")).to_have_count(2)
    assert [m["text"] for m in server.only.messages if m["from"] == "citizen"] == ["居住证怎么办", "督查"]


async def test_without_sockets_everything_works_by_long_poll(open_chat: OpenChat, server: StandIn) -> None:
    server.sockets_work = False
    page: Page = await open_chat(expected=CUT)
    answer = await ask(page, "居住证怎么办")
    await expect(answer).to_contain_text("派出所")
    await ask(page, "督查")
    await page.locator(".person").click()
    await expect(page.locator(".answer.operator")).to_be_visible()
    await page.locator(".menu-switch").click()
    assert server.said("居住证怎么办") == server.said("督查") == 1


async def test_a_refused_message_can_be_taken_back(open_chat: OpenChat) -> None:
    page: Page = await open_chat()
    await page.fill("#message", "敏感词")
    await page.press("#message", "Enter")
    await expect(page.locator(".refusal")).to_contain_text("没有发出：这句话不能发送。")
    await page.get_by_role("button", name="不发了").click()
    await expect(page.locator(".mine")).to_have_count(0)
    await expect(page.locator("#message")).to_be_focused()


async def test_what_is_half_written_outlives_the_closing_of_the_panel(open_chat: OpenChat) -> None:
    page: Page = await open_chat()
    await page.fill("#message", "居住证")
    await page.get_by_role("button", name="关闭").click()
    await page.locator(".launcher").click()
    await expect(page.locator("#message")).to_have_value("居住证")


async def test_danger_stands_out_and_is_called_with_one_tap(open_chat: OpenChat) -> None:
    page: Page = await open_chat()
    await expect(page.locator(".ways .call")).to_have_attribute("href", "tel:12345")
    usual = await ask(page, "你好")
    danger = await ask(page, "我家着火了")
    call = danger.get_by_role("link", name="拨打 119")
    await expect(call).to_have_attribute("href", "tel:119")
    await expect(call).to_be_in_viewport()
    await expect(danger.locator(".alarm .call")).to_have_count(1)  # only what the answer names
    await expect(page.locator("#alarm p")).to_have_count(1)
    await expect(danger.locator(".votes")).to_have_count(0)
    colours = [await a.evaluate("e => getComputedStyle(e).backgroundColor") for a in (usual, danger)]
    assert colours[0] != colours[1]


async def test_choices_repeat_nothing_and_are_chosen_by_a_press(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat()
    answer = await ask(page, "督查")
    assert (await answer.inner_text()).count("督查事项要多久办结？") == 1
    await answer.get_by_role("button", name="督查事项要多久办结？").click()
    await expect(page.locator(".answer")).to_have_count(2)
    assert server.got("choose")[0]["payload"] == "督查事项要多久办结？"


async def test_questions_are_suggested_and_chosen_by_arrow_keys(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat()
    await page.locator("#message").press_sequentially("居住证", delay=30)
    options = page.locator("[role=option]")
    await expect(options).to_have_count(3)
    await page.keyboard.press("ArrowUp")
    await expect(options.last).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(options.first).to_have_attribute("aria-selected", "true")
    await expect(page.locator("#message")).to_have_attribute("aria-activedescendant", "suggestion-0")
    await page.keyboard.press("Escape")
    await expect(options).to_have_count(0)
    await expect(page.locator(".panel")).to_be_visible()
    await page.locator("#message").press_sequentially("怎")
    await options.first.wait_for()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await until(lambda: server.got("say"))
    assert server.got("say")[0]["text"] == "居住证怎么办理？"
    assert len(server.got("typing")) < 6


async def test_typing_is_told_at_most_every_300_ms(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat()
    await page.locator("#message").press_sequentially("一二三四五六七八九十" * 3, delay=30)
    await page.wait_for_timeout(400)
    told = server.got("typing")
    assert told[-1]["text"] == "一二三四五六七八九十" * 3
    assert 2 <= len(told) <= 7


async def test_hot_questions_are_asked_by_a_press(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat()
    await page.get_by_role("button", name="居住证怎么办理？").click()
    await expect(page.locator(".answer")).to_have_count(1)
    await expect(page.locator(".welcome")).to_have_count(0)
    assert server.said("居住证怎么办理？") == 1


async def test_enter_while_an_input_method_composes_sends_nothing(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat()
    await page.fill("#message", "juzhu")
    for event in ("{isComposing: true}", "{keyCode: 229}"):
        await page.locator("#message").evaluate(
            f"e => e.dispatchEvent(new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true, cancelable: true, ...{event}}}))"
        )
    await page.press("#message", "Shift+Enter")
    await page.wait_for_timeout(150)
    assert server.got("say") == []
    await expect(page.locator("#message")).to_have_value("juzhu\n")


async def test_deleting_asks_first_and_then_leaves_nothing(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat()
    await ask(page, "居住证怎么办")
    old = server.only.token
    await page.locator(".menu-switch").click()
    await page.locator(".menu .delete").click()
    await expect(page.get_by_role("button", name="取消")).to_be_focused()
    await page.keyboard.press("Escape")
    assert server.got("forget") == []
    await expect(page.locator(".answer")).to_be_visible()
    await page.locator(".menu-switch").click()
    await page.locator(".menu .delete").click()
    await page.get_by_role("button", name="确认删除").click()
    await expect(page.locator(".answer")).to_have_count(0)
    await expect(page.locator(".welcome")).to_be_visible()
    await until(lambda: len(server.got("hello")) == 2)
    assert server.got("hello")[-1]["token"] is None
    assert old not in server.conversations
    await expect(page.locator(".presence.open")).to_be_visible()
    assert old not in await page.evaluate("JSON.stringify(localStorage)")


async def test_news_are_counted_while_the_panel_is_closed(open_chat: OpenChat, server: StandIn) -> None:
    page: Page = await open_chat()
    await ask(page, "你好")
    await until(lambda: server.got("seen"))
    await page.get_by_role("button", name="关闭").click()
    await expect(page.locator(".launcher")).to_be_focused()
    server.post(server.only, "operator", "您的工单有新进展。", name="话务员08号")
    await expect(page.locator(".launcher .count")).to_have_text("1")
    await expect(page.locator(".launcher")).to_have_attribute("aria-label", "12345 在线咨询，1 条新消息")
    await page.locator(".launcher").click()
    await until(lambda: server.got("seen")[-1]["seq"] == 3)


async def test_an_answer_is_told_to_a_screen_reader_once(open_chat: OpenChat) -> None:
    page: Page = await open_chat()
    await page.evaluate(
        "() => { window.told = []; const root = document.querySelector('hotline-chat').shadowRoot;"
        "for (const box of root.querySelectorAll('[aria-live=polite],[aria-live=assertive]')) new MutationObserver(changes =>"
        "changes.forEach(c => c.addedNodes.forEach(n => window.told.push(n.textContent)))).observe(box, {childList: true, subtree: true}); }"
    )
    answer = await ask(page, "居住证要多久")
    await answer.locator("summary").click()
    await answer.get_by_role("button", name="没帮助").click()
    await ask(page, "你好")
    told = await page.evaluate("window.told")
    assert [text.split("\n")[0] for text in told] == [
        "答复：一般15天内办好，偏远地区不超过30天。",
        "答复：您好，我是12345热线的智能助手。请说说您想问什么。",
    ]
    assert "依据" not in "".join(told)


async def test_a_strict_policy_is_kept_and_the_page_leaves_its_styles_outside(open_chat: OpenChat) -> None:
    page: Page = await open_chat()
    await ask(page, "居住证要多久")
    await ask(page, "我家着火了")
    await page.locator(".report").click()
    await page.set_input_files("#order-photos", [{"name": "a.png", "mimeType": "image/png", "buffer": PIXEL}])
    await expect(page.locator(".photos canvas")).to_be_visible()
    assert await page.evaluate("window.violations") == []
    inside = await page.evaluate(
        "() => { const r = document.querySelector('hotline-chat').shadowRoot; const s = getComputedStyle(r.querySelector('#order-title'));"
        "return [r.querySelectorAll('style,link,[style]').length, s.fontStyle, s.textTransform, s.letterSpacing, s.fontSize] }"
    )
    assert inside == [0, "normal", "none", "normal", "19px"]
    # only the page's own script and the widget were loaded: nothing else, from nowhere else (open_chat watches)


async def test_it_runs_on_the_page_of_another_origin(
    open_chat: OpenChat, server: StandIn, other_server: StandIn
) -> None:
    there = other_server.origin
    server.widget_origin = there
    server.policy = f"default-src 'none'; script-src 'self' {there}; style-src 'self'; connect-src {there} {there.replace('http', 'ws')}"
    page: Page = await open_chat(expected=("to http",))
    await ask(page, "居住证怎么办")
    assert await page.evaluate("window.violations") == []
    assert (len(server.conversations), other_server.said("居住证怎么办")) == (0, 1)


async def test_the_pages_shortcuts_do_not_hear_what_is_typed(open_chat: OpenChat) -> None:
    page: Page = await open_chat()
    await page.locator("#message").press_sequentially("sss")
    assert await page.evaluate("window.shortcuts") == 0
    await page.focus("#host")
    await page.keyboard.press("s")
    assert await page.evaluate("window.shortcuts") == 1


async def test_hostile_text_stays_text(open_chat: OpenChat) -> None:
    page: Page = await open_chat()
    answer = await ask(page, "恶意 <img src=x onerror=window.hacked=1>")
    await expect(answer.locator(".words p").first).to_have_text(HOSTILE.split("\n")[0])
    await answer.locator("summary").click()
    await expect(answer.locator("blockquote")).to_contain_text("<script>")
    assert await page.evaluate("window.hacked") is None
    tags = await page.locator(".log").evaluate("e => e.querySelectorAll('img,script,b,i,u,[onerror]').length")
    assert tags == 0
    links = await page.locator(".log a").evaluate_all("all => all.map(a => a.protocol)")
    assert set(links) <= {"tel:", "http:", "https:"}


@pytest.mark.parametrize("path", ["/", "/?elder", "/page"])
async def test_long_and_right_to_left_texts_fit(open_chat: OpenChat, path: str) -> None:
    page: Page = await open_chat(path, size={"width": 360, "height": 740})
    await page.fill("#message", "x" * 2100)
    await expect(page.locator(".hint")).to_contain_text("一次最多 2000 个字")
    assert len(await page.input_value("#message")) == 2000
    await page.press("#message", "Enter")
    await page.locator(".answer").wait_for()
    await ask(page, "很长")
    answer = await ask(page, "阿拉伯")
    assert await answer.locator(".words p").evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert await page.locator(".log").evaluate("e => e.scrollWidth <= e.clientWidth")
    await expect(page.locator(".send")).to_be_in_viewport(ratio=1)
    last = await page.locator(".mine").last.bounding_box()
    log = await page.locator(".log").bounding_box()
    assert last is not None
    assert log is not None
    assert last["y"] >= log["y"]  # what was asked, and below it the first line of the answer


async def test_page_mode_fills_the_page_and_takes_the_place_of_what_stood_there(open_chat: OpenChat) -> None:
    page: Page = await open_chat("/page")
    await expect(page.locator("#message")).to_be_focused()
    await expect(page.locator("#hotline-chat > p")).to_have_count(0)
    await expect(page.locator(".launcher")).to_have_count(0)
    await expect(page.get_by_role("button", name="关闭")).to_have_count(0)
    box = await page.locator(".panel").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 1366, "height": 768}
    await ask(page, "你好")
    await page.keyboard.press("Escape")
    await expect(page.locator(".panel")).to_be_visible()


async def test_traditional_characters_are_a_choice_that_is_remembered(open_chat: OpenChat) -> None:
    page: Page = await open_chat("/?lang=zh-Hant")
    await expect(page.get_by_role("button", name="轉人工")).to_be_visible()
    await expect(page.locator(".root")).to_have_attribute("lang", "zh-Hant")
    answer = await ask(page, "居住证要多久")
    await expect(answer).to_contain_text("一般15天内办好")  # what the server says stays
    await page.locator(".menu-switch").click()
    await page.get_by_role("button", name="简体中文").click()
    await page.reload()
    await page.locator(".launcher").click()
    await expect(page.get_by_role("button", name="转人工")).to_be_visible()
