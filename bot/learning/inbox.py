"""The inbox (待标注): alike messages together, why they are there, and what they probably should have got."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.hotline.answering import Assistant
from bot.hotline.emergencies import detect_emergency
from bot.hotline.knowledge import KnowledgeEntry
from bot.hotline.learning import GoldenQuestion, Label, LabelKind
from bot.hotline.understanding import COMPLAINT_INTENT, Understanding
from bot.knowledge_files import wording_key
from bot.settings import PROJECT_ROOT
from bot.storage import Missed, Why
from bot.text.normalise import has_words, normalise, strip_filler
from bot.text.similarity import TextIndex, character_grams

WHY_NAMES: Mapping[Why, str] = {
    Why.MISSED: "没有答上",
    Why.OFFERED: "没有把握，列了几个",
    Why.UNSURE: "答了，把握不大",
    Why.UNROUTED: "不知归哪个部门",
    Why.UNHELPFUL: "市民说没有帮助",
    Why.CORRECTED: "话务员没有采用",
}
_ALIKE = 0.62  # cosine of character n-grams from which two messages are shown together
_COPY = 0.9  # from which a text is as good as a golden question
_MOST = 800  # different wordings that are grouped
_UNLIKELY = 0.02  # confidence below which a further entry is not proposed
_ALWAYS = 3  # entries that are proposed whatever their confidence


@dataclass(frozen=True)
class Group:
    """Messages that ask the same, the most frequent wording first."""

    key: str
    jurisdiction: str
    messages: tuple[Missed, ...]  # newest first

    @property
    def texts(self) -> list[str]:
        """The different wordings, the most frequent first."""
        counted = Counter(missed.text for missed in self.messages)
        shown: dict[str, str] = {}
        for text, _ in counted.most_common():
            shown.setdefault(wording_key(text), text)
        return list(shown.values())

    @property
    def newest(self) -> Missed:
        return self.messages[0]

    @property
    def whys(self) -> list[Why]:
        """Why they are here, the commonest first."""
        return [why for why, _ in Counter(missed.why for missed in self.messages).most_common()]


@dataclass(frozen=True)
class Proposal:
    """A label that may be right, with the reason for it."""

    kind: LabelKind
    title: str
    reason: str
    confidence: float | None = None
    entry: KnowledgeEntry | None = None
    category: str | None = None
    numbers: tuple[str, ...] = ()


def groups_of(missed: Iterable[Missed], labels: Iterable[Label]) -> list[Group]:
    """Return what is still to be decided, alike messages together, the largest and newest groups first."""
    decided = {(label.jurisdiction, wording_key(label.text)) for label in labels}
    found: dict[tuple[str, str], list[Missed]] = defaultdict(list)
    for one in missed:
        key = one.jurisdiction, wording_key(one.text)
        if key[1] and key not in decided and has_words(normalise(one.text)) and (len(found) < _MOST or key in found):
            found[key].append(one)
    by_place: dict[str, list[list[Missed]]] = defaultdict(list)
    for (place, _), messages in found.items():
        by_place[place].append(messages)
    groups = [group for place, wordings in by_place.items() for group in _joined(place, wordings)]
    return sorted(groups, key=lambda group: (len(group.messages), group.newest.at), reverse=True)


def _joined(place: str, wordings: Sequence[list[Missed]]) -> list[Group]:
    ordered = sorted(wordings, key=len, reverse=True)
    texts = [_essence(messages[0].text) for messages in ordered]
    index = TextIndex(texts, character_grams)
    left, groups = set(range(len(ordered))), []
    for leader, text in enumerate(texts):
        if leader not in left:
            continue
        scores = index.scores(text)
        members = [leader, *(i for i in sorted(left) if i != leader and scores[i] >= _ALIKE)]
        left.difference_update(members)
        messages = sorted((m for i in members for m in ordered[i]), key=lambda m: m.at, reverse=True)
        key = hashlib.sha256(f"{place}\n{wording_key(ordered[leader][0].text)}".encode()).hexdigest()[:12]
        groups.append(Group(key, place, tuple(messages)))
    return groups


def proposals_for(group: Group, assistant: Assistant) -> list[Proposal]:
    """Return what the group's messages probably should get: five entries at most, and what else speaks for itself."""
    text = group.texts[0]
    intents = group.newest.intents
    found = []
    if danger := detect_emergency(normalise(text)):
        numbers = "、".join(danger.numbers)
        found.append(
            Proposal(
                LabelKind.EMERGENCY, "是险情", f"文字里有险情的迹象，应拨 {numbers}", numbers=tuple(danger.numbers)
            )
        )
    ranked = assistant.reader.nearest(text, group.jurisdiction, Understanding(dict(intents)))
    for at, one in enumerate(ranked):
        if at < _ALWAYS or one.confidence >= _UNLIKELY:
            title = one.entry.question
            found.append(Proposal(LabelKind.ENTRY, title, _why(text, one.entry), one.confidence, one.entry))
    if intents.get(COMPLAINT_INTENT, 0.0) >= 0.3:
        for advice in assistant.suggest_departments(text, group.jurisdiction)[:2]:
            found.append(
                Proposal(
                    LabelKind.CATEGORY, advice.category, advice.reason, advice.confidence, category=advice.category
                )
            )
    if (unsupported := intents.get("ask_unsupported", 0.0)) >= 0.3:
        reason = "像库里没有的事"
        found.append(Proposal(LabelKind.UNSUPPORTED, "不归我们", reason, unsupported))
    return found


def _why(text: str, entry: KnowledgeEntry) -> str:
    """Return the wording of ``entry`` that is closest to ``text``."""
    scores = TextIndex([_essence(q) for q in entry.questions], character_grams).scores(_essence(text))
    best = int(scores.argmax())
    return f"最接近的问法“{entry.questions[best]}”，相似 {float(scores[best]):.0%}"


class GoldenGuard:
    """Keeps golden questions out of what is learnt: a model that has seen them would be flattered by them."""

    def __init__(self, golden: Iterable[GoldenQuestion] = (), shipped: Sequence[str] | None = None) -> None:
        own = [turn for question in golden for turn in question.turns]
        self._texts = [*(shipped_questions() if shipped is None else shipped), *own]
        self._index = TextIndex([_essence(text) for text in self._texts], character_grams)

    def copied(self, text: str) -> str | None:
        """Return the golden question that ``text`` nearly is, if any."""
        if not self._texts:
            return None
        scores = self._index.scores(_essence(text))
        best = int(scores.argmax())
        return self._texts[best] if scores[best] >= _COPY else None


@lru_cache(maxsize=1)
def shipped_questions() -> tuple[str, ...]:
    """Return every turn of the golden questions that come with the program."""
    from bot.training.evaluation import held_out_questions

    return tuple(turn for question in held_out_questions(PROJECT_ROOT) for turn in question.turns)


def _essence(text: str) -> str:
    return strip_filler(normalise(text))
