"""Tables of the operators' desk (坐席台): what became of the answers that were suggested."""

from __future__ import annotations

import sqlalchemy as sa

from bot.hotline.outcomes import Outcome
from bot.storage.tables.base import metadata, moment, number, one_of, refer, text

suggestion_outcomes = sa.Table(  # an operator's judgement of one suggested entry for one text; nothing personal
    "suggestion_outcomes",
    metadata,
    sa.Column("row_id", sa.Integer, primary_key=True),
    moment("at"),
    text("staff"),
    text("conversation"),  # also a phone call's; it may be deleted before this is
    text("jurisdiction"),
    text("message_masked"),  # what the citizen said
    text("entry"),
    number("entry_version"),
    number("rank"),  # 1 is the first
    sa.Column("confidence", sa.Float, nullable=False),
    text("outcome"),
    text("suggested"),  # the wording that was offered
    text("final_masked"),  # what was sent instead, empty where the entry was rejected
    refer("staff", "staff"),
    one_of("outcome", (outcome.value for outcome in Outcome)),
)
sa.Index("ix_suggestion_outcomes_at", suggestion_outcomes.c.at)
sa.Index("ix_suggestion_outcomes_conversation", suggestion_outcomes.c.conversation)
