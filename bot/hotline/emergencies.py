"""Present danger is answered before anything else, with the number to call (紧急情况: 110, 119, 120, 122).

Works on the text alone, before and without any classifier; a classifier can only add to what is found. 12345 does
not handle emergencies (荆政办发〔2017〕26号 二(二)), so every minute spent on another answer is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from bot.hotline.understanding import Understanding


class Danger(str, Enum):
    """What kind of danger, by the number that answers it."""

    MEDICAL = "120"
    FIRE = "119"
    CRIME = "110"
    TRAFFIC = "122"


@dataclass(frozen=True)
class Emergency:
    """A danger found in a message; the line to call first comes first."""

    dangers: tuple[Danger, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers to call. Traffic accidents may have injured people, so 120 is always among them."""
        found = dict.fromkeys(danger.value for danger in self.dangers)
        if Danger.TRAFFIC in self.dangers:
            found["120"] = None
        return tuple(found)


_WHO = r"(?:人|我|他|她|孩子|小孩|娃|伢|爸|妈|爹|娘|爷|奶|公|婆|老伴|媳妇|老婆|儿|女|邻居|同事|朋友|工友|老头|司机|学|弟|妹|哥|姐|舅|叔|姨|宝|婴儿|孕妇|乘客|病人)"

# Signs of danger, one a line. They may be general: `_ABOUT` and `_PAST` below take back what merely speaks of danger.
_SIGNS: Mapping[Danger, tuple[str, ...]] = {
    Danger.FIRE: (
        r"[着起失]火|火灾|大火|救火|自燃|[烧引点燃][起着]|烧得|(?:火|烟).{0,4}(?:越来越|还在|窜|冒|往外)|冒.{0,3}[火烟]|浓烟|好大的[烟火]|有火",
        r"爆炸|炸(?:了|到|伤|开)",
        r"(?:煤气|燃气|天然气|液化气|瓦斯|氨气|氯气|毒气|有毒气体|一氧化碳).{0,10}(?:漏|泄|味|破|喷|断|毒)|(?:漏|泄).{0,3}(?:煤气|燃气|天然气|气了)|(?:味|气).{0,8}(?:煤气|燃气|天然气)|臭鸡蛋味",
        r"(?:困|卡|关|夹|锁|压|埋).{0,3}(?:在|住|到|了|着).{0,8}(?:电梯|里|下|水|车|楼|屋|顶|洞|墙|防盗|扶梯|半)|电梯.{0,14}(?:困|卡|掉|坠|夹)|被困|被淹|门.{0,3}打不开",
        r"(?:楼|房子?|墙|屋顶|脚手架|工地|桥|塔吊|路面|广告牌|树|坡|隧道).{0,6}(?:塌|垮|倒(?:了|下)|裂|砸|掀|晃)|滑坡|泥石流|地震|龙卷风|踩踏|雷劈",
        r"[掉落沉冲摔翻跌].{0,4}(?:井|水|河|江|湖|池|窨|坑|下水道|塘|冰|海)|落水|溺水|沉下去|水淹|洪水|涨水|(?:没|不见).{0,3}上来|船翻|漂着.{0,3}人|在水里",
        r"高压线|电线.{0,4}(?:断|掉)",
        r"(?:打|叫|拨).{0,4}119",
    ),
    Danger.MEDICAL: (
        r"昏(?:迷|倒|死|过|了)|晕(?:倒|过|死|了)|快(?:昏|晕)|不省人事|糊涂了|猝死|断气|休克|瘫(?:了|在|倒)",
        r"(?:没|冇).{0,2}(?:呼吸|气了|心跳|知觉|脉搏|意识|反应)|[叫喊].{0,3}[不没冇].{0,2}[醒应映理]|一动不动|不动了|动不了|不(?:晓得|会)?.{0,2}(?:说话|出话)",
        r"[喘透出呼].{0,2}不.{0,3}[气来过上]|呼吸困难|窒息|缺氧|[脸唇].{0,4}[紫青乌]|发紫|翻白眼",
        r"[噎呛卡].{0,2}[住到着].{0,8}(?:喉|气管|脸|话|喘)|(?:喉咙|气管|嗓子).{0,6}[卡噎堵]",
        r"(?:胸|心口|心脏|肚子|头).{0,8}(?:[痛疼闷].{0,10}(?:汗|喘|不行|麻|话|倒|昏|晕|吐)|剧[痛疼]|绞[痛疼])|[剧绞][痛疼].{0,8}(?:汗|昏)",
        r"心梗|心肌梗|心脏病.{0,2}[发犯]|脑[溢出]血|中风|嘴.{0,3}[歪斜]|口水直流|半边.{0,8}(?:动|知觉|麻)|抽(?:搐|风|筋|过去)|羊癫疯",
        r"吐.{0,3}[沫泡血]|大出血|血.{0,6}(?:不止|不住|一地|满|停|流|喷|好多)|[流喷淌].{0,4}血|(?:浑|满|全)身.{0,3}(?:是)?血|满头.{0,3}血",
        r"[喝吃吞服].{0,10}(?:农[药要]|百草枯|敌敌畏|老鼠药|毒药?|安眠药|电池|洁厕|消毒|洗衣液|亚硝酸盐|一瓶药)|吃了药.{0,6}走|中毒|误食|(?:吸毒|喝酒).{0,4}(?:过量|过去)|下药",
        r"触电|被电|电[倒晕到]|烧焦|[烫烧泼].{0,6}(?:皮|脸|身|伤|掉)|硫酸",
        r"[摔坠跌跳掉砸].{0,3}(?:下|楼|伤|倒|破|到人|悬崖).{0,12}(?:不动|血|起不来|断|昏|糊涂|救|人|受伤)?|坠楼|从.{0,6}(?:楼|阳台|窗).{0,4}[摔掉跳坠]|摔倒.{0,8}(?:不|锁)",
        r"要生了|羊水|早产|头要出来",
        r"(?:蛇|狗|野猪).{0,8}(?:咬|撞伤)|咬.{0,4}(?:住|不放|脖子|倒)",
        r"(?:手|脚|腿|胳膊|指|头).{0,6}(?:断|绞|轧|没了)(?:了|在|进|到|住)?|脑壳.{0,3}破|低血糖.{0,6}(?:昏|晕)",
        r"(?:"
        + _WHO
        + r").{0,4}(?:快)?不行[了哒]|快死|要死[了人]|出人命|没.{0,2}救了?|反锁.{0,6}(?:车|里)|锁.{0,3}(?:在)?.{0,3}(?:车|个孩子)|呼吸机|透析管",
        r"救(?:命|明|我|人|救|护车)|就命|(?:打|叫|拨).{0,4}120|(?<![a-z])sos",
    ),
    Danger.CRIME: (
        r"抢(?:劫|钱|包|孩子|东西|走)|打劫|持刀|动刀|拿.{0,2}[刀枪]|有刀|开枪|放炸弹|可疑包裹|砍人|杀人|行凶|捅",
        r"绑架|劫持|强奸|猥亵|性侵|骚扰我|囚禁|非法拘禁|不让.{0,3}(?:走|下车|出)|(?:锁|关)在.{0,6}(?:室|屋|里)|传销.{0,6}(?:出不|窝)",
        r"(?:被|遭).{0,4}(?:抢|打|殴|绑|跟踪|尾随|关|拐|抱走|带走|拖|拉上)|把我.{0,3}(?:拖|拉|锁|关)|跟踪我|跟着我",
        r"(?:打|殴打|揍|家暴).{0,4}(?:我|人|学生).{0,8}(?:救|快|现在|正在|血|刀|死)|打架|打群架|围着打|正在.{0,6}[打砍偷撬抢砸]|往荒地",
        r"[撬砸开翻].{0,6}(?:门|锁|窗).{0,6}(?:进|人)?|(?:小偷|贼|陌生|有人|男).{0,10}(?:进.{0,3}[家屋]|在.{0,4}[家屋]|还在|翻|不敢出声)|在外面.{0,4}报警",
        r"(?:孩子|小孩|娃|伢|老人|女儿|儿子|爸|妈|奶奶|爷爷).{0,12}(?:不见|丢|走失|失踪|没(?:有)?看?(?:到|见)人|找.{0,4}(?:不到|不着|没)|被.{0,4}(?:拐|抱|带|掳|拉))",
        r"割腕|上吊|吊在|轻生|自杀|不想活|不活了|活不下|活着没|想死|让我死|遗书|解脱|一了百了|结束.{0,4}(?:生命|自己)|不用找我|站在.{0,4}(?:楼顶|桥)|坐.{0,3}窗台|要跳|往下跳|跳[楼河桥江湖]|在江边",
        r"(?:打|叫|拨|快|帮我).{0,4}(?:110|报警)|迷路.{0,8}(?:伤|电)|救命",
    ),
    Danger.TRAFFIC: (
        r"车[祸货贺]|撞(?:车|人|死|了|到|飞|翻|倒|上|树)|被(?:车|摩托|电动车|货车|卡车|公交|汽车).{0,4}[撞压碾轧]|追尾|碾|连环|肇事",
        r"(?:车|摩托|大巴|船).{0,3}(?:翻|冲进|掉进|开到河)|火车要来|卡住了火车|铁路道口",
    ),
}
_COMPILED = {danger: re.compile("|".join(patterns)) for danger, patterns in _SIGNS.items()}

