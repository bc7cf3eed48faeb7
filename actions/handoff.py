"""Actions that bring in a person (转人工)."""

from __future__ import annotations

from actions.base import HotlineAction
from bot.bootstrap import Application
from bot.hotline.answering import Turn
from bot.hotline.replies import Reply


class ActionHandOver(HotlineAction):
    """Passes the conversation to an operator."""

    def name(self) -> str:
        return "action_hand_over"

    def reply(self, app: Application, turn: Turn) -> Reply:
        return app.assistant().hand_over(turn)
