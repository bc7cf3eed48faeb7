"""A work order is filed in any order, corrected, refused in part, and only after the citizen has said yes."""

from __future__ import annotations

import pytest

from bot.hotline.answering import Assistant, Turn
from bot.hotline.dialogue import Dialogue
from bot.hotline.filing import Asking, Draft, Step, ask, begin, begins_filing, next_step, order_request
from bot.hotline.replies import Reply
from bot.hotline.understanding import Understanding
from bot.hotline.work_orders import RequestKind


def talk(step: Step, *texts: str) -> Step:
    for text in texts:
        assert step.draft is not None
        following = next_step(step.draft, text)
        assert following is not None, text
        step = following
    return step


def start(text: str = "楼下烧烤摊占道油烟大") -> Step:
    return ask(begin("登记工单", text, ""))


def test_each_part_is_asked_once_and_the_summary_comes_before_filing() -> None:
    step = start()
    assert "哪里" in step.text
    step = talk(step, "北京路沃尔玛门口")
    assert "什么时候" in step.text
    step = talk(step, "每天晚上8点以后")
    assert "电话" in step.text
    step = talk(step, "13812345678 王女士")
    assert "请核对" in step.text
    assert not step.ready
    for part in ("烧烤摊", "北京路沃尔玛门口", "每天晚上8点", "13812345678", "王女士"):
        assert part in step.text
    done = talk(step, "确认提交")
    assert done.ready
    assert done.draft is not None
    assert done.draft.phone == "13812345678"


def test_what_was_said_at_once_is_not_asked_again() -> None:
    step = ask(begin("登记工单", "我住在锦绣花园3号楼，昨晚电梯坏了，电话13812345678", ""))
    assert "请核对" in step.text


@pytest.mark.parametrize("said", ["不留", "不留电话", "匿名", "没有"])
def test_a_contact_can_be_refused(said: str) -> None:
    step = talk(start(), "北京路", "每天晚上", said, "确认")
    assert step.ready
    assert step.draft is not None
    assert step.draft.phone == "未留"


def test_all_of_an_answer_is_kept() -> None:
    step = talk(start(), "北京路口往东五十米", "每天晚上8点到12点")
    assert step.draft is not None
    assert (step.draft.where, step.draft.when) == ("北京路口往东五十米", "每天晚上8点到12点")


def test_confidentiality_is_kept() -> None:
    step = talk(start(), "北京路", "每天晚上", "13812345678，请保密")
    assert step.draft is not None
    assert step.draft.confidential
    assert "保密" in step.text


@pytest.mark.parametrize(
    ("said", "part", "value"),
    [
        ("地点改成江津路8号", "where", "江津路8号"),
        ("时间应该是昨晚10点", "when", "昨晚10点"),
        ("电话错了，改成13987654321", "phone", "13987654321"),
        ("内容改成烧烤摊扔垃圾", "what", "烧烤摊扔垃圾"),
    ],
)
def test_everything_can_be_corrected(said: str, part: str, value: str) -> None:
    step = talk(start(), "北京路", "每天晚上", "13812345678", said)
    assert getattr(step.draft, part) == value
    assert "请核对" in step.text


def test_a_house_number_is_no_day() -> None:
    step = talk(start(), "在北京路88号的工地")
    assert step.draft is not None
    assert step.draft.when == ""
    for said in ("8号", "三月份开始", "9月12号"):
        assert ask(begin("登记工单", f"{said}路灯就不亮了，一直没人来修", "")).draft.when == said  # type: ignore[union-attr]


def test_an_address_that_was_blanked_out_is_asked_again() -> None:
    step = ask(begin("登记工单", "老板拖欠我们工资，江津路〔地址〕工地", ""))
    assert "哪里" in step.text
    assert (
        talk(step, "江津路12号工地").draft
        == talk(start("老板拖欠我们工资，江津路〔地址〕工地"), "江津路12号工地").draft
    )


@pytest.mark.parametrize("steps", [("北京路", "昨晚"), ("北京路", "昨晚", "13812345678")])
def test_a_time_that_was_not_asked_for_corrects_the_time(steps: tuple[str, ...]) -> None:
    step = talk(start(), *steps, "三月份开始")
    assert step.draft is not None
    assert step.draft.when == "三月份开始"


def test_a_name_may_follow_the_phone() -> None:
    step = talk(start(), "北京路", "昨晚", "13812345678 姓李，请保密")
    assert step.draft is not None
    assert (step.draft.name, step.draft.confidential) == ("李", True)


def test_cancelling_files_nothing() -> None:
    step = talk(start(), "北京路", "取消")
    assert step.draft is None
    assert "没有登记" in step.text


