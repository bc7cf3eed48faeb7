"""What the console does with the knowledge: searching, publishing, changing records in place, drafts, uploads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.editing.drafts import proposal
from bot.editing.records import Record, fingerprint
from bot.errors import ChangedMeanwhile, KnowledgeInvalid, NotFound
from bot.gazette import read_gazette
from bot.hotline.jurisdictions import Jurisdiction
from bot.hotline.knowledge import Citation, Department, KnowledgeEntry, PolicyDocument, ServiceItem
from bot.knowledge_files import KnowledgeFiles
from bot.storage import (
    Database,
    EntryFilter,
    add_drafts,
    add_upload,
    citing_entries,
    find_entries,
    finish_draft,
    get_draft,
    get_record,
    get_upload,
    knowledge_version,
    list_documents,
    list_drafts,
    list_records,
    load_knowledge,
    load_places,
    placed,
    publish_entry,
    read_originals,
    record_history,
    reopen_draft,
    retire_entry,
    retire_record,
    review_entry,
    save_draft,
    save_gazette,
    save_knowledge,
    save_record,
)

Make = Callable[..., KnowledgeEntry]
NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.timezone.utc)
DOCUMENT = "jingzhou.residence_permit"
PERMITS = """荆州市人民政府关于印发荆州市居住证制度实施细则的通知
荆政规〔2017〕2号
各县市区人民政府:
现将《荆州市居住证制度实施细则》印发给你们。
荆州市人民政府
2017年7月17日
荆州市居住证制度实施细则
第三条 公安机关负责居住证的受理。
第九条 受理机关应当自受理之日起15日内制发居住证。
第十条 特殊情况可以延长到30日。
"""
CHANGED: list[tuple[str, Record]] = [
    ("department", Department("jingzhou.police", "jingzhou", "荆州市公安局", ("公安局",))),
    ("item", ServiceItem("residence_permit", "居住证", ("居住卡",))),
    ("document", PolicyDocument(DOCUMENT, "jingzhou", "荆州市居住证细则", issued_on=dt.date(2017, 7, 17))),
    ("jurisdiction", Jurisdiction("jingzhou", "荆州市", "hubei", ("荆州",), ("沙市",), covered=True, suggested=("问？",))),
]  # fmt: skip


@pytest.fixture
def filled(database: Database, files: KnowledgeFiles) -> Database:
    """A database with the sample knowledge."""
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="start")
    return database


@pytest.fixture
def printed(filled: Database) -> Database:
    """The same with the original of its document."""
    read = read_gazette(PERMITS.encode(), name="公报.txt", place_names=("荆州市",), authority="荆州市人民政府")
    with filled.begin() as connection:
        report = save_gazette(connection, read, "jingzhou")
    assert [done.id for done in report.documents] == [DOCUMENT]
    return filled


def _found(database: Database, **wanted: str) -> list[str]:
    with database.read() as connection:
        rows, total = find_entries(
            connection, EntryFilter(**{"state": "all", **wanted}), dt.datetime.now(dt.timezone.utc)
        )
    assert total == len(rows)
    return [row.entry.id.rsplit(".", 1)[-1] for row in rows]


def test_entries_are_found_by_what_they_are_and_say(filled: Database) -> None:
    assert _found(filled) == ["number", "scope", "time_limit"]
    assert _found(filled, place="tianmen") == []
    assert _found(filled, document=DOCUMENT) == ["number", "scope", "time_limit"]
    assert _found(filled, aspect="scope") == ["scope"]
    assert _found(filled, topic="none") == []
    assert _found(filled, words="文号") == ["number"]
    assert _found(filled, words="几天 多久") == ["time_limit"]  # a similar question and the question
    assert _found(filled, words="TIME_LIMIT") == ["time_limit"]
    for wild in ("%", "_____", "\\"):
        assert _found(filled, words=f"{wild}没有") == []


def test_retired_and_lately_changed_entries_are_found_as_such(filled: Database, make_entry: Make) -> None:
    with filled.begin() as connection:
        retire_entry(connection, f"{DOCUMENT}.number", by="王", reason="错")
    assert _found(filled, state="retired") == ["number"]
    assert _found(filled, state="in_use") == ["scope", "time_limit"]
    assert set(_found(filled, state="recent")) == {"number", "scope", "time_limit"}
    with filled.read() as connection:
        rows, total = find_entries(connection, EntryFilter(), NOW, limit=1, offset=1)
        assert (len(rows), total) == (1, 2)
        assert find_entries(connection, EntryFilter(state="recent"), NOW + dt.timedelta(days=3000))[1] == 0


def test_a_wrong_figure_is_refused_where_the_original_is_there(printed: Database, make_entry: Make) -> None:
    wrong = make_entry("time_limit", answer="20日内。")
    with pytest.raises(KnowledgeInvalid, match="20"), printed.begin() as connection:
        publish_entry(connection, wrong, by="王", reason="改", expected_version=1)
    with printed.begin() as connection:
        saved = publish_entry(connection, replace(wrong, answer="最迟15日。"), by="王", reason="改", expected_version=1)
        assert saved.version == 2
        assert not review_entry(connection, saved).faults
    with pytest.raises(ChangedMeanwhile), printed.begin() as connection:
        publish_entry(connection, replace(wrong, answer="15日。"), by="李", reason="改", expected_version=1)


def test_without_the_original_a_figure_is_warned_of(filled: Database, make_entry: Make) -> None:
    with filled.begin() as connection:
        found = review_entry(connection, make_entry("time_limit", answer="20日内。"))
        assert not found.faults
        assert "没有导入" in found.warnings[0]
        publish_entry(connection, make_entry("time_limit", answer="20日内。"), by="王", reason="改")
        with pytest.raises(KnowledgeInvalid, match="理由"):
            publish_entry(connection, make_entry("time_limit", answer="20日内。"), by="王", reason=" ")


def test_a_new_entry_is_placed_by_its_document(filled: Database, make_entry: Make) -> None:
    with filled.begin() as connection:
        new = placed(connection, make_entry("x", id="", topic="", jurisdiction=""))
        assert (new.jurisdiction, new.topic) == ("jingzhou", "residence_permit")
        assert new.id.startswith("jingzhou.residence_permit.time_limit_")
        with pytest.raises(KnowledgeInvalid):
            placed(connection, make_entry("x", citations=()))


def test_the_original_is_read_as_it_was_printed(printed: Database) -> None:
    with printed.read() as connection:
        original = read_originals(connection, [DOCUMENT, "nowhere"])[DOCUMENT]
        row = next(row for row in list_documents(connection) if row.document.id == DOCUMENT)
        citing = citing_entries(connection, DOCUMENT)
    assert [p.path for p in original.provisions][-3:] == ["第三条", "第九条", "第十条"]
    assert row.provisions == len(original.provisions)
    assert row.imported_at is not None
    assert citing["第九条"] == [f"{DOCUMENT}.scope", f"{DOCUMENT}.time_limit"]
    assert citing[None] == [f"{DOCUMENT}.number"]


@pytest.mark.parametrize(("kind", "record"), CHANGED, ids=[kind for kind, _ in CHANGED])
def test_a_record_changed_in_place_keeps_what_it_said_and_comes_back(
    filled: Database, files: KnowledgeFiles, kind: str, record: Record
) -> None:
    key = record.id  # type: ignore[union-attr]
    with filled.begin() as connection:
        before = get_record(connection, kind, key).record
        version = knowledge_version(connection)
        assert save_record(connection, record, by="王", reason="机构改革", expected=fingerprint(before))
        assert not save_record(connection, record, by="王", reason="再存一次")
        assert knowledge_version(connection) == version + 1
        with pytest.raises(ChangedMeanwhile):
            save_record(connection, before, by="李", reason="慢", expected=fingerprint(before))
    with filled.begin() as connection:
        newest, oldest = record_history(connection, kind, key)
        assert (newest.record, newest.changed_by, newest.reason, newest.origin) == (record, "王", "机构改革", "console")
        assert (oldest.record, oldest.changed_by, oldest.reason, oldest.origin) == (before, "loader", "start", "files")
        changes = save_knowledge(connection, files, by="loader", reason="again")
        assert (bool(changes), len(changes.kept)) == (False, 1)
        save_record(connection, oldest.record, by="王", reason="恢复")
        assert get_record(connection, kind, key).record == before
        assert len(record_history(connection, kind, key)) == 3
        assert load_places(connection).by_id["jingzhou"].covered


def test_what_the_files_change_in_place_is_kept_too(filled: Database, files: KnowledgeFiles) -> None:
    renamed = replace(files.departments[0], name="荆州市公安局(新)")
    with filled.begin() as connection:
        save_knowledge(connection, replace(files, departments=(renamed,)), by="loader", reason="new files")
        names = [v.record.name for v in record_history(connection, "department", renamed.id)]  # type: ignore[union-attr]
    assert names == ["荆州市公安局(新)", "荆州市公安局"]


def test_lines_and_rules_are_retired_replaced_and_brought_back(filled: Database, files: KnowledgeFiles) -> None:
    line, rule = files.hotlines[0], files.routing_rules[0]
    line_key, rule_key = "jingzhou.8001234.jingzhou.police", "jingzhou.fake_permit"
    with filled.begin() as connection:
        save_record(connection, replace(line, name="户籍热线"), by="王", reason="改名", expected=fingerprint(line))
        retire_record(connection, "hotline", line_key, by="王", reason="停号")
        retire_record(connection, "routing_rule", rule_key, by="王", reason="不归公安")
        retire_record(connection, "routing_rule", rule_key, by="王", reason="再来")
        known = load_knowledge(connection)
        assert (known.hotlines, known.routing_rules) == ((), ())
        assert not save_knowledge(connection, files, by="loader", reason="again")
        assert get_record(connection, "hotline", line_key).retired_reason == "停号"
        first, second = record_history(connection, "hotline", line_key)
        assert (first.record.name, second.record.name) == ("户籍热线", "户政")  # type: ignore[union-attr]
        assert first.reason == "改名"
        save_record(connection, line, by="王", reason="恢复")
        save_record(connection, rule, by="王", reason="恢复")
        assert load_knowledge(connection).hotlines == (line,)
        assert load_knowledge(connection).routing_rules == (rule,)


def test_a_department_or_item_in_use_is_not_retired(filled: Database, files: KnowledgeFiles) -> None:
    for kind, key, used in (("department", "jingzhou.police", "热线 8001234"), ("item", "residence_permit", "条目")):
        with pytest.raises(KnowledgeInvalid, match=used), filled.begin() as connection:
            retire_record(connection, kind, key, by="王", reason="撤销")
    with pytest.raises(KnowledgeInvalid, match="不能停用"), filled.begin() as connection:
        retire_record(connection, "document", DOCUMENT, by="王", reason="废止")
    spare = Department("jingzhou.spare", "jingzhou", "荆州市备用局")
    with filled.begin() as connection:
        save_record(connection, spare, by="王", reason="新增", expected="")
        retire_record(connection, "department", spare.id, by="王", reason="撤销")
        rows = {v.record.id: v.retired_at for v in list_records(connection, "department")}  # type: ignore[union-attr]
        assert rows[spare.id] is not None
        assert spare.id in load_knowledge(connection).departments  # what refers to it stays readable
        save_record(connection, spare, by="王", reason="恢复")
        assert get_record(connection, "department", spare.id).retired_at is None
        with pytest.raises(KnowledgeInvalid, match="同名"):
            save_record(connection, replace(spare, id="jingzhou.other"), by="王", reason="重名")
        with pytest.raises(NotFound):
            get_record(connection, "department", "nobody")


def test_drafts_wait_until_a_person_has_decided(printed: Database) -> None:
    with printed.begin() as connection:
        known = load_knowledge(connection)
        provisions = read_originals(connection, [DOCUMENT])[DOCUMENT].provisions
        made = [proposal(known.documents[DOCUMENT], p) for p in provisions if p.path in ("第九条", "第十条")]
        ids = add_drafts(connection, made, by="王", at=NOW)
        assert len(ids) == 2
        assert add_drafts(connection, made, by="王", at=NOW) == []
        version = knowledge_version(connection)
    with printed.begin() as connection:
        draft = get_draft(connection, ids[0])
        assert draft.content == made[0].entry
        written = replace(draft.content, answer="15日内。", citations=(Citation(DOCUMENT, ("第九条",)),))
        kept = save_draft(connection, draft.id, written, version=1, by="李", at=NOW)
        assert (kept.content, kept.version, kept.changed_by) == (written, 2, "李")
    for late in (lambda c: save_draft(c, ids[0], written, version=1, by="王", at=NOW),
                 lambda c: finish_draft(c, ids[0], version=1, by="王", at=NOW)):  # fmt: skip
        with pytest.raises(ChangedMeanwhile, match="李"), printed.begin() as connection:
            late(connection)
    with printed.begin() as connection:
        finish_draft(connection, ids[0], version=2, by="王", at=NOW)
        assert [d.id for d in list_drafts(connection)] == [ids[1]]
        assert reopen_draft(connection, ids[0], by="王", at=NOW).state == "open"
        assert knowledge_version(connection) == version  # a draft answers nothing
        with pytest.raises(NotFound):
            get_draft(connection, "none")


def test_an_upload_is_kept_for_a_week(filled: Database) -> None:
    with filled.begin() as connection:
        id_ = add_upload(connection, "gazette", "公报.txt", b"\x00\xff" * 1000, by="王", at=NOW, place="jingzhou")
        assert get_upload(connection, id_, "gazette").content == b"\x00\xff" * 1000
        with pytest.raises(NotFound):
            get_upload(connection, id_, "entries")
        add_upload(connection, "entries", "表.csv", b"x", by="王", at=NOW + dt.timedelta(days=8))
        with pytest.raises(NotFound, match="七天"):
            get_upload(connection, id_, "gazette")


def test_only_the_chosen_documents_of_a_gazette_are_imported(filled: Database) -> None:
    other = PERMITS.replace("居住证制度", "养犬管理").replace("2号", "3号")
    read = read_gazette(
        (PERMITS + other).encode(), name="公报.txt", place_names=("荆州市",), authority="荆州市人民政府"
    )
    assert len(read.documents) == 2
    with filled.begin() as connection:
        report = save_gazette(connection, read, "jingzhou", only={1})
        assert [done.title for done in report.documents] == ["荆州市养犬管理实施细则"]
        assert DOCUMENT not in read_originals(connection, [DOCUMENT])
