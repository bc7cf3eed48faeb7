"""Letting an entry answer that a person wrote: only after it was held against what it cites."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace

from sqlalchemy.engine import Connection

from bot.editing.review import Review, review
from bot.errors import KnowledgeInvalid
from bot.hotline.knowledge import KnowledgeEntry
from bot.storage.entries import save_entry
from bot.storage.loading import current_entries, load_documents
from bot.storage.originals import read_originals


def review_entry(connection: Connection, entry: KnowledgeEntry) -> Review:
    """Return what is to be said about ``entry`` before it is published."""
    originals = read_originals(connection, [citation.document for citation in entry.citations])
    return review(entry, load_documents(connection), originals)


def publish_entry(
    connection: Connection, entry: KnowledgeEntry, *, by: str, reason: str, expected_version: int | None = None
) -> KnowledgeEntry:
    """Save ``entry`` as a person wrote it and return it with its version.

    Raises KnowledgeInvalid with everything that is wrong: a figure that the cited provisions do not hold, a provision
    that is not there, an empty field, no reason; ChangedMeanwhile where somebody else was faster.
    """
    if not reason.strip():
        raise KnowledgeInvalid("请写明修改的理由。")
    if faults := review_entry(connection, entry).faults:
        raise KnowledgeInvalid("".join(faults))
    return save_entry(connection, entry, by=by, reason=reason.strip(), expected_version=expected_version)


def placed(connection: Connection, entry: KnowledgeEntry) -> KnowledgeEntry:
    """Return a new ``entry`` with the place and topic of the document that it cites first, and an id of its own.

    Raises KnowledgeInvalid where it cites none.
    """
    cited = entry.citations[0].document if entry.citations else ""
    document = load_documents(connection).get(cited)
    if document is None:
        raise KnowledgeInvalid("请先选择依据的文件。")
    topics = Counter(e.topic for e in current_entries(connection) if any(c.document == cited for c in e.citations))
    own = cited.removeprefix(f"{document.jurisdiction}.").replace(".", "_")
    topic = topics.most_common(1)[0][0] if topics else own
    name = f"{entry.aspect.value}_{uuid.uuid4().hex[:6]}"
    return replace(entry, id=f"{document.jurisdiction}.{topic}.{name}", jurisdiction=document.jurisdiction, topic=topic)
