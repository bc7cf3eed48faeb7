"""The words of one place: what its things are called, and which words mean the same (词表)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from bot.hotline.directory import all_entries, item_names
from bot.hotline.knowledge import Knowledge, KnowledgeEntry
from bot.text.names import NameMatcher
from bot.text.normalise import normalise, strip_filler
from bot.text.segment import Segmenter
from bot.text.wording import WordingData

_KEPT = 16384  # texts whose canonical form is kept


class Lexicon:
    """Reads texts of one place: rewrites every name of a thing as its first name, finds the things, cuts words."""

    def __init__(
        self, names: Mapping[str, Sequence[str]], synonyms: Mapping[str, str], segmenter: Segmenter | None = None
    ) -> None:
        """``names`` maps an item's id to its names, the first one canonical.

        ``synonyms`` maps a word to the one that stands for all of its meaning. Several items may share a name: then
        it stands for all of them. ``segmenter`` knows the names of every place, so that places can share it.
        """
        self.names = {item: tuple(surfaces) for item, surfaces in names.items()}
        self.synonyms = synonyms
        self._segmenter = segmenter or segmenter_for([names], synonyms)
        meant: dict[str, dict[str, None]] = defaultdict(dict)
        for item, surfaces in names.items():
            for surface in surfaces:
                meant[normalise(surface)][item] = None
        self._meant = {surface: frozenset(items) for surface, items in meant.items()}
        self._matcher = NameMatcher({surface: next(iter(items)) for surface, items in meant.items()})
        self._first = {item: normalise(surfaces[0]) for item, surfaces in names.items()}
        self.canonical = lru_cache(maxsize=_KEPT)(self._canonical)

    def _canonical(self, text: str) -> str:
        """Return ``text`` normalised, without filler, every name written as its item's first name."""
        return self._matcher.replace(strip_filler(normalise(text)), self._first)

    def items_in(self, text: str) -> frozenset[str]:
        """Return the ids of the items that normalised ``text`` names."""
        return frozenset[str]().union(*(self._meant[match.name] for match in self._matcher.find(text)))

    def subject(self, text: str) -> str:
        """Return the first names of the items that canonical ``text`` names, in order."""
        return "、".join(dict.fromkeys(self._first[match.key] for match in self._matcher.find(text)))

    def without_items(self, text: str) -> str:
        """Return canonical ``text`` without the names of items: what is asked, not about which thing."""
        for match in reversed(self._matcher.find(text)):
            text = text[: match.start] + text[match.end :]
        return text

    def words(self, text: str) -> list[str]:
        """Return the words of normalised ``text``, each as the word that stands for its meaning."""
        return [self.synonyms.get(word, word) for word in self._segmenter.cut(text)]


def segmenter_for(names: Sequence[Mapping[str, Sequence[str]]], synonyms: Mapping[str, str]) -> Segmenter:
    """Return a segmenter that knows all ``names`` and every synonym of more than one character."""
    surfaces = (surface for place in names for all_names in place.values() for surface in all_names)
    return Segmenter([*surfaces, *(word for word in synonyms if len(word) > 1)])


def lexicons_of(
    knowledge: Knowledge, synonyms: Mapping[str, str], earlier: Mapping[str, Lexicon] | None = None
) -> Mapping[str, Lexicon]:
    """Return the lexicon of each place that has entries; the ``earlier`` ones where nothing is called otherwise now."""
    names = {place: item_names(knowledge, place) for place in entries_by_place(knowledge)}
    known = {place: lexicon.names for place, lexicon in (earlier or {}).items()}
    if earlier and known == names and all(lexicon.synonyms == synonyms for lexicon in earlier.values()):
        return earlier
    segmenter = segmenter_for(list(names.values()), synonyms)
    return {place: Lexicon(own, synonyms, segmenter) for place, own in names.items()}


def learn_wording(knowledge: Knowledge, terms: Sequence[str]) -> WordingData:
    """Return what a `Wording` needs to read citizens who ask about ``knowledge``; ``terms`` are words of the field."""
    texts = (text for entry in all_entries(knowledge) for text in (*entry.questions, entry.answer))
    return WordingData.learn(texts, terms)


def entries_by_place(knowledge: Knowledge) -> dict[str, list[KnowledgeEntry]]:
    """Return everything that can answer, by jurisdiction."""
    found: dict[str, list[KnowledgeEntry]] = {}
    for entry in all_entries(knowledge):
        found.setdefault(entry.jurisdiction, []).append(entry)
    return found
