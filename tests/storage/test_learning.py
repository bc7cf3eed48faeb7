"""Versions of the model, releases, labels, golden questions, and what the inbox is made of."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.errors import NotFound
from bot.hotline.conversations import Author, Conversation
from bot.hotline.learning import (
    GoldenQuestion,
    Label,
    LabelInvalid,
    LabelKind,
    ModelVersion,
    ReleaseRefused,
    VersionState,
)
from bot.hotline.ledger import LedgerRow
from bot.hotline.staff import StaffMember
from bot.hotline.work_orders import Role
from bot.knowledge_files import KnowledgeFiles
from bot.storage import (
    Database,
    Saying,
    Why,
    add_golden,
    add_labels,
    add_staff,
    add_version,
    ask_to_cancel,
    changed_by_people,
    claim_version,
    current_release,
    fail_abandoned,
    get_entry,
    get_version,
    give_feedback,
    label_batch,
    list_golden,
    list_releases,
    list_versions,
    missed_messages,
    note_version,
    open_conversation,
    open_versions,
    receive_message,
    record_release,
    retire_golden,
    save_entry,
    save_knowledge,
    say,
    standing_labels,
    taught_labels,
    turns_before,
    undo_labels,
    version_before,
    write_ledger,
)

NOW = dt.datetime(2026, 11, 28, 9, 0, tzinfo=dt.timezone.utc)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def by(database: Database, files: KnowledgeFiles) -> StaffMember:
    """An administrator, in a database that knows the sample places."""
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="start")
        return add_staff(connection, StaffMember("", "admin", "管理员", Role.ADMINISTRATOR), "hash", NOW)


def queued(database: Database, by: StaffMember | None = None, **values: object) -> ModelVersion:
    with database.begin() as connection:
        return add_version(connection, by, NOW, origin="console", seed=1, base="b", **values)  # type: ignore[arg-type]


def label(text: str, kind: LabelKind = LabelKind.UNSUPPORTED, batch: str = "one") -> Label:
    return Label(text, "jingzhou", kind, "ask_unsupported", batch=batch)


def test_one_version_is_trained_at_a_time_in_the_order_in_which_they_were_asked_for(database: Database) -> None:
    first, second = queued(database), queued(database)
    with database.begin() as connection:
        assert claim_version(connection, NOW) == get_version(connection, first.id)
        assert claim_version(connection, NOW) is None
        assert [v.id for v in open_versions(connection)] == [first.id, second.id]
    with database.begin() as connection:
        note_version(connection, first.id, state=VersionState.EVALUATING)
        assert claim_version(connection, NOW) is None
        note_version(connection, first.id, state=VersionState.READY)
        claimed = claim_version(connection, NOW)
    assert claimed is not None
    assert (claimed.id, claimed.state, claimed.started) == (second.id, VersionState.TRAINING, NOW)


def test_a_training_that_shows_no_sign_of_life_has_failed_and_the_next_begins(database: Database) -> None:
    first, second = queued(database), queued(database)
    with database.begin() as connection:
        claim_version(connection, NOW)
        assert fail_abandoned(connection, NOW - MINUTE, NOW) == []
        assert fail_abandoned(connection, NOW + MINUTE, NOW + MINUTE) == [first.id]
        failed = get_version(connection, first.id)
        assert failed.state is VersionState.FAILED
        assert "原来的模型不受影响" in failed.problem
        claimed = claim_version(connection, NOW)
    assert claimed
    assert claimed.id == second.id


def test_what_waits_is_cancelled_at_once_and_what_is_trained_is_asked_to_stop(database: Database) -> None:
    first, second = queued(database), queued(database)
    with database.begin() as connection:
        claim_version(connection, NOW)
        assert ask_to_cancel(connection, second.id, NOW).state is VersionState.CANCELLED
        stopping = ask_to_cancel(connection, first.id, NOW)
        assert (stopping.state, stopping.cancel) == (VersionState.TRAINING, True)
        with pytest.raises(ReleaseRefused, match="不用取消"):
            ask_to_cancel(connection, second.id, NOW)
        with pytest.raises(NotFound):
            get_version(connection, 99)


def test_releases_replace_each_other_and_rolling_back_leads_where_they_came_from(
    database: Database, by: StaffMember
) -> None:
    versions = [queued(database, by, state=VersionState.READY, figures={"n": n}).id for n in range(3)]
    with database.begin() as connection:
        assert current_release(connection) is None
        assert version_before(connection) is None
        for version in versions:
            record_release(connection, version, by, NOW, kind="release", reason="更好")
        assert version_before(connection) == versions[1]
        record_release(connection, versions[1], by, NOW, kind="rollback", reason="变差")
        assert version_before(connection) == versions[0]
        states = {v.id: v.state for v in list_versions(connection)}
        assert [states[v] for v in versions] == [VersionState.RETIRED, VersionState.RELEASED, VersionState.RETIRED]
        record_release(connection, versions[0], None, NOW, kind="rollback", reason="还是变差")
        assert version_before(connection) is None
        history = list_releases(connection)
    assert [(r.kind, r.version, r.previous, r.login) for r in history[:2]] == [
        ("rollback", versions[0], versions[1], "命令行"), ("rollback", versions[1], versions[2], "admin"),
    ]  # fmt: skip


def test_of_two_labels_on_one_wording_the_later_counts_and_undoing_it_leaves_none(
    database: Database, by: StaffMember
) -> None:
    with database.begin() as connection:
        add_labels(connection, [label("护照多少钱？"), label("签证呢", batch="two")], by, NOW)
        add_labels(connection, [label("护照 多少钱", LabelKind.DISMISSED, "three")], by, NOW)
        assert [one.text for one in standing_labels(connection)] == ["护照 多少钱", "签证呢"]
        assert [one.text for one in taught_labels(connection)] == ["签证呢"]
        assert [one.text for one in undo_labels(connection, "three", by, NOW)] == ["护照 多少钱"]
        assert [one.text for one in standing_labels(connection)] == ["签证呢"]
        assert label_batch(connection, "three")[0].undone == NOW
        with pytest.raises(NotFound):
            undo_labels(connection, "three", by, NOW)
        with pytest.raises(LabelInvalid):
            add_labels(connection, [label("？？")], by, NOW)


def test_golden_questions_come_and_go(database: Database, by: StaffMember) -> None:
    question = GoldenQuestion("answer", "jingzhou", ("几天？",), (("15日", "十五日"),))
    with database.begin() as connection:
        kept = add_golden(connection, question, by, NOW)
        assert list_golden(connection) == [kept]
        assert (kept.turns, kept.must, kept.by) == (question.turns, question.must, "admin")
        for bad in (
            GoldenQuestion("answer", "jingzhou", (" ",), (("甲",),)),
            GoldenQuestion("answer", "jingzhou", ("几天",), ()),
        ):
            with pytest.raises(LabelInvalid):
                add_golden(connection, bad, by, NOW)
        retire_golden(connection, kept.id, NOW)
        assert list_golden(connection) == []
        with pytest.raises(NotFound):
            retire_golden(connection, kept.id, NOW)


def test_the_knowledge_is_the_shipped_one_until_somebody_edits_it(database: Database, by: StaffMember) -> None:
    with database.begin() as connection:
        assert not changed_by_people(connection)
        entry = get_entry(connection, "jingzhou.residence_permit.time_limit")
        save_entry(connection, entry.__class__(**vars(entry) | {"answer": "20日。"}), by="admin", reason="改")
        assert changed_by_people(connection)


def ledger(id_: str, at: dt.datetime, **values: object) -> LedgerRow:
    given = {
        "id": id_, "at": at, "jurisdiction": "jingzhou", "conversation": "c", "message_masked": f"问{id_}", "kind": "answer",
        "text_shown": f"答{id_}",
    } | values  # fmt: skip
    return LedgerRow(**given)  # type: ignore[arg-type]


def test_the_inbox_holds_what_was_missed_unsure_or_not_helpful_and_nothing_else(
    database: Database, by: StaffMember
) -> None:
    with database.begin() as connection:
        write_ledger(connection, ledger("sure", NOW, confidence=0.95))
        write_ledger(
            connection,
            ledger("unsure", NOW + MINUTE, confidence=0.7, entries=(("jingzhou.residence_permit.time_limit", 1),)),
        )
        write_ledger(connection, ledger("missed", NOW + 2 * MINUTE, kind="unsupported", intent_scores={"ask_fee": 0.4}))
        write_ledger(connection, ledger("offered", NOW + 3 * MINUTE, kind="clarify", confidence=0.3))
        write_ledger(connection, ledger("asked back", NOW + 3 * MINUTE, kind="clarify"))
        write_ledger(connection, ledger("unrouted", NOW + 4 * MINUTE, kind="handoff", intent="report_problem"))
        write_ledger(connection, ledger("a person", NOW + 4 * MINUTE, kind="handoff", intent="request_human"))
        conversation = Conversation("web-1", "widget", "digest", "jingzhou", created=NOW, last=NOW)
        open_conversation(connection, conversation)
        receive_message(connection, conversation, "我叫李雷，电话13712345678，几天办好", NOW, id="m1")
        told = say(connection, "web-1", Saying(Author.BOT, "15日", custom={"ledger": "sure"}), NOW)
        receive_message(connection, conversation, "打13712345678找我", NOW, id="m2")
        other = say(connection, "web-1", Saying(Author.BOT, "好的", custom=None), NOW)
        give_feedback(connection, "web-1", told.seq, False, "答非所问", NOW + 5 * MINUTE)
        give_feedback(connection, "web-1", other.seq, False, "", NOW + 6 * MINUTE)
    with database.read() as connection:
        found = missed_messages(connection, NOW - MINUTE, 0.8, lambda text: text.replace("13712345678", "［电话］"))
        assert turns_before(connection, "c", NOW + 3 * MINUTE)[-1].answered == "答missed"
        assert turns_before(connection, "", NOW) == []
        assert missed_messages(connection, NOW + 10 * MINUTE, 0.8, str) == []
    assert [(m.why, m.text) for m in found] == [
        (Why.UNHELPFUL, "打［电话］找我"), (Why.UNROUTED, "问unrouted"), (Why.OFFERED, "问offered"), (Why.MISSED, "问missed"),
        (Why.UNSURE, "问unsure"), (Why.UNHELPFUL, "问sure"),
    ]  # fmt: skip
    assert found[4].entry == "jingzhou.residence_permit.time_limit"
    assert found[3].intents == {"ask_fee": 0.4}
    assert found[5].note == "答非所问"
