"""``python -m tests.load.chat``: many citizens chat over WebSocket with everything running; nothing may go amiss.

Each asks, reads the answer for ten to thirty seconds, asks again; some send two messages in a row, some lose the
connection right after sending and come back, as in ``docs/widget.md``. At the end everybody's history is fetched anew and
compared with what they saw. Exit status 1 where anything was lost, doubled or out of order.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import click
import numpy as np

from tests.conftest import System, new_place, start_everything, stop_everything

QUESTIONS = (
    "居住证要带什么材料", "办暂住证几天能拿到", "邻居欠钱不还12345管不管", "城管局电话多少", "多证合一什么时候全面实施",
    "楼下烧烤摊占道影响走路", "疾病应急救助什么人能申请", "12345几点上班", "谢谢你", "结婚证怎么办", "居住证丢了怎么补",
    "大病保险能报多少", "市政府督查多久要办完", "税收违法怎么举报", "一次办好什么意思", "你是机器人吗",
)  # fmt: skip
_PATIENCE = 120.0  # seconds after which a reply counts as lost
_TWICE, _CUT = 0.1, 0.05  # how many turns are two messages in a row, and how many lose the connection


@dataclass
class Figures:
    """What was measured, and what went amiss with the citizen to whom it did."""

    citizens: int
    think: tuple[float, float]
    seconds: int = 0
    messages: int = 0
    reconnections: int = 0
    took: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.disordered)

    def summary(self) -> dict[str, Any]:
        """Return the figures with counts and percentiles in place of lists."""
        found = {k: len(v) if k in ("lost", "doubled", "disordered") else v for k, v in asdict(self).items()}
        found["replies"] = len(found.pop("took"))
        for name, percent in (("p50", 50), ("p95", 95), ("p99", 99), ("max", 100)):
            found[name] = round(float(np.percentile(self.took, percent)), 3) if self.took else None
        return found


class Citizen:
    """One widget: what it said and what it was told."""

    def __init__(self, session: aiohttp.ClientSession, url: str, figures: Figures, number: int) -> None:
        self._session = session
        self._url = url
        self._figures = figures
        self._name = f"citizen {number}"
        self._chance = random.Random(number)
        self._token: str | None = None
        self._sent: dict[str, float] = {}  # when, by id
        self._unanswered: dict[str, str] = {}  # said again after a lost connection unless it came back
        self._told: list[dict[str, Any]] = []
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._over = False

    async def talk(self, over: asyncio.Event) -> None:
        """Chat until it is ``over``, then compare the whole history with what was seen."""
        await self._rest(self._chance.uniform(0, self._figures.think[1]), over)
        await self._connect()
        while not over.is_set():
            for _ in range(2 if self._chance.random() < _TWICE else 1):
                await self._say(self._chance.choice(QUESTIONS))
            if self._chance.random() < _CUT:
                await self._reconnect()
            await self._wait_for_answers()
            await self._rest(self._chance.uniform(*self._figures.think), over)
        await self._compare()

    async def _rest(self, seconds: float, over: asyncio.Event) -> None:
        """Do nothing for a while, as a widget does: what comes is read and pings are answered."""
        ends = time.monotonic() + seconds
        while not over.is_set() and (left := ends - time.monotonic()) > 0:
            with suppress(asyncio.TimeoutError):
                if self._socket is None:
                    await asyncio.wait_for(over.wait(), left)
                else:
                    await self._read(min(left, 1))

    async def _read(self, patience: float) -> None:
        """Read one frame, coming back where the connection is lost. Raises TimeoutError."""
        assert self._socket is not None
        try:
            frame = await self._socket.receive_json(timeout=patience)
        except (TypeError, ConnectionError):  # closed
            await self._reconnect()
            return
        if frame["type"] == "message":
            self._take(frame)

    async def _connect(self) -> None:
        """Say hello, as often as it takes while the server is away."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self._socket = await self._session.ws_connect(self._url)
                seen = self._told[-1]["seq"] if self._told else 0
                hello = {"type": "hello", "token": self._token, "jurisdiction": "jingzhou", "after": seen}
                await self._socket.send_json(hello)
                welcome = await self._socket.receive_json(timeout=_PATIENCE)
                break
            except (aiohttp.ClientError, OSError, TypeError):
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(self._chance.uniform(0.2, 1))
        self._token = welcome["token"]
        for message in welcome["messages"]:
            self._take(message)

    async def _reconnect(self) -> None:
        """Break the connection, come back, and say again what was not echoed."""
        assert self._socket is not None
        self._figures.reconnections += 1
        await self._socket.close()
        await self._connect()
        echoed = {message["id"] for message in self._told}
        for id, text in self._unanswered.items():
            if id not in echoed:
                with suppress(ConnectionError):  # then it is said again after the next time
                    await self._socket.send_json({"type": "say", "id": id, "text": text})

    async def _say(self, text: str) -> None:
        assert self._socket is not None
        id = str(uuid.uuid4())
        self._unanswered[id] = text
        self._sent[id] = time.monotonic()
        self._figures.messages += 1
        with suppress(ConnectionError):  # the server is away; it is said again after the next connection
            await self._socket.send_json({"type": "say", "id": id, "text": text})

    async def _wait_for_answers(self) -> None:
        """Wait until every message is answered, those that are not in time count as lost."""
        deadline = time.monotonic() + _PATIENCE
        while self._answered() < len(self._sent):
            try:
                await self._read(max(deadline - time.monotonic(), 0.01))
            except asyncio.TimeoutError:
                self._figures.lost.append(f"{self._name}: {len(self._sent) - self._answered()} unanswered")
                self._sent = dict(list(self._sent.items())[: self._answered()])
                return
        self._unanswered.clear()

    def _answered(self) -> int:
        return sum(message["from"] == "bot" for message in self._told)

    def _take(self, message: dict[str, Any]) -> None:
        seen = self._told[-1]["seq"] if self._told else 0
        if message["seq"] <= seen:
            self._figures.doubled.append(f"{self._name}: {message['seq']} after {seen}")
            return
        if message["seq"] != seen + 1:
            self._figures.disordered.append(f"{self._name}: {message['seq']} after {seen}")
        self._told.append(message)
        if message["from"] == "bot" and not self._over and (number := self._answered()) <= len(self._sent):
            self._figures.took.append(time.monotonic() - list(self._sent.values())[number - 1])

    async def _compare(self) -> None:
        """Fetch everything anew: it must be what was seen, each own message in it once and answered once, in order."""
        assert self._socket is not None
        await self._socket.close()
        self._over = True
        seen, self._told = [message["seq"] for message in self._told], []
        await self._connect()
        if [message["seq"] for message in self._told] != seen:
            self._figures.disordered.append(f"{self._name}: another history than was seen")
        own = [message["id"] for message in self._told if message["from"] == "citizen"]
        self._figures.lost += [f"{self._name}: {id} not kept" for id in self._sent if id not in own]
        self._figures.doubled += [f"{self._name}: {id} kept twice" for id in set(own) if own.count(id) > 1]
        if own != list(self._sent):
            self._figures.disordered.append(f"{self._name}: own messages in another order")
        if (extra := self._answered() - len(self._sent)) > 0:
            self._figures.doubled.append(f"{self._name}: {extra} answers too many")
        await self._socket.close()


