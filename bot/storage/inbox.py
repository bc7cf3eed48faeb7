"""Where the inbox (待标注) comes from: what the bot did not answer, was unsure of, and was told to have answered badly.

Everything is read anew each time; what was decided about it stands in the labels.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.hotline.understanding import COMPLAINT_INTENT
from bot.storage.tables import conversations as c
from bot.storage.tables import ledger as t

_MOST = 3000  # rows of each source that are looked at
_CORRECTIONS = "suggestion_outcomes"  # what operators did with suggested answers


class Why(str, Enum):
    """Why a message is in the inbox."""

    MISSED = "missed"  # the bot said that it does not know
    OFFERED = "offered"  # the bot gave several entries to choose from
    UNSURE = "unsure"  # the bot answered, not very sure
    UNROUTED = "unrouted"  # the bot did not know which department
    UNHELPFUL = "unhelpful"  # the citizen said that the answer did not help
    CORRECTED = "corrected"  # an operator did not take the suggested answer


@dataclass(frozen=True)
class Missed:
    """One message that is worth a look; the text is masked."""

    why: Why
    at: dt.datetime
    text: str
    jurisdiction: str
    answered: str = ""
    kind: str = ""
    confidence: float | None = None
    entry: str | None = None
    intents: Mapping[str, float] = field(default_factory=dict)
    note: str = ""  # the citizen's reason, or what the operator sent instead
    conversation: str = ""  # the ledger's digest, to find what was said before


@dataclass(frozen=True)
class Said:
    """A turn of the ledger: what the citizen wrote, masked, and what the bot answered."""

    at: dt.datetime
    text: str
    answered: str


def missed_messages(
    connection: Connection, since: dt.datetime, unsure: float, masked: Callable[[str], str]
) -> list[Missed]:
    """Return every message since then that the bot may have got wrong, newest first.

    ``unsure`` is the confidence below which an answer counts as unsure; ``masked`` hides personal data.
    """
    found = [
        *_from_ledger(connection, since, unsure),
        *_unhelpful(connection, since, masked),
        *_corrected(connection, since),
    ]
    return sorted(found, key=lambda missed: missed.at, reverse=True)


def turns_before(connection: Connection, conversation: str, at: dt.datetime, most: int = 3) -> list[Said]:
    """Return the last turns of the ledger in ``conversation`` before ``at``, oldest first."""
    row = t.ledger.c
    query = (
        sa.select(row.at, row.message_masked, row.text_shown)
        .where(row.conversation == conversation, row.at < at, row.at > at - dt.timedelta(hours=1))
        .order_by(row.at.desc())
        .limit(most)
    )
    return [Said(*row) for row in connection.execute(query)][::-1] if conversation else []


def _from_ledger(connection: Connection, since: dt.datetime, unsure: float) -> Iterator[Missed]:
    own = t.ledger.c
    low = sa.and_(own.kind.in_(("answer", "scope", "route")), own.confidence < unsure)
    unrouted = sa.and_(own.kind == "handoff", own.intent == COMPLAINT_INTENT)
    query = (
        sa.select(t.ledger)
        .where(own.at >= since, sa.or_(own.kind.in_(("unsupported", "clarify")), low, unrouted))
        .order_by(own.at.desc())
        .limit(_MOST)
    )
    whys = {"unsupported": Why.MISSED, "clarify": Why.OFFERED, "handoff": Why.UNROUTED}
    entries = _first_entries(connection, query)
    for row in connection.execute(query).mappings():
        if row["kind"] == "clarify" and row["confidence"] is None:
            continue  # asked back for a fact or a place: not missed
        yield _of_ledger(row, whys.get(row["kind"], Why.UNSURE), entries.get(row["id"]))


def _of_ledger(row: Mapping[str, Any], why: Why, entry: str | None, note: str = "") -> Missed:
    return Missed(
        why, row["at"], row["message_masked"], row["jurisdiction"], row["text_shown"], row["kind"], row["confidence"],
        entry, row["intent_scores"] or {}, note, row["conversation"],
    )  # type: ignore[arg-type]  # fmt: skip


def _first_entries(connection: Connection, rows: sa.sql.Select) -> dict[str, str]:
    used, chosen = t.ledger_entries.c, rows.subquery()
    query = sa.select(used.ledger, used.entry).join(chosen, chosen.c.id == used.ledger).where(used.position == 0)
    return dict(connection.execute(query).all())


def _unhelpful(connection: Connection, since: dt.datetime, masked: Callable[[str], str]) -> Iterator[Missed]:
    """Yield what citizens marked as not helpful, from the ledger where the answer has its row there."""
    f, m = c.feedback.c, c.messages.c
    query = (
        sa.select(f.conversation, f.seq, f.reason, f.at, m.text, m.custom, c.conversations.c.jurisdiction)
        .join(c.messages, sa.and_(m.conversation == f.conversation, m.seq == f.seq))
        .join(c.conversations, c.conversations.c.id == f.conversation)
        .where(f.helpful.is_(False), f.at >= since, m.author == "bot")
        .order_by(f.at.desc())
        .limit(_MOST)
    )
    for row in connection.execute(query).all():
        key = (row.custom or {}).get("ledger")
        found = connection.execute(sa.select(t.ledger).where(t.ledger.c.id == key)).mappings().first() if key else None
        note = masked(row.reason)
        if found:
            entries = _first_entries(connection, sa.select(t.ledger).where(t.ledger.c.id == key))
            yield _of_ledger(found, Why.UNHELPFUL, entries.get(str(key)), note)
        elif asked := _asked_before(connection, row.conversation, row.seq):
            yield Missed(
                Why.UNHELPFUL, row.at, masked(asked), row.jurisdiction, masked(row.text), note=note
            )  # fmt: skip


def _asked_before(connection: Connection, conversation: str, seq: int) -> str | None:
    m = c.messages.c
    query = sa.select(m.text).where(m.conversation == conversation, m.seq < seq, m.author == "citizen")
    found: str | None = connection.execute(query.order_by(m.seq.desc()).limit(1)).scalar_one_or_none()
    return found


def _corrected(connection: Connection, since: dt.datetime) -> Iterator[Missed]:
    """Yield where an operator edited or rejected the suggested entry; nothing while the desk does not record that."""
    if not sa.inspect(connection).has_table(_CORRECTIONS):
        return
    names = ("jurisdiction", "message_masked", "entry", "confidence", "outcome", "final_masked")
    table = sa.table(_CORRECTIONS, sa.column("at", c.feedback.c.at.type), *map(sa.column, names))
    query = (
        sa.select(table)
        .where(table.c.at >= since, table.c.outcome.in_(("edited", "rejected")))
        .order_by(table.c.at.desc())
        .limit(_MOST)
    )
    for row in connection.execute(query).all():
        yield Missed(
            Why.CORRECTED, row.at, row.message_masked, row.jurisdiction, confidence=row.confidence, entry=row.entry,
            note=row.final_masked,
        )  # fmt: skip
