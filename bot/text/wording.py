"""Reading English, pinyin and misspelt words (改写): what a citizen typed in the characters of the knowledge."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pypinyin import lazy_pinyin

from bot.text.glossary import english
from bot.text.normalise import normalise
from bot.text.segment import Segmenter, common_words

_LATIN_RUN = re.compile(r"(?<![a-z0-9])[a-z]+(?:[ '][a-z]+)*(?![a-z0-9])")
_CHINESE_RUN = re.compile(r"[\u4e00-\u9fff]+")
_PIECE = re.compile(r"[a-z]+(?:'[a-z]+)?|[0-9.%]+|[\u4e00-\u9fff]+|[，。？！；]")
# Sounds that southern speakers and input methods confuse (模糊音), alike in the words and in what is typed.
_FUZZY = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))
_SHORTEST_PINYIN = 4  # letters; fewer are an abbreviation
_SHORTEST_BY_SOUND = 3  # characters; two syllables alone sound like too many other words
_FREQUENT = 3  # occurrences from which a word of the knowledge is taken for well known
_ENGLISH = 2  # pieces of the English glossary from which a text is read as English
_COMMON = {1: 1000, 2: 90}  # occurrences in jieba's corpus from which a word of so many characters is read in pinyin
_COMMON_LONGER = 30
_CORPUS_WEIGHT = 1e-4  # of an occurrence in jieba's corpus, beside one in the knowledge
_EVERY_WORD = 12.0  # cost of one more word when pinyin is read: few long words beat many short ones
_FUNCTION_WORD = 20_000  # occurrences from which a character is a word of its own (是, 也, 进), not a slip


@dataclass(frozen=True)
class WordingData:
    """What a `Wording` is made of, as it is kept with a model.

    ``words``: the well-known words of the knowledge. ``letters``: pinyin → the likeliest word and its cost. ``sounds``:
    syllables → the word of the knowledge. ``function_words``: characters that are words of their own (是, 也, 进).
    """

    words: Sequence[str] = ()
    letters: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    sounds: Mapping[str, str] = field(default_factory=dict)
    function_words: str = ""

    @classmethod
    def learn(cls, texts: Iterable[str], terms: Iterable[str] = ()) -> WordingData:
        """Return the words of the knowledge's ``texts``, the ``terms`` of the field and common Chinese words with sounds."""
        terms = list(terms)
        segmenter = Segmenter(terms)
        counts = Counter(word for text in texts for word in segmenter.cut(normalise(text)) if _CHINESE_RUN.match(word))
        known = {term: _FREQUENT for term in terms if _CHINESE_RUN.fullmatch(term)}
        known |= {word: n for word, n in counts.items() if n >= _FREQUENT}
        corpus, _ = common_words()
        weights = {
            word: _CORPUS_WEIGHT * n
            for word, n in corpus.items()
            if n >= _COMMON.get(len(word), _COMMON_LONGER) and _CHINESE_RUN.fullmatch(word)
        }
        for word, count in known.items():
            weights[word] = weights.get(word, 0.0) + count
        total = math.log(sum(weights.values()))
        letters: dict[str, tuple[str, float]] = {}
        sounds: dict[str, str] = {}
        for word, weight in sorted(weights.items(), key=lambda pair: -pair[1]):
            syllables = lazy_pinyin(word)
            letters.setdefault(_fuzzy("".join(syllables)), (word, round(_EVERY_WORD + total - math.log(weight), 3)))
            if word in known and len(word) >= _SHORTEST_BY_SOUND:
                sounds.setdefault(_sound_of(syllables), word)
        function_words = "".join(c for c, n in corpus.items() if len(c) == 1 and n >= _FUNCTION_WORD)
        return cls(tuple(sorted(word for word in known if len(word) > 1)), letters, sounds, function_words)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> WordingData:
        """Return what `as_json` wrote."""
        letters = {key: (word, cost) for key, (word, cost) in content["letters"].items()}
        return cls(tuple(content["words"]), letters, content["sounds"], content["function_words"])

    def as_json(self) -> dict[str, Any]:
        """Return a JSON value that holds everything."""
        return dict(vars(self))


