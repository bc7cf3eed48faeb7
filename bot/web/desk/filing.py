"""Work orders from the desk: what a conversation already tells is filled in, and the citizen is told the number."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from bot.bootstrap import now
from bot.errors import HotlineError, KnowledgeInvalid
from bot.hotline.conversations import Author, Conversation, held_by
from bot.hotline.filing import Draft, begin
from bot.hotline.knowledge import Knowledge
from bot.hotline.staff import Permission
from bot.hotline.work_orders import RequestKind
from bot.ordering import Filed, filed_words
from bot.storage import Saying, note_deed, say
from bot.web.desk.advice import ADVICE
from bot.web.desk.scope import conversation_of, writing
from bot.web.desk.suggestions import said_by_citizen
from bot.web.keys import REFERENCE, SWITCHBOARD
from bot.web.staff.access import StaffForm, allowed, form_meta, member_of
from bot.web.staff.pages import render

_LONGEST = 2000
_KEY = re.compile(r"[0-9a-f]{32}")
_NOTHING = re.compile(r"^(?:转?人工|登记工单|你好|您好|在吗|谢谢|好的?|嗯+|是的?)?[。！!？?~]*$")
KIND_NAMES = {
    RequestKind.CONSULTATION: "咨询", RequestKind.HELP: "求助", RequestKind.COMPLAINT: "投诉",
    RequestKind.REPORT: "举报", RequestKind.SUGGESTION: "建议",
}  # fmt: skip


class OrderForm(StaffForm):
    """What a work order needs."""

    key = HiddenField(default="")
    what = TextAreaField(
        "事情", [InputRequired("请写明是什么事。"), Length(4, _LONGEST, "事情写4到2000个字。")], default=""
    )
    where = StringField("地点", [Length(max=200, message="地点最多200个字。")], default="")
    when = StringField("时间", [Length(max=100, message="时间最多100个字。")], default="")
    kind = SelectField("类型", choices=[(kind.value, name) for kind, name in KIND_NAMES.items()])
    rule = SelectField("派往")
    name = StringField("称呼", [Length(max=40, message="称呼最多40个字。")], default="")
    phone = StringField("联系电话", [Length(max=40, message="电话最多40个字。")], default="")
    confidential = BooleanField("保密：不向承办单位透露身份")


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/desk/conversations/{id}/order", show)
    app.router.add_post("/desk/conversations/{id}/order", file)


@allowed(Permission.FILE_ORDERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the form with what the citizen said filled in; ``rule`` in the address is the suggestion that was chosen."""
    conversation = await conversation_of(request)
    held_by(conversation, member_of(request).id)
    said = "，".join(
        text.strip("。，") for text in await said_by_citizen(request, conversation.id) if not _NOTHING.match(text)
    )
    draft = begin("", said[-_LONGEST:], "")
    chosen = request.query.get("rule", "")
    if not chosen:
        best = next(iter(await request.app[ADVICE].departments(draft.what, conversation.jurisdiction)), None)
        chosen = best.rule.id if best and best.rule else ""
    data = {
        "key": secrets.token_hex(16), "what": draft.what or said, "where": draft.where, "when": draft.when,
        "phone": draft.phone, "name": draft.name, "confidential": draft.confidential, "kind": draft.kind.value,
        "rule": chosen,
    }  # fmt: skip
    return await render(
        request, "desk/new_order.html", form=await order_form(request, conversation.jurisdiction, None, data),
        conversation=conversation,
    )  # fmt: skip


@allowed(Permission.FILE_ORDERS)
async def file(request: web.Request) -> web.StreamResponse:
    """File the order, or join the one that is open about the same fact, and tell the citizen its number."""
    from bot.web.desk.conversations import pane

    conversation, member = await conversation_of(request), member_of(request)
    held_by(conversation, member.id)
    form = await order_form(request, conversation.jurisdiction, await request.post())
    if not form.validate() or not _KEY.fullmatch(form.key.data or ""):
        again = await render(request, "desk/new_order.html", form=form, conversation=conversation)
        again.headers["HX-Retarget"] = "#order"
        return again
    filed = await file_order_from(request, form, conversation)
    text = filed_words(filed, now())

    def tell(connection: Any) -> None:
        say(connection, conversation.id, Saying(Author.SYSTEM, text), now(), id=f"order-{form.key.data}")
        note_deed(connection, member, "登记工单", filed.order.number, at=now(), 会话=conversation.id, 并入=filed.joined)

    await writing(request, tell)
    request.app[SWITCHBOARD].feed.wake(conversation.id)
    done = "已并入" if filed.joined else "已登记"
    return await pane(request, await conversation_of(request), f"{done}工单 {filed.order.number}，已告知市民。")


async def order_form(request: web.Request, place: str, given: Any = None, data: Any = None) -> OrderForm:
    """Return the form of a work order in ``place``."""
    form = OrderForm(given, data=data, meta=await form_meta(request))
    knowledge = await asyncio.to_thread(request.app[REFERENCE].knowledge)
    form.rule.choices = [("", "由派单员判定"), *rule_choices(knowledge, place)]
    return form


def rule_choices(knowledge: Knowledge, place: str) -> Sequence[tuple[str, str]]:
    """Return id and words of the matters of ``place``, by department."""
    own = [rule for rule in knowledge.routing_rules if rule.jurisdiction == place]
    named = [(rule.id, f"{knowledge.departments[rule.department].name} · {rule.category}") for rule in own]
    return sorted(named, key=lambda pair: pair[1])


async def file_order_from(request: web.Request, form: OrderForm, conversation: Conversation) -> Filed:
    """File what ``form`` says for the citizen of ``conversation``. Raises KnowledgeInvalid, StorageUnavailable."""
    place, reference = conversation.jurisdiction, request.app[REFERENCE]
    rule = f"{place}.routing.{form.rule.data}" if form.rule.data else ""
    draft = Draft(
        what=form.what.data.strip(), where=form.where.data.strip(), when=form.when.data.strip(),
        phone=form.phone.data.strip(), name=form.name.data.strip(), confidential=form.confidential.data, rule=rule,
        links=begin("", form.what.data, "").links, key=form.key.data,
    )  # fmt: skip

    def run() -> Filed:
        try:
            return reference.desk().file(
                draft, place, reference.knowledge(), conversation.citizen, conversation.channel,
                RequestKind(form.kind.data), decided=bool(rule),
            )  # fmt: skip
        except HotlineError as error:
            if "没有模型" in str(error):
                raise KnowledgeInvalid("派单模型还没有训练好，请先选定派往的单位。") from error
            raise

    return await asyncio.to_thread(run)
