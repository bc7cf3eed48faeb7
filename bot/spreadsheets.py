"""Tables for spreadsheets: CSV that Excel reads, workbooks with charts, and no cell that runs as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.hotline.reports import Figures

REPORT_HEADINGS = ("承办单位", "受理", "已反馈", "超期", "按时办结率", "发回重办率", "群众满意度", "回访率", "热点")
_BYTE_ORDER_MARK = "\ufeff"  # so that Excel reads the Chinese


def report_rows(figures: Iterable[Figures], names: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """Return a row for each of ``figures`` under `REPORT_HEADINGS`; ``names`` are those of the departments."""
    return [
        (
            names.get(f.department, f.department) if f.department else "合计",
            *(f.received, f.answered, f.overdue, f.on_time, f.rework, f.satisfaction, f.visited),
            "、".join(f"{topic}（{count}）" for topic, count in f.topics),
        )
        for f in figures
    ]


def shown(value: Any) -> str:
    """Return ``value`` as a person reads it: shares in percent, a dash where there is nothing."""
    if value is None:
        return "—"
    return f"{value:.1%}" if isinstance(value, float) else str(value)


def csv_bytes(rows: Iterable[Sequence[Any]], *, first: bool = True) -> bytes:
    """Return ``rows`` as CSV; ``first``: they begin the file."""
    out = io.StringIO()
    csv.writer(out).writerows([safe(shown(value)) for value in row] for row in rows)
    return ((_BYTE_ORDER_MARK if first else "") + out.getvalue()).encode()


def report_workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    """Return the report as an Excel workbook with a chart."""
    from openpyxl import Workbook
    from openpyxl.chart import BarChart, Reference

    book = Workbook()
    sheet = book.active
    sheet.title = "工单统计"
    sheet.append(REPORT_HEADINGS)
    for row in rows:
        sheet.append([safe(value) if isinstance(value, str) else value for value in row])
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
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def safe(text: str) -> str:
    """Return ``text`` so that a spreadsheet never takes it for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
