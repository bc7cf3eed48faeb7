"""The processes one by one, for tests that end or stop some of them."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from tests.conftest import Said, System, Widget, answers, new_place, send, until

QUESTION = "督查事项要多久办结？"
DANGER = "我家着火了快来人"


@dataclass
class Parts:
    """The processes, each started by itself: under ``run`` all of them stop when one does."""

    place: System
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        """Start these parts and wait until they answer."""
        modules = {"rasa": "bot.nlu.server", "actions": "actions", "web": "bot.web", "worker": "bot.worker"}
        health = {
            "rasa": f"{self.place.rasa}/webhooks/rest/",
            "actions": f"{self.place.actions}/health",
            "web": f"{self.place.web}/",
        }
        self.running |= {name: self.place.start(modules[name]) for name in names}
        for name in set(names) & set(health):
            until(lambda url=health[name]: answers(url), 200, f"{name} answers; see {self.place.log}")

    def kill(self, name: str) -> None:
        """End one part as a crash does."""
        self.running[name].kill()
        self.running[name].wait(10)

    def ask_both(self) -> tuple[Said, Said]:
        """Return the replies to a question and to danger, sent at the same time by two citizens over REST."""
        with ThreadPoolExecutor(2) as pool:
            question = pool.submit(self.place.say, QUESTION, "citizen with a question")
            danger = pool.submit(self.place.say, DANGER, "citizen in danger now")
            return question.result(), danger.result()

    def write_both(self, name: str) -> Widget:
        """Let two citizens write in the widget: danger is answered, the other one is told that the answer comes later."""
        waiting = self.place.widget(name)
        waiting.say(QUESTION)
        danger = self.place.chat(DANGER, f"{name}, in danger")
        assert danger.kind == "emergency"
        assert "119" in danger.text.splitlines()[0]
        (told,) = waiting.listen("system")
        assert "已经收到" in told["text"]
        assert "12345" in told["text"]
        return waiting

    def health(self) -> tuple[int, dict[str, str]]:
        """Return status and content of ``/healthz``."""
        status, content = send(f"{self.place.web}/healthz", b"", "GET")
        return status, json.loads(content)


@pytest.fixture(scope="module")
def parts(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """Everything with its own database and the model that the running system has."""
    place: System = new_place(tmp_path_factory.mktemp("parts"), System)
    place.environment["HOTLINE_RELEASE_FILE"] = system.environment["HOTLINE_RELEASE_FILE"]
    with sqlite3.connect(system.database) as source, sqlite3.connect(place.database) as copy:
        source.backup(copy)
    made = Parts(place)
    try:
        made.start("rasa", "actions", "web")
        yield made
    finally:
        place.kill_all()
        for process in made.running.values():
            process.wait(10)
