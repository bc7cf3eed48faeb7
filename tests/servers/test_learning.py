"""The whole way with everything running: label, train, compare, release without a restart, roll back; and what goes wrong.

The place knows a few documents only, so that each of its three trainings takes a fraction of the usual time.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from bot.bootstrap import now
from bot.hotline.learning import ModelVersion, VersionState
from bot.hotline.staff import StaffMember
from bot.hotline.work_orders import Role
from bot.knowledge_files import wording_key
from bot.passwords import hash_password
from bot.settings import PROJECT_ROOT
from bot.storage import Database, add_staff, current_release, get_entry, get_version, open_versions, save_entry
from tests.conftest import System, new_place, start_everything, stop_everything, until

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.timeout(3600)]
_KEPT = ("departments", "hotlines", "routing", "hotline_integration", "residence_permit")  # files of Jingzhou
_ENTRY = "jingzhou.residence_permit.time_limit"
_ASKED = ("暂住小本本多少天能拿到手", "外来人员小本子几天能拿")
_PASSWORD = "云江的水很清很清亮"
_PATIENCE = 1500  # seconds for a training on a machine with much else to do


@dataclass
class Console:
    """An administrator's browser, as far as forms go."""

    system: System
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/staff/login"))
        assert token
        self.post("/staff/login", csrf_token=token[1], login="admin", password=_PASSWORD)
        header = re.search(r'"X-CSRF-Token": "([^"]+)"', self.get("/staff/password"))
        assert header
        self.session.headers["X-CSRF-Token"] = header[1]

    def get(self, path: str) -> str:
        response = self.session.get(self.system.web + path, timeout=120)
        assert response.status_code == 200, response.text
        return response.text

    def post(self, path: str, expected: int = 303, **form: Any) -> str:
        """Send a form and return where it leads, or what was said."""
        response = self.session.post(self.system.web + path, data=form, allow_redirects=False, timeout=120)
        assert response.status_code == expected, response.text
        return response.headers.get("Location") or response.text

    def train(self, note: str) -> int:
        return int(self.post("/admin/training", note=note).rsplit("/", 1)[1])


@dataclass
class Place:
    """Everything running, with its database and an administrator at the console."""

    system: System
    database: Database
    console: Console

    def version(self, number: int) -> ModelVersion:
        with self.database.read() as connection:
            return get_version(connection, number)

    def trained(self, number: int) -> ModelVersion:
        """Wait for the end of a training."""
        until(lambda: not self.version(number).is_open, _PATIENCE, self.system.log.name)
        return self.version(number)

    def serving(self) -> int:
        with self.database.read() as connection:
            current = current_release(connection)
        assert current
        return current.version


