"""What the citizen reads while parts of the system are down, and that it comes back by itself."""

from __future__ import annotations

import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import Said, read_messages, send
from tests.servers.conftest import Parts

pytestmark = pytest.mark.slow

QUESTION = "督查事项要多久办结？"


def polite_and_safe(question: Said, danger: Said) -> None:
    assert question.kind == "handoff"
    assert "12345" in question.text
    assert question.custom["citations"] == []
    assert danger.kind == "emergency"
    assert "119" in danger.text.splitlines()[0]


def test_without_the_action_server_people_are_sent_to_a_person_and_danger_gets_its_number(parts: Parts) -> None:
    parts.kill("actions")
    polite_and_safe(*parts.ask_both())
    waiting = parts.write_both("without actions")
    assert parts.health() == (503, {"status": "degraded", "rasa": "ok", "actions": "down"})
    parts.start("actions")
    assert "30个工作日" in read_messages(waiting.listen("bot")).text
    assert parts.place.say(QUESTION, "after").kind == "answer"
    assert parts.health()[0] == 200


def test_an_action_server_that_hangs_is_given_up(parts: Parts) -> None:
    parts.running["actions"].send_signal(signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(2) as pool:
            over_rest, over_web = pool.submit(parts.ask_both), pool.submit(parts.write_both, "hanging actions")
            polite_and_safe(*over_rest.result())
            waiting = over_web.result()
    finally:
        parts.running["actions"].send_signal(signal.SIGCONT)
    assert parts.place.say(QUESTION, "after a hang").kind == "answer"
    assert "30个工作日" in read_messages(waiting.listen("bot")).text


def test_a_missing_database_is_admitted_and_found_again(parts: Parts) -> None:
    database = parts.place.database
    away = database.with_suffix(".away")
    database.rename(away)
    try:
        polite_and_safe(*parts.ask_both())
        assert not database.exists()
    finally:
        away.rename(database)
    assert parts.place.say(QUESTION, "after it was missing").kind == "answer"


def test_a_locked_database_is_admitted_and_used_again(parts: Parts) -> None:
    """Citizens are told politely, the person at the terminal in one sentence."""
    holder = sqlite3.connect(parts.place.database, isolation_level=None)
    try:
        holder.execute("BEGIN EXCLUSIVE")
        with ThreadPoolExecutor(2) as pool:
            both, migrated = pool.submit(parts.ask_both), pool.submit(parts.place.command, "migrate")
            polite_and_safe(*both.result())
            assert migrated.result().returncode == 1
            assert "占用" in migrated.result().stderr
            assert "Traceback" not in migrated.result().stderr
    finally:
        holder.close()
    assert parts.place.say(QUESTION, "after the lock").kind == "answer"


def test_without_rasa_the_web_process_is_polite_names_it_and_recovers(parts: Parts) -> None:
    parts.kill("rasa")
    waiting = parts.write_both("without rasa")
    assert parts.health() == (503, {"status": "degraded", "rasa": "down", "actions": "ok"})
    assert send(f"{parts.place.web}/", b"", "GET")[0] == 200
    parts.start("rasa")
    assert "30个工作日" in read_messages(waiting.listen("bot")).text
    assert parts.health()[0] == 200


def test_no_outage_puts_a_citizens_words_in_the_log(parts: Parts) -> None:
    parts.place.assert_log_is_silent()
