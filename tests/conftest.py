"""The real thing for every test that needs it: database, Rasa, actions and web, started once as ``make run`` does."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from bot.settings import PROJECT_ROOT

_READY = "全部就绪"
_PATIENCE = 900  # seconds; a machine without a model for today's data trains one first
_NEVER_SHOWN = (
    *("Traceback", "Exception", "nlu_fallback", "action_", "ask_", "say_", "report_", "request_human", "utter_"),
    *("jingzhou.", "<script", "sqlite", "rasa", f"{PROJECT_ROOT.parent}/", ".py"),
)


@dataclass(frozen=True)
class Said:
    """What came back for one message: the whole ``text`` and the one ``custom``."""

    text: str
    custom: dict[str, Any]
    messages: list[dict[str, Any]]

    @property
    def kind(self) -> str:
        return str(self.custom["kind"])


@dataclass(frozen=True)
class Place:
    """Where a system runs: its own ports, database and key, so that it meets no other."""

    folder: Path
    environment: dict[str, str]
    rasa: str
    actions: str
    web: str

    @property
    def database(self) -> Path:
        return self.folder / "hotline.sqlite3"

    @property
    def log(self) -> Path:
        return self.folder / "run.log"

    def logged(self) -> str:
        """Return everything that the processes have printed."""
        return self.log.read_text(encoding="utf8", errors="replace")

    def processes(self) -> list[psutil.Process]:
        """Return every process that was started for this place, whoever its parent is now."""
        return [p for p in psutil.process_iter() if _environment_of(p).get("HOTLINE_SECRET_FILE") == self._key]

    @property
    def _key(self) -> str:
        return self.environment["HOTLINE_SECRET_FILE"]

    def start(self, *module: str) -> subprocess.Popen[bytes]:
        """Start ``python -m module`` here as a service does: no terminal, nothing to read, output to the log file."""
        with self.log.open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=PROJECT_ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip

    def command(self, *words: str, **changed: str) -> subprocess.CompletedProcess[str]:
        """Run ``python -m bot words`` here to its end."""
        return subprocess.run(
            [sys.executable, "-m", "bot", *words],
            cwd=PROJECT_ROOT, env=self.environment | changed, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip

    def kill_all(self) -> None:
        """End whatever is still there; for when a test has failed."""
        for process in self.processes():
            process.kill()


@dataclass(frozen=True)
class System(Place):
    """A running system and what was sent to it."""

    sent: list[str] = field(default_factory=list)
    widgets: dict[str, Widget] = field(default_factory=dict)

    def post(self, body: bytes, url: str | None = None, method: str = "POST", **headers: str) -> tuple[int, Any]:
        """Send ``body`` and return the status and the decoded JSON; anything but JSON fails the test."""
        status, content = send(url or f"{self.rasa}/webhooks/rest/webhook", body, method, **headers)
        return status, json.loads(content)

    def say(self, message: str, sender: str = "test", **metadata: Any) -> Said:
        """Send a citizen's ``message`` over Rasa's REST channel."""
        self.sent.append(message)
        body = {"sender": sender, "message": message} | ({"metadata": metadata} if metadata else {})
        status, messages = self.post(json.dumps(body).encode())
        assert status == 200, messages
        return read_messages(messages)

    def widget(self, name: str = "one", jurisdiction: str | None = None) -> Widget:
        """Return the widget of the citizen called ``name``, which stays open."""
        if name not in self.widgets:
            self.widgets[name] = Widget(self, jurisdiction)
        return self.widgets[name]

    def chat(self, message: str, name: str = "one", jurisdiction: str | None = None) -> Said:
        """Send a citizen's ``message`` from a widget of their own and return the answer."""
        widget = self.widget(name, jurisdiction)
        widget.say(message)
        return read_messages(widget.listen("bot"))

    def assert_log_is_silent(self) -> None:
        """Nothing that a citizen wrote stands in the log."""
        logged = self.logged()
        assert not [text for text in set(self.sent) if len(text.strip()) > 3 and text.strip() in logged]


