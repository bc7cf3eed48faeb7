"""Several documents in one file: where each begins and what belongs to it."""

from __future__ import annotations

import datetime as dt

import pytest

TWO_ANNEXES = """云江市人民政府办公室关于印发《云江市河道管理办法》和《云江市湖泊管理办法》的通知
云政办发〔2019〕30号
各县(市、区)人民政府:
《云江市河道管理办法》和《云江市湖泊管理办法》已经市政府同意,现印发给你们。
云江市人民政府办公室
2019年8月1日
{label1}云江市河道管理办法
第一章 总 则
第一条 本办法适用于河道。
第二条 河道由水利部门管理。
第二章 附 则
第三条 本办法自印发之日起施行。
{label2}云江市湖泊管理办法
第一条 本办法适用于湖泊。
第二条 本办法自2020年1月1日起施行,有效期2年。
"""


@pytest.mark.parametrize("labels", [("", ""), ("附件1\n", "附件2\n"), ("附件1:\n", "附件2:\n")])
def test_two_texts_annexed_to_one_notice_are_two_documents_with_its_number(read, labels):
    river, lake = read(TWO_ANNEXES.format(label1=labels[0], label2=labels[1])).documents
    assert (river.number, lake.number) == ("云政办发〔2019〕30号",) * 2
    assert (river.title, lake.title) == ("云江市河道管理办法", "云江市湖泊管理办法")
    assert river.annexed_to == lake.annexed_to
    assert [p.path for p in river.provisions] == ["前言", "第一条", "第二条", "第三条"]
    assert [p.path for p in lake.provisions] == ["前言", "第一条", "第二条"]
    assert (river.effective_from, river.effective_until) == (dt.date(2019, 8, 1), None)
    assert (lake.effective_from, lake.effective_until) == (dt.date(2020, 1, 1), dt.date(2022, 1, 1))
    assert "湖泊由" not in river.text
    assert "适用于河道" not in lake.text


def test_a_notice_that_is_itself_the_document_has_its_own_title(read):
    text = (
        "云江市人民政府办公室\n关于做好防汛工作的意见\n云政办发〔2021〕5号\n各区人民政府:\n现提出以下意见。\n"
        "一、加强领导\n各区负责。\n二、备足物资\n编织袋2万条。\n云江市人民政府办公室\n2021年4月2日\n"
    )
    (document,) = read(text).documents
    assert document.title == "云江市人民政府办公室关于做好防汛工作的意见"
    assert document.annexed_to is None
    assert document.issued_on == dt.date(2021, 4, 2)
    assert [(p.path, p.text) for p in document.provisions][-1] == ("二", "二、备足物资\n编织袋2万条。")


@pytest.mark.parametrize(
    "title",
    [
        "云江市人民政府办公室\n关于印发云江市早餐车\n管理办法(试行)的通知",
        "云江市人民政府办公室关于\n印发云江市早餐车管理办法(试行)的通知",
        "云江市人民政府办公室转发\n市商务局关于早餐车管理意见的通知",
        "云江市人民政府办公室\n印发《云江市早餐车管理办法》的通知",
    ],
)
def test_a_title_on_several_lines_is_joined(read, title):
    body = "各区人民政府:\n请认真做好早餐车管理工作,保障供应。\n一、持证经营\n二、统一收费\n"
    for layout in (f"{title}\n云政办发〔2021〕6号\n{body}", f"云政办发〔2021〕6号\n{title}\n{body}"):
        (document,) = read("2020年第3期\n" + layout).documents
        assert title.replace("\n", "") in (document.title, document.annexed_to)
        assert document.number == "云政办发〔2021〕6号"
        assert document.issuing_authority == "云江市人民政府办公室"


@pytest.mark.parametrize(
    "printed",
    [
        "云政办发[2021]6号",
        "云政办发【2021】 6 号",
        "(云政办发〔2021〕6号)",
        "文号:云政办发﹝2021﹞06号",
        "云政办发（２０２１）６号",
    ],
)
def test_a_number_is_recognised_however_its_brackets_are_printed(read, printed):
    text = f"云江市人民政府办公室关于防汛的通知\n{printed}\n各区人民政府:\n请认真做好今年的防汛准备工作,确保安全。\n"
    assert read(text).documents[0].number == "云政办发〔2021〕6号"


