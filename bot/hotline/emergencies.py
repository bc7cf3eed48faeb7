"""Present danger is answered before anything else, with the number to call (紧急情况: 110, 119, 120, 122).

Works on the text alone where there is no classifier; where there is one (`bot.hotline.danger_classifier`), both decide
together. 12345 does not handle emergencies (荆政办发〔2017〕26号 二(二)), so every minute spent on another answer is lost.

How a message is read, with the tables of `bot.hotline.emergency_signs`:

1. Misspelt, romanised and regional words become the standard ones; what only looks like danger is blanked out.
2. A sign of danger counts unless the words around it take it back. What stands before it decides about its time: past
   words carry on until something of now follows; a supposition reaches to the end of its clause. A question, complaint
   or habit anywhere takes it back too, but not from another clause if the sign's own clause is about now.
3. Acute signs (no breathing, blood that does not stop, "I do not want to live") are not taken back by questions.
4. Hints are weaker than signs: one counts only with another hint, or with a person or a "suddenly", close to it.
5. Shouts for help count where nothing says which danger it is.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import pairwise

from bot.hotline import emergency_signs as signs
from bot.text.pinyin import syllables


class Danger(str, Enum):
    """What kind of danger, by the number that answers it."""

    MEDICAL = "120"
    FIRE = "119"
    CRIME = "110"
    TRAFFIC = "122"


@dataclass(frozen=True)
class Emergency:
    """A danger found in a message; the line to call first comes first."""

    dangers: tuple[Danger, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers to call. Traffic accidents may have injured people, so 120 is always among them."""
        found = dict.fromkeys(danger.value for danger in self.dangers)
        if Danger.TRAFFIC in self.dangers:
            found["120"] = None
        return tuple(found)


@dataclass(frozen=True)
class Alarm:
    """What a classifier makes of a message: how likely it reports danger, and how likely each number answers it."""

    probability: float
    numbers: Mapping[str, float]

    @property
    def likely(self) -> list[str]:
        """The numbers to call if there is danger, the likeliest first."""
        most = max(self.numbers.values(), default=0.0)
        likely = [number for number, p in self.numbers.items() if p >= _ALSO * most]
        return sorted(likely, key=lambda number: -self.numbers[number])


def _compile(patterns: Iterable[str]) -> re.Pattern[str]:
    """Compile ``patterns`` as alternatives, the capital words in them replaced by their rows of ``WORDS``."""
    joined = "|".join(patterns)
    for name, row in signs.WORDS.items():
        joined = joined.replace(name, f"(?:{row})")
    return re.compile(joined)


_Mark = tuple[int, int, str, tuple[str, ...]]  # start, end, words, numbers
_Table = Mapping[tuple[str, ...], re.Pattern[str]]
_ACUTE: _Table = {numbers: _compile(patterns) for numbers, patterns in signs.ACUTE.items()}
_SIGNS: _Table = {numbers: _compile(patterns) for numbers, patterns in signs.SIGNS.items()}
_HINTS: _Table = {numbers: _compile(patterns) for numbers, patterns in signs.HINTS.items()}
_COMPANIONS = _compile(signs.COMPANIONS)
_CRIES, _HARMLESS, _ABOUT = _compile(signs.CRIES), _compile(signs.HARMLESS), _compile(signs.ABOUT)
_PAST, _NOW, _OVER, _SUPPOSED = map(_compile, (signs.PAST, signs.NOW, signs.OVER, signs.SUPPOSED))
# Letters that no message has, so that they are terms of their own to a classifier.
_PAST_MARK = "qpast"
_MARKS = {"qabout": _ABOUT, _PAST_MARK: _PAST, "qnow": _NOW, "qover": _OVER, "qsupposed": _SUPPOSED}
_SIGN_MARK = "qsign"
_CLAUSE = re.compile(r"[^，。！？；、\s~…]+")
_STANDARD = re.compile("|".join(sorted(signs.STANDARD_WORDS, key=len, reverse=True)))
_NEAR = 16  # characters between a hint and what belongs to it
_LIKELY = 0.15  # probability from which a message is taken for one about present danger
_ALSO = 0.25  # share of the likeliest number's probability from which another one is named too
_UNKNOWN = (Danger.MEDICAL, Danger.CRIME, Danger.FIRE)  # somebody needs help, nothing says which


