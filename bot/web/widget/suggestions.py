"""Questions offered while a citizen types: those of the place whose wording comes closest."""

from __future__ import annotations

import threading

from bot.bootstrap import Reference
from bot.hotline.knowledge import Knowledge
from bot.text.normalise import normalise
from bot.text.similarity import TextIndex, character_grams

_SHOWN = 5
_SHORTEST = 2  # characters from which something is offered
_CLOSE = 0.15  # likeness from which a question is offered
_LONGEST = 200  # characters that are read


class Suggestions:
    """Follows the knowledge's version, as every answer does."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._lock = threading.Lock()
        self._version: int | None = None
        self._places: dict[str, _Questions] = {}

    def for_text(self, text: str, jurisdiction: str) -> list[str]:
        """Return up to five questions that can be answered and that ``text`` may become, the closest first."""
        typed = normalise(text[:_LONGEST])
        if len(typed) < _SHORTEST:
            return []
        return self._of(jurisdiction).closest(typed)

    def _of(self, jurisdiction: str) -> _Questions:
        knowledge = self._reference.knowledge()
        with self._lock:
            if knowledge.version != self._version:
                self._version, self._places = knowledge.version, {}
            if jurisdiction not in self._places:
                self._places[jurisdiction] = _Questions(knowledge, jurisdiction)
            return self._places[jurisdiction]


class _Questions:
    def __init__(self, knowledge: Knowledge, jurisdiction: str) -> None:
        self._shown: list[str] = []
        wordings: list[str] = []
        for entry in knowledge.entries:
            if entry.jurisdiction == jurisdiction:
                for wording in (entry.question, *entry.similar):
                    self._shown.append(entry.question)
                    wordings.append(normalise(wording))
        self._index = TextIndex(wordings, character_grams)

    def closest(self, typed: str) -> list[str]:
        scores = self._index.scores(typed)
        found: dict[str, None] = {}
        for row in scores.argsort()[::-1]:
            if scores[row] < _CLOSE or len(found) == _SHOWN:
                break
            found[self._shown[row]] = None
        return list(found)
