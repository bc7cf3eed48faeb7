"""The policy database: one place to open it, and units of work that hold completely or not at all."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.pool import QueuePool

from bot.errors import StorageUnavailable
from bot.storage.errors import BAD_ADDRESS, MISSING, translated_errors

_MAPPED = 256 * 1024 * 1024  # bytes of a SQLite file that are read without a system call for each page
_WAIT_SECONDS = 15  # for another writer to finish, or for a server to answer


class Database:
    """The database at ``url``. Opens nothing before the first unit of work; safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Raises StorageUnavailable for an address that is neither a SQLite file's nor a PostgreSQL server's."""
        self.url = _parsed(url)
        self.file = Path(self.url.database) if self.url.get_backend_name() == "sqlite" else None
        self.engine = _sqlite_engine(self.url, self.file) if self.file else _postgres_engine(self.url)
        # SQLite lets one write at a time and the others ask again and again; the threads of a process can queue instead.
        self._writing: AbstractContextManager[object] = threading.Lock() if self.file else nullcontext()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Give a connection to write with: everything is kept at the end, nothing if an error passes through.

        On SQLite one writer at a time; the others wait. Raises StorageUnavailable with the remedy.
        """
        with self._writing, self._open() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection to read with, which sees one unchanging state and waits for no writer."""
        options = {} if self.file else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._open(reading=True, **options) as connection:
            yield connection

    def dispose(self) -> None:
        """Close every connection that is not in use, for example before a fork."""
        self.engine.dispose()

    @contextmanager
    def _open(self, **options: Any) -> Iterator[Connection]:
        with translated_errors():
            if self.file and not self.file.exists():
                raise StorageUnavailable(f"{MISSING}（{self.file}）")
            with self.engine.connect().execution_options(**options) as connection, connection.begin():
                yield connection


def _parsed(url: str) -> sa.engine.URL:
    try:
        parsed = make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise StorageUnavailable(BAD_ADDRESS) from None  # what it came from would show the password
    if (
        parsed.get_backend_name() not in ("sqlite", "postgresql")
        or not parsed.database
        or parsed.database == ":memory:"
    ):
        raise StorageUnavailable(BAD_ADDRESS)
    return parsed


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _sqlite_engine(url: sa.engine.URL, file: Path) -> Engine:
    """Return an engine that never creates the file by itself and begins transactions the way we say."""
    engine = sa.create_engine(
        url, future=True, creator=_sqlite_opener(file), poolclass=QueuePool, json_serializer=_json
    )

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN DEFERRED" if reading else "BEGIN IMMEDIATE")

    return engine


def _sqlite_opener(file: Path) -> Callable[[], sqlite3.Connection]:
    def open_file() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(file.absolute()))}?mode=rw",
            uri=True,
            timeout=_WAIT_SECONDS,
            isolation_level=None,  # SQLAlchemy's events begin transactions, not the driver
            check_same_thread=False,
        )
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA mmap_size = {_MAPPED}")  # counting over a year reads twice as fast
        connection.execute("PRAGMA synchronous = NORMAL")  # in WAL mode: nothing is torn, also when power fails
        return connection

    return open_file


def _postgres_engine(url: sa.engine.URL) -> Engine:
    return sa.create_engine(
        url,
        future=True,
        pool_pre_ping=True,
        json_serializer=_json,
        connect_args={"connect_timeout": _WAIT_SECONDS, "options": f"-c lock_timeout={_WAIT_SECONDS}s"},
    )
