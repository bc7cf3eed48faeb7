"""What is refused of the formats that are opened, with a sentence that says what to do; and hostile files."""

from __future__ import annotations

import io
import re
import struct
import time
import tracemalloc
import zipfile

import pytest
from openpyxl import Workbook
from PIL import Image
from pypdf import PdfWriter

from bot.gazette import GazetteRefused, read_gazette
from bot.gazette.pdf import MAX_PAGES
from tests.gazette.making import assembled, pdf, printed, with_part, word

NOTICE = "关于开放的通知\n第一条 本办法适用于全市。\n第二条 图书馆每天开放。\n"
PART = "word/document.xml"
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "哈哈哈哈哈哈哈哈哈哈">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi"))
    + ']><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>&i;'
    "</w:t></w:r></w:p></w:body></w:document>"
)
FILE = BOMB.replace('<!ENTITY a "哈哈哈哈哈哈哈哈哈哈">', '<!ENTITY a SYSTEM "file:///etc/hostname">').replace(
    "&i;", "&a;"
)


def refusal(data: bytes, name: str = "公报.docx") -> str:
    """Return why ``data`` is refused: one sentence that names the file."""
    with pytest.raises(GazetteRefused) as refused:
        read_gazette(data, name=name, place_names=("云江市",))
    message = str(refused.value)
    assert name in message
    assert message.endswith("。")
    assert message.count("。") == 1
    return message


def xlsx() -> bytes:
    out = io.BytesIO()
    Workbook().save(out)
    return out.getvalue()


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return out.getvalue()


