"""A small library of 云江市, a city that does not exist: one imported document, entries, lines, rules."""

from __future__ import annotations

from dataclasses import replace

from bot.gazette import Gazette, read_gazette
from bot.hotline.knowledge import (
    Aspect,
    Citation,
    Department,
    HotlineLine,
    KnowledgeEntry,
    PolicyDocument,
    RoutingRule,
    ServiceItem,
)
from bot.storage import Database, save_gazette, save_knowledge
from tests.web.conftest import PLACES

LIBRARY = "yunjiang.library"
NOTICE = """云江市人民政府办公室关于印发云江市图书馆借阅办法的通知
云政办发〔2020〕15号
各县(市、区)人民政府,市政府各部门:
《云江市图书馆借阅办法》已经市政府同意,现印发给你们,请认真执行。
云江市人民政府办公室
2020年3月9日
云江市图书馆借阅办法
第一条 为了方便市民借阅图书,制定本办法。
第二条 凭居民身份证可以办理借书证,每证押金100元。
第三条 借阅应当遵守下列规定:
(一)每次最多借5册;
(二)借期30日,可以续借1次。
读者逾期不还的,暂停借阅。
第四条 本办法自2020年4月1日起施行,有效期3年。
"""
DEPOSIT = KnowledgeEntry(
    id=f"{LIBRARY}.deposit",
    jurisdiction="yunjiang",
    topic="library",
    aspect=Aspect.FEE,
    question="办借书证要交多少押金？",
    answer="每证押金100元，凭居民身份证办理。",
    citations=(Citation(LIBRARY, ("第二条",)),),
    similar=("借书证收钱吗", "办个借书证要多少钱"),
    items=(f"{LIBRARY}.card",),
)
PERIOD = replace(
    DEPOSIT, id=f"{LIBRARY}.period", aspect=Aspect.TIME_LIMIT, question="书能借多久？", answer="借期30日，可以续借1次。",
    citations=(Citation(LIBRARY, ("第三条(二)",)),), similar=("一本书可以借几天",), items=(),
)  # fmt: skip
UNIT = Department("yunjiang.culture", "yunjiang", "云江市文化局", ("文化局",))
LINE = HotlineLine("yunjiang", "12318", UNIT.id, "文化热线", "transferred", LIBRARY, "第一条", ("书店",))
RULE = RoutingRule(
    "noise", "yunjiang", "文化/歌舞厅", UNIT.id, ("歌厅",), ("楼下歌厅太吵",), LIBRARY, "第一条", "12318"
)
FILES = replace(
    PLACES,
    documents=(
        PolicyDocument(LIBRARY, "yunjiang", "云江市图书馆借阅办法", "云政办发〔2020〕15号"),
        PolicyDocument("beihe.parks", "beihe", "北河市公园条例"),
    ),
    items=(ServiceItem(f"{LIBRARY}.card", "借书证", ("借阅证",)),),
    departments=(UNIT,),
    hotlines=(LINE,),
    routing_rules=(RULE,),
    entries=(
        DEPOSIT,
        PERIOD,
        replace(
            DEPOSIT, id="beihe.parks.hours", jurisdiction="beihe", topic="parks", question="公园几点开门？",
            answer="早上六点。", citations=(Citation("beihe.parks"),), similar=(), items=(),
        ),
    ),
)  # fmt: skip


def gazette(text: str = NOTICE) -> Gazette:
    """Return ``text`` read as a gazette of 云江市."""
    return read_gazette(text.encode(), name="公报.txt", place_names=("云江市", "云江"), authority="云江市人民政府")


def fill(database: Database, *, imported: bool = True) -> None:
    """Write the library into ``database``, with its document's original where ``imported``."""
    with database.begin() as connection:
        save_knowledge(connection, FILES, by="loader", reason="start")
        if imported:
            save_gazette(connection, gazette(), "yunjiang")
