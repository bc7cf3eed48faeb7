"""PDF with a text layer: paragraphs across lines and pages, what pages repeat, and pages that hold no text."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfWriter

from bot.gazette.pdf import read_pdf
from tests.gazette.making import pdf, printed

LONG = "".join(
    f"第{number}条 图书馆应当在每年{number}月底以前向社会公布上一年度{subject}的情况,说明{subject}是否符合本办法的规定,并且接受读者和"
    f"有关部门的监督;对读者就{subject}提出的意见,应当在十五个工作日内答复。\n"
    for number, subject in zip("五六七八九十", ("藏书", "借阅", "开放", "经费", "安全", "数字资源"))
)


def paragraphs(pages: list[list[tuple[int, str]]]) -> list[str]:
    return read_pdf(pdf(pages), "公报.pdf")[0].split("\n")


def test_the_same_gazette_as_text_and_as_pdf_gives_the_same_documents(read, notice):
    text = notice + LONG * 2
    gazette = read(pdf(printed(text, head="云江市人民政府公报 2020年第3期")))
    assert gazette.documents == read(text).documents
    assert gazette.encoding == "pdf"
    reasons = [removal.reason for removal in gazette.removals]
    pages = len(printed(text))
    assert pages >= 3
    assert reasons == ["每页重复的页眉、页脚或页码"] * 2 * pages
    assert all(1 <= removal.line <= len(text.splitlines()) for removal in gazette.removals)


def test_a_paragraph_goes_on_over_lines_and_pages():
    text = "关于开放的通知\n" + LONG
    assert paragraphs(printed(text)) == text.splitlines()


def test_without_indents_numbers_and_ends_of_sentences_part_the_paragraphs():
    pages = [[(0, line) for _, line in page] for page in printed(LONG)]
    joined = paragraphs(pages)
    assert "".join(joined) == LONG.replace("\n", "")
    assert [line[:2] for line in joined if line.startswith("第")] == [line[:2] for line in LONG.splitlines()]


def test_the_page_numbers_of_a_short_document_are_taken_out_and_other_numbers_are_not():
    text = "关于收费的通知\n收费标准如下\n12\n每证押金\n"
    assert paragraphs(printed(text)) == text.splitlines()
    assert paragraphs([[(2, "关于收费的通知,现在印发给你们"), (2, "2020年3月9日"), (12, "- 7 -")]])[-1] == "- 7 -"


def test_a_title_that_runs_over_every_page_is_kept_once(read):
    title = "云江市图书馆公开办法"
    first, *others = printed(f"{title}\n{LONG * 2}", numbers=False)
    assert len(others) >= 2
    (document,) = read(pdf([first, *([(9, title), *page] for page in others)])).documents
    assert document.title == title
    assert document.text.count(title) == 1


def test_radicals_and_stretched_lines_become_proper_text():
    assert paragraphs([[(2, "云江市⼈⺠政府关于⼾⼝登记的通知"), (2, "第 一 条 本 办 法 适 用 于 全 市。"), (2, "自 2020 年起施行。")]]) == [
        "云江市人民政府关于户口登记的通知", "第一条本办法适用于全市。", "自2020年起施行。",
    ]  # fmt: skip


def test_rows_of_a_table_stay_lines():
    rows = [[(0, "押金"), (10, "每证"), (20, "一百元")], [(0, "滞纳金"), (10, "每日"), (20, "一角钱")]]
    cells = [(2, "收费标准见下表,自二〇二〇年起施行"), *(cell for row in rows for cell in row)]
    data = pdf([cells])
    for row in range(2):  # the cells of a row stand at one height
        for cell in range(3):
            data = data.replace(b" %d Tm" % (740 - 28 * (1 + 3 * row + cell)), b" %d Tm" % (740 - 28 * (1 + row)))
    assert read_pdf(data, "公报.pdf")[0].split("\n")[1:] == ["押金\t每证\t一百元", "滞纳金\t每日\t一角钱"]


def test_a_page_without_text_among_others_is_told(notice):
    pages = printed(notice, numbers=False)
    text, removals = read_pdf(pdf([*pages, []]), "公报.pdf")
    assert text.split("\n") == notice.splitlines()
    assert [(one.what, one.reason) for one in removals] == [("第2页", "没有文字的页面（空白或图片），没有读入")]


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_pdf_that_only_restricts_its_use_is_read(notice, algorithm):
    writer = PdfWriter(io.BytesIO(pdf(printed(notice))))
    writer.encrypt("", "owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    assert read_pdf(out.getvalue(), "公报.pdf")[0].split("\n") == notice.splitlines()
