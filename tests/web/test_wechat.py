"""The official account against a stand-in for the platform that enforces the platform's rules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.channels.wechat.wording import LONGEST
from bot.errors import HotlineError
from bot.hotline.conversations import Author
from bot.settings import Settings
from bot.storage import Database, Saying, note_presence, queued_conversations
from bot.web.app import create_app
from bot.web.keys import SWITCHBOARD
from bot.web.wechat import routes
from bot.web.wechat.desk import WechatDesk
from tests.load.wechat import measure
from tests.web.conftest import StandIn, reply_of
from tests.wechat_platform import Account, Interaction, Kind, Mode, Platform, openid_of
from tests.wechat_platform.api import SEND, STABLE_TOKEN

SLOW_FOR_IT = 0.6  # seconds: longer than the short deadline below
Meet = Callable[..., Any]


@pytest.fixture(params=list(Mode), ids=lambda mode: mode.value)
def mode(request: pytest.FixtureRequest) -> Mode:
    return request.param


@pytest.fixture
async def meet(rasa: StandIn, settings: Settings, aiohttp_server: Any) -> AsyncIterator[Meet]:
    """Make an account on the platform and the web process behind it."""
    platforms: list[Platform] = []

    async def start(mode: Mode = Mode.PLAIN, **changed: Any) -> Platform:
        account = Account(mode=mode, custom_service=changed.pop("pushes", True))
        platform = Platform(account=account)
        platforms.append(platform)
        stand_in = await aiohttp_server(rasa.application())
        values = {
            "rasa_port": stand_in.port, "actions_port": stand_in.port, "wechat_mode": mode.value,
            "wechat_token": account.token, "wechat_appid": account.appid, "wechat_secret": account.secret,
            "wechat_aes_key": account.aes_key, "wechat_push": account.custom_service,
            "wechat_api": await platform.serve(),
        }  # fmt: skip
        server = await aiohttp_server(create_app(Settings(**vars(settings) | values | changed)))
        platform.connect(str(server.make_url("/wechat")))
        platform.app = server.app  # type: ignore[attr-defined]
        return platform

    yield start
    for platform in platforms:
        await platform.close()


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The patience with an answer is half a second, not 4.5."""
    monkeypatch.setattr(routes, "_WITHIN", routes.dt.timedelta(seconds=0.4))


impatient = pytest.mark.usefixtures("impatience")


def board(platform: Platform) -> Any:
    return platform.app[SWITCHBOARD]  # type: ignore[attr-defined]


MEI = openid_of("mei")


async def test_the_platform_can_verify_the_address(meet: Meet, mode: Mode) -> None:
    assert (await (await meet(mode)).verify()).passed


async def test_the_address_is_not_verified_for_who_has_another_token(meet: Meet, mode: Mode) -> None:
    platform = await meet(mode)
    assert not (await platform.pusher.verify(token="othertoken")).passed


async def test_a_question_is_answered_over_its_own_request(meet: Meet, mode: Mode, rasa: StandIn) -> None:
    platform = await meet(mode)
    await platform.say(MEI, "督查事项多久办结？")
    entry = platform.record.assert_answered_once(MEI)
    assert (entry.kind, entry.text) == (Kind.PASSIVE, "应在30个工作日内办结。")
    assert rasa.received[0]["metadata"]["channel"] == "wechat"
    assert MEI not in str(rasa.received)


@impatient
async def test_what_takes_longer_is_pushed_once(meet: Meet, mode: Mode, rasa: StandIn) -> None:
    rasa.echoes(SLOW_FOR_IT)
    platform = await meet(mode)
    await platform.say(MEI, "慢一点")
    await platform.record.wait_for_answers(MEI, 1)
    entry = platform.record.assert_answered_once(MEI)
    assert (entry.kind, entry.text) == (Kind.CUSTOM, "答：慢一点")


