"""Migrations and the tables in code say the same, in both directions and on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.errors import StorageUnavailable
from bot.storage import Database, check, downgrade, knowledge_version, migrate
from bot.storage.migrating import differences
from bot.storage.tables import metadata


@pytest.fixture
def database(new_url: Callable[[], str]) -> Iterator[Database]:
    """A migrated database of its own, to be taken apart."""
    opened = Database(new_url())
    migrate(opened)
    yield opened
    opened.dispose()


def _tables(database: Database) -> set[str]:
    return set(sa.inspect(database.engine).get_table_names()) - {"alembic_version"}


def _checks(database: Database) -> set[tuple[str, str, str]]:
    inspector = sa.inspect(database.engine)
    return {
        (table, check["name"], check["sqltext"])
        for table in metadata.tables
        for check in inspector.get_check_constraints(table)
    }


def test_migrating_an_empty_database_makes_every_table(database: Database) -> None:
    assert _tables(database) == set(metadata.tables)
    assert differences(database) == []
    check(database)
    with database.read() as connection:
        assert knowledge_version(connection) == 0


def test_migrating_again_changes_nothing(database: Database) -> None:
    migrate(database)
    assert differences(database) == []


def test_downgrading_removes_every_table_and_migrating_brings_them_back(database: Database) -> None:
    downgrade(database, "base")
    assert _tables(database) == set()
    migrate(database)
    assert differences(database) == []


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_each_step_can_be_taken_back_and_made_again(database: Database, revision: str) -> None:
    downgrade(database, revision)
    migrate(database)
    assert differences(database) == []


def test_check_constraints_agree_with_the_tables(database: Database) -> None:
    migrated = _checks(database)
    downgrade(database, "base")
    metadata.create_all(database.engine)
    assert _checks(database) == migrated


def test_foreign_keys_agree_with_the_tables_and_forbid_deleting(database: Database) -> None:
    inspector = sa.inspect(database.engine)
    for name, table in metadata.tables.items():
        found = inspector.get_foreign_keys(name)
        assert len(found) == len(table.foreign_key_constraints)
        for key in found:
            assert key["options"].get("ondelete") == "RESTRICT", key["name"]


def test_every_constraint_has_a_name_that_postgresql_keeps() -> None:
    names = [c.name for table in metadata.tables.values() for c in table.constraints]
    assert all(names)
    assert max(len(str(name)) for name in names) <= 63
    assert len(set(names)) == len(names)


def test_a_database_that_is_not_migrated_names_the_remedy(new_url: Callable[[], str]) -> None:
    database = Database(new_url())
    if database.file:
        database.file.touch()
    with pytest.raises(StorageUnavailable, match="make migrate"):
        check(database)
    with pytest.raises(StorageUnavailable, match="make migrate"), database.read() as connection:
        knowledge_version(connection)


def test_a_database_of_a_newer_program_is_left_alone(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageUnavailable, match="升级程序"):
        migrate(database)
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def test_the_sqlite_file_is_in_wal_mode_and_checks_references(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'hotline.sqlite3'}")
    migrate(database)
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() >= 10_000
