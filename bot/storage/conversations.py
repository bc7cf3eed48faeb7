"""Conversations in the database: every message stored once and in order, who holds them, what waits for an answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import MoveRefused, NotFound
from bot.hotline.conversations import Author, Conversation, Holder, Message, Reason, after_message
from bot.storage.tables import conversations as t
from bot.storage.tables.desk import suggestion_outcomes
from bot.storage.tables.staff import staff

_FIELDS = tuple(field.name for field in fields(Conversation))
_CHANGED_MEANWHILE = "这个会话刚刚有变化，请刷新后再试。"
PRESENT_WITHIN = dt.timedelta(seconds=60)  # an operator's page tells every few seconds that it is open


@dataclass(frozen=True)
class Waiting:
    """A citizen's message that is still to be answered; ``payload`` is what to ask, ``attempts`` how often it failed."""

    message: Message
    payload: str
    attempts: int
    due: dt.datetime
    answer_by: dt.datetime | None


@dataclass(frozen=True)
class Saying:
    """Something to be said; ``pushed`` is how a pushing channel words it, where that differs."""

    author: Author
    text: str
    name: str | None = None
    custom: Mapping[str, Any] | None = None
    buttons: Sequence[Mapping[str, str]] = ()
    pushed: str = ""


def open_conversation(connection: Connection, new: Conversation) -> Conversation:
    """Return the conversation with the id of ``new``, stored as that where there is none yet; nobody else changes it now."""
    if there := find_conversation(connection, new.id, lock=True):
        return there
    row = _as_row(new) | {"changed": new.created, "push_left": 0}
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(t.conversations).values(**row))
    except sa.exc.IntegrityError:
        if there := find_conversation(connection, new.id, lock=True):  # made by another process in this moment
            return there
        raise
    return new


def find_conversation(connection: Connection, conversation: str, *, lock: bool = False) -> Conversation | None:
    """Return the conversation, ``None`` where there is none; with ``lock`` nobody else changes it meanwhile."""
    query = sa.select(t.conversations).where(t.conversations.c.id == conversation)
    row = connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    return conversation_from_row(row) if row else None


def get_conversation(connection: Connection, conversation: str, *, lock: bool = False) -> Conversation:
    """Return the conversation. Raises NotFound."""
    found = find_conversation(connection, conversation, lock=lock)
    if found is None:
        raise NotFound("没有这个会话，可能已按市民的要求删除。")
    return found


def change_conversation(
    connection: Connection,
    conversation: str,
    change: Callable[[Conversation], Conversation],
    at: dt.datetime,
    *,
    version: int | None = None,
) -> Conversation:
    """Store what ``change`` makes of the conversation; ``version`` is the one that the person saw.

    Raises MoveRefused where it changed since, or where ``change`` refuses; NotFound.
    """
    before = get_conversation(connection, conversation, lock=True)
    if version is not None and version != before.version:
        raise MoveRefused(_CHANGED_MEANWHILE)
    after = change(before)
    _note_wait(connection, before, after, at)
    return before if after == before else _store(connection, after, at)


def receive_message(
    connection: Connection,
    new: Conversation,
    text: str,
    at: dt.datetime,
    *,
    id: str,
    payload: str | None = None,
    answer_by: dt.datetime | None = None,
    answers: Sequence[Saying] | None = None,
    window: tuple[int, dt.datetime] | None = None,
    owner: str | None = None,
    leased_until: dt.datetime | None = None,
) -> Message | None:
    """Store what the citizen of conversation ``new`` said, to be answered; ``None`` where ``id`` is there already.

    With ``answers`` it is answered by these at once and nobody is asked. ``window`` is how many messages may now be
    pushed until when, unless more are allowed already. ``owner`` answers until ``leased_until``, unless another does.
    """
    before = open_conversation(connection, new)
    if find_message(connection, before.id, id):
        return None
    due = at if answers is None else None
    also = (_window(*window, at) if window else {}) | (_lease(owner, at, leased_until) if owner and due else {})
    current, message = _append(
        connection, after_message(before), Saying(Author.CITIZEN, text), at,
        id=id, payload=payload, due=due, answer_by=answer_by, also=also,
    )  # fmt: skip
    for answer in answers or ():
        current, _ = _append(connection, current, answer, at, push_at=answer_by)
    return message


def _window(left: int, until: dt.datetime, now: dt.datetime) -> dict[str, Any]:
    c = t.conversations.c
    fewer = sa.or_(c.push_left < left, c.push_until.is_(None), c.push_until < now)
    return {
        "push_left": sa.case((fewer, left), else_=c.push_left),
        "push_until": sa.case((fewer, sa.literal(until, c.push_until.type)), else_=c.push_until),
    }