def _small_knowledge(folder: Path) -> Path:
    (folder / "jingzhou").mkdir(parents=True)
    source = PROJECT_ROOT / "data" / "knowledge"
    shutil.copy(source / "jurisdictions.toml", folder)
    for name in _KEPT:
        shutil.copy(source / "jingzhou" / f"{name}.toml", folder / "jingzhou")
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place with little knowledge, edited in the console, with a first model and everything running."""
    folder = tmp_path_factory.mktemp("learning")
    system: System = new_place(folder, System)
    (folder / "models").mkdir()
    system.environment.update(
        HOTLINE_KNOWLEDGE_DIR=str(_small_knowledge(folder / "knowledge")), HOTLINE_MODELS_DIR=str(folder / "models")
    )
    assert system.command("migrate").returncode == 0
    database = Database(system.environment["DATABASE_URL"])
    with database.begin() as connection:
        admin = StaffMember("", "admin", "管理员", Role.ADMINISTRATOR)
        add_staff(connection, admin, hash_password(_PASSWORD), now())
        entry = get_entry(connection, _ENTRY)
        save_entry(
            connection, replace(entry, similar=(*entry.similar, "证件受理以后多久发放")), by="admin", reason="补问法"
        )
    process = start_everything(system)
    try:
        yield Place(system, database, Console(system))
        stop_everything(system, process)
        assert "Traceback" not in system.logged()
    finally:
        system.kill_all()
        process.wait(10)


class Turns:
    """Citizens who keep asking while a model is exchanged; every answer and how long it took."""

    def __init__(self, system: System) -> None:
        self._system, self._stop = system, threading.Event()
        self.kinds: list[str] = []
        self.slowest = 0.0
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> Turns:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)

    def _ask(self) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            started = time.monotonic()
            said = self._system.say("居住证多久能办好", f"loop-{number}")
            self.slowest = max(self.slowest, time.monotonic() - started)
            self.kinds.append("outage" if said.custom.get("outage") else said.kind)


def _entry_of(place: Place, text: str, sender: str) -> str | None:
    said = place.system.say(text, sender)
    return said.custom.get("entry") if said.kind == "answer" else None


def _until_answered(place: Place, text: str, entry: str | None, name: str) -> float:
    """Wait until ``text`` is answered from ``entry`` and return how long that took."""
    started, number = time.monotonic(), iter(range(10_000))
    until(lambda: _entry_of(place, text, f"{name}-{next(number)}") == entry, 120, name)
    return time.monotonic() - started


def test_a_missed_question_is_labelled_trained_released_answered_and_rolled_back(
    place: Place, record_property: Any
) -> None:
    console = place.console
    assert place.serving() == 1
    for text in _ASKED:
        assert _entry_of(place, text, f"before-{text[:2]}") is None
    page = console.get("/admin/inbox")
    for text in _ASKED:
        assert text in page
        keys = re.findall(r'group=(\w+)"[^>]*>\s*<span class="inbox-text">([^<]+)', page)
        key = next((k for k, shown in keys if shown == text), None)
        if key:
            wordings = [wording_key(one) for one in _ASKED]
            console.post("/admin/inbox/label", group=key, choice=f"entry:{_ENTRY}", wording=wordings)
    number = console.train("小本子的问法")
    version = place.trained(number)
    assert version.state is VersionState.READY, (version.problem, version.log)
    assert version.labels == len(_ASKED)
    assert version.figures["against"] == 1
    assert "可以发布" in console.get(f"/admin/training/{number}")
    assert _entry_of(place, _ASKED[0], "not yet") is None
    running = {process.pid for process in place.system.processes()}
    with Turns(place.system) as turns:
        time.sleep(1)
        console.post(f"/admin/training/{number}/release", reason="学会了小本子")
        released = _until_answered(place, _ASKED[0], _ENTRY, "released")
        assert _entry_of(place, _ASKED[1], "also") == _ENTRY
        console.post("/admin/training/rollback", reason="试试回退")
        rolled_back = _until_answered(place, _ASKED[0], None, "rolled back")
    assert set(turns.kinds) == {"answer"}, turns.kinds
    assert place.serving() == 1
    assert {process.pid for process in place.system.processes()} == running
    took = (version.finished - version.started).total_seconds()  # type: ignore[operator]
    figures = {
        "training_seconds": took, "release_seconds": released, "rollback_seconds": rolled_back,
        "turns": len(turns.kinds), "slowest_turn": turns.slowest, "measures": dict(version.figures["measures"]),
    }  # fmt: skip
    record_property("learning", figures)
    print(json.dumps(figures, ensure_ascii=False))


def test_a_worse_model_is_refused_with_the_figure_that_fell(place: Place) -> None:
    dangers = (PROJECT_ROOT / "data" / "emergencies" / "examples.jsonl").read_text(encoding="utf8").splitlines()
    told = [row["text"] for row in map(json.loads, dangers) if row["danger"]]
    texts = [f"{before}{text}{after}" for text in told for before, after in (("", ""), ("请问", ""), ("", "，谢谢"))]
    lines = "".join(
        f"  - text: {json.dumps(text, ensure_ascii=False)}\n    metadata: {{danger: []}}\n" for text in texts
    )
    content = f"nlu:\n- intent: ask_about_emergency\n  examples:\n{lines}"
    response = place.console.session.post(
        f"{place.system.web}/admin/training/labels", files={"file": ("worse.yml", content.encode())}, timeout=120
    )
    assert response.status_code == 200, response.text
    number = place.console.train("险情都说成没有险情")
    version = place.trained(number)
    assert version.state is VersionState.REFUSED, (version.state, version.problem, version.log)
    assert "险情识别出来的比例" in version.problem
    refused = json.loads(place.console.post(f"/admin/training/{number}/release", 409, reason="就要发布"))
    assert refused["error"].startswith("没有通过发布门槛")
    assert place.serving() == 1
    assert place.system.say("我家着火了", "danger").kind == "emergency"


def test_of_two_trainings_one_waits_and_a_killed_one_leaves_the_old_model_serving(place: Place) -> None:
    first, second = place.console.train("第一个"), place.console.train("第二个")
    until(lambda: _job(place.system), 120, "the first training")
    assert place.version(first).state is VersionState.TRAINING
    assert place.version(second).state is VersionState.QUEUED
    with place.database.read() as connection:
        assert [version.id for version in open_versions(connection)] == [first, second]
    job = _job(place.system)
    assert job
    job.send_signal(signal.SIGKILL)
    version = place.trained(first)
    assert version.state is VersionState.FAILED
    assert "原来的模型不受影响" in version.problem
    until(
        lambda: place.version(second).state is VersionState.TRAINING and _job(place.system), 120, "the second training"
    )
    place.console.post(f"/admin/training/{second}/cancel")
    assert place.trained(second).state is VersionState.CANCELLED
    until(lambda: _job(place.system) is None, 30, "the end of the cancelled training")
    assert place.serving() == 1
    assert _entry_of(place, "居住证多久能办好", "after all") is not None


def _job(system: System) -> psutil.Process | None:
    for process in system.processes():
        with suppress(psutil.Error):
            if "bot.training.job" in process.cmdline():
                return process
    return None
