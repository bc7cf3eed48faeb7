"""Tables of conversations: what was said, what is still to be answered (inbox) and to be delivered (outbox)."""

from __future__ import annotations

import sqlalchemy as sa

from bot.hotline.conversations import Author, Holder, Reason
from bot.storage.tables.base import metadata, moment, number, one_of, refer, text

conversations = sa.Table(
    "conversations",
    metadata,
    text("id"),
    text("channel"),
    text("citizen"),
    text("jurisdiction"),
    text("address", null=True),
    text("holder"),
    text("reason", null=True),
    moment("queued", null=True),
    text("operator", null=True),
    text("operator_name"),
    text("note"),
    moment("closed", null=True),
    text("outcome"),
    number("misses"),
    sa.Column("score", sa.Integer, nullable=True),
    text("comment"),
    moment("created"),
    moment("last"),
    moment("changed"),  # by this clock other processes notice what is new
    number("version"),
    number("seq"),
    text("leased_by", null=True),  # the process that answers it just now
    moment("leased_until", null=True),
    sa.Column("read_seq", sa.Integer, nullable=False, server_default="0"),  # how far its operator has read
    number("push_left"),  # messages that the channel still lets us push, until ``push_until``
    moment("push_until", null=True),
    sa.PrimaryKeyConstraint("id"),
    refer("jurisdiction", "jurisdictions"),
    one_of("holder", (holder.value for holder in Holder)),
    one_of("reason", (reason.value for reason in Reason)),
    sa.CheckConstraint("score BETWEEN 1 AND 5", name="score"),
)
sa.Index("ix_conversations_changed", conversations.c.changed)
sa.Index("ix_conversations_holder_queued", conversations.c.holder, conversations.c.queued)
sa.Index("ix_conversations_citizen", conversations.c.citizen, conversations.c.channel, conversations.c.jurisdiction)
sa.Index("ix_conversations_last", conversations.c.last)

messages = sa.Table(
    "messages",
    metadata,
    text("conversation"),
    number("seq"),
    text("id", null=True),  # the sender's own
    text("author"),
    text("name", null=True),
    text("text"),
    sa.Column("custom", sa.JSON(none_as_null=True), nullable=True),
    sa.Column("buttons", sa.JSON, nullable=False),
    moment("at"),
    text("payload", null=True),  # what a pressed button stands for, in place of the text
    moment("due", null=True),  # a citizen's message that is still to be answered, and when that is tried next
    number("attempts"),
    moment("answer_by", null=True),  # until then a request waits, over which its replies may go
    text("replied", null=True),  # what went over that request, to be said again when it comes again
    sa.PrimaryKeyConstraint("conversation", "seq"),
    sa.UniqueConstraint("conversation", "id"),
    refer("conversation", "conversations"),
    one_of("author", (author.value for author in Author)),
)
sa.Index("ix_messages_due", messages.c.due)

outbox = sa.Table(  # what is to be pushed over a channel; a row stays until all of its text has gone
    "outbox",
    metadata,
    sa.Column("row_id", sa.Integer, primary_key=True),  # the order in which it was said
    text("conversation"),
    text("text"),  # what of it is still to go
    moment("created"),
    moment("next_at", null=True),  # none while it waits for the citizen's next message, and once it has gone
    number("attempts"),
    text("error"),
    moment("done", null=True),
    refer("conversation", "conversations"),
)
sa.Index("ix_outbox_next_at", outbox.c.next_at)
sa.Index("ix_outbox_conversation_done", outbox.c.conversation, outbox.c.done)

feedback = sa.Table(  # what a citizen says of one answer
    "message_feedback",
    metadata,
    text("conversation"),
    number("seq"),
    sa.Column("helpful", sa.Boolean, nullable=False),
    text("reason"),
    moment("at"),
    sa.PrimaryKeyConstraint("conversation", "seq"),
    sa.ForeignKeyConstraint(["conversation", "seq"], ["messages.conversation", "messages.seq"], ondelete="RESTRICT"),
)

sa.Index("ix_message_feedback_at", feedback.c.at)

waits = sa.Table(  # how long each citizen who asked for a person waited, and whether somebody came
    "conversation_waits",
    metadata,
    sa.Column("row_id", sa.Integer, primary_key=True),
    text("conversation"),
    text("reason", null=True),
    moment("queued"),
    moment("ended"),
    sa.Column("taken", sa.Boolean, nullable=False),  # else they gave up waiting
    refer("conversation", "conversations"),
)
sa.Index("ix_conversation_waits_ended", waits.c.ended)
sa.Index("ix_conversation_waits_conversation", waits.c.conversation)

presence = sa.Table(  # who is at the desk
    "presence",
    metadata,
    text("operator"),
    text("name"),
    moment("seen"),
    sa.Column("taking", sa.Boolean, nullable=False),  # takes new conversations
    sa.PrimaryKeyConstraint("operator"),
)

channel_tokens = sa.Table(  # an access token that all processes share, and who is just fetching a new one
    "channel_tokens",
    metadata,
    text("account"),
    text("token"),
    moment("expires", null=True),
    moment("leased_until", null=True),
    sa.PrimaryKeyConstraint("account"),
)
