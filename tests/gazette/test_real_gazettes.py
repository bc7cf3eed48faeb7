"""The five source gazettes: which documents are in them, what they state, and that every cited place is addressable."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from bot.gazette import Gazette, read_gazette_file
from bot.gazette.markup import read_lines
from bot.text.simplify import is_traditional, to_simplified

PLACES = {
    "000": (("荆州市", "荆州"), "荆州市人民政府"),
    "001": (("天门市", "天门"), "天门市人民政府"),
    "002": (("黄石市", "黄石"), "黄石市人民政府"),
    "003": (("吉林省", "吉林"), "吉林省人民政府"),
    "004": (("江门市蓬江区", "蓬江区", "蓬江"), "江门市蓬江区人民政府"),
}
D = dt.date
# A line for each document: file, number, date of issue, number of provisions, title.
DOCUMENTS = """
000 荆政发〔2017〕12号 2017-06-29 38 荆州市城市公立医院综合改革实施方案
000 荆政发〔2017〕13号 2017-07-07 47 荆州市政府政务督查工作实施办法
000 荆政办发〔2017〕21号 2017-05-31 35 荆州市疾病应急救助制度实施细则
000 荆政办发〔2017〕23号 - 8 荆州市人民政府办公室关于加快推进“多证合一”改革工作的通知
000 荆政办发〔2017〕24号 2017-06-22 18 荆州市人民政府办公室关于进一步加强税收征管的意见
000 荆政办发〔2017〕26号 2017-07-17 13 荆州市推进政府公共服务热线平台资源整合实施方案
000 荆政办发〔2017〕27号 2017-07-17 32 荆州市推行一次办好服务深化放管服改革实施方案
000 荆政规〔2017〕2号 2017-07-17 40 荆州市居住证制度实施细则
001 天政发〔2018〕26号 2018-12-19 43 市人民政府关于全面落实积极财政政策聚力增效促进高质量发展的意见
001 天政办发〔2018〕67号 2018-10-16 36 天门市深化“互联网+政务服务”推进“一网、一门、一次”改革工作方案
001 天政办发〔2018〕75号 2018-11-19 44 天门市政务信息资源共享管理办法
001 天政办发〔2018〕75号 2018-11-19 20 天门市政务信息化项目建设管理办法
001 天政办发〔2018〕77号 2018-11-21 20 市人民政府办公室关于进一步加强老年教育工作的意见
001 天政办发〔2018〕78号 2018-12-05 52 天门市新型政银担风险分担模式担保业务管理办法(试行)
001 天政办发〔2018〕84号 2018-12-12 43 市人民政府办公室关于进一步激发民间有效投资活力促进经济高质量发展的实施意见
001 天政办发〔2018〕86号 2018-12-21 37 市人民政府办公室关于进一步深化基层医疗卫生机构综合改革的实施意见
002 - 2019-06-25 6 在全国深化“放管服”改革优化营商环境电视电话会议黄石分会场的讲话
002 黄政发〔2019〕14号 2019-06-17 19 黄石市人民政府关于进一步推进企业上市挂牌工作的通知
002 黄政办发〔2019〕16号 2019-06-03 23 关于推进“互联网+医疗健康”发展的实施方案
002 黄政办发〔2019〕17号 2019-06-24 16 市人民政府办公室关于下达2019年黄石市本级国有建设用地供应计划的通知
002 黄政办发〔2019〕18号 2019-06-25 40 关于加强电梯质量安全工作的实施意见
002 黄政办发〔2019〕19号 2019-06-26 44 关于改革完善医疗卫生行业综合监管制度的实施方案
003 吉政办发〔2018〕16号 2018-05-22 37 吉林省加快推进企业投资项目审批流程改革实施方案(试行)
003 吉政办发〔2018〕18号 2018-06-04 42 吉林省深化医药卫生体制改革2018年重点工作任务
003 吉政办函〔2018〕52号 2018-03-30 16 全省政务大厅(服务中心)加快“只跑一次”改革推行“一窗受理、集成服务”改革工作方案
003 吉政办函〔2018〕72号 2018-04-27 21 2018年全省政务公开工作重点任务分工方案
004 - - 25 蓬江区2018年“放管服”改革工作落实情况汇报
"""
# File, number, path, how the provision begins, and words that it must hold.
CITED = [
    ("000", "荆政规〔2017〕2号", "第九条", "第九条 16周岁", "可延长到30日"),
    ("000", "荆政规〔2017〕2号", "第二十条", "第二十条 本细则有效期为5年", "2017年8月1日"),
    ("000", "荆政规〔2017〕2号", "第十四条(十)", "(十)其他服务", "其他基本公共服务"),
    ("000", "荆政规〔2017〕2号", "第十五条(七)", "(七)其他便利", "其他便利"),
    ("000", "荆政规〔2017〕2号", "第十七条(二)", "(二)建制镇落户", "含租赁"),
    ("000", "荆政办发〔2017〕27号", "二(二)10(3)", "(3)建立网上办事统一身份认证", "不得要求办事群众"),
    ("000", "荆政办发〔2017〕27号", "二(二)7(2)", "(2)设立商事登记综合窗口", "2017年8月"),
    ("000", "荆政办发〔2017〕27号", "二(二)9", "9.建立“一号通”热线", "推进12345政务热线平台"),
    ("000", "荆政办发〔2017〕27号", "二(一)5", "5.强化事中事后监管", "双随机一公开"),
    ("000", "荆政办发〔2017〕27号", "三(二)", "(二)明确分工", "市政府办统筹协调"),
    ("000", "荆政办发〔2017〕26号", "二(一)", "(一)受理事项", "投诉"),
    ("000", "荆政办发〔2017〕26号", "二(二)", "(二)不予受理事项", "110、119、120"),
    ("000", "荆政办发〔2017〕26号", "三(一)", "(一)直接合并方式", "市残联12385"),
    ("000", "荆政办发〔2017〕26号", "三(二)", "(二)呼叫转接方式", "市城管局12319"),
    ("000", "荆政办发〔2017〕26号", "四(四)", "(四)强化考核问责", "市政府网站"),
    ("000", "荆政办发〔2017〕26号", "前言", "各县、市、区人民政府", "结合我市实际"),
    ("000", "荆政办发〔2017〕21号", "三(二)3", "3.疾病应急救助基金不得", "有负担能力"),
    ("000", "荆政办发〔2017〕21号", "五(一)7", "7.医疗机构银行账号", "银行账号"),
    ("000", "荆政办发〔2017〕21号", "七", "七、工作职责", "各医疗机构负责"),
    ("000", "荆政发〔2017〕12号", "三(四)12", "12.健全重特大疾病保障", "50%"),
    ("000", "荆政发〔2017〕12号", "一(二)", "(二)分级诊疗体系", "20%"),
    ("000", "荆政发〔2017〕12号", "四(二)", "(二)全面推进", "2017年7月31日"),
    ("000", "荆政发〔2017〕13号", "第六条(一)", "(一)交办", "1个工作日"),
    ("000", "荆政发〔2017〕13号", "第十三条", "第十三条 本办法自公布", "《荆州市人民政府关于印发荆州市政府政务督查"),
    ("001", "天政发〔2018〕26号", "一(二)2", "2.降低工业企业", "10%"),
    ("001", "天政发〔2018〕26号", "三(十二)", "(十二)建立企业多渠道", "800万元"),
    ("001", "天政办发〔2018〕78号", "第十八条(二)", "(二)申请人及其法定代表人", "失信被执行人"),
    ("001", "天政办发〔2018〕78号", "第二十二条", "第二十二条 核心资产", "评估机构出具"),
    ("001", "天政办发〔2018〕86号", "五(九)", "(九)完善基层药品", "2个月"),
    ("001", "天政办发〔2018〕84号", "二(一)1(1)", "(1)加快推进社会办医", "市卫计委"),
    ("002", "黄政办发〔2019〕19号", "一(二)15", "15.严厉打击欺诈骗保", "市医疗保障局"),
    ("002", "黄政办发〔2019〕18号", "二(五)2", "2.以社会救援力量", "30分钟"),
    ("002", "黄政发〔2019〕14号", "三(五)", "(五)分阶段奖励", "600万元"),
    ("002", "黄政办发〔2019〕17号", "附件", "附件:", "保障性安居工程"),
    ("002", "黄政办发〔2019〕19号", "附件", "附件:重点工作进度安排", "重点工作"),
    ("002", None, "第三", "第三,要聚焦市场秩序", "三是健全信用监管"),
    ("003", "吉政办发〔2018〕16号", "二(三)3", "3.建立“1+X”工作机制", "审批时间继续计时"),
    ("003", "吉政办发〔2018〕16号", "三(二)", "(二)建立中介超市", "中介超市"),
    ("003", "吉政办发〔2018〕18号", "四(二十四)", "(二十四)继续推进异地就医", "新农合"),
    ("003", "吉政办函〔2018〕72号", "四(十二)", "(十二)加强政府信息公开审查", "去标识化"),
    ("003", "吉政办函〔2018〕52号", "三(四)", "(四)全面实行", "《吉林省人民政府关于印发全面推进“只跑一次”"),
    ("004", None, "一(一)3", "3.全面落实承诺制", "3个工作日"),
    ("004", None, "一(十一)", "(十一)推进养老保险", "0750-3272933/3272917"),
    ("004", None, "二(三)", "(三)推进“一门式”改革", "邑微警"),
]


@pytest.fixture(scope="module")
def gazettes(seeds_dir) -> dict[str, Gazette]:
    """Return the five gazettes by the first three digits of their files' names."""
    return {
        key: read_gazette_file(next(seeds_dir.glob(f"{key}_*.txt")), place_names=names, authority=authority)
        for key, (names, authority) in PLACES.items()
    }


