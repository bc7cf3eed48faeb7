"""How replies read in WeChat: plain text with numbered choices, cut at sentences where it is too long for one message."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

LONGEST = 2048  # bytes of UTF-8 in one text message
_ROOM = 60  # bytes for what is put below a piece
_SENTENCE = re.compile(r"[^。！？；\n]*[。！？；\n]+|[^。！？；\n]+$")
_WHOLE = re.compile(r"https?://[!-~]+|.", re.DOTALL)  # a link is never cut


def with_choices(text: str, buttons: Sequence[Mapping[str, str]]) -> str:
    """Return ``text`` with the titles of ``buttons`` as numbered choices below."""
    if not buttons:
        return text
    lines = [f"{number}. {button['title']}" for number, button in enumerate(buttons, 1)]
    return "\n".join([text, "", "回复数字选择：", *lines])


def printable(text: str) -> str:
    """Return ``text`` without what breaks the XML around it or the platform refuses: controls, ``]]>``."""
    kept = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs", "Cn", "Co"})
    return kept.replace("]]>", "]] >")


def first_piece(text: str, longest: int = LONGEST) -> tuple[str, str]:
    """Return as much of ``text`` as fits into ``longest`` bytes, cut behind a sentence where that can be, and the rest."""
    if _size(text) <= longest:
        return text, ""
    for unit in (_SENTENCE, _WHOLE):
        piece = _fitting(unit.findall(text), longest - _ROOM)
        if piece:
            return piece.rstrip(), text[len(piece) :].lstrip()
    cut = text.encode()[: longest - _ROOM].decode(errors="ignore")  # one link that is longer than a message
    return cut, text[len(cut) :]


def _fitting(parts: Sequence[str], room: int) -> str:
    """Return the first of ``parts`` together that take at most ``room`` bytes."""
    size = end = 0
    for part in parts:
        size += _size(part)
        if size > room:
            break
        end += 1
    return "".join(parts[:end])


def _size(text: str) -> int:
    return len(text.encode("utf-8", "ignore"))
