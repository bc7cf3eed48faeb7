"""``python -m tests.load.work_orders``: how fast lists, search and report are over 100,000 work orders.

Runs on a SQLite file and, where its address is given, on PostgreSQL. Prints the median and 95th percentile of each.
"""

from __future__ import annotations

import datetime as dt
import random
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import sqlalchemy as sa

from bot.hotline.deadlines import Lamp, TimeLimit
from bot.hotline.work_orders import RequestKind, State, WorkOrder
from bot.knowledge_files import KnowledgeFiles, read_knowledge_files
from bot.settings import PROJECT_ROOT
from bot.storage import (
    Database,
    OrderFilter,
    count_by_state,
    department_figures,
    find_bursts,
    find_orders,
    get_order,
    migrate,
    orders_near_due,
    save_knowledge,
)
from bot.storage.tables import work_orders as t
from bot.storage.work_orders import _as_row

NOW = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.timezone.utc)
PLACES = ("北京路", "江津路", "塔桥路", "荆沙大道", "太岳路", "红门路", "碧波路", "武德路")


@click.command()
@click.option("--orders", default=100_000, show_default=True)
@click.option("--rounds", default=40, show_default=True)
@click.option("--postgres", help="Address of an empty PostgreSQL database; it is filled.")
def main(orders: int, rounds: int, postgres: str | None) -> None:
    """Fill the databases and measure."""
    files = read_knowledge_files(PROJECT_ROOT / "data" / "knowledge")
    with tempfile.TemporaryDirectory() as folder:
        for url in filter(None, (f"sqlite:///{Path(folder) / 'load.sqlite3'}", postgres)):
            database = Database(url)
            migrate(database)
            started = time.perf_counter()
            _fill(database, files, orders)
            print(f"{database.engine.dialect.name}: {orders} orders stored in {time.perf_counter() - started:.0f} s")
            _measure(database, rounds)


def _fill(database: Database, files: KnowledgeFiles, orders: int) -> None:
    chance = random.Random(12345)
    rules = [rule for rule in files.routing_rules if rule.examples]
    with database.begin() as connection:
        save_knowledge(connection, files, by="load", reason="load")
        for start in range(0, orders, 5000):
            rows = [_row(chance, rules, start + n) for n in range(min(5000, orders - start))]
            connection.execute(sa.insert(t.work_orders), rows)
            callers = [
                {"work_order": r["id"], "position": 0, "conversation": r["id"], "channel": "web", "name": None, "phone": None, "at": r["received"]}
                for r in rows
            ]  # fmt: skip
            connection.execute(sa.insert(t.callers), callers)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))


def _row(chance: random.Random, rules: list, number: int) -> dict:
    rule = chance.choice(rules)
    received = NOW - dt.timedelta(minutes=chance.randrange(365 * 24 * 60))
    old = NOW - received > dt.timedelta(days=30)
    state = (
        chance.choice([State.CLOSED, State.ARCHIVED] * 8 + [State.IN_PROGRESS])
        if old
        else chance.choice(list(State)[:8])
    )
    dispatched = state is not State.ACCEPTED
    answered = state not in (State.ACCEPTED, State.DISPATCHED, State.SIGNED, State.IN_PROGRESS)
    order = WorkOrder(
        id=uuid.UUID(int=chance.getrandbits(128)).hex,
        number=f"JZ{number:012d}",
        jurisdiction="jingzhou",
        kind=RequestKind.COMPLAINT,
        category=rule.category,
        title="",
        content=f"{chance.choice(rule.examples)}，{chance.choice(rule.examples)}",
        place=f"{chance.choice(PLACES)}{chance.randrange(300)}号",
        happened="最近",
        channel="web",
        received=received,
        limit=TimeLimit(1, 30, warn_days=3, progress_days=30),
        state=state,
        department=rule.department if dispatched else None,
        answered=received + dt.timedelta(days=chance.randrange(1, 50)) if answered else None,
        closed=received + dt.timedelta(days=50) if state in (State.CLOSED, State.ARCHIVED) else None,
        answer="已处理" if answered else "",
        satisfaction=chance.choice([None, 2, 4, 5]) if answered else None,
    )
    return _as_row(order, NOW) | {"filing_key": None}


def _measure(database: Database, rounds: int) -> None:
    chance = random.Random(1)
    with database.read() as connection:
        some = find_orders(connection, limit=500)
    departments = sorted({o.department for o in some if o.department})
    first, end = NOW - dt.timedelta(days=30), NOW
    asked: dict[str, Callable[[sa.engine.Connection], object]] = {
        "list, newest": lambda c: find_orders(c, limit=50),
        "list, next page": lambda c: find_orders(c, before=chance.choice(some), limit=50),
        "list, by state": lambda c: find_orders(c, OrderFilter(states=[State.IN_PROGRESS]), limit=50),
        "list, by department": lambda c: find_orders(c, OrderFilter(department=chance.choice(departments)), limit=50),
        "list, red lamp": lambda c: find_orders(
            c, OrderFilter(states=list(State)[:4], lamp=Lamp.RED), now=NOW, limit=50
        ),
        "counts by state": lambda c: count_by_state(c),
        "search, frequent words": lambda c: find_orders(c, OrderFilter(text="垃圾"), limit=50),
        "search, rare words": lambda c: find_orders(c, OrderFilter(text=f"太岳路{chance.randrange(300)}号"), limit=50),
        "search, nothing found": lambda c: find_orders(c, OrderFilter(text="没有这样的话"), limit=50),
        "one order": lambda c: get_order(c, chance.choice(some).number),
        "report, month": lambda c: department_figures(c, first, end, NOW),
        "report, year": lambda c: department_figures(c, NOW - dt.timedelta(days=365), end, NOW),
        "worker: near due": lambda c: orders_near_due(c, NOW),
        "worker: bursts": lambda c: find_bursts(c, NOW),
    }
    print(f"{'':26}{'median':>10}{'p95':>10}  milliseconds")
    for name, ask in asked.items():
        times = []
        for _ in range(rounds):
            with database.read() as connection:
                started = time.perf_counter()
                ask(connection)
                times.append((time.perf_counter() - started) * 1000)
        print(f"{name:26}{np.median(times):10.1f}{np.percentile(times, 95):10.1f}")


if __name__ == "__main__":
    main()
