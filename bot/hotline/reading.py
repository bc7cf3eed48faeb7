"""How a message is read: of which place, alone or with what went before, and which of its entries answer it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from enum import Enum

from bot.hotline.dialogue import Dialogue, looks_like_follow_up, says_nothing_new
from bot.hotline.jurisdictions import Places
from bot.hotline.knowledge import Knowledge, KnowledgeEntry
from bot.hotline.lexicon import Lexicon, entries_by_place, lexicons_of
from bot.hotline.ranking import EntryIndex, Ranked, Ranker, Thresholds
from bot.hotline.understanding import COMPLAINT_INTENT, Understanding, names_another_case, questions_in
from bot.text.normalise import normalise
from bot.text.wording import Wording

TOO_LONG = 3000  # characters that are read; what follows is not
COMPLAINT_LIKELY = 0.7  # below it no department answers: the message asks something, it does not complain
_MOST_QUESTIONS = 3  # of one message that are answered


@dataclass(frozen=True)
class Turn:
    """One message of a citizen with what is known around it."""

    text: str
    understanding: Understanding
    dialogue: Dialogue
    channel_jurisdiction: str | None = None


class Named(Enum):
    """Whether a message names a thing that its place has entries about."""

    NOT = "not"
    ALONE = "alone"
    AMONG_OTHERS = "among others"


@dataclass(frozen=True)
class Reading:
    """The entries ranked for a message, the text they were ranked for, and what was understood of it."""

    ranked: Sequence[Ranked]
    text: str
    understanding: Understanding


@dataclass(frozen=True)
class Part:
    """One of several questions in a message, the entries ranked for it, and whether the first of them answers it.

    A later question that names nothing may go on with the first one, so that its own words alone make nothing sure.
    """

    text: str
    ranked: Sequence[Ranked]
    is_sure: bool


class Reader:
    """Reads messages against the entries of their place. Immutable, like the assistant that it belongs to."""

    def __init__(
        self, knowledge: Knowledge, places: Places, ranker: Ranker, default: str, earlier: Reader | None = None
    ) -> None:
        """``earlier`` is the reader that this one follows: what is the same in both is not prepared again."""
        self.places = places
        self.ranker = ranker
        self.thresholds: Thresholds = ranker.thresholds
        self.wording: Wording = earlier.wording if earlier and earlier.ranker is ranker else Wording(ranker.wording)
        self.indexes: Mapping[str, EntryIndex] = build_indexes(knowledge, ranker, earlier.indexes if earlier else None)
        self._default = default

    def with_thresholds(self, **changes: float) -> Reader:
        """Return the same reader with other thresholds, for measuring."""
        other = copy(self)
        other.thresholds = replace(self.thresholds, **changes)
        return other

    def plain(self, text: str) -> str:
        """Return ``text`` as everything here reads it: normalised, misspelt words and pinyin put right."""
        return self.wording.plain(normalise(text[:TOO_LONG]))

    def place(self, turn: Turn) -> str:
        """Return the place that ``turn`` is about: the one named in the conversation, the channel's, or the default."""
        for place in (turn.dialogue.jurisdiction, turn.channel_jurisdiction):
            if place in self.places.by_id and self.places.by_id[place].covered:
                return place
        return self._default

    def expected(self, turn: Turn) -> str:
        """Return the place that a citizen takes for granted, which an answer need not name."""
        return turn.channel_jurisdiction or self._default

    def read(self, text: str, turn: Turn, *, place_changed: bool) -> Reading:
        """Return the surest reading of the message: on its own, or with what went before."""
        index = self.indexes.get(self.place(turn))
        if index is None:
            return Reading([], text, turn.understanding)
        canonical = index.lexicon.canonical
        raw = self.places.strip(text)
        before = turn.dialogue.text
        bare = bool(before) and says_nothing_new(raw)
        understanding = Understanding(turn.dialogue.intents) if bare else turn.understanding
        routes = understanding.probability(COMPLAINT_INTENT) >= COMPLAINT_LIKELY
        ranked = [] if bare else index.rank(canonical(raw), understanding, self.ranker, routes=routes)
        if not before or not (bare or looks_like_follow_up(raw) or place_changed):
            return Reading(ranked, raw, understanding)
        topics = {e.topic for e in index.entries}  # of another place than what was asked before: no topic is kept
        topic = turn.dialogue.topic if turn.dialogue.topic in topics else None
        items = index.lexicon.items_in(canonical(raw))
        if items and not any(items.intersection(e.items) for e in index.entries if e.topic == topic):
            topic = None  # a thing that the topic so far does not know
        subject = index.lexicon.subject(canonical(before))
        ways = [before] if bare else [f"{before}，{raw}", *([f"{subject}，{raw}"] if subject else [])]
        if not bare and names_another_case(raw):  # 那特殊项目呢: what is asked about it is what was asked before
            ranked, understanding = [], turn.understanding.blended(turn.dialogue.intents)
            ways.append(f"{raw}，{index.lexicon.without_items(canonical(before))}")
        sure = bool(ranked) and ranked[0].confidence >= self.thresholds.answer
        used = raw if sure else ways[min(1, len(ways) - 1)]  # what a later follow-up leans on needs its subject
        for way in ways:
            own = "" if bare else canonical(raw)
            told = None if bare else turn.dialogue.entry
            leaning = index.rank_follow_up(
                own, canonical(way), topic, understanding, self.ranker, routes=routes, told=told
            )
            if not ranked or leaning[0].confidence > ranked[0].confidence:
                ranked, used = leaning, way
        return Reading(ranked, used, understanding)

    def each_question(self, text: str, turn: Turn) -> list[Part]:
        """Return several questions in ``text`` with the entries for each, nothing where it holds one.

        What was understood of the message may be true of one of them only: each is read with and without it.
        """
        index = self.indexes[self.place(turn)]
        asked = questions_in(text)[:_MOST_QUESTIONS]
        words = [index.lexicon.canonical(self.places.strip(part)) for part in asked]
        if len(words) < 2:
            return []
        parts: list[Part] = []
        topic = None
        views = turn.understanding, turn.understanding.only("ask_unsupported")
        for said, part in zip(asked, words):
            names = bool(index.lexicon.items_in(part))
            alone = _surest(index.rank(part, view, self.ranker, routes=False) for view in views)
            best = near = alone
            if parts:
                joined = f"{words[0]}，{part}"
                best, within = (
                    _surest(index.rank_follow_up(own, text, topic, v, self.ranker, routes=False) for v in views)
                    for own, text in ((part, joined), ("", part))
                )
                # By its own words it is sure where they name a thing, or where the joined ones only repeat an answer.
                told = any(best[0].entry.id == before.ranked[0].entry.id for before in parts)
                if (told or names) and self._is_sure(alone):
                    best = alone
                near = alone if names or self._is_sure(alone) else within if told else best
            is_sure = self._is_sure(best)
            parts.append(Part(said, best if is_sure else near, is_sure))
            if is_sure:
                topic = best[0].entry.topic
        return parts

    def _is_sure(self, ranked: Sequence[Ranked]) -> bool:
        return ranked[0].confidence >= self.thresholds.answer

    def named(self, text: str, turn: Turn) -> Named:
        """Return whether ``text`` names a thing that the citizen's place has entries about, and nothing else."""
        index = self.indexes.get(self.place(turn))
        if index is None:
            return Named.NOT
        lexicon = index.lexicon
        words = lexicon.canonical(self.places.strip(text))
        if not lexicon.items_in(words):
            return Named.NOT
        return Named.ALONE if len(words) <= len(lexicon.subject(words)) + 1 else Named.AMONG_OTHERS

    def other_places(self, text: str, turn: Turn, uncovered: str | None) -> list[Ranked]:
        """Return what other places surely answer, the surest place's first.

        They are asked where the conversation names no place, and the ones inside an ``uncovered`` place that it names.
        """
        if not uncovered and turn.dialogue.jurisdiction:
            return []
        wanted = self.places.covered_in(uncovered) if uncovered else list(self.indexes)
        return [r for r in self._best_of(wanted, text, turn) if r.confidence >= self.thresholds.answer]

    def best_elsewhere(self, text: str, turn: Turn) -> list[Ranked]:
        """Return the likeliest entry of all other places."""
        return self._best_of(self.indexes, text, turn)[:1]

    def _best_of(self, places: Iterable[str], text: str, turn: Turn) -> list[Ranked]:
        """Return the likeliest entry of each of ``places`` but the turn's own, the surest first."""
        found: list[Ranked] = []
        for place in places:
            if place in self.indexes and place != self.place(turn):
                index = self.indexes[place]
                words = index.lexicon.canonical(text)
                found += index.rank(words, turn.understanding, self.ranker, routes=False, top=1)
        return sorted(found, key=lambda r: -r.confidence)

    def nearest(self, text: str, place: str, understanding: Understanding, top: int = 5) -> list[Ranked]:
        """Return the ``top`` entries of ``place`` for ``text`` read alone, whatever their confidence."""
        index = self.indexes.get(place)
        plain = self.places.strip(self.plain(text))
        return index.rank(index.lexicon.canonical(plain), understanding, self.ranker, top=top) if index else []