def _lease(owner: str, now: dt.datetime, until: dt.datetime | None) -> dict[str, Any]:
    c = t.conversations.c
    free = sa.or_(c.leased_until.is_(None), c.leased_until < now, c.leased_by == owner)
    return {
        "leased_by": sa.case((free, owner), else_=c.leased_by),
        "leased_until": sa.case((free, sa.literal(until, c.leased_until.type)), else_=c.leased_until),
    }


def say(
    connection: Connection, conversation: str, saying: Saying, at: dt.datetime, *, id: str | None = None
) -> Message:
    """Store what somebody other than the citizen says, and put it in the outbox where the channel is pushed to.

    Raises NotFound.
    """
    before = get_conversation(connection, conversation, lock=True)
    if id and (there := find_message(connection, conversation, id)):
        return there
    return _append(connection, before, saying, at, id=id)[1]


def finish(
    connection: Connection,
    waiting: Waiting,
    sayings: Iterable[Saying],
    change: Callable[[Conversation], Conversation],
    at: dt.datetime,
    owner: str,
) -> bool:
    """Store the replies to a citizen's message and that it is answered, all or nothing and once only; whether more waits.

    Replies to it may go over the request that waits for them until ``waiting.answer_by``. Where nothing more waits,
    ``owner`` gives up its lease.
    """
    key = waiting.message.conversation
    before = get_conversation(connection, key, lock=True)
    m = t.messages.c
    done = sa.update(t.messages).where(m.conversation == key, m.seq == waiting.message.seq, m.due.is_not(None))
    if connection.execute(done.values(due=None)).rowcount == 1:
        current = change(before)
        _note_wait(connection, before, current, at)
        for saying in sayings:
            current, _ = _append(connection, current, saying, at, push_at=waiting.answer_by)
        if current.version == before.version and current != before:
            _store(connection, current, at)
    more = sa.select(sa.func.count()).where(m.conversation == key, m.due.is_not(None))
    if connection.execute(more).scalar_one():
        return True
    release(connection, owner, key)
    return False


def postpone(connection: Connection, waiting: Waiting, due: dt.datetime) -> None:
    """Keep that answering failed once more and is tried again at ``due``."""
    own = (t.messages.c.conversation == waiting.message.conversation) & (t.messages.c.seq == waiting.message.seq)
    still = own & t.messages.c.due.is_not(None)
    connection.execute(sa.update(t.messages).where(still).values(due=due, attempts=waiting.attempts + 1))


def next_waiting(connection: Connection, conversation: str) -> Waiting | None:
    """Return the oldest message of the conversation that is still to be answered."""
    m = t.messages.c
    query = sa.select(t.messages).where(m.conversation == conversation, m.due.is_not(None)).order_by(m.seq).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return _waiting(row) if row else None


def waiting_behind(connection: Connection, message: Message) -> Waiting | None:
    """Return ``message`` where it is still to be answered and an older one of its conversation is too."""
    oldest = next_waiting(connection, message.conversation)
    if oldest is None or oldest.message.seq >= message.seq:
        return None
    own = (t.messages.c.conversation == message.conversation) & (t.messages.c.seq == message.seq)
    row = connection.execute(sa.select(t.messages).where(own, t.messages.c.due.is_not(None))).mappings().one_or_none()
    return _waiting(row) if row else None


def due_conversations(connection: Connection, now: dt.datetime, limit: int = 200) -> list[str]:
    """Return the conversations whose oldest unanswered message is due and that no process is answering."""
    m, c = t.messages.c, t.conversations.c
    first = sa.select(m.conversation, sa.func.min(m.due).label("due")).where(m.due <= now).group_by(m.conversation)
    found = first.subquery()
    free = sa.or_(c.leased_until.is_(None), c.leased_until < now)
    query = sa.select(c.id).join(found, found.c.conversation == c.id).where(free).order_by(found.c.due).limit(limit)
    return list(connection.execute(query).scalars())


def lease(connection: Connection, conversation: str, owner: str, now: dt.datetime, until: dt.datetime) -> bool:
    """Make ``owner`` the one process that answers in the conversation; return whether it is."""
    c = t.conversations.c
    free = sa.or_(c.leased_until.is_(None), c.leased_until < now, c.leased_by == owner)
    done = sa.update(t.conversations).where(c.id == conversation, free).values(leased_by=owner, leased_until=until)
    return bool(connection.execute(done).rowcount)


def renew_leases(connection: Connection, conversations: Sequence[str], owner: str, until: dt.datetime) -> None:
    """Let ``owner`` go on answering in these conversations until then, where it still does."""
    c = t.conversations.c
    own = sa.update(t.conversations).where(c.id.in_(conversations), c.leased_by == owner)
    connection.execute(own.values(leased_until=until))


