"""Cutting Chinese into words with jieba, in a tokenizer of our own.

jieba's module-level tokenizer is shared by the whole process, so words added for one city would leak into another's
and into every other library that uses jieba. It also keeps half a million entries in memory, most of them so rare that
no citizen types them, and reads a cache from the shared temporary folder, where anybody may have put it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import jieba

jieba.setLogLevel(logging.WARNING)

_COMMON = 30  # occurrences in jieba's corpus from which a word of its dictionary is kept


class Segmenter:
    """A jieba tokenizer that knows the common words of its own dictionary and the given ones."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._tokenizer = jieba.Tokenizer()
        frequencies, self._tokenizer.total = common_words()
        self._tokenizer.FREQ = dict(frequencies)  # adding words changes it
        self._tokenizer.initialized = True
        for word in sorted(set(words)):
            self._tokenizer.add_word(word)

    def cut(self, text: str) -> tuple[str, ...]:
        """Return the words of normalised ``text``, without white space and punctuation."""
        return tuple(word for word, _, _ in self.spans(text) if word.isalnum())

    def spans(self, text: str) -> list[tuple[str, int, int]]:
        """Return each word of ``text`` with its start and end offset."""
        return [(w, start, end) for w, start, end in self._tokenizer.tokenize(text, HMM=False) if not w.isspace()]


def dictionary_words(folder: Path) -> list[str]:
    """Return the words in the ``*.txt`` files of ``folder``, sorted; ``#`` starts a comment."""
    words: set[str] = set()
    for path in sorted(folder.glob("*.txt")):
        for line in path.read_text(encoding="utf8").splitlines():
            if word := line.split("#")[0].strip():
                words.add(word)
    return sorted(words)


@lru_cache(maxsize=1)
def common_words() -> tuple[Mapping[str, int], int]:
    """Return jieba's prefix dictionary (word or beginning of one → occurrences) of common words, and their sum.

    Reading it takes longer than all else that a small assistant is made of, and is done once.
    """
    frequencies: dict[str, int] = {}
    total = 0
    with jieba.get_dict_file() as lines:
        for line in lines:
            word, count, *_ = line.decode("utf8").split(" ")
            if int(count) >= _COMMON or len(word) == 1:
                frequencies[word] = int(count)
                total += int(count)
                for end in range(1, len(word)):
                    frequencies.setdefault(word[:end], 0)
    return MappingProxyType(frequencies), total