def detect_emergency(text: str, alarm: Alarm | None = None) -> Emergency | None:
    """Return the present danger that normalised ``text`` reports, ``None`` where there is none.

    Questions about emergencies and stories of past ones do not count. ``alarm`` is what a classifier makes of the
    text, where there is one: it has read the signs, finds danger that none of them knows, and takes them back.
    """
    signed = _signed(text)
    if alarm is None:
        return signed
    if alarm.probability < _LIKELY:
        return None
    likely = [Danger(number) for number in alarm.likely]
    return Emergency(tuple(dict.fromkeys([*likely, *(signed.dangers if signed else ())])))


def speaks_of_past(text: str) -> bool:
    """Return whether what follows normalised ``text`` is about the past: nothing of now came after the past words."""
    past = [match.start() for match in _PAST.finditer(text)]
    return bool(past) and not _NOW.search(text, past[-1])


def with_marks(text: str, *, past: bool = False) -> str:
    """Return normalised ``text`` in standard words, harmless phrases blanked out, and what the signs make of it.

    ``past`` says that it is part of a message that speaks of the past before it.
    From the marks a classifier learns that a story, a question or a habit takes danger back whichever danger it is.
    """
    plain = _HARMLESS.sub("〇", standard_wording(text))
    marks = [m for m, pattern in _MARKS.items() if pattern.search(plain) or (past and m == _PAST_MARK)]
    if _signed(text) and not (past and not _NOW.search(plain)):
        marks.append(_SIGN_MARK)
    return " ".join([plain, *marks])


def _signed(text: str) -> Emergency | None:
    """Return the danger that the words of ``text`` are signs of."""
    message = _Message(_HARMLESS.sub("〇", standard_wording(text)))
    found: dict[Danger, int] = {}
    for numbers, start in message.dangers():
        for rank, number in enumerate(numbers):
            danger = Danger(number)
            found[danger] = min(found.get(danger, len(text) * 4), start * 2 + rank)
    if found:
        return Emergency(tuple(sorted(found, key=lambda danger: found[danger])))
    if hinted := message.hinted():
        return Emergency(tuple(map(Danger, hinted)))
    return Emergency(_UNKNOWN) if message.cries() else None


