"""Commands about work orders: the published figures, and what the worker does by itself."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from bot.errors import HotlineError
from bot.settings import Settings

_HEADINGS = ("承办单位", "受理", "已反馈", "超期", "按时办结率", "发回重办率", "群众满意度", "回访率", "热点")


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
    rows = [
        (
            names.get(f.department, f.department) if f.department else "合计",
            *(f.received, f.answered, f.overdue, f.on_time, f.rework, f.satisfaction, f.visited),
            "、".join(f"{topic}（{count}）" for topic, count in f.topics),
        )
        for f in figures
    ]
    if not rows:
        click.echo(f"{period} 没有工单。")
    for row in [_HEADINGS, *rows] if rows else []:
        click.echo("  ".join(_shown(value) for value in row))
    for file, write in ((csv_file, _write_csv), (xlsx_file, _write_xlsx), (html_file, partial(_write_html, period))):
        if file:
            write(file, rows)
            click.echo(f"已保存：{file}")


def _shown(value: Any) -> str:
    if value is None:
        return "—"
    return f"{value:.1%}" if isinstance(value, float) else str(value)


def _write_csv(file: Path, rows: Iterable[Sequence[Any]]) -> None:
    _write_rows(file, [_HEADINGS, *rows])


def _write_rows(file: Path, rows: Iterable[Sequence[Any]]) -> None:
    try:
        with file.open("w", encoding="utf-8-sig", newline="") as out:  # with a mark, so that Excel reads the Chinese
            csv.writer(out).writerows([_safe(_shown(value)) for value in row] for row in rows)
    except OSError as error:
        raise HotlineError(f"无法写入 {file}（{error.strerror}）。") from error


def _write_xlsx(file: Path, rows: Sequence[Sequence[Any]]) -> None:
    from openpyxl import Workbook
    from openpyxl.chart import BarChart, Reference

    book = Workbook()
    sheet = book.active
    sheet.title = "工单统计"
    sheet.append(_HEADINGS)
    for row in rows:
        sheet.append([_safe(value) if isinstance(value, str) else value for value in row])
    for line in sheet.iter_rows(min_row=2, min_col=5, max_col=8):
        for cell in line:
            cell.number_format = "0.0%"
    sheet.freeze_panes = "B2"
    sheet.column_dimensions["A"].width, sheet.column_dimensions["I"].width = 28, 60
    if len(rows) > 1:
        chart = BarChart()
        chart.title, chart.type, chart.height, chart.width = "各承办单位受理量", "bar", 12, 20
        chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=len(rows) + 1), titles_from_data=True)
        chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=len(rows) + 1))
        sheet.add_chart(chart, f"A{len(rows) + 4}")
    try:
        book.save(file)
    except OSError as error:
        raise HotlineError(f"无法写入 {file}（{error.strerror}）。") from error


def _write_html(period: str, file: Path, rows: Sequence[Sequence[Any]]) -> None:
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    most = max((row[1] for row in rows), default=0)
    page = environment.get_template("report.html.j2").render(
        period=period, headings=_HEADINGS, rows=rows, most=most, shown=_shown, hot=rows[0][-1] if rows else ""
    )
    try:
        file.write_text(page, encoding="utf8")
    except OSError as error:
        raise HotlineError(f"无法写入 {file}（{error.strerror}）。") from error


def _safe(text: str) -> str:
    """Return ``text`` so that a spreadsheet never takes it for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


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
        _write_rows(csv_file, [("类别", "主办单位", "协办单位", "热线", "依据", "主办单位代号"), *rows])
        click.echo(f"已保存：{csv_file}")
