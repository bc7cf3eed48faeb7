"""A city's small database with orders and replies of a year, for pages that have something to show."""

from __future__ import annotations

import datetime as dt
import random

from bot.bootstrap import now
from bot.hotline.bursts import Burst
from bot.hotline.conversations import Conversation, Reason, queue
from bot.hotline.deadlines import TimeLimit
from bot.hotline.ledger import LedgerRow
from bot.hotline.work_orders import RequestKind, State, WorkOrder
from bot.knowledge_files import KnowledgeFiles
from bot.storage import (
    Caller,
    Database,
    change_conversation,
    file_order,
    open_conversation,
    raise_alarms,
    write_ledger,
)

_STREETS = ("北京路", "江津路", "塔桥路", "荆沙大道", "太岳路", "红门路")
_KINDS = ("answer", "answer", "answer", "answer", "route", "scope", "unsupported", "clarify", "handoff", "work_order")
_WAITING = (State.ACCEPTED, State.DISPATCHED, State.SIGNED, State.IN_PROGRESS)
_DONE = (State.ANSWERED, State.REVIEWED, State.FOLLOWED_UP, State.CLOSED, State.CLOSED, State.CLOSED, State.ARCHIVED)


def fill(database: Database, files: KnowledgeFiles, orders: int = 160, replies: int = 400) -> None:
    """File ``orders`` and write ``replies``, the same each time but for the day."""
    chance = random.Random(12345)
    rules = [r for r in files.routing_rules if r.jurisdiction == "jingzhou" and r.examples][:24]
    entries = [e.id for e in files.entries if e.jurisdiction == "jingzhou"][:40]
    end = now()
    with database.begin() as connection:
        for n in range(orders):
            received = end - dt.timedelta(days=0.1 + 300 * (n / orders) ** 2)
            file_order(connection, _order(chance, chance.choice(rules), received, n), _caller(received), "JZ")
        water = next(r for r in rules if "水" in r.category)
        raise_alarms(connection, [Burst("jingzhou", water.category, None, 12)], end)
        for n in range(60):
            at = end - dt.timedelta(days=6)
            channel = ("web", "web", "wechat")[n % 3]
            open_conversation(connection, Conversation(f"{channel}-{n}", channel, f"citizen{n}", "jingzhou", at, at))
        change_conversation(connection, "web-1", lambda c: queue(c, Reason.ASKED, end - dt.timedelta(minutes=3)), end)
        for n in range(replies):
            at = end - dt.timedelta(days=13 * (n / replies) ** 1.3, minutes=5)
            row = LedgerRow(
                f"{n:032d}", at, "jingzhou", f"citizen{chance.randrange(70)}", "居住证怎么办，我的电话是〔电话〕",
                chance.choice(_KINDS), "请带身份证到派出所办理。", entries=((chance.choice(entries[: 4 + n % 12]), 1),),
            )  # fmt: skip
            write_ledger(connection, row)


def _order(chance: random.Random, rule: object, received: dt.datetime, n: int) -> WorkOrder:
    waiting = n < 40
    state = _WAITING[n % 4] if waiting else chance.choice(_DONE)
    text = chance.choice(rule.examples)  # type: ignore[attr-defined]
    return WorkOrder(
        id="", number="", jurisdiction="jingzhou", kind=RequestKind.COMPLAINT, category=rule.category,  # type: ignore[attr-defined]
        title=text[:30], content=f"{text}，已经持续三天，附近居民都受影响，希望尽快处理。", place=chance.choice(_STREETS),
        happened="这几天", channel=("web", "wechat", "phone")[n % 3], received=received,
        limit=TimeLimit(1, 30, warn_days=3), state=state,
        department=None if state is State.ACCEPTED else rule.department,  # type: ignore[attr-defined]
        answered=None if waiting else received + dt.timedelta(days=chance.choice((3, 9, 20, 60))),
        answer="" if waiting else "已派人到现场处理完毕。", satisfaction=None if waiting else chance.choice((None, 2, 4, 5, 5)),
        reworked=0 if waiting else chance.choice((0, 0, 0, 1)), urged=chance.choice((0, 0, 0, 2)),
        supervised=chance.random() < 0.06, urgent=n % 17 == 0,
    )  # fmt: skip


def _caller(at: dt.datetime) -> Caller:
    return Caller("张小云", "13812345678", None, "web", at)