class Wording:
    """Rewrites normalised text in the knowledge's own characters; what is written in them comes back as it was."""

    def __init__(self, data: WordingData = WordingData()) -> None:
        self.data = data
        self._longest = max(map(len, data.letters), default=0)
        self._lengths = sorted({len(word) for word in data.sounds.values()}, reverse=True)
        self._segmenter = Segmenter(data.words)
        self.plain = lru_cache(maxsize=16384)(self._plain)

    def _plain(self, text: str) -> str:
        """Return normalised ``text`` with English and pinyin in Chinese characters and misspelt words put right."""
        if any("a" <= c <= "z" for c in text):
            text = _from_english(text, self._read) or _LATIN_RUN.sub(self._from_pinyin, text)
        return _CHINESE_RUN.sub(self._spelt, text)

    # Pinyin

    def _from_pinyin(self, match: re.Match[str]) -> str:
        """Return the Chinese of a run of Latin words that is pinyin throughout, else the run itself."""
        letters = re.sub(r"[^a-z]", "", match[0])
        if len(letters) < _SHORTEST_PINYIN or english().pattern.search(match[0]):
            return match[0]
        words = self._read(letters)
        return "".join(words) if words else match[0]

    def _read(self, letters: str) -> list[str] | None:
        """Return the likeliest words that are spelt ``letters`` (Viterbi over single words)."""
        letters = _fuzzy(letters)
        best: list[tuple[float, int, str] | None] = [(0.0, 0, ""), *[None] * len(letters)]
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - self._longest), end):
                before, found = best[start], self.data.letters.get(letters[start:end])
                if before and found:
                    cost = before[0] + found[1]
                    if not best[end] or cost < best[end][0]:  # type: ignore[index]
                        best[end] = (cost, start, found[0])
        words: list[str] = []
        end = len(letters)
        while end and (step := best[end]):
            words.append(step[2])
            end = step[1]
        return words[::-1] if words and not end else None

    # Spelling

    def _spelt(self, match: re.Match[str]) -> str:
        """Return a run of Chinese characters with misspelt words put right.

        A word of the knowledge stands where its sound stands, if at least one character is already right, every
        wrong one belongs to no word that the segmenter knows nor is a word itself, and no known word is cut.
        """
        run = match[0]
        known = [(start, end) for _, start, end in self._segmenter.spans(run) if end - start > 1]
        taken = {i for start, end in known for i in range(start, end)}
        taken |= {i for i, character in enumerate(run) if character in self.data.function_words}
        if len(taken) == len(run):
            return run
        sounds = lazy_pinyin(run)
        cuts = set(range(len(run) + 1)) - {i for start, end in known for i in range(start + 1, end)}
        result, position = [], 0
        while position < len(run):
            word = next(self._sounding(run, sounds, taken, cuts, position), run[position])
            result.append(word)
            position += len(word)
        return "".join(result)

    def _sounding(self, run: str, sounds: Sequence[str], taken: Set[int], cuts: Set[int], start: int) -> Iterator[str]:
        """Yield the words, longest first, that are meant by what stands misspelt in ``run`` from ``start``."""
        for length in self._lengths if start in cuts and len(sounds) == len(run) else ():
            end = start + length
            word = self.data.sounds.get(_sound_of(sounds[start:end])) if end in cuts else None
            if word:
                wrong = [i for i in range(start, end) if run[i] != word[i - start]]
                if wrong and len(wrong) < length and taken.isdisjoint(wrong):
                    yield word


def is_english(text: str) -> bool:
    """Return whether normalised ``text`` is mostly English: it holds several words of the glossary, little Chinese."""
    chinese = sum("\u4e00" <= c <= "\u9fff" for c in text)
    known = len(english().pattern.findall(text))
    all_known = bool(known) and not any("a" <= c <= "z" for c in english().pattern.sub("", text))
    return chinese <= len(text) / 4 and (known >= _ENGLISH or all_known)


def _from_english(text: str, read: Callable[[str], list[str] | None]) -> str:
    """Return the Chinese of a text that is mostly English, empty where it is not.

    ``read`` reads pinyin: what no glossary knows may be the name of a place; other words are left out.
    """
    if not is_english(text):
        return ""
    text = text.replace("'s ", " ")
    pieces = []
    for piece in _PIECE.findall(english().replace(text, around=" ")):
        if "a" <= piece[0] <= "z":
            name = read(piece) if len(piece) >= _SHORTEST_PINYIN else None
            piece = name[0] if name and len(name) == 1 else ""
        pieces.append(piece)
    # English asks first and names the thing last, Chinese the other way round.
    return "".join(dict.fromkeys(reversed(pieces)))


def _sound_of(syllables: Sequence[str]) -> str:
    """Return under which sound a word is kept: a short one exactly, since fuzzily it sounds like too many others."""
    return " ".join(syllables if len(syllables) == _SHORTEST_BY_SOUND else map(_fuzzy, syllables))


def _fuzzy(letters: str) -> str:
    for long, short in _FUZZY:
        letters = letters.replace(long, short)
    return letters
