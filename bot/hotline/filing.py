"""Filing a work order by conversation (登记工单), and what a citizen says about one later.

What, where, when and a contact may come in any order and in one message; nothing is asked twice, everything can be
refused or corrected, and nothing is filed before the citizen has read the summary and said yes.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import Enum
from typing import Any

from bot.hotline.work_orders import RequestKind

BEGIN = "登记工单"  # the words on the button that begins it
CONFIRM, CANCEL = "确认提交", "取消登记"

_BEGINS = re.compile(
    r"(?:登记|提交|立|开|建|填|下|报)(?:个|一个|一张|张|一下|下)?(?:工单|诉求单|投诉单)|帮我(?:登记|派单|立案|报上去)|(?:给我|帮我)?派(?:个|一张)?单"
)
_YES = re.compile(r"^(?:确认(?:提交|登记)?|提交|是的?|对的?|没错|没问题|可以|好的?|行|嗯+|ok)[了吧啊呀]?[。！]?$")
_NO = re.compile(r"^(?:取消(?:登记|提交)?|算了|不(?:登记|提交|用|要|报)了?|不用了|退出)")
_REFUSES = re.compile(
    r"^(?:不(?:知道|清楚|记得|方便|想|愿|肯|便)(?:说|留|讲|透露|提供)?|不留(?:电话|号码|了)?|没有|跳过|不详|匿名|不说|无|不告诉)"
)
_CONFIDENTIAL = re.compile(r"保密|不要(?:透露|告诉|公开)|别(?:透露|告诉|让).{0,6}知道")
_ANONYMOUS = re.compile(r"匿名|不留(?:电话|姓名|名字|号码|联系方式)")
_PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|0\d{2,3}[- ]?\d{7,8}|[2-9]\d{6,7})(?!\d)")
_NAME = re.compile(
    r"(?:我(?:姓|叫|是)|免贵姓|(?<=[\d\s，,])姓(?!名)|姓名[是：:]?|联系人[是：:]?)\s*([\u4e00-\u9fff]{1,4}?)(?=$|[，。,\s电手联])|([\u4e00-\u9fff]{1,2}(?:先生|女士|小姐|师傅))"
)
_WHEN = re.compile(
    r"(?:每天|天天|每晚|每周|昨天|昨晚|今天|今早|今晚|今年|前天|前几天|上周|上个?月|这几天|这两天|最近|刚才|刚刚|凌晨|半夜|早上|上午|中午|下午|傍晚|晚上|夜里"
    r"|\d{1,2}月\d{1,2}[日号]?|(?<![路街道巷弄村区园里组\d-])(?:3[01]|[12]?\d)[日号](?!楼|线|门|院|栋|厂|店|工|仓|铺|摊|[\u4e00-\u9fff]?单元)|(?<![\d个])(?:1[0-2]|\d|十[一二]?|[一二三四五六七八九])月(?:份|底|初|中旬)?(?:开始|起|以来)?(?![内后前])|\d{1,2}[点时](?:\d{1,2}分?|半)?|[一二三四五六七八九十]{1,2}点半?|从.{1,8}(?:开始|到现在)"
    r"|(?:半|[一二两三四五六七八九十\d]+)个?(?:多)?(?:小时|天|周|星期|月|年)(?:了|来|前))+"
)
_WHERE = re.compile(  # a place inside a story, where it is plainly introduced
    r"(?:在|位于|就是|地点[是：:]?|^|[，。；,\s])((?!这|那|我|你|他|每|天|昨|今|最近|旁边|对面|马路|公路|大路|路上|楼)[\u4e00-\u9fff]{2,6}"
    r"(?:大道|路|街道|街|巷|小区|花园|家园|社区|村|镇|广场|公园|市场|大厦|公寓|学校|小学|中学|医院)"
    r"(?:[A-Za-z0-9一二三四五六七八九十\-]{1,6}(?:号楼?|栋|单元|组))*(?:[\u4e00-\u9fff]{0,6}(?:门口|旁边|对面|附近|路口|楼下|院内))?)"
)
_CORRECTS = re.compile(
    r"(?:把|将)?(地点|地址|位置|时间|电话|手机|联系方式|内容|事情|姓名|名字)(?:写错了|错了|不对)?[，,]?(?:改成|改为|换成|应该是|应为|是)[:：]?\s*(.+)"
)
_PART_OF = {
    **dict.fromkeys(("地点", "地址", "位置"), "where"),
    "时间": "when",
    **dict.fromkeys(("电话", "手机", "联系方式"), "phone"),
    **dict.fromkeys(("内容", "事情"), "what"),
    **dict.fromkeys(("姓名", "名字"), "name"),
}
_ASKS = re.compile(
    r"能不能|可不可以|是不是|有没有资格|[吗呢么][？?]?$|[？?]$|怎么|多久|多少|什么时候(?:能|可以)|什么(?:材料|条件|手续|资料|证件)|要带|哪里办|谁负责"
)
_LINK = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?/[!-~]{1,500}")
_MOST_LINKS = 9
_SHORTEST = 4  # characters that say what happened
_MASK = "〔"  # begins what was blanked out of an earlier message, such as a house number: then it is asked again
_UNKNOWN = "不详"
_NONE = "未留"

_ORDER_NUMBER = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2}\d{12})(?!\d)")
_PHONE_END = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_ABOUT_ORDER = re.compile(r"工单|我(?:的|那个?|上次的?)(?:投诉|诉求|举报|单子)|投诉的?(?:进度|结果)|单号")


class Asking(Enum):
    """What a citizen wants of a work order that was filed."""

    STATUS = "status"
    URGE = "urge"
    ADD = "add"
    RATE = "rate"
    REOPEN = "reopen"
    VIEWS = "views"  # who looked at my contact


@dataclass(frozen=True)
class OrderRequest:
    """What a citizen says about a work order: which one, if a number is named, and what is wanted."""

    asking: Asking
    number: str = ""
    phone_end: str = ""
    text: str = ""
    satisfaction: int | None = None


@dataclass(frozen=True)
class Draft:
    """What is known so far of a work order that is being filed. ``asked`` is the part that was asked last."""

    what: str = ""
    where: str = ""
    when: str = ""
    phone: str = ""
    name: str = ""
    confidential: bool = False
    rule: str = ""  # the routing rule that seems to fit
    links: tuple[str, ...] = ()  # addresses of photos and files
    asked: str = ""
    key: str = field(default_factory=lambda: secrets.token_hex(16), compare=False)  # files the same draft once only

    @classmethod
    def from_slot(cls, value: Mapping[str, Any]) -> Draft | None:
        """Return what `as_slot` wrote, nothing where nothing is being filed."""
        known = {field.name for field in fields(cls)}
        given: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in value.items() if name in known
        }
        return cls(**given) if value else None

    def as_slot(self) -> dict[str, Any]:
        """Return a JSON value that holds everything."""
        return asdict(self) | {"links": list(self.links)}

    @property
    def missing(self) -> str:
        """The part to ask next, empty where nothing is missing."""
        return next((part for part in ("what", "where", "when", "phone") if not getattr(self, part)), "")

    @property
    def kind(self) -> RequestKind:
        """What kind of request it is, by its words."""
        for words, kind in _KINDS:
            if re.search(words, self.what):
                return kind
        return RequestKind.COMPLAINT


_KINDS = (
    (r"举报", RequestKind.REPORT),
    (r"建议|能不能(?:增|加|设|修)|希望(?:增|加|设)", RequestKind.SUGGESTION),
    (r"投诉", RequestKind.COMPLAINT),
    (r"求助|帮(?:我|忙)|救助", RequestKind.HELP),
)
_QUESTIONS = {
    "what": "请说说是什么事？比如“小区门口夜宵摊占道，油烟大”。",
    "where": "发生在哪里？请说到街道、小区或门牌，方便找到；不清楚可以说“不清楚”。",
    "when": "什么时候发生的？比如“每天晚上8点以后”。",
    "phone": "请留一个联系电话，方便告诉您结果；不想留可以说“不留”，要求保密可以说“保密”。",
}
_LABELS = {"what": "事情", "where": "地点", "when": "时间", "phone": "电话", "name": "称呼"}


def begins_filing(text: str) -> bool:
    """Return whether normalised ``text`` asks to file a work order, not how that is done."""
    return bool(_BEGINS.search(text)) and not _ASKS.search(text) and not _ORDER_NUMBER.search(text)


def begin(text: str, before: str, rule: str) -> Draft:
    """Return a draft from the message that begins it, else from the complaint ``before``.

    ``rule`` is the routing rule that seemed to fit.
    """
    own = _BEGINS.sub("", text).strip(" ，。：:,请我要想帮一下个")
    said = own if len(own) >= _SHORTEST else before
    said, links = _LINK.sub("", said).strip(" ，。"), _LINK.findall(said)
    draft = Draft(what=said if len(said) >= _SHORTEST else "", rule=rule, links=tuple(links)[:_MOST_LINKS])
    return _filled(draft, said)


@dataclass(frozen=True)
class Step:
    """What to say next. ``draft`` is what is known now, nothing where the filing ended; ``ready``: file it."""

    text: str
    draft: Draft | None
    choices: tuple[str, ...] = ()
    ready: bool = False


def next_step(draft: Draft, text: str) -> Step | None:
    """Return what follows from ``text`` while ``draft`` is being filed, ``None`` where it is about something else."""
    text = text.strip()
    if draft.asked and _LINK.fullmatch(text):  # a photo: nothing else of the draft changes
        return ask(_filled(draft, text))
    if _NO.search(text) or (draft.asked == "confirm" and text == "2"):
        return Step("好的，没有登记。需要时再告诉我，也可以拨打12345。", None)
    if not draft.missing and draft.asked == "confirm" and (text == "1" or _YES.match(text)):
        return Step("", draft, ready=True)
    if correction := _CORRECTS.search(text):
        return ask(_corrected(draft, correction[1], correction[2].strip()))
    if draft.asked in ("confirm", "what", "") and _ASKS.search(text) and not _PHONE.search(text):
        return None
    if draft.asked in ("where", "when", "phone") and _ASKS.search(text) and not _REFUSES.match(text):
        return None
    if draft.asked in ("where", "when") and not _REFUSES.match(text):  # all of it is what was asked for
        draft = _with(draft, draft.asked, _LINK.sub("", _PHONE.sub("", text)).strip(" ，。"))
    if draft.asked in ("phone", "confirm") and _WHEN.fullmatch(text):  # a time that was not asked for corrects it
        return ask(_with(draft, "when", text))
    filled = _filled(draft, text)
    if draft.asked == "phone" and filled.phone and filled.phone != _NONE:
        filled = _named(filled, text)
    if draft.asked and draft.asked != "confirm" and not getattr(filled, draft.asked):
        filled = _answered(filled, draft.asked, text)
        if not getattr(filled, draft.asked):
            return Step(f"这个没有看懂。{_QUESTIONS[draft.asked]}", filled)
    if draft.asked == "confirm" and filled == draft:
        return Step(
            f"请回复“{CONFIRM}”，或直接说要改什么，如“地点改成北京路8号”；不登记请说“取消”。", draft, (CONFIRM, CANCEL)
        )
    return ask(filled)


def ask(draft: Draft) -> Step:
    """Return the question after the first missing part, or the summary where none is missing."""
    if part := draft.missing:
        known = "，".join(f"{_LABELS[p]}：{v}" for p in ("what", "where", "when") if (v := getattr(draft, p)))
        lead = f"已记下（{known}）。" if known else "好的，帮您登记工单。"
        return Step(f"{lead}{_QUESTIONS[part]}", replace(draft, asked=part))
    lines = [f"{label}：{getattr(draft, part)}" for part, label in _LABELS.items() if getattr(draft, part)]
    if draft.links:
        lines.append(f"照片或文件：{len(draft.links)}个")
    if draft.confidential:
        lines.append("保密：是，不向承办单位透露您的身份")
    text = "\n".join(
        ["请核对：", *lines, f"没问题请回复“{CONFIRM}”，要改请直接说，如“时间改成昨晚10点”；有照片可以发链接。"]
    )
    return Step(text, replace(draft, asked="confirm"), (CONFIRM, CANCEL))


def order_request(text: str) -> OrderRequest | None:
    """Return what normalised ``text`` wants of a filed work order, ``None`` where it is about something else."""
    number = _ORDER_NUMBER.search(text)
    if not number and not _ABOUT_ORDER.search(text):
        return None
    rest = _ORDER_NUMBER.sub(" ", text)
    end = _PHONE_END.search(rest)
    named: dict[str, Any] = {"number": number[1].upper() if number else "", "phone_end": end[1] if end else ""}
    if re.search(r"谁(?:看|查)(?:过|了)?.{0,6}(?:电话|信息|联系方式|资料)", rest):
        return OrderRequest(Asking.VIEWS, **named)
    if added := re.search(r"补充(?:一下|说明|材料|情况)?[：:，,]?\s*(.{2,})", rest):
        return OrderRequest(Asking.ADD, text=added[1], **named)
    if re.search(r"催|还没(?:人|有人)?(?:管|处理|办|来)|怎么还不", rest):
        return OrderRequest(Asking.URGE, **named)
    if re.search(r"没(?:有)?解决|又(?:出现|开始|来|这样)|重新(?:打开|处理|办理|办)", rest):
        return OrderRequest(Asking.REOPEN, text=rest.strip(" ，"), **named)
    if rating := re.search(
        r"(?:评价|打|满意度|评)[^0-9一二三四五]{0,4}([1-5一二三四五])\s*[分星颗]?|([1-5一二三四五])\s*[分星]", rest
    ):
        return OrderRequest(Asking.RATE, satisfaction=_digit(rating[1] or rating[2]), **named)
    if re.search(r"(?:非常|很|十分)?不?满意", rest):
        return OrderRequest(Asking.RATE, satisfaction=_in_words(rest), **named)
    if number or re.search(r"查|进度|状态|到哪|怎么样|结果|办(?:得|好|完)|处理(?:得|好|完|了)|我的工单", rest):
        return OrderRequest(Asking.STATUS, **named)
    return None


def rates_an_order(text: str) -> bool:
    """Return whether ``text`` rates an order that it names, as the buttons under a result do."""
    request = order_request(text)
    return bool(request and request.number and request.asking is Asking.RATE)


def _filled(draft: Draft, text: str) -> Draft:
    """Return ``draft`` with the parts that ``text`` gives, those it has kept."""
    found: dict[str, Any] = {}
    if links := _LINK.findall(text):
        found["links"] = tuple(dict.fromkeys([*draft.links, *links]))[:_MOST_LINKS]
        text = _LINK.sub(" ", text)
    if phone := _PHONE.search(text):
        found["phone"] = phone[0]
    elif _ANONYMOUS.search(text):
        found["phone"] = _NONE
    if _CONFIDENTIAL.search(text):
        found["confidential"] = True
    if not draft.when and (when := _WHEN.search(text)):
        found["when"] = when[0]
    if not draft.where and (where := _WHERE.search(text)) and not text.startswith(_MASK, where.end(1)):
        found["where"] = where[1]
    return replace(draft, **found)


def _named(draft: Draft, text: str) -> Draft:
    name = _NAME.search(text)
    return replace(draft, name=name[1] or name[2]) if name else draft


def _answered(draft: Draft, part: str, text: str) -> Draft:
    """Return ``draft`` with ``text`` as the answer to what was asked."""
    if _REFUSES.match(text):
        return _with(draft, part, {"phone": _NONE}.get(part, "" if part == "what" else _UNKNOWN))
    if part == "phone":
        return replace(draft, phone=_NONE) if _CONFIDENTIAL.search(text) and not _PHONE.search(text) else draft
    return _with(draft, part, text) if len(text) >= (_SHORTEST if part == "what" else 1) else draft


def _corrected(draft: Draft, word: str, value: str) -> Draft:
    part = _PART_OF[word]
    if part == "phone":
        phone = _PHONE.search(value)
        return replace(draft, phone=phone[0] if phone else "")
    return _with(draft, part, value)


def _with(draft: Draft, part: str, value: str) -> Draft:
    changed: dict[str, Any] = {part: value}
    return replace(draft, **changed)


def _digit(text: str) -> int:
    return int(text) if text.isdigit() else "一二三四五".index(text) + 1


def _in_words(text: str) -> int:
    if "不满意" in text:
        return 1 if re.search(r"(?:非常|很|十分|极)不满意", text) else 2
    return 5 if re.search(r"(?:非常|很|十分)满意", text) else 4
