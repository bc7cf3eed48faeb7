"""Conversations at the desk: take the next, talk, pass on, give back, close."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable
from typing import Any

from aiohttp import web
from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from bot.bootstrap import now
from bot.errors import KnowledgeInvalid, MoveRefused
from bot.hotline.conversations import REASON_NAMES, Author, Conversation, queue_order
from bot.hotline.staff import Permission, StaffMember
from bot.storage import (
    Saying,
    mark_read,
    messages_after,
    note_deed,
    queued_conversations,
)
from bot.web.desk.advice import VALIDITY_NAMES
from bot.web.desk.live import LIVE
from bot.web.desk.scope import CHANNEL_NAMES, conversation_of, reading, stance, writing
from bot.web.desk.suggestions import Used, note_used, read_used
from bot.web.keys import REFERENCE, SWITCHBOARD
from bot.web.staff.access import StaffForm, allowed, form_meta, member_of
from bot.web.staff.pages import home, render

LONGEST = 2000  # characters of a message
_MESSAGES = 500  # of a conversation that are shown
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
OUTCOMES = ("已解答", "已转工单", "已告知其他渠道", "市民离开", "骚扰或无效", "其他")
_AUTHORS = {"citizen": "市民", "bot": "机器人", "operator": "话务员", "system": "系统"}


class SayForm(StaffForm):
    """A message to the citizen; ``used`` are the suggestions that went into it."""

    key = HiddenField(validators=[InputRequired("页面已过期，请刷新。")], default="")
    text = TextAreaField(
        "回复", [InputRequired("请先写好要发送的内容。"), Length(max=LONGEST, message="一次最多2000个字。")], default=""
    )
    used = HiddenField(default="")


class NoteForm(StaffForm):
    """What the next one should know."""

    note = TextAreaField("备注", [Length(max=500, message="备注最多500个字。")], default="")


class CloseForm(StaffForm):
    """How a conversation ended."""

    outcome = SelectField("结束原因", choices=[(name, name) for name in OUTCOMES])
    note = TextAreaField("说明", [Length(max=500, message="说明最多500个字。")], default="")


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/desk", show)
    app.router.add_post("/desk/next", take_next)
    base = "/desk/conversations/{id}"
    app.router.add_get(base, show_one)
    app.router.add_get(f"{base}/transcript", transcript)
    app.router.add_post(f"{base}/take", take)
    app.router.add_post(f"{base}/say", say)
    app.router.add_post(f"{base}/pass", pass_on)
    app.router.add_post(f"{base}/back", give_back)
    app.router.add_post(f"{base}/close", close)


@allowed()
async def show(request: web.Request) -> web.StreamResponse:
    """Show the queue and one's own conversations; who does not talk is led to their own first page."""
    member = member_of(request)
    if not member.may(Permission.TALK):
        raise web.HTTPSeeOther(home(member))
    return await _page(request, None)


@allowed(Permission.READ_CONVERSATIONS)
async def show_one(request: web.Request) -> web.StreamResponse:
    """Show a conversation, alone where htmx asks; reading one that one does not hold is recorded."""
    conversation, member = await conversation_of(request), member_of(request)
    if stance(conversation, member) != "mine":
        await writing(request, lambda c: note_deed(c, member, "查看会话", conversation.id, at=now()))
    if request.headers.get("HX-Request"):
        return await pane(request, conversation)
    return await _page(request, conversation)


@allowed(Permission.READ_CONVERSATIONS)
async def transcript(request: web.Request) -> web.StreamResponse:
    """Show what was said; where somebody else holds the conversation by now, tell the page to show all of it anew.

    An event, since a transcript that has left the page meanwhile can tell it to nobody and no harm is done.
    """
    conversation, member = await conversation_of(request), member_of(request)
    if request.query.get("stance") != stance(conversation, member):
        return web.Response(status=204, headers={"HX-Trigger": "holder-changed"})
    return await render(request, "desk/transcript.html", **await _talk(request, conversation))


@allowed(Permission.TALK)
async def take_next(request: web.Request) -> web.StreamResponse:
    """Take whoever is next in the queue: danger first, then the longest wait. Raises MoveRefused where nobody waits."""
    member = member_of(request)
    waiting = await reading(request, queued_conversations)
    own = [c for c in waiting if not member.jurisdiction or c.jurisdiction == member.jurisdiction]
    for conversation in sorted(own, key=queue_order):
        try:
            return await _taken(request, conversation)
        except MoveRefused:
            continue  # somebody else was faster; the next one then
    raise MoveRefused("现在没有等待的市民。")


@allowed(Permission.TALK)
async def take(request: web.Request) -> web.StreamResponse:
    """Take this conversation. Raises MoveRefused where somebody else holds it."""
    return await _taken(request, await conversation_of(request))


async def _taken(request: web.Request, conversation: Conversation) -> web.StreamResponse:
    member = member_of(request)
    taken = await request.app[SWITCHBOARD].take(
        conversation.id, member.id, member.name, also=_deed(member, "接听会话", conversation)
    )
    response = await pane(request, taken)
    response.headers["HX-Push-Url"] = f"/desk/conversations/{taken.id}"
    return response


