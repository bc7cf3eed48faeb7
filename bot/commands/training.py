"""Commands that train and measure."""

from __future__ import annotations

import time

import click

from bot.settings import PROJECT_ROOT, Settings


@click.command(help="用当前的训练数据和知识训练新模型。旧模型在新模型就绪前继续服务。")
def train() -> None:
    """Train every part of the model."""
    from bot.training.model import train as train_model

    settings = Settings.from_environment()
    started = time.monotonic()
    objections = _objections(settings)
    if objections:
        click.echo(f"其中有 {len(objections)} 条退单、改派后办结的诉求。")
    train_model(PROJECT_ROOT, settings.models_dir, click.echo, objections)
    click.echo(f"训练用时 {time.monotonic() - started:.1f} 秒。")


def _objections(settings: Settings) -> list[tuple[str, str]]:
    """Return what departments sent back, with the category under which it was handled; nothing without a database."""
    from bot.errors import StorageUnavailable
    from bot.storage import Database, redispatched_orders

    try:
        with Database(settings.database_url).read() as connection:
            return [(order.content, order.category) for order in redispatched_orders(connection)]
    except StorageUnavailable:
        return []


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
