"""Commands about work orders: the published figures, and what the worker does by itself."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
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
def report(period: str, jurisdiction: str | None, csv_file: Path | None, xlsx_file: Path | None) -> None:
    """Show the figures of a month or a year and export them."""
    from bot.hotline.deadlines import read_time_limits
    from bot.hotline.reports import department_figures, month_of
    from bot.storage import Database, find_orders, load_knowledge

    try:
        first, end = month_of(period)
    except ValueError as error:
        raise HotlineError(f"“{period}”不是月份或年份，请写成 2026-11 或 2026。") from error
    settings = Settings.from_environment()
    with Database(settings.database_url).read() as connection:
        orders = find_orders(
            connection, jurisdiction=jurisdiction, received_from=first, received_before=end, limit=10**9
        )
        names = {d.id: d.name for d in load_knowledge(connection).departments.values()}
    figures = department_figures(orders, read_time_limits(settings.time_limits_file), dt.datetime.now(dt.timezone.utc))
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
    for file, write in ((csv_file, _write_csv), (xlsx_file, _write_xlsx)):
        if file:
            write(file, rows)
            click.echo(f"已保存：{file}")


def _shown(value: Any) -> str:
    if value is None:
        return "—"
    return f"{value:.1%}" if isinstance(value, float) else str(value)


def _write_csv(file: Path, rows: Iterable[Sequence[Any]]) -> None:
    try:
        with file.open("w", encoding="utf-8-sig", newline="") as out:  # with a mark, so that Excel reads the Chinese
            writer = csv.writer(out)
            writer.writerows([_HEADINGS, *([_safe(_shown(v)) for v in row] for row in rows)])
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


def _safe(text: str) -> str:
    """Return ``text`` so that a spreadsheet never takes it for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
