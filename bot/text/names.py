"""Finding known names (事项, 部门, 热线, 地名, 文件) in what people type, also misspelt by sound or in pinyin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.text.normalise import normalise
from bot.text.pinyin import initials_of, split_romanised, syllables

_LATIN = re.compile(r"(?<![a-z])[a-z]{2,}(?![a-z])")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_SHORTEST_BY_SOUND = 3  # two syllables alone sound like too many other words


@dataclass(frozen=True)
class NameMatch:
    """A name found at ``[start, end)`` of the normalised text. ``exact`` is false for sound and pinyin matches."""

    key: str
    name: str
    start: int
    end: int
    exact: bool = True


class NameMatcher:
    """Finds names by their surfaces, longest first, then by sound, by full pinyin and by initials."""

    def __init__(self, surfaces: Mapping[str, str], *, by_sound: bool = True) -> None:
        """``surfaces`` maps each way of writing a name to the key it stands for."""
        self._keys = {normalise(surface): key for surface, key in surfaces.items() if normalise(surface)}
        longest_first = sorted(self._keys, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_bounded, longest_first))) if longest_first else None
        self._sounds: dict[tuple[str, ...], str] = {}
        self._initials: dict[str, str] = {}
        self._lengths: tuple[int, ...] = ()
        if by_sound:
            chinese = [s for s in longest_first if _CHINESE.fullmatch(s)]
            self._sounds = {syllables(s): s for s in chinese if len(s) >= 2}
            self._initials = {k: v for k, v in initials_of(chinese).items() if len(k) >= 3}
            self._lengths = tuple(sorted({len(s) for s in chinese if len(s) >= _SHORTEST_BY_SOUND}, reverse=True))

    def find(self, text: str) -> list[NameMatch]:
        """Return the names in normalised ``text`` in order, none overlapping another."""
        found = [NameMatch(self._keys[m[0]], m[0], m.start(), m.end()) for m in self._exact(text)]
        if self._sounds:
            taken = [False] * len(text)
            for match in found:
                taken[match.start : match.end] = [True] * (match.end - match.start)
            found += self._by_pinyin(text)
            found += self._by_sound(text, taken)
        return sorted(found, key=lambda match: match.start)

    def replace(self, text: str, replacement: Mapping[str, str] | None = None) -> str:
        """Return ``text`` with each name replaced by ``replacement[key]``, by its right spelling where not given."""
        result, position = [], 0
        for match in self.find(text):
            spelling = (replacement or {}).get(match.key, match.name)
            result += [text[position : match.start], spelling]
            position = match.end
        return "".join([*result, text[position:]])

    def _exact(self, text: str) -> Iterable[re.Match[str]]:
        return self._pattern.finditer(text) if self._pattern else ()

    def _by_pinyin(self, text: str) -> Iterable[NameMatch]:
        for match in _LATIN.finditer(text):
            cut = split_romanised(match[0])
            name = (self._sounds.get(syllables(match[0])) if cut else None) or self._initials.get(match[0])
            if name:
                yield NameMatch(self._keys[name], name, match.start(), match.end(), exact=False)

    def _by_sound(self, text: str, taken: list[bool]) -> Iterable[NameMatch]:
        """Yield names that ``text`` holds in other characters of the same sound, at least one character right."""
        for run in _CHINESE.finditer(text):
            sounds = syllables(run[0])
            if len(sounds) != len(run[0]):
                continue
            for length in self._lengths:
                for offset in range(len(sounds) - length + 1):
                    start = run.start() + offset
                    name = self._sounds.get(sounds[offset : offset + length])
                    if not name or any(taken[start : start + length]):
                        continue
                    if any(a == b for a, b in zip(name, text[start : start + length])):
                        taken[start : start + length] = [True] * length
                        yield NameMatch(self._keys[name], name, start, start + length, exact=False)


def _bounded(surface: str) -> str:
    """Return a pattern for ``surface`` that does not start or end inside a longer number or Latin word."""
    pattern = re.escape(surface)
    if surface[0].isascii() and surface[0].isalnum():
        pattern = rf"(?<![0-9a-z]){pattern}"
    if surface[-1].isascii() and surface[-1].isalnum():
        pattern = rf"{pattern}(?![0-9a-z])"
    return pattern
