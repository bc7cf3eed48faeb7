"""Policy documents: uploaded, looked at, imported, drafted, published; hostile files refused; validity with a reason."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from bot.storage import Database, find_entry, knowledge_version, list_drafts, load_knowledge
from tests.gazette.making import pdf, printed, word
from tests.web.admin.asking import file_form, page, post
from tests.web.library import LIBRARY, NOTICE

UPLOAD = "/admin/documents/upload"
POOL = """云江市人民政府关于印发云江市游泳馆管理办法的通知
云政规〔2024〕7号
各县(市、区)人民政府,市政府各部门:
现将《云江市游泳馆管理办法》印发给你们。
云江市人民政府
2024年5月6日
云江市游泳馆管理办法
第一条 为了加强游泳馆管理,制定本办法。
第二条 成人票每次20元,儿童票每次10元。
第三条 未满12周岁的儿童应当由成人陪同。
第四条 本办法自2024年6月1日起施行。
"""


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 100_000_000)
    return out.getvalue()


async def send(
    client: TestClient, content: bytes, name: str = "公报.txt", status: int = 204, **more: str
) -> tuple[str, str]:
    return await post(client, UPLOAD, file_form(content, name, **{"place": "yunjiang", **more}), status)


async def imported(client: TestClient, database: Database, text: str = POOL) -> str:
    """Upload a gazette, import its one document and return the document's id."""
    target, _ = await send(client, text.encode("gb18030"))
    await post(client, target, {"document": "0"})
    with database.read() as connection:
        return next(d.id for d in load_knowledge(connection).documents.values() if "游泳馆" in d.title)


async def test_a_gazette_becomes_a_published_entry_only_through_a_person(admin: TestClient, database: Database) -> None:
    target, _ = await send(admin, POOL.encode("gb18030"))
    text = await page(admin, target)
    assert "云江市游泳馆管理办法" in text
    assert "gb18030" in text
    assert "成人票每次20元" in text
    with database.read() as connection:
        assert not [d for d in load_knowledge(connection).documents.values() if "游泳馆" in d.title]
    await post(admin, target, {}, 400)
    document = await imported(admin, database)
    location, _ = await post(admin, f"/admin/documents/{document}/drafts", {})
    assert "份草稿" in await page(admin, location)
    with database.read() as connection:
        drafts = list_drafts(connection, document=document)
        assert "游泳馆" not in "".join(e.question for e in load_knowledge(connection).entries)
    draft = next(one for one in drafts if one.path == "第二条")
    assert draft.content.answer == ""
    assert draft.content.citations[0].provisions == ("第二条",)
    address = f"/admin/documents/drafts/{draft.id}"
    text = await page(admin, address)
    assert 'data-insert="20元"' in text
    form = {
        "question": "游泳馆门票多少钱？", "answer": "", "similar": "游泳票价", "aspect": "amount", "kind": "answer", "accepted": "",
        "department": "", "cited_document": document, "cited_paths": "第二条", "reason": "", "version": "1", "does": "publish",
    }  # fmt: skip
    assert "答复不能为空" in (await post(admin, address, form, 400))[1]
    assert "不见于所引条款" in (await post(admin, address, {**form, "answer": "成人30元。"}, 400))[1]
    await post(admin, address, {**form, "answer": "成人20元", "does": "save"})
    assert "成人20元" in await page(admin, address)  # tomorrow it is still there
    await post(admin, address, {**form, "answer": "成人20元。"}, 409)
    location, _ = await post(admin, address, {**form, "answer": "成人票每次20元，儿童票10元。", "version": "2"})
    id_ = location.split("/")[-1].split("?")[0]
    with database.read() as connection:
        row = find_entry(connection, id_)
        assert row is not None
        assert (row.entry.jurisdiction, row.changed_by, row.origin) == ("yunjiang", "admin", "console")
        assert len(list_drafts(connection, document=document)) == len(drafts) - 1
    await post(admin, address, {**form, "answer": "又一次20元。", "version": "3"}, 409)


