"""Policy documents: how far each is imported and told, whether it still applies, its provisions to read."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web
from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Length, Optional

from bot.bootstrap import now
from bot.editing.differences import field_differences
from bot.editing.records import fingerprint, spelt
from bot.errors import ChangedMeanwhile, KnowledgeInvalid, NotFound
from bot.gazette import SUFFIXES
from bot.hotline.coverage import Gap, gaps
from bot.hotline.knowledge import PolicyDocument, normalise_document_number
from bot.hotline.staff import Permission
from bot.storage import (
    DocumentRow,
    Draft,
    RecordVersion,
    StoredOriginal,
    citing_entries,
    get_record,
    list_documents,
    list_drafts,
    list_uploads,
    note_deed,
    read_originals,
    record_history,
    save_record,
)
from bot.web.admin import documents_drafts, documents_upload
from bot.web.admin.directory_editor import Step
from bot.web.admin.knowledge_forms import Scene, choices_for_templates, scene
from bot.web.keys import DATABASE, SETTINGS
from bot.web.staff.access import StaffForm, allowed, form_meta, member_of
from bot.web.staff.pages import render

_DAY = "请写成 2017-08-01 的样子。"


class DocumentForm(StaffForm):
    """What is held of a document; what is left open is filled from its original."""

    title = StringField("标题", [InputRequired("请填写标题。"), Length(max=200)])
    number = StringField("发文字号", [Length(max=60)])
    issuing_authority = StringField("发文机关", [Length(max=100)])
    issued_on = DateField("印发日期", [Optional()])
    effective_from = DateField("施行日期", [Optional()])
    effective_until = DateField("失效日期", [Optional()])
    repealed_on = DateField("废止日期", [Optional()])
    repealed_by = StringField("由何文件废止", [Length(max=200)])
    confirmed_in_force_on = DateField("核实仍有效的日期", [Optional()])
    reason = StringField("修改的理由", [Length(max=200)])


_DATES = ("issued_on", "effective_from", "effective_until", "repealed_on", "confirmed_in_force_on")
_TEXTS = ("title", "number", "issuing_authority", "repealed_by")


@dataclass(frozen=True)
class Shown:
    """What the page of a document shows."""

    versions: tuple[RecordVersion, ...]
    original: StoredOriginal | None
    citing: dict[str | None, list[str]]
    drafts: list[Draft]
    gaps: list[Gap]


def add_routes(app: web.Application) -> None:
    """Add the routes of the documents to ``app``; those with an id come last."""
    app.router.add_get("/admin/documents", show)
    documents_upload.add_routes(app)
    documents_drafts.add_routes(app)
    app.router.add_get("/admin/documents/{id}", edit)
    app.router.add_post("/admin/documents/{id}", change)
    app.router.add_post("/admin/documents/{id}/restore", restore)


@allowed(Permission.IMPORT_DOCUMENTS)
async def show(request: web.Request) -> web.StreamResponse:
    """List the documents with what is imported of them and told from them."""
    here = await scene(request)
    place, words = (request.query.get(name, "").strip()[:100] for name in ("place", "words"))
    database = request.app[DATABASE]

    def read() -> tuple[list[DocumentRow], list[Any]]:
        with database.read() as connection:
            return list_documents(connection), list_uploads(connection, "gazette")

    rows, uploads = await asyncio.to_thread(read)
    told = Counter(c.document for entry in here.knowledge.entries for c in entry.citations)
    shown = [row for row in rows if row.document.id in here.documents and _fits(row.document, place, words)]
    mine = [upload for upload in uploads if here.own in (None, upload.jurisdiction)]
    return await render(
        request, "admin/documents.html", rows=shown, told=told, place=place, words=words, uploads=mine,
        waiting=sum(row.open_drafts for row in rows if row.document.id in here.documents), suffixes=SUFFIXES,
        default=here.own or request.app[SETTINGS].jurisdiction,
        **choices_for_templates(here),
    )  # fmt: skip


@allowed(Permission.IMPORT_DOCUMENTS)
async def edit(request: web.Request) -> web.StreamResponse:
    """Show a document: whether it applies, and its provisions with the entries that tell them."""
    here, row = await scene(request), await _document(request)
    return await _page(request, here, row, await _form(request, row))


@allowed(Permission.IMPORT_DOCUMENTS)
async def change(request: web.Request) -> web.StreamResponse:
    """Change what is held of a document, such as that it was repealed."""
    here, row, given = await scene(request), await _document(request), await request.post()
    _require(here, row)
    form = await _form(request, row, given)
    if not form.validate():
        for field in (form[name] for name in _DATES):
            field.errors = [_DAY] if field.errors else []
        return await _page(request, here, row, form, 400)
    document = _typed(form, row)
    try:
        await _save(request, document, form.reason.data or "", str(given.get("expected", "")), "修改政策文件")
    except ChangedMeanwhile:
        newest = await _document(request)
        against = field_differences(spelt(newest.record), spelt(document))
        return await _page(request, here, newest, form, 409, against=against)
    except KnowledgeInvalid as error:
        return await _page(request, here, row, form, 400, problem=str(error))
    raise web.HTTPSeeOther(f"/admin/documents/{document.id}?saved={fingerprint(document)}")


@allowed(Permission.IMPORT_DOCUMENTS)
async def restore(request: web.Request) -> web.StreamResponse:
    """Hold of a document again what was held before."""
    here, row, given = await scene(request), await _document(request), await request.post()
    _require(here, row)
    wanted = str(given.get("version", ""))
    versions = (await _shown(request, here, row)).versions
    found = next((v.record for v in versions if fingerprint(v.record) == wanted), None)
    if not isinstance(found, PolicyDocument):
        raise NotFound("没有这个版本。")
    reason = str(given.get("reason", "")).strip() or "恢复以前的内容"
    await _save(request, found, reason, str(given.get("expected", "")), "恢复政策文件")
    raise web.HTTPSeeOther(f"/admin/documents/{found.id}?restored=1")


async def _save(request: web.Request, document: PolicyDocument, reason: str, expected: str, deed: str) -> None:
    if not reason.strip():
        raise KnowledgeInvalid("请写明修改的理由。")
    database, member = request.app[DATABASE], member_of(request)

    def store() -> None:
        with database.begin() as connection:
            if save_record(connection, document, by=member.login, reason=reason.strip()[:200], expected=expected):
                note_deed(connection, member, deed, document.id, at=now(), 理由=reason.strip()[:200])

    await asyncio.to_thread(store)


async def _page(
    request: web.Request, here: Scene, row: RecordVersion, form: DocumentForm, status: int = 200, *,
    problem: str = "", against: Any = None,
) -> web.StreamResponse:  # fmt: skip
    _require(here, row)
    shown = await _shown(request, here, row)
    steps = [
        Step(v, field_differences(spelt(before.record), spelt(v.record)) if before else None)
        for v, before in zip(shown.versions, [*shown.versions[1:], None])
    ]
    return await render(
        request, "admin/document.html", status, row=row, form=form, shown=shown, steps=steps, problem=problem,
        document=here.knowledge.documents[row.record.id], against=against, fingerprint=fingerprint,  # type: ignore[union-attr]
        done=dict(request.query), untold={gap.path: gap for gap in shown.gaps}, **choices_for_templates(here),
    )  # fmt: skip


async def _shown(request: web.Request, here: Scene, row: RecordVersion) -> Shown:
    database, id_ = request.app[DATABASE], request.match_info["id"]

    def read() -> Shown:
        with database.read() as connection:
            original = read_originals(connection, [id_]).get(id_)
            return Shown(
                record_history(connection, "document", id_), original, citing_entries(connection, id_),
                list_drafts(connection, document=id_), [*gaps(here.knowledge, [original])] if original else [],
            )  # fmt: skip

    return await asyncio.to_thread(read)


async def _document(request: web.Request) -> RecordVersion:
    database, id_ = request.app[DATABASE], request.match_info["id"]

    def read() -> RecordVersion:
        with database.read() as connection:
            return get_record(connection, "document", id_)

    return await asyncio.to_thread(read)


async def _form(request: web.Request, row: RecordVersion, given: Any = None) -> DocumentForm:
    return DocumentForm(given, data=vars(row.record), meta=await form_meta(request))


def _typed(form: DocumentForm, row: RecordVersion) -> PolicyDocument:
    document = row.record
    if not isinstance(document, PolicyDocument):
        raise NotFound("没有这份文件。")
    texts: dict[str, str | None] = {name: (form[name].data or "").strip() or None for name in _TEXTS}
    days: dict[str, dt.date | None] = {name: form[name].data for name in _DATES}
    if texts["number"]:
        texts["number"] = normalise_document_number(texts["number"])
    return replace(document, **texts, **days)  # type: ignore[arg-type]


def _fits(document: PolicyDocument, place: str, words: str) -> bool:
    text = f"{document.title} {document.number or ''}"
    return place in ("", document.jurisdiction) and all(word in text for word in words.split())


def _require(here: Scene, row: RecordVersion) -> None:
    here.require(row.record.jurisdiction if isinstance(row.record, PolicyDocument) else "")
