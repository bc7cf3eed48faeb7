"""What operators make of suggested answers (推荐答复的采用情况): evidence of what a text is really about."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum


class Outcome(str, Enum):
    """What an operator made of a suggestion."""

    ADOPTED = "adopted"  # sent as it was
    EDITED = "edited"  # sent with changes
    REJECTED = "rejected"  # judged not to fit


OUTCOME_NAMES = {Outcome.ADOPTED: "采用", Outcome.EDITED: "修改后采用", Outcome.REJECTED: "不合适"}


@dataclass(frozen=True)
class SuggestionOutcome:
    """An operator's judgement of one suggested entry: evidence of what a text is really about, masked."""

    at: dt.datetime
    staff: str
    conversation: str
    jurisdiction: str
    message_masked: str
    entry: str
    entry_version: int
    rank: int
    confidence: float
    outcome: Outcome
    suggested: str
    final_masked: str = ""
