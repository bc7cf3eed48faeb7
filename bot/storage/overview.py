"""Counting what the hotline did (总览), and the talks behind each number.

What is counted are the replies in the ledger. Channel and, for whoever sees one place only, the place are those of the
conversation; a talk over Rasa's own channel has none.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.hotline.conversations import Holder
from bot.storage.dialects import china_day, holds
from bot.storage.tables import conversations as talk
from bot.storage.tables import ledger as t

_MOST_ENTRIES = 200


@dataclass(frozen=True)
class ReplyFilter:
    """Which replies are wanted, from ``first`` to before ``end``; what is empty does not narrow.

    ``scope`` is the place whose conversations somebody may see, ``place`` the one that a reply was about.
    """

    first: dt.datetime
    end: dt.datetime
    scope: str | None = None
    place: str | None = None
    channel: str | None = None  # empty: none of ours
    kinds: Sequence[str] = ()
    entry: str | None = None
    unhelpful: bool = False
    text: str = ""


@dataclass(frozen=True)
class ReplyCount:
    """How many replies of one kind were given on a day, about a place."""

    day: str
    kind: str
    place: str
    count: int


@dataclass(frozen=True)
class EntryCount:
    """How often an entry answered, and how often in the period of the same length before."""

    entry: str
    count: int
    before: int


@dataclass(frozen=True)
class Waits:
    """Seconds that citizens waited for a person: those who wait now, and those whose wait ended in the period."""

    now: Sequence[float]
    ended: Sequence[float]
    given_up: int


@dataclass(frozen=True)
class Talk:
    """One citizen's talk within a period: ``citizen`` is the digest, ``question`` masked."""

    citizen: str
    conversation: str | None
    channel: str
    place: str
    replies: int
    last: dt.datetime
    question: str


def count_replies(connection: Connection, wanted: ReplyFilter) -> list[ReplyCount]:
    """Return how many replies were given, by day, kind and place."""
    row = t.ledger.c
    key = (china_day(row.at), row.kind, row.jurisdiction)
    query = sa.select(*key, sa.func.count()).select_from(_source(wanted)).where(*_conditions(wanted)).group_by(*key)
    return [ReplyCount(*values) for values in connection.execute(query)]


def count_channels(connection: Connection, wanted: ReplyFilter) -> dict[str, dict[str, int]]:
    """Return for each channel how many replies of each kind were given over it."""
    row, c = t.ledger.c, talk.conversations.c
    own = sa.select(row.conversation, row.kind, sa.func.count().label("count")).select_from(_source(wanted))
    each = own.where(*_conditions(wanted)).group_by(row.conversation, row.kind).subquery()
    channel = sa.func.coalesce(c.channel, "")
    joined = each.outerjoin(talk.conversations, c.citizen == each.c.conversation)
    query = sa.select(channel, each.c.kind, sa.func.sum(each.c.count)).select_from(joined)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for name, kind, count in connection.execute(query.group_by(channel, each.c.kind)):
        found[name][kind] = int(count)
    return found


def count_talks(connection: Connection, wanted: ReplyFilter) -> int:
    """Return in how many conversations these replies were given."""
    query = sa.select(sa.func.count(sa.distinct(t.ledger.c.conversation))).select_from(_source(wanted))
    return int(connection.execute(query.where(*_conditions(wanted))).scalar_one())


def count_unhelpful(connection: Connection, wanted: ReplyFilter) -> dict[str, int]:
    """Return how many answers citizens called unhelpful, by day."""
    f, c = talk.feedback.c, talk.conversations.c
    inside = [f.at >= wanted.first, f.at < wanted.end, f.helpful.is_(False)]
    if wanted.scope:
        inside.append(c.jurisdiction == wanted.scope)
    day = china_day(f.at)
    joined = talk.feedback.join(talk.conversations, c.id == f.conversation)
    query = sa.select(day, sa.func.count()).select_from(joined).where(*inside).group_by(day)
    return {row[0]: row[1] for row in connection.execute(query)}