def test_all_documents_are_found_with_number_title_date_and_provisions(gazettes):
    found = [
        f"{key} {document.number or '-'} {document.issued_on or '-'} {len(document.provisions)} {document.title}"
        for key, gazette in gazettes.items()
        for document in gazette.documents
    ]
    assert found == DOCUMENTS.strip().splitlines()


@pytest.mark.parametrize(("key", "number", "path", "begins", "holds"), CITED)
def test_what_is_cited_stands_at_its_path(gazettes, key, number, path, begins, holds):
    provisions = [p for document in gazettes[key].documents if document.number == number for p in document.provisions]
    (found,) = [provision for provision in provisions if provision.path == path]
    assert found.text.startswith(begins)
    assert holds in found.text


def test_articles_run_without_a_gap(gazettes):
    (document,) = [d for d in gazettes["000"].documents if d.number == "荆政规〔2017〕2号"]
    articles = [p.path for p in document.provisions if p.path.endswith("条")]
    assert len(articles) == 20
    assert (articles[0], articles[-1]) == ("第一条", "第二十条")


def test_authorities_are_full_names_and_none_is_spam(gazettes):
    authorities = {key: {d.issuing_authority for d in gazette.documents} for key, gazette in gazettes.items()}
    assert authorities == {
        "000": {"荆州市人民政府", "荆州市人民政府办公室"},
        "001": {"天门市人民政府", "天门市人民政府办公室"},
        "002": {None, "黄石市人民政府", "黄石市人民政府办公室"},
        "003": {"吉林省人民政府办公厅"},
        "004": {None},
    }


