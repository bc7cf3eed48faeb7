"""Pinyin (拼音): the sound of a text, so that homophones and romanised typing find what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PINYIN_DICT

# Sounds that southern speakers and input methods confuse are written alike (模糊音).
_FUZZY = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))
_LATIN = re.compile(r"[a-z]+")


@lru_cache(maxsize=1)
def _syllables() -> frozenset[str]:
    """Return every toneless syllable of Standard Chinese, from pypinyin's own table."""
    characters = "".join(chr(c) for c in range(0x4E00, 0x9FA6) if c in PINYIN_DICT)
    return frozenset(s for s in lazy_pinyin(characters, errors="ignore") if s.isalpha() and s.isascii())


@lru_cache(maxsize=8192)
def _fuzzy(syllable: str) -> str:
    for long, short in _FUZZY:
        syllable = syllable.replace(long, short)
    if syllable.startswith("l"):
        syllable = "n" + syllable[1:]
    return syllable


@lru_cache(maxsize=4096)
def split_romanised(word: str) -> tuple[str, ...] | None:
    """Cut ``yingyezhizhao`` into syllables, fewest first; ``None`` where it is not pinyin throughout."""
    best: dict[int, tuple[str, ...]] = {0: ()}
    syllables = _syllables()
    for end in range(1, len(word) + 1):
        options = [
            (*best[start], word[start:end])
            for start in range(max(0, end - 6), end)
            if start in best and word[start:end] in syllables
        ]
        if options:
            best[end] = min(options, key=len)
    found = best.get(len(word))
    return found if found and (len(word) > 3 or len(found) == 1) else None


@lru_cache(maxsize=65536)
def _sounds(run: str) -> tuple[str, ...]:
    """Return the fuzzy syllables of Chinese characters that stand together."""
    return tuple(_fuzzy(s) for s in lazy_pinyin(run, style=Style.NORMAL))


@lru_cache(maxsize=4096)
def syllables(text: str) -> tuple[str, ...]:
    """Return the fuzzy toneless syllables of normalised ``text``; romanised words are cut, the rest is dropped."""
    result: list[str] = []
    for part in re.findall(r"[a-z]+|[0-9.%]+|[\u4e00-\u9fff]+", text):
        if part[0].isdigit():
            result.append(part)
        elif _LATIN.fullmatch(part):
            result.extend(_fuzzy(s) for s in split_romanised(part) or (part,))
        else:
            result.extend(_sounds(part))
    return tuple(result)


@lru_cache(maxsize=8192)
def initials(name: str) -> str:
    """Return the first letters of the syllables of ``name``: 居住证 → ``jzz``."""
    return "".join(s[0] for s in lazy_pinyin(name, style=Style.NORMAL) if s and s[0].isalpha())


def initials_of(names: Iterable[str]) -> dict[str, str]:
    """Return initials → name for names of two or more Chinese characters whose initials are theirs alone."""
    found: dict[str, str | None] = {}
    for name in names:
        if re.fullmatch(r"[\u4e00-\u9fff]{2,6}", name):
            letters = initials(name)
            found[letters] = name if found.get(letters, name) == name else None
    return {letters: name for letters, name in found.items() if name}


__all__ = ["initials", "initials_of", "split_romanised", "syllables"]