def release(connection: Connection, owner: str, conversation: str | None = None) -> None:
    """Let others answer in the conversation, or in all in which ``owner`` does."""
    own = t.conversations.c.leased_by == owner
    if conversation is not None:
        own &= t.conversations.c.id == conversation
    connection.execute(sa.update(t.conversations).where(own).values(leased_by=None, leased_until=None))


def is_answered(connection: Connection, conversation: str, id: str) -> bool:
    """Return whether the citizen's message is answered, or was deleted."""
    m = t.messages.c
    query = sa.select(sa.func.count()).where(m.conversation == conversation, m.id == id, m.due.is_not(None))
    return not connection.execute(query).scalar_one()


def replied(connection: Connection, conversation: str, id: str) -> str | None:
    """Return what went over the citizen's own request, empty where nothing did, ``None`` while that is open."""
    m = t.messages.c
    query = sa.select(m.replied).where(m.conversation == conversation, m.id == id)
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def note_replied(connection: Connection, conversation: str, id: str, text: str) -> None:
    """Keep that ``text`` goes over the citizen's own request, and that this is settled."""
    m = t.messages.c
    own = sa.update(t.messages).where(m.conversation == conversation, m.id == id)
    connection.execute(own.values(replied=text, answer_by=None))


def find_message(connection: Connection, conversation: str, id: str) -> Message | None:
    """Return the message of the conversation that its sender called ``id``."""
    query = sa.select(t.messages).where(t.messages.c.conversation == conversation, t.messages.c.id == id)
    row = connection.execute(query).mappings().one_or_none()
    return _message(row) if row else None


def messages_after(connection: Connection, conversation: str, seq: int = 0, limit: int = 200) -> list[Message]:
    """Return what was said after ``seq``, oldest first; of more than ``limit`` the newest."""
    m = t.messages.c
    query = sa.select(t.messages).where(m.conversation == conversation, m.seq > seq).order_by(m.seq.desc()).limit(limit)
    return [_message(row) for row in connection.execute(query).mappings()][::-1]


def changed_conversations(connection: Connection, since: dt.datetime) -> dict[str, int]:
    """Return id and version of the conversations that changed from ``since`` on."""
    c = t.conversations.c
    rows = connection.execute(sa.select(c.id, c.version).where(c.changed >= since))
    return {row.id: row.version for row in rows}


def queue_position(connection: Connection, conversation: Conversation) -> int:
    """Return how many wait before this conversation, which waits itself."""
    c = t.conversations.c
    before = sa.select(sa.func.count()).where(c.holder == Holder.QUEUE.value, c.queued < conversation.queued)
    return int(connection.execute(before).scalar_one())


def queued_conversations(connection: Connection) -> list[Conversation]:
    """Return the conversations that wait for an operator, the longest waiting first."""
    c = t.conversations.c
    query = sa.select(t.conversations).where(c.holder == Holder.QUEUE.value).order_by(c.queued)
    return [conversation_from_row(row) for row in connection.execute(query).mappings()]


def conversations_of(connection: Connection, citizen: str) -> list[Conversation]:
    """Return the conversations of the citizen with this digest."""
    query = sa.select(t.conversations).where(t.conversations.c.citizen == citizen)
    return [conversation_from_row(row) for row in connection.execute(query).mappings()]


def give_feedback(
    connection: Connection, conversation: str, seq: int, helpful: bool, reason: str, at: dt.datetime
) -> None:
    """Keep what the citizen says of the bot's or operator's message ``seq``; the last word counts. Raises NotFound."""
    get_conversation(connection, conversation, lock=True)
    m, f = t.messages.c, t.feedback.c
    query = sa.select(m.author).where(m.conversation == conversation, m.seq == seq)
    if connection.execute(query).scalar_one_or_none() not in (Author.BOT.value, Author.OPERATOR.value):
        raise NotFound("没有可以评价的这条答复。")
    own = (f.conversation == conversation) & (f.seq == seq)
    connection.execute(sa.delete(t.feedback).where(own))
    row = {"conversation": conversation, "seq": seq, "helpful": helpful, "reason": reason, "at": at}
    connection.execute(sa.insert(t.feedback).values(**row))


def forget_conversation(connection: Connection, conversation: str) -> bool:
    """Delete everything of the conversation; return whether it was there. Work orders stay, they are records."""
    if find_conversation(connection, conversation, lock=True) is None:
        return False
    for table in (t.waits, t.outbox, t.feedback, t.messages):
        connection.execute(sa.delete(table).where(table.c.conversation == conversation))
    connection.execute(sa.delete(suggestion_outcomes).where(suggestion_outcomes.c.conversation == conversation))
    connection.execute(sa.delete(t.conversations).where(t.conversations.c.id == conversation))
    return True


