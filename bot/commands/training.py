"""Commands that train and measure."""

from __future__ import annotations

import datetime as dt
import os
import time
from typing import TYPE_CHECKING

import click

from bot.errors import HotlineError
from bot.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from bot.storage import Database

TRAINED = "HOTLINE_TRAINED_TO"  # where a training that `run` started writes which file it made


@click.command(help="用随程序发布的数据、知识库和标注训练并评测一版新模型。旧模型继续服务，评测通过后用 release 发布。")
@click.option("--first", is_flag=True, hidden=True, help="只训练，不评测：由 run 在没有可用的模型时使用。")
def train(first: bool) -> None:
    """Train every part of the model; where there is a database, as a version that can be released."""
    from bot.errors import StorageUnavailable
    from bot.storage import Database, current_release

    settings = Settings.from_environment()
    started = time.monotonic()
    database = Database(settings.database_url)
    try:
        with database.read() as connection:
            current = current_release(connection)
    except StorageUnavailable:
        _train_now(settings, None)
    else:
        if first or current is None:
            _train_now(settings, database)
        else:
            _train_version(settings, database)
    click.echo(f"用时 {time.monotonic() - started:.1f} 秒。")


def _train_now(settings: Settings, database: Database | None) -> None:
    """Train on what there is, without measuring: there is no model to compare with."""
    import tempfile
    from pathlib import Path

    from bot.learning.project import Taught, stage
    from bot.learning.teaching import objections_in, taught_now
    from bot.training.model import train as train_model

    taught, objections = Taught(), []
    if database is not None:
        with database.read() as connection:
            taught, objections = taught_now(connection), objections_in(connection)
    if objections:
        click.echo(f"其中有 {len(objections)} 条退单、改派后办结的诉求。")
    if taught.is_plain:
        files = train_model(PROJECT_ROOT, settings.models_dir, click.echo, objections)
    else:
        click.echo(f"其中有 {len(taught.labels)} 条人工标注。")
        with tempfile.TemporaryDirectory(prefix="hotline-project-") as folder:
            stage(Path(folder) / "project", taught)
            files = train_model(Path(folder) / "project", settings.models_dir, click.echo, objections)
    if path := os.environ.get(TRAINED):
        Path(path).write_text(str(files.rasa), encoding="utf8")


def _train_version(settings: Settings, database: Database) -> None:
    """Queue a version and work on the queue until it is done; the worker process may be faster."""
    import threading

    from bot.bootstrap import now
    from bot.learning.releases import SEED
    from bot.learning.trainer import work_once
    from bot.model_files import training_digest
    from bot.storage import add_version, get_version, note_deed

    with database.begin() as connection:
        version = add_version(
            connection, None, now(), origin="command", seed=SEED, base=training_digest(PROJECT_ROOT), note="命令行训练"
        )
        note_deed(connection, None, "训练模型", f"第 {version.id} 版", at=now())
    worker = threading.Thread(
        target=lambda: work_once(database, settings, now, threading.Event()), name="trainer", daemon=True
    )
    worker.start()
    told = 0
    while version.is_open:
        time.sleep(1)
        with database.read() as connection:
            version = get_version(connection, version.id)
        if version.log[told:].strip():
            click.echo(version.log[told:].strip())
            told = len(version.log)
        if version.is_open and not worker.is_alive():
            worker = threading.Thread(
                target=lambda: work_once(database, settings, now, threading.Event()), name="trainer", daemon=True
            )
            worker.start()
    if version.problem:
        raise HotlineError(f"第 {version.id} 版：{version.problem}")
    click.echo(f"第 {version.id} 版可以发布：python -m bot release {version.id} --reason 原因")


@click.command(help="列出模型的各个版本和发布记录。")
def releases() -> None:
    """List versions and releases."""
    from bot.storage import Database, list_releases, list_versions

    def percent(share: float | None) -> str:
        return "—" if share is None else f"{share:.1%}"

    with Database(Settings.from_environment().database_url).read() as connection:
        versions, history = list_versions(connection), list_releases(connection)
    click.echo("版本  时间              状态          通过    答错    说明")
    for one in versions:
        measures = one.figures.get("measures", {})
        shares = f"{percent(measures.get('passed')):>6}  {percent(measures.get('wrong')):>6}"
        click.echo(f"{one.id:>4}  {_clock(one.created)}  {one.state_name:　<7}{shares}  {one.problem or one.note}")
    click.echo("\n发布记录")
    for done in history:
        what = "发布" if done.kind == "release" else "回退到"
        click.echo(f"{_clock(done.at)}  {done.login}  {what}第 {done.version} 版：{done.reason}")


