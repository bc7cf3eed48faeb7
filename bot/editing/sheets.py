"""Entries as a spreadsheet (CSV or XLSX): written for people, read back with suspicion."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from bot.errors import KnowledgeInvalid
from bot.hotline.knowledge import AnswerKind, Aspect, Citation, KnowledgeEntry

COLUMNS = (
    "编号", "版本", "状态", "方面", "类型", "受理", "承办单位", "事项", "问题", "答复", "相似问", "依据",
)  # fmt: skip
LARGEST = 5 * 1024 * 1024  # bytes
_UNPACKED = 60 * 1024 * 1024
_MOST_ROWS = 5000
_LONGEST_CELL = 32_000
_IN_USE, _RETIRED = "在用", "停用"
_ACCEPTED = {"受理": True, "不受理": False, "": None}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for a formula
_WIDTHS = {"编号": 34, "问题": 36, "答复": 60, "相似问": 48, "依据": 34}


@dataclass(frozen=True)
class Row:
    """One row of a spreadsheet: its number, the entry it wants, the version it was made from, and what is wrong."""

    number: int
    entry: KnowledgeEntry | None
    version: int
    retired: bool
    problems: tuple[str, ...] = ()


def write_csv(entries: Iterable[tuple[KnowledgeEntry, bool]]) -> bytes:
    """Return ``entries``, each with whether it is retired, as CSV that Excel opens as UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for entry, retired in entries:
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in _cells(entry, retired)])
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(entries: Iterable[tuple[KnowledgeEntry, bool]]) -> bytes:
    """Return ``entries``, each with whether it is retired, as a workbook in which every cell is text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("知识条目")
    sheet.freeze_panes = "A2"
    for number, name in enumerate(COLUMNS):
        sheet.column_dimensions[chr(ord("A") + number)].width = _WIDTHS.get(name, 10)

    def cell(text: str, *, bold: bool = False) -> WriteOnlyCell:
        made = WriteOnlyCell(sheet, value=text)
        made.data_type = "s"
        made.font, made.alignment = Font(bold=bold), Alignment(wrap_text=True, vertical="top")
        return made

    sheet.append([cell(name, bold=True) for name in COLUMNS])
    for entry, retired in entries:
        sheet.append([cell(text) for text in _cells(entry, retired)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_rows(content: bytes, name: str, known: Mapping[str, KnowledgeEntry]) -> list[Row]:
    """Return what the spreadsheet wants, row by row; ``known`` are the entries there are, by id.

    Raises KnowledgeInvalid, with a sentence for the person who sent it, where it is no spreadsheet that we read.
    """
    table = list(_table(content, name))
    if not table:
        raise KnowledgeInvalid(f"“{name}”是空的。")
    head = [cell.strip() for cell in table[0]]
    missing = [column for column in COLUMNS if column not in head]
    if missing:
        raise KnowledgeInvalid(f"“{name}”第一行缺少列：{'、'.join(missing)}。请在导出的表上改。")
    if len(table) - 1 > _MOST_ROWS:
        raise KnowledgeInvalid(f"“{name}”超过{_MOST_ROWS}行，请分几次导入。")
    rows = []
    for number, cells in enumerate(table[1:], 2):
        given = {column: _clean(cells[i]) if i < len(cells) else "" for i, column in enumerate(head)}
        if any(given.values()):
            rows.append(_row(number, given, known))
    return rows


def _cells(entry: KnowledgeEntry, retired: bool) -> list[str]:
    accepted = {True: "受理", False: "不受理", None: ""}[entry.accepted]
    citations = "\n".join(f"{c.document} {'、'.join(c.provisions)}".strip() for c in entry.citations)
    return [
        entry.id, str(entry.version), _RETIRED if retired else _IN_USE, entry.aspect.value, entry.kind.value, accepted,
        entry.department or "", "\n".join(entry.items), entry.question, entry.answer, "\n".join(entry.similar), citations,
    ]  # fmt: skip


def _table(content: bytes, name: str) -> Iterator[Sequence[str]]:
    if len(content) > LARGEST:
        raise KnowledgeInvalid(f"“{name}”超过 {LARGEST // 1024 // 1024} MB，请分几次导入。")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise KnowledgeInvalid(f"“{name}”是旧版 Excel 文件或加了密，请另存为 .xlsx 或 CSV。")
    if content.startswith(b"PK\x03\x04"):
        _check_package(content, name)
        return _from_xlsx(content, name)
    return _from_csv(content, name)


def _check_package(content: bytes, name: str) -> None:
    """Raise KnowledgeInvalid for a package that is broken, unpacks to too much, or holds programs."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            if sum(part.file_size for part in parts) > _UNPACKED or len(parts) > 1000:
                raise KnowledgeInvalid(f"“{name}”解压后太大，没有读取。")
            if any(part.filename.lower().endswith(("vbaproject.bin", ".exe", ".dll")) for part in parts):
                raise KnowledgeInvalid(f"“{name}”带有宏，没有读取。请另存为不带宏的 .xlsx。")
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                raise KnowledgeInvalid(f"“{name}”是压缩包，不是 Excel 工作簿。")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in package.read(part):
                    raise KnowledgeInvalid(f"“{name}”的内容不合规范，没有读取。")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise KnowledgeInvalid(f"“{name}”已损坏，打不开。") from error


