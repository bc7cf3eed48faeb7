"""``python -m bot run`` and its neighbours from a terminal: one clear sentence or a clean start, and nothing left behind."""

from __future__ import annotations

import re
import signal
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.conftest import Place, System, answers, new_place, start_everything, stop_everything, until

pytestmark = pytest.mark.slow
COMMANDS = [
    *(
        "run",
        "migrate",
        "load-knowledge",
        "import-gazette",
        "verify-knowledge",
        "knowledge-coverage",
        "train",
        "evaluate",
    ),
    *(
        "evaluate-routing",
        "evaluate-danger",
        "catalogue",
        "report",
        "staff",
        "token",
        "webhook",
        "replay",
        "releases",
        "release",
        "rollback",
    ),
]
VARIABLES = {"rasa": "HOTLINE_RASA_PORT", "actions": "HOTLINE_ACTIONS_PORT", "web": "HOTLINE_WEB_PORT"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made: Place = new_place(tmp_path)
    yield made
    made.kill_all()


def why_it_does_not_start(place: Place, **changed: str) -> str:
    """Run it with ``changed`` settings and return the one sentence with which it stops."""
    place.environment.update(changed)
    process = place.start("bot", "run")
    try:
        until(lambda: process.poll() is not None or answers(f"{place.web}/healthz"), 120)
        assert process.poll() is not None, "it started"
    finally:
        place.kill_all()
        process.wait(10)
    logged = place.logged()
    assert process.returncode == 1, logged
    assert "Traceback" not in logged
    said = [line for line in logged.splitlines() if line.startswith("错误：")]
    assert len(said) == 1, logged
    assert re.search("请|运行", said[0])
    assert not place.processes()
    return said[0]


@pytest.mark.parametrize("name", VARIABLES)
def test_a_taken_port_is_named_with_the_variable_that_moves_it(place: Place, name: str) -> None:
    port = int(getattr(place, name).rsplit(":", 1)[1])
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", port))
        holder.listen()
        said = why_it_does_not_start(place)
    assert str(port) in said
    assert VARIABLES[name] in said
    assert not place.database.exists()


def test_two_equal_ports_are_refused(place: Place) -> None:
    port = place.environment["HOTLINE_RASA_PORT"]
    assert port in why_it_does_not_start(place, HOTLINE_WEB_PORT=port)


def test_an_address_of_another_machine_is_not_called_a_taken_port(place: Place) -> None:
    said = why_it_does_not_start(place, HOTLINE_WEB_HOST="203.0.113.7")
    assert "HOTLINE_WEB_HOST" in said
    assert "占用" not in said


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HOTLINE_WEB_PORT", "abc"), ("HOTLINE_RASA_PORT", "70000"), ("DATABASE_URL", "mysql://root:geheim@x/y"),
     ("DATABASE_URL", "postgresql://root:geheim@127.0.0.1:1/y"), ("HOTLINE_LEDGER_DAYS", "-1")],
)  # fmt: skip
def test_a_bad_setting_is_named_without_a_password(place: Place, variable: str, value: str) -> None:
    assert variable in why_it_does_not_start(place, **{variable: value})
    assert "geheim" not in place.logged()


def test_a_database_that_cannot_be_made_is_one_sentence(place: Place) -> None:
    (place.folder / "file").touch()
    said = why_it_does_not_start(place, DATABASE_URL=f"sqlite:///{place.folder}/file/hotline.sqlite3")
    assert "无法建立数据库" in said


def test_a_damaged_database_is_one_sentence_and_left_as_it_is(place: Place) -> None:
    place.database.write_bytes(b"no database at all " * 1000)
    assert "损坏" in why_it_does_not_start(place)
    assert place.database.read_bytes() == b"no database at all " * 1000


def test_a_database_of_a_newer_program_is_one_sentence(place: Place) -> None:
    assert place.command("migrate").returncode == 0
    with sqlite3.connect(place.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'from-the-future'")
    assert "更新版本" in why_it_does_not_start(place)


def test_missing_knowledge_is_one_sentence(place: Place) -> None:
    assert "jurisdictions.toml" in why_it_does_not_start(place, HOTLINE_KNOWLEDGE_DIR=str(place.folder / "none"))


def test_a_place_without_knowledge_cannot_be_the_default(place: Place) -> None:
    said = why_it_does_not_start(place, HOTLINE_JURISDICTION="atlantis")
    assert "HOTLINE_JURISDICTION" in said
    assert "jingzhou" in said


def test_a_key_file_that_cannot_be_made_is_said_at_the_start(place: Place) -> None:
    (place.folder / "file").touch()
    place.environment["HOTLINE_SECRET_FILE"] = str(place.folder / "file" / "secret.key")
    assert "密钥文件" in why_it_does_not_start(place)


def test_a_models_folder_that_cannot_be_made_is_one_sentence(place: Place) -> None:
    (place.folder / "file").touch()
    process = place.command("train", HOTLINE_MODELS_DIR=str(place.folder / "file" / "models"))
    assert process.returncode == 1
    assert "模型目录" in process.stderr
    assert "Traceback" not in process.stderr


def test_a_named_model_that_is_not_there_is_one_sentence(place: Place) -> None:
    assert "none.tar.gz" in why_it_does_not_start(place, HOTLINE_MODEL=str(place.folder / "none.tar.gz"))


def test_it_stops_with_ctrl_c_starts_again_and_stops_when_a_part_dies(system: System, place: Place) -> None:
    """The first start makes the database; the second finds it; neither leaves a process or a port taken."""
    assert stop_everything(place, start_everything(place)) == 0
    assert not [url for url in (place.rasa, place.actions, place.web) if answers(url)]
    process = start_everything(place)
    (server,) = [p for p in place.processes() if p.cmdline()[-2:] == ["-m", "actions"]]
    server.kill()
    assert process.wait(30) == 1
    until(lambda: not place.processes(), 15, "no process is left")
    logged = place.logged()
    assert logged.count("建立数据库") == 1
    assert f"{place.web}/" in logged
    assert f"{place.rasa}/webhooks/rest/webhook" in logged
    assert "Traceback" not in logged


def test_a_stop_before_everything_is_up_leaves_nothing(system: System, place: Place) -> None:
    process = place.start("bot", "run")
    until(lambda: len(place.processes()) >= 4, 60, "the processes are being started")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    _, alive = psutil.wait_procs(place.processes(), timeout=15)
    assert not alive


def test_help_names_every_command_in_chinese(place: Place) -> None:
    done = place.command("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command} .*[\u4e00-\u9fff]", done.stdout, re.MULTILINE), command


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(place: Place, command: str) -> None:
    done = place.command(command, "--help")
    assert done.returncode == 0
    assert re.search("[\u4e00-\u9fff]", done.stdout)
    assert not place.database.exists()


@pytest.mark.parametrize("words", [["no-such-command"], ["run", "--no-such-option"], ["replay"], ["import-gazette"]])
def test_a_wrong_command_line_fails_without_a_trace(place: Place, words: list[str]) -> None:
    done = place.command(*words)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_replaying_without_a_database_names_the_remedy(place: Place) -> None:
    done = place.command("replay", "x")
    assert done.returncode == 1
    assert "make migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_migrating_again_changes_nothing(place: Place) -> None:
    first, second = place.command("migrate"), place.command("migrate")
    assert (first.returncode, second.returncode) == (0, 0)
    assert "新增" in first.stdout
    assert "新增" not in second.stdout
