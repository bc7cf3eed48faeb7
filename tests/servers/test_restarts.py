"""Each process ends in turn while citizens chat: they wait at most, and nothing is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.load.chat import Figures, chat, chat_for
from tests.servers.conftest import Parts

pytestmark = pytest.mark.slow

CITIZENS = 6
THINK = (0.5, 2.0)


@pytest.mark.parametrize("name", ["rasa", "actions", "web", "worker"])
async def test_a_process_ends_and_comes_back_while_citizens_chat(parts: Parts, name: str) -> None:
    over = asyncio.Event()

    async def restart() -> None:
        """Crash it in the middle of turns and start it again."""
        try:
            await asyncio.to_thread(parts.start, *({"worker"} - set(parts.running)))
            await asyncio.sleep(5)
            await asyncio.to_thread(parts.kill, name)
            await asyncio.sleep(1)
            await asyncio.to_thread(parts.start, name)
            await asyncio.sleep(5)
        finally:
            over.set()

    figures, _ = await asyncio.gather(chat(parts.place.web, CITIZENS, THINK, over), restart())
    assert_nothing_amiss(figures)
    assert figures.reconnections >= (CITIZENS if name == "web" else 0)


async def test_many_at_once_lose_nothing(parts: Parts) -> None:
    """``python -m tests.load.chat`` does the same with two hundred for five minutes."""
    started = time.monotonic()
    assert_nothing_amiss(await chat_for(parts.place.web, 20, (1.0, 4.0), 20))
    assert time.monotonic() - started >= 20


def assert_nothing_amiss(figures: Figures) -> None:
    assert figures.messages >= figures.citizens
    assert len(figures.took) == figures.messages
    assert (figures.lost, figures.doubled, figures.disordered) == ([], [], [])
