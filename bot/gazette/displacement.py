"""Spam that stands where the name of an issuing authority stood (发文机关被顶替), and what is proved about it.

Sites are hacked by replacing a phrase that every page has, and on a government's site that is the government's name. So
the spam stands before 办公室/办公厅 or 关于/印发 in titles, in signatures, and in titles quoted in the text. What it
displaced is put back only where the document's own number (发文字号) proves it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.gazette.cleaning import is_web_address
from bot.gazette.model import Line, Removal
from bot.gazette.numerals import NUMBER
from bot.gazette.splitting import Start, is_date_line

_HEAD = re.compile(r"(?P<head>.{0,60}?)\s*(?P<office>办公厅|办公室)?(?:关于|印发|转发|批转)")
_SIGNATURE = re.compile(r"(?P<head>\S{2,20}?)(?P<office>办公厅|办公室)")
_ORGAN = re.compile(
    r"(?:府|委|局|厅|院|会|部|办|处|组|中心|公司|行|署|总队|支队|站|所|社|海关|大学|联|省|市|县|区|镇|乡|街道|州|盟|旗)$"
)
# The organ's code (机关代字) of a government: the place in one to three characters, 政, 办 for its office, the kind.
_CODE = re.compile(r"(?P<place>[\u4e00-\u9fff]{1,3}?)政(?P<office>办)?[发函规字电明任令文]{0,2}")
# The official one-character names of provinces (省级行政区简称) that their names do not contain.
_PROVINCES = {
    "京": "北京", "津": "天津", "冀": "河北", "晋": "山西", "蒙": "内蒙古", "辽": "辽宁", "沪": "上海", "苏": "江苏",
    "浙": "浙江", "皖": "安徽", "闽": "福建", "赣": "江西", "鲁": "山东", "豫": "河南", "鄂": "湖北", "湘": "湖南",
    "粤": "广东", "桂": "广西", "琼": "海南", "渝": "重庆", "川": "四川", "黔": "贵州", "滇": "云南", "藏": "西藏",
    "陕": "陕西", "秦": "陕西", "甘": "甘肃", "陇": "甘肃", "青": "青海", "宁": "宁夏", "新": "新疆",
}  # fmt: skip
_PROVINCIAL = re.compile(r"省|自治区|^(?:北京|天津|上海|重庆)市")
_PROVED = "发文机关的位置被无关文字顶替，文号和标题可以证明原文"
_NOT_PROVED = "发文机关的位置被无关文字顶替，文件本身不能证明原文，留空"
_ADDED = "夹带在文中的无关文字，此处不是发文机关的位置，留空"
_NEAR = 12  # lines below a title in which a document names its place: it addresses the bodies there
_MOST_TOKENS, _LONGEST_TOKEN = 50, 20


@dataclass(frozen=True)
class Place:
    """The place that a gazette is of: the names it goes by and the full name of its government (人民政府)."""

    names: tuple[str, ...]
    authority: str | None

    def is_named_by(self, code: str) -> bool:
        """Return whether ``code``, the place in an organ's code (荆 in 荆政发), can stand for this place."""
        names = "".join(self.names) + (self.authority or "")
        return bool(code) and all(c in names or _PROVINCES.get(c, "\0") in names for c in code)

    @property
    def office(self) -> str:
        """What the office of this government is called: 办公厅 for a province's, 办公室 otherwise."""
        return "办公厅" if _PROVINCIAL.search(self.authority or "") else "办公室"


@dataclass(frozen=True)
class _Suspect:
    """A ``token`` where the authority of the document ``number`` must stand, and what follows it there."""

    token: str
    number: str | None
    office: bool
    named: bool  # does the document name its place


def printed_authority(title: str) -> str | None:
    """Return the authority that ``title`` begins with (云江市人民政府办公室 in …关于…), None where it names none."""
    match = _HEAD.match(title)
    if match is None or not _ORGAN.search(match["head"]):
        return None
    return match["head"] + (match["office"] or "")


def government_code(number: str | None) -> tuple[str, bool] | None:
    """Return of a government's document number the place's code and whether its office issued it; None for others."""
    found = NUMBER.fullmatch(number) if number else None
    match = _CODE.fullmatch(found["code"]) if found else None
    return (match["place"], bool(match["office"])) if match else None


