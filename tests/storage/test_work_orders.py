"""Work orders on both databases: numbers, moves that cannot both win, callers behind a purpose, merging, anonymising."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest

from bot.errors import MoveRefused, NotFound
from bot.hotline.deadlines import ZONE, Lamp, TimeLimit
from bot.hotline.work_orders import Actor, Move, RequestKind, Role, State, WorkOrder
from bot.knowledge_files import KnowledgeFiles
from bot.storage import (
    Caller,
    Database,
    OrderFilter,
    anonymise_before,
    belongs_to,
    contact_views,
    count_by_state,
    count_callers,
    file_order,
    find_orders,
    get_order,
    move_order,
    order_events,
    orders_of,
    reveal_callers,
    save_knowledge,
)

T0 = dt.datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
LIMIT = TimeLimit(1, 5, warn_days=2)
OPERATOR = Actor("op1", Role.OPERATOR)


@pytest.fixture
def filled(database: Database, files: KnowledgeFiles) -> Database:
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="start")
    return database


def draft(files: KnowledgeFiles, **changes: Any) -> WorkOrder:
    values: dict[str, Any] = {
        "id": "", "number": "", "jurisdiction": files.jurisdictions[-1].id, "kind": RequestKind.COMPLAINT, "category": "城管",
        "title": "占道", "content": "摊贩占道", "place": "北京路", "happened": "昨晚", "channel": "web", "received": T0, "limit": LIMIT,
    }  # fmt: skip
    return WorkOrder(**{**values, **changes})


def caller(phone: str = "13800000000", conversation: str = "c1") -> Caller:
    return Caller("张三", phone, conversation, "web", T0)


def filed(database: Database, files: KnowledgeFiles, who: Caller | None = None, **changes: Any) -> WorkOrder:
    with database.begin() as connection:
        return file_order(connection, draft(files, **changes), who or caller(), "JZ")


def test_what_was_filed_is_read_again_by_id_and_number(filled: Database, files: KnowledgeFiles) -> None:
    order = filed(filled, files)
    assert order.number == "JZ202611230001"
    with filled.read() as connection:
        assert get_order(connection, order.id) == get_order(connection, "jz202611230001") == order
        assert orders_of(connection, "c1") == [order]
        assert orders_of(connection, "c2") == []
        with pytest.raises(NotFound, match="JZ9"):
            get_order(connection, "JZ9")


def test_numbers_go_up_even_when_many_file_at_once(filled: Database, files: KnowledgeFiles) -> None:
    numbers: list[str] = []
    threads = [threading.Thread(target=lambda: numbers.append(filed(filled, files).number)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [f"JZ20261123{n:04d}" for n in range(1, 9)]


def test_a_move_is_kept_with_its_record(filled: Database, files: KnowledgeFiles) -> None:
    order = filed(filled, files)
    department = files.departments[0].id
    with filled.begin() as connection:
        moved = move_order(connection, order.id, Move.DISPATCH, OPERATOR, T0, version=1, department=department)
    with filled.read() as connection:
        assert get_order(connection, order.id) == moved
        (event,) = order_events(connection, order.id)
    assert (event.by, event.after, event.details) == ("op1", State.DISPATCHED, {"department": department})


def test_of_two_who_act_on_the_same_version_one_is_refused(filled: Database, files: KnowledgeFiles) -> None:
    order = filed(filled, files)
    department = files.departments[0].id
    results: list[str] = []
    barrier = threading.Barrier(4)

    def dispatch() -> None:
        barrier.wait()
        try:
            with filled.begin() as connection:
                move_order(connection, order.id, Move.DISPATCH, OPERATOR, T0, version=1, department=department)
            results.append("won")
        except Exception as error:  # PostgreSQL may refuse by serialisation, which is translated too
            results.append(type(error).__name__)

    threads = [threading.Thread(target=dispatch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count("won") == 1
    with filled.read() as connection:
        assert len(order_events(connection, order.id)) == 1


def test_a_refused_move_changes_nothing(filled: Database, files: KnowledgeFiles) -> None:
    order = filed(filled, files)
    with pytest.raises(MoveRefused), filled.begin() as connection:
        move_order(connection, order.id, Move.SIGN, OPERATOR, T0)
    with filled.read() as connection:
        assert get_order(connection, order.id) == order
        assert order_events(connection, order.id) == []


def test_merging_keeps_every_caller(filled: Database, files: KnowledgeFiles) -> None:
    first = filed(filled, files)
    second = filed(filled, files, caller("13911112222", "c2"))
    with filled.begin() as connection:
        merged = move_order(connection, second.id, Move.MERGE, OPERATOR, T0, into=first.id)
    assert (merged.state, merged.merged_into) == (State.MERGED, first.id)
    with filled.read() as connection:
        assert count_callers(connection, first.id) == 2
        assert belongs_to(connection, first.id, "c2")
        assert belongs_to(connection, first.id, "", "2222")
        assert not belongs_to(connection, first.id, "c9", "0001")


def test_a_contact_is_shown_only_for_a_purpose_and_that_is_kept(filled: Database, files: KnowledgeFiles) -> None:
    order = filed(filled, files)
    with pytest.raises(MoveRefused, match="用途"), filled.begin() as connection:
        reveal_callers(connection, order.id, OPERATOR, " ", T0)
    with filled.begin() as connection:
        (who,) = reveal_callers(connection, order.id, OPERATOR, "回访", T0)
    assert who.phone == "13800000000"
    with filled.read() as connection:
        (view,) = contact_views(connection, order.id)
    assert (view.by, view.purpose) == ("op1", "回访")


def test_what_is_closed_long_enough_keeps_no_caller(filled: Database, files: KnowledgeFiles) -> None:
    old = filed(filled, files, state=State.CLOSED, closed=T0 - dt.timedelta(days=400))
    recent = filed(filled, files, state=State.CLOSED, closed=T0)
    with filled.begin() as connection:
        assert anonymise_before(connection, (T0 - dt.timedelta(days=365)).date(), T0) == 1
        assert anonymise_before(connection, (T0 - dt.timedelta(days=365)).date(), T0) == 0
        (gone,) = reveal_callers(connection, old.id, OPERATOR, "检查", T0)
        (kept,) = reveal_callers(connection, recent.id, OPERATOR, "检查", T0)
        assert get_order(connection, old.id) == old, "the matter stays"
    assert (gone.name, gone.phone, gone.conversation) == (None, None, None)
    assert kept.phone


def test_orders_are_found_by_state_department_and_time(filled: Database, files: KnowledgeFiles) -> None:
    early = filed(filled, files, received=T0 - dt.timedelta(days=40))
    late = filed(filled, files, state=State.DISPATCHED, department=files.departments[0].id)
    with filled.read() as connection:

        def found(**wanted: Any) -> list[WorkOrder]:
            return find_orders(connection, OrderFilter(**wanted), now=T0)

        assert find_orders(connection) == [late, early]
        assert find_orders(connection, before=late) == [early]
        assert find_orders(connection, limit=1) == [late]
        assert found(states=[State.DISPATCHED]) == [late]
        assert found(department=files.departments[0].id) == [late]
        assert found(received_before=T0) == [early]
        assert found(jurisdiction="nowhere") == []
        assert found(text="摊贩占") == [late, early]
        assert found(text="%") == [], "a wildcard is only a character"
        assert found(text=late.number.lower()) == [late]
        assert found(category="城管") == [late, early]
        assert found(lamp=Lamp.RED) == [early]
        assert found(lamp=Lamp.GREEN) == [late]
        assert find_orders(connection, OrderFilter(lamp=Lamp.YELLOW), now=T0 + dt.timedelta(days=5)) == [late]
        assert count_by_state(connection) == {State.ACCEPTED: 1, State.DISPATCHED: 1}
