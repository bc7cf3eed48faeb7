"""The whole way in a browser with everything running: label, train, compare, release without a restart, roll back; and what goes wrong.

The place knows a few documents only, so that each of its three trainings takes a fraction of the usual time.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from playwright.async_api import Browser, Page, expect

from bot.bootstrap import now
from bot.hotline.learning import ModelVersion, VersionState
from bot.hotline.staff import StaffMember
from bot.hotline.work_orders import Role
from bot.passwords import hash_password
from bot.settings import PROJECT_ROOT
from bot.storage import Database, add_staff, current_release, get_entry, get_version, open_versions, save_entry
from tests.browser.conftest import DESKTOP, ask, shoot, watch
from tests.conftest import System, new_place, start_everything, stop_everything, until

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.timeout(3600)]
_KEPT = ("departments", "hotlines", "routing", "hotline_integration", "residence_permit")  # files of Jingzhou
_ENTRY = "jingzhou.residence_permit.time_limit"
_ANSWER = re.compile(r"^(?:答复：)?\s*符合条件的，公安机关自受理之日起15日内")  # as the entry answers, straight away
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


@pytest.fixture
async def open_window(browser: Browser, place: Place) -> AsyncIterator[Callable[[str], Awaitable[Page]]]:
    """Give a function that opens a window at a path of the place; what goes wrong there fails the test."""
    faults: list[str] = []

    async def opened(path: str) -> Page:
        context = await browser.new_context(
            base_url=place.system.web,
            viewport=DESKTOP,
            locale="zh-CN",
            reduced_motion="reduce",  # type: ignore[arg-type]
        )
        page = await context.new_page()
        watch(page, place.system.web, faults)
        await page.goto(path)
        return page

    yield opened
    assert faults == []


async def _label(page: Page, text: str) -> int:
    """Decide in the inbox that the group with ``text`` asks for the entry; return how many wordings that were."""
    await page.goto("/admin/inbox")
    await page.locator(".inbox-list a", has_text=text).click()
    await expect(page.locator(".inbox-group label", has_text=text)).to_be_visible()
    wordings = await page.locator("input[name=wording]").count()
    choice = page.locator(f"button[value='entry:{_ENTRY}']")
    if not await choice.count():
        await page.keyboard.press("/")
        await page.keyboard.type("居住证多久")
    await choice.first.wait_for()
    if key := await choice.first.get_attribute("data-key"):
        await page.keyboard.press("Escape")
        await page.keyboard.press(key)
    else:
        await choice.first.click()
    await expect(page.locator(".inbox-done")).to_contain_text(f"已把 {wordings} 条标为")
    return wordings


async def _asks_until(page: Page, text: str, holds: bool) -> None:
    """Ask in the widget until the answer is from the entry, or no longer is; a release takes a few seconds."""
    for _ in range(40):
        if bool(_ANSWER.match(await (await ask(page, text)).inner_text())) is holds:
            return
        await page.wait_for_timeout(500)
    pytest.fail(f"{text}: {await page.locator('.answer').last.inner_text()}")


async def test_a_missed_question_is_labelled_trained_released_answered_and_rolled_back(
    place: Place, open_window: Callable[[str], Awaitable[Page]], record_property: Any
) -> None:
    assert place.serving() == 1
    citizen = await open_window("/")
    for text in _ASKED:
        await expect(await ask(citizen, text)).not_to_have_text(_ANSWER)
    console = await open_window("/staff/login?next=/admin/inbox")
    await console.fill("#login", "admin")
    await console.fill("#password", _PASSWORD)
    await console.press("#password", "Enter")
    await console.wait_for_url("**/admin/inbox")
    labelled = await _label(console, _ASKED[0])
    if labelled < len(_ASKED):
        labelled += await _label(console, _ASKED[1])
    assert labelled == len(_ASKED)

    await console.get_by_role("link", name="去训练").click()
    await console.wait_for_url("**/admin/training")
    await console.keyboard.press("t")
    await expect(console.locator("#note")).to_be_focused()
    await console.keyboard.type("小本子的问法")
    await console.keyboard.press("Enter")
    await console.wait_for_url(re.compile(r"/admin/training/\d+$"))
    number = int(console.url.rsplit("/", 1)[1])
    await expect(console.locator("#progress [role=status]")).to_contain_text("训练", timeout=120_000)
    await shoot(console, "journey-training")
    await expect(console.locator(".tag", has_text="可以发布")).to_be_visible(timeout=_PATIENCE * 1000)
    version = place.version(number)
    assert version.labels == len(_ASKED)
    await expect(console.locator("details.training-change")).to_have_count(len(version.figures["changed"]))
    await shoot(console, "journey-trained")
    await expect(await ask(citizen, _ASKED[0])).not_to_have_text(_ANSWER)

    running = {process.pid for process in place.system.processes()}
    with Turns(place.system) as turns:
        await console.fill("#reason", "学会了小本子")
        await console.get_by_role("button", name=f"发布第 {number} 版").click()
        await expect(console.locator(".tag", has_text="正在使用")).to_be_visible()
        started = time.monotonic()
        await _asks_until(citizen, _ASKED[0], True)
        released = time.monotonic() - started
        await expect(await ask(citizen, _ASKED[1])).to_have_text(_ANSWER)
        await shoot(citizen, "journey-learnt")
        await console.get_by_role("link", name="回到训练与发布").click()
        await console.get_by_role("button", name="回退到第 1 版").click()
        await console.get_by_role("dialog").get_by_role("button", name="回退", exact=True).click()
        await expect(console.locator("td", has_text="回退到第 1 版")).to_be_visible()
        started = time.monotonic()
        await _asks_until(citizen, _ASKED[0], False)
        rolled_back = time.monotonic() - started
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
    around = [(before, after) for before in ("", "请问", "你好，", "我想说") for after in ("", "，谢谢")]
    texts = [f"{before}{text}{after}" for text in told for before, after in around]  # three of each do not convince it
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
