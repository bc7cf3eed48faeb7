"""Present danger is answered before anything else, with the number to call (紧急情况: 110, 119, 120, 122).

Works on the text alone, before and without any classifier; a classifier's opinion can only add to it. 12345 itself
does not handle emergencies (荆政办发〔2017〕26号 二(二)), so each minute spent reading is lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from bot.hotline.understanding import Understanding
from bot.text.pinyin import syllables


class Danger(str, Enum):
    """What kind of danger, by the number that answers it."""

    MEDICAL = "120"
    FIRE = "119"
    CRIME = "110"
    TRAFFIC = "122"


@dataclass(frozen=True)
class Emergency:
    """A danger found in a message; ``numbers`` are the lines to call, the first one first."""

    dangers: tuple[Danger, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        found = [danger.value for danger in self.dangers]
        if Danger.TRAFFIC in self.dangers and "120" not in found:
            found.append("120")
        return tuple(found)


_PERSON = r"(?:人|我|他|她|孩子|小孩|娃|伢|爸|妈|爹|娘|爷|奶|公|婆|老伴|媳妇|老公|老婆|儿子|女儿|邻居|同事|朋友|工友|老人|老头|老太|学生|司机|同学|弟|妹|哥|姐|舅|叔|姨|宝宝|婴儿|孕妇)"
_DANGERS: tuple[tuple[Danger, str], ...] = (
    (Danger.FIRE, r"着火|起火|失火|火灾|烧起来|火烧|冒(?:着)?(?:黑|浓|大|白)?烟|燃起来|火苗|救火|大火|爆炸|(?:煤气|燃气|天然气|液化气|瓦斯|油罐|化学品|氨气|氯气)(?:味|罐|管|灶)?.{0,6}(?:泄漏|泄露|漏|很浓|好重|呲|嘶嘶)|(?:一股|好重|很浓).{0,4}(?:煤气|燃气|天然气|液化气)味|(?:困|卡|关)在电梯|电梯.{0,8}(?:困住|关住|被困|掉下|坠)|被困在?(?:里面|楼上|屋|火|水|车|洞|废墟)|(?:楼|房子|墙|围墙|脚手架|工地|桥).{0,4}(?:塌|垮)(?!了.{0,4}谁|怎么)|埋(?:在|住).{0,6}(?:下面|底下|里)|掉进?(?:了)?(?:井|水|河|江|湖|化粪池|窨井|坑)|落水|溺水|淹(?:水|着|到).{0,4}(?:快|救|人)|(?:洪水|水).{0,6}(?:困住|冲走)"),
    (Danger.MEDICAL, r"昏(?:迷|倒|死|过去)|晕(?:倒|过去|死)|不省人事|没(?:有)?(?:呼吸|气|心跳|知觉|脉搏|意识)|叫不(?:醒|应)|喊不(?:醒|应)|叫.{0,3}(?:不|没)(?:应|映|醒|反应)|没(?:有)?反应(?:了)|(?:喘不|透不|出不|呼吸不).{0,2}(?:气|来|过来|上来)|呼吸困难|窒息|(?:噎|卡|呛)(?:住|到|着).{0,8}(?:喉|气管|脸|紫|说不出|喘)|(?:喉咙|气管|嗓子).{0,6}(?:卡|噎|堵)|胸口?.{0,6}(?:痛|疼|闷).{0,12}(?:汗|喘|不行|厉害|麻|话|倒|气)|胸口?.{0,3}(?:剧痛|绞痛)|心脏病(?:发|犯)|心梗|心肌梗|脑溢血|脑出血|中风(?:了)?|嘴(?:巴|角)?.{0,2}(?:歪|斜)|半边(?:身子)?.{0,6}(?:动不|没知觉|麻)|抽(?:搐|风)|口吐?白?沫|吐(?:白)?(?:沫|泡)|大出血|血(?:流|止|喷).{0,6}(?:不止|不住|一地|满|停)|流.{0,3}(?:好多|很多|大量)血|吐血|(?:喝|吃|吞|服).{0,6}(?:农药|百草枯|敌敌畏|老鼠药|毒药|农要|安眠药.{0,6}(?:瓶|多|全)|毒|电池|洁厕|消毒水)|中毒|煤气中(?:毒)|触电|被电(?:了|倒|到|打)|电(?:倒|晕)|(?:摔|坠|跌|跳|掉).{0,3}(?:下)?(?:楼|下来|悬崖|脚手架).{0,12}(?:不动|血|起不来|断|昏|了|救)|坠楼|要生(?:了|孩子)|羊水.{0,3}破|早产|(?:被)?(?:蛇|毒蛇).{0,3}咬|被.{0,6}(?:砍|捅|刺|扎)(?:伤|了|到)?|(?:手|脚|腿|胳膊|指头|手指).{0,6}(?:断|绞|轧|压)(?:了|在|进|到|住)|烫伤|烧伤|快(?:不行|死|要死|没气)了?|要死(?:了|人)|救(?:命|护车|救我|救他|救她|救人|救孩子)|休克|过敏.{0,10}(?:喘|呼吸|肿|昏)|割腕|上吊|轻生|自杀|不想活|活不下去|想死|一了百了|跳(?:楼|河|桥|江|湖)"),
    (Danger.CRIME, r"(?:抢劫|打劫|抢(?:钱|包|东西)|持刀|拿(?:着)?刀|拿(?:着)?枪|砍人|杀人|行凶|捅人|绑架|劫持|强奸|猥亵|性侵|非法拘禁)|(?:被|遭).{0,4}(?:抢|打|殴打|绑|跟踪|尾随|关起来|囚禁|家暴|拐)(?!扰)|(?:打|殴打|揍|家暴).{0,4}(?:我|人).{0,8}(?:救|快|现在|正在|流血|刀|死)|正在.{0,6}(?:打|砍|偷|撬|抢|砸)|(?:撬|砸).{0,4}(?:门|锁|窗)|(?:小偷|贼|有人|陌生人).{0,8}(?:进(?:了|来)?(?:我)?(?:家|屋)|在(?:我)?(?:家|屋)里|翻(?:进|墙)|偷(?:东西|车|钱))|(?:孩子|小孩|娃|伢|老人|女儿|儿子|爸|妈|奶奶|爷爷).{0,8}(?:不见了|丢了|走丢|走失|失踪|找不(?:到|着)了?|被(?:拐|抱走|带走|掳))|救命|要(?:杀|砍|打死)(?:我|人)|打群架|聚众斗殴|跳(?:楼|河|桥|江|湖)|割腕|上吊|轻生|自杀|不想活|想死|活不下去"),
    (Danger.TRAFFIC, r"车祸|撞(?:车|人|了|到|飞|翻|倒|上).{0,14}|被(?:车|摩托|电动车|货车|卡车|公交|汽车).{0,3}(?:撞|压|碾|轧)|(?:车|摩托).{0,3}(?:翻|追尾|冲进|掉进)|追尾|碾(?:压|过|到)|连环(?:撞|相撞)"),
)
_COMPILED = tuple((danger, re.compile(pattern)) for danger, pattern in _DANGERS)
_NOW = re.compile(r"现在(?!好了|没事|已经|怎么|要)|正在|突然|快来|快点|快救|赶紧|马上|救命|刚刚|刚才|怎么办|咋办|么办|急死|不行了|还在|立刻|在线等|快死|快不行|倒在")
_PAST = re.compile(r"昨|前天|大前|上(?:个)?(?:周|月|星期|次|礼拜|回)|去年|前年|以前|之前|当时|那(?:次|时|天|回)|年前|(?:个)?月前|早先|后来|过去(?:了|的)|当年|曾经|已经(?:扑灭|好|出院|没事|救|处理|脱险|过去|死|去世|抓)|现在(?:好了|没事|已经)|(?:扑灭|出院|抢救过来|治好|送医|救回)了?")
_ABOUT = re.compile(
    r"区别|不一样|不同|找谁|哪个部门|什么部门|归谁|谁管|谁来管|谁负责|投诉|反映|举报|建议|意见|费用|收费|多少钱|补助|补贴|救助(?:基金|制度|金|条件|对象)|基金|报销|医保|赔|理赔|责任(?:谁|人|书)?|规定|要求|标准|政策|制度|流程|程序|文件|条款"
    r"|预防|演练|宣传|培训|隐患|检查|整改|证明|回执|记录|事故认定|受理|管不管|几分钟|多长时间|多久(?:能|要|到|内)|是什么|什么意思|怎么算|能不能打|该不该|会不会|可以打|收不收|电话是|号码是|是不是.{0,6}(?:打|拨)|都有哪些|哪几|怎么办理|如何办理|申请"
)
# Certain even when the rest of the message complains or asks about something else.
_CERTAIN = re.compile(
    r"救命|(?:正|还)在(?:烧|着火|流血|打人|砍)|(?:着|起)火了?[，！。]?(?:快|怎么办|救)|叫不醒|没(?:有)?(?:呼吸|心跳)|快(?:不行|死)了|不省人事|喘不(?:上|过)气"
)
_HYPOTHETICAL = re.compile(r"如果|假如|要是|万一|假设|比如|遇到|碰到|发生.{0,6}(?:时|的话|后)|怎么(?:预防|防)")


def detect_emergency(text: str, understanding: Understanding | None = None) -> Emergency | None:
    """Return the present danger that normalised ``text`` reports, ``None`` where there is none.

    Questions about emergencies and stories about past ones do not count. ``understanding`` may add a danger that no
    pattern knows, it never removes one.
    """
    found: dict[Danger, None] = {}
    for danger, pattern in _COMPILED:
        if pattern.search(text):
            found[danger] = None
    if found and (_CERTAIN.search(text) or not _only_about(text)):
        return Emergency(_ordered(found, text))
    if understanding and understanding.probability("report_emergency") >= 0.75 and not _only_about(text):
        return Emergency(tuple(found) or _by_sound(text) or (Danger.MEDICAL, Danger.CRIME))
    return None


def _only_about(text: str) -> bool:
    """Return whether the message merely speaks about danger: a question about it, the past, a hypothesis."""
    if _NOW.search(text) and not _ABOUT.search(text):
        return False
    return bool(_ABOUT.search(text) or _PAST.search(text) or _HYPOTHETICAL.search(text))


def _ordered(found: dict[Danger, None], text: str) -> tuple[Danger, ...]:
    """Return the dangers in the order in which the text names them."""
    first = {d: m.start() for d, p in _COMPILED if d in found and (m := p.search(text))}
    return tuple(sorted(found, key=lambda danger: first[danger]))


def _by_sound(text: str) -> tuple[Danger, ...]:
    """Return dangers whose commonest words ``text`` holds in other characters."""
    sounds = " ".join(syllables(text))
    words = {Danger.FIRE: ("着火", "起火", "煤气"), Danger.CRIME: ("抢劫", "杀人", "报警"), Danger.TRAFFIC: ("车祸", "撞车")}
    return tuple(d for d, names in words.items() if any(" ".join(syllables(n)) in sounds for n in names))


__all__ = ["Danger", "Emergency", "detect_emergency"]
