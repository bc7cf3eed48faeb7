"""Word documents: the text as it is printed, in its order, with the numbers that Word counts and changes accepted."""

from __future__ import annotations

import pytest
from docx import Document
from docx.oxml import parse_xml

from bot.gazette.numerals import to_int
from bot.gazette.word import read_word
from bot.gazette.word_numbers import _counted, _in_format
from tests.gazette.making import NAMESPACES, body, saved, with_part, word

ARTICLES = [
    "为了方便市民借阅图书,制定本办法。",
    "凭居民身份证可以办理借书证,每证押金100元。",
    "借阅应当遵守下列规定:",
    "本办法自2020年4月1日起施行,有效期3年。",
]
ITEMS = ["每次最多借5册;", "借期30日,可以续借1次。"]


def lines(data: bytes) -> list[str]:
    return [line for line in read_word(data, "公报.docx")[0].split("\n") if line]


def removed(data: bytes) -> list[tuple[int, str, str]]:
    return [(one.line, one.what, one.reason) for one in read_word(data, "公报.docx")[1]]


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def numbered(document, levels: list[tuple[str, str]], *, number: int = 90, more: str = "") -> None:
    """Define the list ``number``; each level is its format and its text, as in ("chineseCounting", "第%1条")."""
    defined = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{style}"/><w:lvlText w:val="{text}"/>{more}</w:lvl>'
        for level, (style, text) in enumerate(levels)
    )
    element = document.part.numbering_part.element
    element.append(parse_xml(f'<w:abstractNum {NAMESPACES} w:abstractNumId="{number}">{defined}</w:abstractNum>'))
    element.append(parse_xml(f'<w:num {NAMESPACES} w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'))


def add(document, text: str, number: int = 90, level: int = 0) -> None:
    properties = document.add_paragraph(text)._p.get_or_add_pPr()
    properties.append(
        parse_xml(f'<w:numPr {NAMESPACES}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')
    )


def test_the_same_gazette_as_text_and_as_word_gives_the_same_documents(read, notice):
    gazette = read(word(notice))
    assert gazette.documents == read(notice).documents
    assert gazette.encoding == "docx"
    assert not gazette.removals


def test_a_traditional_word_document_is_made_simplified(read, notice):
    traditional = notice.replace("图书馆", "圖書館").replace("办", "辦").replace("为", "為").replace("证", "證")
    traditional += "第五條 圖書館應當為讀者開門,關於時間另行規定,並報縣級機關備查。\n" * 3
    gazette = read(word(traditional))
    assert gazette.was_traditional
    assert gazette.documents[0].title == "云江市图书馆借阅办法"


def test_text_that_was_copied_from_a_pdf_becomes_proper_text():
    assert lines(word("云江市⼈⺠政府关于⼾⼝登记的通知")) == ["云江市人民政府关于户口登记的通知"]


def test_paragraphs_and_tables_keep_their_order_and_a_row_is_a_line():
    document = Document()
    document.add_paragraph("表前")
    table = document.add_table(2, 3)
    for cell, text in zip(table._cells, ["事项", "标准", "时限", "押金\n每证", "100元", "30日"]):
        cell.text = text
    document.add_paragraph("表后")
    assert lines(saved(document)) == ["表前", "事项\t标准\t时限", "押金 每证\t100元\t30日", "表后"]


def test_a_frame_of_one_cell_holds_lines_and_merged_cells_are_told_once(read, notice):
    document = Document()
    cell = document.add_table(1, 1).cell(0, 0)
    for line in notice.splitlines():
        cell.add_paragraph(line)
    table = document.add_table(2, 2)
    table.cell(0, 0).merge(table.cell(1, 0)).text = "城区"
    table.cell(0, 1).text, table.cell(1, 1).text = "10元", "20元"
    assert lines(saved(document))[-2:] == ["城区\t10元", "\t20元"]
    assert [p.path for p in read(saved(document)).documents[0].provisions][-1] == "第四条"


def test_articles_and_items_that_word_numbers_are_read_as_if_typed(read, notice):
    document = Document()
    numbered(document, [("chineseCountingThousand", "第%1条"), ("japaneseCounting", "(%2)")])
    for line in notice.split("第一条")[0].splitlines():
        document.add_paragraph(line)
    for text in ARTICLES:
        add(document, text)
        for item in ITEMS if text == ARTICLES[2] else ():
            add(document, item, level=1)
    (typed,), (counted,) = (
        read(notice.replace("读者逾期不还的,暂停借阅。\n", "")).documents,
        read(saved(document)).documents,
    )
    assert counted == typed


