"""The printed numbers that provisions begin with (层次序数), and whether a number met in a text begins one.

GB/T 9704-2012 7.3.3 has 一、 (一) 1. (1) for the levels of a document; statutes have 章, 条 and (一), speeches 第一,.
All patterns are for text in the spelling of ``bot.gazette.spelling.plain``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from bot.gazette.numerals import NUMERAL, to_int


class Kind(IntEnum):
    """A kind of number; the value is how deep it usually stands."""

    ATTACHMENT = 0  # 附件1
    CHAPTER = 10  # 第一章
    ARTICLE = 20  # 第一条
    ORDINAL = 21  # 第一,
    SECTION = 30  # 一、
    ITEM = 40  # (一)
    POINT = 50  # 1.
    SUBPOINT = 60  # (1)
    CIRCLE = 70  # ①


SENTENCE_END = re.compile(r"[。;:!?]")
HEADING_MAX = 60

_CIRCLES = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_PATTERNS = {
    Kind.ATTACHMENT: r"(?P<label>附\s*件\s*(?P<number>\d{0,2}))\s*:?(?P<after>.{0,60})$",
    Kind.CHAPTER: rf"(?P<label>第\s*(?P<number>{NUMERAL}{{1,5}}|\d{{1,3}})\s*(?:编|章|节|部分))(?=\s|$|\S{{1,30}}$)",
    Kind.ARTICLE: rf"(?P<label>第\s*(?P<number>{NUMERAL}{{1,7}}|\d{{1,4}})\s*条(?:之{NUMERAL})?)(?![的款第、和或至])",
    Kind.ORDINAL: rf"(?P<label>第(?P<number>{NUMERAL}{{1,3}}))\s*[,、: ]",
    # 一、二级医院 is no number of a section.
    Kind.SECTION: rf"(?P<label>(?P<number>{NUMERAL}{{1,4}}))\s*[、.](?!{NUMERAL}[、级类批线审期次])",
    Kind.ITEM: rf"(?P<label>\(\s*(?P<number>{NUMERAL}{{1,4}})\s*\))",
    Kind.POINT: r"(?P<label>(?P<number>\d{1,3}))\s*[.、](?!\d)",
    Kind.SUBPOINT: r"(?P<label>\(?\s*(?P<number>\d{1,3})\s*\))",
    Kind.CIRCLE: rf"(?P<label>(?P<number>[{_CIRCLES}]))",
}
_COMPILED = {kind: re.compile(pattern) for kind, pattern in _PATTERNS.items()}
_TOP = (Kind.CHAPTER, Kind.ARTICLE, Kind.ORDINAL, Kind.SECTION, Kind.ITEM)
_INLINE = (Kind.ITEM, Kind.POINT, Kind.SUBPOINT, Kind.CIRCLE)
_LONGEST = 100  # as much of a line as the patterns need
# Where a number within a line can begin a provision: after the end of a sentence or clause, or after a heading.
_INLINE_START = re.compile(rf"(?<=[。;:!?])\s*(?=[(\d{_CIRCLES}])")
_AFTER_HEADING = re.compile(rf"\s+(?=\({NUMERAL}|\d{{1,2}}[.、]\D)")
_MAX_GAP = 10  # numbers that may be missing from a series before a number is taken for something else
_LOOK_AHEAD = 40


@dataclass(frozen=True)
class Mark:
    """A printed number: its kind, how it reads in a path, its value, and how much of the line it takes."""

    kind: Kind
    label: str
    ordinal: int
    length: int


def begins_provision(text: str) -> bool:
    """Return whether the line ``text`` begins with a number of the top levels."""
    head = text[:_LONGEST]
    return any(_COMPILED[kind].match(head) for kind in _TOP)


def mark_at_start(text: str, last: Mapping[Kind, int]) -> Mark | None:
    """Return the number that the line ``text`` begins with, None where it begins with none or only mentions one.

    ``last`` are the values of the last number of each kind so far.
    """
    head = text[:_LONGEST]
    for kind, pattern in _COMPILED.items():
        match = pattern.match(head)
        mark = _mark(kind, match) if match else None
        if match and mark and _is_plausible(mark, match, text, last.get(kind, 0)):
            return mark
    return None


def _mark(kind: Kind, match: re.Match[str]) -> Mark | None:
    number, label = match["number"], match["label"]
    try:
        ordinal = _CIRCLES.index(number) + 1 if kind is Kind.CIRCLE else to_int(number or "0")
    except ValueError:
        return None
    if kind is not Kind.CIRCLE:
        label = unicodedata.normalize("NFKC", label)
    return Mark(kind, re.sub(r"\s+", "", label), ordinal, match.end() - match.start())


def _is_plausible(mark: Mark, match: re.Match[str], text: str, last: int) -> bool:
    """Return whether the number can begin a provision after the number ``last`` of its kind.

    A line may also begin with 第四条规定 or 110、: numbers must continue a series or begin one.
    """
    begins = mark.ordinal == 1
    if mark.kind is Kind.ATTACHMENT:  # the label stands alone, or with the attachment's title
        return not SENTENCE_END.search(match["after"]) and bool(match["number"] or not match["after"].strip())
    if mark.kind is Kind.CHAPTER:
        return len(text) <= HEADING_MAX and not SENTENCE_END.search(text)
    if mark.kind is Kind.ARTICLE:
        set_off = text[mark.length : mark.length + 1] in ("", " ", "【", "(")
        return begins or mark.ordinal == last + 1 or (set_off and mark.ordinal > last)
    if mark.kind is Kind.SECTION:
        return begins or last < mark.ordinal <= last + 3
    return mark.ordinal <= last + _MAX_GAP


def cut(text: str, mark: Mark, last: Mapping[Kind, int]) -> Iterator[tuple[int, int, Mark]]:
    """Yield where the line ``text``, which begins with ``mark``, is cut because further numbers begin provisions.

    Each piece is given as start, end and number. Within a line a number counts only if it continues its series, or
    begins one that goes on or stands after a heading.
    """
    candidates = list(_candidates(text, mark))
    begin, current = 0, mark
    seen = {**last, mark.kind: mark.ordinal}
    for position, (start, found) in enumerate(candidates):
        ahead = candidates[position + 1 : position + _LOOK_AHEAD]
        goes_on = any(other.kind is found.kind and other.ordinal == 2 for _, other in ahead)
        after_heading = not SENTENCE_END.search(text, begin + current.length, start)
        continues = found.ordinal == seen.get(found.kind, 0) + 1 > 1
        if continues or (found.ordinal == 1 and (goes_on or after_heading)):
            yield begin, start, current
            begin, current = start, found
            seen[found.kind] = found.ordinal
    yield begin, len(text), current


def _candidates(text: str, outer: Mark) -> Iterator[tuple[int, Mark]]:
    """Yield the numbers within ``text`` where a provision can begin, none of a higher kind than ``outer``."""
    starts = [match.end() for match in _INLINE_START.finditer(text, outer.length)]
    after = _AFTER_HEADING.search(text, outer.length, outer.length + HEADING_MAX)
    if after and not SENTENCE_END.search(text, outer.length, after.start()):
        starts.insert(0, after.end())
    for start in starts:
        for kind in _INLINE:
            match = _COMPILED[kind].match(text, start, start + 12) if kind >= outer.kind else None
            mark = _mark(kind, match) if match else None
            if mark:
                yield start, mark
                break
