"""The figures about work orders (统计): by department and by month, as tables, plots and files."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from itertools import dropwhile
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.bootstrap import now
from bot.hotline.deadlines import ZONE
from bot.hotline.reports import Figures, figures_of, month_of
from bot.hotline.staff import Permission, StaffMember
from bot.hotline.work_orders import Role
from bot.spreadsheets import REPORT_HEADINGS, csv_bytes, report_rows, report_workbook
from bot.storage import Database, department_figures, month_counts, note_deed
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
    member, database = member_of(request), request.app[DATABASE]
    period, department = _asked(request, member)
    knowledge = await asyncio.to_thread(request.app[REFERENCE].knowledge)
    figures, trend = await asyncio.gather(
        asyncio.to_thread(_figures, database, member, period, department),
        asyncio.to_thread(_trend, database, member, period, department),
    )
    names = {d.id: d.name for d in knowledge.departments.values()}
    return await render(
        request, "desk/reports.html", period=period, periods=_periods(now()), department=department, figures=figures,
        names=names, departments=[] if member.role is Role.HANDLER else departments_for(member, knowledge),
        trend=trend, by_department=_by_department(figures, names, period), by_month=_by_month(trend),
        query=urlencode({"period": period, "department": department}),
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
    names = {d.id: d.name for d in (await asyncio.to_thread(request.app[REFERENCE].knowledge)).departments.values()}
    figures = await asyncio.to_thread(_figures, database, member, period, department)

    def record() -> None:
        with database.begin() as connection:
            note_deed(connection, member, "导出统计", period, at=now(), 单位=names.get(department, department))

    await asyncio.to_thread(record)
    return report_rows(figures, names), f"工单统计-{period}"


def _asked(request: web.Request, member: StaffMember) -> tuple[str, str]:
    """Return the period and the department that are asked for; a handler gets the own one, whatever is asked for."""
    period, this = request.query.get("period", ""), f"{now().astimezone(ZONE):%Y-%m}"
    own = member.department or "" if member.role is Role.HANDLER else request.query.get("department", "")[:100]
    return (period if period in _periods(now()) else this), own


def _figures(database: Database, member: StaffMember, period: str, department: str) -> list[Figures]:
    """Return the figures of the period, of one department alone where one is asked for."""
    first, end = month_of(period)
    with database.read() as connection:
        found = department_figures(connection, first, end, now(), member.jurisdiction, department or None)
    return [f for f in found if f.department == department] if department else found


def _trend(database: Database, member: StaffMember, period: str, department: str) -> list[tuple[str, Figures]]:
    """Return the figures of the twelve months that end with the period, oldest first, from the first with orders."""
    _, end = month_of(period)
    names = [
        f"{(month - 1) // 12}-{(month - 1) % 12 + 1:02d}"
        for month in range(end.year * 12 + end.month - 12, end.year * 12 + end.month)
    ]
    with database.read() as connection:
        found = month_counts(
            connection, [month_of(name) for name in names], now(), member.jurisdiction, department or None
        )
    trend = [(name, figures_of(department or None, counts, {}, 0)) for name, counts in zip(names, found)]
    return list(dropwhile(lambda one: not one[1].received, trend))


def _by_department(figures: Sequence[Figures], names: Mapping[str, str], period: str) -> str:
    own = sorted((f for f in figures if f.department), key=lambda f: -f.received)[:15]
    links = [f"/desk/reports?{urlencode({'period': period, 'department': f.department})}" for f in own]
    return _plot(
        "bar", [names.get(f.department or "", f.department) for f in own],
        {"受理": [f.received for f in own], "超期": [f.overdue for f in own]}, links=links, horizontal=True,
    )  # fmt: skip


def _by_month(trend: Sequence[tuple[str, Figures]]) -> str:
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
