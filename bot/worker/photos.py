"""Photos that nobody needs any more: those of no work order, and those of orders that are closed for long."""

from __future__ import annotations

import datetime as dt

from bot.settings import Settings
from bot.storage import Database, attachments_in_use


def delete_old_photos(database: Database, settings: Settings, now: dt.datetime) -> int:
    """Delete the photos whose time is over and return how many.

    A photo lives as long as a conversation, one that a work order names as long as the contact of who filed it.
    """
    if not settings.files_dir.is_dir():
        return 0
    limit = (now - dt.timedelta(days=settings.conversation_days)).timestamp()
    old = [file for file in settings.files_dir.glob("*.jpg") if file.stat().st_mtime < limit]
    if not old:
        return 0
    with database.read() as connection:
        used = attachments_in_use(connection, now - dt.timedelta(days=settings.contact_days))
    names = {address.rpartition("/")[2] for address in used}
    unused = [file for file in old if file.name not in names]
    for file in unused:
        file.unlink(missing_ok=True)
    return len(unused)
