"""The numbers that Word counts itself (自动编号: 第一条, 一、, 1.): they are in no text of the file, only their rules are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from docx.oxml.ns import qn

_DIGITS = "〇一二三四五六七八九"
_UNITS = ("", "十", "百", "千")
_CIRCLES = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_COUNTING = frozenset({"chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCountingThousand"})
_SERIES = {
    "decimalEnclosedCircle": _CIRCLES,
    "decimalEnclosedCircleChinese": _CIRCLES,
    "ideographTraditional": "甲乙丙丁戊己庚辛壬癸",
    "lowerLetter": "abcdefghijklmnopqrstuvwxyz",
    "upperLetter": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}
# What Word itself keeps to, and what a hostile file would exceed to make a short text long.
_LONGEST_CHAIN = 20  # styles that rest on one another
_MOST_LEVELS = 9
_LONGEST_TEXT = 40  # characters around the numbers
_LARGEST = 99_999


class UnknownNumber(ValueError):
    """A number in a format that is not read."""


@dataclass(frozen=True)
class _Level:
    """How the numbers of one level of a list look and count."""

    start: int
    format: str
    text: str
    legal: bool  # numbers of higher levels in it are 1, 2, 3 whatever their own format
    restart: int | None  # begins anew after a number of these highest levels; None: after any higher one
    style: str | None  # the paragraph style that stands for this level


@dataclass(frozen=True)
class _List:
    """A list (w:num): the definition whose count it shares, its levels, and where it begins anew."""

    definition: str
    levels: Mapping[int, _Level]
    starts: Mapping[int, int]


@dataclass
class Numbers:
    """Counts the numbered paragraphs of a document in their order."""

    lists: Mapping[str, _List]
    styles: Mapping[str, tuple[str | None, int | None, str | None]]  # list, level and style below of each style
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)
    _begun: set[tuple[str, int]] = field(default_factory=set)

    def next(self, properties: Any) -> str:
        """Return the number that a paragraph with ``properties`` (w:pPr) begins with, "" where it has none.

        Raises UnknownNumber where it has one that cannot be told; it is counted all the same.
        """
        list_id, level = self._place(properties)
        found = self.lists.get(list_id or "0")
        if found is None or level not in found.levels:
            return ""
        counts = self._counts.setdefault(found.definition, {})
        for higher, rule in found.levels.items():  # a level that was left out counts as begun
            if higher < level:
                counts.setdefault(higher, rule.start)
        if level in found.starts and (list_id, level) not in self._begun:
            counts[level] = found.starts[level]
        else:
            counts[level] = counts.get(level, found.levels[level].start - 1) + 1
        self._begun.add((str(list_id), level))
        for deeper, rule in found.levels.items():
            if deeper > level and (rule.restart is None or level < rule.restart):
                counts.pop(deeper, None)
        return _spelt(found.levels, level, counts)

    def _place(self, properties: Any) -> tuple[str | None, int]:
        """Return the list and the level that a paragraph stands in, by itself or by its style."""
        own = _list_of(properties)
        style = _value(properties, "w:pStyle") if properties is not None else None
        list_id, level = own
        for _ in range(_LONGEST_CHAIN):
            if list_id is not None or style is None or style not in self.styles:
                break
            list_id, its_level, below = self.styles[style]
            if list_id is not None and level is None:
                level = its_level if its_level is not None else self._level_of(list_id, style)
            style = below
        return list_id, level or 0

    def _level_of(self, list_id: str, style: str) -> int:
        """Return the level of the list that is bound to ``style``."""
        levels = self.lists[list_id].levels if list_id in self.lists else {}
        return next((level for level, rule in levels.items() if rule.style == style), 0)


def read_numbers(numbering: Any, styles: Any) -> Numbers:
    """Return the rules in the parts ``numbering`` (w:numbering; None: the document has none) and ``styles``."""
    known = {
        style.get(qn("w:styleId"), ""): (*_list_of(style.find(qn("w:pPr"))), _value(style, "w:basedOn"))
        for style in styles.findall(qn("w:style"))
    }
    if numbering is None:
        return Numbers({}, known)
    definitions = {one.get(qn("w:abstractNumId")): one for one in numbering.findall(qn("w:abstractNum"))}
    levels = {name: _levels(one) for name, one in definitions.items()}
    named = {one.get(qn("w:numId")): _value(one, "w:abstractNumId") for one in numbering.findall(qn("w:num"))}
    lists = {}
    for one in numbering.findall(qn("w:num")):
        name = _value(one, "w:abstractNumId")
        link = _value(definitions.get(name), "w:numStyleLink")
        if link in known:  # the levels are those of the list that the style names
            name = named.get(known[link][0])
        lists[one.get(qn("w:numId"))] = _list(one, str(name), levels.get(name, {}))
    return Numbers(lists, known)


def _list(element: Any, definition: str, levels: Mapping[int, _Level]) -> _List:
    own, starts = dict(levels), {}
    for override in element.findall(qn("w:lvlOverride")):
        own |= _levels(override)
        start = _value(override, "w:startOverride")
        if start is not None:
            starts[_number(override.get(qn("w:ilvl")))] = _number(start)
    return _List(definition, own, starts)


def _levels(parent: Any) -> dict[int, _Level]:
    """Return the levels that are defined in ``parent`` (w:abstractNum or w:lvlOverride)."""
    levels = {}
    for one in parent.findall(qn("w:lvl"))[:_MOST_LEVELS]:
        restart = _value(one, "w:lvlRestart")
        levels[_number(one.get(qn("w:ilvl")))] = _Level(
            _number(_value(one, "w:start")),
            _value(one, "w:numFmt") or "decimal",
            (_value(one, "w:lvlText") or "")[:_LONGEST_TEXT],
            one.find(qn("w:isLgl")) is not None,
            _number(restart) if restart is not None else None,
            _value(one, "w:pStyle"),
        )
    return levels


def _list_of(properties: Any) -> tuple[str | None, int | None]:
    """Return the list and level that ``properties`` (w:pPr) name."""
    number = properties.find(qn("w:numPr")) if properties is not None else None
    if number is None:
        return None, None
    level = _value(number, "w:ilvl")
    return _value(number, "w:numId"), _number(level) if level is not None else None


def _number(text: str | None) -> int:
    """Return the number that an attribute holds, 0 where it is missing. Raises ValueError where it is none."""
    return min(int(text or 0), _LARGEST)


def _value(parent: Any, tag: str) -> str | None:
    """Return the ``w:val`` of the child ``tag``, None where there is none."""
    child = parent.find(qn(tag)) if parent is not None else None
    return child.get(qn("w:val")) if child is not None else None


def _spelt(levels: Mapping[int, _Level], level: int, counts: Mapping[int, int]) -> str:
    """Return the number of ``level`` as it is printed. A bullet is no number."""
    rule = levels[level]
    if rule.format == "bullet":
        return ""

    def part(match: re.Match[str]) -> str:
        index = int(match[1]) - 1
        if index not in levels or index not in counts:  # a level that names a deeper one, which has no number yet
            return ""
        style = "decimal" if rule.legal else levels[index].format
        return _in_format(counts[index], style)

    return re.sub(r"%([1-9])", part, rule.text)


def _in_format(number: int, style: str) -> str:
    """Return ``number`` in one of Word's formats. Raises UnknownNumber for the others."""
    if style == "none":
        return ""
    if style == "decimal" or number < 0:
        return str(number)
    if style == "decimalZero":
        return f"{number:02}"
    if style == "decimalFullWidth":
        return str(number).translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    if style == "ideographDigital" or (style == "chineseCounting" and number >= 100):
        return "".join(_DIGITS[int(digit)] for digit in str(number))
    if style in _COUNTING and 0 < number < 10_000:
        return re.sub("零|一(?=[十百千])", "", _counted(number)) if style == "japaneseCounting" else _counted(number)
    if style in _SERIES and 0 < number <= len(_SERIES[style]):
        return _SERIES[style][number - 1]
    raise UnknownNumber(style)


def _counted(number: int) -> str:
    """Return ``number`` as it is counted: 十二, 二十, 一百零三."""
    digits = str(number)
    spelt = "".join(
        _DIGITS[int(digit)] + _UNITS[len(digits) - 1 - place] if digit != "0" else "零"
        for place, digit in enumerate(digits)
    )
    spelt = re.sub("零+", "零", spelt).rstrip("零")
    return spelt[1:] if spelt.startswith("一十") else spelt
