"""Answers suggested to an operator (推荐答复): the five likeliest entries for what a citizen says, each with why it matches.

The bot answers only where it is sure; an operator can judge five.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.hotline.answering import Assistant, Turn
from bot.hotline.dialogue import Dialogue
from bot.hotline.knowledge import KnowledgeEntry
from bot.hotline.ranking import Ranked
from bot.hotline.understanding import Understanding, questions_in
from bot.text.normalise import normalise
from bot.text.similarity import character_grams

SUGGESTED = 5
_CONTEXT = 3  # messages before the last that are read for what it leans on
_LONGEST = 1000  # characters of each message that are read
_WORDS_SHOWN = 5
_CERTAIN = 0.5
_TRUST = 0.5  # of five entries more are right when the intent counts half: measured on the held-out questions
_SAYS_NOTHING = frozenset(
    {
        "request_human",
        "say_greeting",
        "say_thanks",
        "say_goodbye",
        "express_anger",
        "affirm_offer",
        "deny_offer",
        "ask_identity",
    }
)
_WHOLE = 2  # suggestions for a message with several questions that go to the message as a whole
_PARTS = 3  # questions of a message that are looked up each for itself, at every pause in typing
_SHORTEST_WORD = 2  # characters; a single one explains nothing


@dataclass(frozen=True)
class Suggested:
    """An entry that may answer, the probability that it does, and why: the wording that comes closest, shared words."""

    entry: KnowledgeEntry
    confidence: float
    question: str
    words: tuple[str, ...]


class Suggester:
    """Suggests from one version of the knowledge. Immutable; ``understand`` says what a text's intents are."""

    def __init__(self, assistant: Assistant, understand: Callable[[str], Understanding]) -> None:
        self.assistant = assistant
        self._understand = understand

    @property
    def version(self) -> int:
        """The version of the knowledge."""
        return self.assistant.knowledge.version

    def suggest(self, said: Sequence[str], place: str) -> list[Suggested]:
        """Return up to five entries for the last of what the citizen ``said`` in ``place``, the likeliest first."""
        told = [text[:_LONGEST] for text in said if text.strip()][-2 * _CONTEXT :]
        turns = [text for text in told if not self._says_nothing(text)][-_CONTEXT - 1 :]
        if not turns:
            return []
        dialogue = Dialogue()
        for text in turns[:-1]:
            dialogue = self.assistant.answer(Turn(text, self._understand(text), dialogue, place)).dialogue
        last = Turn(turns[-1], Understanding(), dialogue, place)
        return [self._explained(ranked, last.text) for ranked in self._ranked(last)]

    def _says_nothing(self, text: str) -> bool:
        """Return whether ``text`` asks nothing that the knowledge could answer: a greeting, thanks, a wish for a person."""
        understanding = self._understand(text)
        return understanding.intent in _SAYS_NOTHING and understanding.probability(understanding.intent) >= _CERTAIN

    def _ranked(self, turn: Turn) -> Sequence[Ranked]:
        """Return the likeliest entries: of the whole message, and of each question where it asks several."""
        ranked = self.assistant.candidates(replace(turn, understanding=self._doubted(turn.text)))
        parts = questions_in(normalise(turn.text))[:_PARTS] if ranked else []
        if len(parts) < 2:
            return ranked
        place = ranked[0].entry.jurisdiction
        single = [
            one for part in parts for one in self.assistant.reader.nearest(part, place, self._doubted(part), top=2)
        ]
        single.sort(key=lambda one: -one.confidence)
        together: dict[str, Ranked] = {}
        for one in (*ranked[:_WHOLE], *single, *ranked[_WHOLE:]):
            together.setdefault(one.entry.id, one)
        return list(together.values())[:SUGGESTED]

    def _doubted(self, text: str) -> Understanding:
        """Return the intents of ``text``, each counting half: they may be mistaken."""
        understood = self._understand(text)
        doubted = {intent: probability * _TRUST for intent, probability in understood.scores.items()}
        return Understanding(doubted, understood.model)

    def _explained(self, ranked: Ranked, text: str) -> Suggested:
        lexicon = self.assistant.lexicon(ranked.entry.jurisdiction)
        canonical = lexicon.canonical(text)
        grams = set(character_grams(canonical))
        question = max(
            ranked.entry.questions, key=lambda q: _overlap(grams, set(character_grams(lexicon.canonical(q))))
        )
        known = set(lexicon.words(lexicon.canonical(f"{question} {ranked.entry.answer}")))
        words = [
            w for w in dict.fromkeys(lexicon.words(canonical)) if len(w) >= _SHORTEST_WORD and w in known and w in text
        ]
        return Suggested(ranked.entry, ranked.confidence, question, tuple(words[:_WORDS_SHOWN]))


def _overlap(one: set[str], other: set[str]) -> float:
    """Return the Dice coefficient of two sets of n-grams."""
    return 2 * len(one & other) / (len(one) + len(other) or 1)
