"""Phone intake (电话受理): what a caller says is noted with the same help as in a chat, and kept as a conversation."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aiohttp import web
from wtforms import HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import Length

from bot.bootstrap import now
from bot.errors import NotFound
from bot.hotline import conversations as talk
from bot.hotline.conversations import Author, Conversation
from bot.hotline.ledger import conversation_hash
from bot.hotline.staff import Permission, StaffMember
from bot.ordering import Filed
from bot.settings import read_secret
from bot.storage import Saying, change_conversation, find_conversation, note_deed, receive_message
from bot.web.desk.filing import OrderForm, file_order_from, rule_choices
from bot.web.desk.scope import writing
from bot.web.desk.suggestions import note_used, read_used, suggestions_for
from bot.web.keys import REFERENCE, SETTINGS, SWITCHBOARD
from bot.web.staff.access import allowed, form_meta, member_of
from bot.web.staff.pages import render

_CALL = re.compile(r"[0-9a-f]{32}")
_DIGITS = re.compile(r"\D")
ANSWERED, FILED = "answered", "filed"


class IntakeForm(OrderForm):
    """A call: what was said, what was answered, how it ended."""

    call = HiddenField(default="")
    place = SelectField("辖区")
    answer = TextAreaField("答复", [Length(max=2000, message="答复最多2000个字。")], default="")
    used = HiddenField(default="")
    ending = RadioField("处理", choices=[(ANSWERED, "已答复"), (FILED, "转工单")], default=ANSWERED)


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/desk/intake", show)
    app.router.add_post("/desk/intake", finish)
    app.router.add_post("/desk/intake/suggestions", suggest)


@allowed(Permission.TALK)
async def show(request: web.Request) -> web.StreamResponse:
    """Show an empty form for the next call; ``done`` in the address names the call before."""
    form = await _form(request, None, {"call": uuid.uuid4().hex, "key": uuid.uuid4().hex})
    return await _page(request, form)


@allowed(Permission.TALK)
async def suggest(request: web.Request) -> web.StreamResponse:
    """Show what fits what has been noted so far; nothing of it is kept."""
    given = await request.post()
    what, place = str(given.get("what", "")).strip()[:2000], _place(request, str(given.get("place", "")))
    return await suggestions_for(request, [what] if what else [], None, place, typing=True)


@allowed(Permission.TALK)
async def finish(request: web.Request) -> web.StreamResponse:
    """Keep the call: closed as answered, or with a work order. Sent twice, it is kept once."""
    form, member = await _form(request, await request.post()), member_of(request)
    if not form.validate() or not _CALL.fullmatch(form.call.data or "") or not _CALL.fullmatch(form.key.data or ""):
        return await _page(request, form, 400)
    if form.ending.data == ANSWERED and not form.answer.data.strip():
        form.answer.errors = ["请写下答复了什么，或者转工单。"]
        return await _page(request, form, 400)
    conversation = _conversation(request, form)
    filed = await file_order_from(request, form, conversation) if form.ending.data == FILED else None
    used = await asyncio.to_thread(read_used, request.app[REFERENCE].knowledge(), form.used.data)
    keep = None
    if used and form.answer.data.strip():
        keep = await note_used(request, conversation, used, form.answer.data.strip(), said=form.what.data.strip())
    await writing(request, lambda c: _store(c, conversation, form, member, filed, keep))
    request.app[SWITCHBOARD].feed.wake(conversation.id)
    done = filed.order.number if filed else "answered"
    raise web.HTTPSeeOther(f"/desk/intake?done={done}{'&joined=1' if filed and filed.joined else ''}")


def _store(
    connection: Any, new: Conversation, form: IntakeForm, member: StaffMember, filed: Filed | None,
    keep: Callable[[Any], None] | None,
) -> None:  # fmt: skip
    """Keep the call as a conversation that began, was answered and is over."""
    if find_conversation(connection, new.id):
        return
    at, answer = now(), form.answer.data.strip()
    answers = [Saying(Author.OPERATOR, answer, member.name)] if answer else []
    if filed:
        answers.append(Saying(Author.SYSTEM, f"{'已并入' if filed.joined else '已登记'}工单 {filed.order.number}。"))
    receive_message(connection, new, form.what.data.strip(), at, id=f"call-{form.call.data}", answers=answers)
    outcome = f"已转工单：{filed.order.number}" if filed else "已解答"

    def over(conversation: Conversation) -> Conversation:
        held = talk.take(conversation, member.id, member.name)
        return replace(talk.close(held, member.id, outcome, at), operator=member.id, operator_name=member.name)

    change_conversation(connection, new.id, over, at)
    if keep:
        keep(connection)
    note_deed(connection, member, "电话受理", new.id, at=at, 结果=outcome)


def _conversation(request: web.Request, form: IntakeForm) -> Conversation:
    """Return the conversation of the call; calls from one number are one citizen's."""
    secret = read_secret(request.app[SETTINGS].secret_file)
    key, number = f"phone-{form.call.data}", _DIGITS.sub("", form.phone.data)
    citizen = conversation_hash(f"phone:{number}" if number else key, secret)
    return Conversation(key, "phone", citizen, _place(request, form.place.data), now(), now())


async def _form(request: web.Request, given: Any = None, data: Any = None) -> IntakeForm:
    form, reference, member = (
        IntakeForm(given, data=data, meta=await form_meta(request)),
        request.app[REFERENCE],
        member_of(request),
    )
    knowledge, places = await asyncio.to_thread(lambda: (reference.knowledge(), reference.places()))
    covered = [p for p in places.by_id.values() if p.covered and member.jurisdiction in (None, p.id)]
    form.place.choices = [(place.id, place.name) for place in sorted(covered, key=lambda p: p.id)]
    default = request.app[SETTINGS].jurisdiction
    if not form.place.data:
        form.place.data = member.jurisdiction or (default if default in dict(form.place.choices) else "")
    form.rule.choices = [("", "由派单员判定"), *rule_choices(knowledge, form.place.data or default)]
    return form


async def _page(request: web.Request, form: IntakeForm, status: int = 200) -> web.Response:
    done = request.query.get("done", "") if status == 200 else ""
    return await render(
        request, "desk/intake.html", status, form=form, done=done if re.fullmatch(r"answered|[A-Z]{2}\d{12}", done) else "",
        joined=bool(request.query.get("joined")),
    )  # fmt: skip


def _place(request: web.Request, wanted: str) -> str:
    """Return the place that is meant. Raises NotFound where whoever asks does not work for it."""
    own = member_of(request).jurisdiction
    if own and wanted not in ("", own):
        raise NotFound("这个辖区不由您负责。")
    return own or wanted or request.app[SETTINGS].jurisdiction
