"""What is kept between the turns of one conversation, small enough to live in one Rasa slot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

_LONGEST = 160  # characters of earlier text that a follow-up may lean on
_CUE = re.compile(
    r"^(?:那|那么|还有|换成|换|如果|要是|另外|再|对了|然后|可是|但是|不过|所以|这个|这种|这|它|他|她|刚才|上面|前面|说错|不对|不是)"
    r"|呢[？。！]?$|(?:这个|那个|这种|那种|这些|它|上述|前面|刚才)"
)
_ORDINAL = re.compile(r"^(?:第)?\s*([1-5一二三四五])\s*(?:个|项|条|种)?(?:吧|那个|说详细点|详细说说)?[。！？]?$")
_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}


@dataclass(frozen=True)
class Dialogue:
    """The state of a conversation: the place, what was last asked and answered, and what was offered."""

    jurisdiction: str | None = None
    text: str = ""  # what was asked so far, canonical and masked
    topic: str | None = None
    entry: str | None = None
    offers: tuple[str, ...] = ()  # entry ids behind the choices shown last
    misses: int = 0

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

    def heard(self, text: str) -> Dialogue:
        """Return the dialogue after an unanswered ``text``, which a later follow-up may lean on."""
        return replace(self, text=f"{self.text} {text}".strip()[-_LONGEST:], offers=())


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
