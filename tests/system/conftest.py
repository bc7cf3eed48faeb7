"""The real thing, started once: database, Rasa, actions and web, as ``make run`` does it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from bot.settings import PROJECT_ROOT

_PATIENCE = 420  # seconds; a machine without a model trains one first


@dataclass(frozen=True)
class System:
    """A running system, its addresses and where it writes."""

    rasa: str
    web: str
    log: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    def post(self, body: bytes, url: str | None = None, method: str = "POST") -> tuple[int, Any]:
        """Send ``body`` and return status and decoded JSON."""
        address = url or f"{self.rasa}/webhooks/rest/webhook"
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            text = error.read().decode()
            return error.code, json.loads(text) if text.startswith(("{", "[")) else text

    def say(self, text: str, sender: str = "test", **metadata: str) -> tuple[str, dict[str, Any]]:
        """Return text and ``custom`` of the reply to ``text``."""
        status, messages = self.post(json.dumps({"sender": sender, "message": text, "metadata": metadata}).encode())
        assert status == 200
        custom = [m["custom"] for m in messages if "custom" in m]
        assert len(custom) == 1
        return "\n".join(m["text"] for m in messages if "text" in m), custom[0]


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Start everything on free ports with an own database; at the end Ctrl-C must leave no process behind."""
    folder = tmp_path_factory.mktemp("system")
    rasa, actions, web = free_ports(3)
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{folder / 'hotline.sqlite3'}",
        "HOTLINE_SECRET_FILE": str(folder / "secret.key"),
        "HOTLINE_RASA_PORT": str(rasa),
        "HOTLINE_ACTIONS_PORT": str(actions),
        "HOTLINE_WEB_PORT": str(web),
    }
    log = folder / "run.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            cwd=PROJECT_ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    running = System(f"http://127.0.0.1:{rasa}", f"http://127.0.0.1:{web}", log, environment, process)
    try:
        _until_ready(running)
        yield running
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        process.send_signal(signal.SIGINT)
        _, alive = psutil.wait_procs(family, timeout=20)
        assert not alive, f"still running after Ctrl-C: {alive}"
    finally:
        for child in _family(process.pid):
            child.kill()


def _until_ready(running: System) -> None:
    for _ in range(_PATIENCE * 2):
        if "全部就绪" in running.log.read_text(encoding="utf8", errors="replace"):
            return
        if running.process.poll() is not None:
            break
        time.sleep(0.5)
    pytest.fail(f"the system did not start:\n{running.log.read_text(encoding='utf8', errors='replace')[-3000:]}")


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return []
