"""The figures about work orders (统计): by department and by month, as tables, plots and files."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.bootstrap import now
from bot.hotline.deadlines import ZONE
from bot.hotline.reports import Figures, month_of
from bot.hotline.staff import Permission, StaffMember
from bot.hotline.work_orders import Role
from bot.spreadsheets import REPORT_HEADINGS, csv_bytes, report_rows, report_workbook
from bot.storage import Database, MonthCounts, figures_from, month_counts, note_deed
from bot.web.desk.orders import departments_for, download
from bot.web.keys import DATABASE, REFERENCE
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render

_MONTHS_SHOWN = 24  # that can be chosen
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/desk/reports", show)
    app.router.add_get("/desk/reports.csv", as_csv)
    app.router.add_get("/desk/reports.xlsx", as_workbook)


@allowed(Permission.SEE_REPORTS)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the figures of a month or a year, and how they changed over twelve months."""
    member = member_of(request)
    period, department = _asked(request, member)
    reference = request.app[REFERENCE]
    knowledge = await asyncio.to_thread(reference.knowledge)
    rows, first, end = await _counted(request, member, period)
    figures = _figures(rows, first, end, department)
    names = {d.id: d.name for d in knowledge.departments.values()}
    return await render(
        request, "desk/reports.html", period=period, periods=_periods(now()), department=department, figures=figures,
        names=names, departments=[] if member.role is Role.HANDLER else departments_for(member, knowledge),
        trend=_trend(rows, department), by_department=_by_department(figures, names, period),
        by_month=_by_month(rows, department), query=urlencode({"period": period, "department": department}),
    )  # fmt: skip


@allowed(Permission.SEE_REPORTS)
async def as_csv(request: web.Request) -> web.StreamResponse:
    """Send the figures as CSV."""
    rows, name = await _table(request)
    return web.Response(body=csv_bytes([REPORT_HEADINGS, *rows]), headers=download(f"{name}.csv", "text/csv"))


@allowed(Permission.SEE_REPORTS)
async def as_workbook(request: web.Request) -> web.StreamResponse:
    """Send the figures as an Excel workbook."""
    rows, name = await _table(request)
    content = await asyncio.to_thread(report_workbook, rows)
    return web.Response(body=content, headers=download(f"{name}.xlsx", _WORKBOOK))


async def _table(request: web.Request) -> tuple[list[tuple[Any, ...]], str]:
    """Return the rows to send and the name of the file; that they were taken is recorded."""
    member, database = member_of(request), request.app[DATABASE]
    period, department = _asked(request, member)
    rows, first, end = await _counted(request, member, period)
    names = {d.id: d.name for d in (await asyncio.to_thread(request.app[REFERENCE].knowledge)).departments.values()}

    def record() -> None:
        with database.begin() as connection:
            note_deed(connection, member, "导出统计", period, at=now(), 单位=names.get(department, department))

    await asyncio.to_thread(record)
    return report_rows(_figures(rows, first, end, department), names), f"工单统计-{period}"


def _asked(request: web.Request, member: StaffMember) -> tuple[str, str]:
    """Return the period and the department that are asked for; a handler gets the own one, whatever is asked for."""
    period, this = request.query.get("period", ""), f"{now().astimezone(ZONE):%Y-%m}"
    own = member.department or "" if member.role is Role.HANDLER else request.query.get("department", "")[:100]
    return (period if period in _periods(now()) else this), own


async def _counted(
    request: web.Request, member: StaffMember, period: str
) -> tuple[list[MonthCounts], dt.datetime, dt.datetime]:
    """Return the counts of the twelve months that end with ``period``, and when that begins and ends."""
    first, end = month_of(period)
    since = end.replace(year=end.year - 1)
    database: Database = request.app[DATABASE]

    def read() -> list[MonthCounts]:
        with database.read() as connection:
            return month_counts(connection, since, end, now(), member.jurisdiction)

    return await asyncio.to_thread(read), first, end


def _figures(rows: Sequence[MonthCounts], first: dt.datetime, end: dt.datetime, department: str) -> list[Figures]:
    """Return the figures of the period, of one department alone where one is asked for."""
    inside = [r for r in rows if f"{first:%Y-%m}" <= r.month < f"{end:%Y-%m}"]
    found = figures_from((r.department, r.category, r.counts) for r in inside)
    return [f for f in found if f.department == department] if department else found


def _trend(rows: Sequence[MonthCounts], department: str) -> list[tuple[str, Figures]]:
    """Return the figures of each month, oldest first."""
    months: dict[str, list[MonthCounts]] = {}
    for row in rows:
        if not department or row.department == department:
            months.setdefault(row.month, []).append(row)
    return [(month, figures_from((None, r.category, r.counts) for r in months[month])[0]) for month in sorted(months)]


def _by_department(figures: Sequence[Figures], names: Mapping[str, str], period: str) -> str:
    own = sorted((f for f in figures if f.department), key=lambda f: -f.received)[:15]
    links = [f"/desk/reports?{urlencode({'period': period, 'department': f.department})}" for f in own]
    return _plot(
        "bar", [names.get(f.department or "", f.department) for f in own],
        {"受理": [f.received for f in own], "超期": [f.overdue for f in own]}, links=links, horizontal=True,
    )  # fmt: skip


def _by_month(rows: Sequence[MonthCounts], department: str) -> str:
    trend = _trend(rows, department)
    shares = {
        "按时办结率": [f.on_time for _, f in trend],
        "群众满意度": [f.satisfaction for _, f in trend],
        "发回重办率": [f.rework for _, f in trend],
    }
    return _plot("line", [month for month, _ in trend], shares, percent=True)


def _plot(kind: str, names: Sequence[Any], series: Mapping[str, Sequence[Any]], **more: Any) -> str:
    shown = [{"name": name, "values": list(values)} for name, values in series.items()]
    return json.dumps({"kind": kind, "names": list(names), "series": shown, **more}, ensure_ascii=False)


def _periods(at: dt.datetime) -> list[str]:
    """Return what can be chosen: months, the newest first, then years."""
    today = at.astimezone(ZONE)
    months = [divmod(today.year * 12 + today.month - 1 - back, 12) for back in range(_MONTHS_SHOWN)]
    return [*(f"{year}-{month + 1:02d}" for year, month in months), *(str(today.year - back) for back in range(3))]
