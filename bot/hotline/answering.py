"""From a citizen's message to the reply: danger first, then the place, then the entry that answers, else an honest no."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from enum import Enum

from bot.hotline.dialogue import Dialogue, chosen_offer, looks_like_follow_up, says_nothing_new
from bot.hotline.eligibility import Eligibility, Progress, asks_something_else, breaks_off
from bot.hotline.emergencies import detect_emergency
from bot.hotline.filing import BEGIN, Draft, Step, ask, begin, begins_filing, next_step, order_request
from bot.hotline.jurisdictions import Places
from bot.hotline.knowledge import AnswerKind, Knowledge, KnowledgeEntry
from bot.hotline.ledger import top_scores
from bot.hotline.lexicon import Lexicon, entries_by_place, lexicons_of
from bot.hotline.privacy import mask
from bot.hotline.ranking import EntryIndex, Ranked, Ranker, Thresholds
from bot.hotline.replies import EMPTY_TEXT, Choice, Reply, answer_text, citations_of, emergency_text, offer_text
from bot.hotline.routing import SURE, Dispatcher, RoutingAdvice, Suggestion
from bot.hotline.understanding import COMPLAINT_INTENT, Understanding, names_another_case, questions_in
from bot.text.normalise import has_words, normalise
from bot.text.wording import Wording, is_english

_CHAT = {
    "say_greeting": "您好，我是12345热线的智能助手，可以查居住证、12345受理范围、部门热线、一次办好等政策。请直接说您的问题。",
    "say_thanks": "不客气，很高兴能帮到您。还有问题随时来问，祝您生活愉快！",
    "say_goodbye": "再见，祝您一切顺利！有需要随时来找我，也可以拨打12345。",
    "ask_identity": "我是12345热线的智能助手，不是真人。我只回答有文件依据的政策问题，每条都注明出处；办不了的会帮您转人工。",
    "express_anger": "很抱歉没能帮到您，您的心情我理解。请告诉我具体想办什么事，我再帮您查；也可以回复“转人工”或拨打12345。",
    "affirm_offer": "好的。请告诉我您想了解的具体问题，我来帮您查。",
    "deny_offer": "好的，没关系。您可以换个说法再问，或回复“转人工”。",
}
_HANDOFF = "好的，为您转接人工。如果这里暂时没有人应答，请直接拨打12345，由话务员为您处理（24小时）。"
_IN_ENGLISH = {  # what is said first to somebody who asks in English, by kind of reply
    "answer": "The official answer, in Chinese:",
    "scope": "The official answer, in Chinese:",
    "route": "The department in charge, in Chinese:",
    "clarify": "These come closest to your question, in Chinese:",
    "unsupported": "Sorry, I have no information on this. Please dial 12345.",
    "handoff": "A person will help you. You can also dial 12345 (24 hours).",
}
_MISSES = 2  # in a row, from which a person is offered
_TOO_LONG = 3000  # characters that are read; what follows is not
_UNSURE_ROUTE = (
    "您反映的情况，我拿不准该由哪个部门办理。可以回复“登记工单”，由话务员核实后派单；也可以拨打12345，或回复“转人工”。"
)
_NOBODYS = (
    "您反映的是{}方面的问题，{}的派单目录里没有写明由哪个部门承办。可以回复“登记工单”，由12345受理后转办；"
    "也可以拨打12345，或回复“转人工”。"
)
_CHAT_CERTAIN = 0.5
_COMPLAINT_CERTAIN = 0.6
_WORTH_ADDING = 0.4  # confidence from which an entry is offered for one of several questions, beside answers to others
_MOST_QUESTIONS = 3  # of one message that are answered
_WORTH_OFFERING = 0.1  # share of the best one's confidence from which another entry is offered beside it
_LONGEST_OFFER = 560  # characters
_DOUBTFUL = 0.25  # below it an offer says that nothing was found that surely answers
_LONGEST_PLACE = 12  # characters of a place's name before a question that is picked
_WORTH_NAMING = 0.03  # confidence from which a department is named to somebody whose complaint is unsure
_SURER = 0.8  # confidence from which the department of a complaint is named although entries come near
_COMPLAINT_LIKELY = 0.7  # below it a department is not named: the message asks something, it does not complain


@dataclass(frozen=True)
class Turn:
    """One message of a citizen with what is known around it."""

    text: str
    understanding: Understanding
    dialogue: Dialogue
    channel_jurisdiction: str | None = None


class _Named(Enum):
    """Whether a message names a thing that its place has entries about."""

    NOT = "not"
    ALONE = "alone"
    AMONG_OTHERS = "among others"


@dataclass(frozen=True)
class _Reading:
    """The entries ranked for a message, the text they were ranked for, and what was understood of it."""

    ranked: Sequence[Ranked]
    text: str
    understanding: Understanding


@dataclass(frozen=True)
class _Part:
    """One of several questions in a message, and the entries ranked for it."""

    text: str
    ranked: Sequence[Ranked]


class Assistant:
    """Answers from one version of the knowledge. Immutable: a new version makes a new one."""

    def __init__(
        self,
        knowledge: Knowledge,
        places: Places,
        ranker: Ranker,
        *,
        default_jurisdiction: str,
        today: Callable[[], dt.date],
        checks: Sequence[Eligibility] = (),
        dispatcher: Dispatcher | None = None,
        earlier: Assistant | None = None,
    ) -> None:
        """``earlier`` is the assistant that this one follows: what is the same in both is not prepared again."""
        self.knowledge = knowledge
        self.places = places
        self._ranker = ranker
        self._thresholds = ranker.thresholds
        self._default = default_jurisdiction
        self._today = today
        self._wording: Wording = earlier._wording if earlier and earlier._ranker is ranker else Wording(ranker.wording)
        self.dispatcher = dispatcher
        self._advice = RoutingAdvice(dispatcher, self._wording, knowledge) if dispatcher else None
        self._indexes: Mapping[str, EntryIndex] = build_indexes(
            knowledge, ranker, earlier._indexes if earlier else None
        )
        self._public_numbers = frozenset(line.number for line in knowledge.hotlines)
        self._entries = {e.id: e for index in self._indexes.values() for e in index.entries}
        # A check rests on entries that an administrator may have taken away since; then it is not offered.
        self._checks = {check.id: check for check in checks if check.entries <= self._entries.keys()}

    @property
    def thresholds(self) -> Thresholds:
        """From which confidence an entry is the answer, and from which it is offered."""
        return self._thresholds

    def with_thresholds(self, **changes: float) -> Assistant:
        """Return the same assistant with other thresholds, for measuring."""
        other = copy(self)
        other._thresholds = replace(self._thresholds, **changes)
        return other

    def answer(self, turn: Turn) -> Reply:
        """Return the reply to ``turn``; never raises for anything a citizen can type."""
        reply = self._reply(turn)
        lead = _IN_ENGLISH.get(reply.kind) if is_english(normalise(turn.text[:_TOO_LONG])) else None
        return replace(reply, text=f"{lead}\n{reply.text}") if lead else reply

    def _reply(self, turn: Turn) -> Reply:
        if emergency := self._danger(turn):
            return emergency
        text = self._wording.plain(normalise(turn.text[:_TOO_LONG]))
        if not has_words(text):
            return self._plain("clarify", EMPTY_TEXT, turn, self._place(turn), turn.dialogue)
        if reply := self._about_order(turn):
            return reply
        if (chosen := chosen_offer(text, turn.dialogue) or self._picked(text, turn)) and chosen in self._entries:
            return self._answered([Ranked(self._entries[chosen], 1.0)], turn)
        found = self.places.find(text, self._place(turn))
        if found.jurisdiction:
            turn = replace(turn, dialogue=replace(turn.dialogue, jurisdiction=found.jurisdiction))
            if not turn.dialogue.text and says_nothing_new(self.places.strip(text)):
                ask = f"好的，您问的是{self.places.name(found.jurisdiction)}。请说说您想了解什么事？"
                return self._plain("clarify", ask, turn, self._place(turn), turn.dialogue)
        if reply := self._continued_check(text, turn):
            return reply
        read = self._read(text, turn, place_changed=bool(found.jurisdiction))
        ranked, before = read.ranked, turn
        turn = replace(
            turn, dialogue=turn.dialogue.heard(self.masked(read.text), top_scores(read.understanding.scores))
        )
        best = ranked[0].confidence if ranked else 0.0
        if not found.uncovered and (reply := self._started_check(text, ranked, turn)):
            return reply
        sure = bool(ranked) and best >= self._thresholds.answer and not found.uncovered
        leans = read.text != self.places.strip(text)
        if sure:
            return self._reminded(self._answered_each(self._each_question(text, turn), ranked[0], turn))
        if not found.uncovered and (reply := self._complained(ranked, turn)):
            return reply
        others = [] if leans else self._other_places(text, turn, found.uncovered)
        if others and not turn.understanding.intent.startswith("say_"):
            return self._offer([*others[:2], *([] if found.uncovered else ranked[:2])], turn)
        if reply := self._repeated_check(turn):
            return reply
        if reply := self._small_talk(before):
            return reply
        if found.uncovered:
            return self._elsewhere(found.uncovered, turn)
        named = self._named(text, turn)
        if best >= self._thresholds.offer or (ranked and named is _Named.ALONE):
            parts = self._each_question(text, turn)
            all_known = bool(parts) and all(map(self._is_sure, parts))
            return self._answered_each(parts, None, turn) if all_known else self._offer(ranked, turn)
        if turn.understanding.probability(COMPLAINT_INTENT) >= _COMPLAINT_CERTAIN:
            if ranked and not any(rule.jurisdiction == self._place(turn) for rule in self.knowledge.routing_rules):
                return self._offer(ranked, turn)  # without routing rules, what the documents say comes nearest
            return self._routed(self.suggest_departments(turn.text, self._place(turn)), turn)
        return self._unsupported(turn)

    def _about_order(self, turn: Turn) -> Reply | None:
        """Return the next reply about a work order: one being filed, one that was filed, or one to begin."""
        said = turn.text[:_TOO_LONG].strip()
        if draft := Draft.from_slot(turn.dialogue.filing):
            step = next_step(draft, said)
            return self._filing(step, turn) if step else None
        if request := order_request(said):
            return replace(self._plain("work_order", "", turn, self._place(turn), turn.dialogue), order_request=request)
        if not begins_filing(said):
            return None
        entry = self._entries.get(turn.dialogue.entry or "")
        rule = entry.id if entry and entry.kind is AnswerKind.ROUTE else ""
        return self._filing(ask(begin(said, turn.dialogue.text, rule)), turn)

    def _filing(self, step: Step, turn: Turn) -> Reply:
        draft = step.draft.as_slot() if step.draft and not step.ready else {}
        reply = self._plain("work_order", step.text, turn, self._place(turn), replace(turn.dialogue, filing=draft))
        choices = tuple(Choice(title, title) for title in step.choices)
        return replace(reply, choices=choices, draft=step.draft if step.ready else None)

    def _complained(self, ranked: Sequence[Ranked], turn: Turn) -> Reply | None:
        """Return where a message goes that surely complains, of a matter that is surely known: better than an offer.

        Other entries that come near are offered: the message may ask about them, or the hotline may not take the matter.
        """
        if turn.understanding.probability(COMPLAINT_INTENT) < _COMPLAINT_LIKELY:
            return None
        best = ranked[0] if ranked else None
        if best and best.entry.kind is not AnswerKind.ROUTE:
            scope = best.entry.kind is AnswerKind.SCOPE
            if best.confidence >= (self._thresholds.offer if scope else _DOUBTFUL):
                return None
        maybe = self.suggest_departments(turn.text, self._place(turn))
        return self._routed(maybe, turn) if maybe and maybe[0].confidence >= _SURER else None

    def _routed(self, maybe: Sequence[Suggestion], turn: Turn) -> Reply:
        """Return where a complaint goes that no entry answers: one department where that is sure, else a person."""
        best = maybe[0] if maybe and maybe[0].confidence >= SURE else None
        if best and best.rule:
            entry = self._entries.get(f"{best.rule.jurisdiction}.routing.{best.rule.id}")
            if entry:
                return self._answered([Ranked(entry, best.confidence)], turn)
        if best and best.rule is None:
            said = _NOBODYS.format(best.category.rpartition("/")[2], self.places.name(self._place(turn)))
        else:
            named = [s for s in maybe if s.department and s.confidence >= _WORTH_NAMING]
            lines = (f"\n{n}. {s.department.name}（{s.category}）" for n, s in enumerate(named, 1) if s.department)
            said = f"{_UNSURE_ROUTE}\n可能是：{listed}" if (listed := "".join(lines)) else _UNSURE_ROUTE
        to_person = self._plain("handoff", said, turn, self._place(turn), turn.dialogue)
        return replace(to_person, choices=(Choice(BEGIN, BEGIN),))

    def suggest_departments(self, text: str, place: str) -> list[Suggestion]:
        """Return the three likeliest departments of ``place`` for a complaint ``text``, with confidence and reason."""
        return self._advice.suggest(text, place) if self._advice else []

    def candidates(self, turn: Turn) -> Sequence[Ranked]:
        """Return the five likeliest entries for ``turn``, however sure of them one can be."""
        text = self._wording.plain(normalise(turn.text[:_TOO_LONG]))
        if not has_words(text):
            return []
        found = self.places.find(text, self._place(turn))
        if found.jurisdiction:
            turn = replace(turn, dialogue=replace(turn.dialogue, jurisdiction=found.jurisdiction))
        own = self._read(text, turn, place_changed=bool(found.jurisdiction)).ranked
        if turn.dialogue.jurisdiction or (own and own[0].confidence >= self._thresholds.answer):
            return own
        elsewhere = self._best_elsewhere(text, turn)  # the question may be about a place that it does not name
        better = elsewhere and (not own or elsewhere[0].confidence > own[0].confidence)
        return [*own[:-1], *elsewhere] if better else own

    def _best_elsewhere(self, text: str, turn: Turn) -> list[Ranked]:
        """Return the likeliest entry of all other places."""
        found = []
        for place, index in self._indexes.items():
            if place != self._place(turn):
                words = index.lexicon.canonical(text)
                found += index.rank(words, turn.understanding, self._ranker, routes=False, top=1)
        return sorted(found, key=lambda r: -r.confidence)[:1]

    def lexicon(self, place: str) -> Lexicon:
        """Return the words of a place that has entries."""
        return self._indexes[place].lexicon

    def nearest(self, text: str, place: str, understanding: Understanding, top: int = 5) -> list[Ranked]:
        """Return the ``top`` entries of ``place`` for ``text`` read alone, whatever their confidence."""
        index = self._indexes.get(place)
        plain = self.places.strip(self._wording.plain(normalise(text[:_TOO_LONG])))
        return index.rank(index.lexicon.canonical(plain), understanding, self._ranker, top=top) if index else []

    def _picked(self, text: str, turn: Turn) -> str | None:
        """Return the offered entry whose question ``text`` repeats, perhaps with its place before it."""
        for offered in turn.dialogue.offers:
            entry = self._entries.get(offered)
            question = self._wording.plain(normalise(entry.question)) if entry else ""
            if question and text.endswith(question) and len(text) - len(question) <= _LONGEST_PLACE:
                return offered
        return None

    def hand_over(self, turn: Turn) -> Reply:
        """Return the reply that passes the conversation to a person, unless there is danger."""
        if emergency := self._danger(turn):
            return emergency
        return self._plain("handoff", _HANDOFF, turn, self._place(turn), turn.dialogue)

    def _danger(self, turn: Turn) -> Reply | None:
        """Return the reply to a message from somebody in danger."""
        text = normalise(turn.text[:_TOO_LONG])
        found = detect_emergency(text, turn.understanding.alarm)
        if not found and text.isascii():  # English and pinyin
            found = detect_emergency(self._wording.plain(text), turn.understanding.alarm)
        if not found:
            return None
        return self._plain("emergency", emergency_text(found), turn, self._place(turn), turn.dialogue)

    def _place(self, turn: Turn) -> str:
        for place in (turn.dialogue.jurisdiction, turn.channel_jurisdiction):
            if place in self.places.by_id and self.places.by_id[place].covered:
                return place
        return self._default

    def _read(self, text: str, turn: Turn, *, place_changed: bool) -> _Reading:
        """Return the surest reading of the message: on its own, or with what went before."""
        index = self._indexes.get(self._place(turn))
        if index is None:
            return _Reading([], text, turn.understanding)
        canonical = index.lexicon.canonical
        raw = self.places.strip(text)
        before = turn.dialogue.text
        bare = bool(before) and says_nothing_new(raw)
        understanding = Understanding(turn.dialogue.intents) if bare else turn.understanding
        routes = understanding.probability(COMPLAINT_INTENT) >= _COMPLAINT_LIKELY
        ranked = [] if bare else index.rank(canonical(raw), understanding, self._ranker, routes=routes)
        if not before or not (bare or looks_like_follow_up(raw) or place_changed):
            return _Reading(ranked, raw, understanding)
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
        sure = bool(ranked) and ranked[0].confidence >= self._thresholds.answer
        used = raw if sure else ways[min(1, len(ways) - 1)]  # what a later follow-up leans on needs its subject
        for way in ways:
            own = "" if bare else canonical(raw)
            told = None if bare else turn.dialogue.entry
            leaning = index.rank_follow_up(
                own, canonical(way), topic, understanding, self._ranker, routes=routes, told=told
            )
            if not ranked or leaning[0].confidence > ranked[0].confidence:
                ranked, used = leaning, way
        return _Reading(ranked, used, understanding)

    def _each_question(self, text: str, turn: Turn) -> list[_Part]:
        """Return several questions in ``text`` with the entries for each, nothing where it holds one.

        What was understood of the message may be true of one of them only: each is read with and without it.
        """
        index = self._indexes[self._place(turn)]
        asked = questions_in(text)[:_MOST_QUESTIONS]
        words = [index.lexicon.canonical(self.places.strip(part)) for part in asked]
        if len(words) < 2:
            return []
        parts: list[_Part] = []
        topic = None
        for said, part in zip(asked, words):
            joined = f"{words[0]}，{part}" if parts else part
            ways = [
                index.rank_follow_up(part, joined, topic, understanding, self._ranker, routes=False)
                for understanding in (turn.understanding, Understanding())
            ]
            parts.append(_Part(said, max(ways, key=lambda ranked: ranked[0].confidence)))
            if self._is_sure(parts[-1]):
                topic = parts[-1].ranked[0].entry.topic
        return parts

    def _is_sure(self, part: _Part) -> bool:
        return part.ranked[0].confidence >= self._thresholds.answer

    def _answered_each(self, parts: Sequence[_Part], best: Ranked | None, turn: Turn) -> Reply:
        """Return the answers to the questions that are surely answered, and what comes near to the others.

        ``best`` surely answers the message as a whole; where each question has its own answer, it is not needed.
        """
        sure = [part.ranked[0] for part in parts if self._is_sure(part)]
        if best and len(sure) < max(len(parts), 1):
            sure.insert(0, best)
        given = list({ranked.entry.id: ranked for ranked in sure}.values())
        ids = {ranked.entry.id for ranked in given}
        unsure = [
            part
            for part in parts
            if _WORTH_ADDING <= part.ranked[0].confidence < self._thresholds.answer
            and part.ranked[0].entry.id not in ids
        ]
        near = {
            ranked.entry.id: ranked
            for part in unsure
            for ranked in part.ranked[:2]
            if ranked.entry.id not in ids and ranked.confidence >= part.ranked[0].confidence * _WORTH_OFFERING
        }
        return self._answered(given, turn, tuple(part.text for part in unsure), [r.entry for r in near.values()])

    def _named(self, text: str, turn: Turn) -> _Named:
        """Return whether ``text`` names a thing that the citizen's place has entries about, and nothing else."""
        index = self._indexes.get(self._place(turn))
        if index is None:
            return _Named.NOT
        lexicon = index.lexicon
        words = lexicon.canonical(self.places.strip(text))
        if not lexicon.items_in(words):
            return _Named.NOT
        return _Named.ALONE if len(words) <= len(lexicon.subject(words)) + 1 else _Named.AMONG_OTHERS

    def _other_places(self, text: str, turn: Turn, uncovered: str | None) -> list[Ranked]:
        """Return what other places surely answer, the surest place's first.

        They are asked where the conversation names no place, and the ones inside an ``uncovered`` place that it names.
        """
        own = self._place(turn)
        wanted = self.places.covered_in(uncovered) if uncovered else list(self._indexes)
        found = []
        for place in wanted if uncovered or not turn.dialogue.jurisdiction else ():
            if place in self._indexes and place != own:
                index = self._indexes[place]
                words = index.lexicon.canonical(text)
                found += index.rank(words, turn.understanding, self._ranker, routes=False, top=1)
        return sorted((r for r in found if r.confidence >= self._thresholds.answer), key=lambda r: -r.confidence)

    def _answered(
        self, ranked: Sequence[Ranked], turn: Turn, unsure: Sequence[str] = (), near: Sequence[KnowledgeEntry] = ()
    ) -> Reply:
        """Return the entries of ``ranked`` as the answer, and ``near`` as offers for questions that are ``unsure``."""
        entries = [r.entry for r in ranked]
        entry = entries[0]
        day = self._today()
        place = self.places.name(entry.jurisdiction) if entry.jurisdiction != self._expected(turn) else None
        reason = ""
        if entry.kind is AnswerKind.ROUTE:
            given = [s for s in self.suggest_departments(turn.dialogue.text, entry.jurisdiction) if s.rule]
            own = [s for s in given if s.rule and f"{s.rule.jurisdiction}.routing.{s.rule.id}" == entry.id]
            reason = f"\n判断理由：{own[0].reason}" if own and own[0].mentioned else ""
        kind = {AnswerKind.ANSWER: "answer", AnswerKind.SCOPE: "scope", AnswerKind.ROUTE: "route"}[entry.kind]
        offers = tuple(e.id for e in near)
        shown = [*entries, *near]
        return Reply(
            kind="clarify" if near else kind,
            text=answer_text(entries, self.knowledge, day, place, unsure, near) + reason,
            jurisdiction=entry.jurisdiction,
            dialogue=replace(turn.dialogue, topic=entry.topic, entry=entry.id, offers=offers, misses=0),
            confidence=round(min(r.confidence for r in ranked), 4),
            entries=tuple((e.id, e.version) for e in shown),
            citations=tuple(c for e in shown for c in citations_of(e, self.knowledge, day)),
            context={"read_as": turn.dialogue.text},
            choices=(*(Choice(e.question, self._asking(e, turn)) for e in near), *_begin(kind)),
        )

    def _started_check(self, text: str, ranked: Sequence[Ranked], turn: Turn) -> Reply | None:
        """Return the first reply of an eligibility check where somebody asks whether they may, and nothing closer."""
        best = ranked[0] if ranked else None
        for check in self._checks.values():
            if check.place != self._place(turn) or not check.begun_by(text):
                continue
            if best and best.confidence >= self._thresholds.answer and best.entry.id not in check.starts:
                continue
            return self._checked(check, check.facts_in(text, None), turn, opening=True)
        return None

    def _continued_check(self, text: str, turn: Turn) -> Reply | None:
        """Return the next reply of the check that runs, nothing where the message is about something else."""
        progress = Progress.from_slot(turn.dialogue.check)
        check = self._checks.get(progress.id) if progress else None
        if not check or not progress or check.place != self._place(turn):
            return None
        if progress.asked and breaks_off(text):
            ended = replace(turn.dialogue, check={})
            return self._plain("chitchat", "好的，不查了。还有别的问题请直接说。", turn, self._place(turn), ended)
        said = check.facts_in(text, progress.asked)
        facts = {**progress.facts, **said}
        if not said or asks_something_else(text) or (not progress.asked and facts == progress.facts):
            return None
        return self._checked(check, facts, turn)

    def _reminded(self, reply: Reply) -> Reply:
        """Return ``reply`` with what a running check is still waiting for."""
        progress = Progress.from_slot(reply.dialogue.check)
        check = self._checks.get(progress.id) if progress and progress.asked else None
        fact = next((f for f in check.facts if progress and f.id == progress.asked), None) if check else None
        if not check or not fact:
            return reply
        return replace(reply, text=f"{reply.text}\n{check.name}还没查完：{fact.ask}（不查了请说“算了”）")

    def _repeated_check(self, turn: Turn) -> Reply | None:
        """Return what a running check asked last once more: the message was no answer, and nothing else was understood."""
        progress = Progress.from_slot(turn.dialogue.check)
        check = self._checks.get(progress.id) if progress and progress.asked else None
        return self._checked(check, progress.facts, turn, again=True) if check and progress else None

    def _checked(
        self,
        check: Eligibility,
        facts: Mapping[str, str],
        turn: Turn,
        *,
        opening: bool = False,
        again: bool = False,
    ) -> Reply:
        """Return what follows from ``facts``, or what must still be asked."""
        if outcome := check.outcome(facts):
            entries = [Ranked(self._entries[entry], 1.0) for entry in outcome.entries]
            dialogue = replace(turn.dialogue, check=Progress(check.id, facts).as_slot())
            reply = self._answered(entries, replace(turn, dialogue=dialogue))
            return replace(reply, text=f"{outcome.verdict}{reply.text}")
        fact = check.next_fact(facts)
        assert fact is not None, "read_eligibility makes sure that every way has an outcome"
        asked = Progress(check.id, facts, fact.id).as_slot()
        choices = tuple(Choice(option.label, option.label) for option in fact.options)
        if not opening:
            ask = f"没有看懂。{fact.ask}不想查了请说“算了”。" if again else fact.ask
            misses = turn.dialogue.misses + again
            reply = self._plain(
                "clarify", ask, turn, self._place(turn), replace(turn.dialogue, check=asked, misses=misses)
            )
            return replace(reply, choices=(*choices, *_person(reply.dialogue)))
        rule = self._answered([Ranked(self._entries[check.opening], 1.0)], turn)
        text = f"{rule.text}\n帮您看看符不符合：{fact.ask}"
        return replace(
            rule,
            kind="clarify",
            text=text,
            choices=choices,
            dialogue=replace(rule.dialogue, check=asked),
            confidence=None,
        )

    def _expected(self, turn: Turn) -> str:
        return turn.channel_jurisdiction or self._default

    def masked(self, text: str) -> str:
        """Return ``text`` without personal data; the numbers of public lines stay, a follow-up may mean them."""
        return mask(text, self._public_numbers)

    def _small_talk(self, turn: Turn) -> Reply | None:
        likely = {name: turn.understanding.probability(name) for name in ("request_human", *_CHAT)}
        intent = max(likely, key=lambda name: likely[name])
        if sum(likely.values()) < _CHAT_CERTAIN:
            return None
        if intent == "request_human":
            return self._plain("handoff", _HANDOFF, turn, self._place(turn), turn.dialogue)
        return self._plain("chitchat", _CHAT[intent], turn, self._place(turn), turn.dialogue)

    def _offer(self, ranked: Sequence[Ranked], turn: Turn) -> Reply:
        """Return the likeliest questions with their answers, to choose from: reading them beats asking once more."""
        likely = [r.entry for r in ranked if r.confidence >= ranked[0].confidence * _WORTH_OFFERING][:3]
        doubtful = ranked[0].confidence < _DOUBTFUL
        while len(text := self._offer_text(likely, turn, doubtful)) > _LONGEST_OFFER and len(likely) > 1:
            likely.pop()
        offers = tuple(e.id for e in likely)
        complains = turn.understanding.probability(COMPLAINT_INTENT) >= _COMPLAINT_CERTAIN
        file = (Choice(BEGIN, BEGIN),) if complains else ()
        dialogue = replace(turn.dialogue, offers=offers, misses=turn.dialogue.misses + 1)
        return Reply(
            kind="clarify",
            text=text,
            jurisdiction=self._place(turn),
            dialogue=dialogue,
            confidence=round(ranked[0].confidence, 4),
            entries=tuple((e.id, e.version) for e in likely),
            citations=tuple(c for e in likely for c in citations_of(e, self.knowledge, self._today())),
            choices=(*(Choice(e.question, self._asking(e, turn)) for e in likely), *file, *_person(dialogue)),
        )

    def _asking(self, entry: KnowledgeEntry, turn: Turn) -> str:
        """Return what is sent when the question of ``entry`` is picked: of another place, with its name."""
        return entry.question if entry.jurisdiction == self._place(turn) else f"{self._label(entry)}{entry.question}"

    def _label(self, entry: KnowledgeEntry) -> str:
        return f"【{self.places.name(entry.jurisdiction)}】"

    def _offer_text(self, entries: Sequence[KnowledgeEntry], turn: Turn, doubtful: bool) -> str:
        own = self._place(turn)
        elsewhere = [self.places.name(e.jurisdiction) if e.jurisdiction != own else None for e in entries]
        lacking = self.places.name(own) if all(elsewhere) else None
        return offer_text(entries, elsewhere, lacking, self.knowledge, self._today(), doubtful=doubtful)

    def _unsupported(self, turn: Turn) -> Reply:
        place = self.places.name(self._place(turn))
        text = f"抱歉，我这里暂时没有收录{place}这方面的资料，不能乱答。您可以拨打12345咨询，或回复“转人工”由工作人员帮您。"
        dialogue = replace(turn.dialogue, misses=turn.dialogue.misses + 1)
        reply = self._plain("unsupported", text, turn, self._place(turn), dialogue)
        return replace(reply, choices=_person(dialogue))

    def _elsewhere(self, place: str, turn: Turn) -> Reply:
        covered = "、".join(j.name for j in self.places.by_id.values() if j.covered and self._indexes.get(j.id))
        text = f"抱歉，我没有{place}的政策资料，目前只收录了{covered}的文件。请拨打{place}当地的12345热线咨询。"
        return self._plain("unsupported", text, turn, self._place(turn), turn.dialogue)

    @staticmethod
    def _plain(kind: str, text: str, turn: Turn, jurisdiction: str, dialogue: Dialogue) -> Reply:
        return Reply(kind=kind, text=text, jurisdiction=jurisdiction, dialogue=dialogue)


def _begin(kind: str) -> tuple[Choice, ...]:
    """Return filing a work order as a choice where a department was named."""
    return (Choice(BEGIN, BEGIN),) if kind == "route" else ()


def _person(dialogue: Dialogue) -> tuple[Choice, ...]:
    """Return a person as a choice after two misses in a row."""
    return (Choice("转人工", "转人工"),) if dialogue.misses >= _MISSES else ()


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