def count_entries(connection: Connection, wanted: ReplyFilter) -> list[EntryCount]:
    """Return which entries answered most in the period or in the one before it, most often first."""
    row, used, c = t.ledger.c, t.ledger_entries.c, talk.conversations.c
    before = wanted.first - (wanted.end - wanted.first)
    since = sa.literal(wanted.first, row.at.type)
    inside = [row.at >= before, row.at < wanted.end, used.position == 0]
    joined: sa.sql.FromClause = t.ledger.join(t.ledger_entries, used.ledger == row.id)
    if wanted.scope:
        joined = joined.outerjoin(talk.conversations, c.citizen == row.conversation)
        inside.append(sa.func.coalesce(c.jurisdiction, row.jurisdiction) == wanted.scope)
    now = sa.func.sum(sa.case((row.at >= since, 1), else_=0))
    earlier = sa.func.sum(sa.case((row.at < since, 1), else_=0))
    query = sa.select(used.entry, now, earlier).select_from(joined).where(*inside).group_by(used.entry)
    found = connection.execute(query.order_by(now.desc(), used.entry).limit(_MOST_ENTRIES))
    return [EntryCount(entry, count, less) for entry, count, less in found if count]


def count_waits(connection: Connection, wanted: ReplyFilter, now: dt.datetime) -> Waits:
    """Return how long citizens waited for a person."""
    c, w = talk.conversations.c, talk.waits.c
    scope = [c.jurisdiction == wanted.scope] if wanted.scope else []
    waiting = sa.select(c.queued).where(c.holder == Holder.QUEUE.value, *scope)
    joined = talk.waits.join(talk.conversations, c.id == w.conversation)
    over = sa.select(w.queued, w.ended, w.taken).select_from(joined)
    ended = connection.execute(over.where(w.ended >= wanted.first, w.ended < wanted.end, *scope)).all()
    return Waits(
        [(now - queued).total_seconds() for queued in connection.execute(waiting).scalars()],
        [(row.ended - row.queued).total_seconds() for row in ended if row.taken],
        sum(not row.taken for row in ended),
    )


def find_talks(
    connection: Connection, wanted: ReplyFilter, *, before: tuple[dt.datetime, str] | None = None, limit: int = 50
) -> list[Talk]:
    """Return the talks with such replies, the newest first, those after ``before`` (time, citizen) for a further page."""
    row = t.ledger.c
    last = sa.func.max(row.at)
    query = sa.select(row.conversation, last.label("last"), sa.func.count().label("replies")).select_from(
        _source(wanted)
    )
    query = query.where(*_conditions(wanted)).group_by(row.conversation)
    if before:
        at, citizen = sa.literal(before[0], row.at.type), before[1]
        query = query.having(sa.or_(last < at, sa.and_(last == at, row.conversation > citizen)))
    found = connection.execute(query.order_by(last.desc(), row.conversation).limit(limit)).all()
    return [_talk(connection, wanted, one) for one in found]


def _talk(connection: Connection, wanted: ReplyFilter, found: sa.engine.Row) -> Talk:
    row, c = t.ledger.c, talk.conversations.c
    own = sa.select(row.message_masked, row.jurisdiction).where(row.conversation == found.conversation)
    newest = connection.execute(own.where(row.at == found.last).limit(1)).one()
    query = sa.select(c.id, c.channel).where(c.citizen == found.conversation).order_by(c.last.desc()).limit(1)
    there = connection.execute(query).one_or_none()
    return Talk(
        found.conversation, there and there.id, there.channel if there else "", newest.jurisdiction, found.replies,
        found.last, newest.message_masked,
    )  # fmt: skip


def _source(wanted: ReplyFilter) -> sa.sql.FromClause:
    """Return the replies, with their conversations only where those are asked for: joining costs."""
    return _joined() if wanted.scope or wanted.channel is not None or wanted.unhelpful else t.ledger


def _joined() -> sa.sql.FromClause:
    return t.ledger.outerjoin(talk.conversations, talk.conversations.c.citizen == t.ledger.c.conversation)


def _conditions(wanted: ReplyFilter) -> list[sa.sql.ColumnElement]:
    row, c, f, used = t.ledger.c, talk.conversations.c, talk.feedback.c, t.ledger_entries.c
    found = [row.at >= wanted.first, row.at < wanted.end]
    if wanted.scope:
        found.append(sa.func.coalesce(c.jurisdiction, row.jurisdiction) == wanted.scope)
    if wanted.place:
        found.append(row.jurisdiction == wanted.place)
    if wanted.channel is not None:
        found.append(sa.func.coalesce(c.channel, "") == wanted.channel)
    if wanted.kinds:
        found.append(row.kind.in_(list(wanted.kinds)))
    if wanted.entry:
        own = sa.select(used.ledger).where(used.ledger == row.id, used.position == 0, used.entry == wanted.entry)
        found.append(own.exists())
    if wanted.unhelpful:
        called = sa.select(f.conversation).where(f.helpful.is_(False), f.at >= wanted.first, f.at < wanted.end)
        found.append(c.id.in_(called))
    if wanted.text.strip():
        found.append(holds(row.message_masked, wanted.text.strip()))
    return found
