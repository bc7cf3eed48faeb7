"""The conversations behind the numbers: a list to narrow, and what was said in each, masked."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiMapping

from bot.bootstrap import now
from bot.errors import NotFound
from bot.hotline.conversations import Author, Conversation, Message
from bot.hotline.ledger import LedgerRow
from bot.hotline.privacy import mask
from bot.hotline.staff import Permission, StaffMember
from bot.storage import (
    Database,
    ReplyFilter,
    Talk,
    conversations_of,
    find_talks,
    messages_after,
    note_deed,
    replies_in,
)
from bot.web.admin.overview import GROUP_NAMES, GROUPS, Period, period_of
from bot.web.desk.order_scope import CHANNEL_NAMES
from bot.web.keys import DATABASE, REFERENCE
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render

_PAGE = 50
_MOST_MESSAGES = 500
_NO_CHANNEL = "none"  # in an address: over no channel of ours
_AUTHORS = {Author.CITIZEN: "市民", Author.BOT: "智能助手", Author.OPERATOR: "话务员", Author.SYSTEM: "系统"}


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/admin/conversations", show)
    app.router.add_get("/admin/conversations/{citizen}", transcript)


@allowed(Permission.READ_CONVERSATIONS)
async def show(request: web.Request) -> web.StreamResponse:
    """Show one page of the talks of a period."""
    member, period = member_of(request), period_of(request.query, now())
    wanted, asked = _wanted(request.query, member, period)
    database, before = request.app[DATABASE], _cursor(request.query)

    def read() -> list[Talk]:
        with database.read() as connection:
            return find_talks(connection, wanted, before=before, limit=_PAGE + 1)

    talks = await asyncio.to_thread(read)
    places = await asyncio.to_thread(request.app[REFERENCE].places)
    covered = sorted((p for p in places.by_id.values() if p.covered), key=lambda p: p.id)
    more = ""
    if len(talks) > _PAGE:
        last = talks[_PAGE - 1]
        more = _address(asked, before=last.last.isoformat(), citizen=last.citizen)
    return await render(
        request, "admin/conversations.html", talks=talks[:_PAGE], more=more, asked=asked, period=period,
        places=places, covered=covered, channels=CHANNEL_NAMES, groups=GROUP_NAMES, no_channel=_NO_CHANNEL,
        paged=before is not None, first_page=_address(asked),
    )  # fmt: skip


@allowed(Permission.READ_CONVERSATIONS)
async def transcript(request: web.Request) -> web.StreamResponse:
    """Show what was said, masked, after keeping who looked."""
    member, database = member_of(request), request.app[DATABASE]
    citizen = request.match_info["citizen"]
    found, messages, replies = await asyncio.to_thread(_read, database, member, citizen)
    places, knowledge = request.app[REFERENCE].places, request.app[REFERENCE].knowledge
    public = frozenset(line.number for line in (await asyncio.to_thread(knowledge)).hotlines)
    shown = [(m, mask(m.text, public)) for m in messages]
    return await render(
        request, "admin/transcript.html", conversation=found, messages=shown, replies=[] if messages else replies,
        authors=_AUTHORS, channels=CHANNEL_NAMES, places=await asyncio.to_thread(places),
    )  # fmt: skip


def _read(
    database: Database, member: StaffMember, citizen: str
) -> tuple[Conversation | None, Sequence[Message], Sequence[LedgerRow]]:
    with database.begin() as connection:
        own = sorted(conversations_of(connection, citizen), key=lambda c: c.last)
        found = own[-1] if own else None
        replies = replies_in(connection, citizen)
        place = found.jurisdiction if found else next((reply.jurisdiction for reply in replies), None)
        if place is None or member.jurisdiction not in (None, place):
            raise NotFound("没有这个会话，可能已按市民的要求删除。")
        messages = messages_after(connection, found.id, limit=_MOST_MESSAGES) if found else []
        note_deed(connection, member, "查看会话记录", citizen[:12], at=now())
        return found, messages, replies


def _wanted(query: MultiMapping[str], member: StaffMember, period: Period) -> tuple[ReplyFilter, dict[str, str]]:
    """Return the filter, and what was asked for as the page shows it again."""
    asked = {name: query.get(name, "").strip()[:100] for name in ("group", "place", "channel", "entry", "q")}
    asked["group"] = asked["group"] if asked["group"] in GROUP_NAMES else ""
    asked |= {"from": str(period.first), "to": str(period.last)}
    channel = "" if asked["channel"] == _NO_CHANNEL else asked["channel"] or None
    return period.filter(
        member, place=asked["place"] or None, channel=channel, kinds=GROUPS.get(asked["group"], ()),
        entry=asked["entry"] or None, unhelpful=asked["group"] == "unhelpful", text=asked["q"],
    ), asked  # fmt: skip


def _cursor(query: MultiMapping[str]) -> tuple[dt.datetime, str] | None:
    """Return behind which talk the page begins."""
    try:
        at = dt.datetime.fromisoformat(query.get("before", "").replace(" ", "+"))
    except ValueError:
        return None
    return (at, query.get("citizen", "")) if at.tzinfo else None


def _address(asked: dict[str, str], **more: Any) -> str:
    return f"/admin/conversations?{urlencode({name: value for name, value in {**asked, **more}.items() if value})}"