def test_numbers_follow_their_levels_and_begin_anew_below_a_higher_one():
    document = Document()
    numbered(document, [("chineseCounting", "%1、"), ("decimal", "%1.%2"), ("decimalEnclosedCircle", "%3")])
    for text, level in [("甲", 0), ("子", 1), ("丑", 1), ("寅", 2), ("乙", 0), ("卯", 1), ("辰", 2)]:
        add(document, text, level=level)
    assert lines(saved(document)) == ["一、甲", "一.1 子", "一.2 丑", "①寅", "二、乙", "二.1 卯", "①辰"]


def test_a_level_that_is_left_out_counts_as_begun():
    document = Document()
    numbered(document, [("chineseCounting", "%1、"), ("chineseCounting", "(%2)"), ("decimal", "%3.")])
    for text, level in [("甲", 0), ("乙", 2), ("丙", 1)]:
        add(document, text, level=level)
    assert lines(saved(document)) == ["一、甲", "1.乙", "(二)丙"]


def test_articles_run_on_across_chapters_where_the_list_says_so():
    document = Document()
    numbered(document, [("chineseCounting", "第%1章"), ("chineseCounting", "第%2条")], more='<w:lvlRestart w:val="0"/>')
    for text, level in [("总则", 0), ("目的。", 1), ("分则", 0), ("收费。", 1)]:
        add(document, text, level=level)
    assert lines(saved(document)) == ["第一章 总则", "第一条 目的。", "第二章 分则", "第二条 收费。"]


