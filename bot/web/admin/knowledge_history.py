"""The versions of an entry: who changed what and why, word by word, and back to any of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from aiohttp import web

from bot.bootstrap import now
from bot.editing.differences import FieldDifference, entry_differences, spelt
from bot.errors import KnowledgeInvalid
from bot.hotline.staff import Permission
from bot.storage import EntryVersion, entry_history, get_entry, note_deed, publish_entry, retire_entry
from bot.web.admin.knowledge_editor import the_entry
from bot.web.admin.knowledge_forms import choices_for_templates, scene
from bot.web.keys import DATABASE
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render


@dataclass(frozen=True)
class Step:
    """One version and how it differs from the one before; the first has none before it."""

    version: EntryVersion
    differences: list[FieldDifference] | None


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/admin/knowledge/{id}/history", history)
    app.router.add_post("/admin/knowledge/{id}/restore", restore)


@allowed(Permission.EDIT_KNOWLEDGE)
async def history(request: web.Request) -> web.StreamResponse:
    """Show every version of an entry, the newest first."""
    here, row = await scene(request), await the_entry(request)
    here.require(row.entry.jurisdiction)
    database = request.app[DATABASE]

    def read() -> tuple[EntryVersion, ...]:
        with database.read() as connection:
            return entry_history(connection, row.entry.id)

    versions = await asyncio.to_thread(read)
    before = [*versions[1:], None]
    steps = [Step(v, entry_differences(b.entry, v.entry) if b else None) for v, b in zip(versions, before)]
    first = spelt(versions[-1].entry)
    return await render(
        request, "admin/knowledge_history.html", row=row, steps=steps, first=first, **choices_for_templates(here)
    )


@allowed(Permission.EDIT_KNOWLEDGE)
async def restore(request: web.Request) -> web.StreamResponse:
    """Make an earlier version the current one again, as a new version; version 0 takes a new entry back."""
    here, row, given = await scene(request), await the_entry(request), await request.post()
    here.require(row.entry.jurisdiction)
    wanted, seen = (_number(str(given.get(name, ""))) for name in ("version", "expected"))
    reason = str(given.get("reason", "")).strip()[:200] or f"恢复第{wanted}版"
    database, member, id_ = request.app[DATABASE], member_of(request), row.entry.id

    def store() -> int:
        with database.begin() as connection:
            if wanted == 0:
                retire_entry(connection, id_, by=member.login, reason=reason)
                version = row.entry.version
            else:
                old = replace(get_entry(connection, id_, wanted), version=seen)
                version = publish_entry(connection, old, by=member.login, reason=reason, expected_version=seen).version
            note_deed(connection, member, "恢复知识条目", id_, at=now(), 恢复到=wanted, 版本=version, 理由=reason)
        return version

    await asyncio.to_thread(store)
    raise web.HTTPSeeOther(f"/admin/knowledge/{id_}?restored={wanted}")


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 6:
        raise KnowledgeInvalid("没有这个版本。")
    return int(text)
