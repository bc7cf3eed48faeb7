"""Telling those who raised a matter what happens to it, in the conversation where they raised it."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.hotline.conversations import Author
from bot.hotline.order_news import SCORES, order_news, rating_of
from bot.hotline.work_orders import Move, WorkOrder
from bot.storage.conversations import Saying, say
from bot.storage.tables import conversations as talk
from bot.storage.tables import knowledge as k
from bot.storage.tables import work_orders as t


def tell_callers(connection: Connection, order: WorkOrder, move: Move, at: dt.datetime) -> int:
    """Say in the callers' conversations what ``move`` made of ``order``; return how many are told.

    It is kept together with the move or not at all. Who called, or has deleted the conversation, is not reached here.
    """
    text = order_news(
        order, move, at, department=_name_of(connection, order.department), into=_number_of(connection, order)
    )
    if not text:
        return 0
    buttons = [
        {"title": f"{score}分 {words}", "payload": rating_of(order, score)} for score, words in enumerate(SCORES, 1)
    ]
    saying = Saying(Author.SYSTEM, text, buttons=buttons if move is Move.REVIEW else ())
    conversations = _conversations_of_callers(connection, order.id)
    for conversation in conversations:
        say(connection, conversation, saying, at)
    return len(conversations)


def _conversations_of_callers(connection: Connection, order: str) -> list[str]:
    """Return the newest conversation of each caller, in one order for everybody, so that no two wait for each other."""
    c, who = talk.conversations.c, t.callers.c
    own = sa.select(who.conversation).where(who.work_order == order, who.conversation.is_not(None))
    query = sa.select(c.citizen, c.id).where(c.citizen.in_(own)).order_by(c.last, c.id)
    return sorted({row.citizen: row.id for row in connection.execute(query)}.values())


def _name_of(connection: Connection, department: str | None) -> str:
    query = sa.select(k.departments.c.name).where(k.departments.c.id == department)
    return str(connection.execute(query).scalar_one_or_none() or "承办单位")


def _number_of(connection: Connection, order: WorkOrder) -> str:
    query = sa.select(t.work_orders.c.number).where(t.work_orders.c.id == order.merged_into)
    return str(connection.execute(query).scalar_one_or_none() or "") if order.merged_into else ""
