"""Traditional text that was made from Simplified text mechanically is given back as it was."""

from __future__ import annotations

import pytest

from bot.text.simplify import is_simplified, is_traditional, to_simplified

SIMPLIFIED = (
    "先建后验,后备企业,干部干净,乾隆年间,着力推进,显著提高,编著名著,台账系统,云计算,征求意见,复查复核,覆盖面,里程,"
    "并联审批,于是,范围,采购,占道经营,群众,卫生,面粉,松树,出发,头发,划分,计划,注册,余额,制造,钟表,表格,周边"
)


@pytest.mark.parametrize("variant", ["s2t", "s2tw", "s2hk"])
def test_text_converted_to_any_traditional_standard_comes_back(variant):
    opencc = pytest.importorskip("opencc")
    traditional = opencc.OpenCC(variant).convert(SIMPLIFIED)
    assert traditional != SIMPLIFIED
    assert to_simplified(traditional) == SIMPLIFIED


def test_simplified_text_stays_as_it_is():
    assert to_simplified(SIMPLIFIED) == SIMPLIFIED
    assert to_simplified("plain ASCII 123") == "plain ASCII 123"


def test_conversion_keeps_the_length_so_that_places_in_the_text_stay():
    text = "為貫徹落實《意見》精神,促進我市經濟高質量發展"
    assert len(to_simplified(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("辦事指南", True), ("办事指南", False), ("先建后驗改革", True), ("中文", False), ("abc", False), ("", False)],
)
def test_a_text_is_traditional_where_characters_of_that_script_prevail(text, expected):
    assert is_traditional(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("高清盛宴尽在亚美", True), ("市長 吳錦", False), ("后于干", False), ("中文", False), ("辦事务", False)],
)
def test_a_line_is_certainly_simplified_where_several_characters_are_of_that_script_alone(text, expected):
    assert is_simplified(text) is expected


@pytest.mark.parametrize("variant", ["s2t", "s2tw", "s2hk"])
def test_a_traditional_gazette_is_read_as_its_simplified_original(read, notice, variant):
    opencc = pytest.importorskip("opencc")
    gazette = read(opencc.OpenCC(variant).convert(notice))
    assert gazette.was_traditional
    assert gazette.documents == read(notice).documents
