"""The outbox of conversations over a channel that is pushed to: what is said reaches the citizen in order, once.

How much may be pushed is the channel's to say: a citizen's message opens a window with a number of messages.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.storage.tables import conversations as t

_ERROR_LENGTH = 200
_PUSHING = "pushing"  # in place of an error while a process pushes it


@dataclass(frozen=True)
class Parcel:
    """What of one message is still to go to ``address``. ``left``: messages that may still be pushed just now."""

    id: int
    conversation: str
    channel: str
    address: str
    text: str
    attempts: int
    left: int


def due_parcels(connection: Connection, channel: str, now: dt.datetime, limit: int = 100) -> list[Parcel]:
    """Return for each conversation of ``channel`` the first of what it still has to be told, where that is due."""
    o = t.outbox.c
    first = sa.select(sa.func.min(o.row_id)).where(o.done.is_(None)).group_by(o.conversation)
    query = _parcels(now).where(t.conversations.c.channel == channel, o.row_id.in_(first), o.next_at <= now)
    return [Parcel(*row) for row in connection.execute(query.order_by(o.next_at).limit(limit))]


def take_parcels(connection: Connection, conversation: str, now: dt.datetime) -> list[Parcel]:
    """Take all that the conversation still has to be told, oldest first, to say it over the citizen's own request.

    What a process is just pushing is not among it, nor anything after that.
    """
    o = t.outbox.c
    query = _parcels(now, o.next_at, o.error).where(o.conversation == conversation, o.done.is_(None))
    found = []
    for *values, next_at, error in connection.execute(query.order_by(o.row_id).with_for_update(of=t.outbox)):
        if error == _PUSHING and next_at > now:
            break
        found.append(Parcel(*values))
    ids = [parcel.id for parcel in found]
    connection.execute(sa.update(t.outbox).where(o.row_id.in_(ids)).values(done=now, next_at=None, text=""))
    return found


def is_owed(connection: Connection, conversation: str) -> bool:
    """Return whether something waits for the citizen's next message."""
    o = t.outbox.c
    query = sa.select(sa.func.count()).where(o.conversation == conversation, o.done.is_(None), o.next_at.is_(None))
    return bool(connection.execute(query).scalar_one())


def put_back(connection: Connection, parcel: Parcel, rest: str, next_at: dt.datetime | None) -> None:
    """Keep that ``rest`` of a taken parcel is still to go, at ``next_at`` or with the citizen's next message."""
    own = sa.update(t.outbox).where(t.outbox.c.row_id == parcel.id)
    connection.execute(own.values(text=rest, done=None, next_at=next_at))


def claim_parcel(connection: Connection, parcel: Parcel, now: dt.datetime, until: dt.datetime) -> bool:
    """Take ``parcel`` for pushing until then, and one of the messages that may be pushed; return whether that went."""
    o, c = t.outbox.c, t.conversations.c
    free = sa.update(t.outbox).where(o.row_id == parcel.id, o.done.is_(None), o.next_at <= now, o.text == parcel.text)
    if connection.execute(free.values(next_at=until, error=_PUSHING)).rowcount != 1:
        return False
    allowed = sa.update(t.conversations).where(c.id == parcel.conversation, c.push_left > 0, c.push_until > now)
    if connection.execute(allowed.values(push_left=c.push_left - 1)).rowcount == 1:
        return True
    hold_parcel(connection, parcel, "")
    return False


def note_pushed(connection: Connection, parcel: Parcel, rest: str, now: dt.datetime) -> None:
    """Keep that all of ``parcel`` but ``rest`` has gone."""
    own = sa.update(t.outbox).where(t.outbox.c.row_id == parcel.id)
    connection.execute(
        own.values(text=rest, attempts=0, error="", next_at=now if rest else None, done=None if rest else now)
    )


def note_failed(connection: Connection, parcel: Parcel, error: str, next_at: dt.datetime) -> None:
    """Keep why pushing ``parcel`` failed and when it is tried again; the message counts as not pushed."""
    own = sa.update(t.outbox).where(t.outbox.c.row_id == parcel.id)
    connection.execute(own.values(error=error[:_ERROR_LENGTH], attempts=parcel.attempts + 1, next_at=next_at))
    c = t.conversations.c
    given_back = sa.update(t.conversations).where(c.id == parcel.conversation)
    connection.execute(given_back.values(push_left=c.push_left + 1))


def hold_parcel(connection: Connection, parcel: Parcel, error: str) -> None:
    """Keep ``parcel`` for the citizen's next message, since it cannot be pushed."""
    own = sa.update(t.outbox).where(t.outbox.c.row_id == parcel.id)
    connection.execute(own.values(next_at=None, error=error[:_ERROR_LENGTH]))


def drop_parcels(connection: Connection, conversation: str, now: dt.datetime, error: str) -> int:
    """Give up what the conversation was still to be told, for example since the citizen left; return how many."""
    o = t.outbox.c
    own = sa.update(t.outbox).where(o.conversation == conversation, o.done.is_(None))
    return int(connection.execute(own.values(done=now, next_at=None, error=error[:_ERROR_LENGTH])).rowcount)


def shared_token(connection: Connection, account: str) -> tuple[str, dt.datetime | None]:
    """Return the access token of ``account`` that all processes share and when it expires; empty where there is none."""
    query = sa.select(t.channel_tokens.c.token, t.channel_tokens.c.expires)
    row = connection.execute(query.where(t.channel_tokens.c.account == account)).one_or_none()
    return (row.token, row.expires) if row else ("", None)


def lease_token(connection: Connection, account: str, now: dt.datetime, until: dt.datetime) -> bool:
    """Make the caller the one who fetches a new token for ``account``; return whether it is."""
    k = t.channel_tokens.c
    if connection.execute(sa.select(k.account).where(k.account == account)).one_or_none() is None:
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(t.channel_tokens).values(account=account, token=""))
        except sa.exc.IntegrityError:
            pass  # another process has made the row in this moment
    free = sa.or_(k.leased_until.is_(None), k.leased_until < now)
    own = sa.update(t.channel_tokens).where(k.account == account, free)
    return bool(connection.execute(own.values(leased_until=until)).rowcount)


def keep_token(connection: Connection, account: str, token: str, expires: dt.datetime | None) -> None:
    """Keep a new ``token`` for all processes, and let others fetch one again; an empty one where it could not be had."""
    values = {"leased_until": None} | ({"token": token, "expires": expires} if token else {})
    own = sa.update(t.channel_tokens).where(t.channel_tokens.c.account == account)
    connection.execute(own.values(**values))


def drop_token(connection: Connection, account: str, token: str) -> None:
    """Forget ``token``, which the other side does not take any more, unless a newer one is there already."""
    k = t.channel_tokens.c
    own = sa.update(t.channel_tokens).where(k.account == account, k.token == token)
    connection.execute(own.values(token="", expires=None))


def _parcels(now: dt.datetime, *more: sa.Column) -> sa.sql.Select:
    o, c = t.outbox.c, t.conversations.c
    left = sa.case((c.push_until > now, c.push_left), else_=0)
    columns = (o.row_id, o.conversation, c.channel, c.address, o.text, o.attempts, left, *more)
    return sa.select(*columns).join(t.conversations, c.id == o.conversation)
