"""Commands that train and measure."""

from __future__ import annotations

import time

import click

from bot.settings import PROJECT_ROOT, Settings


@click.command(help="用当前的训练数据和知识训练新模型。旧模型在新模型就绪前继续服务。")
def train() -> None:
    """Train both parts of the model."""
    from bot.training.model import train as train_model

    settings = Settings.from_environment()
    started = time.monotonic()
    train_model(PROJECT_ROOT, settings.models_dir, click.echo)
    click.echo(f"训练用时 {time.monotonic() - started:.1f} 秒。")


@click.command(help="在从未用于训练的问题上测量答对、答错和弃答的比例，报告写到 var/evaluation。")
@click.option("--record", is_flag=True, help="把成绩记入 tests/nlu/recorded.json，测试不许低于它两个百分点以上。")
def evaluate(record: bool) -> None:
    """Measure the answers on the held-out questions."""
    from bot.training.evaluation import evaluate as run_evaluation

    run_evaluation(Settings.from_environment(), click.echo, record=record)