def test_validity_and_repeals_are_what_the_documents_state(gazettes):
    stated = {
        (d.number, d.title[-4:]): (d.effective_from, d.effective_until, d.repeals)
        for gazette in gazettes.values()
        for d in gazette.documents
        if d.effective_from or d.repeals
    }
    assert stated == {
        ("荆政发〔2017〕13号", "实施办法"): (D(2017, 7, 7), None, ("荆政发〔2012〕29号",)),
        ("荆政办发〔2017〕21号", "实施细则"): (None, None, ("荆政办发〔2015〕2号",)),
        ("荆政规〔2017〕2号", "实施细则"): (D(2017, 8, 1), D(2022, 8, 1), ()),
        ("天政办发〔2018〕75号", "管理办法"): (D(2018, 11, 19), None, ()),
        ("天政办发〔2018〕78号", "(试行)"): (D(2018, 12, 5), None, ()),
    }


def test_nothing_of_page_or_spam_is_left(gazettes):
    for gazette in gazettes.values():
        for document in gazette.documents:
            for junk in (
                "www.",
                "248365365",
                "欧宝",
                "亚美",
                "扫一扫",
                "打印 关闭",
                "2020-05-22",
                "第11期",
                "acronym",
                ".png",
            ):
                assert junk not in document.text, (document.number, junk)


def test_every_displaced_authority_is_restored(gazettes):
    restored = {
        key: Counter((r.what, r.restored) for r in gazette.removals if r.restored) for key, gazette in gazettes.items()
    }
    assert restored["000"] == {("www.248365365.com/", "荆州市人民政府"): 9}
    assert restored["003"] == {("欧宝体育", "吉林省人民政府"): 11}
    assert not any(restored[key] for key in ("001", "002", "004"))


@pytest.mark.parametrize("key", PLACES)
def test_no_character_of_the_file_is_lost(gazettes, seeds_dir, key):
    text = next(seeds_dir.glob(f"{key}_*.txt")).read_text(encoding="utf-8")
    lines, markup = read_lines(to_simplified(text) if is_traditional(text) else text)
    gazette = gazettes[key]
    printed = Counter("".join(line.text for line in lines)) + Counter("".join(r.what for r in markup))
    kept = Counter("".join(document.text for document in gazette.documents))
    removed = Counter("".join(removal.what for removal in gazette.removals))
    assert not (printed - kept - removed).keys() - {" "}


def test_every_provision_of_a_document_is_quoted_from_its_text(gazettes):
    for gazette in gazettes.values():
        for document in gazette.documents:
            for provision in document.provisions[1:]:
                assert provision.text in document.text