def test_a_question_about_papers_is_no_answer_to_when() -> None:
    step = talk(start(), "不清楚")
    assert step.draft is not None
    assert next_step(step.draft, "办居住证要什么材料") is None


def test_a_question_in_between_is_left_to_the_rest() -> None:
    step = start()
    assert step.draft is not None
    assert next_step(step.draft, "居住证多久能办好？") is None
    assert next_step(step.draft, "我能不能办居住证") is None


def test_the_numbers_of_the_buttons_may_be_typed() -> None:
    summary = talk(start(), "北京路", "每天晚上", "不留")
    assert talk(summary, "1").ready
    assert talk(summary, "2").draft is None


def test_anything_but_yes_does_not_file() -> None:
    step = talk(start(), "北京路", "每天晚上", "不留", "随便说一句")
    assert not step.ready
    assert "确认提交" in step.text


@pytest.mark.parametrize("said", ["登记工单", "帮我登记一下", "我要提交工单", "给我派单"])
def test_asking_to_file_begins_it(said: str) -> None:
    assert begins_filing(said)


@pytest.mark.parametrize("said", ["工单怎么登记？", "登记工单要多久", "楼下烧烤摊太吵", "JZ202611230001登记工单了吗"])
def test_asking_about_filing_does_not(said: str) -> None:
    assert not begins_filing(said)


def test_the_kind_follows_the_words() -> None:
    assert Draft(what="我要举报偷税").kind is RequestKind.REPORT
    assert Draft(what="建议增加路灯").kind is RequestKind.SUGGESTION
    assert Draft(what="摊贩占道").kind is RequestKind.COMPLAINT


@pytest.mark.parametrize(
    ("said", "asking"),
    [
        ("查一下我的工单", Asking.STATUS),
        ("JZ202611230001 办得怎么样了", Asking.STATUS),
        ("工单催一下", Asking.URGE),
        ("我的投诉没解决", Asking.REOPEN),
        ("我的工单补充：又多了两个摊", Asking.ADD),
        ("工单打5分", Asking.RATE),
        ("谁看过我工单的联系方式", Asking.VIEWS),
    ],
)
def test_what_is_wanted_of_a_filed_order_is_understood(said: str, asking: Asking) -> None:
    request = order_request(said)
    assert request is not None
    assert request.asking is asking


@pytest.mark.parametrize(
    ("said", "satisfaction"),
    [("工单打4分", 4), ("工单很满意", 5), ("我的工单不满意", 2), ("工单满意", 4), ("工单评价三星", 3)],
)
def test_a_rating_is_read(said: str, satisfaction: int) -> None:
    request = order_request(said)
    assert request is not None
    assert request.satisfaction == satisfaction


def test_other_messages_are_not_about_orders() -> None:
    assert order_request("居住证办得怎么样算完成") is None
    assert order_request("投诉电话是多少") is None


def say(assistant: Assistant, *texts: str) -> Reply:
    dialogue = Dialogue()
    for text in texts:
        scores = {"report_problem": 0.95} if "摆" in text else {}
        reply = assistant.answer(Turn(text, Understanding(scores), dialogue))
        dialogue = reply.dialogue
    return reply


def test_a_complaint_becomes_a_work_order_with_its_department(assistant: Assistant) -> None:
    routed = say(assistant, "夜市摊子把路占满了天天摆")
    assert routed.kind == "route"
    assert [choice.title for choice in routed.choices] == ["登记工单"]
    reply = say(assistant, "夜市摊子把路占满了天天摆", "登记工单", "河西路口", "不留", "确认提交")
    assert reply.kind == "work_order"
    assert reply.draft is not None
    assert reply.draft.rule == "yunjiang.routing.stalls"
    assert "夜市" in reply.draft.what
    assert not reply.dialogue.filing, "a second yes files nothing more"


def test_danger_is_answered_even_while_filing(assistant: Assistant) -> None:
    reply = say(assistant, "登记工单", "我家着火了快来人")
    assert reply.kind == "emergency"
    assert reply.dialogue.filing


@pytest.mark.parametrize("last", ["确认提交", "取消"])
def test_the_phone_is_forgotten_once_the_filing_ends(assistant: Assistant, last: str) -> None:
    dialogue = Dialogue(text="楼下烧烤摊占道油烟大")
    for said in ("登记工单", "北京路8号", "每天晚上", "13812345678", last):
        reply = assistant.answer(Turn(said, Understanding({}), dialogue))
        dialogue = reply.dialogue
        if said == "13812345678":
            assert said in str(dialogue.as_slot()), "it stands there while it is needed"
    assert (reply.draft is not None) == (last == "确认提交")
    assert "13812345678" not in str(dialogue.as_slot())
