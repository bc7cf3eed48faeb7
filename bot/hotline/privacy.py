"""Masking personal data (个人信息脱敏) before anything is logged, kept or shown to somebody else.

Numbers are looked for in a copy of the text with half-width characters, one for one, so that full-width and Chinese
digits are seen too. Streets and villages stay, house numbers go. Names are the weak spot: only those after a
self-introduction are found, and only where they look like one (``我是张三`` but not ``我是外地人``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

_COPY = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_COPY |= {code: code - 0xFEE0 - 32 for code in range(0xFF41, 0xFF5B)}
_COPY |= {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_COPY |= {ord(c): ord("-") for c in "‐‑‒–—―−－﹣"}
_COPY |= {ord(c): ord(" ") for c in "\u00a0\u2002\u2003\u2009\u200b\u200c\u200d\u2060\u3000\ufeff\t\n\r"}
_CHINESE_DIGITS = str.maketrans("零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "0001234567891123456789")

# A number that is not part of a longer one, of an amount (¥5000, 5000元, 3.5) or of a code with letters.
_GAP = r"[ \-]{0,2}"
_DIGIT = rf"(?:{_GAP}\d)"
_BEFORE = r"(?<![0-9A-Z¥$])(?<!\d\.)"
_AFTER = r"(?!\d|\.\d|[A-Z])(?! ?(?:[元万亿块角%‰]|美[元金]|港[币元]|人民币))"
_NOT_COUNTED = r"(?! ?(?:[吨斤亩米度个人户件份套台]|家(?![里住人中])|平方|公[里斤]))"  # a short number may count things
_MONTH = rf"(?:0{_GAP}[1-9]|1{_GAP}[0-2])"
_DAY = rf"(?:0{_GAP}[1-9]|[12]{_GAP}\d|3{_GAP}[01])"
_MOBILE = rf"1{_GAP}[3-9]{_DIGIT}{{9}}{_AFTER}"
_COUNTRY = rf"(?:(?:\+|00)?86{_GAP})?"
_LINE = rf"[2-9]\d{{2,3}}{_GAP}\d{{4}}"
_SAID_PHONE = r"(?:电话|座机|号码|固话|联系方式|热线|拨打|致电|传真|来电|回电|TEL|PHONE)[是为:, ]{0,3}"

# Parts of a house number (门牌), each "number unit".
_HOUSE_NUMBER = r"(?:[A-Z]?\d{1,5}[A-Z]?(?:-\d{1,5}){0,3}|[A-Z](?![A-Z])|[一二三四五六七八九十百零〇]{1,5}|[甲乙丙丁])"
_UNIT = (
    r"(号楼|号院|号(?![线窗柜厅文令口公])|[栋幢座](?!楼)|单元|组(?![数照人织])|室|房(?!间)|层(?![楼的高小])|楼|门|弄|#)"
)
_PART = rf" ?[第附]?{_HOUSE_NUMBER} ?{_UNIT}"
_DWELLINGS = frozenset({"号楼", "号院", "栋", "幢", "座", "单元", "室", "房", "组"})
_STREETS = ("路", "街", "巷", "弄", "大道", "胡同", "里弄")
_NO_STREETS = ("修路", "走路", "铺路", "开路", "让路", "上街", "逛街")
_ESTATES = ("村", "队", "湾", "社区", "小区", "园", "苑", "城", "庄", "公寓", "大厦", "府", "院", "坊", "场", "村委会")

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖"
    "贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷"
    "詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农"
    "司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"
)
_SURNAME = rf"(?:欧阳|上官|司马|诸葛|皇甫|令狐|慕容|司徒|公孙|尉迟|夏侯|东方|端木|[{_SURNAMES}])"
_NOT_IN_NAME = (
    "的了是在有不我你他她它们这那个么吗呢吧啊和与及或想要问办户人民员生者师主客来去能会就都到住从为被把给说叫"
)
_NOT_IN_NAME += "电手请月日年号市县区省式法便"
_GIVEN = rf"[\u4e00-\u9fff](?<![{_NOT_IN_NAME}])"
_NAME = rf"({_SURNAME}(?:{_GIVEN}){{1,2}})"
_NAME_ENDS = r"(?=[^\u4e00-\u9fff]|$|[我想要请住家是来今在电手身男女的有问咨投反举户和现](?<!家人))"
_KIN = r"的(?:儿|女|妈|爸|父|母|妻|老|丈夫|爱人|家属|孩子|哥|弟|姐|妹|邻居)"
_NAME_ENDS_SURELY = rf"(?=[^\u4e00-\u9fff]|$|电话|手机|身份证|住在|家住|[是系]|{_KIN})"
_RELATIVE = "(?:儿子|女儿|孩子|小孩|老公|老婆|爱人|丈夫|妻子|父亲|母亲|爸|妈|邻居|房东|老板|对方|[他她])"
_FOREIGN_NAME = r"([\u4e00-\u9fff]{2,8}[·•][\u4e00-\u9fff]{2,8})"
# Words after 我是 that begin with a surname and name nobody.
_NO_NAMES = re.compile(
    r"江[陵西苏门]|黄[石冈牛]|安[徽陆置]|洪湖|石首|武[汉昌]|沙市|温州|成都|常[州德住]|沈阳|苏州|吴江|金[华融]|阳新|高[中龄考校层]|单[身亲位]|"
    r"方[便式法]|时[间候]|马[路上]|包工|房东|车主|应届|游客|党[员群]|华[侨裔]|商[户贩]|管[理道]|程序|钟点|施工|连锁|龙头|全[职部家]|路[过人]|"
    r"任[何务]|白[领天]|文[盲化科]|古[城镇]|明[天白年]|农[村业民]|万[分一]|司机|卫[生健]|应[该当]|关于|向[你您]|项目|成[年人]|牛[肉奶]|麻[烦将]|查[询看]"
)


@dataclass(frozen=True)
class _Rule:
    """What to look for, the mark that takes the place of ``group``, and what else must be true of a match."""

    mark: str
    pattern: re.Pattern[str]
    group: int = 0
    accepts: Callable[[re.Match[str]], object] = lambda match: True
    chinese_digits: bool = False


def _holds_no_date(match: re.Match[str]) -> bool:
    return not re.search(r"(?:19|20)\d\d[ \-]\d{1,2}[ \-]\d", match[0])


def _is_no_day(match: re.Match[str]) -> bool:
    return not re.fullmatch(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", re.sub(r"\D", "", match[0]))


def _is_account(match: re.Match[str]) -> bool:
    """A name without any digit counts only where it is plainly said to be an account's."""
    return bool(match[1].strip()) or any(c.isdigit() for c in match[2])


