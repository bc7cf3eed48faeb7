"""Rasa's conversation memory, bounded: conversations hold personal data, so they end by themselves."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SerializedTrackerAsText, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker


class ExpiringTrackerStore(TrackerStore, SerializedTrackerAsText):
    """Keeps the last ``turns`` of at most ``conversations`` conversations for ``minutes`` after their last message.

    The stock in-memory store keeps everything for ever and writes each conversation as JSON at every turn; this one
    keeps the events themselves. For several Rasa processes use Rasa's Redis store with ``record_exp`` instead.
    """

    def __init__(
        self,
        domain: Domain | None,
        event_broker: EventBroker | None = None,
        *,
        minutes: float = 60,
        conversations: int = 5000,
        turns: int = 20,
        clock: Callable[[], float] = time.monotonic,
        **kwargs: Any,
    ) -> None:
        """``kwargs`` are what Rasa passes to every store (host and the like)."""
        self._seconds = float(minutes) * 60
        self._conversations = int(conversations)
        self._turns = int(turns)
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, list[Event]]] = OrderedDict()
        super().__init__(domain, event_broker, **kwargs)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the last turns of ``tracker`` and drop conversations that are over or too many."""
        await self.stream_events(tracker)
        events = list(tracker.events)
        spoken = [i for i, event in enumerate(events) if isinstance(event, UserUttered)]
        if len(spoken) > self._turns:
            events = events[spoken[-self._turns] :]
        self._kept[tracker.sender_id] = (self._clock() + self._seconds, events)
        self._kept.move_to_end(tracker.sender_id)
        self._drop()

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Return the conversation of ``sender_id``, ``None`` where there is none or it is over."""
        self._drop()
        if sender_id not in self._kept:
            return None
        return DialogueStateTracker.from_events(
            sender_id, list(self._kept[sender_id][1]), self.domain.slots, domain=self.domain
        )

    async def retrieve_full_tracker(self, sender_id: str) -> DialogueStateTracker | None:
        return await self.retrieve(sender_id)

    async def delete(self, sender_id: str) -> None:
        """Forget the conversation of ``sender_id``."""
        self._kept.pop(sender_id, None)

    async def keys(self) -> Iterable[str]:
        self._drop()
        return list(self._kept)

    def _drop(self) -> None:
        now = self._clock()
        while self._kept:
            deadline, _ = next(iter(self._kept.values()))
            if deadline > now and len(self._kept) <= self._conversations:
                return
            self._kept.popitem(last=False)
