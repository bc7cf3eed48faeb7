"""What the operators' desk reads and keeps: open conversations, who is there, what became of suggested answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.hotline.conversations import Author, Conversation, Holder
from bot.hotline.outcomes import Outcome, SuggestionOutcome
from bot.storage.conversations import PRESENT_WITHIN, conversation_from_row
from bot.storage.tables import conversations as c
from bot.storage.tables import desk as t

_OUTCOME_FIELDS = tuple(field.name for field in fields(SuggestionOutcome))


@dataclass(frozen=True)
class OpenConversation:
    """A conversation that waits for an operator or is held by one, with what its list shows of it."""

    conversation: Conversation
    words: str  # what the citizen said last
    unread: int  # what the citizen said since its operator looked


@dataclass(frozen=True)
class Present:
    """An operator at the desk."""

    operator: str
    name: str
    taking: bool


@dataclass(frozen=True)
class ConversationFilter:
    """Which conversations to list; what is ``None`` or empty does not narrow."""

    jurisdiction: str | None = None
    channel: str = ""
    holder: Holder | None = None
    closed: bool | None = None
    operator: str = ""
    since: dt.datetime | None = None
    before: dt.datetime | None = None  # last said something before; for a further page


def open_conversations(connection: Connection, jurisdiction: str | None = None) -> list[OpenConversation]:
    """Return what waits for an operator or is held by one, in ``jurisdiction`` alone where it is given."""
    wanted = [c.conversations.c.holder != Holder.BOT.value]
    wanted += [c.conversations.c.jurisdiction == jurisdiction] if jurisdiction else []
    return _with_words(connection, sa.select(c.conversations).where(*wanted))


def list_conversations(connection: Connection, wanted: ConversationFilter, limit: int = 50) -> list[OpenConversation]:
    """Return the conversations that ``wanted`` describes, the last active first."""
    k = c.conversations.c
    given = {k.jurisdiction: wanted.jurisdiction, k.channel: wanted.channel, k.operator: wanted.operator}
    where = [column == value for column, value in given.items() if value]
    where += [k.holder == wanted.holder.value] if wanted.holder else []
    where += [k.closed.is_not(None) if wanted.closed else k.closed.is_(None)] if wanted.closed is not None else []
    where += [k.last >= wanted.since] if wanted.since else []
    where += [k.last < wanted.before] if wanted.before else []
    return _with_words(connection, sa.select(c.conversations).where(*where).order_by(k.last.desc()).limit(limit))


def _with_words(connection: Connection, query: sa.sql.Select) -> list[OpenConversation]:
    """Return the conversations of ``query`` in its order, each with the citizen's last words."""
    rows = list(connection.execute(query).mappings())
    read = {row["id"]: row["read_seq"] for row in rows}
    words: dict[str, str] = {}
    unread: dict[str, int] = dict.fromkeys(read, 0)
    for chunk in _chunks(list(read)):
        words.update(_last_words(connection, chunk))
        unread.update(_unread(connection, chunk))
    return [OpenConversation(conversation_from_row(row), words.get(row["id"], ""), unread[row["id"]]) for row in rows]


def _last_words(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    m = c.messages.c
    by_citizen = sa.and_(m.conversation.in_(ids), m.author == Author.CITIZEN.value)
    last = sa.select(m.conversation, sa.func.max(m.seq).label("seq")).where(by_citizen).group_by(m.conversation)
    found = last.subquery()
    same = sa.and_(m.conversation == found.c.conversation, m.seq == found.c.seq)
    return dict(connection.execute(sa.select(m.conversation, m.text).join(found, same)).all())


def _unread(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    m, k = c.messages.c, c.conversations.c
    new = sa.and_(m.conversation.in_(ids), m.author == Author.CITIZEN.value, m.seq > k.read_seq)
    query = sa.select(m.conversation, sa.func.count()).join(c.conversations, k.id == m.conversation)
    return dict(connection.execute(query.where(new).group_by(m.conversation)).all())


def _chunks(ids: list[str], size: int = 500) -> Iterable[list[str]]:
    return (ids[i : i + size] for i in range(0, len(ids), size))  # SQLite takes no more than so many values


def mark_read(connection: Connection, conversation: str, operator: str, seq: int) -> bool:
    """Keep that ``operator``, who holds the conversation, has read up to ``seq``; return whether that is new."""
    k = c.conversations.c
    own = sa.update(c.conversations).where(k.id == conversation, k.operator == operator, k.read_seq < seq)
    return bool(connection.execute(own.values(read_seq=seq)).rowcount)


def at_the_desk(connection: Connection, now: dt.datetime) -> list[Present]:
    """Return the operators who are at the desk, by name."""
    p = c.presence.c
    query = sa.select(p.operator, p.name, p.taking).where(p.seen > now - PRESENT_WITHIN).order_by(p.name)
    return [Present(*row) for row in connection.execute(query)]


def is_taking(connection: Connection, operator: str, since: dt.datetime) -> bool:
    """Return whether ``operator`` takes new conversations: what they chose last, if that was after ``since``."""
    p = c.presence.c
    query = sa.select(p.taking).where(p.operator == operator, p.seen > since)
    chosen: bool | None = connection.execute(query).scalar_one_or_none()
    return True if chosen is None else chosen


def note_outcome(connection: Connection, outcome: SuggestionOutcome) -> None:
    """Keep what an operator made of a suggested entry."""
    row = asdict(outcome) | {"outcome": outcome.outcome.value}
    connection.execute(sa.insert(t.suggestion_outcomes).values(**row))


def list_outcomes(
    connection: Connection, *, after: int = 0, jurisdiction: str | None = None, limit: int = 1000
) -> list[tuple[int, SuggestionOutcome]]:
    """Return number and content of the outcomes after number ``after``, the oldest first."""
    k = t.suggestion_outcomes.c
    where = [k.row_id > after, *([k.jurisdiction == jurisdiction] if jurisdiction else [])]
    query = sa.select(t.suggestion_outcomes).where(*where).order_by(k.row_id).limit(limit)
    return [(row["row_id"], _outcome(row)) for row in connection.execute(query).mappings()]


def _outcome(row: Mapping[str, Any]) -> SuggestionOutcome:
    values = {name: row[name] for name in _OUTCOME_FIELDS}
    return SuggestionOutcome(**values | {"outcome": Outcome(row["outcome"])})