def encrypted(data: bytes) -> bytes:
    writer = PdfWriter(io.BytesIO(data))
    writer.encrypt("secret", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def scanned(pages: int) -> bytes:
    out = io.BytesIO()
    picture = Image.new("L", (60, 80), 200)
    picture.save(out, "PDF", save_all=True, append_images=[picture] * (pages - 1))
    return out.getvalue()


REFUSED = {
    "old office": (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, r"旧版的 Office 文档.*\.doc、\.wps.*另存为 \.docx 或纯文本"),
    "rtf": (b"{\\rtf1\\ansi", r"RTF.*另存为 \.docx"),
    "png": (b"\x89PNG\r\n\x1a\n", "图片.*文字识别"),
    "tiff": (b"II*\x00" + b"\x00" * 90, "图片.*文字识别"),
    "rar": (b"Rar!\x1a\x07", "压缩文件.*先解压"),
    "program": (b"\x7fELF" + b"\x00" * 90, "程序文件.*选错了文件"),
    "xlsx": (xlsx(), r"Excel 表格.*另存为 \.docx"),
    "ofd": (archive(**{"OFD.xml": b"<a/>"}), r"OFD 版式文件.*PDF、\.docx 或纯文本"),
    "zip": (archive(**{"a.txt": NOTICE.encode()}), "压缩包.*先解压"),
    "half a docx": (word(NOTICE)[:2000], r"已损坏.*另存为 \.docx"),
    "docx without its body": (with_part(word(NOTICE), PART, None), "已损坏"),
    "docx with broken xml": (with_part(word(NOTICE), PART, b"<w:document"), "已损坏"),
    "docx without types": (with_part(word(NOTICE), "[Content_Types].xml", None), "已损坏"),
    "empty docx": (word(" "), "只有空白"),
    "foreign docx": (word("Only English here, and nothing that a city would publish. café"), "几乎没有中文"),
    "no pdf": (b"%PDF-1.7\nnothing", r"打不开的 PDF.*另存为 \.docx"),
    "half a pdf": (pdf(printed(NOTICE))[:900], "打不开的 PDF"),
    "encrypted pdf": (encrypted(pdf(printed(NOTICE))), "加了密码的 PDF.*去掉密码"),
    "scanned pdf": (scanned(3), "扫描的 PDF.*文字识别"),
    "pdf of unnamed glyphs": (pdf(printed(NOTICE * 3), mapped=False), "无法辨认.*文字识别"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_read_is_refused_with_what_to_do(kind):
    data, said = REFUSED[kind]
    assert re.search(said, refusal(data))


BOMBS = {"entities": BOMB.encode(), "entities in utf-16": BOMB.encode("utf-16"), "a file": FILE.encode()}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("part", [PART, "word/numbering.xml", "word/styles.xml"])
def test_entities_are_refused_before_anything_is_expanded(bomb, part):
    assert "已损坏" in refusal(with_part(word(NOTICE), part, BOMBS[bomb]))


def test_the_parser_itself_expands_no_entity(monkeypatch):
    monkeypatch.setattr("bot.gazette.word_package._DOCTYPES", ())
    for bomb in (BOMB, FILE):
        tracemalloc.start()
        assert refusal(with_part(word(NOTICE), PART, bomb.encode()))
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
        tracemalloc.stop()


def test_an_archive_that_unpacks_to_too_much_is_refused_unread():
    big = with_part(word(NOTICE), "word/large.xml", b" " * 60_000_000)
    assert "解压后超过 50 MB" in refusal(big)
    many = archive(**{f"word/{number}.xml": b"" for number in range(5001)})
    assert "部件太多" in refusal(many)
    assert "部件太多" in refusal(with_part(word(NOTICE), PART, b"<w:p/>" * 4_100_000))


def test_an_archive_that_lies_about_its_size_takes_no_more_memory_than_it_said():
    data = bytearray(with_part(word(NOTICE), PART, b"<w:document>" + b" " * 200_000_000))
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        info = made.getinfo(PART)
    header = data.index(PART.encode(), data.index(b"PK\x01\x02", info.header_offset)) - 46
    struct.pack_into("<L", data, header + 24, 1000)
    tracemalloc.start()
    assert "已损坏" in refusal(bytes(data))
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_pictures_are_not_unpacked():
    data = with_part(word(NOTICE), "word/media/large.bmp", b"\0" * 300_000_000)
    assert len(read_gazette(data, name="公报.docx", place_names=("云江市",)).documents) == 1


NESTED = "<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"
SHAPES = {
    "empty paragraphs": "<w:p/>" * 300_000,
    "paragraphs whose ends were deleted": "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>一</w:t></w:r></w:p>"
    * 50_000,
    "one long row": f"<w:tbl><w:tr>{'<w:tc><w:p/></w:tc>' * 100_000}</w:tr></w:tbl>",
    "tables in tables": NESTED[0] * 80 + "<w:p/>" * 10_000 + NESTED[1] * 80,
    "tables too deep": NESTED[0] * 5000 + "<w:p/>" + NESTED[1] * 5000,
    "runs in links": "<w:p>"
    + "<w:hyperlink>" * 200
    + "<w:r><w:t>一</w:t></w:r>" * 10_000
    + "</w:hyperlink>" * 200
    + "</w:p>",
    "deletions": "<w:p>" + "<w:del><w:r><w:delText>一</w:delText></w:r></w:del>" * 50_000 + "</w:p>",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("shape", SHAPES)
def test_long_and_deep_word_documents_take_linear_time(shape):
    """What is quadratic in these takes minutes."""
    content = (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
        f"<w:p><w:r><w:t>{NOTICE}</w:t></w:r></w:p>{SHAPES[shape]}</w:body></w:document>"
    )
    began = time.process_time()
    refusal(with_part(word(NOTICE), PART, content.encode()))
    assert time.process_time() - began < 20


def tree(kids: bytes, *more: bytes) -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/Contents 4 0 R>>"
    return assembled([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[%s]>>" % kids, page, *more])


EMPTY = b"<</Length 0>>\nstream\n\nendstream"
LONG = b"<</Length 19000000>>\nstream\n" + b"q Q " * 4_750_000 + b"\nendstream"


TREES = {
    "a page tree in itself": (tree(b"3 0 R 2 0 R 3 0 R", EMPTY), "PDF"),
    "two in each other": (tree(b"5 0 R", EMPTY, b"<</Type/Pages/Kids[6 0 R]>>", b"<</Type/Pages/Kids[5 0 R]>>"), "PDF"),
    "too many pages": (tree(b"3 0 R " * (MAX_PAGES + 1), EMPTY), f"超过 {MAX_PAGES} 页"),
    "far too many pages": (tree(b"3 0 R " * 150_000, EMPTY), "超出限制"),
    "pages that share a long drawing": (tree(b"3 0 R " * 20, LONG), "合计超过 100 MB"),
    "a length that lies": (tree(b"3 0 R", b"<</Length 99999999999>>\nstream\nendstream"), "超出限制"),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", TREES)
def test_hostile_page_trees_are_refused(kind):
    data, said = TREES[kind]
    assert said in refusal(data, "公报.pdf")
