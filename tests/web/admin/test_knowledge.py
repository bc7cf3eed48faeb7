"""Entries in the console: found, edited, refused, restored; by administrators only, and nothing is lost."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from bot.hotline.work_orders import Role
from bot.storage import (
    Database,
    entry_history,
    find_entry,
    knowledge_version,
    list_deeds,
    load_knowledge,
    publish_entry,
)
from tests.web.admin.asking import page, post
from tests.web.library import DEPOSIT, PERIOD, fill
from tests.web.staff import logged_in

ENTRY = f"/admin/knowledge/{DEPOSIT.id}"
ROUTES = [
    ("GET", "/admin/knowledge"), ("GET", "/admin/knowledge/export.csv"), ("GET", "/admin/knowledge/export.xlsx"),
    ("GET", "/admin/knowledge/import"), ("POST", "/admin/knowledge/import"), ("GET", "/admin/knowledge/import/x"),
    ("POST", "/admin/knowledge/import/x"), ("POST", "/admin/knowledge/try"), ("GET", "/admin/knowledge/new"),
    ("POST", "/admin/knowledge/new"), ("POST", "/admin/knowledge/check"), ("GET", "/admin/knowledge/provisions"),
    ("GET", ENTRY), ("POST", ENTRY), ("POST", f"{ENTRY}/retire"), ("GET", f"{ENTRY}/history"), ("POST", f"{ENTRY}/restore"),
    ("GET", "/admin/directory"), ("GET", "/admin/directory/department/new"), ("POST", "/admin/directory/department/new"),
    ("GET", "/admin/directory/department/yunjiang.culture"), ("POST", "/admin/directory/department/yunjiang.culture"),
    ("POST", "/admin/directory/department/yunjiang.culture/retire"),
    ("POST", "/admin/directory/department/yunjiang.culture/restore"),
    ("GET", "/admin/documents"), ("POST", "/admin/documents/upload"), ("GET", "/admin/documents/uploads/x"),
    ("POST", "/admin/documents/uploads/x"), ("GET", "/admin/documents/drafts"), ("GET", "/admin/documents/drafts/x"),
    ("POST", "/admin/documents/drafts/x"), ("POST", "/admin/documents/drafts/x/reopen"),
    ("POST", "/admin/documents/yunjiang.library/drafts"), ("GET", "/admin/documents/yunjiang.library"),
    ("POST", "/admin/documents/yunjiang.library"), ("POST", "/admin/documents/yunjiang.library/restore"),
]  # fmt: skip


def current(database: Database, entry: str = DEPOSIT.id) -> Any:
    with database.read() as connection:
        row = find_entry(connection, entry)
    assert row is not None
    return row


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR, Role.HANDLER])
async def test_nobody_but_administrators_comes_near(client: TestClient, database: Database, role: Role) -> None:
    fill(database)
    await logged_in(client, database, role, department="yunjiang.culture" if role is Role.HANDLER else None)
    for method, path in ROUTES:
        response = await client.request(method, path, allow_redirects=False)
        assert response.status == 403, (method, path)


async def test_without_a_login_or_token_nothing_is_shown_or_changed(
    client: TestClient, database: Database, entry_form: Any
) -> None:
    fill(database)
    for method, path in ROUTES:
        response = await client.request(method, path, allow_redirects=False)
        assert response.status in (303, 401, 403), (method, path)
        assert "押金" not in await response.text()
    await logged_in(client, database, Role.ADMINISTRATOR)
    client.session.headers["X-CSRF-Token"] = "forged"
    await post(client, ENTRY, entry_form(answer="没有押金。"), 403)
    assert current(database).entry.version == 1


async def test_every_route_of_the_console_is_in_the_list_that_is_refused(client: TestClient) -> None:
    known = {(method, re.sub(r"/(x|department|yunjiang\.\w+(\.\w+)?)(?=/|$)", "/{}", path)) for method, path in ROUTES}
    for route in client.app.router.routes():
        path = route.resource.canonical if route.resource else ""
        if path.startswith(("/admin/knowledge", "/admin/directory", "/admin/documents")) and route.method != "HEAD":
            shown = path.replace(".{format}", ".csv")
            assert (route.method, re.sub(r"\{[^}]+\}", "{}", shown)) in known, (route.method, path)


async def test_the_list_is_narrowed_by_place_words_and_state(admin: TestClient, database: Database) -> None:
    everything = await page(admin, "/admin/knowledge")
    assert "共 3 条" in everything
    assert "公园几点开门" in everything
    assert "共 2 条" in await page(admin, "/admin/knowledge?place=yunjiang")
    found = await page(admin, "/admin/knowledge?words=借书证 多少钱")  # one word of them in a similar question
    assert "共 1 条" in found
    assert "办借书证要交多少押金" in found
    assert "没有符合条件的条目" in await page(admin, "/admin/knowledge?words=100%25")
    assert "共 0 条" in await page(admin, "/admin/knowledge?state=retired")
    assert "共 2 条" in await page(admin, "/admin/knowledge?document=yunjiang.library")
    assert "共 1 条" in await page(admin, "/admin/knowledge?aspect=time_limit")
    alone = await page(admin, "/admin/knowledge?words=押金", **{"HX-Request": "true", "HX-Target": "entries"})
    assert "<html" not in alone
    assert "共 1 条" in alone


async def test_a_change_is_a_new_version_with_who_and_why_and_can_be_undone(
    admin: TestClient, database: Database, entry_form: Any
) -> None:
    location, _ = await post(admin, ENTRY, entry_form(answer="押金100元一证。", reason="说得更直接"))
    row = current(database)
    assert (row.entry.answer, row.entry.version) == ("押金100元一证。", 2)
    assert (row.changed_by, row.reason, row.origin) == ("admin", "说得更直接", "console")
    saved = await page(admin, location)
    assert "已保存为第2版" in saved
    await post(admin, f"{ENTRY}/restore", {"version": "1", "expected": "2", "reason": "撤销"})
    assert current(database).entry.answer == DEPOSIT.answer
    assert current(database).entry.version == 3
    with database.read() as connection:
        deeds = [deed.deed for deed in list_deeds(connection)]
    assert deeds[:2] == ["恢复知识条目", "修改知识条目"]


async def test_a_figure_that_the_provision_has_not_is_refused_and_what_was_typed_stays(
    admin: TestClient, database: Database, entry_form: Any
) -> None:
    _, text = await post(admin, ENTRY, entry_form(answer="每证押金150元，电话8001234。"), 400)
    assert "“150” 不见于所引条款" in text
    assert "“8001234” 不见于所引条款" in text
    assert "每证押金150元，电话8001234。" in text
    _, text = await post(admin, ENTRY, entry_form(cited_paths="第九条"), 400)
    assert "条款 第九条 不在" in text
    assert current(database).entry.version == 1


async def test_where_the_original_was_never_imported_a_figure_is_only_warned_of(
    client: TestClient, database: Database, entry_form: Any
) -> None:
    fill(database, imported=False)
    await logged_in(client, database, Role.ADMINISTRATOR, login="admin")
    _, text = await post(client, "/admin/knowledge/check", entry_form(answer="每证押金150元。"), 200)
    assert "原文没有导入" in text
    await post(client, ENTRY, entry_form(answer="每证押金150元。"))
    assert current(database).entry.version == 2


WRONG: list[tuple[dict[str, str], str]] = [
    ({"reason": " "}, "请写明修改的理由"),
    ({"answer": ""}, "答复不能为空"),
    ({"question": ""}, "请填写问题"),
    ({"question": "问" * 201}, "有几处要改"),
    ({"cited_document": "", "cited_paths": ""}, "必须写明依据的文件"),
    ({"cited_document": "no.such"}, "引用了不存在的文件"),
    ({"aspect": "weather"}, "有几处要改"),
    ({"items": "no.such.item"}, "有几处要改"),
    ({"department": "nobody"}, "有几处要改"),
    ({"accepted": "yes"}, "要写明受理或不受理"),
    ({"version": "99999999999999999999"}, ""),
    ({"version": "x"}, "有几处要改"),
]


async def test_what_cannot_be_is_refused_with_the_reason(
    admin: TestClient, database: Database, entry_form: Any
) -> None:
    for changed, said in WRONG:
        response = await admin.post(ENTRY, data=entry_form(**changed), allow_redirects=False)
        text = await response.text()
        assert response.status in (400, 409), text
        assert said in text, changed
    assert current(database).entry.version == 1


async def test_who_was_slower_sees_both_and_loses_nothing(
    admin: TestClient, database: Database, entry_form: Any
) -> None:
    with database.begin() as connection:
        faster = replace(DEPOSIT, answer="先到的人写的：押金100元。")
        publish_entry(connection, faster, by="李主任", reason="抢先", expected_version=1)
    _, text = await post(admin, ENTRY, entry_form(answer="后到的人写的：押金100元。"), 409)
    assert "李主任" in text
    assert "抢先" in text
    assert "后到的人写的：押金100元。" in text
    assert "<del>" in text
    assert re.search(r'name="version"[^>]*value="2"', text)
    assert current(database).entry.answer == "先到的人写的：押金100元。"
    await post(admin, ENTRY, entry_form(answer="后到的人写的：押金100元。", version="2"))
    assert current(database).entry.version == 3


async def test_a_new_entry_gets_place_topic_and_id_from_its_document(
    admin: TestClient, database: Database, entry_form: Any
) -> None:
    form = entry_form(
        question="一次能借几本书？",
        answer="每次最多借5册。",
        cited_paths="第三条(一)",
        similar="",
        version="0",
        items=None,
    )
    location, _ = await post(admin, "/admin/knowledge/new", form)
    id_ = location.split("/")[-1].split("?")[0]
    entry = current(database, id_).entry
    assert (entry.jurisdiction, entry.topic, entry.version) == ("yunjiang", "library", 1)
    assert "撤销" in await page(admin, location)
    await post(admin, f"/admin/knowledge/{id_}/restore", {"version": "0", "expected": "1"})
    with database.read() as connection:
        assert id_ not in {e.id for e in load_knowledge(connection).entries}


async def test_retired_and_brought_back(admin: TestClient, database: Database) -> None:
    await post(admin, f"{ENTRY}/retire", {"reason": ""}, 400)
    location, _ = await post(admin, f"{ENTRY}/retire", {"reason": "办法到期"})
    assert current(database).retired_reason == "办法到期"
    assert "恢复使用" in await page(admin, location)
    assert "共 1 条" in await page(admin, "/admin/knowledge?state=retired")
    await post(admin, f"{ENTRY}/restore", {"version": "1", "expected": "1"})
    assert current(database).retired_at is None


async def test_the_history_marks_what_changed_word_by_word(
    admin: TestClient, database: Database, entry_form: Any
) -> None:
    await post(admin, ENTRY, entry_form(answer="每证押金100元，不收别的费。", reason="补一句"))
    text = await page(admin, f"{ENTRY}/history")
    assert "补一句" in text
    assert "<ins>" in text
    assert "（新增：" in text
    assert "每证押金100元，" in text
    for wanted in ("9", "x", "-1"):
        response = await admin.post(f"{ENTRY}/restore", data={"version": wanted, "expected": "2"})
        assert response.status in (400, 404)
    await post(admin, f"{ENTRY}/restore", {"version": "1", "expected": "1"}, 409)


async def test_while_writing_figures_likeness_and_preview_are_shown(admin: TestClient, entry_form: Any) -> None:
    form = entry_form(answer="每证押金100元，最多5本。", similar="书能借多久\n借书证收钱吗\n借书证收钱吗？")
    _, text = await post(admin, "/admin/knowledge/check", [*form, ("id", DEPOSIT.id)], 200)
    assert re.search(r"有</span> <strong>100</strong> 见 第二条", text)
    assert re.search(r"没找到</span> <strong>5</strong>", text)
    assert f"/admin/knowledge/{PERIOD.id}" in text
    assert "相同" in text
    assert "写了两遍：借书证收钱吗？" in text
    assert "依据：《云江市图书馆借阅办法》（云政办发〔2020〕15号）第二条" in text
    assert "有效期已于" in text
    empty = await post(admin, "/admin/knowledge/check", {}, 200)
    assert "答复不能为空" in empty[1]


async def test_the_provisions_can_be_read_and_searched(admin: TestClient) -> None:
    text = await page(admin, "/admin/knowledge/provisions?cited_document=yunjiang.library&find=押金")
    assert "第二条" in text
    assert "第四条" not in text
    assert "原文没有导入" in await page(admin, "/admin/knowledge/provisions?cited_document=beihe.parks")


async def test_a_narrow_administrator_sees_and_changes_one_place_only(
    narrow: TestClient, database: Database, entry_form: Any
) -> None:
    text = await page(narrow, "/admin/knowledge?place=yunjiang")
    assert "押金" not in text
    assert "公园几点开门" in text
    assert "押金" not in await page(narrow, "/admin/knowledge/export.csv")
    for path in (
        ENTRY,
        f"{ENTRY}/history",
        "/admin/documents/yunjiang.library",
        "/admin/directory/item/yunjiang.library.card",
    ):
        await page(narrow, path, 403)
    await post(narrow, ENTRY, entry_form(), 403)
    await post(narrow, "/admin/knowledge/new", entry_form(version="0"), 403)
    await post(narrow, f"{ENTRY}/retire", {"reason": "x"}, 403)
    await post(narrow, f"{ENTRY}/restore", {"version": "1", "expected": "1"}, 403)
    await post(narrow, "/admin/documents/yunjiang.library/drafts", {}, 403)
    hours = "/admin/knowledge/beihe.parks.hours"
    await post(narrow, hours, entry_form(items=None, department=""), 403)  # cites a document of another place
    assert current(database).entry.version == 1


async def test_script_in_any_field_stays_text(admin: TestClient, database: Database, entry_form: Any) -> None:
    bad = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    form = entry_form(
        question=bad,
        answer=f"{bad}{bad}",
        similar=f"{bad}\n{bad}2",
        reason=bad,
        cited_document="beihe.parks",
        cited_paths="",
    )
    await post(admin, ENTRY, form)
    shown = [
        await page(admin, path)
        for path in (
            ENTRY,
            f"{ENTRY}/history",
            "/admin/knowledge?state=recent",
            "/admin/audit",
            "/admin/knowledge?words=<script>",
        )
    ]
    shown.append((await post(admin, "/admin/knowledge/check", form, 200))[1])
    shown.append((await post(admin, ENTRY, form, 409))[1])
    shown.append(
        (await post(admin, "/admin/knowledge/new", entry_form(question=bad, answer=bad, cited_document=bad), 400))[1]
    )
    for text in shown:
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert" in text


async def test_an_unknown_entry_is_not_found(admin: TestClient) -> None:
    for path in ("/admin/knowledge/no.such", "/admin/knowledge/no.such/history", "/admin/knowledge/import/none"):
        await page(admin, path, 404)


async def test_the_next_question_of_every_process_meets_the_new_version(
    admin: TestClient, database: Database, entry_form: Any
) -> None:
    with database.read() as connection:
        before = knowledge_version(connection)
    await post(admin, ENTRY, entry_form(answer="押金100元。"))
    with database.read() as connection:
        assert knowledge_version(connection) == before + 1
        assert len(entry_history(connection, DEPOSIT.id)) == 2
