"""Lines that were broken at a fixed width, as text copied from a printed page is, joined to paragraphs again."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from bot.gazette.marks import begins_provision
from bot.gazette.model import Line

_ENDS = "。;:!?”》)]】"
_NARROWEST, _WIDEST = 40, 120  # columns; a Chinese character takes two
_TOLERANCE = 3  # columns that punctuation pushed to the next line may leave empty
_MIN_LINES, _MIN_SHARE = 8, 0.3


def join_wrapped(lines: Sequence[Line]) -> list[Line]:
    """Return ``lines`` with those joined that only the width of a page divides; a joined line has the first's number.

    That takes place only where a good part of all lines is filled to one and the same width without ending a sentence.
    """
    widths = [_width(line.plain) for line in lines]
    full = _page_width(lines, widths)
    if full is None:
        return list(lines)
    joined: list[Line] = []
    parts: list[str] = []
    for line, width, following in zip(lines, widths, [*lines[1:], None]):
        parts.append(line.text)
        if len(parts) == 1:
            joined.append(line)
        goes_on = full - _TOLERANCE <= width <= full and not line.plain.endswith(tuple(_ENDS))
        if not goes_on or following is None or begins_provision(following.plain):
            joined[-1] = Line(joined[-1].number, "".join(parts))
            parts = []
    return joined


def _width(text: str) -> int:
    """Return the columns that ``text`` takes; beyond the widest page the exact number does not matter."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text[: _WIDEST + 1])


def _page_width(lines: Sequence[Line], widths: Sequence[int]) -> int | None:
    """Return the width at which ``lines`` were broken, None where they were not."""
    if len(lines) < _MIN_LINES or max(widths) > _WIDEST:
        return None
    full = max(widths)
    filled = sum(full - _TOLERANCE <= width for width in widths)
    return full if full >= _NARROWEST and filled >= len(lines) * _MIN_SHARE else None