async def chat(url: str, citizens: int, think: tuple[float, float], over: asyncio.Event) -> Figures:
    """Let ``citizens`` chat with the web process at ``url`` until it is ``over``."""
    figures, started = Figures(citizens, think), time.monotonic()
    socket = f"{url.replace('http', 'ws', 1)}/chat/socket"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        talks = [Citizen(session, socket, figures, number).talk(over) for number in range(citizens)]
        for number, outcome in enumerate(await asyncio.gather(*talks, return_exceptions=True)):
            if isinstance(outcome, BaseException):
                figures.lost.append(f"citizen {number}: {type(outcome).__name__} {outcome}")
    figures.seconds = round(time.monotonic() - started)
    return figures


async def chat_for(url: str, citizens: int, think: tuple[float, float], seconds: float) -> Figures:
    """Let ``citizens`` chat for so many ``seconds``."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    return await chat(url, citizens, think, over)


@click.command()
@click.option("--citizens", default=200, show_default=True, type=click.IntRange(1, 1000))
@click.option("--seconds", default=300.0, show_default=True, type=click.FloatRange(5, 3600))
@click.option(
    "--think", default=(10.0, 30.0), show_default=True, type=(float, float), help="Seconds between questions."
)
def main(citizens: int, seconds: float, think: tuple[float, float]) -> None:
    """Start everything on ports of its own, let citizens chat, and print what was measured as JSON."""
    with tempfile.TemporaryDirectory(prefix="hotline-load-") as folder:
        place: System = new_place(Path(folder), System)
        process = start_everything(place)
        try:
            figures = asyncio.run(chat_for(place.web, citizens, think, seconds))
            memory = {_name_of(p.cmdline()): round(p.memory_info().rss / 2**20) for p in place.processes()}
        finally:
            with suppress(AssertionError):
                stop_everything(place, process)
    print(json.dumps({**figures.summary(), "megabytes": memory}, ensure_ascii=False, indent=2))
    for fault in (*figures.lost, *figures.doubled, *figures.disordered):
        print(fault, file=sys.stderr)
    sys.exit(0 if figures.clean else 1)


def _name_of(command: list[str]) -> str:
    return command[2] if command[1:2] == ["-m"] else " ".join(command[:2])


if __name__ == "__main__":
    main()