class Widget:
    """A citizen's widget without sockets, as docs/widget.md describes it."""

    def __init__(self, system: System, jurisdiction: str | None = None) -> None:
        self.system = system
        status, content = self.put({"type": "hello", "jurisdiction": jurisdiction})
        assert status == 200, content
        self.welcome = content["frames"][0]
        self.token: str = self.welcome["token"]
        self.seen = 0

    def put(self, *frames: Any) -> tuple[int, Any]:
        """Send these frames and return status and what is told at once."""
        known = {"Authorization": f"Bearer {self.token}"} if hasattr(self, "token") else {}
        return self.system.post(json.dumps(frames).encode(), f"{self.system.web}/chat/frames", **known)

    def say(self, text: str) -> None:
        """Send ``text``, which must be taken."""
        self.system.sent.append(text)
        status, content = self.put({"type": "say", "id": uuid.uuid4().hex, "text": text})
        assert (status, content) == (200, {"frames": []})

    def listen(self, author: str, count: int = 1, patience: float = 60) -> list[dict[str, Any]]:
        """Return what is new, at least ``count`` messages of ``author``, and only those."""
        deadline, found = time.monotonic() + patience, []
        while len(found) < count:
            assert time.monotonic() < deadline, f"{author} said only {found}"
            url = f"{self.system.web}/chat/frames?after={self.seen}"
            status, content = self.system.post(b"", url, "GET", Authorization=f"Bearer {self.token}")
            assert status == 200, content
            new = [frame for frame in content["frames"] if frame["type"] == "message"]
            self.seen = max([self.seen, *(message["seq"] for message in new)])
            found += [message for message in new if message["from"] == author]
        return found


def read_messages(messages: list[dict[str, Any]]) -> Said:
    """Return the reply in ``messages``; a plain client must find text in it, and nothing internal."""
    custom = [m["custom"] for m in messages if m.get("custom")]
    assert len(custom) == 1
    text = "\n".join(m["text"] for m in messages if "text" in m)
    assert any("\u4e00" <= character <= "\u9fff" for character in text)
    assert not [word for word in _NEVER_SHOWN if word in text]
    return Said(text, custom[0], messages)


def send(url: str, body: bytes, method: str = "POST", patience: float = 60, **headers: str) -> tuple[int, bytes]:
    """Send one request and return status and body, whatever the status."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=patience)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, body, {"Content-Type": "application/json"} | named)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def answers(url: str) -> bool:
    """Return whether ``url`` can be reached and is well."""
    try:
        return send(url, b"", "GET", patience=2)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def until(condition: Callable[[], object], patience: float = 60, what: str = "") -> None:
    """Wait until ``condition`` holds; fail after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"still not so after {patience} seconds: {what or condition}")
        time.sleep(0.1)


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def new_place(folder: Path, kind: type[Place] = Place) -> Any:
    """Return a place in ``folder`` on free ports, where nothing runs yet."""
    ports = free_ports(3)
    rasa, actions, web = (f"http://127.0.0.1:{port}" for port in ports)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("HOTLINE_") or k == "HOTLINE_MODELS_DIR"}
    environment = inherited | {
        "DATABASE_URL": f"sqlite:///{folder / 'hotline.sqlite3'}",
        "HOTLINE_SECRET_FILE": str(folder / "secret.key"),
        "HOTLINE_RELEASE_FILE": str(folder / "released.json"),
        "HOTLINE_JOBS_FILE": str(folder / "jobs.sqlite3"),
        "HOTLINE_RASA_PORT": str(ports[0]),
        "HOTLINE_ACTIONS_PORT": str(ports[1]),
        "HOTLINE_WEB_PORT": str(ports[2]),
        "HOTLINE_ADDRESS_RATE": "100000",  # all citizens of the tests have one
        "HOTLINE_CITIZEN_RATE": "1000",
        "HOTLINE_LOGIN_RATE": "1000",
    }
    return kind(folder, environment, rasa, actions, web)


def start_everything(place: Place) -> subprocess.Popen[bytes]:
    """Run ``python -m bot run`` at ``place`` and return it when it says that everything answers."""
    before = place.logged().count(_READY) if place.log.exists() else 0
    process = place.start("bot", "run")
    try:
        until(lambda: process.poll() is not None or place.logged().count(_READY) > before, _PATIENCE, str(place.log))
        assert process.poll() is None, f"it stopped with status {process.returncode}:\n{place.logged()[-3000:]}"
        assert answers(f"{place.web}/healthz")
    except BaseException:
        place.kill_all()
        raise
    return process


def stop_everything(place: Place, process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGINT) -> int:
    """Press Ctrl-C, as it were, assert that no process is left, and return the exit status."""
    started = place.processes()
    assert len(started) >= 4, started
    process.send_signal(how)
    try:
        process.wait(30)
        _, alive = psutil.wait_procs(started, timeout=10)
        assert not alive, f"still running: {alive}"
        assert not place.processes()
    finally:
        place.kill_all()
    return process.returncode


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Everything, started once for the whole run; at the end Ctrl-C leaves no process, and the log holds nothing it should not."""
    running: System = new_place(tmp_path_factory.mktemp("system"), System)
    process = start_everything(running)
    try:
        yield running
        stop_everything(running, process)
        running.assert_log_is_silent()
        assert "Traceback" not in running.logged()
    finally:
        running.kill_all()
        process.wait(10)


def _environment_of(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:
        return {}
