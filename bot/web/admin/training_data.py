"""What training learns from and is judged by, in and out: labels as Rasa YAML, golden questions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from aiohttp import BodyPartReader, web

from bot.bootstrap import now
from bot.editing.labels import QUESTION_KINDS
from bot.hotline.learning import GoldenQuestion, Label, LabelInvalid
from bot.hotline.staff import Permission, StaffMember
from bot.learning.inbox import GoldenGuard
from bot.learning.labelled import as_yaml, from_yaml
from bot.learning.labelling import take_in
from bot.learning.teaching import intents_of
from bot.storage import Database, add_golden, list_golden, note_deed, retire_golden, taught_labels
from bot.web.keys import DATABASE, REFERENCE, SETTINGS
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render

_LARGEST = 2 * 1024 * 1024  # bytes of a file with labels


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/admin/training/labels", labels)
    app.router.add_get("/admin/training/labels.yml", export)
    app.router.add_post("/admin/training/labels", take)
    app.router.add_get("/admin/training/golden", golden)
    app.router.add_post("/admin/training/golden", add)
    app.router.add_post(r"/admin/training/golden/{id:\d+}/retire", retire)


@allowed(Permission.TRAIN_MODELS)
async def labels(request: web.Request) -> web.StreamResponse:
    """Show how labels get out and in."""
    found = await asyncio.to_thread(_labels, request.app[DATABASE])
    return await render(request, "admin/training_labels.html", count=len(found))


@allowed(Permission.TRAIN_MODELS)
async def export(request: web.Request) -> web.StreamResponse:
    """Return the labels as a file for ``data/nlu``."""
    database, member = request.app[DATABASE], member_of(request)
    found = await asyncio.to_thread(_labels, database)

    def record() -> None:
        with database.begin() as connection:
            note_deed(connection, member, "导出标注", at=now(), 条数=len(found))

    await asyncio.to_thread(record)
    return web.Response(
        text=as_yaml(found), content_type="application/yaml", charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="labelled.yml"'},
    )  # fmt: skip


@allowed(Permission.TRAIN_MODELS)
async def take(request: web.Request) -> web.StreamResponse:
    """Take labels from a file; what cannot be taken is named with the reason."""
    content = await _uploaded(request)
    app, member = request.app, member_of(request)

    def store() -> tuple[int, list[str]]:
        reference = app[REFERENCE]
        hide = reference.masker()
        place = member.jurisdiction or app[SETTINGS].jurisdiction
        read = list(from_yaml(content, place, intents_of()))
        known = {p.id for p in reference.places().by_id.values() if p.covered}
        strange = [label for label in read if label.jurisdiction not in known]
        if strange:
            raise LabelInvalid(f"上传的文件里有没有收录的辖区“{strange[0].jurisdiction[:40]}”。")
        masked = [replace(label, text=hide(label.text)) for label in read]
        return take_in(app[DATABASE], reference.knowledge(), masked, member, now())

    count, problems = await asyncio.to_thread(store)
    return await render(request, "admin/training_imported.html", count=count, problems=problems[:200])


async def _uploaded(request: web.Request) -> str:
    """Return the text of the file in the request. Raises LabelInvalid for anything else than a small UTF-8 file."""
    if not request.content_type.startswith("multipart/"):
        raise LabelInvalid("请选择要导入的文件。")
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name != "file":
            continue
        content = bytearray()
        while chunk := await part.read_chunk(64 * 1024):
            content += chunk
            if len(content) > _LARGEST:
                raise LabelInvalid(f"文件太大，最多 {_LARGEST // 2**20} MB。")
        if not content:
            break
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise LabelInvalid("文件不是 UTF-8 编码，读不出来。") from None
    raise LabelInvalid("请选择要导入的文件。")


@allowed(Permission.TRAIN_MODELS)
async def golden(request: web.Request) -> web.StreamResponse:
    """Show the golden questions that were added here, and the form for another."""
    return await _golden_page(request)


async def _golden_page(
    request: web.Request, status: int = 200, problem: str = "", given: Mapping[str, str] | None = None
) -> web.Response:
    database = request.app[DATABASE]

    def read() -> list[GoldenQuestion]:
        with database.read() as connection:
            return list_golden(connection)

    questions = await asyncio.to_thread(read)
    places = (await asyncio.to_thread(request.app[REFERENCE].places)).by_id
    covered = sorted((p for p in places.values() if p.covered), key=lambda p: p.id)
    return await render(
        request, "admin/training_golden.html", status, questions=questions, kinds=QUESTION_KINDS, covered=covered,
        places=places, problem=problem, given=given or {},
    )  # fmt: skip


@allowed(Permission.TRAIN_MODELS)
async def add(request: web.Request) -> web.StreamResponse:
    """Add a golden question."""
    form = {name: str(value) for name, value in (await request.post()).items()}
    database, member = request.app[DATABASE], member_of(request)
    question = GoldenQuestion(
        kind=form.get("kind", "") if form.get("kind") in QUESTION_KINDS else "answer",
        jurisdiction=form.get("jurisdiction", ""),
        turns=tuple(_lines(form.get("turns", ""))),
        must=tuple(tuple(_words(line)) for line in _lines(form.get("must", ""))),
        must_not=tuple(_lines(form.get("must_not", ""))),
    )
    try:
        await asyncio.to_thread(_add, request.app, database, member, question)
    except LabelInvalid as error:
        return await _golden_page(request, 400, str(error), form)
    raise web.HTTPSeeOther("/admin/training/golden")


def _add(app: web.Application, database: Database, member: StaffMember, question: GoldenQuestion) -> None:
    place = app[REFERENCE].places().by_id.get(question.jurisdiction)
    if place is None or not place.covered or member.jurisdiction not in (None, place.id):
        raise LabelInvalid("请选择辖区。")
    masked = tuple(map(app[REFERENCE].masker(), question.turns))
    question = GoldenQuestion(question.kind, place.id, masked, question.must, question.must_not)
    with database.begin() as connection:
        learnt = [GoldenQuestion("", "", (label.text,), ()) for label in taught_labels(connection)]
        guard = GoldenGuard(learnt, shipped=())
        if copied := next(filter(None, map(guard.copied, masked)), None):
            raise LabelInvalid(f"“{copied[:40]}”已经标注用来训练了，不能再拿来评测。")
        add_golden(connection, question, member, now())
        note_deed(connection, member, "新增黄金题", question.jurisdiction, at=now())


@allowed(Permission.TRAIN_MODELS)
async def retire(request: web.Request) -> web.StreamResponse:
    """Ask a golden question no more."""
    database, member, wanted = request.app[DATABASE], member_of(request), int(request.match_info["id"])

    def store() -> None:
        with database.begin() as connection:
            retire_golden(connection, wanted, now())
            note_deed(connection, member, "停用黄金题", str(wanted), at=now())

    await asyncio.to_thread(store)
    raise web.HTTPSeeOther("/admin/training/golden")


def _labels(database: Database) -> list[Label]:
    with database.read() as connection:
        return taught_labels(connection)


def _lines(text: str) -> list[str]:
    return [line.strip()[:300] for line in text.splitlines() if line.strip()][:20]


def _words(line: str) -> list[str]:
    return [word.strip() for word in line.replace("|", "｜").split("｜") if word.strip()]