# What makes a message a question about danger, a complaint or a story: then nobody is in danger now.
_ABOUT = re.compile(
    r"区别|不一样|不同|找谁|哪个?部门|什么部门|归谁|归.{1,8}(?:管|还是)|谁.{0,2}(?:管|负责|查|付|出钱|赔)|投诉|反映|举报|建议|意见|费|收钱|多少钱|补[助贴偿]|救助(?:基金|制度|金|条件|对象)|基金|报销|报吗|医保|农合|赔|责任"
    r"|规定|要求|标准|政策|制度|流程|程序|文件|条款|预防|防范|演[练习]|宣传|培训|讲座|学习|隐患|检查|整改|证明|回执|记录|认定|鉴定|验收|许可|资质|受理|管不管|几分钟|多长时间|多久|是什么|什么意思|有什么|有哪些|怎么算|怎么定"
    r"|能不能(?:打|拨)|该不该|会不会|收不收|电话是|号码是|怎么办理|如何办理|申请|怎么申|如何|应该(?:怎么|怎样)|对不对|前兆|症状|注意什么|康复|红绿灯|伤残|原因|写作业|电视|新闻|听说|小说|电影|游戏|手环|销案|只是问|能找|见义勇为|保险|安装|维保|物业不"
)
_PAST = re.compile(
    r"昨[天日晚]|前[天日晚]|上(?:个)?(?:周|月|星期|次|礼拜|回)|去年|前年|以前|之前|当时|那(?:次|天|回)|年前|月前|早先|后来|当年|曾经|已经(?:扑灭|好|出院|没事|处理|脱险)|现在(?:好了|没事)|扑灭了|出院了|抢救过来|治好|找到了"
)
_NOW = re.compile(
    r"现在(?!好了|没事|找到)|正在|突然|快来|快点|快救|赶紧|马上|刚刚|刚才|怎么办(?!理)|咋办|么办|急死|不行[了哒]|还在(?!调查)|立刻|快死|救命|救人"
)
# Certain even where the message also complains or asks about something else.
_CERTAIN = re.compile(
    r"救命|快来.{0,4}救|[正还]在(?:烧|着火|流血|打人|砍|冒烟)|[着起]火[了哒].{0,2}(?:快|怎么办|救)|叫不醒|没(?:有)?(?:呼吸|心跳)|快(?:不行|死)了|不省人事|喘不.?过?气|不想活|吐白沫"
)
_HYPOTHETICAL = re.compile(
    r"如果|假如|要是|万一|假设|比如|(?:遇到|碰到|发生).{0,10}(?:时|的话|后|应该|怎么)|怎么(?:预防|防)|老(?:出|发生)"
)
_BY_CLASSIFIER = 0.6  # probability from which the classifier alone is believed


def detect_emergency(text: str, understanding: Understanding | None = None) -> Emergency | None:
    """Return the present danger that normalised ``text`` reports, ``None`` where there is none.

    Questions about emergencies and stories of past ones do not count. ``understanding`` may add a danger that no
    sign knows; it never takes one away.
    """
    found = {danger: match.start() for danger, pattern in _COMPILED.items() if (match := pattern.search(text))}
    if _CERTAIN.search(text) or not _only_speaks_of_danger(text):
        if found:
            return Emergency(tuple(sorted(found, key=lambda danger: found[danger])))
        if understanding and understanding.probability("report_emergency") >= _BY_CLASSIFIER:
            return Emergency((Danger.MEDICAL, Danger.FIRE, Danger.CRIME))
    return None


def _only_speaks_of_danger(text: str) -> bool:
    """Return whether the message is a question about danger, a story of the past or a supposition."""
    if _ABOUT.search(text) or _HYPOTHETICAL.search(text):
        return True
    return bool(_PAST.search(text)) and not _NOW.search(text)
