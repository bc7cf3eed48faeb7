"""Where the documents of a gazette begin: at a title with a number, at an order's number, at a speech's opening.

Layout by GB/T 9704-2012: number (7.2.5), title of authority, 关于, matter and genre (7.3.1), addressees (7.3.2), text,
signature and date (7.3.5). Gazettes print the title above the number, the documents themselves below it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.gazette.cleaning import is_bare_label
from bot.gazette.model import Line
from bot.gazette.numerals import DATE, NUMBER, NUMERAL, spell_number

_GENRES = (
    "通知|意见|决定|决议|通告|公告|公报|通报|议案|报告|请示|批复|函|纪要|命令|令|办法|规定|细则|规则|条例|章程|方案|预案|规划|"
    "计划|纲要|要点|指引|指南|标准|规程|目录|清单|措施|政策|制度|任务|分工|安排|汇报|讲话|倡议书|总结"
)
_SUFFIX = r"(?:\s*[(〔](?:试行|暂行|草案|修订|修正|修订稿|征求意见稿|.{0,6}版|\d{4}.{0,12})[)〕])*"
_ENDS = re.compile(rf"(?:{_GENRES}){_SUFFIX}$")
_ACTS = "关于|印发|转发|批转|公布|发布"
_TITLE = re.compile(rf"(?P<head>.{{0,60}}?)(?:{_ACTS})(?P<matter>.{{2,200}}?)(?:{_GENRES}){_SUFFIX}")
_STOPS = re.compile(r"[。;!?]|:$")
_MARK = re.compile(rf"{NUMERAL}{{1,4}}、|\({NUMERAL}{{1,4}}\)|第{NUMERAL}{{1,6}}[条章节]|\d{{1,3}}[.、]")
_NUMBER_LINE = re.compile(
    rf"(?:(?:文\s*号|发文字号|文件编号)\s*:?\s*|[\u4e00-\u9fff]{{2,20}}文件\s*)?\(?\s*{NUMBER.pattern}\s*\)?"
)
_TITLE_AND_NUMBER = re.compile(rf"(?P<title>.{{8,200}}?(?:{_GENRES}){_SUFFIX})(?:\s+|\s*\(\s*){NUMBER.pattern}\s*\)?")
_UNFINISHED = re.compile(rf"(?:{_ACTS}|[、和与及《])$")
_SECTION_OF_SITE = re.compile(r"(?:文件|公开|动态|要闻|专栏|栏目)$")
_ORDER = re.compile(r"(?P<issuer>[\u4e00-\u9fff]{2,20}(?:政府|委员会|[局厅部]))令")
_ORDER_NUMBER = re.compile(rf"\(?第\s*(?P<serial>\d{{1,4}}|{NUMERAL}{{1,5}})\s*号\)?")
_SPEECH = re.compile(r".{4,80}(?:讲话|发言|致辞|工作报告|工作汇报|情况汇报|情况报告|述职报告)(?:\(.{1,12}\))?")
_SALUTATION = re.compile(r"(?:各位|同志们|尊敬的).{0,60}[:,]")

_LONGEST_FRAGMENT, _MOST_FRAGMENTS = 80, 5  # of a title that is printed on several lines
_LONGEST_TITLE = 300
_LEAST_TEXT = 20  # characters; what has less below its title and number is an entry of a list


@dataclass(frozen=True)
class Start:
    """Where a document begins: its title is the lines ``title_start`` to ``title_end``, its text begins at ``body``.

    ``title_length`` is how much of its line the title takes, where the number follows it there. ``issuer`` is the
    authority of an order (令), whose number is its title as well.
    """

    number: str | None
    title_start: int
    title_end: int
    body: int
    first: int
    issuer: str | None = None
    title_length: int | None = None


def is_date_line(text: str) -> bool:
    """Return whether the line ``text`` is a date and nothing else, with or without brackets."""
    return len(text) <= 40 and bool(DATE.fullmatch(text.strip("() ")))


def looks_like_title(text: str) -> bool:
    """Return whether ``text`` can be the title of a normative text (云江市…办法)."""
    return 4 < len(text) <= 120 and not _STOPS.search(text) and not _MARK.match(text) and bool(_ENDS.search(text))


def find_starts(lines: Sequence[Line]) -> list[Start]:
    """Return where the documents in ``lines`` begin, in their order; entries of lists of documents are none."""
    starts: list[Start] = []
    taken = 0
    for index in range(len(lines)):
        start = _numbered(lines, index, taken) or _order(lines, index) or _speech(lines, index)
        if start and start.first >= taken:
            starts.append(start)
            taken = start.body
    ends = [*(start.first for start in starts[1:]), len(lines)]
    return [start for start, end in zip(starts, ends) if _has_text(lines[start.body : end])]


def _has_text(lines: Sequence[Line]) -> bool:
    length = 0
    for line in lines:
        length += len(line.text)
        if length >= _LEAST_TEXT:
            return True
    return False


def _numbered(lines: Sequence[Line], index: int, taken: int) -> Start | None:
    """Return the document whose number stands in line ``index``."""
    text = lines[index].plain
    if len(text) > _LONGEST_TITLE:
        return None
    both = _TITLE_AND_NUMBER.fullmatch(text)
    if both and _TITLE.fullmatch(both["title"]) and not _MARK.match(text):
        return Start(spell_number(both), index, index + 1, index + 1, first=index, title_length=both.end("title"))
    match = _NUMBER_LINE.fullmatch(text)
    if match is None:
        return None
    above = _title_above(lines, index, taken)
    if above is not None:
        return Start(spell_number(match), above, index, index + 1, first=above)
    below = _title_below(lines, index + 1)
    return Start(spell_number(match), index + 1, below, below, first=index) if below else None


def _is_fragment(text: str) -> bool:
    """Return whether the line ``text`` can be part of a title."""
    return not (
        len(text) > _LONGEST_FRAGMENT
        or _STOPS.search(text)
        or _MARK.match(text)
        or text.startswith("附件")
        or is_date_line(text)
        or is_bare_label(text)
        or _NUMBER_LINE.fullmatch(text)
    )


def _title_above(lines: Sequence[Line], index: int, taken: int) -> int | None:
    """Return the first line of the title that ends above line ``index``, None where there is none."""
    joined = ""
    for start in range(index - 1, max(taken, index - _MOST_FRAGMENTS) - 1, -1):
        if not _is_fragment(lines[start].plain):
            return None
        joined = lines[start].plain + joined
        if _TITLE.fullmatch(joined):
            return _extend(lines, start, taken)
    return None


def _extend(lines: Sequence[Line], start: int, taken: int) -> int:
    """Return the first line of a title that is complete from line ``start`` on, with what belongs to it above.

    That is a line that ends in the middle of a title (转发), and above a title that begins with 关于 the line with its
    authority or with what displaced it.
    """
    while start > taken:
        above = lines[start - 1].plain
        lacks_authority = lines[start].plain.startswith(("关于", "印发", "转发", "批转"))
        belongs = _UNFINISHED.search(above) or (
            lacks_authority and " " not in above and not _SECTION_OF_SITE.search(above)
        )
        if not belongs or not _is_fragment(above) or _ENDS.search(above):
            break
        start -= 1
    return start


def _title_below(lines: Sequence[Line], start: int) -> int | None:
    """Return the line after the title that begins in line ``start``, None where none begins there."""
    joined = ""
    for index in range(start, min(len(lines), start + _MOST_FRAGMENTS)):
        if not _is_fragment(lines[index].plain):
            return None
        joined += lines[index].plain
        if _TITLE.fullmatch(joined):
            return index + 1
    return None


def _order(lines: Sequence[Line], index: int) -> Start | None:
    """Return the order (令) that begins in line ``index``: 云江市人民政府令, then 第12号 there or in the next line."""
    text = lines[index].plain
    name, order, serial = text.partition("令")
    match = _ORDER.fullmatch(name + order) if len(text) <= _LONGEST_FRAGMENT else None
    if match is None:
        return None
    body = index + 1
    if not serial.strip() and body < len(lines):
        serial, body = lines[body].plain, body + 1
    number = _ORDER_NUMBER.fullmatch(serial.strip()) if len(serial) <= _LONGEST_FRAGMENT else None
    if number is None:
        return None
    return Start(f"{name}令第{number['serial']}号", index, index + 1, body, first=index, issuer=match["issuer"])


def _speech(lines: Sequence[Line], index: int) -> Start | None:
    """Return the speech or report without a number that begins in line ``index``.

    Its title is followed, within three lines, by a date in brackets or a salutation.
    """
    text = lines[index].plain
    if len(text) > _LONGEST_FRAGMENT or not _SPEECH.fullmatch(text) or not _is_fragment(text):
        return None
    for line in lines[index + 1 : index + 4]:
        if (line.plain.startswith("(") and is_date_line(line.plain)) or _SALUTATION.fullmatch(line.plain[:80]):
            return Start(None, index, index + 1, index + 1, first=index)
    return None
