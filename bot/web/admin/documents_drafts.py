"""Drafts of entries: proposed from provisions by rule, reviewed and published by a person, today or tomorrow."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.bootstrap import now
from bot.editing.drafts import proposal, proposals, told_figures
from bot.errors import ChangedMeanwhile, KnowledgeInvalid, NotFound
from bot.hotline.knowledge import KnowledgeEntry
from bot.hotline.staff import Permission
from bot.storage import (
    Draft,
    add_drafts,
    finish_draft,
    get_draft,
    list_drafts,
    note_deed,
    placed,
    publish_entry,
    read_originals,
    reopen_draft,
    save_draft,
)
from bot.web.admin.knowledge_editor import editor
from bot.web.admin.knowledge_forms import Scene, choices_for_templates, entry_form, scene, typed_entry
from bot.web.admin.work import reading, writing
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render

_STATES = {"open": "待写", "published": "已发布", "discarded": "已丢弃"}


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/admin/documents/drafts", show)
    app.router.add_get("/admin/documents/drafts/{draft}", edit)
    app.router.add_post("/admin/documents/drafts/{draft}", change)
    app.router.add_post("/admin/documents/drafts/{draft}/reopen", reopen)
    app.router.add_post("/admin/documents/{id}/drafts", propose)


@allowed(Permission.IMPORT_DOCUMENTS)
async def propose(request: web.Request) -> web.StreamResponse:
    """Draft entries for the provisions that no entry tells, or for the one that the form names."""
    here, given, id_ = await scene(request), await request.post(), request.match_info["id"]
    document = here.knowledge.documents.get(id_)
    if document is None:
        raise NotFound("没有这份文件。")
    here.require(document.jurisdiction)
    member, path = member_of(request), str(given.get("path", ""))

    def store(connection: Any) -> int:
        original = read_originals(connection, [id_]).get(id_)
        if original is None:
            raise KnowledgeInvalid("这份文件的原文没有导入，不能拟草稿。请先上传公报。")
        by_path = {provision.path: provision for provision in original.provisions}
        if path and path not in by_path:
            raise NotFound(f"没有条款 {path[:40]}。")
        new = [proposal(document, by_path[path])] if path else proposals(document, here.knowledge, original, by_path)
        made = add_drafts(connection, new, by=member.login, at=now())
        note_deed(connection, member, "拟条目草稿", id_, at=now(), 份数=len(made))
        return len(made)

    made = await writing(request, store)
    raise web.HTTPSeeOther(f"/admin/documents/drafts?document={id_}&made={made}")


@allowed(Permission.IMPORT_DOCUMENTS)
async def show(request: web.Request) -> web.StreamResponse:
    """List the drafts of a document, or all."""
    here = await scene(request)
    document, state = request.query.get("document", ""), request.query.get("state", "open")
    state = state if state in _STATES else "open"
    found = await reading(request, lambda connection: list_drafts(connection, document=document, state=state))
    drafts = [draft for draft in found if draft.document in here.documents]
    return await render(
        request, "admin/documents_drafts.html", drafts=drafts, document=document, state=state, states=_STATES,
        made=request.query.get("made", ""), **choices_for_templates(here),
    )  # fmt: skip


@allowed(Permission.IMPORT_DOCUMENTS)
async def edit(request: web.Request) -> web.StreamResponse:
    """Show a draft with its provision to be written."""
    here, draft = await scene(request), await _draft(request)
    _require(here, draft)
    form = await entry_form(request, here, draft.content, version=draft.version)
    return await _editor(request, here, form, draft)


@allowed(Permission.IMPORT_DOCUMENTS)
async def change(request: web.Request) -> web.StreamResponse:
    """Keep, publish or discard a draft."""
    here, draft, given = await scene(request), await _draft(request), await request.post()
    _require(here, draft)
    form = await entry_form(request, here, draft.content, given)
    wanted = typed_entry(form, given, draft.content)
    for citation in wanted.citations:
        if citation.document not in here.documents:
            raise KnowledgeInvalid("请选择本辖区的文件作依据。")
    does = str(given.get("does", "save"))
    if does != "discard" and not form.validate():
        return await _editor(request, here, form, draft, 400, typed=wanted)
    member, seen, reason = member_of(request), form.version.data or 0, (form.reason.data or "").strip()

    def store(connection: Any) -> KnowledgeEntry | None:
        known: dict[str, Any] = {"version": seen, "by": member.login, "at": now()}
        if does == "publish":
            whole = placed(connection, wanted)
            why = reason or f"由《{here.documents[draft.document].title}》{draft.path}新增"
            saved = publish_entry(connection, whole, by=member.login, reason=why, expected_version=0)
            finish_draft(connection, draft.id, entry=saved.id, **known)
            note_deed(connection, member, "发布草稿", saved.id, at=now())
            return saved
        if does == "discard":
            finish_draft(connection, draft.id, **known)
            note_deed(connection, member, "丢弃草稿", draft.id, at=now())
        else:
            save_draft(connection, draft.id, wanted, **known)
        return None

    try:
        saved = await writing(request, store)
    except ChangedMeanwhile as error:
        form.version.raw_data, form.version.data = None, (await _draft(request)).version
        return await _editor(request, here, form, draft, 409, typed=wanted, problem=str(error))
    except KnowledgeInvalid as error:
        return await _editor(request, here, form, draft, 400, typed=wanted, problem=str(error))
    if saved is not None:
        raise web.HTTPSeeOther(f"/admin/knowledge/{saved.id}?saved={saved.version}")
    raise web.HTTPSeeOther(await _next(request, here, draft, stay=does == "save"))


@allowed(Permission.IMPORT_DOCUMENTS)
async def reopen(request: web.Request) -> web.StreamResponse:
    """Let a discarded draft wait again."""
    here, draft = await scene(request), await _draft(request)
    _require(here, draft)
    by = member_of(request).login
    await writing(request, lambda connection: reopen_draft(connection, draft.id, by=by, at=now()))
    raise web.HTTPSeeOther(f"/admin/documents/drafts/{draft.id}")


async def _editor(
    request: web.Request, here: Scene, form: Any, draft: Draft, status: int = 200, **more: Any
) -> web.StreamResponse:
    texts = await reading(request, lambda connection: read_originals(connection, [draft.document]))
    original = texts.get(draft.document)
    text = next((p.text for p in original.provisions if p.path == draft.path), "") if original else ""
    shown = {"typed": draft.content} | more
    about = {"draft": draft, "figures": told_figures(text), "text": text}
    return await editor(request, here, form, None, status, draft=about, **shown)


async def _next(request: web.Request, here: Scene, draft: Draft, *, stay: bool) -> str:
    """Return where to go after a draft: to the next of the same document."""
    if stay:
        return f"/admin/documents/drafts/{draft.id}?kept=1"
    waiting = await reading(request, lambda connection: list_drafts(connection, document=draft.document))
    if waiting:
        return f"/admin/documents/drafts/{waiting[0].id}?discarded={draft.id}"
    return f"/admin/documents/drafts?document={draft.document}"


async def _draft(request: web.Request) -> Draft:
    id_ = request.match_info["draft"]
    found: Draft = await reading(request, lambda connection: get_draft(connection, id_))
    return found


def _require(here: Scene, draft: Draft) -> None:
    if draft.document not in here.documents:
        raise web.HTTPForbidden(text="这是别的辖区的内容，您不能修改。", content_type="application/json")
