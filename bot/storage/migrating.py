"""Bringing a database to the tables this version of the program needs, by the steps in ``migrations/``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import alembic.command
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import Connection

from bot.errors import StorageUnavailable
from bot.storage.database import Database
from bot.storage.errors import NEWER, UNMIGRATED, translated_errors
from bot.storage.tables import metadata

_FOLDER = Path(__file__).with_name("migrations")
_LOCK = 12345  # the advisory lock that lets one process migrate at a time on PostgreSQL


def migrate(database: Database, revision: str = "head") -> None:
    """Bring ``database`` up to ``revision``, making the SQLite file where there is none. Again: changes nothing.

    Raises StorageUnavailable; the database is then as before.
    """
    with translated_errors():
        if database.file and not database.file.exists():
            _create(database)
    with _schema_connection(database) as connection:
        alembic.command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Take ``database`` back to ``revision``; ``base`` removes every table with all that is in it."""
    with _schema_connection(database) as connection:
        alembic.command.downgrade(_config(connection), revision)


def check(database: Database) -> None:
    """Raise StorageUnavailable unless ``database`` can be reached and stands at the newest revision."""
    newest = ScriptDirectory(str(_FOLDER)).get_current_head()
    with database.read() as connection:
        if MigrationContext.configure(connection).get_current_revision() != newest:
            raise StorageUnavailable(UNMIGRATED)


def differences(database: Database) -> list[object]:
    """Return what the tables in ``database`` lack or have beyond ``tables``; empty where they agree."""
    with database.read() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))


def draft_revision(database: Database, message: str) -> None:
    """Write a new step under ``migrations/versions`` that holds ``differences``, for a person to finish."""
    with _schema_connection(database) as connection:
        alembic.command.revision(_config(connection), message, autogenerate=True)


def _create(database: Database) -> None:
    assert database.file is not None
    try:
        database.file.parent.mkdir(parents=True, exist_ok=True)
        database.file.touch(mode=0o600)
    except OSError as error:
        raise StorageUnavailable(f"无法建立数据库文件 {database.file}，请检查目录权限。") from error


@contextmanager
def _schema_connection(database: Database) -> Iterator[Connection]:
    """Give a connection for changing tables: alone, in one transaction, and on SQLite with references checked last.

    SQLite changes a table by copying it, which would break references to it half-way.
    """
    with translated_errors(), database.engine.connect() as connection:
        if database.file:
            raw = connection.connection
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                if not database.file:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                try:
                    yield connection
                except CommandError as error:  # the database stands at a step that this program does not have
                    raise StorageUnavailable(NEWER) from error
                if database.file and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise StorageUnavailable("数据库升级会破坏数据间的引用，已撤销。请联系开发者。")
        finally:
            if database.file:
                raw.execute("PRAGMA foreign_keys = ON")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
