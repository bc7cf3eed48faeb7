"""How entries become replies: the answer with its sources, an offer of several, an honest no."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.hotline.dialogue import Dialogue
from bot.hotline.filing import BEGIN
from bot.hotline.knowledge import AnswerKind, Knowledge, KnowledgeEntry
from bot.hotline.ranking import Ranked
from bot.hotline.reading import Reader, Turn
from bot.hotline.replies import Choice, Reply, answer_text, citations_of, offer_text
from bot.hotline.routing import Suggestion
from bot.hotline.understanding import COMPLAINT_INTENT

COMPLAINT_CERTAIN = 0.6  # probability from which a message is taken for a complaint
DOUBTFUL = 0.25  # confidence below which an offer says that nothing was found that surely answers
WORTH_OFFERING = 0.1  # share of the best one's confidence from which another entry is offered beside it
_MISSES = 2  # in a row, from which a person is offered
_LONGEST_OFFER = 560  # characters


class Composer:
    """Makes replies out of entries of one version of the knowledge."""

    def __init__(
        self,
        knowledge: Knowledge,
        reader: Reader,
        departments: Callable[[str, str], list[Suggestion]],
        today: Callable[[], dt.date],
    ) -> None:
        """``departments`` suggests who handles a complaint in a place."""
        self._knowledge = knowledge
        self._reader = reader
        self._departments = departments
        self._today = today

    def answered(
        self, ranked: Sequence[Ranked], turn: Turn, unsure: Sequence[str] = (), near: Sequence[KnowledgeEntry] = ()
    ) -> Reply:
        """Return the entries of ``ranked`` as the answer, and ``near`` as offers for questions that are ``unsure``."""
        entries = [r.entry for r in ranked]
        entry = entries[0]
        day = self._today()
        place = (
            self._reader.places.name(entry.jurisdiction) if entry.jurisdiction != self._reader.expected(turn) else None
        )
        reason = ""
        if entry.kind is AnswerKind.ROUTE:
            given = [s for s in self._departments(turn.dialogue.text, entry.jurisdiction) if s.rule]
            own = [s for s in given if s.rule and f"{s.rule.jurisdiction}.routing.{s.rule.id}" == entry.id]
            reason = f"\n判断理由：{own[0].reason}" if own and own[0].mentioned else ""
        kind = {AnswerKind.ANSWER: "answer", AnswerKind.SCOPE: "scope", AnswerKind.ROUTE: "route"}[entry.kind]
        offers = tuple(e.id for e in near)
        shown = [*entries, *near]
        return Reply(
            kind=kind,
            text=answer_text(entries, self._knowledge, day, place, unsure, near) + reason,
            jurisdiction=entry.jurisdiction,
            dialogue=replace(turn.dialogue, topic=entry.topic, entry=entry.id, offers=offers, misses=0),
            confidence=round(min(r.confidence for r in ranked), 4),
            entries=tuple((e.id, e.version) for e in shown),
            citations=tuple(c for e in shown for c in citations_of(e, self._knowledge, day)),
            context={"read_as": turn.dialogue.text},
            choices=(*(Choice(e.question, self._asking(e, turn)) for e in near), *_begin(kind)),
        )

    def offer(self, ranked: Sequence[Ranked], turn: Turn) -> Reply:
        """Return the likeliest questions with their answers, to choose from: reading them beats asking once more."""
        likely = [r.entry for r in ranked if r.confidence >= ranked[0].confidence * WORTH_OFFERING][:3]
        doubtful = ranked[0].confidence < DOUBTFUL
        while len(text := self._offer_text(likely, turn, doubtful)) > _LONGEST_OFFER and len(likely) > 1:
            likely.pop()
        offers = tuple(e.id for e in likely)
        complains = turn.understanding.probability(COMPLAINT_INTENT) >= COMPLAINT_CERTAIN
        file = (Choice(BEGIN, BEGIN),) if complains else ()
        dialogue = replace(turn.dialogue, offers=offers, misses=turn.dialogue.misses + 1)
        return Reply(
            kind="clarify",
            text=text,
            jurisdiction=self._reader.place(turn),
            dialogue=dialogue,
            confidence=round(ranked[0].confidence, 4),
            entries=tuple((e.id, e.version) for e in likely),
            citations=tuple(c for e in likely for c in citations_of(e, self._knowledge, self._today())),
            choices=(*(Choice(e.question, self._asking(e, turn)) for e in likely), *file, *person(dialogue)),
        )

    def _asking(self, entry: KnowledgeEntry, turn: Turn) -> str:
        """Return what is sent when the question of ``entry`` is picked: of another place, with its name."""
        return (
            entry.question
            if entry.jurisdiction == self._reader.place(turn)
            else f"{self._label(entry)}{entry.question}"
        )

    def _label(self, entry: KnowledgeEntry) -> str:
        return f"【{self._reader.places.name(entry.jurisdiction)}】"

    def _offer_text(self, entries: Sequence[KnowledgeEntry], turn: Turn, doubtful: bool) -> str:
        own = self._reader.place(turn)
        elsewhere = [self._reader.places.name(e.jurisdiction) if e.jurisdiction != own else None for e in entries]
        lacking = self._reader.places.name(own) if all(elsewhere) else None
        return offer_text(entries, elsewhere, lacking, self._knowledge, self._today(), doubtful=doubtful)

    def plain(self, kind: str, text: str, turn: Turn, dialogue: Dialogue | None = None) -> Reply:
        """Return a reply of ``kind`` that rests on no entry; ``dialogue`` is the state after it where that changes."""
        return Reply(kind=kind, text=text, jurisdiction=self._reader.place(turn), dialogue=dialogue or turn.dialogue)

    def unsupported(self, turn: Turn) -> Reply:
        """Return that nothing is known of this, and what to do about it."""
        place = self._reader.places.name(self._reader.place(turn))
        text = f"抱歉，我这里暂时没有收录{place}这方面的资料，不能乱答。您可以拨打12345咨询，或回复“转人工”由工作人员帮您。"
        dialogue = replace(turn.dialogue, misses=turn.dialogue.misses + 1)
        reply = self.plain("unsupported", text, turn, dialogue)
        return replace(reply, choices=person(dialogue))

    def elsewhere(self, place: str, turn: Turn) -> Reply:
        """Return that nothing is known of ``place``, and which places there are."""
        covered = "、".join(
            j.name for j in self._reader.places.by_id.values() if j.covered and self._reader.indexes.get(j.id)
        )
        text = f"抱歉，我没有{place}的政策资料，目前只收录了{covered}的文件。请拨打{place}当地的12345热线咨询。"
        return self.plain("unsupported", text, turn)


def _begin(kind: str) -> tuple[Choice, ...]:
    """Return filing a work order as a choice where a department was named."""
    return (Choice(BEGIN, BEGIN),) if kind == "route" else ()


def person(dialogue: Dialogue) -> tuple[Choice, ...]:
    """Return a person as a choice after two misses in a row."""
    return (Choice("转人工", "转人工"),) if dialogue.misses >= _MISSES else ()