def _is_house(match: re.Match[str]) -> bool:
    """A house has two numbers, or one after a street or an estate; ``村3号停水`` is a day, ``3栋楼`` is no place."""
    before = match.string[max(0, match.start() - 3) : match.start()].rstrip("第")
    units = re.findall(_UNIT, match[0])
    parts = len(units) + bool(re.search(r"\d$", match[0]))
    on_street = before.endswith(_STREETS) and not before.endswith(_NO_STREETS)
    if before.endswith("月"):
        return False
    if on_street and units[0] in ("号", "号楼", "号院", "弄", *_DWELLINGS):
        return True
    if parts >= 2 and (before.endswith(_ESTATES) or _DWELLINGS & set(units)):
        return True
    if not before.endswith(_ESTATES):
        return False
    return units[0] in _DWELLINGS or (units[0] == "号" and int(re.sub(r"\D", "", match[0]) or 0) > 31)


def _is_name(match: re.Match[str]) -> bool:
    return not _NO_NAMES.match(match[1])


_RULES = (
    _Rule("邮箱", re.compile(r"(?<![A-Z0-9])[A-Z0-9][A-Z0-9._%+\-]*@[A-Z0-9\-]+(?:\.[A-Z0-9\-]+)+")),
    _Rule(
        "身份证",
        re.compile(
            rf"{_BEFORE}[1-9]{_DIGIT}{{5}}{_GAP}(?:1{_GAP}[89]|2{_GAP}0){_DIGIT}{{2}}{_GAP}{_MONTH}{_GAP}{_DAY}{_DIGIT}{{3}}"
            rf"{_GAP}[0-9X×]{_AFTER}"
        ),
    ),
    _Rule("身份证", re.compile(rf"{_BEFORE}[1-9]{_DIGIT}{{7}}{_GAP}{_MONTH}{_GAP}{_DAY}{_DIGIT}{{3}}{_AFTER}")),
    _Rule("银行卡", re.compile(rf"{_BEFORE}[3-6]{_DIGIT}{{14,18}}{_AFTER}"), accepts=_holds_no_date),
    _Rule("电话", re.compile(rf"(?<![0-9¥$])(?<!\d\.){_COUNTRY}{_MOBILE}"), accepts=_holds_no_date),
    _Rule("电话", re.compile(_MOBILE), accepts=_holds_no_date, chinese_digits=True),
    _Rule("电话", re.compile(rf"{_BEFORE}\(?0\d{{2,3}}\)?{_GAP}{_LINE}(?:(?:转|-) ?\d{{1,6}})?{_AFTER}")),
    _Rule("电话", re.compile(rf"{_SAID_PHONE}({_LINE}){_AFTER}{_NOT_COUNTED}"), group=1),
    _Rule(
        "电话",
        re.compile(rf"{_BEFORE}(?<!-)[2-8]\d{{2,3}}-?\d{{4}}{_AFTER}{_NOT_COUNTED}(?![\-年月日天号])"),
        accepts=_is_no_day,
    ),
    _Rule(
        "车牌",
        re.compile(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼] ?[A-Z][·•・. \-]{0,2}"
            r"(?=[A-Z]{0,5}\d)[A-Z0-9]{4,5}[A-Z0-9挂学警港澳](?![A-Z0-9])"
        ),
    ),
    _Rule("证件", re.compile(r"(?:护照|通行证|军官证)(?:号码?)?[是为: ]{0,2}([A-Z]{0,2}\d{7,10})(?!\d)"), group=1),
    _Rule(
        "账号",
        re.compile(
            r"(?:微信|V信|威信|(?<![A-Z])(?:VX|WX|WECHAT|WEIXIN|QQ)|扣扣|企鹅)((?:号码?|ID|账号|帐号)?[是为:加 ]{0,3})"
            r"((?=[A-Z_\-]*\d)[A-Z0-9_\-]{6,20}|[A-Z][A-Z0-9_\-]{5,19})(?![A-Z0-9_])"
        ),
        group=2,
        accepts=_is_account,
    ),
    _Rule("地址", re.compile(rf"(?:{_PART})+(?: ?\d{{2,5}}(?![\d元万亿块%人户年月日天个号.]))?"), accepts=_is_house),
    _Rule("地址", re.compile(r"(?<![\d\-])\d{1,3}-\d{1,2}-(?!(?:19|20)\d\d)\d{3,4}(?![\d\-])")),
    _Rule(
        "姓名",
        re.compile(rf"(?:我叫|我的名字[叫是]|名叫|名字叫|{_RELATIVE}叫){_NAME}{_NAME_ENDS}"),
        group=1,
        accepts=_is_name,
    ),
    _Rule("姓名", re.compile(rf"(?:我叫|姓名[是:为 ]{{1,2}}){_FOREIGN_NAME}"), group=1),
    _Rule("姓名", re.compile(rf"(?:我是|本人|这里是){_NAME}{_NAME_ENDS_SURELY}"), group=1, accepts=_is_name),
    _Rule(
        "姓名",
        re.compile(rf"(?:姓名|联系人|申请人|投诉人|举报人|反映人|户主|收件人)(?:[是为叫: ]{{1,2}}){_NAME}{_NAME_ENDS}"),
        group=1,
        accepts=_is_name,
    ),
    _Rule(
        "姓名",
        re.compile(rf"(?:姓名|联系人|申请人|投诉人|举报人|户主){_NAME}{_NAME_ENDS_SURELY}"),
        group=1,
        accepts=_is_name,
    ),
)


