"""How alike texts are: TF-IDF weighted n-grams of characters and of sounds, held in an inverted index."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

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


class _Counts:
    """How often each term stands in each text, held by term: an inverted index without weights.

    What ``earlier`` counts have read of the same texts with the same analyzer is not read again.
    """

    def __init__(self, texts: Sequence[str], analyzer: Analyzer, earlier: _Counts | None = None) -> None:
        self.size = len(texts)
        self.terms: dict[str, int] = dict(earlier.terms) if earlier else {}  # term → its number
        known = earlier.read if earlier else {}
        self.read: dict[str, Array] = {
            text: known[text] if text in known else self._numbers(analyzer(text)) for text in dict.fromkeys(texts)
        }
        lengths = np.asarray([len(self.read[text]) for text in texts], dtype=np.int64)
        self.lengths = lengths.astype(np.float64)
        found = np.concatenate([np.zeros(0, dtype=np.int64), *(self.read[text] for text in texts)])
        row_of = np.repeat(np.arange(self.size, dtype=np.int64), lengths)
        keys, counts = np.unique(found * max(self.size, 1) + row_of, return_counts=True)
        self.term_of, rows = np.divmod(keys, max(self.size, 1))
        self.rows = rows.astype(np.int32)
        self.counts = counts.astype(np.float64)
        self.documents = np.bincount(self.term_of, minlength=len(self.terms))  # texts that hold the term
        self.starts = np.concatenate([[0], np.cumsum(self.documents)])

    def _numbers(self, terms: Iterable[str]) -> Array:
        """Return the numbers of ``terms`` in order; a new term gets the next one."""
        return np.asarray([self.terms.setdefault(term, len(self.terms)) for term in terms], dtype=np.int32)


class _Postings:
    """A weight for each text that holds a term; adds up those of a query's terms."""

    def __init__(self, counted: _Counts, values: Array) -> None:
        self._terms, self._starts, self._rows = counted.terms, counted.starts, counted.rows
        self._values = values.astype(np.float32)
        self._size = counted.size

    def add_up(self, weights: Mapping[str, float]) -> Array:
        """Return the sum of ``weight * posting`` over the terms of ``weights``, shape ``(texts,)``."""
        result = np.zeros(self._size, dtype=np.float32)
        for term, weight in weights.items():
            if (number := self._terms.get(term)) is not None:
                posting = slice(self._starts[number], self._starts[number + 1])
                result[self._rows[posting]] += self._values[posting] * weight
        return result


class TextIndex:
    """An inverted index of short texts that scores all of them against a query at once.

    Weights are ``(1 + ln tf) * idf`` with ``idf = ln((1 + n) / (1 + df)) + 1``, rows scaled to unit length, so that
    scores are cosines in [0, 1] (Manning, Raghavan, Schütze: Introduction to Information Retrieval, 6.4).
    """

    def __init__(self, texts: Sequence[str], analyzer: Analyzer, earlier: TextIndex | None = None) -> None:
        """``earlier`` is an index by the same analyzer, mostly of the same texts, whose work is used again."""
        self._analyzer = analyzer
        self.size = len(texts)
        self._counted: _Counts = _Counts(texts, analyzer, earlier._counted if earlier else None)
        counted = self._counted
        idf = np.log((1 + self.size) / (1 + counted.documents)) + 1
        values = (1 + np.log(counted.counts)) * idf[counted.term_of]
        lengths = np.sqrt(np.bincount(counted.rows, values**2, minlength=self.size))
        self._postings = _Postings(counted, values / lengths[counted.rows])
        self._terms, self._idf = counted.terms, idf
        self._unseen = math.log(1 + self.size) + 1

    def scores(self, text: str) -> Array:
        """Return the cosine of ``text`` with every indexed text, shape ``(size,)``.

        Terms that no indexed text holds weigh as the rarest would.
        """
        counts = Counter(self._analyzer(text))
        weights = {t: (1 + math.log(n)) * self._weight(t) for t, n in counts.items()}
        length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
        return self._postings.add_up({term: weight / length for term, weight in weights.items()})

    def _weight(self, term: str) -> float:
        number = self._terms.get(term)
        return self._unseen if number is None else float(self._idf[number])


class DocumentIndex:
    """An inverted index of longer texts, scored by BM25 as a share of the best score that the query could reach.

    Okapi BM25 (Robertson and Zaragoza: The Probabilistic Relevance Framework, 2009) with ``k1`` and ``b``; the sum is
    divided by what a text holding every term of the query very often would get, so that scores lie in [0, 1].
    """

    def __init__(
        self,
        texts: Sequence[str],
        analyzer: Analyzer,
        earlier: DocumentIndex | None = None,
        *,
        k1: float = 1.2,
        b: float = 0.3,
    ) -> None:
        """``earlier`` is an index by the same analyzer, mostly of the same texts, whose work is used again."""
        self._analyzer = analyzer
        self.size = len(texts)
        self._counted: _Counts = _Counts(texts, analyzer, earlier._counted if earlier else None)
        counted = self._counted
        mean = counted.lengths.mean() if self.size else 1.0
        self._limit = k1 + 1
        idf = np.log(1 + (self.size - counted.documents + 0.5) / (counted.documents + 0.5))
        damping = k1 * (1 - b + b * counted.lengths[counted.rows] / mean)
        values = idf[counted.term_of] * counted.counts * self._limit / (counted.counts + damping)
        self._postings = _Postings(counted, values)
        self._terms, self._idf = counted.terms, idf
        self._unseen = math.log(1 + (self.size + 0.5) / 0.5)

    def scores(self, text: str) -> Array:
        """Return the score of every indexed text for the query ``text``, shape ``(size,)``."""
        terms = set(self._analyzer(text))
        numbers = [self._terms[term] for term in terms if term in self._terms]
        best = (float(self._idf[numbers].sum()) + (len(terms) - len(numbers)) * self._unseen) * self._limit
        result = self._postings.add_up(dict.fromkeys(terms, 1.0))
        return result / best if best else result
