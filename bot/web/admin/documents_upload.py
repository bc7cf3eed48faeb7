"""From an uploaded gazette to imported documents: what was found, what was taken out, what to take over."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from aiohttp import web

from bot.bootstrap import now
from bot.errors import GazetteRefused, KnowledgeInvalid
from bot.gazette import Gazette, read_gazette
from bot.hotline.jurisdictions import Jurisdiction, Places
from bot.hotline.staff import Permission
from bot.storage import ImportReport, Upload, add_upload, get_upload, note_deed, note_done, save_gazette
from bot.web.admin.knowledge_forms import Scene, choices_for_templates, scene
from bot.web.admin.uploading import receive
from bot.web.keys import DATABASE
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render

LARGEST = 20 * 1024 * 1024  # bytes, as bot/gazette has it
_PATIENCE = 120.0  # seconds for reading one file
_KEPT = 3  # gazettes that are kept as read
_SHOWN_REMOVALS = 500


class Reader:
    """Reads gazettes in a process of its own, so that a hostile file cannot hold up the pages."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._read: OrderedDict[str, Gazette] = OrderedDict()

    async def read(self, content: bytes, name: str, place: Jurisdiction) -> Gazette:
        """Return the gazette in ``content``. Raises GazetteRefused, also where reading takes too long."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, get_context("spawn"))
        job = partial(_read, content, name, (place.name, *place.aliases), f"{place.name}人民政府", Path(name).stem)
        try:
            return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(self._pool, job), _PATIENCE)
        except asyncio.TimeoutError:
            self.stop()
            raise GazetteRefused(f"“{name}”读了{_PATIENCE:.0f}秒还没有读完，没有导入。请拆分后再上传。") from None
        except BrokenProcessPool:  # it was killed, probably for its memory; the next file gets a new one
            self.stop()
            raise GazetteRefused(
                f"“{name}”读到一半，读取进程中止了，没有导入。请拆分，或另存为纯文本后再上传。"
            ) from None

    async def of(self, upload: Upload, place: Jurisdiction) -> Gazette:
        """Return the gazette in ``upload``, from memory where it was read lately."""
        if upload.id not in self._read:
            self._read[upload.id] = await self.read(upload.content, upload.name, place)
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
        return self._read[upload.id]

    def stop(self) -> None:
        """End the process that reads."""
        if self._pool is not None:
            for process in list(self._pool._processes.values()):
                process.kill()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


READER: web.AppKey[Reader] = web.AppKey("gazette_reader", Reader)


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app[READER] = Reader()
    app.cleanup_ctx.append(_reader)
    app.router.add_post("/admin/documents/upload", send)
    app.router.add_get("/admin/documents/uploads/{upload}", show)
    app.router.add_post("/admin/documents/uploads/{upload}", take_over)


async def _reader(app: web.Application) -> AsyncIterator[None]:
    yield
    app[READER].stop()


@allowed(Permission.IMPORT_DOCUMENTS)
async def send(request: web.Request) -> web.StreamResponse:
    """Take a file and read it; lead to what was found, or say why it is refused."""
    here = await scene(request)
    sent = await receive(request, LARGEST)
    place = _place(here, sent.fields.get("place", ""))
    await request.app[READER].read(sent.content, sent.name, place)
    database, member = request.app[DATABASE], member_of(request)

    def keep() -> str:
        with database.begin() as connection:
            kept = add_upload(connection, "gazette", sent.name, sent.content, by=member.login, at=now(), place=place.id)
            note_deed(connection, member, "上传公报", sent.name, at=now(), 字节=len(sent.content))
        return kept

    return web.Response(
        status=204, headers={"HX-Redirect": f"/admin/documents/uploads/{await asyncio.to_thread(keep)}"}
    )


@allowed(Permission.IMPORT_DOCUMENTS)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the documents that were found, what importing would do, and what was taken out, with its line."""
    here, upload = await scene(request), await _upload(request)
    gazette = await request.app[READER].of(upload, _place(here, upload.jurisdiction or ""))
    database = request.app[DATABASE]

    def try_it() -> ImportReport:
        with database.begin() as connection:
            return save_gazette(connection, gazette, upload.jurisdiction or "", dry_run=True)

    report = await asyncio.to_thread(try_it)
    reasons = Counter(removal.reason for removal in gazette.removals)
    return await render(
        request, "admin/documents_upload.html", upload=upload, gazette=gazette, reasons=reasons,
        pairs=list(zip(gazette.documents, report.documents)), removals=gazette.removals[:_SHOWN_REMOVALS],
        place=here.places.name(upload.jurisdiction or ""), **choices_for_templates(here),
        elsewhere=_elsewhere(gazette, here.places, upload.jurisdiction or ""),
    )  # fmt: skip


def _elsewhere(gazette: Gazette, places: Places, chosen: str) -> str:
    """Return the name of the other place that the titles in ``gazette`` name, empty where any names the ``chosen`` one."""
    found = Counter(place for document in gazette.documents if (place := places.find(document.title, "").jurisdiction))
    return places.name(found.most_common(1)[0][0]) if found and chosen not in found else ""


@allowed(Permission.IMPORT_DOCUMENTS)
async def take_over(request: web.Request) -> web.StreamResponse:
    """Import the chosen documents."""
    here, upload, given = await scene(request), await _upload(request), await request.post()
    place = _place(here, upload.jurisdiction or "")
    gazette = await request.app[READER].of(upload, place)
    chosen = {int(v) for v in map(str, given.getall("document", [])) if v.isdecimal() and len(v) < 6}
    if not chosen & set(range(len(gazette.documents))):
        raise KnowledgeInvalid("请至少选择一份文件。")
    database, member = request.app[DATABASE], member_of(request)

    def store() -> None:
        with database.begin() as connection:
            report = save_gazette(
                connection, gazette, place.id, by=member.login, reason=f"导入公报 {upload.name}", only=chosen
            )
            note_done(connection, upload.id, now())
            for done in report.documents:
                if done.touched:
                    note_deed(connection, member, "导入政策文件", done.id, at=now(), 文件=upload.name)

    await asyncio.to_thread(store)
    raise web.HTTPSeeOther(f"/admin/documents/uploads/{upload.id}?done={len(chosen)}")


async def _upload(request: web.Request) -> Upload:
    database, id_ = request.app[DATABASE], request.match_info["upload"]

    def read() -> Upload:
        with database.read() as connection:
            return get_upload(connection, id_, "gazette")

    return await asyncio.to_thread(read)


def _place(here: Scene, place: str) -> Jurisdiction:
    if place not in here.place_names:
        raise KnowledgeInvalid("请选择辖区。")
    return here.places.by_id[place]


def _read(content: bytes, name: str, names: tuple[str, ...], authority: str, title: str) -> Gazette:
    return read_gazette(content, name=name, place_names=names, authority=authority, fallback_title=title)
