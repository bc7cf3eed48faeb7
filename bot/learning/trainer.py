"""Training a queued version: stage, train and measure in a process of its own, keep the result. One at a time.

The database is the queue. Whoever works on a version gives a sign of life every few seconds; where none comes any more
the version has failed, and the model that serves was never touched.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.errors import HotlineError
from bot.hotline.deadlines import ZONE
from bot.hotline.learning import GoldenQuestion, ModelVersion, VersionState
from bot.learning.project import stage
from bot.learning.releases import files_of
from bot.learning.teaching import objections_in, taught_now
from bot.model_files import ModelFiles, training_digest
from bot.settings import PROJECT_ROOT, Settings
from bot.storage import Database, claim_version, current_release, fail_abandoned, get_version, note_version
from bot.training.job import Job, write_job

logger = logging.getLogger(__name__)

SILENT = dt.timedelta(seconds=45)  # without a sign of life, after which a training counts as broken off
_BEAT = 2.0  # seconds between two signs of life
_TAIL = 12  # lines of an unexpected error that are shown


class Trainer:
    """Works on queued versions until it is stopped."""

    def __init__(self, database: Database, settings: Settings, now: Callable[[], dt.datetime]) -> None:
        self._database, self._settings, self._now = database, settings, now
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="trainer", daemon=True)

    def start(self) -> None:
        """Begin to look for work."""
        self._thread.start()

    def stop(self) -> None:
        """End; a training that is under way is put back in the queue."""
        self._stopping.set()
        self._thread.join(10)

    def _work(self) -> None:
        while not self._stopping.wait(_BEAT):
            try:
                work_once(self._database, self._settings, self._now, self._stopping)
            except HotlineError as error:
                logger.error("the queue of trainings could not be read: %s", error)
            except Exception:
                logger.exception("a training broke off")


def work_once(
    database: Database, settings: Settings, now: Callable[[], dt.datetime], stopping: threading.Event
) -> ModelVersion | None:
    """Train the next version if one waits and none is being trained; return what became of it."""
    at = now()
    with database.begin() as connection:
        for abandoned in fail_abandoned(connection, at - SILENT, at):
            shutil.rmtree(_folder(settings, abandoned), ignore_errors=True)
        version = claim_version(connection, at)
    if version is None:
        return None
    Work(database, settings, version, now, stopping).run()
    with database.read() as connection:
        return get_version(connection, version.id)


class Work:
    """The work on one version that was claimed."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        version: ModelVersion,
        now: Callable[[], dt.datetime],
        stopping: threading.Event,
    ) -> None:
        self._database, self._settings, self._version, self._now = database, settings, version, now
        self._stopping = stopping
        self._folder = _folder(settings, version.id)
        self._log: list[str] = []
        self._news: dict[str, Any] = {}  # not yet in the database
        self._problem = ""
        self._against: int | None = None
        self._trained: Path | None = None

    def run(self) -> None:
        """Do it all; whatever happens, the version ends in a state that says what."""
        try:
            self._prepare()
            end = self._supervise()
            if end is None:
                self._keep_result()
            elif end is VersionState.QUEUED:
                self._note(state=end, progress="后台进程停止，等它重新启动后再训练", share=0.0, heartbeat=None)
            else:
                self._note(state=end, problem=self._problem, finished=self._now())
        except HotlineError as error:
            self._note(state=VersionState.FAILED, problem=str(error), finished=self._now())
        except Exception as error:
            logger.exception("training of version %d failed", self._version.id)
            told = f"出现意外错误（{type(error).__name__}），原来的模型不受影响。"
            self._note(state=VersionState.FAILED, problem=told, finished=self._now())
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _prepare(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._say("准备训练数据：随程序发布的文件、知识库和标注……")
        with self._database.read() as connection:
            taught, objections = taught_now(connection), objections_in(connection)
            current = current_release(connection)
            serving = get_version(connection, current.version) if current else None
        stage(self._folder / "project", taught)
        train = self._version.model is None
        self._against = serving.id if serving else None
        job = Job(
            train=train,
            new=None if train else str(files_of(self._settings, self._version).rasa),
            old=str(files_of(self._settings, serving).rasa) if serving else None,
            known=dict(serving.figures) if serving else None,
            golden=[_golden(question) for question in taught.golden],
            objections=objections,
            rules=str(PROJECT_ROOT / "data" / "gate.toml"),
        )
        write_job(self._folder, job)
        if train:
            base = training_digest(PROJECT_ROOT)
            self._note(knowledge=taught.version, labels=len(taught.labels), base=base)

    def _supervise(self) -> VersionState | None:
        """Run the job and return how it ended where it did not come to its end."""
        with (self._folder / "errors.log").open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "bot.training.job", str(self._folder)],
                cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True,
            )  # fmt: skip
        lines: queue.Queue[bytes] = queue.Queue()
        reader = threading.Thread(target=_pump, args=(process, lines), daemon=True)
        reader.start()
        try:
            while process.poll() is None:
                if self._stopping.wait(_BEAT):
                    return VersionState.QUEUED
                self._hear(lines)
                if self._is_cancelled():
                    self._problem = "已按要求取消，原来的模型不受影响。"
                    return VersionState.CANCELLED
        finally:
            _kill_group(process)
        reader.join(10)
        self._hear(lines)
        if process.returncode == 0:
            return None
        self._problem = self._problem or self._last_errors(process.returncode)
        return VersionState.FAILED

    def _hear(self, lines: queue.Queue[bytes]) -> None:
        """Keep what the job has told since, and that it lives."""
        news: dict[str, Any] = {"heartbeat": self._now()}
        while not lines.empty():
            try:
                told = json.loads(lines.get())
            except ValueError:
                continue  # a library that prints
            self._problem = told.get("problem", self._problem)
            if step := told.get("step"):
                self._say(step)
                news |= {"progress": step, "share": told.get("share", 0.0)}
            if model := told.get("model"):
                self._trained = Path(model)
            if state := told.get("state"):
                news["state"] = VersionState(state)
        self._note(**news)

    def _keep_result(self) -> None:
        """Put the model where models lie, under a name of its own, and keep the figures and the verdict."""
        figures = json.loads((self._folder / "figures.json").read_text(encoding="utf8"))
        figures["against"] = self._against
        values: dict[str, Any] = {}
        if self._version.model is None and self._trained:
            trained = ModelFiles(self._trained)
            name = f"{trained.rasa.name.removesuffix('.tar.gz')}-v{self._version.id}.tar.gz"
            kept = ModelFiles(self._settings.models_dir / name)
            for source, target in zip(trained.all, kept.all):
                os.replace(source, target)
            values = {"model": name, "files": kept.digests()}
        refused = figures["refusal"]
        self._say(refused or "通过了发布门槛，可以发布。")
        state = VersionState.REFUSED if refused else VersionState.READY
        self._note(
            state=state, figures=figures, problem=refused, progress="完成", share=1.0, finished=self._now(), **values
        )  # fmt: skip

    def _is_cancelled(self) -> bool:
        try:
            with self._database.read() as connection:
                return get_version(connection, self._version.id).cancel
        except HotlineError:
            return False

    def _say(self, line: str) -> None:
        self._log.append(f"{self._now().astimezone(ZONE):%H:%M:%S} {line}")
        self._note(log="\n".join(self._log))

    def _note(self, **values: Any) -> None:
        """Keep ``values``; where the database is away for a moment, with what comes next."""
        self._news |= values
        for attempt in range(10 if "finished" in values else 1):
            try:
                with self._database.begin() as connection:
                    note_version(connection, self._version.id, **self._news)
                self._news = {}
                return
            except HotlineError as error:
                logger.error("progress of a training could not be kept: %s", error)
                time.sleep(min(attempt, 3))

    def _last_errors(self, status: int) -> str:
        text = (self._folder / "errors.log").read_text(encoding="utf8", errors="replace")
        self._say("\n".join(text.strip().splitlines()[-_TAIL:]))
        how = "被系统中止，可能是内存不足" if status < 0 else "出现意外错误，最后几行见日志"
        return f"训练没有成功（{how}），原来的模型不受影响。"


def _folder(settings: Settings, version: int) -> Path:
    return settings.models_dir / f".version-{version}"


def _golden(question: GoldenQuestion) -> dict[str, Any]:
    row = {name: value for name, value in asdict(question).items() if name in ("kind", "jurisdiction", "turns")}
    lists = {"must": question.must, "must_not": question.must_not}
    return row | lists | {"id": f"console-{question.id}", "style": "console"}


def _pump(process: subprocess.Popen[bytes], lines: queue.Queue[bytes]) -> None:
    assert process.stdout
    for line in process.stdout:
        lines.put(line)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End the job and everything that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()
