"""Entries out to a spreadsheet and back: shown row by row first, all or nothing, nothing hostile."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient
from openpyxl import Workbook, load_workbook

from bot.storage import Database, find_entry, knowledge_version, save_entry
from tests.web.admin.asking import file_form, page, post
from tests.web.library import DEPOSIT, PERIOD

IMPORT = "/admin/knowledge/import"
Rows = list[dict[str, str]]


async def exported(client: TestClient, query: str = "") -> Rows:
    content = await (await client.get(f"/admin/knowledge/export.csv{query}")).read()
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def as_csv(rows: Rows) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Rows) -> bytes:
    book = Workbook()
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append(list(row.values()))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def send(client: TestClient, content: bytes, name: str = "条目.csv", status: int = 204) -> tuple[str, str]:
    return await post(client, IMPORT, file_form(content, name), status)


def answer(database: Database, entry: str = DEPOSIT.id) -> tuple[str, int]:
    with database.read() as connection:
        row = find_entry(connection, entry)
    assert row is not None
    return row.entry.answer, row.entry.version


def of(rows: Rows, entry: str) -> dict[str, str]:
    return next(row for row in rows if row["编号"] == entry)


@pytest.mark.parametrize(("make", "name"), [(as_csv, "条目.csv"), (as_xlsx, "条目.xlsx")])
async def test_out_changed_and_back(
    admin: TestClient, database: Database, make: Callable[[Rows], bytes], name: str
) -> None:
    rows = await exported(admin)
    assert len(rows) == 3
    of(rows, DEPOSIT.id)["答复"] = "押金100元，带身份证。"
    of(rows, PERIOD.id)["状态"] = "停用"
    new = dict.fromkeys(rows[0], "") | {
        "方面": "amount", "问题": "一次借几本？", "答复": "每次最多借5册。", "依据": "yunjiang.library 第三条(一)",
    }  # fmt: skip
    target, _ = await send(admin, make([*rows, new]), name)
    text = await page(admin, target)
    assert "修改 <strong>1</strong> 行" in text
    assert "新增 <strong>1</strong> 行" in text
    assert "停用 <strong>1</strong> 行" in text
    assert "<ins>" in text
    assert answer(database)[1] == 1  # nothing is written yet
    await post(admin, target, {"reason": ""}, 400)
    await post(admin, target, {"reason": "年度复核"})
    assert answer(database) == ("押金100元，带身份证。", 2)
    assert "共 3 条" in await page(admin, "/admin/knowledge")
    assert "年度复核" in await page(admin, f"/admin/knowledge/{DEPOSIT.id}/history")
    _, text = await post(admin, target, {"reason": "再来一次"}, 400)
    assert "已经导入过" in text


async def test_the_same_again_changes_nothing(admin: TestClient, database: Database) -> None:
    content = await (await admin.get("/admin/knowledge/export.xlsx")).read()
    target, _ = await send(admin, content, "条目.xlsx")
    assert "没有要写入的" in await page(admin, target)
    with database.read() as connection:
        before = knowledge_version(connection)
    await post(admin, target, {"reason": "没有变"})
    with database.read() as connection:
        assert knowledge_version(connection) == before


WRONG = [
    ("答复", "每证押金150元。", "“150” 不见于所引条款"),
    ("答复", "", "答复不能为空"),
    ("问题", "", "问题不能为空"),
    ("依据", "yunjiang.library 第八十条", "条款 第八十条 不在"),
    ("依据", "no.such 第一条", "没有文件 no.such"),
    ("依据", "", "必须写明依据"),
    ("事项", "no.such", "没有事项 no.such"),
    ("承办单位", "nobody", "没有承办单位 nobody"),
    ("方面", "天气", "方面“天气”不对"),
    ("类型", "猜", "类型“猜”不对"),
    ("受理", "也许", "受理一列"),
    ("状态", "睡了", "状态写"),
    ("版本", "七", "版本应为数字"),
    ("版本", "7", "导出以后有人改过"),
    ("编号", "no.such.entry", "没有条目 no.such.entry"),
]


async def test_one_wrong_row_and_nothing_is_written(admin: TestClient, database: Database) -> None:
    for column, value, said in WRONG:
        rows = await exported(admin, "?place=yunjiang")
        of(rows, PERIOD.id)["答复"] = "可以借30日。"  # right
        of(rows, DEPOSIT.id)[column] = value
        target, _ = await send(admin, as_csv(rows))
        text = await page(admin, target)
        assert said in text, (column, value)
        assert "什么都不会写入" in text
        _, text = await post(admin, target, {"reason": "试试"}, 400)
        assert "什么都没有写入" in text
        assert answer(database)[1] == answer(database, PERIOD.id)[1] == 1


async def test_an_entry_changed_since_the_dry_run_is_not_overwritten(admin: TestClient, database: Database) -> None:
    rows = await exported(admin)
    of(rows, DEPOSIT.id)["答复"] = "押金100元。"
    target, _ = await send(admin, as_csv(rows))
    with database.begin() as connection:
        save_entry(connection, PERIOD, by="x", reason="同样内容")
        save_entry(connection, replace(DEPOSIT, answer="别人写的，100元。"), by="李", reason="先到")
    await post(admin, target, {"reason": "后到"}, 400)
    assert answer(database)[0] == "别人写的，100元。"


async def test_a_formula_never_reaches_a_spreadsheet_and_comes_back_as_it_was(
    admin: TestClient, database: Database
) -> None:
    with database.begin() as connection:
        save_entry(connection, replace(DEPOSIT, similar=("=1+1", "@cmd", "-2")), by="x", reason="x")
    row = of(await exported(admin), DEPOSIT.id)
    assert row["相似问"].startswith("'=")
    book = load_workbook(io.BytesIO(await (await admin.get("/admin/knowledge/export.xlsx")).read()))
    assert all(cell.data_type != "f" for line in book.active.iter_rows() for cell in line)
    target, _ = await send(admin, as_csv([row]))
    assert "没有要写入的" in await page(admin, target)


def package(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def with_formula() -> bytes:
    book = Workbook()
    book.active.append(["编号", "=HYPERLINK(1)"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HOSTILE = {
    "empty": (b"", "是空的"),
    "binary": (bytes(range(256)) * 20, "不是表格"),
    "old excel": (b"\xd0\xcf\x11\xe0" + b"\x00" * 100, "旧版 Excel"),
    "cut off": (b"PK\x03\x04" + b"x" * 200, "已损坏"),
    "not a workbook": (package(hello=b"x"), "不是 Excel 工作簿"),
    "bomb": (package(**{"xl__workbook.xml": b" " * (61 * 1024 * 1024)}), "解压后太大"),
    "macro": (package(**{"xl__workbook.xml": b"<x/>", "xl__vbaProject.bin": b"x"}), "带有宏"),
    "entities": (package(**{"xl__workbook.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}), "不合规范"),
    "nonsense": (package(**{"xl__workbook.xml": b"<x/>"}), "不是能读取的 Excel"),
    "formula": (with_formula(), "有公式"),
    "no columns": ("甲,乙\n1,2\n".encode(), "缺少列"),
    "wrong encoding": (b"\xff\xfe\xff\xfa,\x81\n", "无法辨认"),
    "open quote": ('编号,"版本\n'.encode(), "格式有误"),
}


async def test_what_is_no_spreadsheet_is_refused_with_the_reason(admin: TestClient, database: Database) -> None:
    for name, (content, said) in HOSTILE.items():
        _, text = await send(admin, content, "表.xlsx", 400)
        assert said in text, (name, text)
    assert answer(database)[1] == 1


async def test_a_huge_file_is_refused_before_it_is_read(admin: TestClient) -> None:
    _, text = await send(admin, b"x" * (6 * 1024 * 1024), "大.csv", 413)
    assert "超过 5 MB" in text
    rows = b"\n".join(b"x" for _ in range(5100))
    head = ",".join(
        ["编号", "版本", "状态", "方面", "类型", "受理", "承办单位", "事项", "问题", "答复", "相似问", "依据"]
    )
    _, text = await send(admin, head.encode() + b"\n" + rows, "多.csv", 400)
    assert "超过5000行" in text
    _, text = await post(admin, IMPORT, {"file": "x"}, 400)
    assert "请选择一个文件" in text


async def test_a_narrow_administrator_cannot_write_another_place_by_spreadsheet(
    narrow: TestClient, database: Database
) -> None:
    rows = await exported(narrow)
    assert [row["编号"] for row in rows] == ["beihe.parks.hours"]
    rows[0] |= {"编号": DEPOSIT.id, "依据": "yunjiang.library 第二条", "答复": "押金100元。"}
    target, _ = await send(narrow, as_csv(rows))
    assert "这是别的辖区的内容" in await page(narrow, target)
    await post(narrow, target, {"reason": "x"}, 400)
    assert answer(database)[1] == 1
