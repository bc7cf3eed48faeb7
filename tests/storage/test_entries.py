"""Editing single entries as the administrators' console does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.errors import KnowledgeInvalid, NotFound
from bot.hotline.knowledge import Citation, KnowledgeEntry
from bot.knowledge_files import KnowledgeFiles
from bot.storage import (
    Database,
    entry_history,
    get_entry,
    knowledge_version,
    load_knowledge,
    retire_entry,
    save_entry,
    save_knowledge,
)
from bot.storage.tables import documents as d
from bot.storage.tables import knowledge as k

Make = Callable[..., KnowledgeEntry]
TIME_LIMIT = "jingzhou.residence_permit.time_limit"


@pytest.fixture
def filled(database: Database, files: KnowledgeFiles) -> Database:
    """A database with the sample knowledge."""
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="test")
    return database


def test_an_edit_makes_a_version_with_who_when_and_why(filled: Database, make_entry: Make) -> None:
    with filled.begin() as connection:
        saved = save_entry(connection, make_entry("time_limit", answer="10日内。"), by="王主任", reason="新规定")
        newest = entry_history(connection, TIME_LIMIT)[0]
    assert saved.version == 2
    assert newest.entry == saved
    assert (newest.changed_by, newest.reason, newest.origin) == ("王主任", "新规定", "console")
    assert newest.changed_at.tzinfo is not None


def test_every_field_of_an_entry_comes_back(filled: Database, make_entry: Make) -> None:
    entry = make_entry(
        "rich",
        question="“多少钱”？",
        similar=("免费吗", "收费？"),
        items=(),
        department="jingzhou.police",
        citations=(Citation("jingzhou.residence_permit", ("第十四条(二)", "第九条")),),
    )
    with filled.begin() as connection:
        save_entry(connection, entry, by="王主任", reason="新增")
        assert get_entry(connection, entry.id) == entry


def test_citations_of_one_document_are_joined(filled: Database, make_entry: Make) -> None:
    document = "jingzhou.residence_permit"
    entry = make_entry("time_limit", citations=(Citation(document, ("一",)), Citation(document, ("二", "一"))))
    with filled.begin() as connection:
        saved = save_entry(connection, entry, by="王主任", reason="依据")
        assert saved.citations == (Citation(document, ("一", "二")),)
        assert save_entry(connection, entry, by="王主任", reason="依据").version == saved.version


def test_saving_unchanged_content_makes_no_version(filled: Database, make_entry: Make) -> None:
    with filled.begin() as connection:
        assert save_entry(connection, make_entry("time_limit"), by="王主任", reason="没改").version == 1
        assert knowledge_version(connection) == 1


def test_an_edit_on_an_old_version_is_refused(filled: Database, make_entry: Make) -> None:
    with filled.begin() as connection:
        save_entry(connection, make_entry("time_limit", answer="甲。"), by="甲", reason="", expected_version=1)
    with pytest.raises(KnowledgeInvalid, match="第 2 版"), filled.begin() as connection:
        save_entry(connection, make_entry("time_limit", answer="乙。"), by="乙", reason="", expected_version=1)


def test_a_new_entry_is_refused_where_the_id_is_taken(filled: Database, make_entry: Make) -> None:
    with pytest.raises(KnowledgeInvalid), filled.begin() as connection:
        save_entry(connection, make_entry("time_limit", answer="乙。"), by="乙", reason="", expected_version=0)


@pytest.mark.parametrize("broken", [{"answer": " "}, {"question": ""}, {"citations": ()}])
def test_an_entry_without_question_answer_or_source_is_refused(
    filled: Database, make_entry: Make, broken: dict[str, object]
) -> None:
    with pytest.raises(KnowledgeInvalid, match="time_limit"), filled.begin() as connection:
        save_entry(connection, make_entry("time_limit", **broken), by="王主任", reason="错")


@pytest.mark.parametrize(
    "broken",
    [{"items": ("no_such_item",)}, {"department": "nobody"}, {"citations": (Citation("nowhere", ()),)}],
)
def test_an_entry_that_refers_to_nothing_is_refused(
    filled: Database, make_entry: Make, broken: dict[str, object]
) -> None:
    with pytest.raises(KnowledgeInvalid), filled.begin() as connection:
        save_entry(connection, make_entry("time_limit", **broken), by="王主任", reason="错")
    with filled.read() as connection:
        assert get_entry(connection, TIME_LIMIT).version == 1


def test_a_retired_entry_answers_no_longer_and_can_still_be_read(filled: Database) -> None:
    with filled.begin() as connection:
        retire_entry(connection, TIME_LIMIT, by="王主任", reason="废止")
        retire_entry(connection, TIME_LIMIT, by="王主任", reason="废止")
        assert knowledge_version(connection) == 2
        assert TIME_LIMIT not in {e.id for e in load_knowledge(connection).entries}
        assert get_entry(connection, TIME_LIMIT).version == 1


def test_saving_a_retired_entry_lets_it_answer_again(filled: Database, make_entry: Make) -> None:
    with filled.begin() as connection:
        retire_entry(connection, TIME_LIMIT, by="王主任", reason="废止")
        save_entry(connection, make_entry("time_limit"), by="王主任", reason="恢复")
        assert {e.id: e.version for e in load_knowledge(connection).entries}[TIME_LIMIT] == 2


def test_an_entry_that_does_not_exist_is_not_found(filled: Database) -> None:
    with filled.begin() as connection:
        for ask in (get_entry, entry_history):
            with pytest.raises(NotFound):
                ask(connection, "no.such.entry")
        with pytest.raises(NotFound):
            get_entry(connection, TIME_LIMIT, 7)
        with pytest.raises(NotFound):
            retire_entry(connection, "no.such.entry", by="王主任", reason="")


@pytest.mark.parametrize(
    "table", [k.knowledge_entries, k.entry_versions, d.policy_documents, d.provisions, k.departments, k.service_items]
)
def test_nothing_that_is_cited_can_be_deleted(filled: Database, table: sa.Table) -> None:
    with pytest.raises(KnowledgeInvalid), filled.begin() as connection:
        connection.execute(sa.delete(table))


@pytest.mark.parametrize("change", [{"aspect": "weather"}, {"kind": "guess"}, {"origin": "nowhere"}, {"version": 0}])
def test_values_outside_the_allowed_ones_are_refused(filled: Database, change: dict[str, object]) -> None:
    with pytest.raises(KnowledgeInvalid), filled.begin() as connection:
        connection.execute(sa.update(k.entry_versions).values(**change))


def test_what_an_entry_holds_is_replaced_whole_and_never_in_place(filled: Database, make_entry: Make) -> None:
    with filled.begin() as connection:
        save_entry(connection, replace(make_entry("time_limit"), similar=()), by="王主任", reason="")
        assert get_entry(connection, TIME_LIMIT, 1).similar == ("几天能拿到证",)
        assert get_entry(connection, TIME_LIMIT, 2).similar == ()
