"""Files that were sent and wait for a decision: any web process can take them over, and nothing is sent twice."""

from __future__ import annotations

import datetime as dt
import uuid
import zlib
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import NotFound
from bot.storage.tables import console as c

_KEPT = dt.timedelta(days=7)


@dataclass(frozen=True)
class Upload:
    """A file that was sent; ``done_at`` says when it was taken over."""

    id: str
    kind: str
    name: str
    content: bytes
    jurisdiction: str | None
    created_at: dt.datetime
    created_by: str
    done_at: dt.datetime | None = None


def add_upload(
    connection: Connection, kind: str, name: str, content: bytes, *, by: str, at: dt.datetime, place: str | None = None
) -> str:
    """Keep a file for a week and return its id; files whose week is over are deleted."""
    connection.execute(sa.delete(c.uploads).where(c.uploads.c.created_at < at - _KEPT))
    id_ = uuid.uuid4().hex
    connection.execute(
        sa.insert(c.uploads).values(
            id=id_,
            kind=kind,
            name=name,
            jurisdiction=place,
            content=zlib.compress(content),
            created_at=at,
            created_by=by,
        )
    )
    return id_


def get_upload(connection: Connection, upload: str, kind: str) -> Upload:
    """Return a file of ``kind``. Raises NotFound."""
    own = sa.select(c.uploads).where(c.uploads.c.id == upload, c.uploads.c.kind == kind)
    row = connection.execute(own).mappings().one_or_none()
    if row is None:
        raise NotFound("没有这个文件，可能已过七天被删除，请重新上传。")
    return Upload(**{**row, "content": zlib.decompress(row["content"])})


def list_uploads(connection: Connection, kind: str) -> list[sa.engine.Row]:
    """Return id, name, place and times of the files of ``kind``, the newest first, without their content."""
    t = c.uploads.c
    columns = (t.id, t.name, t.jurisdiction, t.created_at, t.created_by, t.done_at)
    return list(connection.execute(sa.select(*columns).where(t.kind == kind).order_by(t.created_at.desc()).limit(20)))


def note_done(connection: Connection, upload: str, at: dt.datetime) -> None:
    """Keep that the file was taken over."""
    connection.execute(sa.update(c.uploads).where(c.uploads.c.id == upload).values(done_at=at))
