"""Conversations written as Rasa test stories, held with the running system: Rasa, the real actions, the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rasa.shared.core.events import ActionExecuted, Event, UserUttered
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader

from bot.hotline.ledger import conversation_hash
from bot.hotline.work_orders import Actor, Move, Role
from bot.settings import read_secret
from bot.storage import Database, load_knowledge, move_order, orders_of
from tests.conftest import System

pytestmark = pytest.mark.slow
STORIES = {
    step.block_name: step.events
    for path in sorted(Path(__file__).parent.glob("*.yml"))
    for step in YAMLStoryReader(None).read_from_file(str(path))
}
STAFF = Actor("op1", Role.OPERATOR)


@dataclass
class Conversation:
    """One story as it is held: who speaks, and what the bot said last."""

    system: System
    name: str
    said: str = ""
    citizen: int = 1
    senders: list[str] = field(default_factory=list)

    @property
    def sender(self) -> str:
        return f"story-{self.name}-{self.citizen}"

    def play(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, UserUttered):
                self.said = self.system.say(event.text or "", self.sender).text
            elif isinstance(event, ActionExecuted) and event.action_text:
                assert event.action_text.strip() in self.said, f"{event.action_text} not in: {self.said}"
            elif isinstance(event, ActionExecuted) and event.action_name == "another_citizen":
                self.citizen += 1
            elif isinstance(event, ActionExecuted) and event.action_name in ("staff_answer", "staff_close"):
                self.staff(event.action_name)

    def staff(self, what: str) -> None:
        """Do with the citizen's newest order what people at desks would."""
        database = Database(self.system.environment["DATABASE_URL"])
        with database.begin() as connection:
            department = next(
                d.id for d in load_knowledge(connection).departments.values() if d.jurisdiction == "jingzhou"
            )
            handler = Actor("h1", Role.HANDLER, department)
            moves = {
                "staff_answer": (
                    (Move.DISPATCH, STAFF, {"department": department}),
                    (Move.SIGN, handler, {}),
                    (Move.ANSWER, handler, {"answer": "已经清运。"}),
                    (Move.REVIEW, STAFF, {}),  # from then on citizens read it
                ),
                "staff_close": (
                    (Move.FOLLOW_UP, STAFF, {"satisfaction": 3}),
                    (Move.CLOSE, STAFF, {}),
                ),
            }[what]
            key = read_secret(Path(self.system.environment["HOTLINE_SECRET_FILE"]))
            (order,) = orders_of(connection, conversation_hash(self.sender, key), limit=1)
            for move, actor, given in moves:
                move_order(connection, order.id, move, actor, dt.datetime.now(dt.timezone.utc), **given)


@pytest.mark.parametrize("name", STORIES)
def test_the_story_goes_as_written(system: System, name: str) -> None:
    Conversation(system, name).play(STORIES[name])


def test_every_story_says_what_the_bot_must_answer() -> None:
    for name, events in STORIES.items():
        assert any(isinstance(e, ActionExecuted) and e.action_text for e in events), name
