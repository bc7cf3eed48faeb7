"""The access token in the database, so that all processes share one."""

from __future__ import annotations

import datetime as dt

from bot.storage.database import Database
from bot.storage.outbox import drop_token, keep_token, lease_token, shared_token


class DatabaseTokens:
    """A `bot.channels.wechat.client.TokenStore` for one account."""

    def __init__(self, database: Database, account: str) -> None:
        self._database = database
        self._account = account

    def read(self) -> tuple[str, dt.datetime | None]:
        """Return the token and when it expires."""
        with self._database.read() as connection:
            return shared_token(connection, self._account)

    def lease(self, now: dt.datetime, until: dt.datetime) -> bool:
        """Return whether the caller is the one to fetch a new token until then."""
        with self._database.begin() as connection:
            return lease_token(connection, self._account, now, until)

    def keep(self, token: str, expires: dt.datetime | None) -> None:
        """Keep a new token, and let others fetch one again."""
        with self._database.begin() as connection:
            keep_token(connection, self._account, token, expires)

    def drop(self, token: str) -> None:
        """Forget this token, unless a newer one is there already."""
        with self._database.begin() as connection:
            drop_token(connection, self._account, token)
