"""What is understood of a message before anything is answered: its clean text, place, names and intent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from bot.hotline.emergencies import Alarm

_CLAUSE_END = re.compile(r"[。！？；\n]|(?<=[呢吗吧啊])[，\s]")
_CLAUSE = re.compile(r"([。！？；，、\n]|还有就是|另外|顺便问一下)")
# 废止了没有？ asks, 我身份证没有 does not; 自己领得到不 asks at the end of a message, too.
_WHETHER = {"？": re.compile(r"[不没]$|[没木]有$"), "": re.compile(r"[不没]$")}
_LONG = 36  # characters; a longer message is a story with the question somewhere in it
_OPEN_QUESTION = re.compile(
    r"[吗呢么]$|什么|哪|多少|几|谁|怎|能不能|可不可以|行不行|是不是|有没有|要不要|多久|好久|啥|咋|何|是否"
)

_ANOTHER = re.compile(r"^(?:那|如果|要是|换成?)|呢[？。]?$")
_SAYS_WHAT = re.compile(
    r"什么|哪|多少|几[个天年月家项]|谁|怎|能不能|可不可以|行不行|是不是|有没有|要不要|多久|多长|为何|如何|何时|吗|材料|电话|条件呢|费|时间|期限|文号|负责|牵头"
)

COMPLAINT_INTENT = "report_problem"  # of those who complain; routing rules answer it


@dataclass(frozen=True)
class Understanding:
    """What classifiers make of a message: intent names with probabilities, most probable first, and the danger in it."""

    scores: Mapping[str, float] = field(default_factory=dict)
    model: str = ""
    alarm: Alarm | None = None

    @property
    def intent(self) -> str:
        """The likeliest intent, empty where nothing was understood."""
        return next(iter(self.scores), "")

    def probability(self, intent: str) -> float:
        """Return how likely ``intent`` is."""
        return self.scores.get(intent, 0.0)

    def only(self, intent: str) -> Understanding:
        """Return what is left of this view where only ``intent`` is known."""
        return Understanding({intent: self.probability(intent)}, self.model, self.alarm)

    def blended(self, scores: Mapping[str, float]) -> Understanding:
        """Return the mean of this view and other ``scores``."""
        names = {*self.scores, *scores}
        mean = {name: (self.probability(name) + scores.get(name, 0.0)) / 2 for name in names}
        return Understanding(dict(sorted(mean.items(), key=lambda pair: -pair[1])), self.model, self.alarm)


def names_another_case(text: str) -> bool:
    """Return whether normalised ``text`` only names another case (那特殊项目呢) and leaves what is asked to what went before."""
    return bool(_ANOTHER.search(text)) and not _SAYS_WHAT.search(text)


def clauses(text: str) -> list[str]:
    """Return the sentences of normalised ``text`` that are worth reading on their own."""
    return [c for c in (part.strip(" ，、") for part in _CLAUSE_END.split(text)) if len(c) >= 2]


def questions_in(text: str) -> list[str]:
    """Return the parts of normalised ``text`` that ask something: sentences, or clauses that each hold a question."""
    pieces = [*_CLAUSE.split(text), ""]
    parts = [(part.strip(), end) for part, end in zip(pieces[::2], pieces[1::2])]
    return [
        part
        for part, end in parts
        if len(part) >= 3 and (_OPEN_QUESTION.search(part) or (end in _WHETHER and _WHETHER[end].search(part)))
    ]


def readings(text: str) -> list[str]:
    """Return the ways to read ``text``: as a whole and, where it is a story, also its questions and its last parts."""
    parts = clauses(text)
    if len(text) <= _LONG and len(parts) <= 1:
        return [text]
    asking = [p for p in parts if _OPEN_QUESTION.search(p)]
    pairs = [f"{a}，{b}" for a, b in pairwise(parts)]
    chosen = dict.fromkeys([text, *asking, *parts[-2:], *pairs[-3:]] if len(text) > _LONG else [text, *asking])
    return list(chosen)[:10]