def restore_authorities(
    lines: Sequence[Line], starts: Sequence[Start], place: Place
) -> tuple[list[Line], list[Removal]]:
    """Return ``lines`` without tokens that displaced an authority, the authority put back where it is proved."""
    suspects = list(_suspects(lines, starts, place))
    times = Counter(suspect.token for suspect in suspects)
    displaced: dict[str, str | None] = {}
    for suspect in suspects:
        if suspect.token and _is_foreign(suspect, times[suspect.token], place) and len(displaced) < _MOST_TOKENS:
            displaced[suspect.token] = _agree(displaced, suspect.token, _prove(suspect, place))
    result: list[Line] = []
    removals: list[Removal] = []
    for line in lines:
        for token, authority in displaced.items():
            if token in line.plain:
                line, found = _replace(line, token, authority)
                removals.extend(found)
        if line.text:
            result.append(line)
    return result, removals


def _suspects(lines: Sequence[Line], starts: Sequence[Start], place: Place) -> Iterator[_Suspect]:
    """Yield what stands where each document has its authority: at the head of its title, above the date of its end."""
    ends = [*(start.first for start in starts[1:]), len(lines)]
    for start, end in zip(starts, ends):
        near = _join(lines[start.first : start.body + _NEAR])
        named = any(name and name in near for name in place.names)
        match = _HEAD.match(_join(lines[start.title_start : start.title_end]))
        if match:
            yield _Suspect(match["head"].strip(), start.number, bool(match["office"]), named)
        for index in range(start.body + 1, end):
            signature = _SIGNATURE.fullmatch(lines[index - 1].plain) if is_date_line(lines[index].plain) else None
            if signature:
                yield _Suspect(signature["head"], start.number, True, named)


def _join(lines: Iterable[Line]) -> str:
    return "".join(line.plain for line in lines)


def _is_foreign(suspect: _Suspect, times: int, place: Place) -> bool:
    """Return whether the token cannot be an authority.

    A web address never is. A name of no organ is none before 办公室 under a government's number, where that government
    must stand, and elsewhere if it stands there more than once.
    """
    token = suspect.token
    if is_web_address(token) or "www." in token.lower():
        return True
    names_place = any(name and name in token for name in place.names)
    if len(token) > _LONGEST_TOKEN or names_place or "府" in token or token.startswith("《") or _ORGAN.search(token):
        return False
    return times > 1 or (suspect.office and government_code(suspect.number) is not None)


def _prove(suspect: _Suspect, place: Place) -> str | None:
    """Return the authority that the token stands for, None where the document does not prove it.

    The number must be this government's (its code names the place, and the document names it too), and an office must
    be named only where the number says that the office issued it.
    """
    code = government_code(suspect.number)
    if code is None or place.authority is None or not suspect.named or not place.is_named_by(code[0]):
        return None
    if suspect.office and not code[1]:
        return None
    return place.authority + (place.office if code[1] and not suspect.office else "")


def _agree(known: dict[str, str | None], token: str, proved: str | None) -> str | None:
    """Return what ``token`` stands for after one more title: the titles that prove anything must agree."""
    before = known.get(token)
    if before is None or proved is None:
        return before or proved
    return before if before == proved else None


def _replace(line: Line, token: str, authority: str | None) -> tuple[Line, list[Removal]]:
    """Return ``line`` with every occurrence of ``token`` replaced or removed, and what was done.

    The authority goes back only where one stands: at the start of the line or of a quoted title, before 办公厅/办公室,
    关于/印发 or the end of the line.
    """
    slot = re.compile(rf"(?:(?P<open>^|[《〈“])\s*)?{re.escape(token)}\s*(?P<after>办公[厅室]|关于|印发|转发|批转|$)?")
    removals: list[Removal] = []
    text, position = "", 0
    for match in slot.finditer(line.plain):
        in_place = match["open"] is not None and match["after"] is not None
        put = authority if in_place else None
        reason = _PROVED if put else _NOT_PROVED if in_place else _ADDED
        removals.append(Removal(line.number, token, reason, put))
        text += line.text[position : match.start()] + (match["open"] or "") + (put or "")
        position = match.end() - len(match["after"] or "")
    return replace(line, text=(text + line.text[position:]).strip()), removals