@pytest.mark.parametrize("before", [True, False])
@impatient
async def test_what_the_database_brings_too_late_is_acknowledged_and_pushed_once(
    meet: Meet, rasa: StandIn, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    settle = WechatDesk._settle

    def slow(*arguments: Any) -> Any:
        time.sleep(1.5 if before else 0)
        settled = settle(*arguments)
        time.sleep(0 if before else 1.5)
        return settled

    monkeypatch.setattr(WechatDesk, "_settle", slow)
    platform = await meet()
    delivery = await platform.say(MEI, "多久办结？")
    assert (delivery.reply, delivery.failure, len(delivery.attempts)) == (None, "", 1)
    assert delivery.attempts[0].took < 1.5
    await platform.record.wait_for_answers(MEI, 1)
    entry = platform.record.assert_answered_once(MEI)
    assert (entry.kind, entry.text) == (Kind.CUSTOM, "应在30个工作日内办结。")


@impatient
async def test_without_the_right_to_push_it_comes_with_the_next_message(meet: Meet, rasa: StandIn) -> None:
    rasa.echoes(SLOW_FOR_IT)
    platform = await meet(pushes=False)
    await platform.say(MEI, "慢一点")
    assert "正在为您查询" in platform.record.texts(MEI)[-1]
    await asyncio.sleep(SLOW_FOR_IT)
    await platform.say(MEI, "1")
    assert platform.record.texts(MEI)[-1] == "答：慢一点"
    assert len(rasa.received) == 1
    assert platform.record.calls == []


@impatient
async def test_with_the_next_question_it_comes_before_the_new_answer(meet: Meet, rasa: StandIn) -> None:
    rasa.echoes(SLOW_FOR_IT)
    platform = await meet(pushes=False)
    await platform.say(MEI, "慢一点")
    await asyncio.sleep(SLOW_FOR_IT)
    rasa.echoes()
    await platform.say(MEI, "另外一件事")
    assert platform.record.texts(MEI)[-1] == "答：慢一点\n\n答：另外一件事"


@pytest.mark.parametrize("pushes", [True, False])
async def test_a_push_that_comes_again_is_answered_with_the_same(meet: Meet, rasa: StandIn, pushes: bool) -> None:
    platform = await meet(pushes=pushes)
    message = platform.compose.text(MEI, "多久办结？")
    first = await platform.pusher.push(message)
    again = await platform.pusher.push(message)
    assert first.reply is not None
    assert again.reply is not None
    assert first.reply.text == again.reply.text == "应在30个工作日内办结。"
    assert len(rasa.received) == 1


async def test_a_push_that_comes_again_while_the_first_is_being_answered_gets_the_same(
    meet: Meet, rasa: StandIn
) -> None:
    rasa.echoes(0.3)
    platform = await meet()
    message = platform.compose.text(MEI, "多久办结？")
    platform.followers.interact(MEI, Interaction.MESSAGE)
    both = await asyncio.gather(*(platform.pusher.push(message) for _ in range(4)))
    assert {delivery.reply.text for delivery in both if delivery.reply} == {"答：多久办结？"}
    assert all(delivery.reply for delivery in both)
    assert len(rasa.received) == 1
    await asyncio.sleep(0.5)
    assert platform.record.texts(MEI) == []  # nothing is pushed besides


@impatient
async def test_a_push_that_comes_again_after_it_was_acknowledged_says_nothing_twice(meet: Meet, rasa: StandIn) -> None:
    rasa.echoes(SLOW_FOR_IT)
    platform = await meet()
    message = platform.compose.text(MEI, "慢一点")
    platform.followers.interact(MEI, Interaction.MESSAGE)
    await platform.pusher.push(message)
    again = await platform.pusher.push(message)
    assert again.reply is None
    assert not again.failure
    await platform.record.wait_for_answers(MEI, 1)
    assert platform.record.texts(MEI) == ["答：慢一点"]


async def test_a_long_answer_comes_in_pieces_cut_at_sentences(meet: Meet, rasa: StandIn) -> None:
    sentences = [
        f"第{n}条规定，申请人应当提交相应的材料，并对真实性负责，详见https://example.gov.cn/{n}。" for n in range(60)
    ]
    rasa.answers(reply_of("answer", "".join(sentences)))
    platform = await meet()
    await platform.say(MEI, "全文")
    await platform.record.wait_for_answers(MEI, 4)
    texts = platform.record.texts(MEI)
    assert "".join(texts).replace("\n", "") == "".join(sentences)
    assert all(len(text.encode()) <= LONGEST and text.endswith("。") for text in texts)
    assert platform.record.refusals() == []


async def test_without_the_right_to_push_the_rest_is_asked_for(meet: Meet, rasa: StandIn) -> None:
    text = "".join(f"第{n}条规定，申请人应当提交相应的材料，并对真实性负责。" for n in range(60))
    rasa.answers(reply_of("answer", text))
    platform = await meet(pushes=False)
    await platform.say(MEI, "全文")
    for _ in range(5):
        if "回复“继续”" in platform.record.texts(MEI)[-1]:
            await platform.say(MEI, "继续")
    read = "".join(t.replace("\n（未完，回复“继续”看下文）", "") for t in platform.record.texts(MEI))
    assert read == text
    assert len(rasa.received) == 1


async def test_buttons_become_numbered_choices(meet: Meet, rasa: StandIn) -> None:
    buttons = [{"title": "居住证怎么办", "payload": "居住证怎么办"}, {"title": "转人工", "payload": "转人工"}]
    rasa.answers([{"text": "您是想问：", "buttons": buttons}])
    platform = await meet()
    await platform.say(MEI, "居住证")
    assert platform.record.texts(MEI) == ["您是想问：\n\n回复数字选择：\n1. 居住证怎么办\n2. 转人工"]


@pytest.mark.parametrize(
    "text", ["]]><Content>x</Content>", "<a href='x'>&amp;", "\x07\x00控制", "😀" * 30, "']]>'\n换行"]
)
async def test_no_text_breaks_out_of_the_reply(meet: Meet, mode: Mode, rasa: StandIn, text: str) -> None:
    rasa.answers(reply_of("answer", f"答{text}"))
    platform = await meet(mode)
    await platform.say(MEI, "说吧")
    assert platform.record.failures(MEI) == []
    assert platform.record.assert_answered_once(MEI).text.startswith("答")


async def test_speech_counts_as_its_words_and_without_them_is_asked_to_be_typed(meet: Meet, rasa: StandIn) -> None:
    platform = await meet()
    await platform.speak(MEI, "居住证多久能办好。")
    assert rasa.received[0]["message"] == "居住证多久能办好。"
    await platform.speak(MEI)
    assert "请打字" in platform.record.texts(MEI)[-1]
    assert len(rasa.received) == 1


async def test_pictures_and_places_reach_the_bot_as_words(meet: Meet, rasa: StandIn) -> None:
    platform = await meet()
    await platform.show(MEI)
    await platform.act(platform.compose.location(MEI, 30.3, 112.2, "北京路8号"))
    await platform.act(platform.compose.link(MEI, "关于居住证", "说明", "https://example.gov.cn/1"))
    said = [received["message"] for received in rasa.received]
    assert said[0].startswith("照片：http")
    assert said[1:] == ["北京路8号", "关于居住证"]


async def test_a_video_is_kindly_declined(meet: Meet, rasa: StandIn) -> None:
    platform = await meet()
    await platform.act(platform.compose.video(MEI, "m1", "m2"))
    assert "看不了视频" in platform.record.assert_answered_once(MEI).text
    assert rasa.received == []


async def test_a_menu_press_asks_what_stands_behind_it(meet: Meet, rasa: StandIn) -> None:
    platform = await meet()
    await platform.click(MEI, "居住证怎么办理")
    assert rasa.received[0]["message"] == "居住证怎么办理"
    platform.record.assert_answered_once(MEI)


async def test_a_new_follower_is_welcomed_and_a_scanned_code_sets_the_place(meet: Meet, rasa: StandIn) -> None:
    platform = await meet()
    await platform.follow(MEI)
    assert "云江市" in platform.record.texts(MEI)[-1]
    assert "办证要带什么？" in platform.record.texts(MEI)[-1]
    await platform.scan(MEI, "beihe")
    assert "北河市" in platform.record.texts(MEI)[-1]
    await platform.say(MEI, "多久办结？")
    assert rasa.received[-1]["metadata"]["jurisdiction"] == "beihe"
    await platform.scan(MEI, "nowhere")
    assert "北河市" in platform.record.texts(MEI)[-1]


@pytest.mark.parametrize("event", ["view", "location", "template", "leave"])
async def test_events_that_need_no_answer_get_none(meet: Meet, rasa: StandIn, event: str) -> None:
    platform = await meet()
    compose = platform.compose
    if event == "leave":
        await platform.follow(MEI)
        delivery = await platform.leave(MEI)
    else:
        delivery = await platform.act(
            {
                "view": lambda: compose.view(MEI, "https://example.gov.cn"),
                "location": lambda: compose.report_location(MEI, 30.3, 112.2),
                "template": lambda: compose.template_finished(MEI, 1),
            }[event]()
        )
    assert not delivery.failure
    assert delivery.reply is None
    assert rasa.received == []


async def test_an_operators_words_are_pushed(meet: Meet, rasa: StandIn, database: Database) -> None:
    with database.begin() as connection:
        note_presence(connection, "u1", "1号话务员", True, routes.now())
    rasa.answers(reply_of("handoff", "好的，为您转接人工。"))
    platform = await meet()
    await platform.say(MEI, "转人工")
    assert "您是下一位" in platform.record.texts(MEI)[-1]
    with database.read() as connection:
        held = queued_conversations(connection)[0].id
    await board(platform).take(held, "u1", "1号话务员")
    await board(platform).say_as_operator(held, "u1", Saying(Author.OPERATOR, "您好，请讲。"), id="o1")
    await platform.record.wait_for_answers(MEI, 3)
    assert platform.record.texts(MEI)[1:] == ["1号话务员为您服务。", "您好，请讲。"]
    delivery = await platform.say(MEI, "我的身份证丢了")
    assert delivery.reply is None  # the operator answers
    assert not delivery.failure


async def test_who_is_out_of_reach_is_told_with_the_next_message(meet: Meet, rasa: StandIn, database: Database) -> None:
    platform = await meet()
    await platform.say(MEI, "多久办结？")
    (conversation,) = all_conversations(database)
    for number in range(8):
        await board(platform).change(conversation, lambda c: c, f"第{number}条消息。")
    await platform.record.wait_for_answers(MEI, 6)
    await asyncio.sleep(0.8)
    assert platform.record.texts(MEI)[1:] == [f"第{n}条消息。" for n in range(5)]
    await platform.say(MEI, "继续")
    assert platform.record.texts(MEI)[-1] == "第5条消息。\n\n第6条消息。\n\n第7条消息。"
    assert platform.record.refused_for_quota() == []
    assert len(rasa.received) == 1


def all_conversations(database: Database) -> list[str]:
    with database.read() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT id FROM conversations").all()]


@pytest.mark.parametrize("code", [-1, 45011, 40001, 42001])
@impatient
async def test_a_passing_fault_delays_a_message_and_loses_none(meet: Meet, rasa: StandIn, code: int) -> None:
    rasa.echoes(SLOW_FOR_IT)
    platform = await meet()
    platform.api.faults.fail(code, times=1, path=SEND)
    await platform.say(MEI, "慢一点")
    await platform.record.wait_for_answers(MEI, 1)
    assert platform.record.texts(MEI) == ["答：慢一点"]


@impatient
async def test_an_expired_token_is_renewed(meet: Meet, rasa: StandIn) -> None:
    rasa.echoes(SLOW_FOR_IT)
    platform = await meet()
    for number in range(2):
        await platform.say(MEI, f"第{number}问")
        await platform.record.wait_for_answers(MEI, number + 1)
        platform.api.tokens.revoke_all()
    assert platform.record.texts(MEI) == ["答：第0问", "答：第1问"]


@impatient
async def test_an_account_that_lost_its_right_keeps_the_message(meet: Meet, rasa: StandIn) -> None:
    rasa.echoes(SLOW_FOR_IT)
    platform = await meet()
    platform.api.faults.fail(48001, times=99, path=SEND)
    await platform.say(MEI, "慢一点")
    await asyncio.sleep(SLOW_FOR_IT + 1)
    await platform.say(MEI, "继续")
    assert platform.record.texts(MEI) == ["答：慢一点"]


@impatient
async def test_processes_share_one_token(meet: Meet, rasa: StandIn) -> None:
    rasa.echoes(SLOW_FOR_IT)
    platform = await meet()
    people = [openid_of(f"p{n}") for n in range(20)]
    await asyncio.gather(*(platform.say(who, "慢一点") for who in people))
    for who in people:
        await platform.record.wait_for_answers(who, 1)
    assert sum(call.path == STABLE_TOKEN for call in platform.record.calls) == 1


@impatient
async def test_while_rasa_is_down_the_follower_is_told_and_answered_later(meet: Meet, rasa: StandIn) -> None:
    rasa.answers({"error": "x"}, 500)
    platform = await meet()
    await platform.say(MEI, "多久办结？")
    await platform.record.wait_for_answers(MEI, 1)
    assert "恢复后马上答复" in platform.record.texts(MEI)[0]
    rasa.echoes()
    await platform.record.wait_for_answers(MEI, 2)
    assert platform.record.texts(MEI)[1:] == ["答：多久办结？"]


async def test_a_follower_can_have_everything_deleted(meet: Meet, database: Database) -> None:
    platform = await meet()
    await platform.say(MEI, "多久办结？")
    await platform.say(MEI, "删除我的聊天记录")
    assert "已删除" in platform.record.texts(MEI)[-1]
    assert all_conversations(database) == []


async def test_what_is_asked_after_deleting_is_a_new_message_to_rasa(meet: Meet, rasa: StandIn) -> None:
    platform = await meet()
    for text in ("多久办结？", "删除我的聊天记录", "另一件事"):
        await platform.say(MEI, text)
    first, second = (received["metadata"]["message_id"] for received in rasa.received)
    assert first != second  # else Rasa would take it for the first one, sent again


FORGED: dict[str, Callable[[dict[str, str], bytes], tuple[dict[str, str], bytes]]] = {
    "no signature": lambda q, b: ({k: v for k, v in q.items() if "signature" not in k}, b),
    "another signature": lambda q, b: ({**q, "signature": "0" * 40, "msg_signature": "0" * 40}, b),
    "another nonce": lambda q, b: ({**q, "nonce": "1"}, b),
    "another time": lambda q, b: ({**q, "timestamp": str(int(q["timestamp"]) - 1)}, b),
    "no query": lambda q, b: ({"signature": "", "msg_signature": ""}, b),
    "nothing": lambda q, b: (q, b""),
    "no XML": lambda q, b: (q, b"{}"),
    "half": lambda q, b: (q, b[: len(b) // 2]),
    "not UTF-8": lambda q, b: (q, b"\xff\xfe" + b),
    "an entity bomb": lambda q, b: (q, BOMB),
    "a foreign entity": lambda q, b: (q, FOREIGN),
    "deep": lambda q, b: (q, b"<a>" * 15_000),
    "huge": lambda q, b: (q, b"<xml>" + b"x" * 200_000 + b"</xml>"),
    "other fields": lambda q, b: (q, b"<xml><a>1</a></xml>"),
    "no sender": lambda q, b: (q, b"<xml><MsgType>text</MsgType><Content>x</Content></xml>"),
}
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><xml><MsgType>text</MsgType><FromUserName>x</FromUserName><Content>&j;</Content></xml>"
)
FOREIGN = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    b"<xml><MsgType>text</MsgType><FromUserName>x</FromUserName><Content>&a;</Content></xml>"
)


@pytest.mark.parametrize("name", FORGED)
async def test_what_the_platform_did_not_send_is_refused_and_learns_nothing(
    meet: Meet, mode: Mode, rasa: StandIn, database: Database, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    platform = await meet(mode)
    query, body = platform.pusher.request(platform.compose.text(MEI, "秘密的问题"))
    query, body = FORGED[name](query, body)
    attempt = await platform.pusher.post(platform.compose.text(MEI, "x"), query=query, body=body)
    assert attempt.status in (403, 413)
    for word in ("秘密", "Traceback", "signature", "root:", platform.account.token):
        assert word not in str(attempt.body)
        assert word == "signature" or word not in caplog.text
    assert rasa.received == []
    assert all_conversations(database) == []


async def test_an_old_push_is_refused(meet: Meet, mode: Mode, rasa: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = await meet(mode)
    message = platform.compose.text(MEI, "旧消息")
    query, body = platform.pusher.request(message)
    later = routes.now() + routes.dt.timedelta(minutes=6)
    monkeypatch.setattr(routes, "now", lambda: later)
    assert (await platform.pusher.post(message, query=query, body=body)).status == 403
    assert rasa.received == []


@pytest.mark.parametrize("mode", [Mode.COMPATIBLE, Mode.SAFE])
async def test_an_account_that_encrypts_takes_nothing_in_the_clear(meet: Meet, mode: Mode, rasa: StandIn) -> None:
    platform = await meet(mode)
    plain = Platform(account=Account(mode=Mode.PLAIN))
    plain.connect(str(platform.pusher.url))
    assert (await plain.say(MEI, "明文")).failure
    await plain.close()
    assert rasa.received == []


async def test_another_key_or_account_is_refused(meet: Meet, rasa: StandIn) -> None:
    platform = await meet(Mode.SAFE)
    for changed in ({"aes_key": "Z" * 43}, {"appid": "wx9999999999999999"}):
        other = Platform(account=Account(mode=Mode.SAFE, **changed))
        other.connect(str(platform.pusher.url))
        assert (await other.say(MEI, "别的公众号")).failure
        await other.close()
    assert rasa.received == []


@pytest.mark.parametrize(
    "changed",
    [{"wechat_token": ""}, {"wechat_appid": ""}, {"wechat_secret": ""}, {"wechat_aes_key": "short"}],
)
def test_an_account_that_is_set_badly_is_named_at_the_start(settings: Settings, changed: dict[str, str]) -> None:
    right = {"wechat_mode": "safe", "wechat_token": "abc123", "wechat_appid": "wx1", "wechat_secret": "s", "wechat_aes_key": "a" * 43}  # fmt: skip
    with pytest.raises(HotlineError, match="HOTLINE_WECHAT"):
        create_app(Settings(**vars(settings) | right | changed))


async def test_without_an_account_there_is_no_such_address(client: Any) -> None:
    assert (await client.get("/wechat")).status == 404


@pytest.mark.slow
async def test_each_message_is_answered_once_however_slow_the_bot(tmp_path: Path) -> None:
    """``python -m tests.load.wechat`` does the same with a thousand, and looks at the time."""
    figures = await measure(tmp_path, followers=25, questions=4, spread=10)
    assert figures.faults == []
    assert figures.messages == figures.passive + figures.pushed == 100
    assert figures.repeated > 0
    assert figures.pushed > 10
