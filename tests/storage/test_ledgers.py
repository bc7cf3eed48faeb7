"""The ledger: written once, read by id, replayed from exactly what was used, gone when its time is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.errors import KnowledgeInvalid, NotFound
from bot.hotline.knowledge import KnowledgeEntry
from bot.hotline.ledger import KINDS, LedgerRow, conversation_hash, new_ledger_id, top_scores
from bot.knowledge_files import KnowledgeFiles
from bot.storage import (
    Database,
    delete_ledger_before,
    entry_versions,
    read_ledger,
    retire_entry,
    save_entry,
    save_knowledge,
    write_ledger,
)

TIME_LIMIT = "jingzhou.residence_permit.time_limit"
NOON = dt.datetime(2024, 5, 1, 12, 0, 0, 123456, dt.timezone(dt.timedelta(hours=8)))


@pytest.fixture
def filled(database: Database, files: KnowledgeFiles) -> Database:
    """A database with the sample knowledge."""
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="test")
    return database


def _row(**values: object) -> LedgerRow:
    given: dict[str, object] = {
        "id": new_ledger_id(),
        "at": dt.datetime.now(dt.timezone.utc),
        "jurisdiction": "jingzhou",
        "conversation": conversation_hash("wx-openid-1", b"key"),
        "message_masked": "居住证多久能办好，我的电话〔电话〕",
        "kind": "answer",
        "text_shown": "受理之日起15日内制发。",
        "model": "20240501-120000",
        "intent": "ask_time_limit",
        "intent_scores": {"ask_time_limit": 0.93, "ask_fee": 0.02},
        "confidence": 0.93,
        "entries": ((TIME_LIMIT, 1),),
        "context": {"read_as": "居住证多久能办好", "place": "荆州市"},
        **values,
    }
    return LedgerRow(**given)  # type: ignore[arg-type]


def _write(database: Database, row: LedgerRow) -> LedgerRow:
    with database.begin() as connection:
        write_ledger(connection, row)
    return row


def test_a_reply_comes_back_as_it_was_written(filled: Database) -> None:
    row = _write(filled, _row(at=NOON))
    with filled.read() as connection:
        found = read_ledger(connection, row.id)
    assert found == row
    assert found.at.utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_reply_can_be_written(filled: Database, kind: str) -> None:
    row = _write(
        filled, _row(kind=kind, entries=(), confidence=None, intent=None, model=None, intent_scores={}, context={})
    )
    with filled.read() as connection:
        assert read_ledger(connection, row.id) == row


def test_a_time_without_a_zone_is_refused(filled: Database) -> None:
    with pytest.raises(ValueError, match="time zone"):
        _write(filled, _row(at=dt.datetime(2024, 5, 1)))  # noqa: DTZ001


@pytest.mark.parametrize("broken", [{"kind": "guess"}, {"jurisdiction": "wuhan"}])
def test_a_reply_of_no_known_kind_or_place_is_refused(filled: Database, broken: dict[str, object]) -> None:
    with pytest.raises(KnowledgeInvalid):
        _write(filled, _row(**broken))


def test_an_id_that_is_not_there_is_not_found(filled: Database) -> None:
    with pytest.raises(NotFound, match="abc"), filled.read() as connection:
        read_ledger(connection, "abc")


def test_a_reply_is_replayed_from_the_version_that_was_used(
    filled: Database, make_entry: Callable[..., KnowledgeEntry]
) -> None:
    row = _write(filled, _row())
    with filled.begin() as connection:
        save_entry(connection, make_entry("time_limit", answer="10日内。"), by="王主任", reason="新规定")
        retire_entry(connection, TIME_LIMIT, by="王主任", reason="废止")
    with filled.read() as connection:
        assert entry_versions(connection, row) == (make_entry("time_limit"),)


def test_a_reply_from_the_directory_is_replayed_from_the_lines_of_that_time(
    filled: Database, files: KnowledgeFiles
) -> None:
    row = _write(
        filled, _row(entries=(("jingzhou.police.lines", 1), ("jingzhou.routing.fake_permit", 1), (TIME_LIMIT, 1)))
    )
    with filled.begin() as connection:
        other = replace(files, hotlines=(replace(files.hotlines[0], integration="merged"),), routing_rules=())
        save_knowledge(connection, other, by="loader", reason="test", retire_missing=True)
    with filled.read() as connection:
        lines, route, written = entry_versions(connection, read_ledger(connection, row.id))
    assert "呼叫转接" in lines.answer
    assert "荆州市公安局" in route.answer
    assert written.id == TIME_LIMIT


def test_an_entry_that_never_was_cannot_be_replayed(filled: Database) -> None:
    row = _write(filled, _row(entries=(("jingzhou.nothing", 1),)))
    with filled.read() as connection, pytest.raises(NotFound, match=row.id):
        entry_versions(connection, row)


def test_replies_are_deleted_when_their_time_is_over(filled: Database) -> None:
    old = _write(filled, _row(at=dt.datetime(2024, 4, 30, 23, 59, tzinfo=dt.timezone.utc)))
    kept = _write(filled, _row(at=dt.datetime(2024, 5, 1, tzinfo=dt.timezone.utc)))
    with filled.begin() as connection:
        assert delete_ledger_before(connection, dt.date(2024, 5, 1)) == 1
        assert delete_ledger_before(connection, dt.date(2024, 5, 1)) == 0
    with filled.read() as connection:
        assert read_ledger(connection, kept.id)
        with pytest.raises(NotFound):
            read_ledger(connection, old.id)
        assert connection.execute(sa.text("SELECT count(*) FROM ledger_entries")).scalar_one() == 1


def test_an_entry_version_that_a_reply_used_cannot_be_deleted(filled: Database) -> None:
    _write(filled, _row())
    with pytest.raises(KnowledgeInvalid), filled.begin() as connection:
        connection.execute(sa.text("DELETE FROM citations"))
        connection.execute(sa.text("DELETE FROM knowledge_entry_items"))
        connection.execute(sa.text("DELETE FROM knowledge_entry_versions"))


def test_ids_cannot_be_guessed_and_citizens_cannot_be_recognised() -> None:
    assert len({new_ledger_id() for _ in range(1000)}) == 1000
    assert len(new_ledger_id()) == 32
    same = conversation_hash("wx-openid-1", b"key")
    assert same == conversation_hash("wx-openid-1", b"key")
    assert len({same, conversation_hash("wx-openid-2", b"key"), conversation_hash("wx-openid-1", b"other")}) == 3
    assert "wx-openid-1" not in same


def test_only_the_five_best_scores_are_kept() -> None:
    scores = {f"intent_{i}": i / 10 for i in range(8)}
    assert list(top_scores(scores).values()) == [0.7, 0.6, 0.5, 0.4, 0.3]
