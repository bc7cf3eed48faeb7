"""Deciding about messages of the inbox, and taking a decision back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.hotline.directory import all_entries
from bot.hotline.emergencies import Danger
from bot.hotline.knowledge import AnswerKind, Knowledge, KnowledgeEntry
from bot.hotline.learning import INTENTS, LABEL_NAMES, TAUGHT, Label, LabelInvalid, LabelKind
from bot.hotline.ranking import intent_of
from bot.hotline.staff import StaffMember
from bot.knowledge_files import wording_key
from bot.learning.inbox import GoldenGuard
from bot.learning.labelled import plain
from bot.storage import (
    Database,
    add_labels,
    get_entry,
    label_batch,
    list_golden,
    note_deed,
    save_entry,
    undo_labels,
)

_LONGEST = 500  # characters of a message that are learnt from
_NUMBERS = frozenset(danger.value for danger in Danger)


@dataclass(frozen=True)
class Decision:
    """What was decided about some messages."""

    kind: LabelKind
    entry: str | None = None
    category: str | None = None
    numbers: tuple[str, ...] = ()
    intent: str = ""


def decide(
    database: Database,
    knowledge: Knowledge,
    texts: Sequence[str],
    jurisdiction: str,
    decision: Decision,
    by: StaffMember,
    at: dt.datetime,
) -> str:
    """Keep ``decision`` about the masked ``texts`` and return the name under which it can be undone.

    Raises LabelInvalid with the reason where it cannot be kept: nothing is kept then.
    """
    if not texts:
        raise LabelInvalid("请至少勾选一条消息。")
    decision = checked(decision, knowledge, jurisdiction)
    batch = uuid.uuid4().hex
    labels = [_label(text, jurisdiction, decision, batch) for text in texts]
    with database.begin() as connection:
        if decision.kind in TAUGHT or decision.kind is LabelKind.SIMILAR:
            require_fresh(labels, GoldenGuard(list_golden(connection)))
        if decision.kind is LabelKind.SIMILAR:
            _add_similar(connection, knowledge, str(decision.entry), [label.text for label in labels], by)
        add_labels(connection, labels, by, at)
        told = {"条数": len(labels)} | ({"条目": decision.entry} if decision.entry else {})
        note_deed(connection, by, f"标注：{LABEL_NAMES[decision.kind]}", batch, at=at, **told)
    return batch


def undo(database: Database, batch: str, by: StaffMember, at: dt.datetime) -> int:
    """Take a decision back and return about how many messages it was. Raises NotFound."""
    with database.begin() as connection:
        labels = undo_labels(connection, batch, by, at)
        added: dict[str, set[str]] = {}
        for label in labels:
            if label.kind is LabelKind.SIMILAR and label.entry:
                added.setdefault(label.entry, set()).add(label.text)
        for key, texts in added.items():
            entry = get_entry(connection, key)
            left = tuple(question for question in entry.similar if question not in texts)
            save_entry(connection, replace(entry, similar=left), by=by.login, reason="撤销待标注里加的相似问")
        note_deed(connection, by, "撤销标注", batch, at=at, 条数=len(labels))
    return len(labels)


def take_in(
    database: Database,
    knowledge: Knowledge,
    labels: Iterable[Label],
    by: StaffMember | None,
    at: dt.datetime,
) -> tuple[int, list[str]]:
    """Store labels that were made elsewhere; return how many, and why others were left out."""
    batch, kept, problems = uuid.uuid4().hex, [], []
    with database.begin() as connection:
        guard = GoldenGuard(list_golden(connection))
        for label in labels:
            decision = Decision(label.kind, label.entry, label.category, label.numbers, label.intent)
            try:
                if not wording_key(label.text):
                    raise LabelInvalid("没有文字。")
                made = _label(label.text, label.jurisdiction, checked(decision, knowledge, label.jurisdiction), batch)
                require_fresh([made], guard)
                kept.append(made)
            except LabelInvalid as error:
                problems.append(f"“{label.text[:30]}”：{error}")
        count = add_labels(connection, kept, by, at)
        note_deed(connection, by, "导入标注", batch, at=at, 条数=count, 未导入=len(problems))
    return count, problems


def checked(decision: Decision, knowledge: Knowledge, jurisdiction: str) -> Decision:
    """Return ``decision`` complete with its intent. Raises LabelInvalid where it makes no sense."""
    if decision.kind in (LabelKind.ENTRY, LabelKind.SIMILAR):
        entry = _entry(knowledge, decision.entry or "", jurisdiction)
        rule = next((r for r in knowledge.routing_rules if f"{r.jurisdiction}.routing.{r.id}" == entry.id), None)
        if rule and decision.kind is LabelKind.ENTRY:  # what a complaint is about is learnt by category
            return Decision(LabelKind.CATEGORY, category=rule.category, intent=INTENTS[LabelKind.CATEGORY])
        if decision.kind is LabelKind.SIMILAR and all(entry.id != own.id for own in knowledge.entries):
            raise LabelInvalid("这个条目由热线或派单目录生成，不能加相似问，请选“归到条目”。")
        return replace(decision, intent=intent_of(entry))
    if decision.kind is LabelKind.CATEGORY and decision.category not in _categories(knowledge):
        raise LabelInvalid("派单目录里没有这个类别。")
    if decision.kind is LabelKind.EMERGENCY and not (decision.numbers and set(decision.numbers) <= _NUMBERS):
        raise LabelInvalid("请选择险情应拨的号码。")
    return replace(decision, intent=INTENTS.get(decision.kind, decision.intent))


def require_fresh(labels: Iterable[Label], guard: GoldenGuard) -> None:
    """Raise LabelInvalid where a text is nearly a golden question."""
    for label in labels:
        if golden := guard.copied(label.text):
            raise LabelInvalid(f"和黄金题“{golden[:40]}”几乎一样，不能拿来训练，否则评测会虚高。可以选“不处理”。")


def _label(text: str, jurisdiction: str, decision: Decision, batch: str) -> Label:
    return Label(
        text=plain(text[:_LONGEST]),
        jurisdiction=jurisdiction,
        kind=decision.kind,
        intent=decision.intent,
        entry=decision.entry,
        category=decision.category,
        numbers=decision.numbers,
        batch=batch,
    )


def _entry(knowledge: Knowledge, wanted: str, jurisdiction: str) -> KnowledgeEntry:
    found = next((entry for entry in all_entries(knowledge) if entry.id == wanted), None)
    if found is None or found.jurisdiction != jurisdiction:
        raise LabelInvalid("没有这个知识条目，或者它属于别的辖区。")
    return found


def _categories(knowledge: Knowledge) -> Collection[str]:
    return {rule.category for rule in knowledge.routing_rules}


def _add_similar(connection: Any, knowledge: Knowledge, wanted: str, texts: Sequence[str], by: StaffMember) -> None:
    """Add ``texts`` to the similar questions of an entry, as a new version that answers at once."""
    entry = get_entry(connection, wanted)
    known = {
        wording_key(question): other.question
        for other in knowledge.entries
        if other.jurisdiction == entry.jurisdiction and other.kind is not AnswerKind.ROUTE
        for question in other.questions
    }
    for text in texts:
        if other := known.get(wording_key(text)):
            raise LabelInvalid(f"“{text[:40]}”已经是条目“{other}”的问法。")
    save_entry(connection, replace(entry, similar=(*entry.similar, *texts)), by=by.login, reason="待标注：加为相似问")


def was_undone(database: Database, batch: str) -> bool:
    """Return whether nothing of a decision stands any more."""
    with database.read() as connection:
        return all(label.undone for label in label_batch(connection, batch))
