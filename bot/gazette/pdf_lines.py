"""The lines of printed pages: what repeats on every page is taken out, paragraphs are joined across lines and pages."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from bot.gazette.marks import begins_provision
from bot.gazette.model import Removal
from bot.gazette.spelling import plain
from bot.gazette.splitting import looks_like_title

_EDGE = 3  # lines at the head and the foot of a page that may be its header, footer or number
_LEAST_REPEATS, _REPEATING = 3, 0.4  # on how many pages a header stands: left and right pages may have their own
_PAGE_NUMBER = re.compile(r"\W*(?:第\s*)?(?P<number>\d{1,4})\s*页?\W*(?:[/共]\s*\d{1,4}\s*页?\W*)?")
_HEADER = re.compile(r"[^。;,!?]{4,60}")  # the last words of a paragraph (工作。) may be the last of many pages, too
_FURNITURE, _EMPTY_PAGE = "每页重复的页眉、页脚或页码", "没有文字的页面（空白或图片），没有读入"
_ENDS = ("。", ";", ":", "!", "?", "”", "》", ")", "]", "】")
# In widths of a character (字). GB/T 9704-2012 5.2.3 has every paragraph indented by two.
_MARGIN, _INDENT, _REACH = 0.6, 2.6, 5.0
# What a full line may lack at its end: letters are narrower than is reckoned, and lines that are stretched are longer.
# Where indents show the paragraphs, a line may lack more and still be full, above all in the middle of a sentence.
_SHORT, _SHORT_INDENTED, _SHORT_UNFINISHED = 2.0, 4.0, 8.0
_LEAST_FULL = 2  # lines that are full in the middle of a sentence: without them, the longest line is just a long one
_NARROWEST = 14  # what is shorter is filled on no page, even in two columns
_NEAR = 20  # lines around one that show how far lines reach there
_INDENTED = 0.05  # share of lines that are indented in a text whose paragraphs are


@dataclass(frozen=True)
class PrintedLine:
    """A line on a page: its text, where it begins and ends, the size of its characters, and is it a table's row."""

    text: str
    left: float
    right: float
    size: float
    is_row: bool = False


@dataclass(frozen=True)
class _Placed:
    """A line in characters: its ``indent``, where it ends from the margin on, and what it ``lacks`` to end as others do."""

    line: PrintedLine
    indent: float
    end: float
    lacks: float


def columns(text: str) -> int:
    """Return the columns that ``text`` takes: two for a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)


def join_pages(pages: Sequence[Sequence[PrintedLine]]) -> tuple[list[str], list[Removal]]:
    """Return the paragraphs printed on ``pages`` and what is none of them; a removal names the one that its page begins in."""
    furniture = _furniture(pages)
    kept = [
        [line for index, line in enumerate(page) if (number, index) not in furniture]
        for number, page in enumerate(pages)
    ]
    placed = [line for page in kept for line in _placed(page)]
    begins = _begins(placed)
    paragraphs: list[list[str]] = []
    for one, new in zip(placed, begins):
        if new:
            paragraphs.append([])
        paragraphs[-1].append(one.line.text)
    return ["".join(parts) for parts in paragraphs], list(_removals(pages, kept, furniture, begins))


def _removals(
    pages: Sequence[Sequence[PrintedLine]],
    kept: Sequence[Sequence[PrintedLine]],
    furniture: set[tuple[int, int]],
    begins: Sequence[bool],
) -> Iterator[Removal]:
    """Yield what was taken out of ``pages``, and the pages that hold nothing, with the paragraph that each page begins in."""
    counts = list(accumulate(map(int, begins))) or [1]
    position = 0
    for number, page in enumerate(pages):
        paragraph = counts[min(position, len(counts) - 1)]
        for index, line in enumerate(page):
            if (number, index) in furniture:
                yield Removal(paragraph, line.text, _FURNITURE)
        if not kept[number]:
            yield Removal(paragraph, f"第{number + 1}页", _EMPTY_PAGE)
        position += len(kept[number])


def _furniture(pages: Sequence[Sequence[PrintedLine]]) -> set[tuple[int, int]]:
    """Return which lines, as (page, index), are headers, footers or page numbers.

    They stand in the same place on many pages. Of a line that may be a title, the first is taken for the title.
    """
    edges = [(number, index) for number, page in enumerate(pages) for index in _edges(page)]
    found = _page_numbers(pages, edges)
    by_text: dict[tuple[str, int], list[tuple[int, int]]] = {}  # and by place on the page: from its head, from its foot
    for number, index in edges:
        text = re.sub(r"\d+", "#", re.sub(r"\s", "", pages[number][index].text))
        for place in (index, index - len(pages[number])) if _HEADER.fullmatch(plain(text)) else ():
            by_text.setdefault((text, place), []).append((number, index))
    for (text, _), places in by_text.items():
        if len(places) >= max(_LEAST_REPEATS, _REPEATING * len(pages)):
            keeps_first = looks_like_title(plain(text)) and "公报" not in text
            found.update(places[1:] if keeps_first else places)
    return found


def _edges(page: Sequence[PrintedLine]) -> list[int]:
    """Return the indices of the lines at the head and the foot of ``page``; programs may write a foot before the text."""
    return sorted({*range(min(_EDGE, len(page))), *range(max(0, len(page) - _EDGE), len(page))})


def _page_numbers(pages: Sequence[Sequence[PrintedLine]], edges: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return which of ``edges`` are numbers that count the pages."""
    offsets: dict[int, list[tuple[int, int]]] = {}
    for number, index in edges:
        match = _PAGE_NUMBER.fullmatch(pages[number][index].text[:40])
        if match:
            offsets.setdefault(int(match["number"]) - number, []).append((number, index))
    if not offsets:
        return set()
    offset = max(offsets, key=lambda key: (len(offsets[key]), key == 1))
    counted = len({number for number, _ in offsets[offset]})
    return set(offsets[offset]) if counted * 2 >= len(pages) and (counted > 1 or offset == 1) else set()


