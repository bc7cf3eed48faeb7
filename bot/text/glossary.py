"""Glossaries: words with what stands for them, kept in text files beside the code (bot/text/glossaries)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "glossaries"


@dataclass(frozen=True)
class Glossary:
    """Words with what stands for them; of overlapping words the first counts, of those that start together the longest.

    ``whole_words``: a word counts only where no further Latin letter touches it.
    """

    meanings: Mapping[str, str]
    whole_words: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What matches one word of the glossary."""
        words = "|".join(map(re.escape, sorted(self.meanings, key=len, reverse=True)))
        return re.compile(rf"(?<![a-z])(?:{words})(?![a-z])" if self.whole_words else words)

    def replace(self, text: str, around: str = "") -> str:
        """Return ``text`` with every word replaced, ``around`` on both sides of what stands for it."""
        return self.pattern.sub(lambda match: f"{around}{self.meanings[match[0]]}{around}", text)


@lru_cache(maxsize=1)
def dialect() -> Glossary:
    """Return the words of dialects (方言) and frequent slips with Standard Chinese."""
    return Glossary(_read("dialect.txt"))


@lru_cache(maxsize=1)
def english() -> Glossary:
    """Return English words and phrases with Chinese."""
    return Glossary(_read("english.txt"), whole_words=True)


def _read(name: str) -> dict[str, str]:
    """Return the words of a file with lines like ``点样, 点解 = 怎么``; ``#`` starts a comment.

    Nothing to the right means that the word carries no meaning, ``*`` that it stays as it is.
    """
    meanings: dict[str, str] = {}
    for line in (_FOLDER / name).read_text(encoding="utf8").splitlines():
        words, equals, meaning = (part.strip() for part in line.split("#")[0].partition("="))
        for word in filter(None, map(str.strip, words.split(","))) if equals else ():
            meanings[word] = word if meaning == "*" else meaning
    return meanings
