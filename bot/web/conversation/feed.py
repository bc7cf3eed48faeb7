"""Tells whoever shows a conversation that something is new in it, also where another process has written it."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.errors import StorageUnavailable
from bot.hotline.conversations import Author
from bot.storage import Database, changed_conversations

logger = logging.getLogger(__name__)

_EVERY = 0.5  # seconds between looks at the database
_LOOK_BACK = dt.timedelta(seconds=10)  # a change may be seen later than it is dated: its transaction takes time


class Listener:
    """One who shows a conversation."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._news.set()  # at first everything is new
        self._typing: Author | None = None
        self._changed: set[str] = set()
        self._typed: dict[str, str] = {}

    async def news(self, timeout: float) -> Author | None:
        """Wait until something is new, at most ``timeout`` seconds; return who is typing since then, if anybody."""
        if not self._news.is_set():
            waiting = asyncio.ensure_future(self._news.wait())
            try:
                await asyncio.wait({waiting}, timeout=timeout)  # wait_for of Python 3.10 may swallow a cancellation
            finally:
                waiting.cancel()
            if not self._news.is_set():
                return None
        self._news.clear()
        typing, self._typing = self._typing, None
        return typing

    def wake(self, typing: Author | None = None, conversation: str = "", typed: str = "") -> None:
        """Say that something is new, in which ``conversation``, and what its citizen has ``typed`` so far."""
        self._typing = typing or self._typing
        if typed:
            self._typed[conversation] = typed
        elif conversation and typing is None:
            self._changed.add(conversation)
        self._news.set()

    def what(self) -> tuple[set[str], dict[str, str]]:
        """Return the conversations in which something is new since the last call, and what citizens are typing."""
        changed, typed = self._changed, self._typed
        self._changed, self._typed = set(), {}
        return changed, typed


class Feed:
    """Who shows which conversation in this process."""

    def __init__(self, database: Database, now: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._now = now
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._everything: set[Listener] = set()
        self._versions: dict[str, int] = {}

    @contextmanager
    def listen(self, conversation: str | None) -> Iterator[Listener]:
        """Give a listener to the conversation, with ``None`` to all of them."""
        listener = Listener()
        group = self._everything if conversation is None else self._listeners[conversation]
        group.add(listener)
        try:
            yield listener
        finally:
            group.discard(listener)
            if conversation is not None and not group:
                self._listeners.pop(conversation, None)

    def wake(self, conversation: str, typing: Author | None = None, typed: str = "") -> None:
        """Tell those who show the conversation that something is new in it, or that somebody is typing."""
        for listener in (*self._listeners.get(conversation, ()), *self._everything):
            listener.wake(typing, conversation, typed)

    async def run(self) -> None:
        """Look for what other processes have written, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            if not self._listeners and not self._everything:
                continue
            try:
                changed = await asyncio.to_thread(self._changed)
            except StorageUnavailable as error:
                logger.error("cannot look for news: %s", error)
                continue
            news = [key for key, version in changed.items() if self._versions.get(key) != version]
            self._versions = changed
            for conversation in news:
                self.wake(conversation)

    def _changed(self) -> dict[str, int]:
        with self._database.read() as connection:
            return changed_conversations(connection, self._now() - _LOOK_BACK)
