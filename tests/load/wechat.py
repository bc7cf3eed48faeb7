"""``python -m tests.load.wechat``: followers write to the official account while the bot takes anything from 0 to 12 s.

The web process is the real one, in a process of its own; the platform and the slow bot are stand-ins. The platform waits
five seconds and pushes again up to three times; besides, every tenth push is repeated after it was answered, as when the
answer is lost on its way. Exit status 1 unless each message was answered exactly once, in order and in time.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np
from aiohttp import web

from bot.commands.knowledge import prepare_database
from bot.settings import Settings
from tests.conftest import Place, free_ports, new_place
from tests.wechat_platform import Account, Delivery, Interaction, Kind, Mode, Platform, openid_of

_LIMIT = 5.0  # seconds that the platform waits
_SLOWEST = 12.0
_REPEATED = 0.1
_PATIENCE = 60.0
_READY = 60.0


@dataclass
class Figures:
    """What was measured, and what went amiss with the follower to whom it did."""

    messages: int = 0
    repeated: int = 0
    attempts: int = 0
    passive: int = 0
    pushed: int = 0
    took: list[float] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        values = {k: v for k, v in vars(self).items() if k not in ("took", "late", "faults")}
        slowest = {"acknowledged_p95": np.percentile(self.took, 95), "acknowledged_max": max(self.took)}
        return {
            **values,
            **{k: round(float(v), 2) for k, v in slowest.items()},
            "late": len(self.late),
            "faults": len(self.faults),
        }


class SlowBot:
    """Answers Rasa's REST channel after a time of its own for each message."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.asked: Counter[str] = Counter()

    def application(self) -> web.Application:
        """Return what stands in for the Rasa server."""
        app = web.Application()
        app.router.add_post("/webhooks/rest/webhook", self._reply)
        return app

    async def _reply(self, request: web.Request) -> web.Response:
        message = await request.json()
        self.asked[message["metadata"]["message_id"]] += 1
        await asyncio.sleep(self._chance.uniform(0, _SLOWEST))
        custom = {"kind": "answer", "citations": []}
        return web.json_response([{"text": f"答：{message['message']}"}, {"custom": custom}])


async def write(platform: Platform, followers: int, questions: int, spread: float, figures: Figures) -> None:
    """Let ``followers``, who come within ``spread`` seconds, ask ``questions`` each, one after the other."""
    chance = random.Random(12345)
    people = [openid_of(f"follower {number}") for number in range(followers)]

    async def follow(who: str, starts: float) -> None:
        await asyncio.sleep(starts)
        for number in range(questions):
            await _ask(platform, who, f"第{number}问", chance.random() < _REPEATED, figures)
            try:
                await platform.record.wait_for_answers(who, number + 1, _PATIENCE)
            except TimeoutError as error:
                figures.faults.append(str(error))
                return
            await asyncio.sleep(chance.uniform(0, 3))

    await asyncio.gather(*(follow(who, chance.uniform(0, spread)) for who in people))
    await asyncio.sleep(_LIMIT)  # for what may come twice
    for who in people:
        wanted = [f"答：第{number}问" for number in range(questions)]
        if platform.record.texts(who) != wanted:
            figures.faults.append(f"{who} read {platform.record.texts(who)}")
        figures.faults += [f"{who}: {entry.reason}" for entry in platform.record.failures(who)]
    figures.faults += [f"refused for quota: {call}" for call in platform.record.refused_for_quota()]
    figures.passive = sum(entry.kind is Kind.PASSIVE for entry in platform.record.entries)
    figures.pushed = sum(entry.kind is Kind.CUSTOM for entry in platform.record.entries)


async def _ask(platform: Platform, who: str, text: str, again: bool, figures: Figures) -> None:
    """Let one push be made, and be made again where the platform did not get the answer."""
    message = platform.compose.text(who, text)
    platform.followers.interact(who, Interaction.MESSAGE)
    delivery = await platform.pusher.push(message)
    figures.messages += 1
    _count(delivery, figures)
    if again:
        figures.repeated += 1
        second = await platform.pusher.push(message)
        _count(second, figures)
        if (second.reply and second.reply.text) != (delivery.reply and delivery.reply.text):
            figures.faults.append(f"{who}: {text} was answered otherwise when it was pushed again")
    platform.show_reply(delivery)


def _count(delivery: Delivery, figures: Figures) -> None:
    figures.attempts += len(delivery.attempts)
    figures.took += [attempt.took for attempt in delivery.attempts]
    figures.late += [f"late: {a.took:.1f} s" for a in delivery.attempts if a.took >= _LIMIT]
    if delivery.failure:
        figures.faults.append(delivery.failure)


async def measure(folder: Path, followers: int, questions: int, spread: float, mode: Mode = Mode.SAFE) -> Figures:
    """Start the web process in ``folder``, let the followers write, and return what was seen."""
    figures, bot, account = Figures(), SlowBot(12345), Account(mode=mode)
    async with Platform(account=account) as platform:
        place: Place = new_place(folder)
        runner = web.AppRunner(bot.application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        port = free_ports(1)[0]
        await web.TCPSite(runner, "127.0.0.1", port).start()
        place.environment.update({
            "HOTLINE_RASA_PORT": str(port), "HOTLINE_WECHAT_MODE": mode.value, "HOTLINE_WECHAT_TOKEN": account.token,
            "HOTLINE_WECHAT_APPID": account.appid, "HOTLINE_WECHAT_SECRET": account.secret,
            "HOTLINE_WECHAT_AES_KEY": account.aes_key, "HOTLINE_WECHAT_API": await platform.serve(),
        })  # fmt: skip
        await asyncio.to_thread(prepare_database, Settings.from_environment(place.environment), lambda _: None)
        process = place.start("bot.web")
        try:
            platform.connect(f"{place.web}/wechat")
            deadline = time.monotonic() + _READY
            while not (await platform.verify()).passed:
                assert time.monotonic() < deadline, place.logged()
                await asyncio.sleep(0.3)
            await write(platform, followers, questions, spread, figures)
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 15)
            await runner.cleanup()
    figures.faults += [f"asked {count} times: {id}" for id, count in bot.asked.items() if count > 1]
    return figures


@click.command()
@click.option("--followers", default=250, show_default=True, type=click.IntRange(1, 2000))
@click.option("--questions", default=4, show_default=True, type=click.IntRange(1, 50))
@click.option("--spread", default=60.0, show_default=True, help="Seconds within which all have come.")
@click.option("--mode", default="safe", show_default=True, type=click.Choice([mode.value for mode in Mode]))
def main(followers: int, questions: int, spread: float, mode: str) -> None:
    """Measure and print the figures as JSON."""
    with tempfile.TemporaryDirectory(prefix="hotline-load-") as folder:
        figures = asyncio.run(measure(Path(folder), followers, questions, spread, Mode(mode)))
    print(json.dumps(figures.summary(), ensure_ascii=False, indent=2))
    for fault in (*figures.late, *figures.faults):
        print(fault, file=sys.stderr)
    sys.exit(1 if figures.late or figures.faults else 0)


if __name__ == "__main__":
    main()
