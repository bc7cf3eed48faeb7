"""Hotline lines, departments, the routing catalogue, service items and suggested questions: to look through."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from bot.editing.records import INTEGRATIONS, TITLES, key_of, place_of, spelt
from bot.errors import NotFound
from bot.hotline.staff import Permission
from bot.storage import RecordVersion, list_records
from bot.web.admin import directory_editor
from bot.web.admin.knowledge_forms import choices_for_templates, scene
from bot.web.keys import DATABASE
from bot.web.staff.access import allowed
from bot.web.staff.pages import render

KINDS = ("hotline", "department", "routing_rule", "item", "jurisdiction")
_PAGE = 100


def add_routes(app: web.Application) -> None:
    """Add the routes of the directory to ``app``."""
    app.router.add_get("/admin/directory", show)
    directory_editor.add_routes(app)


@allowed(Permission.EDIT_KNOWLEDGE)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the records of one kind; htmx gets the table alone."""
    here = await scene(request)
    asked = {name: request.query.get(name, "").strip()[:100] for name in ("kind", "place", "words", "retired")}
    kind = asked["kind"] = asked["kind"] or "hotline"
    if kind not in KINDS:
        raise NotFound("没有这类内容。")
    if here.own:
        asked["place"] = here.own
    database = request.app[DATABASE]

    def read() -> list[RecordVersion]:
        with database.read() as connection:
            return list_records(connection, kind)

    found = [row for row in await asyncio.to_thread(read) if _fits(row, asked, here.place_names)]
    found.sort(key=lambda row: (place_of(row.record) or "", getattr(row.record, "category", ""), key_of(row.record)))
    page = request.query.get("page", "1")
    number = min(int(page), 1000) if page.isdecimal() and len(page) < 5 and int(page) else 1
    alone = request.headers.get("HX-Target") == "records"
    return await render(
        request, f"admin/directory_{'rows' if alone else 'list'}.html", kind=kind, asked=asked, total=len(found),
        rows=found[(number - 1) * _PAGE : number * _PAGE], page=number, pages=max(1, -(-len(found) // _PAGE)),
        titles={name: TITLES[name] for name in KINDS}, key_of=key_of, integrations=INTEGRATIONS,
        departments=here.knowledge.departments, **choices_for_templates(here),
    )  # fmt: skip


def _fits(row: RecordVersion, asked: dict[str, str], places: Sequence[str] | dict[str, Any]) -> bool:
    place = place_of(row.record)
    if asked["kind"] == "jurisdiction" and place not in places:
        return False
    if (asked["place"] and place != asked["place"]) or (row.retired_at is not None) != bool(asked["retired"]):
        return False
    text = f"{key_of(row.record)} {' '.join(spelt(row.record).values())}".lower()
    return all(word.lower() in text for word in asked["words"].split())
