"""From a citizen's message to the reply: danger first, then the place, then the entry that answers, else an honest no."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace

from bot.hotline.composing import COMPLAINT_CERTAIN, DOUBTFUL, WORTH_OFFERING, Composer, person
from bot.hotline.dialogue import chosen_offer, says_nothing_new
from bot.hotline.eligibility import Eligibility, Progress, asks_something_else, breaks_off
from bot.hotline.emergencies import detect_emergency
from bot.hotline.filing import BEGIN, Draft, Step, ask, begin, begins_filing, next_step, order_request
from bot.hotline.jurisdictions import PlaceFound, Places
from bot.hotline.knowledge import AnswerKind, Knowledge
from bot.hotline.ledger import top_scores
from bot.hotline.lexicon import Lexicon
from bot.hotline.privacy import mask
from bot.hotline.ranking import Ranked, Ranker
from bot.hotline.reading import COMPLAINT_LIKELY, TOO_LONG, Named, Part, Reader, Turn
from bot.hotline.replies import EMPTY_TEXT, Choice, Reply, emergency_text
from bot.hotline.routing import SURE, Dispatcher, RoutingAdvice, Suggestion
from bot.hotline.understanding import COMPLAINT_INTENT
from bot.text.normalise import has_words, normalise
from bot.text.wording import is_english

__all__ = ["Assistant", "Turn"]
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
_UNSURE_ROUTE = (
    "您反映的情况，我拿不准该由哪个部门办理。可以回复“登记工单”，由话务员核实后派单；也可以拨打12345，或回复“转人工”。"
)
_NOBODYS = (
    "您反映的是{}方面的问题，{}的派单目录里没有写明由哪个部门承办。可以回复“登记工单”，由12345受理后转办；"
    "也可以拨打12345，或回复“转人工”。"
)
_CHAT_CERTAIN = 0.5
_WORTH_ADDING = 0.4  # confidence from which an entry is offered for one of several questions, beside answers to others
_MOST_NEAR = 3  # entries offered beside answers
_LONGEST_QUOTE = 40  # characters of a question that is repeated to the citizen
_LONGEST_PLACE = 12  # characters of a place's name before a question that is picked
_WORTH_NAMING = 0.03  # confidence from which a department is named to somebody whose complaint is unsure
_SURER = 0.8  # confidence from which the department of a complaint is named although entries come near


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
        self.dispatcher = dispatcher
        self.reader: Reader = Reader(
            knowledge, places, ranker, default_jurisdiction, earlier.reader if earlier else None
        )
        self._composer = Composer(knowledge, self.reader, self.suggest_departments, today)
        self._advice = RoutingAdvice(dispatcher, self.reader.wording, knowledge) if dispatcher else None
        self._public_numbers = frozenset(line.number for line in knowledge.hotlines)
        self._entries = {e.id: e for index in self.reader.indexes.values() for e in index.entries}
        # A check rests on entries that an administrator may have taken away since; then it is not offered.
        self._checks = {check.id: check for check in checks if check.entries <= self._entries.keys()}

    def with_thresholds(self, **changes: float) -> Assistant:
        """Return the same assistant with other thresholds, for measuring."""
        other = copy(self)
        other.reader = self.reader.with_thresholds(**changes)
        return other

    def answer(self, turn: Turn) -> Reply:
        """Return the reply to ``turn``; never raises for anything a citizen can type."""
        reply = self._reply(turn)
        lead = _IN_ENGLISH.get(reply.kind) if is_english(normalise(turn.text[:TOO_LONG])) else None
        return replace(reply, text=f"{lead}\n{reply.text}") if lead else reply

    def _reply(self, turn: Turn) -> Reply:
        if emergency := self._danger(turn):
            return emergency
        text = self.reader.plain(turn.text)
        if not has_words(text):
            return self._composer.plain("clarify", EMPTY_TEXT, turn)
        if reply := self._about_order(turn):
            return reply
        if (chosen := chosen_offer(text, turn.dialogue) or self._picked(text, turn)) and chosen in self._entries:
            return self._composer.answered([Ranked(self._entries[chosen], 1.0)], turn)
        found = self.places.find(text, self.reader.place(turn))
        if found.jurisdiction:
            turn = replace(turn, dialogue=replace(turn.dialogue, jurisdiction=found.jurisdiction))
            if not turn.dialogue.text and says_nothing_new(self.places.strip(text)):
                ask = f"好的，您问的是{self.places.name(found.jurisdiction)}。请说说您想了解什么事？"
                return self._composer.plain("clarify", ask, turn)
        return self._continued_check(text, turn) or self._looked_up(text, found, turn)

    def _looked_up(self, text: str, found: PlaceFound, turn: Turn) -> Reply:
        """Return the reply to a question, or to whatever else is no step of something that was begun before."""
        read = self.reader.read(text, turn, place_changed=bool(found.jurisdiction))
        ranked, before = read.ranked, turn
        turn = replace(
            turn, dialogue=turn.dialogue.heard(self.masked(read.text), top_scores(read.understanding.scores))
        )
        best = ranked[0].confidence if ranked else 0.0
        if not found.uncovered and (reply := self._started_check(text, ranked, turn)):
            return reply
        sure = bool(ranked) and best >= self.reader.thresholds.answer and not found.uncovered
        leans = read.text != self.places.strip(text)
        if sure:
            return self._reminded(self._answered_each(self.reader.each_question(text, turn), ranked[0], turn))
        if not found.uncovered and (reply := self._complained(ranked, turn)):
            return reply
        near = not found.uncovered and best >= self.reader.thresholds.offer
        parts = self.reader.each_question(text, turn) if near else []
        if parts and all(part.is_sure for part in parts):
            return self._answered_each(parts, None, turn)
        others = [] if leans else self.reader.other_places(text, turn, found.uncovered)
        if others and not turn.understanding.intent.startswith("say_"):
            return self._composer.offer([*others[:2], *([] if found.uncovered else ranked[:2])], turn)
        if reply := self._repeated_check(turn):
            return reply
        if reply := self._small_talk(before):
            return reply
        if found.uncovered:
            return self._composer.elsewhere(found.uncovered, turn)
        if near or (ranked and self.reader.named(text, turn) is Named.ALONE):
            return self._composer.offer(ranked, turn)
        if turn.understanding.probability(COMPLAINT_INTENT) >= COMPLAINT_CERTAIN:
            if ranked and not any(
                rule.jurisdiction == self.reader.place(turn) for rule in self.knowledge.routing_rules
            ):
                return self._composer.offer(ranked, turn)  # without routing rules, what the documents say comes nearest
            return self._routed(self.suggest_departments(turn.text, self.reader.place(turn)), turn)
        return self._composer.unsupported(turn)

    def _about_order(self, turn: Turn) -> Reply | None:
        """Return the next reply about a work order: one being filed, one that was filed, or one to begin."""
        said = turn.text[:TOO_LONG].strip()
        if draft := Draft.from_slot(turn.dialogue.filing):
            step = next_step(draft, said)
            return self._filing(step, turn) if step else None
        if request := order_request(said):
            return replace(self._composer.plain("work_order", "", turn), order_request=request)
        if not begins_filing(said):
            return None
        entry = self._entries.get(turn.dialogue.entry or "")
        rule = entry.id if entry and entry.kind is AnswerKind.ROUTE else ""
        return self._filing(ask(begin(said, turn.dialogue.text, rule)), turn)

    def _filing(self, step: Step, turn: Turn) -> Reply:
        draft = step.draft.as_slot() if step.draft and not step.ready else {}
        reply = self._composer.plain("work_order", step.text, turn, replace(turn.dialogue, filing=draft))
        choices = tuple(Choice(title, title) for title in step.choices)
        return replace(reply, choices=choices, draft=step.draft if step.ready else None)

    def _complained(self, ranked: Sequence[Ranked], turn: Turn) -> Reply | None:
        """Return where a message goes that surely complains, of a matter that is surely known: better than an offer.

        Other entries that come near are offered: the message may ask about them, or the hotline may not take the matter.
        """
        if turn.understanding.probability(COMPLAINT_INTENT) < COMPLAINT_LIKELY:
            return None
        best = ranked[0] if ranked else None
        if best and best.entry.kind is not AnswerKind.ROUTE:
            scope = best.entry.kind is AnswerKind.SCOPE
            if best.confidence >= (self.reader.thresholds.offer if scope else DOUBTFUL):
                return None
        maybe = self.suggest_departments(turn.text, self.reader.place(turn))
        return self._routed(maybe, turn) if maybe and maybe[0].confidence >= _SURER else None

    def _routed(self, maybe: Sequence[Suggestion], turn: Turn) -> Reply:
        """Return where a complaint goes that no entry answers: one department where that is sure, else a person."""
        best = maybe[0] if maybe and maybe[0].confidence >= SURE else None
        if best and best.rule:
            entry = self._entries.get(f"{best.rule.jurisdiction}.routing.{best.rule.id}")
            if entry:
                return self._composer.answered([Ranked(entry, best.confidence)], turn)
        if best and best.rule is None:
            said = _NOBODYS.format(best.category.rpartition("/")[2], self.places.name(self.reader.place(turn)))
        else:
            named = [s for s in maybe if s.department and s.confidence >= _WORTH_NAMING]
            lines = (f"\n{n}. {s.department.name}（{s.category}）" for n, s in enumerate(named, 1) if s.department)
            said = f"{_UNSURE_ROUTE}\n可能是：{listed}" if (listed := "".join(lines)) else _UNSURE_ROUTE
        to_person = self._composer.plain("handoff", said, turn)
        return replace(to_person, choices=(Choice(BEGIN, BEGIN),))

    def suggest_departments(self, text: str, place: str) -> list[Suggestion]:
        """Return the three likeliest departments of ``place`` for a complaint ``text``, with confidence and reason."""
        return self._advice.suggest(text, place) if self._advice else []

    def candidates(self, turn: Turn) -> Sequence[Ranked]:
        """Return the five likeliest entries for ``turn``, however sure of them one can be."""
        text = self.reader.plain(turn.text)
        if not has_words(text):
            return []
        found = self.places.find(text, self.reader.place(turn))
        if found.jurisdiction:
            turn = replace(turn, dialogue=replace(turn.dialogue, jurisdiction=found.jurisdiction))
        own = self.reader.read(text, turn, place_changed=bool(found.jurisdiction)).ranked
        if turn.dialogue.jurisdiction or (own and own[0].confidence >= self.reader.thresholds.answer):
            return own
        elsewhere = self.reader.best_elsewhere(text, turn)  # the question may be about a place that it does not name
        better = elsewhere and (not own or elsewhere[0].confidence > own[0].confidence)
        return [*own[:-1], *elsewhere] if better else own

    def lexicon(self, place: str) -> Lexicon:
        """Return the words of a place that has entries."""
        return self.reader.indexes[place].lexicon

    def _picked(self, text: str, turn: Turn) -> str | None:
        """Return the offered entry whose question ``text`` repeats, perhaps with its place before it."""
        for offered in turn.dialogue.offers:
            entry = self._entries.get(offered)
            question = self.reader.plain(entry.question) if entry else ""
            if question and text.endswith(question) and len(text) - len(question) <= _LONGEST_PLACE:
                return offered
        return None

    def hand_over(self, turn: Turn) -> Reply:
        """Return the reply that passes the conversation to a person, unless there is danger."""
        if emergency := self._danger(turn):
            return emergency
        return self._composer.plain("handoff", _HANDOFF, turn)

    def _danger(self, turn: Turn) -> Reply | None:
        """Return the reply to a message from somebody in danger."""
        text = normalise(turn.text[:TOO_LONG])
        found = detect_emergency(text, turn.understanding.alarm)
        if not found and text.isascii():  # English and pinyin
            found = detect_emergency(self.reader.wording.plain(text), turn.understanding.alarm)
        if not found:
            return None
        return self._composer.plain("emergency", emergency_text(found), turn)

    def _answered_each(self, parts: Sequence[Part], best: Ranked | None, turn: Turn) -> Reply:
        """Return the answers to the questions that are surely answered, and what comes near to the others.

        ``best`` surely answers the message as a whole; where each question has its own answer, it is not needed.
        """
        sure = [part.ranked[0] for part in parts if part.is_sure]
        if best and len(sure) < max(len(parts), 1):
            sure.insert(0, best)
        given = list({ranked.entry.id: ranked for ranked in sure}.values())
        ids = {ranked.entry.id for ranked in given}
        unsure = [
            part
            for part in parts
            if not part.is_sure and part.ranked[0].confidence >= _WORTH_ADDING and part.ranked[0].entry.id not in ids
        ]
        near = {
            ranked.entry.id: ranked
            for part in unsure
            for ranked in part.ranked[:2]
            if ranked.entry.id not in ids and ranked.confidence >= part.ranked[0].confidence * WORTH_OFFERING
        }
        asked = tuple(self.masked(part.text)[:_LONGEST_QUOTE] for part in unsure)
        return self._composer.answered(given, turn, asked, [r.entry for r in near.values()][:_MOST_NEAR])

    def _started_check(self, text: str, ranked: Sequence[Ranked], turn: Turn) -> Reply | None:
        """Return the first reply of an eligibility check where somebody asks whether they may, and nothing closer."""
        best = ranked[0] if ranked else None
        for check in self._checks.values():
            if check.place != self.reader.place(turn) or not check.begun_by(text):
                continue
            if best and best.confidence >= self.reader.thresholds.answer and best.entry.id not in check.starts:
                continue
            return self._checked(check, check.facts_in(text, None), turn, opening=True)
        return None

    def _continued_check(self, text: str, turn: Turn) -> Reply | None:
        """Return the next reply of the check that runs, nothing where the message is about something else."""
        progress = Progress.from_slot(turn.dialogue.check)
        check = self._checks.get(progress.id) if progress else None
        if not check or not progress or check.place != self.reader.place(turn):
            return None
        if progress.asked and breaks_off(text):
            ended = replace(turn.dialogue, check={})
            return self._composer.plain("chitchat", "好的，不查了。还有别的问题请直接说。", turn, ended)
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
            reply = self._composer.answered(entries, replace(turn, dialogue=dialogue))
            return replace(reply, text=f"{outcome.verdict}{reply.text}")
        fact = check.next_fact(facts)
        assert fact is not None, "read_eligibility makes sure that every way has an outcome"
        asked = Progress(check.id, facts, fact.id).as_slot()
        choices = tuple(Choice(option.label, option.label) for option in fact.options)
        if not opening:
            ask = f"没有看懂。{fact.ask}不想查了请说“算了”。" if again else fact.ask
            misses = turn.dialogue.misses + again
            reply = self._composer.plain("clarify", ask, turn, replace(turn.dialogue, check=asked, misses=misses))
            return replace(reply, choices=(*choices, *person(reply.dialogue)))
        rule = self._composer.answered([Ranked(self._entries[check.opening], 1.0)], turn)
        text = f"{rule.text}\n帮您看看符不符合：{fact.ask}"
        return replace(
            rule,
            kind="clarify",
            text=text,
            choices=choices,
            dialogue=replace(rule.dialogue, check=asked),
            confidence=None,
        )

    def masked(self, text: str) -> str:
        """Return ``text`` without personal data; the numbers of public lines stay, a follow-up may mean them."""
        return mask(text, self._public_numbers)

    def _small_talk(self, turn: Turn) -> Reply | None:
        likely = {name: turn.understanding.probability(name) for name in ("request_human", *_CHAT)}
        intent = max(likely, key=lambda name: likely[name])
        if sum(likely.values()) < _CHAT_CERTAIN:
            return None
        if intent == "request_human":
            return self._composer.plain("handoff", _HANDOFF, turn)
        return self._composer.plain("chitchat", _CHAT[intent], turn)
