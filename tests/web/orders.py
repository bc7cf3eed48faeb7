"""Work orders in the web process's database, for tests of the desk."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from bot.bootstrap import now
from bot.hotline.deadlines import TimeLimit
from bot.hotline.knowledge import Department, RoutingRule
from bot.hotline.work_orders import Actor, Move, RequestKind, Role, WorkOrder
from bot.storage import Caller, Database, file_order, get_order, move_order, save_knowledge
from tests.web.conftest import PLACES

STREETS, WATER = "yunjiang.streets", "yunjiang.water"
KNOWLEDGE = replace(
    PLACES,
    departments=(
        Department(STREETS, "yunjiang", "云江市城市管理局"),
        Department(WATER, "yunjiang", "云江市水务集团"),
        Department("beihe.streets", "beihe", "北河市城市管理局"),
    ),
    routing_rules=(
        RoutingRule(
            "stalls", "yunjiang", "城市管理/占道经营", STREETS, ("占道",), ("摊贩占道",), "yunjiang.hotline", "第一条",
            assisting=(WATER,),
        ),
        RoutingRule("water", "yunjiang", "公用事业/供水", WATER, ("停水",), ("停水了",), "yunjiang.hotline", "第一条"),
    ),
)  # fmt: skip
PHONE, NAME = "13812345678", "张小云"


def with_departments(database: Database) -> None:
    """Store departments and routing rules."""
    with database.begin() as connection:
        save_knowledge(connection, KNOWLEDGE, by="loader", reason="departments")


def filed(database: Database, conversation: str | None = None, **changes: Any) -> WorkOrder:
    """File an order whose caller left name and phone; ``conversation`` is the digest of who reads its news."""
    values: dict[str, Any] = {
        "id": "", "number": "", "jurisdiction": "yunjiang", "kind": RequestKind.COMPLAINT, "category": "城市管理/占道经营",
        "title": "夜市摊贩占道", "content": "夜市摊贩占道，晚上吵", "place": "北京路", "happened": "昨晚", "channel": "web",
        "received": now() - dt.timedelta(hours=1), "limit": TimeLimit(1, 5, warn_days=2),
    }  # fmt: skip
    order = WorkOrder(**{**values, **changes})
    letters = {"yunjiang": "YJ", "beihe": "BH"}[order.jurisdiction]
    with database.begin() as connection:
        return file_order(connection, order, Caller(NAME, PHONE, conversation, "web", order.received), letters)


def moved(database: Database, order: WorkOrder, *moves: tuple[Move, Role, dict[str, Any]]) -> WorkOrder:
    """Return the order after these moves, each by somebody of that role."""
    for move, role, given in moves:
        with database.begin() as connection:
            department = get_order(connection, order.id).department
            order = move_order(connection, order.id, move, Actor(role.value, role, department), now(), **given)
    return order


def at_department(database: Database, department: str = STREETS, **changes: Any) -> WorkOrder:
    """File an order and dispatch it."""
    return moved(database, filed(database, **changes), (Move.DISPATCH, Role.OPERATOR, {"department": department}))


def answered(database: Database, **changes: Any) -> WorkOrder:
    """File an order and have it answered."""
    return moved(
        database, at_department(database, **changes), (Move.SIGN, Role.HANDLER, {}),
        (Move.ANSWER, Role.HANDLER, {"answer": "已清理，将每晚巡查。"}),
    )  # fmt: skip
