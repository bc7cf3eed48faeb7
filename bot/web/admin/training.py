"""Training and releasing (训练与发布): train in the worker, compare with the model that serves, release, roll back."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from bot.bootstrap import now
from bot.editing.labels import INTENTS
from bot.hotline.learning import STATE_NAMES, ModelVersion, ReleaseRefused, VersionState
from bot.hotline.staff import Permission, StaffMember
from bot.learning.releases import SEED, measure_again, release, roll_back
from bot.learning.teaching import problems_in
from bot.model_files import released_model, training_digest
from bot.settings import PROJECT_ROOT
from bot.storage import (
    Database,
    add_version,
    ask_to_cancel,
    current_release,
    get_version,
    list_golden,
    list_releases,
    list_versions,
    note_deed,
    open_versions,
    taught_labels,
    version_before,
)
from bot.web.admin.plots import calibration_plot, history_plot, risk_plot
from bot.web.keys import DATABASE, SETTINGS
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render

_MOST_WAITING = 5
_EFFECTS = {"worse": "变差", "better": "变好", "same": "换了说法"}
_MEASURES = {
    "passed": "通过", "wrong": "答错", "answered": "作答", "emergency_recall": "险情识别", "emergency_false": "误报险情",
    "routing_first": "派单首选正确", "intent_accuracy": "意图准确率", "calibration_error": "校准误差",
}  # fmt: skip


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/admin/training", show)
    app.router.add_post("/admin/training", start)
    app.router.add_post("/admin/training/rollback", go_back)
    app.router.add_get("/admin/training/queue", show_queue)
    app.router.add_get(r"/admin/training/{id:\d+}", show_version)
    app.router.add_get(r"/admin/training/{id:\d+}/progress", show_progress)
    app.router.add_post(r"/admin/training/{id:\d+}/cancel", cancel)
    app.router.add_post(r"/admin/training/{id:\d+}/measure", measure)
    app.router.add_post(r"/admin/training/{id:\d+}/release", let_serve)


@allowed(Permission.TRAIN_MODELS)
async def show(request: web.Request) -> web.StreamResponse:
    """Show what serves, what is being trained, and what there was before."""
    return await _overview(request)


async def _overview(request: web.Request, status: int = 200, problems: tuple[str, ...] = ()) -> web.Response:
    database, settings = request.app[DATABASE], request.app[SETTINGS]

    def read() -> dict[str, Any]:
        with database.read() as connection:
            versions = list_versions(connection)
            return {
                "versions": versions, "releases": list_releases(connection), "queue": open_versions(connection),
                "current": current_release(connection), "before": version_before(connection),
                "labels": len(taught_labels(connection)), "golden": len(list_golden(connection)),
            }  # fmt: skip

    values = await asyncio.to_thread(read)
    numbered = {version.id: version for version in values["versions"]}
    serving = numbered.get(values["current"].version) if values["current"] else None
    fixed = released_model(settings).rasa.name if settings.model else ""
    return await render(
        request, "admin/training.html", status, **values, serving=serving, fixed=fixed, problems=problems,
        plot=history_plot(values["versions"]), states=STATE_NAMES, State=VersionState,
    )  # fmt: skip


@allowed(Permission.TRAIN_MODELS)
async def start(request: web.Request) -> web.StreamResponse:
    """Check everything that training reads, and queue a new version."""
    note = str((await request.post()).get("note", "")).strip()[:200]
    database, member = request.app[DATABASE], member_of(request)
    problems = await asyncio.to_thread(problems_in, database)
    if problems:
        return await _overview(request, 400, tuple(problems[:50]))
    version = await asyncio.to_thread(_queue, database, member, note)
    raise web.HTTPSeeOther(f"/admin/training/{version.id}")


def _queue(database: Database, member: StaffMember, note: str) -> ModelVersion:
    base = training_digest(PROJECT_ROOT)
    with database.begin() as connection:
        if len(open_versions(connection)) >= _MOST_WAITING:
            raise ReleaseRefused(f"已经有 {_MOST_WAITING} 次训练在排队，请等它们完成。")
        version = add_version(connection, member, now(), origin="console", seed=SEED, base=base, note=note)
        note_deed(connection, member, "训练模型", f"第 {version.id} 版", at=now())
    return version


@allowed(Permission.TRAIN_MODELS)
async def show_queue(request: web.Request) -> web.StreamResponse:
    """Show what is being trained and what waits, to be loaded again and again."""

    def read() -> list[ModelVersion]:
        with request.app[DATABASE].read() as connection:
            return open_versions(connection)

    queue = await asyncio.to_thread(read)
    response = await render(request, "admin/training_queue.html", queue=queue)
    if not queue:
        response.headers["HX-Refresh"] = "true"
    return response


@allowed(Permission.TRAIN_MODELS)
async def show_version(request: web.Request) -> web.StreamResponse:
    """Show one version with everything that was measured."""
    database, wanted = request.app[DATABASE], int(request.match_info["id"])

    def read() -> dict[str, Any]:
        with database.read() as connection:
            version, current = get_version(connection, wanted), current_release(connection)
            return {"version": version, "current": current, "before": version_before(connection)}

    values = await asyncio.to_thread(read)
    figures = values["version"].figures
    stale = bool(figures) and figures.get("against") != (values["current"].version if values["current"] else None)
    return await render(
        request, "admin/training_version.html", **values, figures=figures, stale=stale, State=VersionState,
        effects=_EFFECTS, measures=_MEASURES, risk=risk_plot(figures), calibration=calibration_plot(figures),
        intents=_intents(figures), groups=_groups(figures), intent_names=INTENTS,
    )  # fmt: skip


@allowed(Permission.TRAIN_MODELS)
async def show_progress(request: web.Request) -> web.StreamResponse:
    """Show how far a training is, to be loaded again and again until it ends."""
    version = await asyncio.to_thread(_version, request.app[DATABASE], int(request.match_info["id"]))
    response = await render(request, "admin/training_progress.html", version=version, State=VersionState)
    if not version.is_open:
        response.headers["HX-Refresh"] = "true"
    return response


@allowed(Permission.TRAIN_MODELS)
async def cancel(request: web.Request) -> web.StreamResponse:
    """Stop a training."""
    database, member, wanted = request.app[DATABASE], member_of(request), int(request.match_info["id"])

    def ask() -> None:
        with database.begin() as connection:
            ask_to_cancel(connection, wanted, now())
            note_deed(connection, member, "取消训练", f"第 {wanted} 版", at=now())

    await asyncio.to_thread(ask)
    raise web.HTTPSeeOther(f"/admin/training/{wanted}")


@allowed(Permission.TRAIN_MODELS)
async def measure(request: web.Request) -> web.StreamResponse:
    """Measure a version anew beside the model that serves by now."""
    wanted = int(request.match_info["id"])
    await asyncio.to_thread(measure_again, request.app[DATABASE], wanted, member_of(request), now())
    raise web.HTTPSeeOther(f"/admin/training/{wanted}")


@allowed(Permission.TRAIN_MODELS)
async def let_serve(request: web.Request) -> web.StreamResponse:
    """Release a version."""
    reason, wanted = str((await request.post()).get("reason", "")), int(request.match_info["id"])
    app, member = request.app, member_of(request)
    await asyncio.to_thread(release, app[DATABASE], app[SETTINGS], wanted, member, reason, now())
    raise web.HTTPSeeOther(f"/admin/training/{wanted}")


@allowed(Permission.TRAIN_MODELS)
async def go_back(request: web.Request) -> web.StreamResponse:
    """Roll back to the version before."""
    reason = str((await request.post()).get("reason", ""))
    app, member = request.app, member_of(request)
    await asyncio.to_thread(roll_back, app[DATABASE], app[SETTINGS], member, reason, now())
    raise web.HTTPSeeOther("/admin/training")


def _version(database: Database, wanted: int) -> ModelVersion:
    with database.read() as connection:
        return get_version(connection, wanted)


def _intents(figures: Any) -> list[dict[str, Any]]:
    """Return what became of each intent, the greatest change of its recall first."""
    before = figures.get("intents_before", {})
    rows = []
    for name, now_ in figures.get("intents", {}).items():
        then = before.get(name, {})
        change = now_["recall"] - then["recall"] if then else None
        rows.append({"name": name, **now_, "recall_before": then.get("recall"), "change": change})
    return sorted(rows, key=lambda row: (-abs(row["change"] or 0.0), row["name"]))


def _groups(figures: Any) -> list[dict[str, Any]]:
    """Return how each group of golden questions fared, before and after."""
    before = {row["name"]: row for row in figures.get("groups_before", [])}
    return [{**row, "before": before.get(row["name"])} for row in figures.get("groups", [])]
