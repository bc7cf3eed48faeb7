"""Spam that stands where an authority stood: put back where the document proves it, and only there."""

from __future__ import annotations

import pytest

NOTICE = """{head}关于印发云江市早餐车管理办法的通知
{number}
各县(市、区)人民政府,市政府各部门:
《云江市早餐车管理办法》已经市政府同意,现印发给你们,请遵照执行。
{signature}
2021年5月6日
云江市早餐车管理办法
第一条 早餐车应当持证经营。
第二条 每车收费50元。{tail}
"""


def gazette_with(head: str, number: str = "云政办发〔2021〕7号", signature: str = "", tail: str = "") -> str:
    return NOTICE.format(head=head, number=number, signature=signature, tail=tail).replace("\n\n", "\n")


@pytest.mark.parametrize(
    ("head", "number", "what", "restored", "authority"),
    [
        ("www.998877.com/", "云政发〔2021〕7号", "www.998877.com/", "云江市人民政府", "云江市人民政府"),
        ("www.998877.com/办公室", "云政办发〔2021〕7号", "www.998877.com/", "云江市人民政府", "云江市人民政府办公室"),
        ("www.998877.com/办公室\n", "云政办发〔2021〕7号", "www.998877.com/", "云江市人民政府", "云江市人民政府办公室"),
        ("抖金娱乐办公室", "云政办函〔2021〕7号", "抖金娱乐", "云江市人民政府", "云江市人民政府办公室"),
        ("www.998877.com/", "云政办发〔2021〕7号", "www.998877.com/", "云江市人民政府办公室", "云江市人民政府办公室"),
        ("www.998877.com ", "云政规〔2021〕7号", "www.998877.com", "云江市人民政府", "云江市人民政府"),
    ],
)
def test_the_number_proves_which_authority_was_displaced(read, head, number, what, restored, authority):
    gazette = read(gazette_with(head, number))
    (removal,) = gazette.removals
    assert (removal.line, removal.what, removal.restored) == (1, what, restored)
    assert "证明" in removal.reason
    (document,) = gazette.documents
    assert document.issuing_authority == authority
    assert document.annexed_to == f"{authority}关于印发云江市早餐车管理办法的通知"


def test_the_signature_and_quoted_titles_are_restored_with_the_title(read, texts):
    tail = "按照《 抖金娱乐关于印发云江市市容办法的通知》(云政发〔2019〕3号)执行。"
    gazette = read(gazette_with("抖金娱乐办公室", signature="抖金娱乐办公室", tail=tail))
    assert [(r.line, r.restored) for r in gazette.removals] == [(n, "云江市人民政府") for n in (1, 5, 9)]
    (document,) = gazette.documents
    assert "云江市人民政府办公室\n2021年5月6日" in document.text
    assert "按照《云江市人民政府关于印发云江市市容办法的通知》" in texts(document)["第二条"]
    assert "抖金" not in document.text


def test_a_signature_alone_can_be_displaced(read):
    gazette = read(gazette_with("云江市人民政府办公室", signature="抖金娱乐办公室"))
    assert [(r.line, r.restored) for r in gazette.removals] == [(5, "云江市人民政府")]


def test_a_token_before_关于_is_foreign_where_it_repeats(read):
    text = gazette_with("抖金娱乐", "云政发〔2021〕7号") + gazette_with("抖金娱乐", "云政发〔2021〕8号").replace(
        "早餐", "晚餐"
    )
    gazette = read(text)
    assert [removal.restored for removal in gazette.removals] == ["云江市人民政府"] * 2
    assert {document.issuing_authority for document in gazette.documents} == {"云江市人民政府"}


@pytest.mark.parametrize(
    ("head", "number", "options"),
    [
        ("www.998877.com/", "海政发〔2021〕7号", {}),  # another place's number
        ("www.998877.com/", "云卫发〔2021〕7号", {}),  # a department's number
        ("www.998877.com/办公室", "云政发〔2021〕7号", {}),  # the number says that it is not the office's
        ("www.998877.com/", "云政发〔2021〕7号", {"authority": None}),  # nobody knows the authority
        (
            "www.998877.com/",
            "云政发〔2021〕7号",
            {"place_names": ("云岭市",), "authority": "云岭市人民政府"},
        ),  # not named
    ],
)
def test_what_is_not_proved_is_removed_and_leaves_a_gap(read, head, number, options):
    gazette = read(gazette_with(head, number), **options)
    (removal,) = gazette.removals
    assert (removal.line, removal.what, removal.restored) == (1, "www.998877.com/", None)
    assert "留空" in removal.reason
    assert "998877" not in gazette.documents[0].text


def test_titles_that_disagree_prove_nothing(read):
    town = gazette_with("www.998877.com/", "云政办发〔2021〕8号").replace("早餐", "晚餐")
    gazette = read(gazette_with("www.998877.com/", "云政发〔2021〕7号") + town)
    assert [removal.restored for removal in gazette.removals] == [None, None]


def test_the_token_elsewhere_in_the_text_is_removed_and_nothing_put_there(read, texts):
    gazette = read(gazette_with("抖金娱乐办公室", tail="收入抖金娱乐全部上缴。"))
    assert texts(gazette.documents[0])["第二条"].endswith("收入全部上缴。")
    assert gazette.removals[-1].restored is None
    assert "夹带" in gazette.removals[-1].reason


@pytest.mark.parametrize(
    ("head", "number"),
    [
        ("云江市人民政府办公室", "云政办发〔2021〕7号"),
        ("市人民政府办公室", "云政办发〔2021〕7号"),
        ("市政府办公室", "云政办发〔2021〕7号"),
        ("云江市人民政府 云江军分区", "云政发〔2021〕7号"),
        ("中共云江市委办公室 云江市人民政府办公室", "云办发〔2021〕7号"),
        ("云江市卫生健康委员会", "云卫发〔2021〕7号"),
        ("云江市公安局 云江市城市管理局", "云公发〔2021〕7号"),
        ("云江高新区管委会", "云政发〔2021〕7号"),
        ("", "云政发〔2021〕7号"),
    ],
)
def test_every_real_authority_is_left_alone(read, head, number):
    text = gazette_with(head, number) + gazette_with(head, number.replace("7号", "8号")).replace("早餐", "晚餐")
    gazette = read(text)
    assert gazette.removals == ()
    assert len(gazette.documents) == 2


def test_a_title_below_its_number_that_speaks_of_publishing_is_no_spam(read):
    text = "云政发〔2021〕7号\n突发事件预警信息发布管理办法\n第一条 云江市各部门适用本办法。\n第二条 预警分四级。\n"
    gazette = read(text)
    assert gazette.removals == ()
    assert gazette.documents[0].title == "突发事件预警信息发布管理办法"


def test_a_province_s_authority_is_restored_by_the_province_s_one_character_name(read):
    text = gazette_with("抖金娱乐办公厅", "湘政办发〔2021〕7号").replace("云江市", "湖南省")
    gazette = read(text, place_names=("湖南省", "湖南"), authority="湖南省人民政府")
    assert gazette.documents[0].issuing_authority == "湖南省人民政府办公厅"
    without_office = gazette_with("www.1.com/", "湘政办发〔2021〕7号").replace("云江市", "湖南省")
    gazette = read(without_office, place_names=("湖南省", "湖南"), authority="湖南省人民政府")
    assert gazette.removals[0].restored == "湖南省人民政府办公厅"
