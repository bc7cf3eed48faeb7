"""The state machine of work orders: every legal way, every refusal with its reason, and the clock along the way."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import KnowledgeInvalid, MoveRefused
from bot.hotline.deadlines import ZONE, Lamp, Pause, TimeLimit, answer_due, lamp, read_time_limits
from bot.hotline.duplicates import same_matter
from bot.hotline.work_orders import (
    MOVE_NAMES,
    ROLE_NAMES,
    RULES,
    STATE_NAMES,
    Actor,
    Move,
    RequestKind,
    Role,
    State,
    WorkOrder,
    make_move,
    possible_moves,
)
from bot.settings import PROJECT_ROOT

T0 = dt.datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)  # a Monday
OPERATOR = Actor("op1", Role.OPERATOR)
SUPERVISOR = Actor("sup1", Role.SUPERVISOR)
HANDLER = Actor("h1", Role.HANDLER, "dep.city")
OTHER_HANDLER = Actor("h2", Role.HANDLER, "dep.water")
CITIZEN = Actor("c1", Role.CITIZEN)
GIVEN: dict[str, Any] = {
    "reason": "理由", "department": "dep.city", "answer": "已清理。", "into": "other", "satisfaction": 5, "days": 5, "text": "补充", "lamp": "red",
}  # fmt: skip


def order(**changes: Any) -> WorkOrder:
    values: dict[str, Any] = {
        "id": "o1", "number": "JZ20261123-0001", "jurisdiction": "jingzhou", "kind": RequestKind.COMPLAINT,
        "category": "城市管理/占道经营", "title": "占道", "content": "摊贩占道", "place": "北京路", "happened": "每天晚上",
        "channel": "web", "received": T0, "limit": TimeLimit(1, 5),
    }  # fmt: skip
    return WorkOrder(**{**values, **changes})


def walk(start: WorkOrder, *moves: tuple[Move, Actor]) -> WorkOrder:
    for number, (move, actor) in enumerate(moves):
        needs = {name: GIVEN[name] for name in RULES[move].needs}
        start, _ = make_move(start, move, actor, T0 + dt.timedelta(hours=number + 1), **needs)
    return start


WAY = (
    (Move.DISPATCH, OPERATOR), (Move.SIGN, HANDLER), (Move.START, HANDLER), (Move.ANSWER, HANDLER), (Move.REVIEW, OPERATOR),
    (Move.FOLLOW_UP, OPERATOR), (Move.CLOSE, SUPERVISOR), (Move.ARCHIVE, Actor("worker", Role.SYSTEM)),
)  # fmt: skip


def test_the_whole_way_from_acceptance_to_the_archive() -> None:
    done = walk(order(), *WAY)
    assert done.state is State.ARCHIVED
    assert done.version == 1 + len(WAY)
    assert (done.answer, done.satisfaction) == ("已清理。", 5)
    assert possible_moves(done, SUPERVISOR) == ()


def test_every_move_records_who_when_and_why() -> None:
    after, event = make_move(order(), Move.DISPATCH, OPERATOR, T0, department="dep.city")
    assert (event.by, event.at, event.before, event.after) == ("op1", T0, State.ACCEPTED, State.DISPATCHED)
    assert event.details == {"department": "dep.city"}
    _, event = make_move(after, Move.RETURN, HANDLER, T0, reason="不归我们管")
    assert (event.reason, event.after) == ("不归我们管", State.ACCEPTED)


@given(
    st.lists(
        st.tuples(st.sampled_from(list(Move)), st.sampled_from([OPERATOR, SUPERVISOR, HANDLER, CITIZEN])), max_size=25
    )
)
def test_whatever_is_tried_only_the_rules_move_an_order(tries: list[tuple[Move, Actor]]) -> None:
    current = order()
    for move, actor in tries:
        allowed = move in possible_moves(current, actor)
        if not allowed or (move is Move.REASSIGN and current.department == GIVEN["department"]):
            with pytest.raises(MoveRefused, match=r"。$"):
                make_move(current, move, actor, T0, **GIVEN)
            continue
        moved, event = make_move(current, move, actor, T0, **GIVEN)
        assert event.before is current.state
        assert moved.state in {RULES[move].to, current.state}
        assert moved.version == current.version + 1
        current = moved


@pytest.mark.parametrize(
    ("start", "move", "actor", "given", "said"),
    [
        (order(), Move.SIGN, HANDLER, {}, "已受理"),
        (order(), Move.DISPATCH, CITIZEN, {}, "市民不能派单"),
        (order(), Move.DISPATCH, OPERATOR, {}, "承办单位"),
        (order(state=State.DISPATCHED, department="dep.city"), Move.SIGN, OTHER_HANDLER, {}, "不是派给您"),
        (order(state=State.DISPATCHED, department="dep.city"), Move.RETURN, HANDLER, {"reason": "  "}, "理由"),
        (order(state=State.REVIEWED), Move.FOLLOW_UP, OPERATOR, {"satisfaction": 9}, "1到5"),
        (order(), Move.MERGE, OPERATOR, {"into": "o1"}, "它自己"),
        (order(state=State.SIGNED, department="dep.city"), Move.EXTEND, SUPERVISOR, {"days": 5}, "没有申请"),
        (order(state=State.SIGNED, department="dep.city"), Move.RESUME, HANDLER, {}, "没有暂停"),
        (order(state=State.SIGNED, department="dep.a", assisting=("dep.city",)), Move.START, HANDLER, {}, "协办"),
        (order(state=State.SIGNED, department="dep.city"), Move.REASSIGN, SUPERVISOR, GIVEN, "已经派给"),
    ],
)
def test_an_illegal_move_is_refused_with_the_reason(
    start: WorkOrder, move: Move, actor: Actor, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(MoveRefused, match=said):
        make_move(start, move, actor, T0, **given)


def test_an_extension_is_asked_for_and_granted() -> None:
    signed = walk(order(), *WAY[:2])
    asked, _ = make_move(signed, Move.ASK_EXTENSION, HANDLER, T0, days=10, reason="要开挖")
    granted, _ = make_move(asked, Move.EXTEND, SUPERVISOR, T0, days=10)
    assert granted.due(T0).at - signed.due(T0).at == dt.timedelta(days=14)  # ten working days


def test_a_reopened_order_goes_back_to_its_department_and_counts_as_rework() -> None:
    closed = walk(order(), *WAY[:7])
    again, _ = make_move(closed, Move.REOPEN, CITIZEN, T0, reason="又摆出来了")
    assert (again.state, again.department, again.reworked) == (State.IN_PROGRESS, "dep.city", 1)


def test_the_lamp_turns_yellow_before_and_red_after() -> None:
    limit = TimeLimit(1, 5, warn_days=2)
    due = answer_due(T0, limit)
    assert due.at == dt.datetime(2026, 12, 1, 0, 0, tzinfo=ZONE)  # the end of Monday, 30 November
    assert lamp(due, T0) is Lamp.GREEN
    assert lamp(due, dt.datetime(2026, 11, 26, 9, tzinfo=ZONE)) is Lamp.YELLOW
    assert lamp(due, dt.datetime(2026, 12, 1, 0, 1, tzinfo=ZONE)) is Lamp.RED
    assert lamp(due, dt.datetime(2027, 1, 1, tzinfo=ZONE), finished=T0) is Lamp.GREEN


def test_a_limit_in_hours_runs_through_the_night() -> None:
    limit = TimeLimit(0, 1, answer_hours=24)
    assert answer_due(T0, limit).at == T0 + dt.timedelta(hours=24)
    paused = Pause(T0 + dt.timedelta(hours=1), T0 + dt.timedelta(hours=3))
    assert answer_due(T0, limit, pauses=[paused]).at == T0 + dt.timedelta(hours=26)


def test_paused_working_days_do_not_count() -> None:
    limit = TimeLimit(1, 5)
    pause = Pause(T0, T0 + dt.timedelta(days=2))
    assert answer_due(T0, limit, pauses=[pause]).at == answer_due(T0, TimeLimit(1, 7)).at


def test_a_due_day_in_a_year_without_arrangement_is_provisional() -> None:
    assert answer_due(dt.datetime(2030, 12, 20, tzinfo=ZONE), TimeLimit(1, 30)).provisional
    assert not answer_due(dt.datetime(2026, 3, 2, tzinfo=ZONE), TimeLimit(1, 30)).provisional


def test_the_shipped_limits_are_those_of_the_document() -> None:
    limits = read_time_limits(PROJECT_ROOT / "data" / "time_limits.toml")
    complaint = limits.of("jingzhou", "complaint")
    assert (complaint.dispatch_days, complaint.answer_days, complaint.progress_days) == (1, 30, 30)
    assert complaint.document == "jingzhou.government_supervision"
    assert limits.of("jingzhou", "urgent").answer_hours == 24
    assert limits.of("nowhere", "help").answer_days == 30


@pytest.mark.parametrize(
    "content", ["[", "[[limit]]\nkind = 'help'\ndispatch_days=1\nanswer_days=2", "[[limit]]\nwrong = 1"]
)
def test_a_broken_limits_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "limits.toml").write_text(content, encoding="utf8")
    with pytest.raises(KnowledgeInvalid, match="limits"):
        read_time_limits(tmp_path / "limits.toml")


def test_everything_has_a_chinese_name() -> None:
    assert set(MOVE_NAMES) == set(Move) == set(RULES)
    assert set(STATE_NAMES) == set(State)
    assert set(ROLE_NAMES) == set(Role)


@pytest.mark.parametrize(
    ("place", "same"),
    [
        ("北京路8号门口", True),
        ("北京路8号", True),
        ("北京路18号门口", False),
        ("北京路门口", True),
        ("不详", False),
        ("江津路加油站对面", False),
    ],
)
def test_the_same_fact_is_one_matter_only_in_the_same_place(place: str, same: bool) -> None:
    there = order(id="first", place="北京路8号门口")
    assert (same_matter(order(place=place), [there]) is there) == same


def test_another_category_is_another_matter() -> None:
    assert same_matter(order(), [order(id="first", category="城市管理/环境卫生")]) is None
