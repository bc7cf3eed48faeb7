"""Lines, departments, rules, items and suggested questions: edited, retired, brought back, each with its history."""

from __future__ import annotations

import re
from typing import Any

from aiohttp.test_utils import TestClient

from bot.storage import Database, load_knowledge, load_places, save_knowledge
from tests.web.admin.asking import page, post
from tests.web.library import FILES, UNIT

LINE = "/admin/directory/hotline/yunjiang.12318.yunjiang.culture"
RULE = "/admin/directory/routing_rule/yunjiang.noise"
FORMS: dict[str, dict[str, str]] = {
    LINE: {"name": "文化市场热线", "integration": "merged", "matters": "书店\n网吧", "document": "yunjiang.library", "provision": "第一条"},
    RULE: {
        "category": "文化/歌舞厅", "department": UNIT.id, "hotline": "12318", "keywords": "歌厅\n舞厅",
        "examples": "楼下歌厅太吵", "note": "", "document": "yunjiang.library", "provision": "第一条",
    },
    f"/admin/directory/department/{UNIT.id}": {"name": "云江市文化局", "aliases": "文化局\n文旅局"},
    "/admin/directory/item/yunjiang.library.card": {"name": "借书证", "aliases": "借阅证\n图书证"},
    "/admin/directory/jurisdiction/yunjiang": {"aliases": "云江", "places": "江口镇", "suggested": "借书证押金多少？"},
}  # fmt: skip


def seen(text: str) -> str:
    match = re.search(r'name="expected" value="(\w*)"', text)
    assert match
    return match[1]


async def edited(client: TestClient, path: str, **changed: str) -> tuple[str, str]:
    form = {**FORMS[path], "reason": "更正", "expected": seen(await page(client, path)), **changed}
    return await post(client, path, form)


async def test_edited_undone_and_in_the_history(admin: TestClient) -> None:
    for path in FORMS:
        await _edit_and_undo(admin, path)


async def _edit_and_undo(admin: TestClient, path: str) -> None:
    before = await page(admin, path)
    location, _ = await edited(admin, path, reason="合并机构")
    text = await page(admin, location)
    assert "已保存" in text
    assert "合并机构" in text
    assert "<ins>" in text
    undo = re.search(r'name="version" value="(\w+)"><input type="hidden" name="expected" value="(\w+)"', text)
    assert undo
    assert undo[1] == seen(before)
    await post(admin, f"{path}/restore", {"version": undo[1], "expected": undo[2], "reason": "撤销"})
    assert seen(await page(admin, path)) == seen(before)
    assert "撤销" in await page(admin, path)
    await post(admin, f"{path}/restore", {"version": "nothing", "expected": undo[1]}, 404)


async def test_what_is_saved_counts_at_once_and_the_files_do_not_undo_it(admin: TestClient, database: Database) -> None:
    for path in FORMS:
        await edited(admin, path)
    with database.begin() as connection:
        changes = save_knowledge(connection, FILES, by="loader", reason="again")
        knowledge, places = load_knowledge(connection), load_places(connection)
    assert not changes
    assert len(changes.kept) == 5
    assert knowledge.hotlines[0].matters == ("书店", "网吧")
    assert knowledge.routing_rules[0].keywords == ("歌厅", "舞厅")
    assert knowledge.departments[UNIT.id].aliases == ("文化局", "文旅局")
    assert knowledge.items["yunjiang.library.card"].aliases == ("借阅证", "图书证")
    assert places.by_id["yunjiang"].suggested == ("借书证押金多少？",)
    assert places.by_id["yunjiang"].covered


async def test_who_was_slower_sees_both_and_loses_nothing(admin: TestClient) -> None:
    for path in FORMS:
        await _be_slower(admin, path)


async def _be_slower(admin: TestClient, path: str) -> None:
    old = seen(await page(admin, path))
    field = "name" if "name" in FORMS[path] else "keywords" if "keywords" in FORMS[path] else "suggested"
    await edited(admin, path, **{field: "先到的"})
    form = {**FORMS[path], field: "后到的", "reason": "慢了", "expected": old}
    _, text = await post(admin, path, form, 409)
    assert "后到的" in text
    assert "您写的都还在" in text
    assert "先到的" in text


WRONG: list[tuple[str, dict[str, str], str]] = [
    (LINE, {"integration": "merged?"}, "请选择整合方式"),
    (LINE, {"provision": "第 一 条"}, "依据条款写成"),
    (LINE, {"document": "nowhere"}, "请选择依据文件"),
    (LINE, {"reason": ""}, "请写明修改的理由"),
    (RULE, {"category": "文化/"}, "各级都不能为空"),
    (RULE, {"keywords": "", "examples": ""}, "至少写一样"),
    (RULE, {"assisting": UNIT.id}, "不能同时协办"),
    (f"/admin/directory/department/{UNIT.id}", {"name": " "}, "名称不能为空"),
    (f"/admin/directory/department/{UNIT.id}", {"name": "长" * 61}, "最多60个字"),
    ("/admin/directory/jurisdiction/yunjiang", {"suggested": "问" * 201}, "太长"),
]