def test_a_number_on_the_line_of_its_title_is_recognised(read):
    text = "云江市人民政府关于防汛工作的通知(云政发〔2021〕6号)\n各区人民政府:\n请认真做好今年的防汛准备工作。\n"
    (document,) = read(text).documents
    assert (document.number, document.title) == ("云政发〔2021〕6号", "云江市人民政府关于防汛工作的通知")


def test_numbers_mentioned_in_the_text_begin_no_document(read, notice):
    mention = "第五条 云江市人民政府关于图书的通知(云政发〔2011〕6号)继续执行。\n云政发〔2011〕7号\n一并执行。\n"
    (document,) = read(notice + mention).documents
    assert mention.strip() in document.text


def test_a_list_of_titles_and_numbers_is_no_series_of_documents(read, notice):
    listed = "".join(f"云江市人民政府关于第{n}项工作的通知\n云政发〔2011〕{n}号\n" for n in "12345")
    assert len(read(listed + notice).documents) == 1
    assert len(read(notice + listed).documents) == 1


def test_an_order_has_the_issuer_in_its_number_and_announces_its_text(read):
    text = (
        "云江市人民政府令\n第12号\n《云江市养犬管理规定》已经市政府通过,现予公布,自2022年5月1日起施行。\n市长 张三\n"
        "2022年3月8日\n云江市养犬管理规定\n第一章 总则\n第一条 为了规范养犬,制定本规定。\n第二条 每户一只。\n"
    )
    (document,) = read(text).documents
    assert (document.number, document.title) == ("云江市人民政府令第12号", "云江市养犬管理规定")
    assert document.issuing_authority == "云江市人民政府"
    assert (document.issued_on, document.effective_from) == (dt.date(2022, 3, 8), dt.date(2022, 5, 1))


def test_a_speech_without_a_number_is_a_document(read, notice, texts):
    speech = (
        "在全市防汛工作会议上的讲话\n市长 张三\n(2021年4月5日)\n同志们:\n今天我们开会部署防汛。\n"
        "第一,要认识到位。一是看到成绩。二是看到问题。\n第二,要措施到位。\n谢谢大家。\n"
    )
    first, second = read(speech + notice).documents
    assert (first.number, first.title) == (None, "在全市防汛工作会议上的讲话")
    assert first.issued_on == dt.date(2021, 4, 5)
    assert [p.path for p in first.provisions] == ["前言", "第一", "第二"]
    assert texts(first)["第一"] == "第一,要认识到位。一是看到成绩。二是看到问题。"
    assert second.number == "云政办发〔2020〕15号"


def test_an_annex_whose_title_differs_from_its_announcement_is_found_below_the_date(read, notice):
    (document,) = read(
        notice.replace("《云江市图书馆借阅办法》", "《办法》").replace("印发云江市图书馆", "印发市图书馆")
    ).documents
    assert document.title == "云江市图书馆借阅办法"
    assert document.annexed_to is not None


def test_the_name_of_a_site_s_section_above_a_title_is_no_authority(read):
    text = "政策文件\n关于防汛工作的通知\n云政发〔2021〕6号\n各区人民政府:\n请认真做好今年的防汛准备工作。\n"
    gazette = read(text)
    assert gazette.documents[0].title == "关于防汛工作的通知"
    assert gazette.documents[0].issuing_authority == "云江市人民政府"
    assert [removal.what for removal in gazette.removals] == ["政策文件"]


def test_spaces_in_a_title_are_layout(read, notice):
    (document,) = read(notice.replace("\n云江市图书馆借阅办法\n", "\n云江市图书馆 借 阅 办 法\n")).documents
    assert document.title == "云江市图书馆借阅办法"


def test_an_authority_shortened_in_the_title_is_given_in_full(read, notice):
    (document,) = read(notice.replace("云江市人民政府办公室关于", "市人民政府办公室关于")).documents
    assert document.issuing_authority == "云江市人民政府办公室"
