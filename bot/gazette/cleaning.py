"""Lines that belong to the web page or the printed issue, not to a document (页面杂项), and advertisements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from bot.gazette.model import Line, Removal
from bot.gazette.numerals import NUMERAL
from bot.text.simplify import is_simplified

_LONGEST = 120  # a longer line is prose
# Buttons of a page.
_BUTTONS = (
    "(?:打印|关闭|关闭窗口|返回|返回顶部|收藏|复制链接|下载|分享|转发|字体|字号|大|中|小|语音阅读|朗读|无障碍|长者模式|"
    "微信|微博|QQ空间)"
)
_BUTTON = r"(?:打印(?:本页)?|关闭(?:本页|窗口)?|返回顶部|我要纠错|字体|收藏本页|语音阅读|语音播报|智能问答)"
# Fields of a page's header that no document has; those of the second kind may stand in a document's own text.
_PAGE_LABELS = (
    "索引号|信息索引|主题分类|体裁分类|组配分类|发布机构|公开日期|生成日期|效力状态|内容概述|公开方式|公开时限|公开范围|"
    "发布日期|发布时间|更新时间|信息来源|文章来源|责任编辑|浏览次数|浏览量|点击数|阅读次数|访问量|字体|字号|分享到|视力保护色"
)
_LABELS = (
    rf"(?:{_PAGE_LABELS}|分类|主题词|发文机构|发文机关|发文单位|发文日期|成文日期|名称|标题|文号|文件编号|发文字号|有效性|时效性|"
    "关键词|生效日期|失效日期|废止日期|来源|作者|编辑|审核|日期|时间)"
)
_FURNITURE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("只有符号的分隔行", re.compile(r"[^\w\u4e00-\u9fff]+")),
    # GB/T 9704-2012 7.3.5.4 has documents dated with 年月日: an ISO date is the site's own.
    ("网站的时间戳", re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?")),
    ("公报的期号", re.compile(rf"(?:\d{{4}}\s*年\s*)?第\s*(?:\d+|{NUMERAL}+)\s*期(?:\(.{{0,20}}\))?")),
    ("公报的期号", re.compile(r".{0,20}公报\s*\d{4}\s*年?\s*第\s*\d+\s*[期号]\s*(?:\(总.{0,15}\))?")),
    ("公报的栏目", re.compile(r"[【\[〔][\u4e00-\u9fff]{0,8}(?:文件|公报|要闻|任免|目录|大事记|解读|附录)[】\]〕]")),
    ("页码", re.compile(r"[-—·]\s*\d{1,4}\s*[-—·]|第\s*\d{1,4}\s*页(?:\s*[,/共].{0,8}页)?")),
    ("页面按钮", re.compile(rf"[【\[]?\s*{_BUTTONS}(?:[\s:|/【】\[\]()、·]*{_BUTTONS})+\s*[】\]]?")),
    ("页面按钮", re.compile(rf"[【\[]?\s*{_BUTTON}\s*[】\]]?")),
    ("页面提示", re.compile(r".{0,10}扫一扫.{0,30}(?:手机|页面|微信|分享).{0,20}")),
    (
        "页面导航",
        re.compile(r"(?:上一篇|下一篇|上一条|下一条|相关链接|相关文章|相关稿件|相关解读|相关文档)(?::.{0,100})?"),
    ),
    ("页面导航", re.compile(r"(?:当前位置|您的位置|您现在的位置|首页\s*>).{0,100}")),
    ("网页的属性栏", re.compile(rf"[\[【]?(?:{_PAGE_LABELS})[\]】]?\s*:[^。;]{{0,100}}")),
    ("网页的属性栏", re.compile(r"(?:日期|时间)\s*:\s*\[?\d{4}-\d{1,2}-\d{1,2}[\d\s:]*\]?")),
    (
        "网页的版权栏",
        re.compile(r".{0,40}(?:ICP备|公网安备|版权所有|网站标识码|Copyright|©).{0,80}", re.I),
    ),
    (
        "图片或网页的文件名",
        re.compile(r"[^。;:《》/\s]{1,80}\.(?:png|jpe?g|gif|bmp|webp|mp[34]|html?|shtml|aspx?|jsp|php)", re.I),
    ),
)
# A field's name alone on its line: furniture only where no document has begun.
_BARE_LABEL = re.compile(rf"[\[【]?{_LABELS}[\]】]?\s*:?")

_DOMAINS = r"(?:com|net|cc|vip|top|xyz|org|info|app|bet|me|tv|cn)"
_WEB = re.compile(
    rf"(?:https?://|www\.)[\w.-]+[\w/?=&%#.-]*|[a-z0-9-]{{2,40}}(?:\.[a-z0-9-]{{2,40}}){{0,4}}\.{_DOMAINS}\b[\w/?=&%#.-]*",
    re.IGNORECASE,
)
_OFFICIAL_WEB = re.compile(r"\.gov\b|\.edu\.cn|政府|政务|官网|门户|公众号")
# Words that only advertisements for gambling, pornography and the like have, and brands with what they sell.
_ADVERTISING = re.compile(
    r"博彩|彩金|彩票网|赌场|赌球|投注|下注|百家乐|时时彩|六合彩|娱乐城|娱乐平台|老虎机|真人荷官|棋牌|盘口|菠菜|足球直播|体育直播|高清盛宴|"
    r"无码|有码|色情|情色|成人(?:电影|视频|网站)|裸聊|约炮|午夜福利|私服|代开发票|刷单|首存|返水|注册送|开户送|送彩|"
    r"[a-z]{0,12}bet\d{0,6}|casino|porn|xxx|[\u4e00-\u9fff]av\b|"
    r"(?:欧宝|亚博|开云|乐鱼|爱游戏|华体会|雷火|亚美|九游|星空|半岛|云开|必威|万博|金沙|威尼斯人|澳门银河|新葡京|皇冠)"
    r"(?:体育|娱乐|电竞|国际|平台|官网|入口|app|av)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[,。;:、]")
_OFFICIAL_WORDS = re.compile(
    r"政府|办公|委员会|关于|通知|条|办法|意见|方案|[市省县区]|年\d|[一二三四五六七八九十]、|[(][一二三四五六七八九十\d]"
)


def is_web_address(text: str) -> bool:
    """Return whether ``text`` holds the address of a site that is not a government's."""
    return bool(_WEB.search(text)) and not _OFFICIAL_WEB.search(text)


