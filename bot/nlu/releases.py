"""Taking a released model without a restart: the old one answers until the new one is loaded, then they change places.

Rasa's own way, a model server that is asked for a newer model (`rasa.core.agent.load_from_server`), would need the web
process for Rasa to start, loads on the event loop so that every turn waits, and knows nothing of ranker and dispatcher.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.processor import MessageProcessor
from sanic import Sanic

from bot.errors import HotlineError
from bot.model_files import ModelFiles, ReleasedModel, require_whole

logger = logging.getLogger(__name__)

_EVERY = 1.0  # seconds between two looks at which model is released


def following(released: ReleasedModel) -> Callable[[Sanic, Any], Awaitable[None]]:
    """Return the listener that lets the server's agent follow ``released`` from its start on."""

    async def start(app: Sanic, loop: Any) -> None:
        app.add_task(follow(app.ctx.agent, released))

    return start


async def follow(agent: Agent, released: ReleasedModel, every: float = _EVERY) -> None:
    """Keep ``agent`` on the released model. What cannot be loaded is logged once and the model so far goes on."""
    tried = released.current()
    while True:
        await asyncio.sleep(every)
        try:
            wanted = released.current()
            if wanted != tried:
                tried = wanted
                await take(agent, wanted)
        except HotlineError as error:
            logger.error("The released model cannot be used, the model before it goes on: %s", error)
        except Exception as error:
            logger.error(
                "The released model could not be loaded, the model before it goes on: %s", type(error).__name__
            )


async def take(agent: Agent, files: ModelFiles) -> None:
    """Load the model beside the one that answers, then let it answer.

    A turn that has begun ends with the processor that it began with; trackers live in the store, which both share.
    """
    started = time.monotonic()
    processor = await asyncio.to_thread(_load, agent, files)
    agent.processor, agent.domain = processor, processor.domain
    agent.tracker_store.domain = processor.domain
    if isinstance(agent.nlg, TemplatedNaturalLanguageGenerator):
        agent.nlg.responses = processor.domain.responses
    logger.warning("Answering with %s, loaded in %.1f seconds.", files.rasa.name, time.monotonic() - started)


def _load(agent: Agent, files: ModelFiles) -> MessageProcessor:
    require_whole(files)
    return MessageProcessor(
        model_path=str(files.rasa),
        tracker_store=agent.tracker_store,
        lock_store=agent.lock_store,
        action_endpoint=agent.action_endpoint,
        generator=agent.nlg,
        http_interpreter=agent.http_interpreter,
    )
