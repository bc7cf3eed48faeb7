"""Importing official documents: quotable provisions, filled gaps, reported conflicts, nothing overwritten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa

from bot.errors import KnowledgeInvalid
from bot.hotline.knowledge import Citation, KnowledgeEntry, PolicyDocument, Validity
from bot.knowledge_files import KnowledgeFiles
from bot.storage import (
    Database,
    ImportReport,
    knowledge_version,
    load_knowledge,
    quote,
    save_entry,
    save_gazette,
    save_knowledge,
)
from bot.storage.tables import documents as d

PERMIT = "jingzhou.residence_permit"


@dataclass(frozen=True)
class Provision:
    """What ``bot.gazette.SourceProvision`` is like."""

    path: str
    heading: str | None
    text: str
    order: int


@dataclass(frozen=True)
class Document:
    """What ``bot.gazette.SourceDocument`` is like."""

    title: str = "荆州市居住证制度实施细则"
    number: str | None = "荆政规[2017]2号"
    issuing_authority: str | None = "荆州市人民政府"
    issued_on: dt.date | None = dt.date(2017, 7, 17)
    effective_from: dt.date | None = dt.date(2017, 8, 1)
    effective_until: dt.date | None = dt.date(2022, 8, 1)
    repeals: tuple[str, ...] = ()
    provisions: tuple[Provision, ...] = (
        Provision("第三条", None, "第三条 公安机关负责居住证管理。", 1),
        Provision("第九条", "制发", "第九条 自受理之日起15日内制发。", 2),
    )
    text: str = "全文"
    annexed_to: str | None = None


@dataclass(frozen=True)
class Gazette:
    """What ``bot.gazette.Gazette`` is like."""

    documents: tuple[Document, ...]


@pytest.fixture
def filled(database: Database, files: KnowledgeFiles) -> Database:
    """A database with the sample knowledge."""
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="test")
    return database


def _import(database: Database, *documents: Document, dry_run: bool = False) -> ImportReport:
    with database.begin() as connection:
        return save_gazette(connection, Gazette(documents), "jingzhou", dry_run=dry_run)


def _documents(database: Database) -> dict[str, PolicyDocument]:
    with database.read() as connection:
        return dict(load_knowledge(connection).documents)


def test_the_provisions_of_a_known_document_become_quotable(filled: Database) -> None:
    report = _import(filled, Document())
    (imported,) = report.documents
    assert (imported.id, imported.new) == (PERMIT, False)
    assert imported.provisions.added == ("第三条", "第九条")
    assert report.version == 2
    with filled.read() as connection:
        provision = quote(connection, PERMIT, "第九条")
        assert provision
        assert (provision.text, provision.heading, provision.order) == ("第九条 自受理之日起15日内制发。", "制发", 2)
        assert load_knowledge(connection).provisions[PERMIT, "第九条"] == provision


def test_a_provision_that_is_not_imported_has_no_quote(filled: Database) -> None:
    with filled.read() as connection:
        assert quote(connection, PERMIT, "第九条") is None
        assert quote(connection, PERMIT, "第一百条") is None


def test_importing_again_changes_nothing(filled: Database) -> None:
    assert _import(filled, Document())
    again = _import(filled, Document())
    assert not again
    assert again.version == 2
    with filled.read() as connection:
        assert knowledge_version(connection) == 2


def test_a_dry_run_reports_the_same_and_changes_nothing(filled: Database) -> None:
    report = _import(filled, Document(), dry_run=True)
    with filled.read() as connection:
        assert knowledge_version(connection) == 1
        assert quote(connection, PERMIT, "第九条") is None
    assert _import(filled, Document()) == report


def test_what_the_knowledge_leaves_open_is_filled(filled: Database) -> None:
    report = _import(filled, Document())
    assert report.documents[0].filled == ("印发日期 2017-07-17", "施行日期 2017-08-01", "失效日期 2022-08-01")
    assert _documents(filled)[PERMIT].validity(dt.date(2023, 1, 1)) is Validity.EXPIRED


def test_what_is_filled_survives_loading_the_files_again(filled: Database, files: KnowledgeFiles) -> None:
    _import(filled, Document())
    with filled.begin() as connection:
        assert not save_knowledge(connection, files, by="loader", reason="test")
    assert _documents(filled)[PERMIT].issued_on == dt.date(2017, 7, 17)


def test_conflicts_are_reported_and_nothing_is_overwritten(filled: Database) -> None:
    report = _import(filled, Document(issuing_authority="江陵县人民政府"))
    assert report.documents[0].conflicts == ("发文机关：库中 荆州市人民政府，原文 江陵县人民政府",)
    assert _documents(filled)[PERMIT].issuing_authority == "荆州市人民政府"


def test_cited_provisions_that_the_original_does_not_have_are_reported(filled: Database) -> None:
    report = _import(filled, Document(provisions=Document().provisions[:1]))
    assert report.documents[0].provisions.absent == ("第九条",)


def test_a_corrected_text_replaces_the_old_one_which_is_kept(filled: Database) -> None:
    _import(filled, Document())
    corrected = Provision("第九条", "制发", "第九条 自受理之日起30日内制发。", 2)
    report = _import(filled, Document(provisions=(Document().provisions[0], corrected)))
    assert report.documents[0].provisions.changed == ("第九条",)
    with filled.read() as connection:
        assert quote(connection, PERMIT, "第九条").text == corrected.text  # type: ignore[union-attr]
        (old,) = connection.execute(sa.select(d.provision_revisions)).all()
    assert (old.path, old.text) == ("第九条", "第九条 自受理之日起15日内制发。")


def test_a_provision_that_is_gone_is_superseded_and_comes_back(filled: Database) -> None:
    extra = Provision("第十条", None, "第十条 收费。", 3)
    _import(filled, Document(provisions=(*Document().provisions, extra)))
    report = _import(filled, Document())
    assert report.documents[0].provisions.superseded == ("第十条",)
    with filled.read() as connection:
        assert (PERMIT, "第十条") not in load_knowledge(connection).provisions
        assert quote(connection, PERMIT, "第十条")
    assert not _import(filled, Document())
    assert _import(filled, Document(provisions=(*Document().provisions, extra))).documents[0].provisions.changed


@pytest.mark.parametrize(
    "document",
    [
        Document(number="荆政规（2017） 2号"),
        Document(number=None),
        Document(title="关于印发《荆州市居住证制度实施细则》的通知"),
        Document(title="居住证实施细则"),
    ],
)
def test_a_document_is_recognised_in_another_spelling(filled: Database, document: Document) -> None:
    assert _import(filled, document).documents[0].id == PERMIT


@pytest.mark.parametrize("document", [Document(number="荆政规〔2022〕9号"), Document("荆州市殡葬办法", None)])
def test_another_number_or_another_title_is_another_document(filled: Database, document: Document) -> None:
    imported = _import(filled, document).documents[0]
    assert imported.new
    assert imported.id != PERMIT
    held = _documents(filled)[imported.id]
    assert (held.title, held.issued_on) == (document.title, dt.date(2017, 7, 17))


def test_two_texts_under_one_number_are_two_documents(filled: Database) -> None:
    first, second = Document("共享管理办法", "荆政办发〔2018〕75号"), Document("项目管理办法", "荆政办发〔2018〕75号")
    report = _import(filled, first, second)
    assert len({imported.id for imported in report.documents}) == 2
    assert not _import(filled, first, second)


def test_a_document_of_another_place_is_never_matched(filled: Database) -> None:
    with filled.begin() as connection:
        report = save_gazette(connection, Gazette((Document(),)), "tianmen")
    assert report.documents[0].new


def test_a_repealed_document_is_marked(filled: Database) -> None:
    new = Document(
        "居住证新细则", "荆政规〔2022〕9号", repeals=("荆政规〔2017〕2号",), effective_from=dt.date(2022, 9, 1)
    )
    report = _import(filled, new)
    assert report.documents[0].repealed == (PERMIT,)
    document = _documents(filled)[PERMIT]
    assert document.repealed_by == "《居住证新细则》（荆政规〔2022〕9号）"
    assert document.validity(dt.date(2022, 8, 31)) is not Validity.REPEALED
    assert document.validity(dt.date(2022, 9, 1)) is Validity.REPEALED
    assert not _import(filled, new)


def test_a_document_is_marked_that_arrives_after_the_one_that_repeals_it(
    database: Database, files: KnowledgeFiles
) -> None:
    with database.begin() as connection:
        save_knowledge(
            connection, replace(files, documents=(), entries=(), hotlines=(), routing_rules=()), by="l", reason=""
        )
    _import(database, Document("新细则", "荆政规〔2022〕9号", repeals=("荆政规〔2017〕2号",)))
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="test")
    assert _documents(database)[PERMIT].repealed_on == dt.date(2017, 8, 1)


def test_knowledge_written_later_takes_an_imported_document_over(
    database: Database, files: KnowledgeFiles, make_entry: Callable[..., KnowledgeEntry]
) -> None:
    bare = replace(files, documents=(), entries=(), hotlines=(), routing_rules=())
    with database.begin() as connection:
        save_knowledge(connection, bare, by="loader", reason="test")
    imported = _import(database, Document()).documents[0].id
    with database.begin() as connection:
        cited = make_entry("edited", question="谁管？", citations=(Citation(imported, ("第三条",)),))
        save_entry(connection, cited, by="王主任", reason="先写")
        changes = save_knowledge(connection, files, by="loader", reason="test")
    assert f"document {PERMIT}" in changes.changed
    assert set(_documents(database)) == {PERMIT}
    with database.read() as connection:
        assert quote(connection, PERMIT, "第九条")
        knowledge = load_knowledge(connection)
    assert {e.id: e.citations for e in knowledge.entries}[cited.id] == (Citation(PERMIT, ("第三条",)),)


def test_a_place_that_is_not_there_is_refused(filled: Database) -> None:
    with pytest.raises(KnowledgeInvalid, match="wuhan"), filled.begin() as connection:
        save_gazette(connection, Gazette((Document(),)), "wuhan")


def test_a_failure_in_the_last_document_leaves_nothing_of_the_first(filled: Database) -> None:
    broken = Document("坏文件", None, provisions=(Provision("一", None, None, 1),))  # type: ignore[arg-type]
    with filled.begin() as connection, pytest.raises(sa.exc.IntegrityError):
        save_gazette(connection, Gazette((Document(), broken)), "jingzhou")
    with filled.read() as connection:
        assert knowledge_version(connection) == 1
        assert quote(connection, PERMIT, "第九条") is None
