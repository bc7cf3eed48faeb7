"""Loading the knowledge files into the database and reading them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.errors import KnowledgeInvalid
from bot.hotline.jurisdictions import Jurisdiction
from bot.hotline.knowledge import Citation, Knowledge, KnowledgeEntry
from bot.knowledge_files import KnowledgeFiles
from bot.storage import (
    Changes,
    Database,
    entry_history,
    knowledge_version,
    load_elsewhere,
    load_jurisdictions,
    load_knowledge,
    load_places,
    retire_entry,
    save_entry,
    save_knowledge,
)
from bot.storage.tables import documents as d
from bot.storage.tables import knowledge as k

Make = Callable[..., KnowledgeEntry]


def _save(database: Database, files: KnowledgeFiles, **options: bool) -> Changes:
    with database.begin() as connection:
        return save_knowledge(connection, files, by="loader", reason="test", **options)


def _load(database: Database) -> Knowledge:
    with database.read() as connection:
        return load_knowledge(connection)


def _edit(database: Database, entry: KnowledgeEntry) -> None:
    with database.begin() as connection:
        save_entry(connection, entry, by="王主任", reason="更正")


def _changed(files: KnowledgeFiles, entry: KnowledgeEntry) -> KnowledgeFiles:
    return replace(files, entries=tuple(entry if e.id == entry.id else e for e in files.entries))


def test_what_is_saved_is_what_is_loaded(database: Database, files: KnowledgeFiles) -> None:
    _save(database, files)
    knowledge, wanted = _load(database), files.as_knowledge()
    assert knowledge.version == 1
    assert sorted(knowledge.entries, key=lambda e: e.id) == sorted(wanted.entries, key=lambda e: e.id)
    assert knowledge.documents == wanted.documents
    assert knowledge.items == wanted.items
    assert knowledge.departments == wanted.departments
    assert knowledge.hotlines == wanted.hotlines
    assert knowledge.routing_rules == wanted.routing_rules
    assert knowledge.provisions == {}


def test_the_places_come_back_with_their_names(database: Database, files: KnowledgeFiles) -> None:
    _save(database, files)
    with database.read() as connection:
        assert set(load_jurisdictions(connection)) == set(files.jurisdictions)
        assert load_elsewhere(connection) == files.elsewhere
        assert load_places(connection).find("沙市怎么办", "tianmen").jurisdiction == "jingzhou"


def test_saving_again_changes_nothing(database: Database, files: KnowledgeFiles) -> None:
    assert _save(database, files)
    again = _save(database, files)
    assert not again
    assert again == Changes(version=1)
    assert _load(database).version == 1


def test_a_changed_entry_gets_a_new_version_and_the_old_one_stays(database: Database, files: KnowledgeFiles) -> None:
    _save(database, files)
    changes = _save(database, _changed(files, replace(files.entries[0], answer="最长30日。")))
    assert changes.changed == ("entry jingzhou.residence_permit.time_limit",)
    assert changes.version == 2
    with database.read() as connection:
        history = entry_history(connection, files.entries[0].id)
    assert [(v.entry.version, v.entry.answer) for v in history] == [(2, "最长30日。"), (1, "受理之日起15日内制发。")]
    assert {(v.changed_by, v.reason, v.origin) for v in history} == {("loader", "test", "files")}


def test_an_entry_missing_from_the_files_stays_and_is_reported(database: Database, files: KnowledgeFiles) -> None:
    _save(database, files)
    changes = _save(database, replace(files, entries=files.entries[1:]))
    assert changes.missing == ("entry jingzhou.residence_permit.time_limit",)
    assert not changes
    assert len(_load(database).entries) == 3


def test_missing_entries_lines_and_rules_are_retired_when_asked_for(database: Database, files: KnowledgeFiles) -> None:
    _save(database, files)
    fewer = replace(files, entries=files.entries[1:], hotlines=(), routing_rules=())
    changes = _save(database, fewer, retire_missing=True)
    assert changes.retired == (
        "entry jingzhou.residence_permit.time_limit",
        "hotline jingzhou.8001234.jingzhou.police",
        "routing_rule jingzhou.fake_permit",
    )
    knowledge = _load(database)
    assert (len(knowledge.entries), knowledge.hotlines, knowledge.routing_rules) == (2, (), ())
    with database.read() as connection:
        assert len(entry_history(connection, files.entries[0].id)) == 1
    assert not _save(database, fewer, retire_missing=True)


def test_what_the_files_retired_counts_again_when_it_is_back_in_them(database: Database, files: KnowledgeFiles) -> None:
    _save(database, files)
    _save(database, replace(files, entries=files.entries[1:], hotlines=()), retire_missing=True)
    changes = _save(database, files)
    assert set(changes.added) == {
        "entry jingzhou.residence_permit.time_limit",
        "hotline jingzhou.8001234.jingzhou.police",
    }
    assert _load(database).hotlines == files.hotlines


def test_what_a_person_wrote_is_kept_and_reported(database: Database, files: KnowledgeFiles) -> None:
    _save(database, files)
    _edit(database, replace(files.entries[0], answer="10日内。"))
    changes = _save(database, files)
    assert changes.kept == ("entry jingzhou.residence_permit.time_limit",)
    assert not changes
    assert next(e for e in _load(database).entries if e.id == files.entries[0].id).answer == "10日内。"


def test_what_a_person_wrote_is_overwritten_when_asked_for(database: Database, files: KnowledgeFiles) -> None:
    _save(database, files)
    _edit(database, replace(files.entries[0], answer="10日内。"))
    changes = _save(database, files, overwrite=True)
    assert changes.changed == ("entry jingzhou.residence_permit.time_limit",)
    with database.read() as connection:
        newest = entry_history(connection, files.entries[0].id)[0]
    assert (newest.entry.version, newest.entry.answer, newest.origin) == (3, files.entries[0].answer, "files")


def test_what_a_person_retired_stays_retired(database: Database, files: KnowledgeFiles) -> None:
    _save(database, files)
    with database.begin() as connection:
        retire_entry(connection, files.entries[0].id, by="王主任", reason="已废止")
    assert _save(database, files).kept == ("entry jingzhou.residence_permit.time_limit",)
    assert len(_load(database).entries) == 2
    assert _save(database, files, overwrite=True).added == ("entry jingzhou.residence_permit.time_limit",)


def test_an_entry_that_only_a_person_has_is_never_missing(
    database: Database, files: KnowledgeFiles, make_entry: Make
) -> None:
    _save(database, files)
    _edit(database, make_entry("fee", question="多少钱？"))
    changes = _save(database, files, retire_missing=True)
    assert (changes.missing, changes.retired) == ((), ())
    assert len(_load(database).entries) == 4


def test_changed_aliases_departments_and_documents_are_updated(database: Database, files: KnowledgeFiles) -> None:
    _save(database, files)
    changed = replace(
        files,
        items=(replace(files.items[0], aliases=("居住卡",)),),
        departments=(replace(files.departments[0], name="市公安局", aliases=()),),
        documents=(replace(files.documents[0], issuing_authority=None),),
        elsewhere=("北京",),
    )
    assert len(_save(database, changed).changed) == 4
    knowledge = _load(database)
    assert knowledge.items["residence_permit"].aliases == ("居住卡",)
    assert knowledge.departments["jingzhou.police"].name == "市公安局"
    assert knowledge.documents["jingzhou.residence_permit"].issuing_authority is None


def test_a_changed_line_replaces_the_old_one_which_stays_on_record(database: Database, files: KnowledgeFiles) -> None:
    _save(database, files)
    line = replace(files.hotlines[0], integration="merged")
    _save(database, replace(files, hotlines=(line,)))
    assert _load(database).hotlines == (line,)
    with database.read() as connection:
        rows = connection.execute(sa.select(k.hotline_lines).order_by("row_id")).all()
    assert [(row.integration, row.retired_at is None) for row in rows] == [("transferred", False), ("merged", True)]


def test_cited_provisions_are_there_without_text_until_they_are_imported(
    database: Database, files: KnowledgeFiles
) -> None:
    _save(database, files)
    with database.read() as connection:
        rows = connection.execute(sa.select(d.provisions.c.path, d.provisions.c.text)).all()
    assert sorted(tuple(row) for row in rows) == sorted([("第三条", None), ("第九条", None)])


def test_each_change_is_logged_with_who_and_why(database: Database, files: KnowledgeFiles) -> None:
    _save(database, files)
    _edit(database, replace(files.entries[0], answer="10日内。"))
    with database.read() as connection:
        log = connection.execute(sa.select(k.knowledge_changes).order_by(k.knowledge_changes.c.version)).all()
        assert knowledge_version(connection) == 2
    assert [(row.version, row.changed_by, row.reason) for row in log] == [(1, "loader", "test"), (2, "王主任", "更正")]
    assert log[1].summary == {"changed": ["jingzhou.residence_permit.time_limit"]}


def test_places_whose_parents_go_round_in_a_circle_are_refused(database: Database, files: KnowledgeFiles) -> None:
    circle = (Jurisdiction("a", "甲市", "b"), Jurisdiction("b", "乙市", "a"))
    with pytest.raises(KnowledgeInvalid, match="互为上级"):
        _save(database, replace(files, jurisdictions=circle))
    assert _load(database).version == 0


def test_a_failure_half_way_leaves_the_database_as_before(
    database: Database, files: KnowledgeFiles, make_entry: Make
) -> None:
    _save(database, files)
    broken = make_entry("broken", question="坏的？", citations=(Citation("no.such_document", ("一",)),))
    with pytest.raises(KnowledgeInvalid):
        _save(database, replace(files, elsewhere=("广州",), entries=(*files.entries, broken)))
    with database.read() as connection:
        assert load_elsewhere(connection) == files.elsewhere
    assert len(_load(database).entries) == 3
