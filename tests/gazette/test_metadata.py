"""What documents state about themselves: when they apply and what they repeal."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.gazette.metadata import find_date, find_repeals, find_validity
from bot.gazette.model import Line

ISSUED = dt.date(2020, 3, 9)
D = dt.date


@pytest.mark.parametrize(
    ("text", "start", "until"),
    [
        ("第九条 本办法自2017年8月1日起施行,有效期5年。", D(2017, 8, 1), D(2022, 8, 1)),
        ("第九条 本细则有效期为5年,自2017年8月1日起施行。", D(2017, 8, 1), D(2022, 8, 1)),
        ("本办法自公布之日起施行。", ISSUED, None),
        ("本办法自印发之日起施行,有效期两年。", ISSUED, D(2022, 3, 9)),
        ("本办法自发文之日起执行。试行期限为一年。", ISSUED, D(2021, 3, 9)),
        ("本办法自发文之日起执行,试行期限为一年。", ISSUED, D(2021, 3, 9)),
        ("本规定自发布之日起30日后施行。", D(2020, 4, 8), None),
        ("本通知自印发之日起试行6个月。", ISSUED, D(2020, 9, 9)),
        ("本办法从2020年5月1日起实施,有效期至2022年12月31日。", D(2020, 5, 1), D(2023, 1, 1)),
        ("本办法自2020年5月1日起施行。\n本办法有效期三年。", D(2020, 5, 1), D(2023, 5, 1)),
        ("本办法自2020年2月29日起施行,有效期1年。", D(2020, 2, 29), D(2021, 3, 1)),
        ("本办法自二〇二〇年五月一日起施行。", D(2020, 5, 1), None),
        ("现予公布,自2022年5月1日起施行。", D(2022, 5, 1), None),
        ("有效期5年。", None, None),  # from when is not said
        ("根据《居住证条例》(自2016年1月1日起施行)制定。", None, None),
        ("证件自2018年1月1日起执行新标准。", None, None),
        ("该系统自2018年1月1日起实施运行。", None, None),
        ("本方案实施三年行动计划。", None, None),
        ("本办法自9999年1月1日起施行,有效期99年。", None, None),
        ("本办法自2020年13月45日起施行。", None, None),
    ],
)
def test_a_document_applies_when_its_own_words_say(text, start, until):
    validity = find_validity(text, ISSUED)
    assert (validity.effective_from, validity.effective_until) == (start, until)


def test_without_a_date_of_issue_nothing_counts_from_it():
    validity = find_validity("本办法自公布之日起施行,有效期2年。", None)
    assert (validity.effective_from, validity.effective_until) == (None, None)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("《旧办法》(云政发〔2012〕29号)即行废止。", ("云政发〔2012〕29号",)),
        ("原云政发[2012]29号文件同时废止。", ("云政发〔2012〕29号",)),
        ("云政发〔2012〕29号和云政办发〔2013〕3号停止执行。", ("云政发〔2012〕29号", "云政办发〔2013〕3号")),
        ("本办法(云政发〔2020〕1号)施行后,《旧办法》(云政发〔2012〕29号)失效。", ("云政发〔2012〕29号",)),
        ("根据云政发〔2012〕29号制定本办法。旧规定同时废止。", ()),
        ("云政发〔2012〕29号已废止。", ()),
        ("没有废止任何文件。", ()),
    ],
)
def test_the_numbers_before_废止_in_one_sentence_are_repealed(text, numbers):
    assert find_repeals(text, "云政发〔2020〕1号") == numbers


@pytest.mark.parametrize(
    "line", ["2017年7月7日", "2017 年7 月7日", "(2017年7月7日)", "二〇一七年七月七日", "二○一七年七月七日"]
)
def test_a_line_that_is_a_date_dates_the_document(line):
    assert find_date([Line(1, "云江市人民政府"), Line(2, line)]) == dt.date(2017, 7, 7)


@pytest.mark.parametrize("line", ["2017-07-07 00:00:00", "2017年7月7日前完成", "2017年2月30日", "7月7日"])
def test_other_lines_do_not(line):
    assert find_date([Line(1, line)]) is None
