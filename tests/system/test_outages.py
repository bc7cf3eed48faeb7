"""What the citizen reads while parts are down."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.commands.knowledge import prepare_database
from bot.settings import PROJECT_ROOT, Settings
from tests.system.conftest import System, free_ports

pytestmark = pytest.mark.slow


@pytest.fixture
def actions(system: System, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    """An action server of its own, with its own database; gives process, address and database file."""
    (port,) = free_ports(1)
    file = tmp_path / "hotline.sqlite3"
    prepare_database(Settings(database_url=f"sqlite:///{file}"), lambda _: None)
    environment = system.environment | {"DATABASE_URL": f"sqlite:///{file}", "HOTLINE_ACTIONS_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "actions"], cwd=PROJECT_ROOT, env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            system.post(b"", f"{url}/health", method="GET")
            break
        except OSError:
            time.sleep(0.1)
    yield process, url, file
    process.kill()
    process.wait()


def call(text: str) -> bytes:
    tracker: dict[str, Any] = {
        "sender_id": "s", "slots": {}, "events": [], "paused": False, "latest_event_time": 0, "active_loop": {},
        "latest_message": {"text": text, "intent_ranking": [{"name": "ask_time_limit", "confidence": 0.9}]}, "latest_action_name": None, "latest_input_channel": "rest",
    }  # fmt: skip
    return json.dumps({"next_action": "action_answer_question", "sender_id": "s", "tracker": tracker}).encode()


def said(system: System, url: str, text: str) -> tuple[str, str]:
    status, result = system.post(call(text), f"{url}/webhook")
    assert status == 200
    (response,) = result["responses"]
    return response["text"], response["custom"]["kind"]


def test_a_missing_database_is_admitted_and_danger_still_answered(
    system: System, actions: tuple[subprocess.Popen[bytes], str, Path]
) -> None:
    _, url, file = actions
    assert said(system, url, "居住证多久能办好")[1] == "answer"
    file.rename(file.with_suffix(".away"))
    text, kind = said(system, url, "居住证多久能办好")
    assert kind == "handoff"
    assert "12345" in text
    text, kind = said(system, url, "我家着火了快来人")
    assert kind == "emergency"
    assert "119" in text
    file.with_suffix(".away").rename(file)
    assert said(system, url, "居住证多久能办好")[1] == "answer"


def test_a_locked_database_is_admitted_politely(
    system: System, actions: tuple[subprocess.Popen[bytes], str, Path]
) -> None:
    _, url, file = actions
    with sqlite3.connect(file, isolation_level=None) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        text, kind = said(system, url, "居住证多久能办好")
        holder.execute("ROLLBACK")
    assert kind == "handoff"
    assert "12345" in text


async def test_without_rasa_the_web_process_says_so_and_answers_danger(aiohttp_client: Any) -> None:
    from bot.web.app import create_app

    rasa, actions = free_ports(2)
    client = await aiohttp_client(create_app(Settings(rasa_port=rasa, actions_port=actions)))
    for text, held in (("居住证怎么办", "12345"), ("我家着火了快来人", "119")):
        response = await client.post("/chat", json={"conversation": "a" * 20, "message": text})
        assert response.status == 200
        assert held in (await response.json())["messages"][0]["text"]
    response = await client.get("/healthz")
    assert response.status == 503
    assert (await response.json())["rasa"] == "down"


def test_with_a_stopped_action_server_rasa_still_answers_politely(system: System) -> None:
    """Stops the running action server for a moment, as an outage does, and lets it go on."""
    import psutil

    family = psutil.Process(system.process.pid).children(recursive=True)
    (server,) = [p for p in family if p.cmdline()[1:3] == ["-m", "actions"]]
    os.kill(server.pid, signal.SIGSTOP)
    try:
        text, custom = system.say("居住证多久能办好", sender="outage")
        danger, _ = system.say("我家着火了快来人", sender="outage2")
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert custom["kind"] == "handoff"
    assert "12345" in text
    assert "119" in danger
    assert system.say("居住证多久能办好", sender="after")[1]["kind"] == "answer"
