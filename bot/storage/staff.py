"""Accounts of the people who work with the hotline, their logins, and the record of what they did (操作记录)."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import NotFound
from bot.hotline.staff import StaffInvalid, StaffMember, check_member, locked_until
from bot.hotline.work_orders import Role
from bot.storage.dialects import holds
from bot.storage.tables import staff as t

_FIELDS = tuple(field.name for field in fields(StaffMember))


@dataclass(frozen=True)
class Deed:
    """What somebody did; ``staff`` is none for the command line and for wrong logins."""

    at: dt.datetime
    staff: str | None
    login: str
    role: Role | None
    deed: str
    object: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Login:
    """What is kept of somebody who is logged in, and when that was last used."""

    content: dict[str, Any]
    seen: dt.datetime


@dataclass(frozen=True)
class Credentials:
    """What deciding about a login needs."""

    member: StaffMember
    password_hash: str
    locked_until: dt.datetime | None


def add_staff(connection: Connection, member: StaffMember, password_hash: str, at: dt.datetime) -> StaffMember:
    """Store a new account and return it with its id. Raises StaffInvalid; KnowledgeInvalid for an unknown place."""
    check_member(member)
    if find_credentials(connection, member.login):
        raise StaffInvalid(f"登录名 {member.login} 已经有人用了，请换一个。")
    added = replace(member, id=uuid.uuid4().hex, version=1)
    values = {"password_hash": password_hash, "failures": 0, "created": at}
    connection.execute(sa.insert(t.staff).values(**_row(added), **values))
    return added


def change_staff(connection: Connection, member: StaffMember, *, password_hash: str | None = None) -> StaffMember:
    """Store ``member`` as changed, ``version`` being the one that was seen, and log them out everywhere.

    Raises StaffInvalid where somebody else was faster or nobody could administer any more, NotFound.
    """
    check_member(member)
    before = get_staff(connection, member.id)
    if before.version != member.version:
        raise StaffInvalid("刚刚有人改过这个账号，请刷新后再改。")
    after = replace(member, version=member.version + 1)
    values = _row(after) | (
        {"password_hash": password_hash, "failures": 0, "locked_until": None} if password_hash else {}
    )
    connection.execute(sa.update(t.staff).where(t.staff.c.id == member.id).values(**values))
    if not _administrators(connection):
        raise StaffInvalid("至少要保留一个可用的管理员账号。")
    end_logins(connection, member.id)
    return after


def _administrators(connection: Connection) -> int:
    c = t.staff.c
    query = sa.select(sa.func.count()).where(c.role == Role.ADMINISTRATOR.value, c.disabled.is_(False))
    return int(connection.execute(query).scalar_one())


def set_password(connection: Connection, staff: str, password_hash: str) -> None:
    """Keep a password that the person chose, and end their other logins."""
    own = sa.update(t.staff).where(t.staff.c.id == staff)
    connection.execute(
        own.values(password_hash=password_hash, must_change_password=False, failures=0, locked_until=None)
    )
    end_logins(connection, staff)


def get_staff(connection: Connection, staff: str) -> StaffMember:
    """Return the account with this id. Raises NotFound."""
    row = connection.execute(sa.select(t.staff).where(t.staff.c.id == staff)).mappings().one_or_none()
    if row is None:
        raise NotFound("没有这个账号。")
    return _member(row)


def list_staff(connection: Connection) -> list[StaffMember]:
    """Return every account, those in use first, by login."""
    rows = connection.execute(sa.select(t.staff).order_by(t.staff.c.disabled, t.staff.c.login)).mappings()
    return [_member(row) for row in rows]


def staff_names(connection: Connection) -> dict[str, str]:
    """Return id → name of every account, to show who did what."""
    return dict(connection.execute(sa.select(t.staff.c.id, t.staff.c.name)).all())


def any_staff(connection: Connection) -> bool:
    """Return whether somebody can log in at all."""
    return bool(connection.execute(sa.select(sa.exists().where(t.staff.c.disabled.is_(False)))).scalar_one())


def find_credentials(connection: Connection, login: str) -> Credentials | None:
    """Return what decides about a login under the name ``login``."""
    row = connection.execute(sa.select(t.staff).where(t.staff.c.login == login)).mappings().one_or_none()
    return Credentials(_member(row), row["password_hash"], row["locked_until"]) if row else None


def note_login(connection: Connection, staff: str, at: dt.datetime, *, right: bool) -> dt.datetime | None:
    """Keep that a password was right or wrong; return until when the account is locked by that."""
    own = sa.update(t.staff).where(t.staff.c.id == staff)
    if right:
        connection.execute(own.values(failures=0, locked_until=None, last_login=at))
        return None
    failures = connection.execute(sa.select(t.staff.c.failures).where(t.staff.c.id == staff)).scalar_one() + 1
    until = locked_until(failures, at)
    connection.execute(own.values(failures=0 if until else failures, locked_until=until))
    return until


def read_login(
    connection: Connection, secret: str, now: dt.datetime, idle: dt.timedelta, longest: dt.timedelta
) -> Login | None:
    """Return what is kept of the login with this cookie, ``None`` where there is none or its time is over."""
    c = t.logins.c
    query = sa.select(c.content, c.seen).where(
        c.digest == _digest(secret), c.seen > now - idle, c.created > now - longest
    )
    row = connection.execute(query).one_or_none()
    return Login(row.content, row.seen) if row else None


def keep_login(connection: Connection, secret: str, content: Mapping[str, Any], now: dt.datetime) -> None:
    """Keep ``content`` for the login with this cookie."""
    values = {"content": dict(content), "staff": content.get("staff"), "seen": now}
    own = sa.update(t.logins).where(t.logins.c.digest == _digest(secret)).values(**values)
    if not connection.execute(own).rowcount:
        connection.execute(sa.insert(t.logins).values(digest=_digest(secret), created=now, **values))


def note_seen(connection: Connection, secret: str, now: dt.datetime) -> None:
    """Keep that the login is in use."""
    connection.execute(sa.update(t.logins).where(t.logins.c.digest == _digest(secret)).values(seen=now))


def end_login(connection: Connection, secret: str) -> None:
    """Log out."""
    connection.execute(sa.delete(t.logins).where(t.logins.c.digest == _digest(secret)))


def end_logins(connection: Connection, staff: str) -> None:
    """Log ``staff`` out everywhere."""
    connection.execute(sa.delete(t.logins).where(t.logins.c.staff == staff))


def delete_logins_before(connection: Connection, limit: dt.datetime) -> int:
    """Delete logins that were last used before ``limit``; return how many."""
    return int(connection.execute(sa.delete(t.logins).where(t.logins.c.seen < limit)).rowcount)


def note_deed(
    connection: Connection, by: StaffMember | None, deed: str, object: str = "", *, at: dt.datetime, **details: Any
) -> None:
    """Record in the same unit of work what ``by`` did (``None``: the command line); ``details`` hold nothing personal."""
    who = (
        {"staff": by.id, "login": by.login, "role": by.role.value} if by else {"login": details.pop("login", "命令行")}
    )
    connection.execute(sa.insert(t.audit_log).values(at=at, deed=deed, object=object, details=details, **who))


def list_deeds(
    connection: Connection,
    *,
    staff: str | None = None,
    deed: str = "",
    object: str = "",
    before: dt.datetime | None = None,
    limit: int = 100,
) -> Sequence[Deed]:
    """Return the newest ``limit`` deeds, those before ``before`` for a further page."""
    c = t.audit_log.c
    wanted = [c.staff == staff] if staff else []
    wanted += [holds(c.deed, deed)] if deed else []
    wanted += [holds(c.object, object)] if object else []
    wanted += [c.at < before] if before else []
    rows = connection.execute(sa.select(t.audit_log).where(*wanted).order_by(c.at.desc(), c.row_id.desc()).limit(limit))
    return [Deed(r.at, r.staff, r.login, Role(r.role) if r.role else None, r.deed, r.object, r.details) for r in rows]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _row(member: StaffMember) -> dict[str, Any]:
    return {name: getattr(member, name) for name in _FIELDS} | {"role": member.role.value}


def _member(row: Mapping[str, Any]) -> StaffMember:
    return StaffMember(**{name: row[name] for name in _FIELDS} | {"role": Role(row["role"])})