def furniture(text: str) -> str | None:
    """Return why the line ``text`` is no part of a document wherever it stands, None where it may be."""
    if len(text) > _LONGEST:
        return None
    return next((reason for reason, pattern in _FURNITURE if pattern.fullmatch(text)), None)


def is_bare_label(text: str) -> bool:
    """Return whether ``text`` is only the name of a field of a page's header (索引号, 文号)."""
    return len(text) <= _LONGEST and bool(_BARE_LABEL.fullmatch(text))


def advertisement(text: str, original: str, traditional: bool) -> str | None:
    """Return why the line ``text`` is an advertisement, None where that is not certain.

    Only a short line without sentence punctuation and without official words can be one. It must then name a web
    address that is not a government's, use the words of such trades, or be written in Simplified in a file that is
    otherwise Traditional (``original`` is the line before conversion).
    """
    if len(text) > 60 or _OFFICIAL_WORDS.search(text):
        return None
    if is_web_address(text) and not re.search(r"@|:(?!//)|[,。;、]", text):
        return "广告：非政府网站的网址"
    if _SENTENCE.search(text):
        return None
    if _ADVERTISING.search(text):
        return "广告用语"
    if traditional and len(original) >= 4 and is_simplified(original):
        return "与全文字体不一致的夹带文字"
    return None


def drop_tables_of_contents(lines: Sequence[Line]) -> tuple[list[Line], list[Removal]]:
    """Return ``lines`` without tables of contents (目录), and those as removals.

    A table of contents is the line 目录 and the lines after it as long as each is printed again further down.
    """
    last = {_entry(line.plain): index for index, line in enumerate(lines)}
    kept: list[Line] = []
    removals: list[Removal] = []
    inside = False
    for index, line in enumerate(lines):
        begins = re.fullmatch(r"目\s*[录次]|[【\[]目\s*录[】\]]", line.plain) is not None
        inside = begins or (inside and last[_entry(line.plain)] > index)
        if inside:
            removals.append(Removal(line.number, line.text, "目录"))
        else:
            kept.append(line)
    return kept, removals


def _entry(text: str) -> str:
    """Return a line as a table of contents and the text itself both have it: no spaces, dot leaders or page number."""
    return re.sub(r"[\s.…·]+|[\s.…·(]*\d{1,3}[)]?$", "", text[:_LONGEST])


def drop(lines: Iterable[Line], reason: Callable[[Line], str | None]) -> tuple[list[Line], list[Removal]]:
    """Return ``lines`` without those that ``reason`` gives a reason for, and those as removals."""
    kept: list[Line] = []
    removals: list[Removal] = []
    for line in lines:
        why = reason(line)
        if why:
            removals.append(Removal(line.number, line.text, why))
        else:
            kept.append(line)
    return kept, removals
