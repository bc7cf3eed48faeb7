"""Trying a question (试问): what citizens are answered now, and what they would be after the edit."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiohttp import web

from bot.bootstrap import Application
from bot.errors import HotlineError
from bot.hotline.answering import Assistant, Turn
from bot.hotline.dialogue import Dialogue
from bot.hotline.knowledge import KnowledgeEntry
from bot.hotline.replies import Reply
from bot.hotline.staff import Permission
from bot.web.admin.knowledge_editor import BLANK, known_entry
from bot.web.admin.knowledge_forms import entry_form, scene, typed_entry
from bot.web.keys import APPLICATION
from bot.web.staff.access import allowed
from bot.web.staff.pages import render

_LONGEST = 500
_NEW = "new"  # id of an entry that is not saved yet


@dataclass(frozen=True)
class Outcome:
    """A question, what it is answered now, and after the edit where there is one."""

    question: str
    now: Reply
    after: Reply | None


class Trial:
    """Answers as the action server does, from the newest knowledge and from what it would become."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._lock = threading.Lock()

    def ask(self, question: str, place: str | None, edited: KnowledgeEntry | None) -> Outcome:
        """Return both answers to ``question``. Raises HotlineError where there is no model."""
        with self._lock:  # an index takes memory: one trial at a time
            now = self._application.assistant()
            turn = Turn(question, self._application.understanding()(question), Dialogue(), place)
            after = self._after(now, edited).answer(turn) if edited else None
            return Outcome(question, now.answer(turn), after)

    def _after(self, now: Assistant, edited: KnowledgeEntry) -> Assistant:
        others = [entry for entry in now.knowledge.entries if entry.id != edited.id]
        return self._application.assistant_for(replace(now.knowledge, entries=[*others, edited]), now.places)


TRIAL: web.AppKey[Trial] = web.AppKey("trial", Trial)


def add_routes(app: web.Application) -> None:
    """Add the route of this module to ``app``."""
    app[TRIAL] = Trial(app[APPLICATION])
    app.router.add_post("/admin/knowledge/try", ask)


@allowed(Permission.EDIT_KNOWLEDGE)
async def ask(request: web.Request) -> web.StreamResponse:
    """Answer a question from the knowledge as it is and as it would be."""
    here, given = await scene(request), await request.post()
    question = str(given.get("try", "")).strip()[:_LONGEST]
    before = await known_entry(request, str(given.get("id", "")))
    form = await entry_form(request, here, before, given)
    edited = typed_entry(form, given, before)
    document = here.documents.get(edited.citations[0].document) if edited.citations else None
    place = document.jurisdiction if document else here.own
    whole = bool(document and edited.question and edited.answer)
    known = all(c.document in here.knowledge.documents for c in edited.citations)
    if not edited.id and document:
        edited = replace(edited, id=_NEW, jurisdiction=document.jurisdiction, topic=document.id)
    changed = edited if whole and known and edited != before else None
    outcome, problem = None, ""
    if not question:
        problem = "请写一个问题再试。"
    else:
        try:
            outcome = await asyncio.to_thread(request.app[TRIAL].ask, question, place, changed)
        except HotlineError as error:
            problem = str(error)
    return await render(
        request, "admin/knowledge_trial.html", outcome=outcome, problem=problem, edited=edited, entries=_questions(outcome, here.knowledge.entries, edited),
    )  # fmt: skip


def _questions(outcome: Outcome | None, entries: Sequence[KnowledgeEntry], edited: KnowledgeEntry) -> dict[str, str]:
    """Return id → question of the entries that were answered from."""
    if outcome is None:
        return {}
    used = {id_ for reply in (outcome.now, outcome.after) if reply for id_, _ in reply.entries}
    found = {e.id: e.question for e in entries if e.id in used}
    return found | ({edited.id: edited.question} if edited != BLANK else {})
