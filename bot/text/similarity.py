"""How alike texts are: TF-IDF weighted n-grams of characters and of sounds, held in an inverted index."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from bot.text.arrays import Array
from bot.text.pinyin import syllables

Analyzer = Callable[[str], Iterable[str]]
_UNIT = re.compile(r"\d+(?:\.\d+)?%?|[a-z]+|[\u4e00-\u9fff]")


def character_grams(text: str) -> list[str]:
    """Return the character 1- to 3-grams of normalised ``text``; a run of digits counts as one character."""
    return _grams(_UNIT.findall(text), 3)


def sound_grams(text: str) -> list[str]:
    """Return the 1- to 3-grams of the syllables of normalised ``text``, the same for homophones."""
    return _grams(syllables(text), 3)


def characters(text: str) -> list[str]:
    """Return the single characters of normalised ``text``; a run of digits or Latin letters counts as one."""
    return _UNIT.findall(text)


def _grams(units: Sequence[str], longest: int) -> list[str]:
    return ["|".join(units[i : i + n]) for n in range(1, longest + 1) for i in range(len(units) - n + 1)]


class TextIndex:
    """An inverted index of short texts that scores all of them against a query at once.

    Weights are ``(1 + ln tf) * idf`` with ``idf = ln((1 + n) / (1 + df)) + 1``, rows scaled to unit length, so that
    scores are cosines in [0, 1] (Manning, Raghavan, Schütze: Introduction to Information Retrieval, 6.4).
    """

    def __init__(self, texts: Sequence[str], analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self.size = len(texts)
        counts = [Counter(analyzer(text)) for text in texts]
        frequency = Counter(term for row in counts for term in row)
        self.idf = {term: math.log((1 + self.size) / (1 + n)) + 1 for term, n in frequency.items()}
        self._unseen = math.log(1 + self.size) + 1
        postings: dict[str, tuple[list[int], list[float]]] = {}
        for number, row in enumerate(counts):
            weights = {term: (1 + math.log(tf)) * self.idf[term] for term, tf in row.items()}
            length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
            for term, weight in weights.items():
                rows, values = postings.setdefault(term, ([], []))
                rows.append(number)
                values.append(weight / length)
        self._postings = {
            term: (np.asarray(rows, dtype=np.int32), np.asarray(values, dtype=np.float32))
            for term, (rows, values) in postings.items()
        }

    def weights(self, text: str) -> dict[str, float]:
        """Return the unit-length weights of the query ``text``; unseen terms weigh as the rarest would."""
        counts = Counter(self._analyzer(text))
        weights = {t: (1 + math.log(tf)) * self.idf.get(t, self._unseen) for t, tf in counts.items()}
        length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
        return {term: weight / length for term, weight in weights.items()}

    def scores(self, text: str) -> Array:
        """Return the cosine of ``text`` with every indexed text, shape ``(size,)``."""
        result = np.zeros(self.size, dtype=np.float32)
        for term, weight in self.weights(text).items():
            if (posting := self._postings.get(term)) is not None:
                result[posting[0]] += posting[1] * weight
        return result


class DocumentIndex:
    """An inverted index of longer texts, scored by BM25 as a share of the best score that the query could reach.

    Okapi BM25 (Robertson and Zaragoza: The Probabilistic Relevance Framework, 2009) with ``k1`` and ``b``; the sum is
    divided by what a text holding every term of the query very often would get, so that scores lie in [0, 1].
    """

    def __init__(self, texts: Sequence[str], analyzer: Analyzer, *, k1: float = 1.2, b: float = 0.3) -> None:
        self._analyzer = analyzer
        self.size = len(texts)
        counts = [Counter(analyzer(text)) for text in texts]
        lengths = [sum(row.values()) for row in counts]
        mean = sum(lengths) / len(lengths) if lengths else 1.0
        frequency = Counter(term for row in counts for term in row)
        self._limit = k1 + 1
        self._idf = {t: math.log(1 + (self.size - n + 0.5) / (n + 0.5)) for t, n in frequency.items()}
        self._unseen = math.log(1 + (self.size + 0.5) / 0.5)
        postings: dict[str, tuple[list[int], list[float]]] = {}
        for number, (row, length) in enumerate(zip(counts, lengths)):
            for term, tf in row.items():
                rows, values = postings.setdefault(term, ([], []))
                rows.append(number)
                values.append(self._idf[term] * tf * self._limit / (tf + k1 * (1 - b + b * length / mean)))
        self._postings = {
            term: (np.asarray(rows, dtype=np.int32), np.asarray(values, dtype=np.float32))
            for term, (rows, values) in postings.items()
        }

    def scores(self, text: str) -> Array:
        """Return the score of every indexed text for the query ``text``, shape ``(size,)``."""
        result = np.zeros(self.size, dtype=np.float32)
        best = 0.0
        for term in set(self._analyzer(text)):
            best += self._idf.get(term, self._unseen) * self._limit
            if (posting := self._postings.get(term)) is not None:
                result[posting[0]] += posting[1]
        return result / best if best else result
