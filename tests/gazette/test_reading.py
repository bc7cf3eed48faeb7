"""From bytes to documents: the whole way, and what is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from bot.gazette import GazetteRefused, read_gazette, read_gazette_file
from bot.gazette.decoding import MAX_BYTES


def test_a_notice_and_its_annex_are_one_document_under_the_annex_s_title(read, notice):
    (document,) = read(notice).documents
    assert document.number == "云政办发〔2020〕15号"
    assert document.title == "云江市图书馆借阅办法"
    assert document.annexed_to == "云江市人民政府办公室关于印发云江市图书馆借阅办法的通知"
    assert document.issuing_authority == "云江市人民政府办公室"
    assert document.issued_on == dt.date(2020, 3, 9)
    assert (document.effective_from, document.effective_until) == (dt.date(2020, 4, 1), dt.date(2023, 4, 1))
    assert [provision.path for provision in document.provisions] == [
        "前言", "第一条", "第二条", "第三条", "第三条(一)", "第三条(二)", "第四条",
    ]  # fmt: skip
    assert [provision.order for provision in document.provisions] == list(range(7))


def test_the_text_before_the_first_article_includes_the_covering_notice(read, texts, notice):
    (document,) = read(notice).documents
    assert texts(document)["前言"].splitlines()[:2] == [
        "各县(市、区)人民政府,市政府各部门:",
        "《云江市图书馆借阅办法》已经市政府同意,现印发给你们,请认真执行。",
    ]


def test_full_width_punctuation_is_kept_as_printed_and_read_the_same(read, wide, notice):
    (half,) = read(notice).documents
    (full,) = read(wide(notice)).documents
    assert [p.path for p in full.provisions] == [p.path for p in half.provisions]
    assert full.provisions[4].text == wide("(一)每次最多借5册;")
    assert full.effective_until == half.effective_until


def test_a_file_read_from_disk_gives_the_same_gazette(tmp_path, read, notice):
    path = tmp_path / "公报.txt"
    path.write_text(notice, encoding="utf-8")
    options = {"place_names": ("云江市", "云江"), "authority": "云江市人民政府"}
    assert read_gazette_file(path, **options) == read(notice)


def test_an_oversized_file_is_refused_without_being_read(tmp_path, monkeypatch):
    path = tmp_path / "大.txt"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("the file was read"))
    with pytest.raises(GazetteRefused, match="超过 20 MB"):
        read_gazette_file(path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "空文件"),
        (b" \r\n\t\n", "空白"),
        ("\u3000\n\ufeff".encode(), "空白"),
        (b"%PDF-1.4 ...", "打不开的 PDF"),
        (b"PK\x03\x04....", "Office"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "图片"),
        (bytes(range(256)) * 40, "二进制|无法辨认"),
        (b"\x81\x20\xff\xff\x80\x80" * 300, "无法辨认"),
        ("今天天气很好,我们一起去公园玩。".encode(), "没有找到政策文件"),
        (b"Just some English text about nothing.", "没有找到政策文件"),
        ("红烧肉的做法:\n一、准备五花肉。\n二、下锅炖煮。\n".encode(), "没有找到政策文件"),
        (b"x" * (MAX_BYTES + 1), "超过 20 MB"),
    ],
)
def test_what_is_no_gazette_is_refused_with_one_chinese_sentence(data, reason):
    with pytest.raises(GazetteRefused, match=reason) as refused:
        read_gazette(data, name="材料.txt")
    message = str(refused.value)
    assert "材料.txt" in message
    assert message.endswith("。")
    assert message.count("。") == 1


def test_a_document_printed_twice_is_read_once_and_the_copy_reported(read, notice):
    gazette = read(notice + notice)
    assert len(gazette.documents) == 1
    assert any("重复" in removal.reason for removal in gazette.removals)


def test_a_text_without_a_number_is_one_document_under_its_printed_title(read):
    (document,) = read("首页 > 公开\n云江市公园管理办法\n第一条 本办法适用于公园。\n第二条 公园免费开放。\n").documents
    assert (document.number, document.title) == (None, "云江市公园管理办法")
    assert [provision.path for provision in document.provisions] == ["第一条", "第二条"]


def test_a_text_that_lost_its_number_is_read_before_a_numbered_one(read, notice):
    lost = "云江市公园管理办法\n第一条 本办法适用于公园。\n第二条 公园免费开放。\n第三条 公园夜间关闭。\n"
    assert [d.title for d in read(lost + notice).documents] == ["云江市公园管理办法", "云江市图书馆借阅办法"]


REPORT = """2021年以来,我区认真落实上级部署。现将我区开展窗口服务工作情况汇报如下:
一、主要做法
(一)统一窗口。云溪区设立综合窗口12个。
二、下一步打算
继续努力。
"""


def test_a_report_without_a_title_is_named_by_its_own_words_where_they_prove_the_place(read):
    (document,) = read(REPORT, place_names=("云江市云溪区", "云溪区")).documents
    assert document.title == "云溪区2021年窗口服务工作情况汇报"


def test_the_caller_s_title_goes_before_a_derived_one_and_not_before_a_printed_one(read):
    assert read(REPORT, fallback_title="窗口服务汇报").documents[0].title == "窗口服务汇报"
    printed = "云溪区窗口服务工作情况汇报\n" + REPORT
    assert read(printed, fallback_title="窗口服务汇报").documents[0].title == "云溪区窗口服务工作情况汇报"


def test_without_proof_of_the_place_a_report_is_named_by_its_first_words(read):
    assert read(REPORT, place_names=("别处市",)).documents[0].title == "2021年以来"
