"""What every action here does around its one use case."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.bootstrap import Application, application
from bot.errors import HotlineError
from bot.hotline.answering import Turn
from bot.hotline.dialogue import Dialogue
from bot.hotline.emergencies import Alarm
from bot.hotline.ledger import LedgerRow
from bot.hotline.replies import Reply, outage_reply, payload_of
from bot.hotline.understanding import Understanding

logger = logging.getLogger(__name__)

_EMERGENCY_PATIENCE = 0.5  # seconds that danger waits for the ledger; the reply must not hang on a busy database
_late_writes = ThreadPoolExecutor(4, thread_name_prefix="ledger")


class HotlineAction(Action, ABC):
    """Abstract, since rasa-sdk registers every class that it can build."""

    @abstractmethod
    def reply(self, app: Application, turn: Turn) -> Reply:
        """Return the reply of the use case behind this action."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Say the reply to the last message. Whatever fails, the citizen reads a polite sentence."""
        turn = turn_of(tracker)
        try:
            reply, ledger = await asyncio.to_thread(self._reply_and_record, turn, tracker)
        except Exception as error:
            logger.error("%s failed: %s: %s", self.name(), type(error).__name__, safe_message(error))
            reply, ledger = outage_reply(turn.text), None
            dispatcher.utter_message(text=reply.text, json_message=payload_of(reply, ledger))
            return []
        dispatcher.utter_message(
            text=reply.text,
            json_message=payload_of(reply, ledger),
            buttons=[{"title": c.title, "payload": c.payload} for c in reply.choices] or None,
        )
        return [SlotSet("dialogue", reply.dialogue.as_slot())]

    def _reply_and_record(self, turn: Turn, tracker: Tracker) -> tuple[Reply, str]:
        app = application()
        reply = self.reply(app, turn)
        if reply.draft or reply.order_request:
            reply = app.fulfil(reply, sender=tracker.sender_id, channel=channel_of(tracker))
        row = app.ledger_row(turn, reply, sender=tracker.sender_id, model=model_of(tracker))
        if reply.kind == "emergency":
            writing = _late_writes.submit(_record_late, app, row)
            wait([writing], timeout=_EMERGENCY_PATIENCE)
        else:
            app.record(row)
        return reply, row.id


def _record_late(app: Application, row: LedgerRow) -> None:
    """Write ``row`` though nobody may be waiting for it any more."""
    try:
        app.record(row)
    except Exception as error:
        logger.error("ledger row %s of an emergency is lost: %s", row.id, safe_message(error))


def turn_of(tracker: Tracker) -> Turn:
    """Return the citizen's last message with what Rasa understood and what was said before."""
    message = tracker.latest_message or {}
    ranking = message.get("intent_ranking") or []
    scores = {i["name"]: float(i["confidence"]) for i in ranking if i.get("name") and i["name"] != "nlu_fallback"}
    metadata = message.get("metadata") or {}
    place = metadata.get("jurisdiction") if isinstance(metadata, Mapping) else None
    return Turn(
        text=message.get("text") or "",
        understanding=Understanding(scores, alarm=alarm_of(message.get("alarm"))),
        dialogue=Dialogue.from_slot(tracker.get_slot("dialogue")),
        channel_jurisdiction=place if isinstance(place, str) else None,
    )


def alarm_of(content: Any) -> Alarm | None:
    """Return what the danger classifier in Rasa's pipeline said of a message, ``None`` where it said nothing."""
    if not isinstance(content, Mapping):
        return None
    return Alarm(float(content["probability"]), {str(n): float(p) for n, p in content["numbers"].items()})


def channel_of(tracker: Tracker) -> str:
    """Return the channel that the citizen writes over: what the web process says, else Rasa's own."""
    metadata = (tracker.latest_message or {}).get("metadata") or {}
    named = metadata.get("channel") if isinstance(metadata, Mapping) else None
    return named if isinstance(named, str) else tracker.get_latest_input_channel() or "rest"


def model_of(tracker: Tracker) -> str:
    """Return the id of the model that understood the last message, empty where Rasa does not say."""
    for event in reversed(tracker.events or []):
        if event.get("event") == "user":
            return str((event.get("metadata") or {}).get("model_id", ""))
    return ""


def safe_message(error: Exception) -> str:
    """Return the text of our own errors, which never holds what a citizen wrote; nothing of others."""
    return str(error) if isinstance(error, HotlineError) else ""
