"""Tokens (令牌) with which other systems call the HTTP API. Only a digest is stored: the token itself is shown once."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.storage.tables import connections as c

PREFIX = "hl_"  # so that a leaked token is recognised by scanners
_NOTICED = dt.timedelta(minutes=1)  # how exactly the last use is kept


@dataclass(frozen=True)
class ApiToken:
    """Who may call, for which place or department, and what for."""

    id: str
    name: str
    scopes: tuple[str, ...]
    jurisdiction: str
    department: str | None
    created_at: dt.datetime
    expires_at: dt.datetime | None = None
    last_used_at: dt.datetime | None = None


def add_token(
    connection: Connection,
    name: str,
    scopes: Sequence[str],
    jurisdiction: str,
    department: str | None,
    at: dt.datetime,
    expires_at: dt.datetime | None = None,
) -> tuple[ApiToken, str]:
    """Store a new token and return it with the secret to show once.

    256 random bits need no slow hash. Raises KnowledgeInvalid where place or department is not there.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(uuid.uuid4().hex, name, tuple(scopes), jurisdiction, department, at, expires_at)
    row = {k: v for k, v in vars(token).items() if k != "scopes"} | {"scopes": list(scopes), "digest": _digest(secret)}
    connection.execute(sa.insert(c.api_tokens).values(**row))
    return token, secret


def find_token(connection: Connection, secret: str, now: dt.datetime) -> ApiToken | None:
    """Return the token whose ``secret`` this is, nothing where it is unknown, revoked or expired."""
    row = (
        connection.execute(sa.select(c.api_tokens).where(c.api_tokens.c.digest == _digest(secret)))
        .mappings()
        .one_or_none()
    )
    if row is None or row["revoked_at"] or (row["expires_at"] and row["expires_at"] <= now):
        return None
    return _token(row)


def note_use(connection: Connection, token: ApiToken, now: dt.datetime) -> None:
    """Keep that ``token`` was used, to the minute."""
    if token.last_used_at is None or now - token.last_used_at > _NOTICED:
        own = c.api_tokens.c.id == token.id
        connection.execute(sa.update(c.api_tokens).where(own).values(last_used_at=now))


def list_tokens(connection: Connection) -> list[ApiToken]:
    """Return the tokens that were not revoked, oldest first."""
    query = sa.select(c.api_tokens).where(c.api_tokens.c.revoked_at.is_(None)).order_by(c.api_tokens.c.created_at)
    return [_token(row) for row in connection.execute(query).mappings()]


def revoke_token(connection: Connection, token: str, at: dt.datetime) -> bool:
    """Make the token with this id useless; return whether it was in use."""
    using = (c.api_tokens.c.id == token) & c.api_tokens.c.revoked_at.is_(None)
    return bool(connection.execute(sa.update(c.api_tokens).where(using).values(revoked_at=at)).rowcount)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(row: Any) -> ApiToken:
    values = {name: row[name] for name in ApiToken.__dataclass_fields__}
    return ApiToken(**values | {"scopes": tuple(row["scopes"])})
