"""Every encoding that official pages come in, and pages with a few damaged bytes."""

from __future__ import annotations

import codecs

import pytest

from bot.gazette.decoding import decode
from bot.text.simplify import to_simplified


@pytest.mark.parametrize(
    ("encoding", "reported"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
@pytest.mark.parametrize("copies", [1, 150])
def test_a_gazette_reads_the_same_in_every_encoding(read, notice, encoding, reported, copies):
    text = notice + "第五条 保存期为十年。\n" * (copies - 1)
    gazette = read(text.encode(encoding))
    assert gazette.encoding == reported
    assert gazette.documents == read(text).documents


def test_a_big5_page_is_read_and_made_simplified(read, notice):
    opencc = pytest.importorskip("opencc")
    traditional = opencc.OpenCC("s2tw").convert(notice).replace("〔", "[").replace("〕", "]")
    gazette = read(traditional.encode("big5hkscs"))
    assert (gazette.encoding, gazette.was_traditional) == ("big5hkscs", True)
    assert gazette.documents[0].title == "云江市图书馆借阅办法"
    assert gazette.documents[0].number == "云政办发〔2020〕15号"


def test_utf_16_with_a_mark_of_either_order_is_read(read, notice):
    big = codecs.BOM_UTF16_BE + notice.encode("utf-16-be")
    assert read(big).documents == read(notice).documents


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
def test_line_ends_of_every_kind_count_alike(read, notice, line_end):
    text = notice.replace("第三条", "<b>第三条</b>").replace("\n", line_end)
    gazette = read(text.encode())
    assert gazette.documents == read(notice).documents
    assert {removal.line for removal in gazette.removals} == {10}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_broken_byte_is_marked_and_reported_and_costs_nothing_else(read, notice, encoding):
    text = notice + "第五条 图书馆每天开放,节假日除外。\n" * 20
    data = text.encode(encoding)
    cut = data.index("图书馆每天".encode(encoding)) + 1
    gazette = read(data[:cut] + b"\xff" + data[cut + 1 :])
    assert gazette.encoding == encoding
    assert any("无法辨认" in removal.reason for removal in gazette.removals)
    assert len(gazette.documents) == 1


def test_a_stray_nul_byte_does_not_make_a_text_binary(read, notice):
    assert read(notice.replace("押金", "押\0金").encode()).encoding == "utf-8"


def test_the_longest_text_is_sampled_and_not_scored_as_a_whole(notice):
    data = (notice * 4000).encode("gb18030")
    assert decode(data, "长.txt").encoding == "gb18030"


def test_characters_that_conversion_leaves_behind_are_made_simplified_too():
    assert to_simplified("著力構建先建后驗機制,幹部隨著衞生工作,編著和著名不變") == (
        "着力构建先建后验机制,干部随着卫生工作,编著和著名不变"
    )