def _clock(at: dt.datetime) -> str:
    from bot.hotline.deadlines import ZONE

    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}"


@click.command(help="发布一版通过评测的模型，各进程不用重启就换上。例如：release 3 --reason 新增医保问法")
@click.argument("version", type=int)
@click.option("--reason", required=True, help="为什么发布，记入操作记录。")
def release(version: int, reason: str) -> None:
    """Release a version."""
    from bot.bootstrap import now
    from bot.learning.releases import release as release_version
    from bot.storage import Database

    settings = Settings.from_environment()
    release_version(Database(settings.database_url), settings, version, None, reason, now())
    click.echo(f"已发布第 {version} 版，各进程会在几秒内换上。")


@click.command(help="回退到上一个发布的模型。")
@click.option("--reason", default="命令行回退", show_default=True, help="为什么回退，记入操作记录。")
def rollback(reason: str) -> None:
    """Roll back to the version before."""
    from bot.bootstrap import now
    from bot.learning.releases import roll_back
    from bot.storage import Database

    settings = Settings.from_environment()
    made = roll_back(Database(settings.database_url), settings, None, reason, now())
    click.echo(f"已回退到第 {made.version} 版，各进程会在几秒内换上。")


@click.command(
    help="在五折交叉中测量派单：首选和前三的承办单位对不对，把握多大时可信。错的写到 var/evaluation/routing.csv。"
)
@click.option("--jurisdiction", default="jingzhou", show_default=True, help="按哪个辖区的派单目录。")
def evaluate_routing(jurisdiction: str) -> None:
    """Measure how well departments are found for complaints."""
    import csv

    from bot.knowledge_files import read_knowledge_files
    from bot.training.dispatcher import measure_routing, read_matter_texts

    rules = read_knowledge_files(PROJECT_ROOT / "data" / "knowledge").routing_rules
    texts = read_matter_texts(PROJECT_ROOT / "data" / "catalogue", rules)
    departments = {rule.category: rule.department for rule in rules if rule.jurisdiction == jurisdiction}
    score = measure_routing(texts, departments, click.echo)
    click.echo(f"{len(score.judged)} 条诉求，首选对 {score.first:.1%}，前三有 {score.third:.1%}。")
    click.echo("把握不低于  占比    其中首选对")
    for confidence in (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9):
        share, right = score.above(confidence)
        click.echo(f"{confidence:>10.1f}  {share:>6.1%}  {right:>6.1%}")
    path = PROJECT_ROOT / "var" / "evaluation" / "routing.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows([("诉求", "应属", "判为"), *score.failures])
    click.echo(f"判错的已保存：{path}")


@click.command(help="在五折交叉中测量险情识别：漏报和误报各多少。错的写到 var/evaluation/danger.csv。")
def evaluate_danger() -> None:
    """Measure how well present danger is told from what only sounds like it."""
    import csv

    from bot.training.danger import measure_danger

    score = measure_danger(PROJECT_ROOT / "data", click.echo)
    click.echo(f"{score.dangers} 条险情，识别 {score.recall:.1%}，其中 {len(score.other_number)} 条首个号码不对。")
    click.echo(f"{score.harmless} 条看似险情的话，误报 {score.false_share:.1%}。")
    path = PROJECT_ROOT / "var" / "evaluation" / "danger.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        kinds = {"漏报": score.missed, "误报": score.false_alarms, "号码不对": score.other_number}
        csv.writer(out).writerows(
            [("消息", "错在"), *((text, kind) for kind, texts in kinds.items() for text in texts)]
        )
    click.echo(f"判错的已保存：{path}")


@click.command(help="在从未用于训练的问题上测量答对、答错和弃答的比例，报告写到 var/evaluation。")
@click.option("--record", is_flag=True, help="把成绩记入 tests/nlu/recorded.json，测试不许低于它两个百分点以上。")
def evaluate(record: bool) -> None:
    """Measure the answers on the held-out questions."""
    from bot.training.evaluation import evaluate as run_evaluation

    run_evaluation(Settings.from_environment(), click.echo, record=record)
