"""``python -m tests.load.desk``: how soon twenty operators see a change of the queue, with 200 open conversations.

A real web process on a port and database of its own. New citizens are put into the queue by this process, as another web
process would, and operators take them over HTTP; the time runs from the commit, or the request, until each page's socket
has told it. At the end every page must know the queue exactly as the database has it: nothing was lost.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import click
import numpy as np

from bot.bootstrap import now
from bot.hotline.conversations import Conversation, Reason, queue, queue_order, take
from bot.hotline.jurisdictions import Jurisdiction
from bot.hotline.staff import StaffMember
from bot.hotline.work_orders import Role
from bot.knowledge_files import KnowledgeFiles
from bot.settings import PROJECT_ROOT
from bot.storage import (
    Database,
    add_staff,
    change_conversation,
    keep_login,
    migrate,
    queued_conversations,
    receive_message,
    save_knowledge,
)
from tests.conftest import answers, free_ports, until

WORDS = ("小区门口每天早上占道摆摊，没人管", "居住证办下来要多久", "楼上半夜装修，吵得睡不着", "公交站牌倒了三天了")
_TOKEN = re.compile(r'"X-CSRF-Token": "([^"]+)"')


@dataclass
class Page:
    """One operator's page: what its socket has told it, and when it first knew each change."""

    member: StaffMember
    session: aiohttp.ClientSession
    token: str
    queue: list[str] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    came: dict[str, float] = field(default_factory=dict)
    went: dict[str, float] = field(default_factory=dict)

    def hear(self, text: str) -> None:
        """Take in one frame."""
        at, lists = time.perf_counter(), json.loads(text).get("lists")
        if lists is None:
            return
        self.open.set()
        before, self.queue = set(self.queue), lists["queue"]
        self.came.update((key, at) for key in set(self.queue) - before)
        self.went.update((key, at) for key in before - set(self.queue))


@click.command()
@click.option("--operators", default=20, show_default=True)
@click.option("--conversations", default=200, show_default=True)
@click.option("--seconds", default=30, show_default=True)
@click.option("--rate", default=4.0, show_default=True, help="Changes a second.")
def main(operators: int, conversations: int, seconds: int, rate: float) -> None:
    """Start the web process, open the pages, change the queue and measure."""
    with tempfile.TemporaryDirectory() as folder:
        database, members = _fill(Path(folder), operators, conversations)
        port = free_ports(1)[0]
        environment = os.environ | {
            "DATABASE_URL": str(database.url), "HOTLINE_WEB_PORT": str(port), "HOTLINE_JURISDICTION": "yunjiang",
            "HOTLINE_SECRET_FILE": f"{folder}/secret.key", "HOTLINE_MODELS_DIR": f"{folder}/models",
        }  # fmt: skip
        web = subprocess.Popen([sys.executable, "-m", "bot.web"], cwd=PROJECT_ROOT, env=environment)
        try:
            until(lambda: answers(f"http://127.0.0.1:{port}/staff/login"), 120)
            asyncio.run(_measure(database, f"http://127.0.0.1:{port}", members, seconds, rate))
        finally:
            web.terminate()
            web.wait(20)


def _fill(folder: Path, operators: int, conversations: int) -> tuple[Database, list[tuple[StaffMember, str]]]:
    """Return a database with the operators, each logged in, and half of the conversations waiting, half held."""
    database = Database(f"sqlite:///{folder / 'desk.sqlite3'}")
    migrate(database)
    places = KnowledgeFiles(jurisdictions=(Jurisdiction("yunjiang", "云江市", None, ("云江",), (), covered=True),))
    members = []
    with database.begin() as connection:
        save_knowledge(connection, places, by="loader", reason="load")
        for number in range(operators):
            new = StaffMember("", f"op{number:02}", f"{number}号", Role.OPERATOR)
            members.append((add_staff(connection, new, "none", now()), secrets.token_urlsafe(32)))
            keep_login(connection, members[-1][1], {"staff": members[-1][0].id}, now())
    for number in range(conversations):
        key = _wait(database, WORDS[number % len(WORDS)])
        if number % 2:
            member = members[number % operators][0]
            with database.begin() as connection:
                change_conversation(connection, key, lambda c, m=member: take(c, m.id, m.name), now())  # type: ignore[misc]
    return database, members


def _wait(database: Database, words: str) -> str:
    """Put a new citizen into the queue and return the conversation."""
    key = f"web-{uuid.uuid4().hex}"
    with database.begin() as connection:
        new = Conversation(key, "web", key, "yunjiang", now(), now())
        receive_message(connection, new, words, now(), id=uuid.uuid4().hex, answers=[])
        change_conversation(connection, key, lambda c: queue(c, Reason.ASKED, now()), now())
    return key


async def _measure(
    database: Database, web: str, members: list[tuple[StaffMember, str]], seconds: int, rate: float
) -> None:
    pages = [await _open(web, member, secret) for member, secret in members]
    listening = [asyncio.create_task(_listen(web, page)) for page in pages]
    await asyncio.wait_for(asyncio.gather(*(page.open.wait() for page in pages)), 60)
    came, went = {}, {}
    requests: list[float] = []
    started = time.perf_counter()
    turn = 0
    while time.perf_counter() - started < seconds:
        turn += 1
        if turn % 2:
            key = await asyncio.to_thread(_wait, database, WORDS[turn % len(WORDS)])
            came[key] = time.perf_counter()
        else:
            page, before = pages[turn % len(pages)], time.perf_counter()
            async with page.session.post(f"{web}/desk/next", headers={"X-CSRF-Token": page.token}) as response:
                assert response.status == 200, await response.text()
                went[response.headers["HX-Push-Url"].rpartition("/")[2]] = before
            requests.append(time.perf_counter() - before)
        await asyncio.sleep(max(0.0, started + turn / rate - time.perf_counter()))
    await asyncio.sleep(3)
    with database.read() as connection:
        wanted = [c.id for c in sorted(queued_conversations(connection), key=queue_order)]
    lost = sum(page.queue != wanted for page in pages)
    _report(
        "came into the queue, written by another process",
        [p.came[k] - at for k, at in came.items() for p in pages if k in p.came],
        len(came) * len(pages),
    )
    _report(
        "taken over HTTP",
        [p.went[k] - at for k, at in went.items() for p in pages if k in p.went],
        len(went) * len(pages),
    )
    _report("the request itself", requests, len(requests))
    print(f"pages that do not know the queue as it is: {lost} of {len(pages)}; waiting {len(wanted)}")
    for task in listening:
        task.cancel()
    for page in pages:
        await page.session.close()


async def _open(web: str, member: StaffMember, secret: str) -> Page:
    session = aiohttp.ClientSession(cookies={"hotline_staff": secret}, cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with session.get(f"{web}/staff/password") as response:
        token = _TOKEN.search(await response.text())
    assert token
    return Page(member, session, token[1])


async def _listen(web: str, page: Page) -> None:
    async with page.session.ws_connect(f"{web}/desk/live") as socket:
        async for message in socket:
            page.hear(str(message.data))


def _report(what: str, seconds: list[float], expected: int) -> None:
    p50, p95, most = (np.percentile(seconds, p) * 1000 for p in (50, 95, 100))
    print(f"{what}: {len(seconds)} of {expected} seen, p50 {p50:.0f} ms, p95 {p95:.0f} ms, max {most:.0f} ms")


if __name__ == "__main__":
    main()
