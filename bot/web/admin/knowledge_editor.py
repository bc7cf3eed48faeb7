"""Writing one entry: with its provision beside, every figure held against it while typing, and undo after saving."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from bot.bootstrap import now, today
from bot.editing.alike import Alike, QuestionIndex, repeated
from bot.editing.differences import entry_differences
from bot.editing.review import Review
from bot.errors import ChangedMeanwhile, KnowledgeInvalid, NotFound
from bot.hotline.knowledge import Aspect, KnowledgeEntry, Provision
from bot.hotline.replies import answer_text
from bot.hotline.staff import Permission, StaffMember
from bot.storage import (
    Database,
    EntryRow,
    StoredOriginal,
    find_entry,
    note_deed,
    placed,
    publish_entry,
    read_originals,
    retire_entry,
    review_entry,
)
from bot.web.admin.knowledge_forms import EntryForm, Scene, choices_for_templates, entry_form, scene, typed_entry
from bot.web.keys import DATABASE
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render

ALIKE: web.AppKey[dict[int, QuestionIndex]] = web.AppKey("alike", dict)  # by version of the knowledge: the newest only
BLANK = KnowledgeEntry("", "", "", Aspect.DEFINITION, "", "", ())


@dataclass(frozen=True)
class Checked:
    """What is said about an entry while it is written."""

    review: Review
    alike: list[Alike]
    repeated: list[str]
    preview: str
    originals: dict[str, StoredOriginal]


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app[ALIKE] = {}
    app.router.add_get("/admin/knowledge/new", new)
    app.router.add_post("/admin/knowledge/new", create)
    app.router.add_post("/admin/knowledge/check", check)
    app.router.add_get("/admin/knowledge/provisions", provisions)
    app.router.add_get("/admin/knowledge/{id}", edit)
    app.router.add_post("/admin/knowledge/{id}", change)
    app.router.add_post("/admin/knowledge/{id}/retire", retire)


@allowed(Permission.EDIT_KNOWLEDGE)
async def new(request: web.Request) -> web.StreamResponse:
    """Show the form for a new entry, about a document and provision where the address names them."""
    here = await scene(request)
    document, path = request.query.get("document", ""), request.query.get("path", "")
    cited = [(document, path)] if document in here.documents else []
    start = replace(BLANK, jurisdiction=here.documents[document].jurisdiction) if cited else BLANK
    return await editor(request, here, await entry_form(request, here, start), None, cited=cited)


@allowed(Permission.EDIT_KNOWLEDGE)
async def create(request: web.Request) -> web.StreamResponse:
    """Publish a new entry."""
    here, given = await scene(request), await request.post()
    form = await entry_form(request, here, BLANK, given)
    wanted = typed_entry(form, given, BLANK)
    _require_documents(here, wanted)
    if not form.validate():
        return await editor(request, here, form, None, 400, typed=wanted)
    database, member = request.app[DATABASE], member_of(request)

    def store() -> KnowledgeEntry:
        with database.begin() as connection:
            whole = placed(connection, wanted)
            saved = publish_entry(connection, whole, by=member.login, reason=form.reason.data, expected_version=0)
            note_deed(connection, member, "新建知识条目", saved.id, at=now(), 理由=form.reason.data)
        return saved

    try:
        saved = await asyncio.to_thread(store)
    except KnowledgeInvalid as error:
        return await editor(request, here, form, None, 400, problem=str(error), typed=wanted)
    raise web.HTTPSeeOther(f"/admin/knowledge/{saved.id}?saved=1")


@allowed(Permission.EDIT_KNOWLEDGE)
async def edit(request: web.Request) -> web.StreamResponse:
    """Show an entry to be edited."""
    here, row = await scene(request), await the_entry(request)
    here.require(row.entry.jurisdiction)
    form = await entry_form(request, here, row.entry, version=row.entry.version)
    return await editor(request, here, form, row)


@allowed(Permission.EDIT_KNOWLEDGE)
async def change(request: web.Request) -> web.StreamResponse:
    """Save what was typed; where somebody else was faster both are shown and nothing is lost."""
    here, row, given = await scene(request), await the_entry(request), await request.post()
    here.require(row.entry.jurisdiction)
    form = await entry_form(request, here, row.entry, given)
    wanted = typed_entry(form, given, row.entry)
    _require_documents(here, wanted)
    if not form.validate():
        return await editor(request, here, form, row, 400, typed=wanted)
    seen, reason = form.version.data, form.reason.data or ""
    try:
        saved = await asyncio.to_thread(
            _store, request.app[DATABASE], wanted, reason, seen, member_of(request), "修改知识条目"
        )
    except ChangedMeanwhile:
        newest = await the_entry(request)
        form.version.raw_data, form.version.data = None, newest.entry.version
        against = entry_differences(newest.entry, wanted)
        return await editor(request, here, form, newest, 409, typed=wanted, against=against)
    except KnowledgeInvalid as error:
        return await editor(request, here, form, row, 400, problem=str(error), typed=wanted)
    raise web.HTTPSeeOther(f"/admin/knowledge/{saved.id}?saved={saved.version}")


@allowed(Permission.EDIT_KNOWLEDGE)
async def retire(request: web.Request) -> web.StreamResponse:
    """Let an entry answer no longer."""
    here, row = await scene(request), await the_entry(request)
    here.require(row.entry.jurisdiction)
    reason = str((await request.post()).get("reason", "")).strip()[:200]
    if not reason:
        raise KnowledgeInvalid("请写明停用的理由。")
    database, member = request.app[DATABASE], member_of(request)

    def store() -> None:
        with database.begin() as connection:
            retire_entry(connection, row.entry.id, by=member.login, reason=reason)
            note_deed(connection, member, "停用知识条目", row.entry.id, at=now(), 理由=reason)

    await asyncio.to_thread(store)
    raise web.HTTPSeeOther(f"/admin/knowledge/{row.entry.id}?retired=1")


@allowed(Permission.EDIT_KNOWLEDGE)
async def check(request: web.Request) -> web.StreamResponse:
    """Say what is to be said about an entry that is being written."""
    here, given = await scene(request), await request.post()
    before = await known_entry(request, str(given.get("id", "")))
    form = await entry_form(request, here, before, given)
    wanted = typed_entry(form, given, before)
    _require_documents(here, wanted)
    checked = await asyncio.to_thread(checked_entry, request.app, here, wanted)
    return await render(request, "admin/knowledge_check.html", checked=checked, wanted=wanted, documents=here.documents)


@allowed(Permission.EDIT_KNOWLEDGE)
async def provisions(request: web.Request) -> web.StreamResponse:
    """List the provisions of the cited documents, those with the searched words, to read and to cite."""
    here = await scene(request)
    chosen = [d for d in dict.fromkeys(request.query.getall("cited_document", [])) if d in here.documents]
    words = request.query.get("find", "").split()[:8]
    database = request.app[DATABASE]

    def read() -> dict[str, StoredOriginal]:
        with database.read() as connection:
            return read_originals(connection, chosen)

    originals = await asyncio.to_thread(read)

    def fits(provision: Provision) -> bool:
        return all(word in f"{provision.path} {provision.heading or ''} {provision.text}" for word in words)

    found = {d: [p for p in originals[d].provisions if fits(p)] for d in chosen if d in originals}
    return await render(
        request, "admin/knowledge_provisions.html", chosen=chosen, found=found, documents=here.documents
    )


async def editor(
    request: web.Request, here: Scene, form: EntryForm, row: EntryRow | None, status: int = 200, *,
    problem: str = "", typed: KnowledgeEntry | None = None, cited: Any = None, against: Any = None, draft: Any = None,
) -> web.StreamResponse:  # fmt: skip
    """Show the form with what was typed in it."""
    shown = typed or (row.entry if row else BLANK)
    cited = cited or [(c.document, "、".join(c.provisions)) for c in shown.citations]
    notice = {name: request.query.get(name, "") for name in ("saved", "retired", "restored")}
    if row is None or notice["saved"] != str(row.entry.version):
        notice["saved"] = ""
    return await render(
        request, "admin/knowledge_entry.html", status, form=form, row=row, cited=[*cited, ("", "")], problem=problem,
        against=against, notice=notice, draft=draft, member_names={}, **choices_for_templates(here),
    )  # fmt: skip


def checked_entry(app: web.Application, here: Scene, entry: KnowledgeEntry) -> Checked:
    """Hold ``entry`` against its provisions and the other entries, and make what a citizen would read."""
    with app[DATABASE].read() as connection:
        cited = [citation.document for citation in entry.citations]
        originals, found = read_originals(connection, cited), review_entry(connection, entry)
    known = all(document in here.knowledge.documents for document in cited)
    shown = bool(entry.answer and cited and known)
    preview = answer_text([entry], here.knowledge, today(), None) if shown else ""
    alike = _index(app, here).alike(_with_place(entry, here)) if entry.question else []
    return Checked(found, alike, repeated([q for q in entry.questions if q]), preview, originals)


async def the_entry(request: web.Request) -> EntryRow:
    """Return the entry that the address names. Raises NotFound."""
    database, wanted = request.app[DATABASE], request.match_info["id"]

    def read() -> EntryRow | None:
        with database.read() as connection:
            return find_entry(connection, wanted)

    row = await asyncio.to_thread(read)
    if row is None:
        raise NotFound(f"没有知识条目 {wanted[:80]}。")
    return row


async def known_entry(request: web.Request, id_: str) -> KnowledgeEntry:
    """Return the newest version of the entry called ``id_``, a blank one where there is none."""
    database = request.app[DATABASE]

    def read() -> EntryRow | None:
        with database.read() as connection:
            return find_entry(connection, id_)

    row = await asyncio.to_thread(read) if id_ else None
    return row.entry if row else BLANK


def _index(app: web.Application, here: Scene) -> QuestionIndex:
    version = here.knowledge.version
    if version not in app[ALIKE]:
        index = QuestionIndex(here.knowledge.entries)
        app[ALIKE].clear()
        app[ALIKE][version] = index
    return app[ALIKE][version]


def _with_place(entry: KnowledgeEntry, here: Scene) -> KnowledgeEntry:
    document = here.knowledge.documents.get(entry.citations[0].document) if entry.citations else None
    return replace(entry, jurisdiction=document.jurisdiction) if document and not entry.jurisdiction else entry


def _require_documents(here: Scene, entry: KnowledgeEntry) -> None:
    for citation in entry.citations:
        if citation.document in here.knowledge.documents:
            here.require(here.knowledge.documents[citation.document].jurisdiction)


def _store(
    database: Database, entry: KnowledgeEntry, reason: str, seen: int | None, by: StaffMember, deed: str
) -> KnowledgeEntry:
    with database.begin() as connection:
        saved = publish_entry(connection, entry, by=by.login, reason=reason, expected_version=seen)
        note_deed(connection, by, deed, saved.id, at=now(), 版本=saved.version, 理由=reason)
    return saved
