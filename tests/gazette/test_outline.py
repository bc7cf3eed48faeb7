"""Provisions, their paths, their texts and headings."""

from __future__ import annotations

import pytest

from bot.gazette.model import Line
from bot.gazette.outline import read_provisions


def outline(text: str) -> dict[str, str]:
    provisions = read_provisions((), [Line(n, line) for n, line in enumerate(text.splitlines(), 1)], ())
    return {provision.path: provision.text for provision in provisions}


def headings(text: str) -> dict[str, str | None]:
    provisions = read_provisions((), [Line(n, line) for n, line in enumerate(text.splitlines(), 1)], ())
    return {provision.path: provision.heading for provision in provisions}


def test_points_keep_their_printed_numbers_when_they_run_on_across_items():
    text = (
        "一、任务\n(一)公园。\n1.种树。\n2.种草。\n(二)道路。\n3.修路。\n(1)国道。\n(2)省道。\n4.架桥。\n"
        "二、要求\n5.严格。"
    )
    paths = "一 一(一) 一(一)1 一(一)2 一(二) 一(二)3 一(二)3(1) 一(二)3(2) 一(二)4 二 二5"
    assert list(outline(text)) == paths.split()


def test_items_keep_their_printed_numbers_when_they_run_on_across_sections():
    assert list(outline("一、甲\n(一)子。\n(二)丑。\n二、乙\n(三)寅。\n三、丙\n(四)卯。")) == [
        "一", "一(一)", "一(二)", "二", "二(三)", "三", "三(四)",
    ]  # fmt: skip


def test_a_provision_holds_the_text_of_those_below_it_and_of_its_paragraphs():
    text = "第一条 借书:\n(一)证件;\n(二)押金:\n1.现金;\n2.转账。\n逾期收费。\n第二条 还书。"
    found = outline(text)
    assert found["第一条"] == text.split("\n第二条")[0]
    assert found["第一条(二)"] == "(二)押金:\n1.现金;\n2.转账。\n逾期收费。"
    assert found["第一条(二)1"] == "1.现金;"
    assert found["第二条"] == "第二条 还书。"


def test_chapters_are_headings_of_articles_and_in_no_path():
    text = "第一章  总  则\n第一条 目的。\n第二章 借阅\n第一节 借\n第二条 借书。\n(一)证件。\n第三条 还书。"
    assert headings(text) == {
        "第一条": "第一章  总  则", "第二条": "第一节 借", "第二条(一)": "证件", "第三条": "第一节 借",
    }  # fmt: skip
    assert outline(text)["第一条"] == "第一条 目的。"


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("一、总体要求", "一"),
        ("一.总体要求", "一"),
        ("一．总体要求", "一"),
        ("(一)总体要求", "(一)"),
        ("（一）总体要求", "(一)"),
        ("( 一 )总体要求", "(一)"),
        ("1.总体要求", "1"),
        ("1．总体要求", "1"),
        ("1、总体要求", "1"),
        ("(1)总体要求", "(1)"),
        ("（1）总体要求", "(1)"),
        ("1)总体要求", "1)"),
        ("①总体要求", "①"),
        ("第一,总体要求", "第一"),
        ("第一，总体要求", "第一"),
        ("第一条总体要求", "第一条"),
        ("第 一 条 总体要求", "第一条"),
        ("第1条 总体要求", "第1条"),
        ("第一条之一 总体要求", "第一条之一"),
    ],
)
def test_every_way_of_printing_a_number_gives_its_path_in_half_width_characters(line, path):
    assert outline(line) == {path: line}


@pytest.mark.parametrize(
    "line",
    [
        "第四条规定的事项由市政府办理。",
        "第三条、第五条不再执行。",
        "110、119等号码除外。",
        "12345、12320并行。",
        "2021年起执行。",
        "1.5倍以下的罚款。",
        "3.2公顷。",
        "(2021年5月1日起执行)",
        "一、二级医院参加。",
        "五、六、七月为汛期。",
        "第一章规定的职责不变。",
    ],
)
def test_a_line_that_only_mentions_a_number_belongs_to_the_provision_above(line):
    assert outline(f"一、甲\n二、乙\n{line}") == {"一": "一、甲", "二": f"二、乙\n{line}"}