def delete_conversations_before(connection: Connection, limit: dt.datetime) -> int:
    """Delete conversations in which nobody said anything since ``limit``; return how many."""
    old = sa.select(t.conversations.c.id).where(t.conversations.c.last < limit)
    return sum(forget_conversation(connection, key) for key in connection.execute(old).scalars().all())


def note_presence(connection: Connection, operator: str, name: str, taking: bool, at: dt.datetime) -> None:
    """Keep that ``operator`` is at the desk, and whether new conversations may come to them."""
    own = sa.update(t.presence).where(t.presence.c.operator == operator)
    if connection.execute(own.values(name=name, taking=taking, seen=at)).rowcount == 0:
        connection.execute(sa.insert(t.presence).values(operator=operator, name=name, taking=taking, seen=at))


def anybody_on_duty(connection: Connection, now: dt.datetime, place: str | None = None) -> bool:
    """Return whether an operator is at the desk who takes new conversations, of ``place`` where it is given."""
    p, s = t.presence.c, staff.c
    query = sa.select(sa.func.count()).where(p.taking, p.seen > now - PRESENT_WITHIN)
    if place:  # an operator of another place does not see its conversations
        query = query.select_from(t.presence.outerjoin(staff, s.id == p.operator))
        query = query.where(sa.or_(s.jurisdiction.is_(None), s.jurisdiction == place))
    return bool(connection.execute(query).scalar_one())


def _append(
    connection: Connection,
    conversation: Conversation,
    saying: Saying,
    at: dt.datetime,
    *,
    id: str | None = None,
    payload: str | None = None,
    due: dt.datetime | None = None,
    answer_by: dt.datetime | None = None,
    push_at: dt.datetime | None = None,
    also: Mapping[str, Any] | None = None,
) -> tuple[Conversation, Message]:
    """Store a message of the conversation, which is locked, and what changed of the conversation itself."""
    stored = _store(connection, replace(conversation, seq=conversation.seq + 1, last=at), at, also)
    message = Message(
        stored.id, stored.seq, saying.author, saying.text, at, id, saying.name, saying.custom, tuple(saying.buttons)
    )
    row = {field.name: getattr(message, field.name) for field in fields(Message)}
    row |= {"author": saying.author.value, "buttons": list(saying.buttons), "attempts": 0}
    connection.execute(sa.insert(t.messages).values(**row, payload=payload, due=due, answer_by=answer_by))
    if stored.address and saying.author is not Author.CITIZEN:
        pushed = {"conversation": stored.id, "text": saying.pushed or saying.text, "created": at, "attempts": 0}
        connection.execute(sa.insert(t.outbox).values(**pushed, error="", next_at=max(at, push_at or at), done=None))
    return stored, message


def _note_wait(connection: Connection, before: Conversation, after: Conversation, at: dt.datetime) -> None:
    """Keep how long the citizen waited, where the wait is over with that change."""
    if before.holder is not Holder.QUEUE or after.holder is Holder.QUEUE or before.queued is None:
        return
    reason = before.reason and before.reason.value
    row = {"conversation": before.id, "reason": reason, "queued": before.queued, "ended": at}
    connection.execute(sa.insert(t.waits).values(**row, taken=after.holder is Holder.OPERATOR))


def _store(
    connection: Connection, after: Conversation, at: dt.datetime, also: Mapping[str, Any] | None = None
) -> Conversation:
    stored = replace(after, version=after.version + 1)
    own = t.conversations.c.id == after.id
    values = _as_row(stored) | {"changed": at} | dict(also or {})
    connection.execute(sa.update(t.conversations).where(own).values(**values))
    return stored


def _as_row(conversation: Conversation) -> dict[str, Any]:
    row = {name: getattr(conversation, name) for name in _FIELDS}
    return row | {"holder": conversation.holder.value, "reason": conversation.reason and conversation.reason.value}


def conversation_from_row(row: Mapping[str, Any]) -> Conversation:
    """Return the conversation that a row of the table holds."""
    values = {name: row[name] for name in _FIELDS}
    values |= {"holder": Holder(row["holder"]), "reason": Reason(row["reason"]) if row["reason"] else None}
    return Conversation(**values)


def _waiting(row: Mapping[str, Any]) -> Waiting:
    return Waiting(_message(row), row["payload"] or row["text"], row["attempts"], row["due"], row["answer_by"])


def _message(row: Mapping[str, Any]) -> Message:
    values = {field.name: row[field.name] for field in fields(Message)}
    return Message(**values | {"author": Author(row["author"]), "buttons": tuple(row["buttons"])})
