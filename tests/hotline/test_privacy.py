"""Personal data is masked in every spelling people use; what looks like it and is not stays."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.hotline.privacy import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我的手机13800138000", "我的手机〔电话〕"),
        ("电话１３８００１３８０００。", "电话〔电话〕。"),
        ("138 0013 8000", "〔电话〕"),
        ("138-0013-8000", "〔电话〕"),
        ("138－0013－8000", "〔电话〕"),
        ("1 3 8 0 0 1 3 8 0 0 0", "〔电话〕"),
        ("138\u200b0013\u200b8000", "〔电话〕"),
        ("一三八零零一三八零零零", "〔电话〕"),
        ("周一打幺三八〇〇一三八〇〇〇", "周一打〔电话〕"),
        ("周一13800138000找我", "周一〔电话〕找我"),
        ("电话13800138000家里没人接", "电话〔电话〕家里没人接"),
        ("+86 13800138000", "〔电话〕"),
        ("008613800138000", "〔电话〕"),
        ("座机0716-8512345", "座机〔电话〕"),
        ("(0716)8512345转801", "〔电话〕"),
        ("021-61234567", "〔电话〕"),
        ("家里8512345没人接", "家里〔电话〕没人接"),
        ("电话是 61234567", "电话是 〔电话〕"),
    ],
)
def test_telephone_numbers_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("身份证421002199001011234", "身份证〔身份证〕"),
        ("421002 19900101 123X", "〔身份证〕"),
        ("42100219900101123x丢了", "〔身份证〕丢了"),
        ("４２１００２１９９００１０１１２３Ｘ", "〔身份证〕"),
        ("旧证421002900101123", "旧证〔身份证〕"),
        ("车牌鄂D12345", "车牌〔车牌〕"),
        ("鄂d·12345", "〔车牌〕"),
        ("鄂D F12345", "〔车牌〕"),
        ("鄂DF12345", "〔车牌〕"),
        ("粤B12345D", "〔车牌〕"),
        ("鄂D1234学", "〔车牌〕"),
        ("卡号6222021234567890123", "卡号〔银行卡〕"),
        ("6222 0212 3456 7890", "〔银行卡〕"),
        ("发到abc.d@qq.com吧", "发到〔邮箱〕吧"),
        ("微信号wx_abc123", "微信号〔账号〕"),
        ("加微信：zhangsan", "加微信：〔账号〕"),
        ("QQ12345678", "QQ〔账号〕"),
        ("护照号E12345678", "护照号〔证件〕"),
    ],
)
def test_cards_plates_and_accounts_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我住北京路12号3栋2单元501室，漏水", "我住北京路〔地址〕，漏水"),
        ("江津西路108号门口", "江津西路〔地址〕门口"),
        ("人民大道88号附3号", "人民大道〔地址〕"),
        ("红星村3组", "红星村〔地址〕"),
        ("红星村三组12号", "红星村〔地址〕"),
        ("幸福小区3栋501停水", "幸福小区〔地址〕停水"),
        ("幸福小区6号楼", "幸福小区〔地址〕"),
        ("住5栋2单元301", "住〔地址〕"),
        ("二栋一单元三零一室", "〔地址〕"),
        ("万达华府8-2-1602", "万达华府〔地址〕"),
    ],
)
def test_addresses_lose_their_house_number_and_keep_the_street(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我叫张三", "我叫〔姓名〕"),
        ("我叫李小明想问居住证", "我叫〔姓名〕想问居住证"),
        ("我是王五，住沙市", "我是〔姓名〕，住沙市"),
        ("我是张三的儿子", "我是〔姓名〕的儿子"),
        ("本人陈建国，身份证丢了", "本人〔姓名〕，身份证丢了"),
        ("姓名：王五", "姓名：〔姓名〕"),
        ("联系人：赵小六 13800138000", "联系人：〔姓名〕 〔电话〕"),
        ("联系人赵六13800138000", "联系人〔姓名〕〔电话〕"),
        ("投诉人：欧阳娜娜", "投诉人：〔姓名〕"),
        ("我儿子叫张小宝，上学", "我儿子叫〔姓名〕，上学"),
        ("我叫阿依古丽·买买提", "我叫〔姓名〕"),
    ],
)
def test_names_after_a_self_introduction_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "我是外地人",
        "我是个体户",
        "我是高中生，想办居住证",
        "我是黄石的，想问",
        "我是江陵人",
        "我是安徽的",
        "我是房东，出租要办什么",
        "我是党员，转组织关系",
        "我是华侨，想落户",
        "我是文员，工资没发",
        "我叫不到车",
        "联系人是谁",
        "联系人方式有哪些",
        "姓名变更怎么办",
    ],
)
def test_what_somebody_is_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "110 119 120 122 12345 12333 12315 95598 10086 96580",
        "打400-800-1234",
        "罚款50000元，共12345678元，¥8512345",
        "13800138000元",
        "全市8512345人，其中2345678户",
        "3.1415926535897932",
        "2017年8月1日",
        "20170801起施行",
        "2017-08-01 12:30",
        "1-8-2017",
        "二〇一七年八月一日",
        "占比35.5%，提高12个百分点",
        "荆政办发〔2017〕26号",
        "荆政规[2017]2号第十四条(二)",
        "受理之日起15个工作日",
        "2017-07-17至2022-08-01",
        "5号停水",
        "小区3号停水",
        "8月5号2号楼停水",
        "小区10户人家",
        "小区有3栋楼",
        "建了一栋三层楼",
        "三室两厅",
        "2楼5号窗口",
        "坐3路公交到1号线",
        "修路3号开始",
        "一号文件、第三组照片",
        "统一社会信用代码91421000MA48XYZ12K",
        "微信公众号叫什么",
        "QQ打不开",
    ],
)
def test_numbers_that_are_nobodys_stay(text: str) -> None:
    assert mask(text) == text


def test_public_lines_stay_in_every_spelling() -> None:
    public = {"8512345", "0716-8447854"}
    for text in ("8512345是哪的电话", "拨打851-2345", "0716-8447854", "(0716) 8447854"):
        assert mask(text, public) == text
    assert mask("8512346是我家电话", public) == "〔电话〕是我家电话"


def test_several_things_in_one_sentence_are_all_masked() -> None:
    text = "我叫张三，身份证421002199001011234，住北京路12号3栋501，电话13800138000，车牌鄂D12345"
    assert mask(text) == "我叫〔姓名〕，身份证〔身份证〕，住北京路〔地址〕，电话〔电话〕，车牌〔车牌〕"


_PIECES = st.sampled_from(
    [
        "我叫张三", "我是", "李小明", "电话", "13800138000", "1380013", "8000", "421002199001011234", "鄂D12345", "鄂",
        "D1234", "北京路", "12号", "3栋", "2单元", "501", "室", "村", "三组", "，", " ", "-", "微信号", "abc_123", "@qq.com",
        "一三八零零一三八", "零零零", "〔电话〕", "〔", "〕", "元", "万", "2017年", "年8月1日", "荆政发〔2017〕2号", "12345", "姓名：",
    ]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=14).map("".join) | st.text(max_size=60))
@example("电话13800138000 8512345")
@settings(max_examples=400, deadline=None)
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", " ", "-", "\u3000"]))
@settings(deadline=None)
def test_no_mobile_number_survives_in_any_grouping(number: str, gap: str) -> None:
    spelt = gap.join((number[:3], number[3:7], number[7:]))
    assert mask(f"我的电话是{spelt}，请回电") == "我的电话是〔电话〕，请回电"


_MONEY = st.tuples(st.integers(1, 10**18), st.sampled_from(["元", "万元", "亿元", "块钱", "%"]))
_COUNT = st.tuples(st.integers(1, 10**9), st.sampled_from(["人", "户", "平方米", "公里", "个工作日", "家企业"]))


@given(_MONEY | _COUNT)
@settings(deadline=None)
def test_no_amount_is_taken_for_personal_data(amount_and_unit: tuple[int, str]) -> None:
    amount, unit = amount_and_unit
    assert mask(f"一共{amount}{unit}") == f"一共{amount}{unit}"


@given(st.dates())
@settings(deadline=None)
def test_no_date_is_taken_for_personal_data(day: object) -> None:
    for text in (f"{day:%Y年%m月%d日}", f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}起"):
        assert mask(text) == text


def test_a_very_long_message_is_masked_in_time() -> None:
    assert "1380013" not in mask("我住北京路12号，电话13800138000。" * 300)