def test_articles_that_a_broken_line_mentions_do_not_begin_anew():
    text = "第六条 按照\n第四条 的规定办理。\n第七条 完。"
    assert list(outline("第五条 始。\n" + text)) == ["第五条", "第六条", "第七条"]


def test_numbers_after_a_heading_on_its_line_begin_provisions():
    text = "一、总体要求 (一)思想。坚持原则。\n(二)目标。1.近期。2.远期。\n二、任务"
    assert outline(text) == {
        "一": "一、总体要求 (一)思想。坚持原则。\n(二)目标。1.近期。2.远期。",
        "一(一)": "(一)思想。坚持原则。",
        "一(二)": "(二)目标。1.近期。2.远期。",
        "一(二)1": "1.近期。",
        "一(二)2": "2.远期。",
        "二": "二、任务",
    }


def test_several_items_on_one_line_are_told_apart_at_the_ends_of_clauses():
    found = outline("第一条 应当提交:(一)申请表;(二)身份证;(三)照片。\n第二条 完。")
    assert found["第一条(二)"] == "(二)身份证;"
    assert found["第一条"] == "第一条 应当提交:(一)申请表;(二)身份证;(三)照片。"


def test_a_number_in_brackets_within_a_sentence_begins_nothing():
    text = "第一条 依照前条第(一)项和(二)项办理;每周(一)闭馆。(三)班倒。费用为:1.5元;2.5元。"
    assert list(outline(text)) == ["第一条"]


def test_sections_that_begin_anew_in_each_chapter_have_the_chapter_in_their_path():
    text = "第一章 城市\n一、公园\n(一)免费。\n第二章 乡村\n一、道路\n(一)收费。"
    assert list(outline(text)) == ["一", "一(一)", "第二章一", "第二章一(一)"]


def test_a_number_printed_twice_in_one_place_is_counted():
    assert list(outline("一、甲\n1.子\n2.丑\n又:\n1.寅\n1.卯")) == ["一", "一1", "一2", "一1·2", "一1·3"]


def test_sections_in_an_article_are_below_it_and_sections_that_go_on_are_not():
    assert list(outline("第一条 分类:\n一、甲\n二、乙\n第二条 完。")) == ["第一条", "第一条一", "第一条二", "第二条"]
    assert list(outline("一、修改如下\n第三条 新文。\n二、另有")) == ["一", "第三条", "二"]


def test_ordinals_in_a_section_of_a_speech_are_below_it():
    assert list(outline("一、认识\n第一,重要。\n第二,紧迫。\n二、行动")) == ["一", "一第一", "一第二", "二"]


def test_headings_are_short_titles_and_no_sentences():
    text = (
        "一、总体要求\n(一)基本原则。坚持便民。\n(二)对不符合条件的申请人,应当书面说明理由并告知救济途径,不得拖延,也不得推诿或者变相拒绝。完。\n"
        "1.建设窗口。(责任单位:市政务办)\n2.证件;\n二、提高政治站位,切实加强组织领导,\n全面落实工作责任\n各区负责。"
    )
    assert headings(text) == {
        "一": "总体要求",
        "一(一)": "基本原则",
        "一(二)": None,
        "一(二)1": None,
        "一(二)2": None,
        "二": "提高政治站位,切实加强组织领导,全面落实工作责任",
    }


def test_attached_texts_have_the_attachment_in_their_paths():
    text = "一、甲\n附件1\n名单\n一、张三\n附件2 标准\n一、李四"
    assert list(outline(text)) == ["一", "附件1", "附件1一", "附件2", "附件2一"]


def test_text_without_numbers_is_all_前言():
    assert outline("请认真执行。\n特此通知。") == {"前言": "请认真执行。\n特此通知。"}
