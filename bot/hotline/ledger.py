"""The ledger (账本): what a reply said and what it was made from, so that it can be explained and replayed later."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = (
    "answer",
    "scope",
    "route",
    "work_order",
    "emergency",
    "clarify",
    "unsupported",
    "handoff",
    "chitchat",
)  # CONTRACT.md says what each means
_SCORES_KEPT = 5


@dataclass(frozen=True)
class LedgerRow:
    """One reply. Holds no personal data in the clear: the message is masked, the citizen is a keyed hash."""

    id: str
    at: dt.datetime
    jurisdiction: str
    conversation: str
    message_masked: str
    kind: str
    text_shown: str
    model: str | None = None  # name of the trained Rasa model
    intent: str | None = None
    intent_scores: Mapping[str, float] = field(default_factory=dict)
    confidence: float | None = None
    entries: tuple[tuple[str, int], ...] = ()  # (entry id, version), the answering one first
    context: Mapping[str, Any] = field(default_factory=dict)  # what of the earlier conversation was used, masked


def new_ledger_id() -> str:
    """Return an id that nobody can guess or count up from another."""
    return secrets.token_hex(16)


def conversation_hash(sender: str, key: bytes) -> str:
    """Return what stands for ``sender`` in the ledger: the same each time, and not to be undone without ``key``."""
    return hmac.new(key, sender.encode("utf-8"), hashlib.sha256).hexdigest()[:32]


def top_scores(scores: Mapping[str, float]) -> dict[str, float]:
    """Return the five best of ``scores``, best first."""
    best = sorted(scores.items(), key=lambda pair: -pair[1])[:_SCORES_KEPT]
    return {name: round(float(score), 4) for name, score in best}