async def test_what_cannot_be_is_refused_and_stays_in_the_form(admin: TestClient) -> None:
    for path, changed, said in WRONG:
        before = seen(await page(admin, path))
        _, text = await post(admin, path, {**FORMS[path], "reason": "改", "expected": before, **changed}, 400)
        assert said in text, changed
        assert seen(await page(admin, path)) == before


async def test_new_records_are_found_and_a_second_of_the_same_is_refused(admin: TestClient, database: Database) -> None:
    unit = "/admin/directory/department/new"
    location, _ = await post(
        admin, unit, {"place": "yunjiang", "name": "云江市水务局", "aliases": "水务", "reason": "新机构"}
    )
    key = location.split("/")[-1].split("?")[0]
    await post(admin, unit, {"place": "yunjiang", "name": "云江市水务局", "aliases": "", "reason": "再来"}, 400)
    line = {**FORMS[LINE], "place": "yunjiang", "number": "12310", "department": key, "reason": "新号码"}
    await post(admin, "/admin/directory/hotline/new", line)
    _, text = await post(admin, "/admin/directory/hotline/new", line, 400)
    assert "已经有了" in text
    for number in ("12", "1234x", "１２３４", ""):
        _, text = await post(admin, "/admin/directory/hotline/new", {**line, "number": number}, 400)
        assert "号码为3到12位数字" in text
    with database.read() as connection:
        assert {line.number for line in load_knowledge(connection).hotlines} == {"12318", "12310"}
    await post(admin, "/admin/directory/jurisdiction/new", {"place": "yunjiang", "reason": "x"}, 400)
    await post(admin, unit, {"place": "atlantis", "name": "x", "reason": "x"}, 400)


async def test_a_department_in_use_is_not_retired_and_a_line_is_and_comes_back(
    admin: TestClient, database: Database
) -> None:
    unit = f"/admin/directory/department/{UNIT.id}"
    _, text = await post(admin, f"{unit}/retire", {"reason": "撤销机构"}, 400)
    assert "热线 12318" in text
    await post(admin, f"{LINE}/retire", {"reason": "停号"})
    await post(admin, f"{RULE}/retire", {"reason": "不归这里"})
    with database.read() as connection:
        knowledge = load_knowledge(connection)
    assert (knowledge.hotlines, knowledge.routing_rules) == ((), ())
    assert "停号" in await page(admin, LINE)
    assert "12318" in await page(admin, "/admin/directory?kind=hotline&retired=1")
    await post(admin, f"{unit}/retire", {"reason": "撤销机构"})
    assert "云江市文化局" not in await page(admin, "/admin/directory?kind=department")
    for path in (unit, LINE, RULE):
        form = re.search(
            r'name="version" value="(\w+)"><input type="hidden" name="expected" value="(\w+)"', await page(admin, path)
        )
        assert form
        await post(admin, f"{path}/restore", {"version": form[1], "expected": form[2], "reason": "恢复"})
    with database.read() as connection:
        knowledge = load_knowledge(connection)
    assert len(knowledge.hotlines) == len(knowledge.routing_rules) == 1
    assert "云江市文化局" in await page(admin, "/admin/directory?kind=department")


async def test_the_lists_are_searched(admin: TestClient) -> None:
    words = {
        "hotline": "书店",
        "department": "文化局",
        "routing_rule": "歌厅",
        "item": "借阅证",
        "jurisdiction": "带什么",
    }
    for kind, word in words.items():
        assert "共 1 条" in await page(admin, f"/admin/directory?kind={kind}&words={word}")
        assert "没有符合条件" in await page(admin, f"/admin/directory?kind={kind}&words=没有这样的")
        await page(admin, f"/admin/directory/{kind}/no.such", 404)
    await page(admin, "/admin/directory?kind=weather", 404)


async def test_script_in_any_field_stays_text(admin: TestClient) -> None:
    bad = "<script>alert(1)</script>\"'><img src=x>"
    for path, form in FORMS.items():
        fixed = ("integration", "document", "provision", "department", "category")
        text: Any = {name: value if name in fixed else bad for name, value in form.items()}
        if "hotline" in text:
            text["hotline"] = bad[:20]
        location, _ = await edited(admin, path, **text, reason=bad)
        for shown in (await page(admin, location), await page(admin, f"/admin/directory?kind={path.split('/')[3]}")):
            assert "<script>alert" not in shown
            assert "<img src=x" not in shown