@allowed(Permission.TALK)
async def say(request: web.Request) -> web.StreamResponse:
    """Say something to the citizen; the same ``key`` is said once. What became of the suggestions is kept."""
    conversation, member = await conversation_of(request), member_of(request)
    form = SayForm(await request.post(), meta=await form_meta(request))
    _require(form)
    if not _ID.fullmatch(form.key.data):
        raise KnowledgeInvalid("消息缺少编号，请刷新页面后再发。")
    text = form.text.data.strip()
    used: list[Used] = await asyncio.to_thread(read_used, request.app[REFERENCE].knowledge(), form.used.data)
    keep = await note_used(request, conversation, used, text) if used else None
    await request.app[SWITCHBOARD].say_as_operator(
        conversation.id, member.id, Saying(Author.OPERATOR, text), id=form.key.data, also=keep
    )
    return await render(request, "desk/transcript.html", **await _talk(request, await conversation_of(request)))


@allowed(Permission.TALK)
async def pass_on(request: web.Request) -> web.StreamResponse:
    """Put the conversation back into the queue for a colleague."""
    conversation, member, note = await _noted(request)
    also = _deed(member, "转接会话", conversation)
    after = await request.app[SWITCHBOARD].pass_on(conversation.id, member.id, note, also=also)
    return await pane(request, after, "已转接，等待其他话务员接听。")


@allowed(Permission.TALK)
async def give_back(request: web.Request) -> web.StreamResponse:
    """Let the bot go on."""
    conversation, member, note = await _noted(request)
    also = _deed(member, "交还机器人", conversation)
    after = await request.app[SWITCHBOARD].give_back(conversation.id, member.id, note, also=also)
    return await pane(request, after, "已交还机器人。")


@allowed(Permission.TALK)
async def close(request: web.Request) -> web.StreamResponse:
    """End the conversation with a reason and ask the citizen for a rating."""
    conversation, member = await conversation_of(request), member_of(request)
    form = CloseForm(await request.post(), meta=await form_meta(request))
    _require(form)
    note = (form.note.data or "").strip()
    outcome = f"{form.outcome.data}：{note}" if note else form.outcome.data
    also = _deed(member, "结束会话", conversation)
    after = await request.app[SWITCHBOARD].close(conversation.id, member.id, outcome, also=also)
    return await pane(request, after, "会话已结束。")


async def pane(request: web.Request, conversation: Conversation, notice: str = "") -> web.Response:
    """Return the conversation as one part of the page, and say ``notice`` in the corner."""
    response = await render(request, "desk/conversation.html", **await _talk(request, conversation))
    if notice:
        response.headers["HX-Trigger"] = _notice(notice)
    return response


def _notice(text: str) -> str:
    escaped = "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in text)  # headers hold no Chinese
    return f'{{"hotline:notice": "{escaped}"}}'


async def _page(request: web.Request, conversation: Conversation | None) -> web.StreamResponse:
    member = member_of(request)

    live = request.app[LIVE]
    await live.refresh()
    values = await _talk(request, conversation) if conversation else {"conversation": None}
    return await render(request, "desk/desk.html", lists=live.lists(member), **values)


async def _talk(request: web.Request, conversation: Conversation) -> dict[str, Any]:
    """Return what the templates show of the conversation; its operator has read it by that."""
    member = member_of(request)
    messages = await reading(request, lambda c: messages_after(c, conversation.id, 0, _MESSAGES))
    standing = stance(conversation, member)
    if standing == "mine" and await writing(
        request, lambda c: mark_read(c, conversation.id, member.id, max((m.seq for m in messages), default=0))
    ):
        request.app[LIVE].nudge()
    place = (await asyncio.to_thread(request.app[REFERENCE].places)).name(conversation.jurisdiction)
    return {
        "conversation": conversation, "messages": messages, "stance": standing, "place": place,
        "channel": CHANNEL_NAMES.get(conversation.channel, conversation.channel), "reasons": REASON_NAMES,
        "authors": _AUTHORS, "new_id": uuid.uuid4().hex, "outcomes": OUTCOMES, "longest": LONGEST,
        "validity": {validity.value: name for validity, (name, _) in VALIDITY_NAMES.items()},
    }  # fmt: skip


async def _noted(request: web.Request) -> tuple[Conversation, StaffMember, str]:
    form = NoteForm(await request.post(), meta=await form_meta(request))
    _require(form)
    return await conversation_of(request), member_of(request), (form.note.data or "").strip()


def _require(form: StaffForm) -> None:
    """Raise KnowledgeInvalid with what is wrong with ``form``."""
    if not form.validate():
        raise KnowledgeInvalid("".join(str(e) for errors in form.errors.values() for e in errors))


def _deed(member: StaffMember, deed: str, conversation: Conversation) -> Callable[[Any], None]:
    return lambda connection: note_deed(connection, member, deed, conversation.id, at=now())