def mask(text: str, public_numbers: Collection[str] = frozenset()) -> str:
    """Return ``text`` with personal data replaced by marks such as 〔电话〕; masking again changes nothing.

    ``public_numbers`` are telephone lines that everybody may know and that stay. Short numbers (110, 12345, 95598) are
    never taken for somebody's, nor are amounts, dates, percentages, document numbers (发文字号) and durations.
    """
    public = {_digits(number) for number in public_numbers}
    while (masked := _mask_once(text, public)) != text:  # ends: every round leaves less that is not a mark
        text = masked
    return text


def _mask_once(text: str, public: Collection[str]) -> str:
    for rule in _RULES:
        copy = text.translate(_COPY)
        if rule.chinese_digits:
            copy = copy.translate(_CHINESE_DIGITS)
        for match in reversed(list(rule.pattern.finditer(copy))):
            start, end = match.span(rule.group)
            is_public = rule.mark == "电话" and _digits(match[rule.group]) in public
            if rule.accepts(match) and not is_public:
                text = f"{text[:start]}〔{rule.mark}〕{text[end:]}"
    return text


def _digits(number: str) -> str:
    """Return the digits of ``number`` without the codes of country and city, by which lines are compared."""
    digits = re.sub(r"\D", "", number.translate(_COPY))
    digits = re.sub(r"^(?:00)?86(?=\d{10,11}$)", "", digits)
    return re.sub(r"^0(?:10|2\d|[3-9]\d\d)(?=\d{7,8}$)", "", digits)
