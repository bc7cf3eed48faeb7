"""Traditional characters (繁体字) to Simplified ones (简体字), and telling which of the two a text is written in."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Protocol

# 著 is both 着 (著力, 隨著) and itself (著名, 顯著). OpenCC's t2s leaves every 著; mechanical converters for Taiwan and
# Hong Kong write it for every 着. These are the words in which it is itself.
_ZHE = re.compile(r"(?<![显名专编原论巨译卓昭土合所遗拙主])著(?=[\u4e00-\u9fff])(?![名作述称录者有书文])")
# Letter forms of Hong Kong and Taiwan fonts that t2s does not know.
_FORMS = str.maketrans({"衞": "卫", "馀": "余", "啓": "启", "綫": "线", "羣": "群"})
_HAN = range(0x4E00, 0xA000)


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


@lru_cache(maxsize=2)
def _converter(config: str) -> _Converter:
    """Return the OpenCC converter ``config``, built at its first use: building it reads dictionaries from disk."""
    import opencc  # type: ignore[import-untyped,unused-ignore]

    converter: _Converter = opencc.OpenCC(config)
    return converter


@lru_cache(maxsize=1)
def _only_traditional_and_only_simplified() -> tuple[frozenset[str], frozenset[str]]:
    """Return the characters that belong to Traditional text only, and those that belong to Simplified text only.

    Conversion changes them; but many that conversion to Traditional changes are Traditional themselves (后, 于, 干),
    and those are in Big5.
    """
    characters = [chr(code) for code in _HAN]
    lines = "\n".join(characters)
    to_simple = _converter("t2s").convert(lines).split("\n")
    to_traditional = _converter("s2t").convert(lines).split("\n")
    traditional = frozenset(c for c, other in zip(characters, to_simple) if c != other)
    simplified = frozenset(c for c, other in zip(characters, to_traditional) if c != other and not _is_in_big5(c))
    return traditional, simplified - traditional


def _is_in_big5(character: str) -> bool:
    try:
        character.encode("big5")
    except UnicodeEncodeError:
        return False
    return True


def to_simplified(text: str) -> str:
    """Return ``text`` in Simplified characters; Simplified text comes back unchanged, and so does its length.

    Text that was made Traditional mechanically is given back as it was: 先建后驗 and 先建後驗 both become 先建后验,
    乾淨 becomes 干净 while 乾隆 stays, 著力 becomes 着力 while 著名 stays.
    """
    if text.isascii():
        return text
    return _ZHE.sub("着", _converter("t2s").convert(text).translate(_FORMS))


def is_traditional(text: str) -> bool:
    """Return whether ``text`` is written in Traditional characters.

    Both scripts share most characters, and conversion leaves a few behind, so those that belong to one script only are
    counted against each other.
    """
    traditional, simplified = _only_traditional_and_only_simplified()
    only_traditional = sum(c in traditional for c in text)
    return only_traditional > 0 and only_traditional > sum(c in simplified for c in text)


def is_simplified(text: str) -> bool:
    """Return whether ``text`` is certainly written in Simplified characters: it has several that are theirs alone."""
    traditional, simplified = _only_traditional_and_only_simplified()
    return sum(c in simplified for c in text) > 1 and not any(c in traditional for c in text)
