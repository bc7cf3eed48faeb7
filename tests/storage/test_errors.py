"""Whatever is wrong with the database, the caller learns what to do about it and never sees a driver's words."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.errors import KnowledgeInvalid, StorageUnavailable
from bot.storage import Database, check, knowledge_version, migrate


def _ask(database: Database) -> int:
    with database.read() as connection:
        return knowledge_version(connection)


def test_a_missing_file_is_not_created_by_asking(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'no' / 'such.sqlite3'}")
    with pytest.raises(StorageUnavailable, match="make migrate"):
        _ask(database)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_made_when_migrating(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / '数据 100%' / 'hot line#.sqlite3'}")
    migrate(database)
    assert _ask(database) == 0
    assert (tmp_path / "数据 100%" / "hot line#.sqlite3").exists()


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://root@h/d", "sqlite://", "sqlite:///:memory:", "postgresql://u:secret@h:x/d"]
)
def test_an_address_that_cannot_be_used_names_the_variable(url: str) -> None:
    with pytest.raises(StorageUnavailable, match="DATABASE_URL") as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "hotline.sqlite3"
    file.write_text("这不是数据库" * 1000, encoding="utf-8")
    before = file.read_bytes()
    for use in (_ask, migrate, check):
        with pytest.raises(StorageUnavailable, match="备份"):
            use(Database(f"sqlite:///{file}"))
    assert file.read_bytes() == before


def test_a_folder_that_cannot_be_made_names_permissions(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageUnavailable, match="权限"):
        migrate(Database(f"sqlite:///{tmp_path / 'file' / 'hotline.sqlite3'}"))


def test_a_locked_file_says_that_somebody_else_uses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.storage.database._WAIT_SECONDS", 0.05)
    file = tmp_path / "hotline.sqlite3"
    database = Database(f"sqlite:///{file}")
    migrate(database)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable, match="占用"), database.begin():
        pass
    assert _ask(database) == 0  # readers never wait for a writer
    other.close()


def test_a_file_without_write_permission_says_so(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'hotline.sqlite3'}")
    migrate(database)
    with pytest.raises(StorageUnavailable, match="权限"), database.begin() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.execute(sa.text("UPDATE knowledge_version SET version = 5"))


def test_a_server_that_does_not_answer_is_said_to_be_unreachable() -> None:
    database = Database("postgresql+psycopg2://nobody:secret@127.0.0.1:9/nothing")
    for use in (_ask, migrate, check):
        with pytest.raises(StorageUnavailable, match="DATABASE_URL") as caught:
            use(database)
        assert "secret" not in str(caught.value)


def test_a_database_that_the_server_does_not_have_is_said_to_be_unreachable(postgres_server: str) -> None:
    url = sa.engine.make_url(postgres_server).set(drivername="postgresql+psycopg2", database="no_such_database")
    with pytest.raises(StorageUnavailable, match="DATABASE_URL"):
        _ask(Database(url.render_as_string(hide_password=False)))


def test_a_broken_constraint_is_the_knowledges_fault(database: Database) -> None:
    with pytest.raises(KnowledgeInvalid, match="没有保存"), database.begin() as connection:
        connection.execute(sa.text("UPDATE knowledge_version SET id = 2"))


def test_nonsense_in_the_program_is_not_taken_for_a_fault_of_the_caller(database: Database) -> None:
    with pytest.raises(StorageUnavailable), database.begin() as connection:
        connection.execute(sa.text("SELECT nonsense FROM knowledge_version"))
    assert _ask(database) == 0


def test_an_error_of_the_caller_passes_and_undoes_the_work(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        connection.execute(sa.text("UPDATE knowledge_version SET version = 5"))
        raise ZeroDivisionError
    assert _ask(database) == 0


def test_reading_changes_nothing(database: Database) -> None:
    with pytest.raises(StorageUnavailable), database.read() as connection:
        connection.execute(sa.text("UPDATE knowledge_version SET version = 5"))


def test_importing_the_package_touches_nothing(tmp_path: Path) -> None:
    script = "import bot.storage, os; print(os.listdir('.'))"
    environment = {**os.environ, "PYTHONPATH": os.getcwd(), "DATABASE_URL": "sqlite:///nowhere.sqlite3"}
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
