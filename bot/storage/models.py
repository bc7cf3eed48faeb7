"""Versions of the model (模型版本) in the database: what is queued, trained, measured, released and rolled back to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import NotFound
from bot.hotline.learning import BUSY, ModelVersion, Release, ReleaseRefused, VersionState
from bot.hotline.staff import StaffMember
from bot.storage.tables import learning as t

_FIELDS = tuple(field.name for field in fields(ModelVersion))
_LOG = 20_000  # characters of the log that are kept
_OPEN = (VersionState.QUEUED.value, *(state.value for state in BUSY))
_BUSY = tuple(state.value for state in BUSY)


def add_version(
    connection: Connection,
    by: StaffMember | None,
    at: dt.datetime,
    *,
    origin: str,
    seed: int,
    base: str,
    note: str = "",
    state: VersionState = VersionState.QUEUED,
    **values: Any,
) -> ModelVersion:
    """Store a new version, waiting to be trained unless ``state`` says otherwise, and return it."""
    row: dict[str, Any] = {
        "created": at, "staff": by.id if by else None, "login": by.login if by else "命令行", "origin": origin,
        "note": note, "state": state.value, "seed": seed, "base": base, "files": {}, "figures": {}, "progress": "",
        "share": 0.0, "log": "", "problem": "", "cancel": False, "knowledge": 0, "labels": 0,
    }  # fmt: skip
    done = connection.execute(sa.insert(t.model_versions).values(**row | values))
    return get_version(connection, int(done.inserted_primary_key[0]))


def get_version(connection: Connection, version: int) -> ModelVersion:
    """Return the version with this number. Raises NotFound."""
    row = connection.execute(sa.select(t.model_versions).where(t.model_versions.c.id == version)).mappings().first()
    if row is None:
        raise NotFound(f"没有第 {version} 版模型。")
    return _version(row)


def list_versions(connection: Connection, limit: int = 100) -> list[ModelVersion]:
    """Return the newest versions, newest first, without their logs."""
    query = sa.select(t.model_versions).order_by(t.model_versions.c.id.desc()).limit(limit)
    return [_version(dict(row) | {"log": ""}) for row in connection.execute(query).mappings()]


def open_versions(connection: Connection) -> list[ModelVersion]:
    """Return what is being worked on and what waits for that, in the order in which it will be done."""
    c = t.model_versions.c
    query = sa.select(t.model_versions).where(c.state.in_(_OPEN)).order_by(c.state == "queued", c.id)
    return [_version(row) for row in connection.execute(query).mappings()]


def claim_version(connection: Connection, at: dt.datetime) -> ModelVersion | None:
    """Return the version that is to be trained now, marked as that; ``None`` while another is or nothing waits."""
    c = t.model_versions.c
    busy = sa.exists().where(t.model_versions.alias("other").c.state.in_(_BUSY))
    first = connection.execute(sa.select(sa.func.min(c.id)).where(c.state == "queued", ~busy)).scalar_one()
    if first is None:
        return None
    own = sa.update(t.model_versions).where(c.id == first, c.state == "queued", ~busy)
    done = connection.execute(own.values(state=VersionState.TRAINING.value, started=at, heartbeat=at))
    return get_version(connection, first) if done.rowcount else None


def note_version(connection: Connection, version: int, **values: Any) -> None:
    """Keep what became known of a version."""
    if state := values.get("state"):
        values["state"] = VersionState(state).value
    if "log" in values:
        values["log"] = values["log"][-_LOG:]
    connection.execute(sa.update(t.model_versions).where(t.model_versions.c.id == version).values(**values))


def ask_to_cancel(connection: Connection, version: int, at: dt.datetime) -> ModelVersion:
    """Let a version that waits wait no longer, and one that is being trained be stopped. Raises ReleaseRefused, NotFound."""
    found = get_version(connection, version)
    if not found.is_open:
        raise ReleaseRefused(f"第 {version} 版已经不在训练，不用取消。")
    c = t.model_versions.c
    waiting = sa.update(t.model_versions).where(c.id == version, c.state == VersionState.QUEUED.value)
    if not connection.execute(waiting.values(state=VersionState.CANCELLED.value, finished=at, cancel=True)).rowcount:
        note_version(connection, version, cancel=True)
    return get_version(connection, version)


def fail_abandoned(connection: Connection, silent_since: dt.datetime, at: dt.datetime) -> list[int]:
    """Mark as failed what is said to be in training but showed no sign of life since then; return which these are."""
    c = t.model_versions.c
    abandoned = sa.select(c.id).where(c.state.in_(_BUSY), sa.or_(c.heartbeat.is_(None), c.heartbeat < silent_since))
    found = list(connection.execute(abandoned).scalars())
    for version in found:
        problem = "训练进程中断了，原来的模型不受影响。请重新训练。"
        note_version(connection, version, state=VersionState.FAILED, problem=problem, finished=at)
    return found


def record_release(
    connection: Connection, version: int, by: StaffMember | None, at: dt.datetime, *, kind: str, reason: str
) -> Release:
    """Let ``version`` be the one that serves, from when the unit of work ends."""
    before = current_release(connection)
    row: dict[str, Any] = {
        "at": at, "staff": by.id if by else None, "login": by.login if by else "命令行", "kind": kind, "reason": reason,
        "version": version, "previous": before.version if before else None,
    }  # fmt: skip
    connection.execute(sa.insert(t.model_releases).values(**row))
    if before:
        note_version(connection, before.version, state=VersionState.RETIRED)
    note_version(connection, version, state=VersionState.RELEASED)
    return Release(**{field.name: row[field.name] for field in fields(Release)})


def current_release(connection: Connection) -> Release | None:
    """Return by what the version that serves came to serve; ``None`` before the first one."""
    return next(iter(list_releases(connection, 1)), None)


def list_releases(connection: Connection, limit: int = 50) -> list[Release]:
    """Return the newest releases and roll-backs, newest first."""
    query = sa.select(t.model_releases).order_by(t.model_releases.c.row_id.desc()).limit(limit)
    names = [field.name for field in fields(Release)]
    return [Release(**{name: row[name] for name in names}) for row in connection.execute(query).mappings()]


def version_before(connection: Connection) -> int | None:
    """Return the version that the one that serves was released in place of: where rolling back leads."""
    current = current_release(connection)
    if current is None or current.kind == "release":
        return current.previous if current else None
    c = t.model_releases.c
    own = sa.select(c.previous).where(c.version == current.version, c.kind == "release")
    found: int | None = connection.execute(own.order_by(c.row_id.desc()).limit(1)).scalar_one_or_none()
    return found


def _version(row: Mapping[str, Any]) -> ModelVersion:
    return ModelVersion(**{name: row[name] for name in _FIELDS} | {"state": VersionState(row["state"])})
