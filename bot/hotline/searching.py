"""Search over knowledge entries and provisions while an operator types."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.hotline.directory import all_entries
from bot.hotline.knowledge import Knowledge, KnowledgeEntry, Provision
from bot.text.normalise import normalise
from bot.text.similarity import DocumentIndex, character_grams

_LONGEST = 100  # characters that are read
_ELSEWHERE = 0.6  # what counts of the score of another place
_QUESTION_TWICE = 2  # an entry's own question says more of what it is about than its answer
_LEAST = 0.08  # share of the best possible score from which something is found


@dataclass(frozen=True)
class Found:
    """An entry or a provision that was found."""

    score: float
    jurisdiction: str
    entry: KnowledgeEntry | None = None
    provision: Provision | None = None


class KnowledgeSearch:
    """An index of everything that can be quoted, for one version of the knowledge. Immutable."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.version = knowledge.version
        documents = knowledge.documents
        self._entries = all_entries(knowledge)
        self._provisions = [p for p in knowledge.provisions.values() if p.text]
        texts = [_of_entry(entry, knowledge) for entry in self._entries]
        texts += [f"{_document(knowledge, p.document)} {p.path} {p.heading or ''} {p.text}" for p in self._provisions]
        self._places = [entry.jurisdiction for entry in self._entries]
        self._places += [documents[p.document].jurisdiction for p in self._provisions]
        self._index = DocumentIndex([normalise(text) for text in texts], character_grams)

    def find(self, text: str, place: str, most: int = 8) -> list[Found]:
        """Return the ``most`` that fit ``text`` best, those of ``place`` before equals of others."""
        typed = normalise(text[:_LONGEST])
        if not typed.strip() or not self._places:
            return []
        scores = self._index.scores(typed) * np.asarray([1.0 if p == place else _ELSEWHERE for p in self._places])
        best = [int(i) for i in np.argsort(-scores)[:most] if scores[i] >= _LEAST]
        return [self._found(i, float(scores[i])) for i in best]

    def _found(self, number: int, score: float) -> Found:
        if number < len(self._entries):
            return Found(score, self._places[number], entry=self._entries[number])
        return Found(score, self._places[number], provision=self._provisions[number - len(self._entries)])


def _of_entry(entry: KnowledgeEntry, knowledge: Knowledge) -> str:
    cited = " ".join(_document(knowledge, citation.document) for citation in entry.citations)
    return " ".join([*[entry.question] * _QUESTION_TWICE, *entry.similar, entry.answer, cited])


def _document(knowledge: Knowledge, document: str) -> str:
    known = knowledge.documents.get(document)
    return f"{known.title} {known.number or ''}" if known else ""
