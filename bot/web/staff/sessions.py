"""Logins in the database, so that every web process knows them and any of them can be ended."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import secrets
from typing import Any

from aiohttp import web
from aiohttp_session import AbstractStorage, Session

from bot.bootstrap import now
from bot.storage import Database, end_login, keep_login, note_seen, read_login

COOKIE = "hotline_staff"
LONGEST = dt.timedelta(hours=12)  # a shift; then the password is asked again
_SEEN = dt.timedelta(minutes=1)  # how exactly it is kept when a login was last used


class DatabaseSessions(AbstractStorage):
    """A storage for aiohttp_session: the cookie holds a random secret, everything else is in the database."""

    def __init__(self, database: Database, idle: dt.timedelta, *, secure: bool) -> None:
        super().__init__(cookie_name=COOKIE, httponly=True, samesite="Strict", secure=secure, path="/")
        self._database = database
        self._idle = idle

    async def load_session(self, request: web.Request) -> Session:
        """Return the session of the request's cookie, a new one where there is none. Raises StorageUnavailable."""
        secret = self.load_cookie(request)
        content = await asyncio.to_thread(self._read, secret) if secret else None
        if content is None:
            return Session(None, data=None, new=True)
        return Session(secret, data={"session": content, "created": 0}, new=False)

    def _read(self, secret: str) -> dict[str, Any] | None:
        with self._database.read() as connection:
            found = read_login(connection, secret, now(), self._idle, LONGEST)
        if found is not None and found.seen < now() - _SEEN:
            with self._database.begin() as connection:
                note_seen(connection, secret, now())
        return found.content if found else None

    async def save_session(self, request: web.Request, response: web.StreamResponse, session: Session) -> None:
        """Keep what changed, under a new secret where the session is new, and set or remove the cookie."""
        if session.empty:
            if secret := self.load_cookie(request):
                await asyncio.to_thread(self._end, secret)
            self.save_cookie(response, "", max_age=None)
            return
        secret = str(session.identity or secrets.token_urlsafe(32))
        content = json.loads(json.dumps(dict(session)))
        await asyncio.to_thread(self._keep, secret, content)
        self.save_cookie(response, secret, max_age=None)

    def _keep(self, secret: str, content: dict[str, Any]) -> None:
        with self._database.begin() as connection:
            keep_login(connection, secret, content, now())

    def _end(self, secret: str) -> None:
        with self._database.begin() as connection:
            end_login(connection, secret)
