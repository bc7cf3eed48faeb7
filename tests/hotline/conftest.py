"""A small made-up city whose knowledge the tests know by heart."""

import datetime as dt

import pytest

from bot.hotline.answering import Assistant
from bot.hotline.eligibility import read_eligibility
from bot.hotline.jurisdictions import Jurisdiction, Places
from bot.hotline.knowledge import (
    AnswerKind,
    Aspect,
    Citation,
    Department,
    HotlineLine,
    Knowledge,
    KnowledgeEntry,
    PolicyDocument,
    Provision,
    RoutingRule,
    ServiceItem,
)
from bot.hotline.routing import MatterTexts
from bot.training.dispatcher import train_dispatcher
from bot.training.ranker import RankerSettings, train_ranker

TODAY = dt.date(2026, 11, 23)
DOCUMENT = "yunjiang.card"
SCHEME = "yunjiang.hotline"


def entry(
    name: str, aspect: Aspect, question: str, answer: str, *similar: str, provision: str = "第一条"
) -> KnowledgeEntry:
    return KnowledgeEntry(
        id=f"{DOCUMENT}.{name}",
        jurisdiction="yunjiang",
        topic="card",
        aspect=aspect,
        question=question,
        answer=answer,
        citations=(Citation(DOCUMENT, (provision,)),),
        similar=similar,
        items=("card",),
    )


ENTRIES = (
    entry(
        "materials", Aspect.MATERIALS, "办市民卡要带什么材料？", "带身份证和一张照片。",
        "市民卡 材料", "办卡需要准备哪些证件", "去办市民卡要拿什么东西", "领卡带身份证就行吗", "办云江卡要照片吗",
        "要交哪些资料才给办卡", provision="第三条",
    ),
    entry(
        "time", Aspect.TIME_LIMIT, "市民卡多久能办好？", "受理后7日内发卡，最长14日。",
        "办卡要几天", "市民卡什么时候能拿到", "多长时间下来卡", "交了材料等多久", "卡几天能做好", "办云江卡要等好久",
        provision="第四条",
    ),
    entry(
        "fee", Aspect.FEE, "办市民卡要钱吗？", "首次办卡免费，补卡收20元。",
        "市民卡收费吗", "办卡多少钱", "补卡要交费吗", "第一次领卡收不收钱", "工本费是多少", "云江卡贵不贵",
        provision="第五条",
    ),
    entry(
        "lost", Aspect.PROCEDURE, "市民卡丢了怎么补？", "到原办卡窗口挂失补办。",
        "卡掉了怎么办", "市民卡遗失如何补领", "补办市民卡去哪", "卡不见了能再办一张吗", "挂失市民卡", "卡被偷了怎么搞",
        provision="第六条",
    ),
    KnowledgeEntry(
        id=f"{SCHEME}.scope_lawsuit", jurisdiction="yunjiang", topic="hotline", aspect=Aspect.SCOPE,
        question="已经打官司的事12345管吗？", answer="不予受理，已进入诉讼程序的事项由法院处理。",
        citations=(Citation(SCHEME, ("二(二)",)),),
        similar=("法院立案了还能打12345吗", "判决不服找12345行吗", "正在起诉的案子你们接不接", "官司没打完能投诉吗", "开庭了再打热线有用没"),
        kind=AnswerKind.SCOPE, accepted=False,
    ),
)  # fmt: skip

KNOWLEDGE = Knowledge(
    version=3,
    documents={
        DOCUMENT: PolicyDocument(
            DOCUMENT, "yunjiang", "云江市市民卡管理办法", "云政规〔2019〕1号", "云江市人民政府", dt.date(2019, 3, 1),
            dt.date(2019, 4, 1), dt.date(2024, 4, 1),
        ),
        SCHEME: PolicyDocument(SCHEME, "yunjiang", "云江市热线方案", "云政办发〔2020〕9号", None, dt.date(2020, 5, 6)),
    },
    entries=ENTRIES,
    items={"card": ServiceItem("card", "市民卡", ("云江卡", "便民卡"))},
    departments={"yunjiang.city": Department("yunjiang.city", "yunjiang", "云江市城市管理局", ("城管局", "城管"))},
    hotlines=(
        HotlineLine("yunjiang", "12319", "yunjiang.city", "城管热线", "transferred", SCHEME, "三(二)", ("占道", "违建")),
    ),
    routing_rules=(
        RoutingRule(
            "stalls", "yunjiang", "城市管理/占道经营", "yunjiang.city", ("摆摊", "占道"),
            ("夜市摊子把路占满了", "门口天天有人摆摊卖菜走不过去", "烧烤摊摆到马路上吵死人", "人行道被小贩占了", "摊贩堵了小区门"),
            SCHEME, "三(二)", "12319",
        ),
    ),
    provisions={(DOCUMENT, "第三条"): Provision(DOCUMENT, "第三条", "申领市民卡应当提交身份证、照片。")},
)  # fmt: skip

