"""One spelling of punctuation, digits and letters, in which everything is recognised; what is printed stays."""

from __future__ import annotations

import re
import unicodedata

# Full-width forms (U+FF01-FF5E) to their half-width ones, and rare brackets to those of GB/T 9704-2012. Every character
# becomes one character, so that a place found in the plain text is the same place in the printed one.
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans(
    {"\ufe5d": "〔", "\ufe5e": "〕", "\uff61": "。", "\uff64": "、", "\ufe59": "(", "\ufe5a": ")", "\u2024": "."}
)
# Radicals that look like characters: programs that make a PDF know of a glyph only one of both. Unicode itself equates
# most of them; here are those that it does not, and 户, of which it means the Traditional form.
_RADICALS = str.maketrans(
    "⺠⻁⻄⻅⻆⻉⻋⻑⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰⼾",
    "民虎西见角贝车长长门青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙户",
) | {0x2E3A: "——"}
_SAME = re.compile("[\u2329\u232a\u2e80-\u2fdf\uf900-\ufaff]")


def proper(text: str) -> str:
    """Return ``text`` with the characters that its radicals and compatibility forms stand for."""
    return _SAME.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text.translate(_RADICALS))


def plain(text: str) -> str:
    """Return ``text`` with half-width punctuation, digits and letters, character by character."""
    return text.translate(_PLAIN)
