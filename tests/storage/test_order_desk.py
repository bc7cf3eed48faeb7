"""What citizens do with work orders, on both databases: file, ask, urge, add, rate, reopen, and see who looked."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import replace

import pytest

from bot.hotline.deadlines import ZONE, TimeLimit, TimeLimits
from bot.hotline.dialogue import Dialogue
from bot.hotline.filing import Asking, Draft, OrderRequest
from bot.hotline.knowledge import Knowledge
from bot.hotline.replies import Reply
from bot.hotline.routing import Suggestion
from bot.hotline.work_orders import Actor, Move, Role, State
from bot.knowledge_files import KnowledgeFiles
from bot.ordering import OrderDesk
from bot.storage import Database, count_callers, find_orders, load_knowledge, move_order, reveal_callers, save_knowledge

T0 = dt.datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
DRAFT = Draft(
    what="夜市摊子占道，电话13812345678", where="北京路沃尔玛门口", when="每天晚上", phone="13812345678", name="王女士"
)
STAFF = Actor("op1", Role.OPERATOR)


def no_suggestion(text: str, place: str) -> list[Suggestion]:
    return []


def again(draft: Draft, **changes: object) -> Draft:
    """Return a draft of its own with other content."""
    return replace(draft, key=secrets.token_hex(16), **changes)  # type: ignore[arg-type]


@pytest.fixture
def filled(database: Database, files: KnowledgeFiles) -> Database:
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="start")
    return database


@pytest.fixture
def knowledge(filled: Database) -> Knowledge:
    with filled.read() as connection:
        return load_knowledge(connection)


@pytest.fixture
def desk(filled: Database) -> OrderDesk:
    def mask(text: str) -> str:
        return text.replace("13812345678", "***")

    return OrderDesk(
        filled, TimeLimits({("", ""): TimeLimit(1, 30)}), mask, lambda place: "JZ", no_suggestion, lambda: T0
    )


def do(desk: OrderDesk, knowledge: Knowledge, conversation: str = "c1", **what: object) -> str:
    reply = Reply("work_order", "", "jingzhou", Dialogue(), **what)  # type: ignore[arg-type]
    return desk.fulfil(reply, knowledge, conversation, "web").text


def ask(desk: OrderDesk, knowledge: Knowledge, asking: Asking, conversation: str = "c1", **more: object) -> str:
    return do(desk, knowledge, conversation, order_request=OrderRequest(asking, **more))  # type: ignore[arg-type]


def test_filing_gives_a_number_and_a_due_day(desk: OrderDesk, knowledge: Knowledge, filled: Database) -> None:
    text = do(desk, knowledge, draft=DRAFT)
    assert "JZ202611230001" in text
    assert "30个工作日" in text
    assert "最迟11月24日派到" in text
    with filled.read() as connection:
        (order,) = find_orders(connection)
    assert "13812345678" not in order.content, "the caller's phone is not in the matter"
    assert (order.place, order.state) == ("北京路沃尔玛门口", State.ACCEPTED)


def test_the_department_of_the_routing_rule_is_named(desk: OrderDesk, knowledge: Knowledge) -> None:
    rule = knowledge.routing_rules[0]
    draft = again(DRAFT, rule=f"{rule.jurisdiction}.routing.{rule.id}")
    assert knowledge.departments[rule.department].name in do(desk, knowledge, draft=draft)


def test_the_same_matter_of_another_citizen_joins_the_first_order(
    desk: OrderDesk, knowledge: Knowledge, filled: Database
) -> None:
    do(desk, knowledge, draft=DRAFT)
    same = again(DRAFT, what="夜市摊子占道没法走", phone="13900001111")
    assert "已有工单 JZ202611230001" in do(desk, knowledge, "c2", draft=same)
    other = again(DRAFT, where="江津路加油站对面")
    assert "JZ202611230002" in do(desk, knowledge, "c3", draft=other)
    with filled.read() as connection:
        first, _ = sorted(find_orders(connection), key=lambda o: o.number)
        assert count_callers(connection, first.id) == 2


def test_only_who_filed_may_ask(desk: OrderDesk, knowledge: Knowledge) -> None:
    do(desk, knowledge, draft=DRAFT)
    assert "已受理" in ask(desk, knowledge, Asking.STATUS)
    assert "没有您登记过" in ask(desk, knowledge, Asking.STATUS, "c2")
    assert "没有找到您的" in ask(desk, knowledge, Asking.STATUS, "c2", number="JZ202611230001")
    assert "没有找到您的" in ask(desk, knowledge, Asking.STATUS, "c2", number="JZ202611230001", phone_end="0000")
    assert "已受理" in ask(desk, knowledge, Asking.STATUS, "c2", number="JZ202611230001", phone_end="5678")
    assert "没有找到您的" in ask(desk, knowledge, Asking.STATUS, number="JZ202611239999")


def test_urging_adding_rating_and_reopening(desk: OrderDesk, knowledge: Knowledge, filled: Database) -> None:
    do(desk, knowledge, draft=DRAFT)
    assert "催办" in ask(desk, knowledge, Asking.URGE)
    assert "补充" in ask(desk, knowledge, Asking.ADD, text="又多了两个摊")
    assert "不能评价" in ask(desk, knowledge, Asking.RATE, satisfaction=5), "nothing to rate yet"
    department = next(iter(knowledge.departments))
    handler = Actor("h", Role.HANDLER, department)
    with filled.begin() as connection:
        (order,) = find_orders(connection)
        for move, actor, given in (
            (Move.DISPATCH, STAFF, {"department": department}),
            (Move.SIGN, handler, {}),
            (Move.ANSWER, handler, {"answer": "已清理"}),
            (Move.REVIEW, STAFF, {}),
            (Move.FOLLOW_UP, STAFF, {"satisfaction": 4}),
            (Move.CLOSE, STAFF, {}),
        ):
            move_order(connection, order.id, move, actor, T0, **given)
    assert "已清理" in ask(desk, knowledge, Asking.STATUS)
    assert "评价" in ask(desk, knowledge, Asking.RATE, satisfaction=2)
    assert "重新打开" in ask(desk, knowledge, Asking.REOPEN, text="又摆出来了")
    with filled.read() as connection:
        (order,) = find_orders(connection)
    assert (order.state, order.satisfaction, order.urged) == (State.IN_PROGRESS, 2, 1)


def test_the_citizen_is_told_who_looked_at_the_contact(desk: OrderDesk, knowledge: Knowledge, filled: Database) -> None:
    do(desk, knowledge, draft=DRAFT)
    assert "没有人查看" in ask(desk, knowledge, Asking.VIEWS)
    with filled.begin() as connection:
        (order,) = find_orders(connection)
        reveal_callers(connection, order.id, STAFF, "回访", T0)
    assert "话务员，用途：回访" in ask(desk, knowledge, Asking.VIEWS)


def test_a_failure_of_supply_counts_hours(filled: Database, knowledge: Knowledge) -> None:
    limits = TimeLimits({("", ""): TimeLimit(1, 30), ("", "urgent"): TimeLimit(0, 1, answer_hours=24)})
    desk = OrderDesk(filled, limits, str, lambda place: "JZ", no_suggestion, lambda: T0)
    rule = replace(knowledge.routing_rules[0], category="公用事业/停水漏水水质")
    knowledge = replace(knowledge, routing_rules=(rule,))
    draft = again(DRAFT, what="整栋楼停水", rule=f"{rule.jurisdiction}.routing.{rule.id}")
    assert "24小时" in do(desk, knowledge, draft=draft)


def test_confirming_twice_files_once(desk: OrderDesk, knowledge: Knowledge, filled: Database) -> None:
    """The first confirmation may have been written although its reply was lost."""
    first = do(desk, knowledge, draft=DRAFT)
    assert do(desk, knowledge, draft=Draft.from_slot(DRAFT.as_slot())) == first
    with filled.read() as connection:
        (order,) = find_orders(connection)
        assert count_callers(connection, order.id) == 1


def test_a_photo_goes_with_the_order(desk: OrderDesk, knowledge: Knowledge, filled: Database) -> None:
    do(desk, knowledge, draft=again(DRAFT, links=("https://example.org/a.jpg",)))
    with filled.read() as connection:
        assert find_orders(connection)[0].attachments == ("https://example.org/a.jpg",)


def test_a_sure_suggestion_decides_the_category(desk: OrderDesk, knowledge: Knowledge, filled: Database) -> None:
    rule = knowledge.routing_rules[0]
    department = knowledge.departments[rule.department]

    def suggest(confidence: float) -> OrderDesk:
        return replace(
            desk, suggest=lambda text, place: [Suggestion("城管/占道", rule, department, confidence, ("占道",))]
        )

    assert department.name not in do(suggest(0.5), knowledge, draft=again(DRAFT, where="甲路口的东边"))
    assert department.name in do(suggest(0.7), knowledge, draft=again(DRAFT, where="完全不同的乙大厦"))
    with filled.read() as connection:
        assert {o.place: o.category for o in find_orders(connection)} == {
            "甲路口的东边": "待分类",
            "完全不同的乙大厦": "城管/占道",
        }
