"""Entries from a spreadsheet: every row is shown with what it would change, and nothing is written if anything is wrong."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from aiohttp import web

from bot.bootstrap import now
from bot.editing.sheets import LARGEST
from bot.errors import KnowledgeInvalid
from bot.hotline.staff import Permission, StaffMember
from bot.storage import Planned, Upload, add_upload, apply_sheet, get_upload, note_deed, note_done, plan_sheet
from bot.web.admin.uploading import receive
from bot.web.keys import DATABASE
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render

DOES = {
    "new": "新增", "changed": "修改", "retired": "停用", "restored": "恢复", "same": "不变", "wrong": "有问题",
}  # fmt: skip


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/admin/knowledge/import", begin)
    app.router.add_post("/admin/knowledge/import", send)
    app.router.add_get("/admin/knowledge/import/{upload}", show)
    app.router.add_post("/admin/knowledge/import/{upload}", apply)


@allowed(Permission.EDIT_KNOWLEDGE)
async def begin(request: web.Request) -> web.StreamResponse:
    """Ask for a file."""
    return await render(request, "admin/knowledge_import.html")


@allowed(Permission.EDIT_KNOWLEDGE)
async def send(request: web.Request) -> web.StreamResponse:
    """Take a file, refuse it where it is no spreadsheet that we read, and lead to what it would do."""
    sent = await receive(request, LARGEST)
    database, member = request.app[DATABASE], member_of(request)

    def keep() -> str:
        with database.read() as connection:
            plan_sheet(connection, sent.content, sent.name, now(), _may(member))
        with database.begin() as connection:
            return add_upload(connection, "entries", sent.name, sent.content, by=member.login, at=now())

    target = f"/admin/knowledge/import/{await asyncio.to_thread(keep)}"
    return web.Response(status=204, headers={"HX-Redirect": target})


@allowed(Permission.EDIT_KNOWLEDGE)
async def show(request: web.Request) -> web.StreamResponse:
    """Show row by row what would change and what is wrong."""
    database, member = request.app[DATABASE], member_of(request)

    def read() -> tuple[Upload, list[Planned]]:
        with database.read() as connection:
            upload = get_upload(connection, request.match_info["upload"], "entries")
            return upload, plan_sheet(connection, upload.content, upload.name, now(), _may(member))

    upload, plans = await asyncio.to_thread(read)
    counts = Counter(plan.does for plan in plans)
    return await render(
        request, "admin/knowledge_plan.html", upload=upload, plans=[p for p in plans if p.does != "same"],
        counts={title: counts[does] for does, title in DOES.items()}, does=DOES, wrong=counts["wrong"],
        changes=len(plans) - counts["same"] - counts["wrong"],
    )  # fmt: skip


@allowed(Permission.EDIT_KNOWLEDGE)
async def apply(request: web.Request) -> web.StreamResponse:
    """Write every row, or nothing where anything is wrong."""
    reason = str((await request.post()).get("reason", "")).strip()[:200]
    if not reason:
        raise KnowledgeInvalid("请写明修改的理由。")
    database, member, id_ = request.app[DATABASE], member_of(request), request.match_info["upload"]

    def store() -> None:
        with database.begin() as connection:
            upload = get_upload(connection, id_, "entries")
            if upload.done_at is not None:
                raise KnowledgeInvalid("这份表已经导入过了。")
            plans = apply_sheet(
                connection, upload.content, upload.name, now(), _may(member), by=member.login, reason=reason
            )
            note_done(connection, id_, now())
            done = sum(plan.does != "same" for plan in plans)
            note_deed(connection, member, "导入知识条目", upload.name, at=now(), 条数=done, 理由=reason)

    await asyncio.to_thread(store)
    raise web.HTTPSeeOther("/admin/knowledge?state=recent")


def _may(member: StaffMember) -> Callable[[str], bool]:
    return lambda place: member.jurisdiction in (None, place)
