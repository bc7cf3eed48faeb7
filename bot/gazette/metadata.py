"""What a document states about itself: date of issue (成文日期), from and until when it applies, what it repeals."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.gazette.model import Line
from bot.gazette.numerals import DATE, NUMBER, NUMERAL, spell_number, to_date, to_int

_NUM = rf"(?P<count>\d{{1,3}}|{NUMERAL}{{1,3}})"
_SELF = re.compile(
    r"本(?:实施)?(?:办法|细则|规定|意见|方案|通知|通告|公告|条例|决定|制度|规则|规范|标准|预案|措施|政策|文件|令|规划|计划)|现予|现将|现印发"
)
_IN_FORCE = r"(?:正式)?(?:施行|实施|执行|生效|试行|起效)"
_FROM_ISSUE = re.compile(
    r"自(?:本\w{1,6})?(?:公布|发布|印发|颁布|发文|下发|签发|公开发布)之日起"
    rf"(?:满?{_NUM}(?P<unit>日|天|个月)后)?,?(?:{_IN_FORCE}|有效期)"
)
_FROM_DATE = re.compile(rf"(?:自|从)?\s*(?P<date>{DATE.pattern})\s*(?:零时|0时)?(?:之日)?起,?(?:{_IN_FORCE}|有效期)")
_DURATION = re.compile(
    rf"(?:有效期限?|试行期限?|施行期限?|实施期限|执行期限?|{_IN_FORCE})(?:暂定|定|均|限)?(?:为|是|:)?\s*{_NUM}\s*"
    r"(?P<unit>年|个月)(?!行动|计划|来|内|后|以上|规划|攻坚)"
)
_UNTIL = re.compile(rf"(?:有效期限?|试行期限?|施行|实施|执行|试行)截?(?:至|到|止于|止至|止)\s*(?P<date>{DATE.pattern})")
_REPEALS = re.compile(r"(?<!已)(?<!已经)(?:废止|停止执行|停止施行|失效)")
# Words that run into an organ's code where a number is mentioned in a sentence: 原云政发〔2012〕3号.
_BEFORE_CODE = re.compile(r"^.*(?:根据|按照|依据|依照|以及|文件|原|和|及|与|将|对|由|见|的)(?=.)")
_SIGNATURE = re.compile(r"[\u4e00-\u9fff]{2,30}(?:政府|办公[室厅]|委员会|[委局厅院会])")
_SENTENCE = re.compile(r"[^。\n]+")


@dataclass(frozen=True)
class Validity:
    """From which day a document applies, and the first day on which it no longer does; None where it does not say."""

    effective_from: dt.date | None
    effective_until: dt.date | None


def find_date(lines: Iterable[Line]) -> dt.date | None:
    """Return the first date that one of ``lines`` is, None where none is one."""
    for line in lines:
        match = DATE.fullmatch(line.plain.strip("() ")) if len(line.plain) <= 40 else None
        date = to_date(match) if match else None
        if date:
            return date
    return None


def find_validity(text: str, issued_on: dt.date | None) -> Validity:
    """Return when the document ``text`` applies, by its own words.

    自公布(印发)之日起施行 counts from ``issued_on``; 有效期5年 from the day from which it applies.
    """
    start = until = None
    duration: tuple[int, str] | None = None
    for sentence in _own_sentences(text):
        start = start or _start(sentence, issued_on)
        until = until or _end(sentence)
        if duration is None and (match := _DURATION.search(sentence)):
            duration = to_int(match["count"]), match["unit"]
    if until is None and duration and start:
        until = _add(start, *duration)
    return Validity(start, until)


def _own_sentences(text: str) -> Iterable[str]:
    """Yield the sentences in which the document speaks of its own validity, not of other documents'."""
    for match in _SENTENCE.finditer(text):
        sentence = match.group()
        if not re.search(r"起|有效期|试行期|止", sentence):
            continue
        if not re.search(r"施行|实施|执行|生效|有效期|试行|废止|失效", sentence):
            continue
        trimmed = re.sub(rf"^\s*第{NUMERAL}+条\s*|^\s*[(]?{NUMERAL}+[、)]\s*", "", sentence)
        if _SELF.search(trimmed) or re.match(r"(?:自|从|有效期|试行期)", trimmed):
            yield sentence


def _start(sentence: str, issued_on: dt.date | None) -> dt.date | None:
    match = _FROM_ISSUE.search(sentence)
    if match:
        if issued_on and match["count"]:
            count = to_int(match["count"])
            return _add(issued_on, count, "个月") if match["unit"] == "个月" else issued_on + dt.timedelta(days=count)
        return issued_on
    dated = _FROM_DATE.search(sentence)
    if dated and "《" not in sentence[: dated.start()].rsplit(",", 1)[-1]:
        return to_date(dated)
    return None


def _end(sentence: str) -> dt.date | None:
    """Return the first day after the last one that ``sentence`` names."""
    match = _UNTIL.search(sentence)
    if match is None:
        return None
    last = to_date(match)
    return last + dt.timedelta(days=1) if last else None


def _add(date: dt.date, count: int, unit: str) -> dt.date | None:
    """Return the day ``count`` years or months after ``date``, the first of the next month where it has no such day."""
    months = date.month - 1 + (count * 12 if unit == "年" else count)
    year, month = date.year + months // 12, months % 12 + 1
    if not dt.MINYEAR <= year < dt.MAXYEAR:
        return None
    try:
        return dt.date(year, month, date.day)
    except ValueError:
        return dt.date(year + month // 12, month % 12 + 1, 1)


def find_repeals(text: str, own: str | None) -> tuple[str, ...]:
    """Return the numbers of the documents that ``text`` repeals, in its order.

    They stand in the same sentence before 废止 (or 停止执行, 失效); ``own`` is the document's own number.
    """
    found: dict[str, None] = {}
    for match in _SENTENCE.finditer(text):
        sentence = match.group()
        ends = [m.end() for m in _REPEALS.finditer(sentence)]
        if not ends:
            continue
        for number in NUMBER.finditer(sentence, 0, ends[-1]):
            spelled = _BEFORE_CODE.sub("", spell_number(number))
            if spelled != own:
                found[spelled] = None
    return tuple(found)


def signature_authority(lines: Sequence[Line]) -> str | None:
    """Return the authority that signs above the last date of ``lines``, None where none does."""
    for above, below in reversed(list(pairwise(lines))):
        if find_date([below]) and _SIGNATURE.fullmatch(above.plain[:40]):
            return above.text
    return None
