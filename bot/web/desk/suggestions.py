"""Suggested answers beside a conversation, search, and what operators make of the suggestions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.bootstrap import now, today
from bot.errors import KnowledgeInvalid
from bot.hotline.conversations import Author, Conversation
from bot.hotline.knowledge import Knowledge
from bot.hotline.outcomes import Outcome, SuggestionOutcome
from bot.hotline.replies import answer_text
from bot.hotline.searching import Found
from bot.hotline.staff import Permission
from bot.storage import messages_after, note_outcome
from bot.web.desk.advice import ADVICE, VALIDITY_NAMES, sources_of
from bot.web.desk.live import LIVE
from bot.web.desk.scope import conversation_of, reading, stance, writing
from bot.web.keys import REFERENCE
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render

_READ = 40  # messages of a conversation in which the citizen's are looked for
_COMPLAINT = 3  # messages of a citizen that together are a complaint
_MOST_USED = 20
_SHOWN_OF_PROVISION = 300  # characters


@dataclass(frozen=True)
class Used:
    """A suggestion that an operator judged: by sending it, or by saying that it does not fit."""

    entry: str
    version: int
    rank: int
    confidence: float
    suggested: str


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/desk/search", search)
    app.router.add_get("/desk/conversations/{id}/suggestions", show)
    app.router.add_post("/desk/conversations/{id}/judged", judge)


@allowed(Permission.TALK)
async def show(request: web.Request) -> web.StreamResponse:
    """Show what fits what the citizen said last, or is typing just now, and which department may be in charge."""
    conversation = await conversation_of(request)
    if stance(conversation, member_of(request)) != "mine":
        return await render(request, "desk/suggestions.html", conversation=conversation, offers=[], routes=[], state="")
    said = await said_by_citizen(request, conversation.id)
    if typed := request.app[LIVE].typed(conversation.id):
        said = [*said, typed]
    return await suggestions_for(request, said, conversation, typing=bool(typed))


async def suggestions_for(
    request: web.Request,
    said: Sequence[str],
    conversation: Conversation | None,
    place: str = "",
    *,
    typing: bool = False,
) -> web.Response:
    """Return the suggestions for what was ``said``, in the place of ``conversation`` or in ``place``."""
    advice, where = request.app[ADVICE], conversation.jurisdiction if conversation else place
    offers = await advice.suggest(said, where)
    routes = await advice.departments("，".join(said[-_COMPLAINT:]), where)
    state = "" if offers is not None else (advice.problem or "正在准备推荐答复，通常不到一分钟。")
    return await render(
        request, "desk/suggestions.html", conversation=conversation, offers=offers or [], routes=routes, state=state,
        waiting_for=offers is None and not advice.problem, typing=typing,
    )  # fmt: skip


async def said_by_citizen(request: web.Request, conversation: str) -> list[str]:
    """Return what the citizen said lately, the last last."""
    messages = await reading(request, lambda c: messages_after(c, conversation, 0, _READ))
    return [m.text for m in messages if m.author is Author.CITIZEN]


@allowed(Permission.TALK)
async def search(request: web.Request) -> web.StreamResponse:
    """Show entries and provisions that fit what is typed into the search field."""
    typed, place = request.query.get("q", "").strip()[:200], request.query.get("place", "")
    found = await request.app[ADVICE].search(typed, place) if typed else []
    results = await asyncio.to_thread(_results, request, found or [], place)
    return await render(request, "desk/results.html", results=results, typed=typed, preparing=found is None)


def _results(request: web.Request, found: Sequence[Found], place: str) -> list[dict[str, Any]]:
    reference = request.app[REFERENCE]
    knowledge, names = reference.knowledge(), reference.places().name
    results = []
    for one in found:
        elsewhere = names(one.jurisdiction) if one.jurisdiction != place else ""
        if one.entry:
            text = answer_text([one.entry], knowledge, today(), elsewhere or None)
            sources = sources_of(one.entry, knowledge, today())
            results.append(
                {"title": one.entry.question, "body": one.entry.answer, "text": text, "place": elsewhere,
                 "entry": one.entry, "sources": sources, "score": one.score}
            )  # fmt: skip
        elif one.provision and (document := knowledge.documents.get(one.provision.document)):
            number = f"（{document.number}）" if document.number else ""
            quote = one.provision.text[:_SHOWN_OF_PROVISION]
            results.append(
                {"title": f"《{document.title}》{one.provision.path}", "body": quote, "place": elsewhere, "entry": None,
                 "text": f"《{document.title}》{number}{one.provision.path}规定：{quote}", "score": one.score,
                 "validity": VALIDITY_NAMES[document.validity(today())]}
            )  # fmt: skip
    return results


@allowed(Permission.TALK)
async def judge(request: web.Request) -> web.StreamResponse:
    """Keep that suggestions do not fit: one, or all that are shown."""
    conversation = await conversation_of(request)
    given = str((await request.post()).get("used", ""))
    used = await asyncio.to_thread(read_used, request.app[REFERENCE].knowledge(), given)
    if not used:
        raise KnowledgeInvalid("没有可以评价的推荐答复。")
    await writing(request, await note_used(request, conversation, used, None))
    return web.Response(status=204, headers={"HX-Trigger": "suggestions-judged"})


def read_used(knowledge: Knowledge, text: str) -> list[Used]:
    """Return what a page says of the suggestions that were used. Raises KnowledgeInvalid where it is not that."""
    if not text.strip():
        return []
    known = {entry.id: entry for entry in knowledge.entries}
    try:
        rows = json.loads(text)[:_MOST_USED]
        used = [
            Used(str(r["entry"]), int(r["version"]), int(r["rank"]), float(r["confidence"]), str(r.get("text", "")))
            for r in rows
        ]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise KnowledgeInvalid("推荐答复的记录不完整，请刷新页面后再试。") from error
    return [one for one in used if one.entry in known or one.entry.count(".") >= 2]


async def note_used(
    request: web.Request, conversation: Conversation, used: Sequence[Used], sent: str | None, said: str = ""
) -> Callable[[Any], None]:
    """Return what keeps how ``used`` suggestions fared: ``sent`` is the message they became, ``None``: rejected."""
    member, advice = member_of(request), request.app[ADVICE]
    about = said or "\n".join((await said_by_citizen(request, conversation.id))[-1:])
    masked, final = await asyncio.to_thread(lambda: (advice.mask(about), advice.mask(sent or "")))

    def keep(connection: Any) -> None:
        for one in used:
            note_outcome(
                connection,
                SuggestionOutcome(
                    now(), member.id, conversation.id, conversation.jurisdiction, masked, one.entry, one.version,
                    one.rank, one.confidence, _outcome(one, sent), one.suggested, final,
                ),
            )  # fmt: skip

    return keep


def _outcome(used: Used, sent: str | None) -> Outcome:
    if sent is None:
        return Outcome.REJECTED
    return Outcome.ADOPTED if used.suggested.strip() and used.suggested.strip() in sent else Outcome.EDITED
