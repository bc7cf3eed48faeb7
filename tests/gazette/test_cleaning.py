"""What belongs to the page and not to a document, and what only looks like it."""

from __future__ import annotations

import pytest

PAGE_HEAD = """索引号
分类
发文日期
云江市人民政府公报 2020第3号(总号:18)
发布时间:2020-03-31 09:12 来源:
语音阅读 【字体: 大 中 小】 打印
目   录
【市政府文件】
云江市人民政府办公室关于印发云江市图书馆借阅办法的通知
"""
PAGE_TAIL = """扫一扫在手机上查看当前页面
打印 关闭
上一篇:云江市人民政府关于调整最低工资的通知
主办:云江市人民政府 云ICP备12345678号
"""


def test_page_furniture_around_a_document_is_removed_and_reported_line_by_line(read, notice):
    gazette = read(PAGE_HEAD + notice + PAGE_TAIL)
    assert gazette.documents == read(notice).documents
    head, tail = len(PAGE_HEAD.splitlines()), len(notice.splitlines())
    expected = [*range(1, head + 1), *range(head + tail + 1, head + tail + 5)]
    assert [removal.line for removal in gazette.removals] == expected
    assert all(removal.restored is None and removal.reason for removal in gazette.removals)


@pytest.mark.parametrize(
    "between",
    [
        "2021-05-22 00:00:00",
        "第11期",
        "-",
        "2021/05/22",
        "第十一期(总第120期)",
        "【市政府文件】",
        "- 12 -",
        "第3页 共9页",
    ],
)
def test_what_a_site_puts_between_documents_is_in_none_of_them(read, notice, between):
    second = notice.replace("15号", "16号").replace("图书馆", "体育馆")
    gazette = read(f"{notice}{between}\n{second}")
    assert [document.number for document in gazette.documents] == ["云政办发〔2020〕15号", "云政办发〔2020〕16号"]
    assert not any(between in document.text for document in gazette.documents)
    assert [(r.line, r.what) for r in gazette.removals] == [(len(notice.splitlines()) + 1, between)]


def test_html_is_taken_out_and_its_line_ends_count(read, notice):
    body = "".join(f"<p class='c'>{line}</p>" for line in notice.splitlines())
    head = "<!DOCTYPE html><html><head><title></title><style>p {color:red}</style></head>"
    page = f"{head}\n<body>{body}<!-- 广告位 --></body></html>"
    gazette = read(page)
    assert gazette.documents == read(notice).documents
    assert {removal.reason for removal in gazette.removals} == {"网页标记"}


def test_inline_tags_and_character_references_do_not_divide_a_sentence(read, texts, notice):
    html = notice.replace("押金100元", "押金&nbsp;<span lang=EN-US>100</span>元&ldquo;免息&rdquo;")
    assert "每证押金 100元“免息”。" in texts(read(html).documents[0])["第二条"]


def test_titles_quoted_in_angle_brackets_are_no_tags(read, texts, notice):
    text = notice.replace("为了方便", "根据<湖区图书馆管理办法>和<ABC 手册>,为了方便")
    assert "<湖区图书馆管理办法>和<ABC 手册>" in texts(read(text).documents[0])["第一条"]


def test_an_unclosed_comment_or_script_hides_nothing(read, notice):
    assert len(read("<!-- " + notice).documents) == 1
    assert len(read("<script> " + notice + "<script>").documents) == 1


@pytest.mark.parametrize(
    "advertisement",
    [
        "高清盛宴尽在某某AV",
        "澳门百家乐注册送彩金",
        "www.778899bet.com",
        "某某体育直播入口",
        "截图16421025101129114.png",
    ],
)
def test_advertisements_at_the_end_are_removed(read, notice, advertisement):
    gazette = read(notice + "\n   " + advertisement + "\n")
    assert gazette.documents == read(notice).documents
    assert [removal.what for removal in gazette.removals] == [advertisement]


@pytest.mark.parametrize(
    "legitimate",
    [
        "第五条 严厉打击六合彩、老虎机等赌博活动。",
        "第五条 网上办理登录云江政务服务网(http://zwfw.yunjiang.gov.cn/index.html)。",
        "http://zwfw.yunjiang.gov.cn",
        "电子邮箱:yunjiang12345@163.com",
        "时间:每年3月",
        "名称:云江市图书馆",
        "推进PPP项目和APP、CT等English names建设",
        "体育彩票公益金用于健身设施",
        "(六)打击网络博彩",
    ],
)
def test_legitimate_lines_that_resemble_spam_or_furniture_stay(read, notice, legitimate):
    gazette = read(notice + legitimate + "\n")
    assert legitimate in gazette.documents[0].text
    assert gazette.removals == ()


def test_a_line_in_simplified_characters_within_a_traditional_file_is_removed(read, notice):
    opencc = pytest.importorskip("opencc")
    traditional = opencc.OpenCC("s2t").convert(notice)
    gazette = read(traditional + "手机游戏欢乐无限\n")
    assert gazette.was_traditional
    assert gazette.documents == read(notice).documents
    assert [removal.what for removal in gazette.removals] == ["手机游戏欢乐无限"]


def test_an_empty_label_for_attachments_is_removed_and_a_list_of_them_is_kept(read, texts, notice):
    gazette = read(notice + "附件:\n")
    assert [removal.what for removal in gazette.removals] == ["附件:"]
    listed = read(notice + "附件:1.借书证样式\n2.借阅登记表\n").documents[0]
    assert texts(listed)["附件"] == "附件:1.借书证样式\n2.借阅登记表"
    assert texts(listed)["第四条"] == "第四条 本办法自2020年4月1日起施行,有效期3年。"


def wrapped(text: str, columns: int) -> str:
    """Return ``text`` with every line broken at ``columns``, of which a Chinese character takes two."""
    lines = [""]
    for character in text:
        if character == "\n" or sum(1 + (c > "\xff") for c in lines[-1] + character) > columns:
            lines.append("")
        lines[-1] += character.strip("\n")
    return "\n".join(lines)


def test_lines_broken_at_the_width_of_a_page_are_joined(read, notice):
    text = notice + "第五条 " + "图书馆应当定期清点藏书并向社会公布清点结果,接受监督" * 8 + "。\n"
    broken = wrapped(text, 50)
    assert len(broken.splitlines()) > len(text.splitlines()) + 8
    assert read(broken).documents == read(text).documents