def _placed(page: Sequence[PrintedLine]) -> list[_Placed]:
    """Return the lines of ``page`` with their indents from the margin that they have in common with lines near them."""
    if not page:
        return []
    lefts = sorted(line.left for line in page)
    margins = [lefts[bisect_left(lefts, line.left - _REACH * line.size)] for line in page]
    placed = []
    for index, line in enumerate(page):
        near = range(max(0, index - _NEAR), min(len(page), index + _NEAR + 1))
        reach = max(page[other].right for other in near if abs(margins[other] - margins[index]) < line.size)
        distances = (line.left - margins[index], line.right - margins[index], reach - line.right)
        placed.append(_Placed(line, *(distance / line.size for distance in distances)))
    return placed


def _begins(lines: Sequence[_Placed]) -> list[bool]:
    """Return for each of ``lines`` whether a paragraph begins with it."""
    indents = sum(1 < one.indent <= _INDENT for one in lines) > _INDENTED * len(lines)
    unfinished = sorted(one.end for one in lines if not _finished(one))
    begins = [True] * len(lines)
    for index, (before, one) in enumerate(pairwise(lines), start=1):
        full = before.end + before.lacks
        others = bisect_right(unfinished, full + _MARGIN) - bisect_left(unfinished, full - _SHORT)
        wrapped = full >= _NARROWEST and others >= _LEAST_FULL
        begins[index] = not (wrapped and _goes_on(before, one, indents))
    return begins


def _finished(one: _Placed) -> bool:
    return plain(one.line.text).endswith(_ENDS)


def _goes_on(before: _Placed, one: _Placed, indents: bool) -> bool:
    """Return whether the paragraph of the line ``before`` goes on in the line ``one``, in a text of wrapped lines.

    ``indents``: the paragraphs of the text are indented. Where they are not, numbers and ends of sentences must tell.
    """
    if before.line.is_row or one.line.is_row or abs(before.line.size - one.line.size) > before.line.size / 10:
        return False
    if before.indent > _REACH or one.indent > _MARGIN:
        return False
    if before.indent > _INDENT:  # a title in the middle lacks at its end what it has before it
        return before.lacks <= _SHORT
    if indents:
        return before.lacks <= (_SHORT_INDENTED if _finished(before) else _SHORT_UNFINISHED)
    return before.lacks <= _SHORT and not _finished(before) and not begins_provision(plain(one.line.text))
