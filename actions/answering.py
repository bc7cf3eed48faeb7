"""Actions that answer from the policy database."""

from __future__ import annotations

from actions.base import HotlineAction
from bot.bootstrap import Application
from bot.hotline.answering import Turn
from bot.hotline.replies import Reply


class ActionAnswerQuestion(HotlineAction):
    """Answers a question, decides a scope, names a department, asks back or says that it does not know."""

    def name(self) -> str:
        return "action_answer_question"

    def reply(self, app: Application, turn: Turn) -> Reply:
        return app.assistant().answer(turn)
