"""A covering notice (印发通知) and the normative texts annexed to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.gazette.closing import is_attachment_label
from bot.gazette.model import Line
from bot.gazette.spelling import plain
from bot.gazette.splitting import is_date_line, looks_like_title

_QUOTED = re.compile(r"《([^《》]{2,120}(?:《[^《》]{0,120}》[^《》]{0,120}){0,3})》")
_ISSUED = re.compile(r"(?:印发|公布|发布|转发|批转|颁布)(?P<name>.{2,200}?)的(?:通知|决定|公告|通告)$")
_QUOTES = re.compile(r"[\s《》〈〉<>“”\"‘’]")
_LONGEST_LINE, _MOST_LINES = 120, 4  # of a title that is printed on several lines
_SEARCHED, _SEARCHED_LENGTH = 15, 3000  # lines of the notice, and characters of each, that may name its annexes
_MOST_NAMES = 50


@dataclass(frozen=True)
class Annex:
    """A normative text: its title, the lines that this is printed on, and the lines under it."""

    title: str
    title_lines: tuple[Line, ...]
    lines: tuple[Line, ...]


def join_title(lines: Sequence[Line]) -> str:
    """Return the title printed on ``lines``: white space between Chinese characters is layout, not part of it."""
    return re.sub(r"(?<=[^\x00-\x7f]) +(?=[^\x00-\x7f])", "", "".join(line.text for line in lines)).strip()


def count_title_lines(lines: Sequence[Line]) -> int:
    """Return how many lines the title at the head of ``lines`` takes, 0 where there is none."""
    joined = ""
    for count, line in enumerate(lines[:_MOST_LINES], start=1):
        joined += line.plain
        if looks_like_title(joined):
            return count
        if len(joined) > _LONGEST_LINE:
            break
    return 0


def split_annexes(title: str, lines: Sequence[Line]) -> tuple[tuple[Line, ...], list[Annex]]:
    """Return the lines of the covering notice ``title`` and the texts annexed to it.

    An annex begins where a title is printed that the notice announces; a title below the notice's date will do where
    the notice spells it differently. There are none where the entry is one text.
    """
    found = _find_titles(lines, _announced(title, lines))
    if not found and _ISSUED.search(plain(title)):
        found = _title_below_date(lines)
    if not found:
        return tuple(lines), []
    begins = [begin - is_attachment_label(lines[begin - 1].plain) for begin, _ in found]
    annexes = []
    for (title_begin, count), begin, end in zip(found, begins, [*begins[1:], len(lines)]):
        text_begin = title_begin + count
        printed = join_title(lines[title_begin:text_begin])
        annexes.append(Annex(printed, tuple(lines[begin:text_begin]), tuple(lines[text_begin:end])))
    return tuple(lines[: begins[0]]), annexes


def _key(title: str) -> str:
    """Return ``title`` without what differs between a title quoted and the same title printed."""
    return _QUOTES.sub("", plain(title)).translate(str.maketrans("〔〕", "()"))


def _announced(title: str, lines: Sequence[Line]) -> set[str]:
    """Return the names of the texts that a notice with ``title`` may have annexed, by title and first lines."""
    names: dict[str, None] = {}
    issued = _ISSUED.search(plain(title))
    if issued:
        names[_key(issued["name"])] = None
        names.update(dict.fromkeys(_key(name) for name in _QUOTED.findall(issued["name"])))
    for line in lines[:_SEARCHED]:
        names.update(dict.fromkeys(_key(name) for name in _QUOTED.findall(line.plain[:_SEARCHED_LENGTH])))
    return {name for name in list(names)[:_MOST_NAMES] if len(name) >= 4}


def _find_titles(lines: Sequence[Line], names: set[str]) -> list[tuple[int, int]]:
    """Return (index, number of lines) of each announced title that is printed in ``lines``, each name once."""
    found: list[tuple[int, int]] = []
    remaining = set(names)
    index = 1
    while index < len(lines) and remaining:
        count = _announced_title(lines, index, remaining)
        if count:
            found.append((index, count))
        index += count or 1
    return found


def _announced_title(lines: Sequence[Line], index: int, remaining: set[str]) -> int:
    """Return how many lines the announced title at ``index`` takes, and strike it off ``remaining``; 0 if none."""
    joined = ""
    for count, line in enumerate(lines[index : index + _MOST_LINES], start=1):
        if len(line.plain) > _LONGEST_LINE:
            return 0
        joined += _key(line.plain)
        if joined in remaining:
            remaining.discard(joined)
            return count
        if not any(name.startswith(joined) for name in remaining):
            return 0
    return 0


def _title_below_date(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """Return (index, number of lines) of the title printed below the date of the notice, where there is one."""
    for index, line in enumerate(lines[:_SEARCHED]):
        if is_date_line(line.plain):
            begin = index + 1
            while begin < len(lines) and is_attachment_label(lines[begin].plain):
                begin += 1
            count = count_title_lines(lines[begin:])
            return [(begin, count)] if count else []
    return []
