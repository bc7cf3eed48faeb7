"""Conversations of the past, and those that colleagues hold (会话记录)."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

from aiohttp import web

from bot.bootstrap import now
from bot.hotline.conversations import REASON_NAMES, Holder
from bot.hotline.staff import Permission
from bot.storage import ConversationFilter, OpenConversation, list_conversations, staff_names
from bot.web.desk.advice import ADVICE
from bot.web.desk.scope import CHANNEL_NAMES, reading
from bot.web.keys import REFERENCE
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render

_PAGE = 50
_STATES = {
    "queue": ("等待人工", Holder.QUEUE, None), "operator": ("人工接待中", Holder.OPERATOR, None),
    "bot": ("机器人", Holder.BOT, False), "closed": ("已结束", None, True),
}  # fmt: skip
_DAYS = {"1": "今天", "7": "近7天", "30": "近30天", "": "全部"}


def add_routes(app: web.Application) -> None:
    """Add the route of this module to ``app``."""
    app.router.add_get("/desk/history", show)


@allowed(Permission.READ_CONVERSATIONS)
async def show(request: web.Request) -> web.StreamResponse:
    """List conversations, the last active first, personal data masked; opening one is recorded."""
    member = member_of(request)
    asked = {name: request.query.get(name, "").strip()[:64] for name in ("state", "channel", "place")}
    asked["days"] = request.query.get("days", "7") if request.query.get("days", "7") in _DAYS else "7"
    _, holder, closed = _STATES.get(asked["state"], ("", None, None))
    wanted = ConversationFilter(
        member.jurisdiction or asked["place"] or None, asked["channel"], holder, closed,
        since=now() - dt.timedelta(days=int(asked["days"])) if asked["days"] else None,
        before=_moment(request.query.get("before", "")),
    )  # fmt: skip
    found = await reading(request, lambda c: (list_conversations(c, wanted, _PAGE + 1), staff_names(c)))
    places = await asyncio.to_thread(request.app[REFERENCE].places)
    mask = await asyncio.to_thread(request.app[ADVICE].masker)
    rows = [_row(one, mask, found[1]) for one in found[0][:_PAGE]]
    covered = [p for p in places.by_id.values() if p.covered and member.jurisdiction in (None, p.id)]
    return await render(
        request, "desk/history.html", rows=rows, more=len(found[0]) > _PAGE, asked=asked, places=covered,
        names=places.name, channels=CHANNEL_NAMES, states={key: name for key, (name, *_) in _STATES.items()}, days=_DAYS,
    )  # fmt: skip


def _row(one: OpenConversation, mask: Any, names: dict[str, str]) -> dict[str, Any]:
    c = one.conversation
    state = "closed" if c.closed else c.holder.value
    return {
        "conversation": c, "words": mask(one.words[:240])[:60], "state": _STATES[state][0],
        "outcome": mask(c.outcome), "reason": REASON_NAMES[c.reason] if c.reason else "",
        "operator": names.get(c.operator or "", c.operator_name),
    }  # fmt: skip


def _moment(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
