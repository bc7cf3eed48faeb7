"""``python -m bot run``: prepare what is missing, start every process, say where they are."""

from __future__ import annotations

import datetime as dt
import errno
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import click
import psutil
from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Printer

from bot.commands.knowledge import forget_old_answers, prepare_database
from bot.commands.staff import FIRST
from bot.commands.training import TRAINED
from bot.errors import HotlineError
from bot.model_files import ModelFiles, released_model
from bot.settings import PROJECT_ROOT, Settings, read_secret
from bot.storage import Database, any_staff

_GRACE = 8  # seconds that processes have to stop by themselves
_SPACE = 300  # MB that training and the database need at least


@click.command(help="安装后启动全部进程：缺数据库就建，缺模型就训练，然后打印访问地址。Ctrl-C 全部停止。")
def run() -> None:
    """Start everything and stay until it stops."""
    started = time.monotonic()
    settings = Settings.from_environment()
    _require_space(PROJECT_ROOT)
    _require_different_ports(settings)
    for name, host, port, variable in _addresses(settings):
        _require_free(name, host, port, variable)
    read_secret(settings.secret_file)  # made now, or said now why it cannot be
    prepare_database(settings, click.echo)
    forget_old_answers(settings, click.echo)
    if settings.model:
        released_model(settings)  # said now where it is not there
    else:
        from bot.learning.releases import ensure_released

        at = dt.datetime.now(dt.timezone.utc)
        ensure_released(Database(settings.database_url), settings, _train, at)
    manager = _manager()
    threading.Thread(target=_announce, args=(settings, started), daemon=True).start()
    manager.loop()
    sys.exit(0 if manager.returncode in (130, 143) else 1)  # a process that ends by itself is a failure, even with 0


def _train() -> ModelFiles:
    """Train in a process of its own, so that what training needs does not stay in memory."""
    click.echo("没有对应当前训练数据的模型，开始训练（两个核约三分钟）……")
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "trained"
        command = [sys.executable, "-m", "bot", "train", "--first"]
        environment = os.environ | {TRAINED: str(told)}
        if subprocess.run(command, cwd=PROJECT_ROOT, env=environment, check=False).returncode:
            raise HotlineError("训练没有成功，原因见上。")
        return ModelFiles(Path(told.read_text(encoding="utf8")))


def _manager() -> Manager:
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(PROJECT_ROOT),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",  # Rasa's libraries warn about each other at every start
        "MALLOC_ARENA_MAX": "2",
    }
    manager = _Manager(Printer(sys.stdout))
    for name, command in parse_procfile((PROJECT_ROOT / "Procfile").read_text(encoding="utf8")).processes.items():
        manager.add_process(name, f"exec {command}", env=environment, cwd=str(PROJECT_ROOT))
    return manager


class _Manager(Manager):
    """Honcho's manager, which forgets a process that is only just being started when it is told to stop."""

    def terminate(self) -> None:
        """Tell every process to stop, and make sure that all do."""
        threading.Thread(target=self._make_sure, daemon=True).start()
        with suppress(KeyError):  # a process without a number yet
            super().terminate()

    def _make_sure(self) -> None:
        time.sleep(_GRACE)
        while children := _alive(psutil.Process().children(recursive=True)):
            for child in children:
                with suppress(psutil.NoSuchProcess):
                    child.kill()
            time.sleep(0.2)
        time.sleep(2)  # for the manager to notice
        os._exit(0 if self.returncode in (130, 143) else 1)


def _alive(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Return those of ``processes`` that still run; one that ended stays listed until the manager has noticed."""
    found = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _addresses(settings: Settings) -> list[tuple[str, str, int, str]]:
    return [
        ("Rasa 服务", settings.rasa_host, settings.rasa_port, "HOTLINE_RASA_PORT"),
        ("动作服务", settings.actions_host, settings.actions_port, "HOTLINE_ACTIONS_PORT"),
        ("网页服务", settings.web_host, settings.web_port, "HOTLINE_WEB_PORT"),
    ]


def _require_free(name: str, host: str, port: int, variable: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                remedy = f"端口 {port} 已被占用。请停掉占用它的程序，或用 {variable}=别的端口 再运行。"
            else:
                host_variable = variable.replace("_PORT", "_HOST")
                remedy = (
                    f"地址 {host}:{port} 不能使用（{error.strerror}）。请检查环境变量 {host_variable} 和 {variable}。"
                )
            raise HotlineError(f"{name}的{remedy}") from None


def _require_different_ports(settings: Settings) -> None:
    addresses = _addresses(settings)
    if len({port for _, _, port, _ in addresses}) < len(addresses):
        given = "、".join(f"{variable}={port}" for _, _, port, variable in addresses)
        raise HotlineError(f"三个服务的端口不能相同：{given}。请改正后再运行。")


def _require_space(root: Path) -> None:
    free = shutil.disk_usage(root).free // 2**20
    if free < _SPACE:
        raise HotlineError(f"磁盘空间不足：至少需要 {_SPACE} MB，只剩 {free} MB。请清理后再运行。")


def _announce(settings: Settings, started: float) -> None:
    """Print the addresses as soon as every process answers, or name the ones that do not."""
    waiting = {
        "Rasa 服务": f"{settings.rasa_url}/webhooks/rest/",
        "动作服务": f"{settings.actions_url}/health",
        "网页服务": f"{settings.web_url}/healthz",
    }
    reported = time.monotonic()
    while waiting:
        waiting = {name: url for name, url in waiting.items() if not _answers(url)}
        if waiting and time.monotonic() - reported > 5:
            click.echo(f"等待：{'、'.join(waiting)}……")
            reported = time.monotonic()
        time.sleep(0.3)
    click.echo(
        f"\n全部就绪（{time.monotonic() - started:.0f} 秒）。\n"
        f"  市民页面      {settings.web_url}/\n"
        f"  坐席台        {settings.web_url}/desk\n"
        f"  管理后台      {settings.web_url}/admin\n"
        f"  REST 接口     {settings.rasa_url}/webhooks/rest/webhook\n"
        f"  健康检查      {settings.web_url}/healthz\n"
        f"{_first_account(settings)}"
        "按 Ctrl-C 停止。\n"
    )


def _first_account(settings: Settings) -> str:
    """Return how to make the first account where there is none, else nothing."""
    with Database(settings.database_url).read() as connection:
        known = any_staff(connection)
    return "" if known else f"还没有工作人员账号。新建管理员：.venv/bin/{FIRST}\n"


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError, ValueError):
        return False