class _Message:
    """A message and the words in it that decide whether a sign of danger counts."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._clauses = [match.span() for match in _CLAUSE.finditer(text)]
        self._past = [match.start() for match in _PAST.finditer(text)]
        self._now = [match.start() for match in _NOW.finditer(text)]
        self._about = [match.start() for match in _ABOUT.finditer(text)]
        self._supposed = [match.start() for match in _SUPPOSED.finditer(text)]
        self._over = bool(_OVER.search(text))

    def dangers(self) -> Iterator[tuple[tuple[str, ...], int]]:
        """Yield the numbers of each kind of sign that counts, with the place of the first one."""
        for table, acute in ((_ACUTE, True), (_SIGNS, False)):
            for numbers, pattern in table.items():
                for match in pattern.finditer(self._text):
                    if self._counts(*match.span(), acute=acute):
                        yield numbers, match.start()
                        break

    def hinted(self) -> tuple[str, ...]:
        """Return the numbers of the first hint with another hint or a companion close by, none where there is none."""
        hints = sorted(self._hints())
        marks = sorted(
            [*hints, *((*match.span(), "", ()) for match in _COMPANIONS.finditer(self._text))] if hints else []
        )
        for (_, end, words, numbers), (start, _, other, others) in pairwise(marks):
            if words != other and end <= start <= end + _NEAR:
                return numbers or others
        return ()

    def _hints(self) -> Iterator[_Mark]:
        for numbers, pattern in _HINTS.items():
            for match in pattern.finditer(self._text):
                if self._counts(*match.span(), acute=False):
                    yield *match.span(), match[0], numbers

    def cries(self) -> bool:
        """Return whether somebody shouts for help; naming a number to call may be a question about it."""
        return any(
            self._counts(*match.span(), acute="救命" in match[0] or "救我" in match[0])
            for match in _CRIES.finditer(self._text)
        )

    def _counts(self, start: int, end: int, *, acute: bool) -> bool:
        opens, closes = self._clause(start)
        if self._over or _any_in(self._supposed, opens, start):
            return False
        past, now = _last_before(self._past, start), _last_before(self._now, end)
        if past > now or (not acute and now < 0 and _any_in(self._past, opens, closes)):
            return False
        if acute or not self._about:
            return True
        return not _any_in(self._about, opens, closes) and _any_in(self._now, opens, closes)

    def _clause(self, place: int) -> tuple[int, int]:
        index = bisect_right(self._clauses, (place, len(self._text) + 1)) - 1
        return self._clauses[index] if index >= 0 else (0, len(self._text))


def _last_before(places: list[int], end: int) -> int:
    index = bisect_left(places, end)
    return places[index - 1] if index else -1


def _any_in(places: list[int], start: int, end: int) -> bool:
    return _last_before(places, end) >= start


def standard_wording(text: str) -> str:
    """Return ``text`` with regional words, misspelt and romanised core words written as the signs write them."""
    return _STANDARD.sub(lambda match: signs.STANDARD_WORDS[match[0]], _by_sound(text))


def _by_sound(text: str) -> str:
    """Return ``text`` with core words put where it sounds like them: 着伙 → 着火, jiuming → 救命."""
    written, sounds = _tokens(text)
    result: list[str] = []
    place = 0
    while place < len(written):
        words = (_CORE if written[place][0] in _LETTERS else _MISSPELT).get(sounds[place], ())
        word = next((w for w in words if _is_meant(w, written, sounds, place)), "") if words else ""
        result.append(word or written[place])
        place += len(word) or 1
    return "".join(result)


def _tokens(text: str) -> tuple[list[str], list[str]]:
    """Return the characters of ``text`` and the syllables of its romanised words, and how each of them sounds."""
    written: list[str] = []
    sounds: list[str] = []
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece[0] not in _LETTERS:
            written.extend(piece)
            sounds.extend(map(_sound, piece))
        elif len(piece) > _LONGEST_ROMANISED or len(cut := syllables(piece.strip())) == 1:
            written.append(piece)
            sounds.append("".join(cut) if len(piece) <= _LONGEST_ROMANISED else piece)
        else:
            written.extend(cut)
            sounds.extend(cut)
    return written, sounds


@lru_cache(maxsize=8192)
def _sound(character: str) -> str:
    return (*syllables(character), "")[0] if "\u4e00" <= character <= "\u9fff" else ""


def _is_meant(word: str, written: list[str], sounds: list[str], place: int) -> bool:
    """Return whether what stands at ``place`` sounds like the core ``word`` and is spelt otherwise.

    In Chinese characters one must be right, in words of two the first; romanised typing has none.
    """
    window = written[place : place + len(word)]
    if len(window) < len(word) or (window[1] != word[1] and sounds[place + 1] != _SOUNDS[word][1]):
        return False
    same = [a == b for a, b in zip(window, word)]
    if all(same) or not all(s or a == b for s, a, b in zip(same, sounds[place : place + len(word)], _SOUNDS[word])):
        return False
    if all(right or token[0] in _LETTERS for right, token in zip(same, window)):
        return True
    return word in _MISSPELT_WORDS and (same[0] or (len(word) > 2 and any(same)))


def _by_first_sound(words: Iterable[str]) -> dict[str, list[str]]:
    """Return ``words``, longest first, by the sounds that their first character has."""
    found: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        for first in {_SOUNDS[word][0], _sound(word[0])}:
            found.setdefault(first, []).append(word)
    return found


_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_LONGEST_ROMANISED = 60  # letters; longer runs are no words
_PIECE = re.compile(r"[a-z]+(?: (?=[a-z]))?|[^a-z]+")
_MISSPELT_WORDS = frozenset(signs.SOUNDS)
_SOUNDS = {word: syllables(word) for word in (*signs.SOUNDS, *signs.LETTERS_ONLY)}
_MISSPELT, _CORE = _by_first_sound(signs.SOUNDS), _by_first_sound(_SOUNDS)
