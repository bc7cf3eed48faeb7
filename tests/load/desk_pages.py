"""``python -m tests.load.desk_pages``: how fast the pages of work orders, report and overview are.

Over 100,000 work orders and 100,000 replies, by HTTP and logged in. Prints for each page the median and 95th percentile
of a request, and the processor time of it, which does not depend on what else the machine does.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import tempfile
import time
import uuid
from pathlib import Path

import click
import numpy as np
import sqlalchemy as sa
from aiohttp.test_utils import TestClient, TestServer

from bot.bootstrap import now
from bot.hotline.staff import StaffMember
from bot.hotline.work_orders import Role
from bot.knowledge_files import KnowledgeFiles, read_knowledge_files
from bot.passwords import hash_password
from bot.settings import PROJECT_ROOT, Settings
from bot.storage import Database, add_staff, find_orders, migrate
from bot.storage.tables import conversations as talk
from bot.storage.tables import ledger as t
from bot.web.app import create_app
from tests.load.work_orders import NOW, _fill
from tests.web.staff import PASSWORD, log_in

_KINDS = ["answer"] * 12 + [
    "scope",
    "route",
    "work_order",
    "unsupported",
    "clarify",
    "handoff",
    "chitchat",
    "emergency",
]
_TALKS = 20_000
_DAYS = 60


@click.command()
@click.option("--orders", default=100_000, show_default=True)
@click.option("--replies", default=100_000, show_default=True)
@click.option("--rounds", default=30, show_default=True)
@click.option("--url", help="Address of an empty database; it is filled. A SQLite file of its own without.")
def main(orders: int, replies: int, rounds: int, url: str | None) -> None:
    """Fill the database and measure."""
    files = read_knowledge_files(PROJECT_ROOT / "data" / "knowledge")
    with tempfile.TemporaryDirectory() as folder:
        database = Database(url or f"sqlite:///{Path(folder) / 'load.sqlite3'}")
        migrate(database)
        with database.read() as connection:
            there = bool(find_orders(connection, limit=1))
        if not there:
            _fill(database, files, orders)
        _fill_replies(database, files, replies)
        settings = Settings(
            database_url=database.url.render_as_string(hide_password=False), secret_file=Path(folder) / "key"
        )
        asyncio.run(_measure(settings, database, files, rounds))


def _fill_replies(database: Database, files: KnowledgeFiles, replies: int) -> None:
    chance = random.Random(1)
    entries = [entry.id for entry in files.entries]
    end = now()
    citizens = [uuid.UUID(int=chance.getrandbits(128)).hex for _ in range(_TALKS)]
    channels = ["web", "web", "wechat"]
    with database.begin() as connection:
        if connection.execute(sa.select(sa.func.count()).select_from(t.ledger)).scalar_one():
            return
        connection.execute(sa.insert(talk.conversations), [
            {"id": f"c-{c}", "channel": chance.choice(channels), "citizen": c, "jurisdiction": "jingzhou", "holder": "bot",
             "operator_name": "", "note": "", "outcome": "", "misses": 0, "comment": "", "created": end, "last": end,
             "changed": end - dt.timedelta(days=1), "version": 1, "seq": 5, "push_left": 0} for c in citizens
        ])  # fmt: skip
        for start in range(0, replies, 5000):
            rows = [
                {"id": f"{start + n:032d}", "at": end - dt.timedelta(minutes=chance.randrange(_DAYS * 24 * 60)),
                 "jurisdiction": "jingzhou", "conversation": chance.choice(citizens),
                 "message_masked": f"请问{chance.randrange(9999)}怎么办理居住证", "kind": chance.choice(_KINDS),
                 "intent_scores": {}, "text_shown": "请带身份证到派出所办理。" * 5, "context": {}}
                for n in range(min(5000, replies - start))
            ]  # fmt: skip
            connection.execute(sa.insert(t.ledger), rows)
            used = [{"ledger": row["id"], "position": 0, "entry": chance.choice(entries), "version": 1} for row in rows]
            connection.execute(sa.insert(t.ledger_entries), used)
        messages = [
            {"conversation": f"c-{c}", "seq": n, "author": ("citizen", "bot")[n % 2], "text": "话" * 20, "buttons": [],
             "at": end, "attempts": 0} for c in citizens for n in range(1, 6)
        ]  # fmt: skip
        connection.execute(sa.insert(talk.messages), messages)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))


async def _measure(settings: Settings, database: Database, files: KnowledgeFiles, rounds: int) -> None:
    unit = files.routing_rules[0].department
    with database.begin() as connection:
        for role, department in ((Role.SUPERVISOR, None), (Role.HANDLER, unit)):
            login = f"{role.value.replace('_', '-')}-{uuid.uuid4().hex[:6]}"
            member = StaffMember("", login, login, role, department=department)
            add_staff(connection, member, hash_password(PASSWORD), now())
            if role is Role.SUPERVISOR:
                lead = login
            else:
                handler = login
    with database.read() as connection:
        some = [order.number for order in find_orders(connection, limit=500)]
    year = NOW.year
    pages = {
        "list, all": "/desk/orders",
        "list, to do, by due": "/desk/orders?state=open&sort=due",
        "list, overdue": "/desk/orders?state=open&lamp=red",
        "list, next page": f"/desk/orders?after={some[200]}",
        "list, department": f"/desk/orders?department={unit}",
        "list, category": "/desk/orders?category=%E5%9F%8E%E5%B8%82%E7%AE%A1%E7%90%86",
        "search, frequent": "/desk/orders?q=%E5%9E%83%E5%9C%BE",
        "search, rare": "/desk/orders?q=%E5%A4%AA%E5%B2%B3%E8%B7%AF123%E5%8F%B7",
        "one order": f"/desk/orders/{some[3]}",
        "report, month": f"/desk/reports?period={year}-10",
        "report, year": f"/desk/reports?period={year}",
        "overview, today": "/admin?days=1",
        "overview, 7 days": "/admin?days=7",
        "overview, 30 days": "/admin?days=30",
        "conversations, 30 days": "/admin/conversations?days=30&group=missed",
    }
    async with TestClient(TestServer(create_app(settings))) as client:
        await log_in(client, lead)
        print(f"{database.engine.dialect.name}, milliseconds{'median':>14}{'p95':>10}{'processor':>12}")
        for name, path in pages.items():
            await _time(client, name, path, rounds)
        client.session.cookie_jar.clear()
        client.session.headers.pop("X-CSRF-Token")
        await log_in(client, handler)
        await _time(client, "handler: list", "/desk/orders", rounds)
        await _time(client, "handler: report, year", f"/desk/reports?period={year}", rounds)


async def _time(client: TestClient, name: str, path: str, rounds: int) -> None:
    times, busy = [], []
    for _ in range(rounds + 1):
        started, worked = time.perf_counter(), time.process_time()
        response = await client.get(path)
        text = await response.text()
        times.append((time.perf_counter() - started) * 1000)
        busy.append((time.process_time() - worked) * 1000)
        assert response.status == 200, text[:500]
    times, busy = times[1:], busy[1:]  # the first reads the file from the disk
    print(f"{name:28}{np.median(times):10.1f}{np.percentile(times, 95):10.1f}{np.median(busy):12.1f}", flush=True)


if __name__ == "__main__":
    main()
