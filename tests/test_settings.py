"""Settings come from the environment, once, and bad ones are refused with the remedy."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from bot.errors import HotlineError
from bot.settings import PROJECT_ROOT, Settings, read_secret, settings_table


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert settings.database_url == f"sqlite:///{PROJECT_ROOT}/var/hotline.sqlite3"
    assert (settings.rasa_port, settings.actions_port, settings.web_port) == (5005, 5055, 8080)
    assert settings.jurisdiction == "jingzhou"
    assert settings.ledger_days == 180


def test_every_server_listens_on_loopback_by_default() -> None:
    settings = Settings()
    assert {settings.rasa_host, settings.actions_host, settings.web_host} == {"127.0.0.1"}


def test_a_variable_that_is_set_counts_and_a_blank_one_does_not() -> None:
    settings = Settings.from_environment({"HOTLINE_WEB_PORT": " 9000 ", "HOTLINE_RASA_PORT": " "})
    assert (settings.web_port, settings.rasa_port) == (9000, 5005)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("sqlite:///data/x.sqlite3", f"sqlite:///{PROJECT_ROOT}/data/x.sqlite3"),
        ("sqlite:////tmp/x.sqlite3", "sqlite:////tmp/x.sqlite3"),
        ("postgres://u:p@h/d", "postgresql+psycopg2://u:p@h/d"),
        ("postgresql://u:p@h:5433/d", "postgresql+psycopg2://u:p@h:5433/d"),
    ],
)
def test_the_database_address_is_written_out(given: str, wanted: str) -> None:
    assert Settings.from_environment({"DATABASE_URL": given}).database_url == wanted


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://root@localhost/x"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///data"),
        ("HOTLINE_WEB_PORT", "0"),
        ("HOTLINE_WEB_PORT", "八千"),
        ("HOTLINE_RASA_PORT", "65536"),
        ("HOTLINE_ACTIONS_PORT", "²"),
        ("HOTLINE_WEB_HOST", "http://x y"),
        ("HOTLINE_JURISDICTION", "荆州"),
        ("HOTLINE_LEDGER_DAYS", "-1"),
    ],
)
def test_a_bad_value_is_refused_naming_variable_and_remedy(variable: str, value: str) -> None:
    with pytest.raises(HotlineError, match=variable) as caught:
        Settings.from_environment({variable: value})
    assert "应" in str(caught.value)


def test_all_bad_values_are_named_at_once() -> None:
    with pytest.raises(HotlineError) as caught:
        Settings.from_environment({"HOTLINE_WEB_PORT": "x", "HOTLINE_RASA_PORT": "y"})
    assert len(str(caught.value).splitlines()) == 2


def test_the_database_password_is_shown_nowhere() -> None:
    settings = Settings.from_environment({"DATABASE_URL": "postgresql://u:geheim@h/d"})
    assert "geheim" not in repr(settings)
    with pytest.raises(HotlineError) as caught:
        Settings.from_environment({"DATABASE_URL": "mysql://u:geheim@h/d"})
    assert "geheim" not in str(caught.value)


def test_every_setting_has_a_variable_a_default_and_one_sentence() -> None:
    rows = list(settings_table())
    assert len({row.variable for row in rows}) == len(rows)
    for row in rows:
        assert row.sentence.endswith("。")
        assert row.sentence.count("。") == 1
        Settings.from_environment({row.variable: row.default})


def test_the_secret_is_made_once_and_only_the_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "var" / "secret.key"
    secret = read_secret(file)
    assert len(secret) == 32
    assert read_secret(file) == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(file.parent) == ["secret.key"]


def test_all_who_ask_for_the_secret_at_once_get_the_same(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(read_secret(tmp_path / "k"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("content", ["", "no hex", "abcd"])
def test_a_secret_that_cannot_be_used_names_the_remedy(tmp_path: Path, content: str) -> None:
    (tmp_path / "k").write_text(content)
    with pytest.raises(HotlineError, match="密钥文件"):
        read_secret(tmp_path / "k")
