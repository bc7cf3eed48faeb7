"""Cutting Chinese into words with jieba, in a tokenizer of our own.

jieba's module-level tokenizer is shared by the whole process, so words added for one city would leak into
another's and into every other library that uses jieba.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import lru_cache

import jieba

jieba.setLogLevel(logging.WARNING)


class Segmenter:
    """A jieba tokenizer that knows the given words besides its own dictionary."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._tokenizer = jieba.Tokenizer()
        self._tokenizer.initialize()
        for word in sorted(set(words)):
            self._tokenizer.add_word(word)
        self.cut = lru_cache(maxsize=8192)(self._cut)

    def _cut(self, text: str) -> tuple[str, ...]:
        """Return the words of normalised ``text``, without white space."""
        return tuple(w for w in self._tokenizer.cut(text, HMM=False) if not w.isspace())

    def spans(self, text: str) -> list[tuple[str, int, int]]:
        """Return each word of ``text`` with its start and end offset."""
        return [(w, start, end) for w, start, end in self._tokenizer.tokenize(text, HMM=False) if not w.isspace()]
