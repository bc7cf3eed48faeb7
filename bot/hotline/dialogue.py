"""What is kept between the turns of one conversation, small enough to live in one Rasa slot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

_LONGEST = 160  # characters of earlier text that a follow-up may lean on
_CUE = re.compile(
    r"^(?:那|那么|还有|换成|换|如果|要是|另外|再|对了|然后|可是|但是|不过|所以|这个|这种|这|它|他|她|刚才|上面|前面|说错|不对|不是)"
    r"|呢[？。！]?$|(?:这个|那个|这种|那种|这些|它|上述|前面|刚才)"
)
_NOTHING_NEW = re.compile(
    r"说错了|不对|不是|换成|改成|换|改|应该|如果|要是|假如|那边|这边|那里|这里|刚才|我们?|你们?|那么?|怎么样|咋样|也?一样|同样|的话|[呢吗吧啊呀嘛的了是在也就和与，。？！、\s]"
)
_ORDINAL = re.compile(r"^(?:第)?\s*([1-5一二三四五])\s*(?:个|项|条|种)?(?:吧|那个|说详细点|详细说说)?[。！？]?$")
_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}


@dataclass(frozen=True)
class Dialogue:
    """The state of a conversation: the place, what was last asked and answered, and what was offered."""

    jurisdiction: str | None = None
    text: str = ""  # what was asked so far, without the place, masked
    intents: Mapping[str, float] = field(default_factory=dict)  # the likeliest of what was asked last
    topic: str | None = None
    entry: str | None = None
    offers: tuple[str, ...] = ()  # entry ids behind the choices shown last
    misses: int = 0
    filing: Mapping[str, Any] = field(default_factory=dict)  # bot.hotline.filing.Draft, empty while nothing is filed
    check: Mapping[str, Any] = field(default_factory=dict)  # bot.hotline.eligibility.Progress, empty while none runs

    @classmethod
    def from_slot(cls, value: Any) -> Dialogue:
        """Return the dialogue that ``as_slot`` wrote; an empty one for anything else."""
        if not isinstance(value, Mapping):
            return cls()
        known = {k: value[k] for k in cls.__dataclass_fields__ if k in value}
        known["offers"] = tuple(known.get("offers") or ())
        return cls(**known)

    def as_slot(self) -> dict[str, Any]:
        """Return a JSON value that holds everything."""
        return asdict(self) | {"offers": list(self.offers)}

    def heard(self, text: str, intents: Mapping[str, float] | None = None) -> Dialogue:
        """Return the dialogue after ``text``, which holds all that a later follow-up may lean on."""
        return replace(self, text=text[-_LONGEST:], intents=dict(intents or self.intents), offers=())


def says_nothing_new(text: str) -> bool:
    """Return whether normalised ``text`` without its place holds only words like 那…呢 or 说错了，我是…的."""
    return len(_NOTHING_NEW.sub("", text)) < 2


def looks_like_follow_up(text: str) -> bool:
    """Return whether normalised ``text`` seems to lean on what went before."""
    return len(text) <= 14 or bool(_CUE.search(text))


def chosen_offer(text: str, dialogue: Dialogue) -> str | None:
    """Return the entry id behind ``1``, ``第二个`` and the like, ``None`` where nothing such was offered."""
    match = _ORDINAL.match(text)
    if not match or not dialogue.offers:
        return None
    number = _DIGITS.get(match[1]) or int(match[1])
    return dialogue.offers[number - 1] if number <= len(dialogue.offers) else None