@pytest.mark.parametrize(("make", "kind"), [(word, "docx"), (lambda text: pdf(printed(text)), "pdf")])
async def test_a_word_document_and_a_pdf_are_read_like_the_text_in_them(
    admin: TestClient, make: Callable[[str], bytes], kind: str
) -> None:
    assert f".{kind}," in await page(admin, "/admin/documents")
    shown = [await page(admin, (await send(admin, content))[0]) for content in (POOL.encode(), make(POOL))]
    assert f"按 {kind} 读入" in shown[1]
    found = [re.findall(r'<dt>.*?</dt><dd class="preview">.*?</dd>', text, re.DOTALL) for text in shown]
    assert found[0] == found[1] != []


async def test_drafts_are_made_once_and_a_discarded_one_can_be_taken_up_again(
    admin: TestClient, database: Database
) -> None:
    document = await imported(admin, database)
    await post(admin, f"/admin/documents/{document}/drafts", {"path": "第三条"})
    location, _ = await post(admin, f"/admin/documents/{document}/drafts", {"path": "第三条"})
    assert "made=0" in location
    await post(admin, f"/admin/documents/{document}/drafts", {"path": "第九十条"}, 404)
    with database.read() as connection:
        draft = list_drafts(connection, document=document)[0]
    address = f"/admin/documents/drafts/{draft.id}"
    await post(admin, address, {"does": "discard", "version": "1", "cited_document": document, "cited_paths": "第三条"})
    assert "没有待写的草稿" in await page(admin, f"/admin/documents/drafts?document={document}")
    assert "重新拿出来写" in await page(admin, f"/admin/documents/drafts?document={document}&state=discarded")
    await post(admin, f"{address}/reopen", {})
    with database.read() as connection:
        assert [d.id for d in list_drafts(connection, document=document)] == [draft.id]
    await post(admin, "/admin/documents/beihe.parks/drafts", {}, 400)


async def test_the_same_gazette_twice_changes_nothing(admin: TestClient, database: Database) -> None:
    with database.read() as connection:
        before = knowledge_version(connection)
    target, _ = await send(admin, NOTICE.encode())
    text = await page(admin, target)
    assert "与库中一样" in text
    assert not re.search(r'value="0" checked', text)
    await post(admin, target, {"document": "0"})
    with database.read() as connection:
        assert knowledge_version(connection) == before


async def test_spam_is_taken_out_and_told_with_its_line(admin: TestClient) -> None:
    lines = POOL.split("\n")
    lines.insert(8, "<p>澳门赌场开户送彩金 www.example.com 加微信 abc12345</p>")
    target, _ = await send(admin, "\n".join(lines).encode())
    text = await page(admin, target)
    assert "清除和还原" in text
    removed = re.search(r'<td class="number">(\d+)</td><td class="removed">[^<]*彩金', text)
    assert removed
    assert removed[1] == "9"
    assert "<script" not in text.split("<main", 1)[1]


HOSTILE = [
    (b"", "是空文件"),
    (b"  \n \n", "只有空白"),
    (bytes(range(256)) * 40, ""),
    (b"%PDF-1.7 xxx", "打不开的 PDF"),
    (bomb(), "解压后超过 50 MB"),
    (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "另存为 .docx"),
    (b"\xff\xd8\xff\xe0" + b"x" * 100, "图片"),
    ("今天天气很好。".encode(), "没有找到政策文件"),
    (("一二三" * 1000).encode("cp949", "ignore") or b"\x80\x81" * 500, ""),
]


async def test_a_broken_or_hostile_file_is_refused_with_the_reason(admin: TestClient, database: Database) -> None:
    with database.read() as connection:
        before = knowledge_version(connection)
    for content, said in HOSTILE:
        _, text = await send(admin, content, status=400)
        assert said in text
        assert "“公报.txt”" in text
    with database.read() as connection:
        assert knowledge_version(connection) == before


async def test_a_huge_file_is_refused_without_being_read(admin: TestClient) -> None:
    _, text = await send(admin, b"x" * (21 * 1024 * 1024), status=413)
    assert "超过 20 MB" in text


async def test_a_file_without_a_place_or_of_another_place_is_refused(admin: TestClient) -> None:
    _, text = await send(admin, POOL.encode(), status=400, place="atlantis")
    assert "请选择辖区" in text
    _, text = await post(admin, UPLOAD, {"place": "yunjiang"}, 400)
    assert "请选择一个文件" in text