def _from_xlsx(content: bytes, name: str) -> Iterator[Sequence[str]]:
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its size is not to be believed
        for number, row in enumerate(sheet.iter_rows(max_row=_MOST_ROWS + 2, max_col=len(COLUMNS) + 20), 1):
            for cell in row:
                if cell.data_type == "f":
                    raise KnowledgeInvalid(f"“{name}”第{number}行有公式，请只留文字。")
            yield ["" if cell.value is None else str(cell.value) for cell in row]
    except KnowledgeInvalid:
        raise
    except Exception as error:  # whatever a broken workbook makes the library stumble over
        raise KnowledgeInvalid(f"“{name}”不是能读取的 Excel 工作簿（{type(error).__name__}）。") from error


def _from_csv(content: bytes, name: str) -> Iterator[Sequence[str]]:
    if b"\x00" in content:
        raise KnowledgeInvalid(f"“{name}”不是表格，请用导出的 CSV 或 XLSX。")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise KnowledgeInvalid(f"“{name}”的文字无法辨认，请存为 UTF-8 的 CSV。")
    try:
        yield from csv.reader(io.StringIO(text), strict=True)
    except csv.Error as error:
        raise KnowledgeInvalid(f"“{name}”的 CSV 格式有误，可能引号没有成对。") from error


def _clean(cell: str) -> str:
    """Return ``cell`` without the mark that keeps a spreadsheet from taking it for a formula."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _row(number: int, given: Mapping[str, str], known: Mapping[str, KnowledgeEntry]) -> Row:
    problems = [f"{column}太长。" for column, text in given.items() if len(text) > _LONGEST_CELL]
    before = known.get(given["编号"])
    if given["编号"] and before is None:
        problems.append(f"没有条目 {given['编号']}；新增的条目编号留空。")
    aspects = {aspect.value for aspect in Aspect}
    if given["方面"] not in aspects:
        problems.append(f"方面“{given['方面']}”不对，应为 {'、'.join(sorted(aspects))} 之一。")
    kinds = {kind.value for kind in AnswerKind}
    if (given["类型"] or "answer") not in kinds:
        problems.append(f"类型“{given['类型']}”不对，应为 {'、'.join(sorted(kinds))} 之一。")
    if given["受理"] not in _ACCEPTED:
        problems.append("受理一列写“受理”“不受理”或留空。")
    if given["状态"] not in (_IN_USE, _RETIRED, ""):
        problems.append(f"状态写“{_IN_USE}”或“{_RETIRED}”。")
    if given["版本"] and not given["版本"].isdecimal():
        problems.append("版本应为数字，请保留导出时的值。")
    if problems:
        return Row(number, None, 0, False, tuple(problems))
    version = int(given["版本"] or 0)
    if before and version != before.version:
        problems.append(f"表中是第{version}版，现在是第{before.version}版：导出以后有人改过，请重新导出再改。")
    return Row(number, _entry(given, before), version, given["状态"] == _RETIRED, tuple(problems))


def _entry(given: Mapping[str, str], before: KnowledgeEntry | None) -> KnowledgeEntry:
    citations = tuple(_citation(line) for line in _lines(given["依据"]))
    return KnowledgeEntry(
        id=given["编号"],
        jurisdiction=before.jurisdiction if before else "",
        topic=before.topic if before else "",
        aspect=Aspect(given["方面"]),
        question=given["问题"],
        answer=given["答复"],
        citations=citations,
        similar=_lines(given["相似问"]),
        items=_lines(given["事项"]),
        kind=AnswerKind(given["类型"] or "answer"),
        accepted=_ACCEPTED[given["受理"]],
        department=given["承办单位"] or None,
        version=before.version if before else 0,
    )


def _citation(line: str) -> Citation:
    document, _, paths = line.partition(" ")
    return Citation(document, tuple(path.strip() for path in paths.split("、") if path.strip()))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