def _surest(rankings: Iterable[Sequence[Ranked]]) -> Sequence[Ranked]:
    return max(rankings, key=lambda ranked: ranked[0].confidence)


def build_indexes(
    knowledge: Knowledge, ranker: Ranker, earlier: Mapping[str, EntryIndex] | None = None
) -> Mapping[str, EntryIndex]:
    """Return one index for each jurisdiction that has entries; what did not change is taken over from ``earlier``.

    Building one takes seconds: a change in one place must not be waited for in the others, nor a model's new weights.
    """
    before = earlier or {}
    lexicons = lexicons_of(knowledge, ranker.synonyms, {place: index.lexicon for place, index in before.items()})
    return {
        place: _index_of([_with_wordings(entry, ranker) for entry in entries], lexicons[place], before.get(place))
        for place, entries in entries_by_place(knowledge).items()
    }


def _with_wordings(entry: KnowledgeEntry, ranker: Ranker) -> KnowledgeEntry:
    taught = ranker.taught.get(entry.id, ())
    return replace(entry, similar=tuple(dict.fromkeys((*entry.similar, *taught)))) if taught else entry


def _index_of(entries: Sequence[KnowledgeEntry], lexicon: Lexicon, before: EntryIndex | None) -> EntryIndex:
    if before and before.lexicon is lexicon and before.entries == tuple(entries):
        return before
    return EntryIndex(entries, lexicon, before)