async def test_who_chose_another_place_than_the_documents_name_is_warned(admin: TestClient) -> None:
    assert '<option value="yunjiang" selected>' in await page(admin, "/admin/documents")
    mistaken, _ = await send(admin, POOL.encode(), place="beihe")
    assert "标题说的是<strong>云江市</strong>" in await page(admin, mistaken)
    right, _ = await send(admin, POOL.encode())
    assert "标题说的是" not in await page(admin, right)


async def test_a_name_with_script_or_a_path_in_it_stays_text(admin: TestClient) -> None:
    target, _ = await send(admin, POOL.encode(), "../../<script>alert(1)</script>.txt")
    for path in (target, "/admin/documents"):
        assert "<script>alert" not in await page(admin, path)


DATES = ("issued_on", "effective_from", "effective_until", "repealed_on", "confirmed_in_force_on")


async def form_of(client: TestClient, **changed: str) -> dict[str, Any]:
    text = await page(client, f"/admin/documents/{LIBRARY}")
    expected = re.search(r'name="expected" value="(\w+)"', text)
    assert expected
    values = {
        "title": "云江市图书馆借阅办法",
        "number": "云政办发〔2020〕15号",
        "issuing_authority": "",
        "repealed_by": "",
    }
    return values | dict.fromkeys(DATES, "") | {"expected": expected[1], "reason": "核实"} | changed


async def test_a_repeal_is_kept_with_its_reason_told_in_answers_and_undone(
    admin: TestClient, database: Database
) -> None:
    address = f"/admin/documents/{LIBRARY}"
    form = await form_of(admin, repealed_on="2022-01-02", repealed_by="云政规〔2021〕9号", reason="新办法出台")
    location, _ = await post(admin, address, form)
    text = await page(admin, location)
    assert "已废止" in text
    assert "新办法出台" in text
    with database.read() as connection:
        document = load_knowledge(connection).documents[LIBRARY]
    assert document.repealed_by == "云政规〔2021〕9号"
    undo = re.search(r'name="version" value="(\w+)"><input type="hidden" name="expected" value="(\w+)"', text)
    assert undo
    await post(admin, f"{address}/restore", {"version": undo[1], "expected": undo[2], "reason": "撤销"})
    with database.read() as connection:
        assert load_knowledge(connection).documents[LIBRARY].repealed_on is None


WRONG: list[tuple[dict[str, str], str]] = [
    ({"title": ""}, "请填写标题"),
    ({"reason": " "}, "请写明修改的理由"),
    ({"issued_on": "昨天"}, "请写成 2017-08-01 的样子"),
    ({"issued_on": "2024-05-05", "effective_until": "2020-01-01"}, "失效日期应晚于"),
    ({"repealed_by": "某文件"}, "也要写废止日期"),
]


async def test_a_validity_that_cannot_be_is_refused(admin: TestClient) -> None:
    for changed, said in WRONG:
        _, text = await post(admin, f"/admin/documents/{LIBRARY}", await form_of(admin, **changed), 400)
        assert said in text, changed


async def test_who_was_slower_sees_both(admin: TestClient) -> None:
    address = f"/admin/documents/{LIBRARY}"
    slow = await form_of(admin, issuing_authority="后到的机关")
    await post(admin, address, await form_of(admin, issuing_authority="先到的机关"))
    _, text = await post(admin, address, slow, 409)
    assert "先到的机关" in text
    assert "后到的机关" in text


async def test_the_list_tells_how_far_each_document_is_imported_and_told(admin: TestClient) -> None:
    text = await page(admin, "/admin/documents")
    assert "已过有效期" in text
    assert "北河市公园条例" in text
    assert "北河市公园条例" not in await page(admin, "/admin/documents?words=图书馆")
    text = await page(admin, f"/admin/documents/{LIBRARY}")
    assert "2 条条目" in text or "1 条条目" in text
    assert "没写到" in text
    assert "原文没有导入" in await page(admin, "/admin/documents/beihe.parks")
    await page(admin, "/admin/documents/no.such", 404)
    await page(admin, "/admin/documents/uploads/none", 404)
    await page(admin, "/admin/documents/drafts/none", 404)
