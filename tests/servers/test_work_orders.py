"""A work order from the first complaint to its number, over the running system."""

from __future__ import annotations

import re

import pytest

from tests.conftest import System

pytestmark = pytest.mark.slow


def test_a_complaint_is_filed_and_asked_about(system: System) -> None:
    sender = "order-1"
    routed = system.say("楼下夜市摊天天占道摆摊，油烟大得很", sender)
    assert routed.kind == "route"
    assert "登记工单" in str(routed.messages)
    for said in ("登记工单", "测试路百货门口", "每天晚上"):
        reply = system.say(said, sender)
        if "请核对" in reply.text:
            break
    if "电话" in reply.text and "请核对" not in reply.text:
        reply = system.say("13812345678", sender)
    assert "请核对" in reply.text
    filed = system.say("确认提交", sender)
    assert filed.kind == "work_order"
    number = re.search(r"JZ\d{12}", filed.text)
    assert number, filed.text
    assert "已受理" in system.say("查一下我的工单", sender).text
    assert "已受理" not in system.say(f"查工单 {number[0]}", "somebody-else").text
    assert "催办" in system.say(f"催一下工单 {number[0]}", sender).text


def test_an_eligibility_check_runs_over_several_turns(system: System) -> None:
    sender = "check-1"
    first = system.say("我能不能办居住证", sender)
    assert first.kind == "clarify"
    assert "半年" in first.text
    assert system.say("来了三个月", sender).kind == "answer"
    assert "可以申领" not in system.say("说错了，来了八个月", sender).text
    assert "可以申领" in system.say("在厂里上班", sender).text