EXAMPLES = (
    [(t, "say_greeting") for t in ("你好", "您好啊", "有人吗", "早上好", "哈喽", "在不在")]
    + [(t, "say_thanks") for t in ("谢谢", "多谢你", "感谢帮忙", "谢谢啦", "太感谢了", "谢谢您")]
    + [(t, "request_human") for t in ("转人工", "我要人工客服", "找真人", "人工服务", "接人工", "换个真人来")]
    + [
        (t, "ask_unsupported")
        for t in ("明天下雨吗", "彩票开奖号码", "写首诗给我", "股票涨了没", "离婚要什么手续", "地铁几点停运", "房价多少", "养老金查询")
    ]
)  # fmt: skip


CHECK = """
id = "yunjiang.card"
name = "能不能办市民卡"
opening = "yunjiang.card.materials"
starts = ["yunjiang.card.materials"]
asked_by = ["能(?:不能)?办市民卡吗?$"]
[[fact]]
id = "resident"
ask = "您住满一年了吗？"
[[fact.option]]
value = "no"
label = "没住满"
months_below = 12
[[fact.option]]
value = "yes"
label = "住满了"
months_at_least = 12
[[outcome]]
when = { resident = "yes" }
verdict = "可以办。"
entries = ["yunjiang.card.fee"]
[[outcome]]
when = { resident = "no" }
verdict = "还不能办。"
entries = ["yunjiang.card.time"]
"""

STALLS, NOISE, SCHOOL = "城市管理/占道经营", "生态环境/噪声", "教育/学校"
MATTERS = MatterTexts(
    {
        STALLS: ("占道", "摆摊", "摊贩", "夜市", "烧烤摊", "小贩", "人行道", "卖菜"),
        NOISE: ("噪声", "噪音", "吵", "机器响", "钢琴", "音响", "睡不着", "隔音"),
        SCHOOL: ("学校", "老师", "入学", "补课", "学费", "幼儿园", "作业"),
    },
    [
        *((t, STALLS) for t in ("夜市摊子把路占满了", "门口天天有人摆摊卖菜走不过去", "人行道被小贩占了", "摊贩堵了小区门", "烧烤摊摆到马路上", "卖菜的占路")),
        *((t, NOISE) for t in ("楼下机器响一夜", "音响吵得睡不着", "半夜噪声太大", "隔壁噪音扰民", "工厂吵死人", "夜里吵得睡不着")),
        *((t, SCHOOL) for t in ("老师私下补课收钱", "孩子入学报不上名", "学校乱收学费", "幼儿园突然停办", "作业太多", "老师打学生")),
    ],
)  # fmt: skip


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """An assistant for the made-up city with a ranker trained on its few questions."""
    folder = tmp_path_factory.mktemp("eligibility")
    (folder / "card.toml").write_text(CHECK, encoding="utf8")
    places = Places(
        [
            Jurisdiction("yunjiang", "云江市", None, ("云江",), ("河西区",), covered=True),
            Jurisdiction("haitian", "海天市", None, ("海天",), (), covered=True),
        ],
        elsewhere=["武汉", "北京"],
    )
    trained = train_ranker(KNOWLEDGE, EXAMPLES, {"证件": "材料"}, RankerSettings(folds=3))
    return Assistant(
        KNOWLEDGE,
        places,
        trained.ranker,
        default_jurisdiction="yunjiang",
        today=lambda: TODAY,
        checks=read_eligibility(folder),
        dispatcher=train_dispatcher(MATTERS),
    )
