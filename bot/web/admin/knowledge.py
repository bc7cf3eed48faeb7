"""The knowledge to look through: search, narrow, page, take away as a spreadsheet."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import web

from bot.bootstrap import now
from bot.editing.sheets import write_csv, write_xlsx
from bot.hotline.staff import Permission
from bot.storage import EntryFilter, EntryRow, find_entries, note_deed
from bot.storage.browsing import STATES
from bot.web.admin import knowledge_editor, knowledge_history, knowledge_import, knowledge_trial
from bot.web.admin.knowledge_forms import Scene, choices_for_templates, scene
from bot.web.keys import DATABASE
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render

_PAGE = 50
_FORMATS = {
    "csv": (write_csv, "text/csv"),
    "xlsx": (write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def add_routes(app: web.Application) -> None:
    """Add the routes of the knowledge to ``app``; those with an id come last."""
    app.router.add_get("/admin/knowledge", show)
    app.router.add_get("/admin/knowledge/export.{format:csv|xlsx}", export)
    knowledge_import.add_routes(app)
    knowledge_trial.add_routes(app)
    knowledge_editor.add_routes(app)
    knowledge_history.add_routes(app)


@allowed(Permission.EDIT_KNOWLEDGE)
async def show(request: web.Request) -> web.StreamResponse:
    """Show a page of entries; htmx gets the table alone."""
    here = await scene(request)
    wanted, page = _wanted(request, here), _number(request.query.get("page", "1"))
    database = request.app[DATABASE]

    def read() -> tuple[list[EntryRow], int]:
        with database.read() as connection:
            return find_entries(connection, wanted, now(), limit=_PAGE, offset=(page - 1) * _PAGE)

    rows, total = await asyncio.to_thread(read)
    alone = request.headers.get("HX-Target") == "entries"
    asked = {name: value for name, value in vars(wanted).items() if value}
    topics = sorted({e.topic for e in here.knowledge.entries if wanted.place in ("", e.jurisdiction)})
    return await render(
        request, f"admin/knowledge_{'rows' if alone else 'list'}.html", rows=rows, total=total, page=page,
        pages=max(1, -(-total // _PAGE)), wanted=wanted, asked=asked, topics=topics, **choices_for_templates(here),
    )  # fmt: skip


@allowed(Permission.EDIT_KNOWLEDGE)
async def export(request: web.Request) -> web.StreamResponse:
    """Give the entries that the list shows as a file."""
    here = await scene(request)
    wanted = _wanted(request, here)
    write, content_type = _FORMATS[request.match_info["format"]]
    database, member = request.app[DATABASE], member_of(request)

    def make() -> bytes:
        with database.begin() as connection:
            rows: Sequence[EntryRow] = find_entries(connection, wanted, now())[0]
            note_deed(connection, member, "导出知识条目", at=now(), 条数=len(rows))
        return write([(row.entry, row.retired_at is not None) for row in rows])

    content = await asyncio.to_thread(make)
    name = f"knowledge.{request.match_info['format']}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=content, content_type=content_type, headers=headers)


def _wanted(request: web.Request, here: Scene) -> EntryFilter:
    asked = {name: request.query.get(name, "").strip()[:200] for name in EntryFilter.__dataclass_fields__}
    if asked["state"] not in STATES:
        asked["state"] = "in_use"
    if here.own:
        asked["place"] = here.own
    return EntryFilter(**asked)


def _number(text: str) -> int:
    return min(max(int(text), 1), 10_000) if text.isdecimal() and len(text) < 6 else 1
