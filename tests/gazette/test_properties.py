"""What must hold for every input: no crash, the same result twice, no text lost."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.gazette import Gazette, GazetteRefused, read_gazette
from bot.gazette.markup import read_lines

_PIECES = """
云江市人民政府办公室关于印发云江市早餐车管理办法的通知
云政办发〔2021〕7号
各区人民政府:
2021年5月6日
云江市人民政府令
第12号
云江市早餐车管理办法
《云江市早餐车管理办法》已经市政府同意,现印发给你们。
第一章 总则
第一条 早餐车应当持证。
第二条 收费:
(一)经营费;
(二)清洁费。
1.现金。2.转账。
一、总体要求
二、任务 (一)目标。
第一,要重视。
本办法自印发之日起施行,有效期2年。
www.998877.com/关于印发办法的通知
抖金娱乐办公室
关于加强管理的意见
2020-05-22 00:00:00
第11期
-
<p>附件1</p>
附件:
目录
打印 关闭
澳门百家乐
同志们:
在全市会议上的讲话
(2021年5月6日)
①甲;②乙。
<!--
&nbsp;
《
云政发〔2012〕3号废止。
"""
PIECES = st.sampled_from(_PIECES.strip().splitlines())
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
HEADS = st.sampled_from(
    [
        "",
        "云江市人民政府办公室关于印发云江市早餐车管理办法的通知\n云政办发〔2021〕7号\n各区人民政府,现将办法印发,请认真执行。\n",
    ]
)
BODIES = st.lists(st.one_of(PIECES, PIECES, PIECES, ANY_TEXT), max_size=40).map("\n".join)
GAZETTES = st.tuples(HEADS, BODIES).map("".join)
HOSTILE = (
    "<a ",
    "<!--",
    "<script>",
    "《",
    "(",
    "一、通知。(一)工作。1.好。",
    "第一条",
    "www.a.com",
    "目录\n关于印发的通知\n",
    "1",
)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def attempt(data: bytes) -> Gazette | str:
    try:
        return read_gazette(data, name="x", place_names=("云江市",), authority="云江市人民政府", fallback_title="汇报")
    except GazetteRefused as refused:
        return str(refused)


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    result = attempt(data)
    assert isinstance(result, Gazette) or result.endswith("。")


@QUICK
@given(GAZETTES, st.sampled_from(["utf-8", "gb18030", "utf-16"]))
def test_any_text_is_read_or_refused_and_always_the_same(text, encoding):
    data = text.encode(encoding)
    assert attempt(data) == attempt(data)


@QUICK
@given(GAZETTES)
def test_paths_are_unique_and_every_provision_is_text_of_its_document(text):
    result = attempt(text.encode())
    for document in result.documents if isinstance(result, Gazette) else ():
        paths = [provision.path for provision in document.provisions]
        assert len(set(paths)) == len(paths)
        assert [provision.order for provision in document.provisions] == list(range(len(paths)))
        for provision in document.provisions:
            assert provision.path
            assert Counter(provision.text) <= Counter(document.text + "\n")
            if provision.path != "前言":
                assert provision.text in document.text


@QUICK
@given(GAZETTES)
def test_every_character_of_the_file_is_in_a_document_or_in_a_removal(text):
    result = attempt(text.encode())
    if isinstance(result, str) or result.was_traditional:
        return
    lines, markup = read_lines(text.encode().decode())
    printed = Counter("".join(line.text for line in lines)) + Counter("".join(removal.what for removal in markup))
    kept = Counter("".join(document.text for document in result.documents))
    removed = Counter("".join(removal.what for removal in result.removals))
    missing = printed - kept - removed
    assert not missing.keys() - {" ", "\n"}


@QUICK
@given(GAZETTES)
def test_every_removal_names_a_line_of_the_file_and_a_reason(text):
    result = attempt(text.encode())
    last = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    for removal in result.removals if isinstance(result, Gazette) else ():
        assert 1 <= removal.line <= last
        assert removal.what
        assert removal.reason


@pytest.mark.timeout(120)  # what is quadratic in 200,000 characters takes hours
def test_long_hostile_texts_take_linear_time():
    for piece in (
        "<a ",
        "<!--",
        "<script>",
        "《",
        "(",
        "一、通知。(一)工作。1.好。",
        "第一条",
        "www.a.com",
        "目录\n关于印发办法的通知\n",
        "1",
    ):
        data = ("通知政府\n" + piece * (200_000 // len(piece))).encode()
        result = attempt(data)
        assert isinstance(result, Gazette) or result.endswith("。"), piece
