"""Changing one record of the directory: edit, take out of use, bring back any earlier version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.web import HTTPSeeOther

from bot.bootstrap import now
from bot.editing.differences import FieldDifference, field_differences
from bot.editing.records import TITLES, Record, fingerprint, key_of, place_of, spelt
from bot.errors import ChangedMeanwhile, KnowledgeInvalid, NotFound
from bot.hotline.staff import Permission
from bot.storage import (
    RecordVersion,
    get_record,
    note_deed,
    record_history,
    referring,
    retire_record,
    save_record,
)
from bot.web.admin.directory_forms import form_fields, is_identity, shown_values, typed_record
from bot.web.admin.knowledge_forms import Scene, choices_for_templates, scene
from bot.web.admin.work import reading, writing
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render

_KINDS = "hotline|department|routing_rule|item|jurisdiction"
_ADDRESS = f"/admin/directory/{{kind:{_KINDS}}}"


@dataclass(frozen=True)
class Step:
    """One version of a record and how it differs from the one before; the first has none before it."""

    version: RecordVersion
    differences: list[FieldDifference] | None


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get(f"{_ADDRESS}/new", new)
    app.router.add_post(f"{_ADDRESS}/new", create)
    app.router.add_get(f"{_ADDRESS}/{{key}}", edit)
    app.router.add_post(f"{_ADDRESS}/{{key}}", change)
    app.router.add_post(f"{_ADDRESS}/{{key}}/retire", retire)
    app.router.add_post(f"{_ADDRESS}/{{key}}/restore", restore)


@allowed(Permission.EDIT_KNOWLEDGE)
async def new(request: web.Request) -> web.StreamResponse:
    """Show an empty form for a place."""
    here = await scene(request)
    place = request.query.get("place", "") or next(iter(here.place_names), "")
    return await _page(request, here, place, None)


@allowed(Permission.EDIT_KNOWLEDGE)
async def create(request: web.Request) -> web.StreamResponse:
    """Add a record."""
    here, given = await scene(request), await request.post()
    place = str(given.get("place", ""))
    if place not in here.place_names:
        raise KnowledgeInvalid("请选择辖区。")
    kind = request.match_info["kind"]
    try:
        record = typed_record(kind, place, given, None, form_fields(kind, here, place))
        await _save(request, record, str(given.get("reason", "")), "", "新增")
    except KnowledgeInvalid as error:
        return await _page(request, here, place, None, 400, problem=str(error), given=given)
    raise HTTPSeeOther(f"/admin/directory/{kind}/{key_of(record)}?saved={fingerprint(record)}")


@allowed(Permission.EDIT_KNOWLEDGE)
async def edit(request: web.Request) -> web.StreamResponse:
    """Show a record to be edited, with its history."""
    here, row = await scene(request), await _record(request)
    place = place_of(row.record) or ""
    here.require(place)
    return await _page(request, here, place, row)


@allowed(Permission.EDIT_KNOWLEDGE)
async def change(request: web.Request) -> web.StreamResponse:
    """Save what was typed; where somebody else was faster both are shown and nothing is lost."""
    here, row, given = await scene(request), await _record(request), await request.post()
    kind, place = request.match_info["kind"], place_of(row.record) or ""
    here.require(place)
    form = form_fields(kind, here, place)
    try:
        kept = [field for field in form if not is_identity(kind, field.name)]
        record = typed_record(kind, place, given, row.record, kept)
        await _save(request, record, str(given.get("reason", "")), str(given.get("expected", "")), "修改")
    except ChangedMeanwhile:
        newest = await _record(request)
        against = field_differences(spelt(newest.record), spelt(record))
        return await _page(request, here, place, newest, 409, given=given, against=against)
    except KnowledgeInvalid as error:
        return await _page(request, here, place, row, 400, problem=str(error), given=given)
    raise HTTPSeeOther(f"{request.path}?saved={fingerprint(record)}")


@allowed(Permission.EDIT_KNOWLEDGE)
async def retire(request: web.Request) -> web.StreamResponse:
    """Take a record out of use."""
    here, row = await scene(request), await _record(request)
    here.require(place_of(row.record) or "")
    reason = _reason(str((await request.post()).get("reason", "")))
    kind, key = request.match_info["kind"], request.match_info["key"]

    by = member_of(request)

    def store(connection: Any) -> None:
        retire_record(connection, kind, key, by=by.login, reason=reason)
        note_deed(connection, by, f"停用{TITLES[kind]}", key, at=now(), 理由=reason)

    await writing(request, store)
    raise HTTPSeeOther(f"/admin/directory/{kind}/{key}?retired=1")


@allowed(Permission.EDIT_KNOWLEDGE)
async def restore(request: web.Request) -> web.StreamResponse:
    """Make an earlier version the current one again; the form names it by its content."""
    here, row, given = await scene(request), await _record(request), await request.post()
    here.require(place_of(row.record) or "")
    wanted = str(given.get("version", ""))
    versions = await _history(request)
    found = next((v.record for v in versions if fingerprint(v.record) == wanted), None)
    if found is None:
        raise NotFound("没有这个版本。")
    await _save(
        request, found, str(given.get("reason", "")) or "恢复以前的内容", str(given.get("expected", "")), "恢复"
    )
    kind, key = request.match_info["kind"], request.match_info["key"]
    raise HTTPSeeOther(f"/admin/directory/{kind}/{key}?restored=1")


async def _save(request: web.Request, record: Record, reason: str, expected: str, deed: str) -> None:
    by, why, kind = member_of(request), _reason(reason), request.match_info["kind"]

    def store(connection: Any) -> None:
        if save_record(connection, record, by=by.login, reason=why, expected=expected):
            note_deed(connection, by, f"{deed}{TITLES[kind]}", key_of(record), at=now(), 理由=why)

    await writing(request, store)


async def _page(
    request: web.Request, here: Scene, place: str, row: RecordVersion | None, status: int = 200, *,
    problem: str = "", given: Any = None, against: Any = None,
) -> web.StreamResponse:  # fmt: skip
    kind = request.match_info["kind"]
    form = form_fields(kind, here, place)
    values = shown_values(row.record if row else None, [field.name for field in form])
    if given is not None:
        typed = {f.name: given.getall(f.name, []) if f.kind == "choices" else given.get(f.name, "") for f in form}
        values |= {name: value for name, value in typed.items() if not (row and is_identity(kind, name))}
    versions = list(await _history(request)) if row else []
    steps = [
        Step(v, field_differences(spelt(before.record), spelt(v.record)) if before else None)
        for v, before in zip(versions, [*versions[1:], None])
    ]
    used = (
        await reading(request, lambda c: referring(c, kind, key_of(row.record)))
        if row and kind in ("department", "item")
        else []
    )
    return await render(
        request, "admin/directory_record.html", status, kind=kind, title=TITLES[kind], form=form, values=values, row=row,
        place=place, problem=problem, against=against, steps=steps, used=used, given=given, fingerprint=fingerprint,
        is_identity=is_identity, saved=request.query.get("saved", ""), done=dict(request.query),
        key=key_of(row.record) if row else "", **choices_for_templates(here),
    )  # fmt: skip


async def _record(request: web.Request) -> RecordVersion:
    kind, key = request.match_info["kind"], request.match_info["key"]
    found: RecordVersion = await reading(request, lambda connection: get_record(connection, kind, key))
    return found


async def _history(request: web.Request) -> tuple[RecordVersion, ...]:
    kind, key = request.match_info["kind"], request.match_info["key"]
    found: tuple[RecordVersion, ...] = await reading(request, lambda connection: record_history(connection, kind, key))
    return found


def _reason(text: str) -> str:
    if not text.strip():
        raise KnowledgeInvalid("请写明修改的理由。")
    return text.strip()[:200]
