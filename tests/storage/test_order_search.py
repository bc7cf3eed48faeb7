"""Lists and counts of work orders and replies on both databases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.hotline.conversations import Author, Conversation
from bot.hotline.deadlines import ZONE, Lamp, Pause, TimeLimit
from bot.hotline.ledger import LedgerRow
from bot.hotline.reports import month_of
from bot.hotline.work_orders import Actor, Move, RequestKind, Role, State, WorkOrder
from bot.knowledge_files import KnowledgeFiles
from bot.storage import (
    Caller,
    Database,
    EntryCount,
    OrderFilter,
    ReplyCount,
    ReplyFilter,
    add_caller,
    count_by_lamp,
    count_channels,
    count_entries,
    count_replies,
    count_talks,
    department_figures,
    file_order,
    find_orders,
    find_talks,
    forget_conversation,
    messages_after,
    month_counts,
    move_order,
    open_conversation,
    save_knowledge,
    write_ledger,
)

T0 = dt.datetime(2026, 11, 1, 0, 30, tzinfo=ZONE)  # in UTC still October
OPERATOR = Actor("op1", Role.OPERATOR)


@pytest.fixture
def filled(database: Database, files: KnowledgeFiles) -> Database:
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="start")
    return database


def filed(database: Database, conversation: str | None = None, **changes: Any) -> WorkOrder:
    values: dict[str, Any] = {
        "id": "", "number": "", "jurisdiction": "jingzhou", "kind": RequestKind.COMPLAINT, "category": "城管/占道",
        "title": "占道", "content": "占道", "place": "", "happened": "", "channel": "web", "received": T0,
        "limit": TimeLimit(1, 5, warn_days=2),
    }  # fmt: skip
    order = WorkOrder(**{**values, **changes})
    with database.begin() as connection:
        return file_order(connection, order, Caller("张三", None, conversation, "web", order.received), "JZ")


def replied(database: Database, citizen: str, kind: str, at: dt.datetime, entry: str = "") -> None:
    row = LedgerRow(
        f"{citizen}{kind}{at}", at, "jingzhou", citizen, "问", kind, "答", entries=((entry, 1),) if entry else ()
    )
    with database.begin() as connection:
        write_ledger(connection, row)


def test_what_is_due_first_comes_first_and_what_waits_for_somebody_last(filled: Database) -> None:
    waits = filed(filled, state=State.IN_PROGRESS, pauses=(Pause(T0),))
    late, soon = filed(filled, limit=TimeLimit(9, 9)), filed(filled, received=T0 - dt.timedelta(days=2))
    with filled.read() as connection:
        assert find_orders(connection, by_due=True) == [soon, late, waits]
        assert find_orders(connection, by_due=True, before=soon, limit=1) == [late]
        assert find_orders(connection, by_due=True, before=late) == [waits]
        assert find_orders(connection, by_due=True, before=waits) == []


def test_lamps_are_counted_as_they_are_shown(filled: Database) -> None:
    now = T0 + dt.timedelta(days=1)
    orders = [
        filed(filled, received=now), filed(filled, received=now - dt.timedelta(days=40)),
        filed(filled, state=State.DISPATCHED, received=now - dt.timedelta(days=4)),
        filed(filled, state=State.CLOSED, received=now - dt.timedelta(days=40), answered=now),
    ]  # fmt: skip
    with filled.read() as connection:
        for states in ([], [State.ACCEPTED], [State.CLOSED]):
            chosen = [order for order in orders if not states or order.state in states]
            counted = count_by_lamp(connection, OrderFilter(states=states), now)
            for lamp in Lamp:
                by_hand = sum(order.lamp(now) is lamp for order in chosen)
                assert counted[lamp] == by_hand
                assert len(find_orders(connection, OrderFilter(states=states, lamp=lamp), now=now)) == by_hand
    assert len({order.lamp(now) for order in orders}) >= 2


def test_months_are_those_of_china_and_departments_apart(filled: Database, files: KnowledgeFiles) -> None:
    own = files.departments[0].id
    filed(filled, department=own)
    filed(filled, received=T0 - dt.timedelta(hours=1))
    months = [month_of("2026-10"), month_of("2026-11")]
    with filled.read() as connection:
        assert [counts.received for counts in month_counts(connection, months, T0)] == [1, 1]
        assert [counts.received for counts in month_counts(connection, months, T0, department=own)] == [0, 1]
        assert [counts.received for counts in month_counts(connection, months, T0, "tianmen")] == [0, 0]
        everything, alone = department_figures(connection, *months[1], T0, department=own)
    assert (everything.received, alone.received) == (1, 1)


def test_replies_are_counted_by_day_kind_place_and_channel(filled: Database) -> None:
    with filled.begin() as connection:
        open_conversation(connection, Conversation("web-a", "web", "a", "jingzhou", T0, T0))
    replied(filled, "a", "answer", T0, "one")
    replied(filled, "a", "answer", T0 - dt.timedelta(hours=1), "one")
    replied(filled, "b", "handoff", T0)
    wanted = ReplyFilter(T0 - dt.timedelta(minutes=30), T0 + dt.timedelta(days=1))
    with filled.read() as connection:
        counted = count_replies(connection, wanted)
        assert sorted(counted, key=lambda c: c.kind) == [
            ReplyCount("2026-11-01", "answer", "jingzhou", 1), ReplyCount("2026-11-01", "handoff", "jingzhou", 1)
        ]  # fmt: skip
        assert count_channels(connection, wanted) == {"web": {"answer": 1}, "": {"handoff": 1}}
        assert count_talks(connection, wanted) == 2
        assert count_entries(connection, wanted) == [EntryCount("one", 1, 1)]
        newest = find_talks(connection, wanted, limit=1)
        rest = find_talks(connection, wanted, before=(newest[0].last, newest[0].citizen))
        assert {talk.citizen for talk in (*newest, *rest)} == {"a", "b"}
        elsewhere = ReplyFilter(wanted.first, wanted.end, scope="tianmen")
        assert count_replies(connection, elsewhere) == []
        assert (count_talks(connection, elsewhere), count_entries(connection, elsewhere)) == (0, [])


def test_everybody_who_raised_it_hears_of_it_unless_the_move_is_refused(
    filled: Database, files: KnowledgeFiles
) -> None:
    order = filed(filled, "a")
    with filled.begin() as connection:
        for name in ("a", "b", "gone"):
            open_conversation(connection, Conversation(f"web-{name}", "web", name, "jingzhou", T0, T0))
            add_caller(connection, order.id, Caller(None, None, name, "web", T0))
        forget_conversation(connection, "web-gone")
        move_order(connection, order.id, Move.URGE, Actor("a", Role.CITIZEN), T0)
        move_order(connection, order.id, Move.DISPATCH, OPERATOR, T0, department=files.departments[0].id)
    with filled.read() as connection:
        for name in ("a", "b"):
            (message,) = messages_after(connection, f"web-{name}")
            assert (message.author, files.departments[0].name in message.text) == (Author.SYSTEM, True)
            assert "张三" not in message.text


def test_news_of_a_move_that_is_rolled_back_are_not_said(filled: Database, files: KnowledgeFiles) -> None:
    order = filed(filled, "a")
    with filled.begin() as connection:
        open_conversation(connection, Conversation("web-a", "web", "a", "jingzhou", T0, T0))
    with pytest.raises(RuntimeError), filled.begin() as connection:
        move_order(connection, order.id, Move.DISPATCH, OPERATOR, T0, department=files.departments[0].id)
        raise RuntimeError
    with filled.read() as connection:
        assert messages_after(connection, "web-a") == []
