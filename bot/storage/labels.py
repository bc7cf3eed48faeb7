"""Labels (标注) and golden questions (黄金题) in the database: a label is undone, never changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import NotFound
from bot.hotline.learning import TAUGHT, GoldenQuestion, Label, LabelInvalid, LabelKind
from bot.hotline.staff import StaffMember
from bot.knowledge_files import wording_key
from bot.storage.tables import knowledge as k
from bot.storage.tables import learning as t


def add_labels(connection: Connection, labels: Iterable[Label], by: StaffMember | None, at: dt.datetime) -> int:
    """Store decisions and return how many are new; of two about the same wording the later counts."""
    added = 0
    for label in labels:
        wording = wording_key(label.text)
        if not wording:
            raise LabelInvalid("没有文字的消息不能标注。")
        c = t.labels.c
        same = (c.jurisdiction == label.jurisdiction) & (c.wording == wording) & c.undone.is_(None)
        login = by.login if by else "命令行"
        connection.execute(sa.update(t.labels).where(same).values(undone=at, undone_by=login))
        connection.execute(
            sa.insert(t.labels).values(
                at=at, staff=by.id if by else None, login=login, batch=label.batch, jurisdiction=label.jurisdiction,
                text=label.text, wording=wording, kind=label.kind.value, intent=label.intent, entry=label.entry,
                category=label.category, numbers=list(label.numbers),
            )
        )  # fmt: skip
        added += 1
    return added


def undo_labels(connection: Connection, batch: str, by: StaffMember, at: dt.datetime) -> list[Label]:
    """Take back what was decided together and return it. Raises NotFound where nothing of it stands."""
    own = (t.labels.c.batch == batch) & t.labels.c.undone.is_(None)
    found = [_label(row) for row in connection.execute(sa.select(t.labels).where(own)).mappings()]
    if not found:
        raise NotFound("这次标注已经撤销。")
    connection.execute(sa.update(t.labels).where(own).values(undone=at, undone_by=by.login))
    return found


def standing_labels(connection: Connection, jurisdiction: str | None = None) -> list[Label]:
    """Return every label that counts, newest first."""
    wanted = [t.labels.c.undone.is_(None)] + ([t.labels.c.jurisdiction == jurisdiction] if jurisdiction else [])
    query = sa.select(t.labels).where(*wanted).order_by(t.labels.c.id.desc())
    return [_label(row) for row in connection.execute(query).mappings()]


def taught_labels(connection: Connection) -> list[Label]:
    """Return the labels that training reads, in an order that depends on nothing but them."""
    found = [label for label in standing_labels(connection) if label.kind in TAUGHT]
    return sorted(found, key=lambda label: (label.jurisdiction, label.intent, wording_key(label.text)))


def label_batch(connection: Connection, batch: str) -> list[Label]:
    """Return what was decided together, also where it was undone."""
    rows = connection.execute(sa.select(t.labels).where(t.labels.c.batch == batch).order_by(t.labels.c.id)).mappings()
    return [_label(row) for row in rows]


def add_golden(
    connection: Connection, question: GoldenQuestion, by: StaffMember | None, at: dt.datetime
) -> GoldenQuestion:
    """Store a golden question. Raises LabelInvalid where it asks nothing or wants nothing."""
    if not question.turns or not all(turn.strip() for turn in question.turns):
        raise LabelInvalid("请填写问题。")
    if not question.must or not all(any(word.strip() for word in group) for group in question.must):
        raise LabelInvalid("请至少写一个答复里必须有的说法。")
    done = connection.execute(
        sa.insert(t.golden_questions).values(
            at=at, staff=by.id if by else None, login=by.login if by else "命令行", kind=question.kind,
            jurisdiction=question.jurisdiction, turns=list(question.turns), must=[list(g) for g in question.must],
            must_not=list(question.must_not),
        )
    )  # fmt: skip
    key = int(done.inserted_primary_key[0])
    return next(found for found in list_golden(connection) if found.id == key)


def list_golden(connection: Connection) -> list[GoldenQuestion]:
    """Return the golden questions that were added here and still count, oldest first."""
    c = t.golden_questions.c
    rows = connection.execute(sa.select(t.golden_questions).where(c.retired.is_(None)).order_by(c.id)).mappings()
    return [
        GoldenQuestion(
            row["kind"], row["jurisdiction"], tuple(row["turns"]), tuple(tuple(group) for group in row["must"]),
            tuple(row["must_not"]), row["id"], row["at"], row["login"],
        )
        for row in rows
    ]  # fmt: skip


def retire_golden(connection: Connection, question: int, at: dt.datetime) -> None:
    """Ask a golden question no more. Raises NotFound."""
    c = t.golden_questions.c
    own = sa.update(t.golden_questions).where(c.id == question, c.retired.is_(None))
    if not connection.execute(own.values(retired=at)).rowcount:
        raise NotFound("没有这道黄金题。")


def changed_by_people(connection: Connection) -> bool:
    """Return whether somebody changed the knowledge in the console, so that it differs from the shipped files."""
    tables: Sequence[sa.Table] = (
        k.entry_versions, k.hotline_lines, k.routing_rules, k.departments, k.service_items, k.jurisdictions,
    )  # fmt: skip
    queries = [sa.select(sa.literal(1)).where(table.c.origin == "console") for table in tables]
    queries += [
        sa.select(sa.literal(1)).where(table.c.retired_origin == "console")
        for table in (k.knowledge_entries, k.hotline_lines, k.routing_rules)
    ]
    return any(connection.execute(query.limit(1)).first() for query in queries)


def _label(row: Mapping[str, Any]) -> Label:
    return Label(
        text=row["text"], jurisdiction=row["jurisdiction"], kind=LabelKind(row["kind"]), intent=row["intent"],
        entry=row["entry"], category=row["category"], numbers=tuple(row["numbers"]), batch=row["batch"], id=row["id"],
        at=row["at"], by=row["login"], undone=row["undone"],
    )  # fmt: skip
