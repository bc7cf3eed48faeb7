"""Processes killed at any moment while they file and move work orders: nothing is lost, doubled or half done.

Each child works as fast as it can until it is killed, and says over a pipe what was confirmed to it. The moment is
random: after so many confirmations and so many milliseconds, so that a busy machine shortens nothing. What was confirmed
must be there; what is there must be whole.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import multiprocessing
import random
import signal
import time
from collections import Counter
from multiprocessing.connection import Connection as Pipe

import pytest

from bot.errors import HotlineError
from bot.hotline.deadlines import ZONE, TimeLimit
from bot.hotline.work_orders import Actor, Move, RequestKind, Role, State, WorkOrder
from bot.knowledge_files import KnowledgeFiles
from bot.storage import (
    Caller,
    Database,
    add_webhook,
    count_callers,
    due_deliveries,
    file_order,
    filed_under,
    find_orders,
    move_order,
    order_events,
    save_knowledge,
)

KILLS = 200
MOST_CONFIRMED = 6  # confirmations that are waited for before the kill; a filing and its moves make five
LONGEST = 0.02  # seconds of further work
T0 = dt.datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
STAFF = Actor("op1", Role.OPERATOR)
SEED = 12345

pytestmark = pytest.mark.slow


def test_nothing_is_lost_doubled_or_half_done(database: Database, files: KnowledgeFiles) -> None:
    department = files.departments[0].id
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="start")
        add_webhook(connection, "jingzhou", None, "http://127.0.0.1/", T0)
    url = database.url.render_as_string(hide_password=False)
    confirmed: dict[str, int] = {}  # filing key or number → version that was confirmed
    filings: set[str] = set()
    chance = random.Random(SEED)
    fork = multiprocessing.get_context("fork")
    database.engine.dispose()
    for number in range(KILLS):
        mine, its = fork.Pipe(duplex=False)
        child = fork.Process(target=_work, args=(url, department, number, its), daemon=True)
        child.start()
        its.close()
        said = [mine.recv() for _ in range(chance.randint(0, MOST_CONFIRMED))]
        time.sleep(chance.uniform(0, LONGEST))
        child.kill()
        child.join(10)
        assert child.exitcode == -signal.SIGKILL, "it was killed while it worked"
        with contextlib.suppress(EOFError, OSError):
            while mine.poll():
                said.append(mine.recv())
        mine.close()
        filings |= {name for kind, name, _ in said if kind == "filed"}
        confirmed |= {name: version for _, name, version in said}
    _check(database, confirmed, filings)
    assert len(filings) > KILLS / 4, "the children had time to work"


def _work(url: str, department: str, number: int, pipe: Pipe) -> None:
    """File and move orders until killed; what a killed process was about to file is filed again under the same key."""
    database = Database(url)
    handler = Actor("h", Role.HANDLER, department)
    steps = (
        (Move.DISPATCH, STAFF, {"department": department}),
        (Move.SIGN, handler, {}),
        (Move.ANSWER, handler, {"answer": "已清理"}),
        (Move.REVIEW, STAFF, {}),
    )
    for turn in range(1000):
        key = f"key-{number // 2}-{turn}"  # two children share their keys: the second repeats what the first did
        with contextlib.suppress(HotlineError):
            with database.begin() as connection:
                order = file_order(connection, _draft(), Caller(None, None, key, "web", T0), "JZ", key=key)
            pipe.send(("filed", key, 1))
            for move, actor, given in steps:
                with database.begin() as connection:
                    order = move_order(connection, order.id, move, actor, T0, version=order.version, **given)
                pipe.send(("moved", order.number, order.version))


def _draft() -> WorkOrder:
    return WorkOrder(
        "", "", "jingzhou", RequestKind.COMPLAINT, "城管", "占道", "摊贩占道", "北京路", "昨晚", "web", T0, TimeLimit(1, 5)
    )  # fmt: skip


def _check(database: Database, confirmed: dict[str, int], filings: set[str]) -> None:
    with database.read() as connection:
        orders = find_orders(connection, limit=10**6)
        told = Counter(
            (d.payload["data"]["work_order"]["number"], d.payload["data"]["work_order"]["version"])
            for d in due_deliveries(connection, T0, limit=10**6)
        )
        numbers = [order.number for order in orders]
        assert len(numbers) == len(set(numbers))
        for order in orders:
            events = order_events(connection, order.id)
            assert [e.version for e in events] == list(range(2, order.version + 1)), "every move has its record"
            assert order.state is (events[-1].after if events else State.ACCEPTED), "in one state"
            assert all(a.after is b.before for a, b in itertools.pairwise(events))
            assert count_callers(connection, order.id) == 1
            assert order.version >= confirmed.get(order.number, 1), "what was confirmed is there"
            for version in range(1, order.version + 1):
                assert told[order.number, version] == 1, "told once for each thing that happened"
        assert sum(told.values()) == sum(order.version for order in orders), "and of nothing else"
        for key in filings:
            assert filed_under(connection, key), f"{key} was confirmed and is not there"
