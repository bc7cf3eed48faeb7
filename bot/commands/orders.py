"""Commands about work orders: the published figures, and what the worker does by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from bot.errors import HotlineError
from bot.settings import Settings
from bot.spreadsheets import REPORT_HEADINGS, csv_bytes, report_rows, report_workbook, shown


@click.command(help="按承办单位统计某月（2026-11）或某年（2026）的工单：受理量、按时办结率、发回重办率、满意度、热点。")
@click.argument("period")
@click.option("--jurisdiction", help="只统计这个辖区，例如 jingzhou。")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False), help="另存为 CSV 文件。")
@click.option(
    "--xlsx", "xlsx_file", type=click.Path(path_type=Path, dir_okay=False), help="另存为带图表的 Excel 文件。"
)
@click.option("--html", "html_file", type=click.Path(path_type=Path, dir_okay=False), help="另存为带图的网页。")
def report(
    period: str, jurisdiction: str | None, csv_file: Path | None, xlsx_file: Path | None, html_file: Path | None
) -> None:
    """Show the figures of a month or a year and export them."""
    from bot.hotline.reports import month_of
    from bot.storage import Database, department_figures, load_knowledge

    try:
        first, end = month_of(period)
    except ValueError as error:
        raise HotlineError(f"“{period}”不是月份或年份，请写成 2026-11 或 2026。") from error
    settings = Settings.from_environment()
    with Database(settings.database_url).read() as connection:
        figures = department_figures(connection, first, end, dt.datetime.now(dt.timezone.utc), jurisdiction)
        names = {d.id: d.name for d in load_knowledge(connection).departments.values()}
    rows = report_rows(figures, names)
    if not rows:
        click.echo(f"{period} 没有工单。")
    for row in [REPORT_HEADINGS, *rows] if rows else []:
        click.echo("  ".join(shown(value) for value in row))
    as_csv, as_workbook = (
        partial(_write, lambda rows: csv_bytes([REPORT_HEADINGS, *rows])),
        partial(_write, report_workbook),
    )
    for file, write in ((csv_file, as_csv), (xlsx_file, as_workbook), (html_file, partial(_write_html, period))):
        if file:
            write(file, rows)
            click.echo(f"已保存：{file}")


def _write(content: Callable[[Sequence[Sequence[Any]]], bytes], file: Path, rows: Sequence[Sequence[Any]]) -> None:
    try:
        file.write_bytes(content(rows))
    except OSError as error:
        raise HotlineError(f"无法写入 {file}（{error.strerror}）。") from error


def _write_html(period: str, file: Path, rows: Sequence[Sequence[Any]]) -> None:
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    most = max((row[1] for row in rows), default=0)
    page = environment.get_template("report.html.j2").render(
        period=period, headings=REPORT_HEADINGS, rows=rows, most=most, shown=shown, hot=rows[0][-1] if rows else ""
    )
    try:
        file.write_text(page, encoding="utf8")
    except OSError as error:
        raise HotlineError(f"无法写入 {file}（{error.strerror}）。") from error


@click.command(help="显示辖区的派单目录：类别树、主办和协办单位、热线、依据。")
@click.argument("jurisdiction")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False), help="另存为 CSV 文件。")
def catalogue(jurisdiction: str, csv_file: Path | None) -> None:
    """Show the dispatch catalogue that is current in the database."""
    from bot.storage import Database, load_knowledge

    with Database(Settings.from_environment().database_url).read() as connection:
        knowledge = load_knowledge(connection)
    rules = sorted((r for r in knowledge.routing_rules if r.jurisdiction == jurisdiction), key=lambda r: r.category)
    if not rules:
        places = sorted({rule.jurisdiction for rule in knowledge.routing_rules})
        raise HotlineError(f"辖区 {jurisdiction} 没有派单目录。有派单目录的辖区：{'、'.join(places) or '无'}。")
    rows = []
    for rule in rules:
        names = [knowledge.departments[d].name for d in (rule.department, *rule.assisting)]
        document = knowledge.documents[rule.document]
        basis = f"{document.number or document.title} {rule.provision}"
        rows.append((rule.category, names[0], "、".join(names[1:]), rule.hotline or "", basis, rule.department))
    branch = ""
    for category, lead, assisting, line, basis, identifier in rows:
        above, _, leaf = category.rpartition("/")
        if above != branch:
            click.echo(above)
            branch = above
        helped = f"，协办：{assisting}" if assisting else ""
        click.echo(f"  {leaf} → {lead}（{identifier}）{line}{helped}  依据：{basis}")
    if csv_file:
        _write(csv_bytes, csv_file, [("类别", "主办单位", "协办单位", "热线", "依据", "主办单位代号"), *rows])
        click.echo(f"已保存：{csv_file}")