def test_a_list_with_a_start_of_its_own_begins_anew_and_another_of_the_same_rules_runs_on():
    document = Document()
    numbered(document, [("decimal", "%1.")])
    for number, override in ((91, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'), (92, "")):
        document.part.numbering_part.element.append(
            parse_xml(f'<w:num {NAMESPACES} w:numId="{number}"><w:abstractNumId w:val="90"/>{override}</w:num>')
        )
    for text, number in [("甲", 90), ("乙", 91), ("丙", 91), ("丁", 92), ("2023年", 92)]:
        add(document, text, number)
    assert lines(saved(document)) == ["1.甲", "5.乙", "6.丙", "7.丁", "8. 2023年"]


def test_a_style_numbers_its_paragraphs_and_a_paragraph_can_leave_the_list():
    document = Document()
    numbered(
        document, [("ideographDigital", "%1、"), ("decimalFullWidth", "%2．")], more='<w:pStyle w:val="Heading2"/>'
    )
    for style, number in (
        ("Heading 1", '<w:ilvl w:val="0"/><w:numId w:val="90"/>'),
        ("Heading 2", '<w:numId w:val="90"/>'),
    ):
        document.styles[style].element.get_or_add_pPr().append(parse_xml(f"<w:numPr {NAMESPACES}>{number}</w:numPr>"))
    for _ in range(10):
        document.add_paragraph("要求", style="Heading 1")
    plain = document.add_paragraph("前言", style="Heading 1")
    plain._p.get_or_add_pPr().append(parse_xml(f'<w:numPr {NAMESPACES}><w:numId w:val="0"/></w:numPr>'))
    assert lines(saved(document)) == [*(f"{n}、要求" for n in "一二三四五六七八九"), "一〇、要求", "前言"]


def test_bullets_are_no_numbers_and_an_unknown_format_is_told_and_counted():
    document = Document()
    numbered(document, [("bullet", "\uf0b7"), ("hebrew1", "%2)"), ("decimal", "%3、")])
    for text, level in [("甲", 0), ("乙", 1), ("丙", 2)]:
        add(document, text, level=level)
    assert lines(saved(document)) == ["甲", "乙", "1、丙"]
    assert removed(saved(document)) == [(2, "自动编号", "不能识别的自动编号格式，编号没有读出")]


@pytest.mark.parametrize(
    ("style", "numbers"),
    [
        ("chineseCounting", {12: "十二", 99: "九十九", 101: "一〇一"}),
        ("chineseCountingThousand", {20: "二十", 101: "一百零一"}),
        ("japaneseCounting", {20: "二十", 101: "百一", 210: "二百十"}),
        ("ideographDigital", {9: "九", 12: "一二"}),
        ("decimalZero", {3: "03"}),
        ("ideographTraditional", {3: "丙"}),
    ],
)
def test_formats_are_those_of_the_standard(style, numbers):
    assert {number: _in_format(number, style) for number in numbers} == numbers


def test_counted_numbers_read_back_as_themselves():
    assert [_counted(n) for n in (10, 11, 20, 99, 100, 101, 110, 1000, 1010)] == [
        "十", "十一", "二十", "九十九", "一百", "一百零一", "一百一十", "一千", "一千零一十",
    ]  # fmt: skip
    assert all(to_int(_counted(n)) == n for n in range(1, 3000))


def test_insertions_stand_and_deletions_and_moves_away_are_told():
    data = body(
        f"<w:p>{run('押金')}<w:del w:id='1'><w:r><w:delText>200元</w:delText></w:r></w:del>"
        f"<w:ins w:id='2'>{run('100元')}</w:ins>{run('。')}</w:p>",
        f"<w:p><w:moveFrom w:id='3'>{run('移走的话。')}</w:moveFrom><w:moveTo w:id='4'>{run('移来的话。')}</w:moveTo></w:p>",
        f"<w:p><w:pPr><w:rPr><w:del w:id='5'/></w:rPr></w:pPr>{run('前半句')}</w:p>",
        f"<w:p>{run('后半句。')}</w:p>",
        f"<w:tbl><w:tr><w:tc><w:p>{run('甲')}</w:p></w:tc><w:tc><w:p>{run('乙')}</w:p></w:tc></w:tr>"
        f"<w:tr><w:trPr><w:del w:id='6'/></w:trPr><w:tc><w:p>{run('丙')}</w:p></w:tc></w:tr></w:tbl>",
    )
    assert lines(data) == ["押金100元。", "移来的话。", "前半句后半句。", "甲\t乙"]
    assert removed(data) == [
        (1, "200元", "修订中删去的文字"), (2, "移走的话。", "修订中删去的文字"), (4, "丙", "修订中删去的表格行"),
    ]  # fmt: skip


def test_line_breaks_tabs_links_and_controls_are_text_and_hidden_text_is_told():
    data = body(
        "<w:p><w:r><w:t>第一行</w:t><w:br/><w:t>第二行</w:t><w:tab/><w:t>末</w:t></w:r></w:p>",
        f"<w:sdt><w:sdtPr/><w:sdtContent><w:p><w:hyperlink>{run('链接')}</w:hyperlink><w:smartTag>{run('2020年')}</w:smartTag>"
        "<w:r><w:instrText>PAGE</w:instrText></w:r></w:p></w:sdtContent></w:sdt>",
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>密</w:t></w:r>"
        "<w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>明</w:t></w:r></w:p>",
        "<w:p><w:r><w:ruby><w:rt><w:r><w:t>zhá</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>札</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>",
    )
    assert lines(data) == ["第一行", "第二行\t末", "链接2020年", "明", "札"]
    assert removed(data) == [(4, "密", "隐藏的文字")]


def test_headers_notes_and_text_boxes_are_told_and_in_no_document(read, notice):
    document = Document()
    for line in notice.splitlines():
        document.add_paragraph(line)
    document.sections[0].header.paragraphs[0].text = "云江市人民政府公报"
    box = (
        '<w:p xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r><mc:AlternateContent>'
        f"<mc:Choice Requires='wps'><w:drawing><w:txbxContent><w:p>{run('此件公开发布')}</w:p></w:txbxContent></w:drawing>"
        f"</mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p>{run('此件公开发布')}</w:p></w:txbxContent></w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    document.element.body.insert(2, parse_xml(box.replace("<w:p ", f"<w:p {NAMESPACES} ", 1)))
    gazette = read(saved(document))
    assert gazette.documents == read(notice).documents
    assert [(one.line, one.what, one.reason) for one in gazette.removals] == [
        (1, "云江市人民政府公报", "页眉，不在正文中"), (3, "此件公开发布", "文本框里的文字，不在正文中"),
    ]  # fmt: skip


def test_a_relation_that_leads_nowhere_breaks_nothing(notice):
    data = word(notice)
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="NULL"/></Relationships>'
    )
    assert lines(with_part(data, "word/_rels/document.xml.rels", relations.encode())) == notice.splitlines()
